"""A run of rows of one time series as one blob.

A blob is the format's number, a table of u32 lengths, one per column, and then the columns (see
`dashboard.store.columns`). A column is read without touching the others. The first format began
with the table and had each column as zlib over its bytes sorted by significance; it is still read.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from itertools import accumulate
from typing import Any

import numpy as np
import numpy.typing as npt

from dashboard.store.columns import squeeze, stretch

Matrix = npt.NDArray[np.float64]
"""Rows by time: column 0 is the time in whole ms UTC, strictly ascending; NaN is unrecorded."""

# No column of the first format is so short that its length could be taken for this number.
_FORMAT = struct.pack("<I", 2)
_WIDTH = 8


class ChunkError(Exception):
    """A blob that does not hold what was packed."""


def pack(matrix: Matrix) -> bytes:
    """The blob of `matrix`."""
    streams = [squeeze(matrix[:, column]) for column in range(matrix.shape[1])]
    lengths = struct.pack(f"<{len(streams)}I", *map(len, streams))
    return b"".join((_FORMAT, lengths, *streams))


def unpack(blob: bytes, rows: int, width: int) -> Matrix:
    """The matrix of `rows` rows and `width` columns that `blob` holds; ChunkError if damaged."""
    matrix = np.empty((rows, width))
    unpack_columns(blob, matrix, width, range(width))
    return matrix


def unpack_columns(blob: bytes, into: Matrix, width: int, columns: Sequence[int]) -> None:
    """Fill `into` with the named ones of the `width` columns that `blob` holds.

    Raises ChunkError where the blob is damaged or has not as many rows as `into`.
    """
    is_first_format = not blob.startswith(_FORMAT)
    start = 0 if is_first_format else len(_FORMAT)
    try:
        lengths = struct.unpack_from(f"<{width}I", blob, start)
        ends = list(accumulate(lengths, initial=start + 4 * width))
        whole = memoryview(blob)
        for place, column in enumerate(columns):
            stream = whole[ends[column] : ends[column + 1]]
            if is_first_format:
                into[:, place] = _of_first_format(stream, len(into), is_time=column == 0)
            else:
                into[:, place] = stretch(stream, len(into))
    except (struct.error, zlib.error, ValueError) as error:
        raise ChunkError(repr(error)) from error


def merge(old: Matrix, new: Matrix) -> Matrix:
    """Both as one matrix sorted by time, one row per time.

    Where both have a cell the one of `new` holds, the last where it has several; a NaN erases
    nothing.
    """
    if _follows(old, new):
        return np.concatenate([old, new])
    times, row_of = np.unique(np.concatenate([old[:, 0], new[:, 0]]), return_inverse=True)
    merged = np.full((len(times), new.shape[1]), np.nan)
    merged[row_of[: len(old)]] = old
    rows, columns = np.nonzero(~np.isnan(new))
    # NumPy assigns in order where an index repeats, so the last one stands.
    merged[row_of[len(old) :][rows], columns] = new[rows, columns]
    return merged


def _follows(old: Matrix, new: Matrix) -> bool:
    """Whether all of `new` is later than `old` and in order, as it nearly always is."""
    if len(old) and len(new) and new[0, 0] <= old[-1, 0]:
        return False
    return bool((np.diff(new[:, 0]) > 0).all())


def _of_first_format(stream: memoryview, rows: int, *, is_time: bool) -> npt.NDArray[Any]:
    by_weight = np.frombuffer(zlib.decompress(stream), np.uint8).reshape(_WIDTH, rows)
    by_row = np.ascontiguousarray(by_weight.T)
    if is_time:
        return by_row.view("<i8")[:, 0].cumsum()
    return by_row.view("<f8")[:, 0]
