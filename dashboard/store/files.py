"""Small files that are replaced whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from dashboard.errors import StoreError


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
