"""A run of rows of one time series as one compressed blob.

A blob is a table of u32 lengths, one per column, and then the columns, each zlib over its bytes
sorted by significance: bytes of equal weight resemble each other, mixed ones do not. Times are
kept as differences, which hardly vary. A column is read without touching the others.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from itertools import accumulate
from typing import Any

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float64]
"""Rows by time: column 0 is the time in whole ms UTC, strictly ascending; NaN is unrecorded."""

# Prices in ticks take a third less than at level 1; higher levels save next to nothing.
_COMPRESSION_LEVEL = 3
_WIDTH = 8


class ChunkError(Exception):
    """A blob that does not hold what was packed."""


def pack(matrix: Matrix) -> bytes:
    """The blob of `matrix`."""
    times = matrix[:, 0].astype("<i8")
    streams = [_squeeze(np.diff(times, prepend=0))]
    streams += [_squeeze(matrix[:, column]) for column in range(1, matrix.shape[1])]
    return struct.pack(f"<{len(streams)}I", *map(len, streams)) + b"".join(streams)


def unpack(blob: bytes, rows: int, width: int) -> Matrix:
    """The matrix of `rows` rows and `width` columns that `blob` holds; ChunkError if damaged."""
    matrix = np.empty((rows, width))
    unpack_columns(blob, matrix, width, range(width))
    return matrix


def unpack_columns(blob: bytes, into: Matrix, width: int, columns: Sequence[int]) -> None:
    """Fill `into` with the named ones of the `width` columns that `blob` holds.

    Raises ChunkError where the blob is damaged or has not as many rows as `into`.
    """
    try:
        lengths = struct.unpack_from(f"<{width}I", blob)
        ends = list(accumulate(lengths, initial=4 * width))
        for place, column in enumerate(columns):
            stream = memoryview(blob)[ends[column] : ends[column + 1]]
            if column == 0:
                into[:, place] = _stretch(stream, len(into), "<i8").cumsum()
            else:
                into[:, place] = _stretch(stream, len(into), "<f8")
    except (struct.error, zlib.error, ValueError) as error:
        raise ChunkError(repr(error)) from error


def merge(old: Matrix, new: Matrix) -> Matrix:
    """Both as one matrix sorted by time, one row per time.

    Where both have a cell the one of `new` holds, the last where it has several; a NaN erases
    nothing.
    """
    times, row_of = np.unique(np.concatenate([old[:, 0], new[:, 0]]), return_inverse=True)
    merged = np.full((len(times), new.shape[1]), np.nan)
    merged[row_of[: len(old)]] = old
    rows, columns = np.nonzero(~np.isnan(new))
    # NumPy assigns in order where an index repeats, so the last one stands.
    merged[row_of[len(old) :][rows], columns] = new[rows, columns]
    return merged


def _squeeze(column: npt.NDArray[np.generic]) -> bytes:
    as_bytes = np.ascontiguousarray(column).view(np.uint8).reshape(-1, _WIDTH)
    return zlib.compress(as_bytes.T.tobytes(), _COMPRESSION_LEVEL)


def _stretch(stream: memoryview, rows: int, kind: str) -> npt.NDArray[Any]:
    by_weight = np.frombuffer(zlib.decompress(stream), np.uint8).reshape(_WIDTH, rows)
    by_row = np.empty((rows, _WIDTH), np.uint8)
    for weight in range(_WIDTH):
        by_row[:, weight] = by_weight[weight]
    return by_row.view(kind)[:, 0]
