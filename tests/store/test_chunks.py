"""Rows come back from a blob bit for bit, and merging them twice changes nothing."""

from __future__ import annotations

import math
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from dashboard.store.chunks import ChunkError, Matrix, merge, pack, unpack, unpack_columns

TIMES = st.lists(st.integers(0, 4_102_444_800_000), min_size=0, max_size=40, unique=True).map(
    sorted
)


@st.composite
def matrices(draw: st.DrawFn, width: int = 3) -> Matrix:
    times = draw(TIMES)
    cells = draw(arrays(np.float64, (len(times), width - 1), elements=st.floats(width=64)))
    return np.column_stack([np.array(times, dtype=np.float64), cells])


@given(matrices())
def test_every_bit_comes_back(rows: Matrix) -> None:
    again = unpack(pack(rows), len(rows), 3)
    assert again.tobytes() == rows.tobytes()


@given(matrices())
def test_a_column_is_read_alone(rows: Matrix) -> None:
    again = np.empty((len(rows), 2))
    unpack_columns(pack(rows), again, 3, (0, 2))
    assert again.tobytes() == np.ascontiguousarray(rows[:, (0, 2)]).tobytes()


@given(matrices(), matrices())
def test_merging_keeps_every_time_once_and_in_order(old: Matrix, new: Matrix) -> None:
    merged = merge(old, new)
    assert list(merged[:, 0]) == sorted({*old[:, 0], *new[:, 0]})


@given(matrices(), matrices())
def test_merging_again_changes_nothing(old: Matrix, new: Matrix) -> None:
    merged = merge(old, new)
    np.testing.assert_array_equal(merge(merged, new), merged)


@given(matrices(), matrices())
def test_the_newer_cell_wins_unless_it_is_unrecorded(old: Matrix, new: Matrix) -> None:
    held = {row[0]: row[1:] for row in old}
    given_now = {row[0]: row[1:] for row in new}
    for row in merge(old, new):
        for place, cell in enumerate(row[1:]):
            candidates = [rows[row[0]][place] for rows in (given_now, held) if row[0] in rows]
            recorded = [value for value in candidates if not math.isnan(value)]
            assert cell == recorded[0] if recorded else math.isnan(cell)


def test_of_two_rows_for_one_time_the_last_wins() -> None:
    rows = np.array([[1.0, 5.0, math.nan], [1.0, 6.0, 7.0], [1.0, math.nan, 8.0]])
    np.testing.assert_array_equal(merge(np.empty((0, 3)), rows), [[1.0, 6.0, 8.0]])


@pytest.mark.parametrize("cut", [0, 3, 20, -1])
def test_a_blob_that_is_cut_is_refused(cut: int) -> None:
    blob = pack(np.arange(12, dtype=np.float64).reshape(4, 3))
    with pytest.raises(ChunkError):
        unpack(blob[:cut], 4, 3)


def test_a_flipped_bit_is_never_taken_for_a_number() -> None:
    rows = np.random.default_rng(1).normal(size=(50, 3)).cumsum(axis=0)
    rows[:, 0] = np.arange(50) * 1000
    blob = pack(rows)
    for offset in range(len(blob)):
        damaged = bytearray(blob)
        damaged[offset] ^= 0x10
        try:
            again = unpack(bytes(damaged), 50, 3)
        except ChunkError:
            continue
        # zlib leaves a few bits of its header without meaning.
        assert again.tobytes() == rows.tobytes(), offset


def test_a_wrong_count_of_rows_is_refused() -> None:
    blob = pack(np.arange(12, dtype=np.float64).reshape(4, 3))
    with pytest.raises(ChunkError):
        unpack(blob, 5, 3)
    with pytest.raises(ChunkError):
        unpack(struct.pack("<3I", 1, 1, 1) + b"xyz", 4, 3)


def test_a_blob_of_the_first_format_is_still_read() -> None:
    rows = np.column_stack(
        [1e12 + np.arange(5) * 1000.0, np.array([1.0, math.nan, 3.5, -0.0, 9.0])]
    )
    times = np.diff(rows[:, 0].astype("<i8"), prepend=0)
    streams = [
        zlib.compress(np.ascontiguousarray(column).view(np.uint8).reshape(-1, 8).T.tobytes(), 3)
        for column in (times, rows[:, 1])
    ]
    blob = struct.pack("<2I", *map(len, streams)) + b"".join(streams)
    assert unpack(blob, 5, 2).tobytes() == rows.tobytes()
    with pytest.raises(ChunkError):
        unpack(blob[:-3], 5, 2)
