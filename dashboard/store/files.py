"""Small files that are replaced whole or not at all, and read only as far as they are small."""

from __future__ import annotations

import errno
import json
import os
import tempfile
from pathlib import Path

from dashboard.errors import StoreError

MOST_SMALL_BYTES = 16 * 1024 * 1024
"""No file of settings, pauses, layouts or the like is longer."""


def read_small(path: Path, most_bytes: int = MOST_SMALL_BYTES) -> bytes:
    """The bytes of the file at `path`; raises OSError also where it has more than `most_bytes`."""
    with path.open("rb") as file:
        data = file.read(most_bytes + 1)
    if len(data) > most_bytes:
        raise OSError(errno.EFBIG, f"it has more than {most_bytes:,} bytes")
    return data


def read_small_json(path: Path, most_bytes: int = MOST_SMALL_BYTES) -> object:
    """The JSON in the file at `path`; raises OSError as read_small, ValueError for other text.

    NaN and Infinity, which Python takes for JSON, are such text.
    """
    try:
        return json.loads(read_small(path, most_bytes), parse_constant=_refuse)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def _refuse(word: str) -> float:
    raise ValueError(f"{word} is no number")


def write_atomically(path: Path, data: bytes) -> None:
    """Put `data` in place of the file at `path`; after a fault the old file is still there.

    Raises StoreError where the file cannot be written.
    """
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        partial = Path(name)
        try:
            _fill(handle, data)
            partial.replace(path)
        except BaseException:
            partial.unlink(missing_ok=True)
            raise
        sync_directory(path.parent)
    except OSError as error:
        raise StoreError(
            f"{path} could not be written: {reason(error)}", detail=repr(error)
        ) from error


def _fill(handle: int, data: bytes) -> None:
    # A short write is reported by the count alone, so it is counted before the old file goes.
    with os.fdopen(handle, "wb", buffering=0) as file:
        view = memoryview(data)
        while view:
            view = view[file.write(view) or 0 :]
        os.fsync(file.fileno())


def sync_directory(directory: Path) -> None:
    """Make a rename in `directory` survive a power cut, where the system has that call."""
    if os.name == "nt":
        return
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def reason(error: OSError) -> str:
    """What the system said, as words that can end a sentence."""
    return (error.strerror or str(error)).lower()
