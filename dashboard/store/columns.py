"""One column of numbers as bytes that are short and quick to read back, bit for bit.

A column whose values are all the same is that value. One of whole numbers, or of decimals with few
places as prices have them, is the steps between them as integers of one to eight bytes. Any other
is its float64 as it stands. What has several bytes a value is sorted by significance, for bytes of
equal weight resemble each other; each such plane is deflated where that saves a tenth, and left
alone where inflating it would cost more time than it saves space. A checksum stands in front.
"""

from __future__ import annotations

import struct
import zlib
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

_SAME, _STEPS, _FLOATS, _LEVELS = 0, 1, 2, 3
_CHECK = struct.Struct("<I")
_SAME_HEAD = struct.Struct("<Bd")
_WHOLES_HEAD = struct.Struct("<BBBqq")
_LENGTH = struct.Struct("<I")
_FLOAT_BYTES = 8
_MOST_PLACES = 10
_SAMPLE = 16
# Whole numbers up to here are float64 without loss.
_MOST_WHOLE = 2.0**53
_DEFLATED = 0x8000_0000
_WORTH_IT = 0.9
# Prices in ticks take a third less than at level 1; higher levels save next to nothing.
_COMPRESSION_LEVEL = 3
_RAW_DEFLATE = -zlib.MAX_WBITS
_UNSIGNED = {1: "<u1", 2: "<u2", 4: "<u4", 8: "<u8"}


class ColumnError(ValueError):
    """Bytes that do not hold what was squeezed."""


class _Wholes(NamedTuple):
    """A column of whole numbers, each of which divided by 10**places is a value.

    `above_least` are the numbers themselves (_LEVELS) or the steps from one to the next, of which
    the first begins at `first` (_STEPS).
    """

    kind: int
    places: int
    first: int
    least: int
    above_least: npt.NDArray[np.uint64]


def squeeze(column: Floats) -> bytes:
    """The bytes of a column."""
    body = _body(np.ascontiguousarray(column, dtype="<f8"))
    return _CHECK.pack(zlib.crc32(body)) + body


def stretch(stream: memoryview, rows: int) -> npt.NDArray[Any]:
    """The `rows` values that `stream` holds; raises ColumnError where it is damaged."""
    try:
        (check,) = _CHECK.unpack_from(stream)
        body = stream[_CHECK.size :]
        if zlib.crc32(body) != check:
            raise ColumnError("the checksum is wrong")
        return _values(body, rows)
    except (struct.error, zlib.error, IndexError) as error:
        raise ColumnError(repr(error)) from error


def _body(column: Floats) -> bytes:
    bits = column.view("<i8")
    if len(column) and (bits == bits[0]).all():
        return _SAME_HEAD.pack(_SAME, column[0])
    wholes = _wholes_of(column)
    if wholes is None:
        return bytes([_FLOATS]) + _planes(column.view(np.uint8), _FLOAT_BYTES)
    kind, places, first, least, above_least = wholes
    width = _bytes_for(int(above_least.max()))
    head = _WHOLES_HEAD.pack(kind, places, width, first, least)
    return head + _planes(above_least.astype(_UNSIGNED[width]).view(np.uint8), width)


def _values(body: memoryview, rows: int) -> npt.NDArray[Any]:
    kind = body[0]
    if kind == _SAME:
        return np.full(rows, _SAME_HEAD.unpack(body)[1])
    if kind == _FLOATS:
        return _unplaned(body[1:], rows, _FLOAT_BYTES).view("<f8")
    _, places, width, first, least = _WHOLES_HEAD.unpack_from(body)
    begin = 1 if kind == _STEPS else 0
    above_least = _unplaned(body[_WHOLES_HEAD.size :], rows - begin, width).view(_UNSIGNED[width])
    whole = np.empty(rows, np.int64)
    whole[0] = first
    np.add(above_least.astype(np.int64, copy=False), least, out=whole[begin:])
    if kind == _STEPS:
        np.cumsum(whole, out=whole)
    return whole / 10.0**places if places else whole


def _wholes_of(column: Floats) -> _Wholes | None:
    """The column as whole numbers; None where its values are no decimals of few places."""
    if len(column) < 2 or not np.isfinite(column).all():
        return None
    for places in range(_MOST_PLACES + 1):
        if _whole(column[:_SAMPLE], places) is not None:
            whole = _whole(column, places)
            if whole is not None:
                return _narrower(whole, places)
    return None


def _narrower(whole: npt.NDArray[np.int64], places: int) -> _Wholes:
    """Steps or levels, whichever vary less."""
    steps = np.diff(whole)
    least, lowest = int(steps.min()), int(whole.min())
    if int(whole.max()) - lowest <= int(steps.max()) - least:
        return _Wholes(_LEVELS, places, 0, lowest, (whole - lowest).astype(np.uint64))
    return _Wholes(_STEPS, places, int(whole[0]), least, (steps - least).astype(np.uint64))


def _whole(column: Floats, places: int) -> npt.NDArray[np.int64] | None:
    """Whole numbers that divided by 10**places are the column's very bits; None if there are none.

    Dividing rounds to the nearest float64, which is also what reading the decimal's text gives.
    """
    power = 10.0**places
    if np.abs(column).max() >= _MOST_WHOLE / power:
        return None
    whole = np.rint(column * power).astype(np.int64)
    same = (whole / power).view("<i8") == column.view("<i8")
    return whole if bool(same.all()) else None


def _bytes_for(greatest: int) -> int:
    return next(width for width in _UNSIGNED if greatest < 1 << (8 * width))


def _planes(as_bytes: npt.NDArray[np.uint8], width: int) -> bytes:
    planes = as_bytes.reshape(-1, width).T
    return b"".join(_plane(plane.tobytes()) for plane in planes)


def _plane(plane: bytes) -> bytes:
    deflate = zlib.compressobj(_COMPRESSION_LEVEL, wbits=_RAW_DEFLATE)
    deflated = deflate.compress(plane) + deflate.flush()
    if len(deflated) < _WORTH_IT * len(plane):
        return _LENGTH.pack(len(deflated) | _DEFLATED) + deflated
    return _LENGTH.pack(len(plane)) + plane


def _unplaned(stream: memoryview, rows: int, width: int) -> npt.NDArray[np.uint8]:
    by_row = np.empty((rows, width), np.uint8)
    start = 0
    for place in range(width):
        (length,) = _LENGTH.unpack_from(stream, start)
        start += _LENGTH.size
        end = start + (length & ~_DEFLATED)
        plane: Any = stream[start:end]
        if length & _DEFLATED:
            plane = zlib.decompress(plane, _RAW_DEFLATE, rows)
        by_row[:, place] = np.frombuffer(plane, np.uint8)
        start = end
    return by_row.reshape(-1)
