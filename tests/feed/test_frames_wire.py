"""Frames survive the wire in any cut, and bytes that are no frames are refused in words."""

from __future__ import annotations

import itertools
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from dashboard.feed.frames import (
    MAX_FRAME_BYTES,
    Clock,
    Command,
    Fault,
    Frame,
    FrameError,
    FrameSplitter,
    Hello,
    Listing,
    ListVenue,
    LoadSeries,
    Readings,
    Series,
    SeriesHeader,
    SetClock,
    Stop,
    Tiers,
    VenueStatus,
    Watch,
    decode,
    decode_command,
    encode,
)
from dashboard.market.instrument import (
    ContractKind,
    Instrument,
    InstrumentKey,
    MarginTier,
    TierTable,
    TierUnit,
)
from dashboard.market.readings import (
    SERIES_COLUMNS,
    FundingRate,
    IntervalSource,
    LongShortRatio,
    MarkPrice,
    OpenInterest,
    OpenInterestPast,
    RatioSeries,
    ReadingKind,
    SeriesKind,
    Ticker,
    Unavailable,
)

KEY = InstrumentKey("okx", "BTC/USDT:USDT")
COMMON = {
    "venue": "okx",
    "symbol": "BTC/USDT:USDT",
    "endpoint": "e",
    "venue_ms": None,
    "received_ms": 7,
}
READINGS = Readings(
    marks=[MarkPrice(**COMMON, mark=1.5)],
    tickers=[Ticker(**COMMON, last=None)],
    fundings=[FundingRate(**COMMON, predicted=-0.0, interval_source=IntervalSource.INFERRED)],
    open_interests=[OpenInterest(**COMMON, coin=1e300, usd=5e-324)],
    open_interests_past=[OpenInterestPast(**COMMON)],
    ratios=[
        LongShortRatio(**COMMON, series=RatioSeries.TAKER_VOLUME, ratio=2.0, long_fraction=2 / 3)
    ],
    unavailable=[Unavailable(**COMMON, kind=ReadingKind.TICKER, reason="<b>no</b>")],
)
INSTRUMENT = Instrument(
    venue="okx",
    symbol="BTC/USDT:USDT",
    market_id="BTC-USDT-SWAP",
    base="BTC",
    quote="USDT",
    settle="USDT",
    kind=ContractKind.LINEAR,
    contract_size=0.01,
)
TABLE = TierTable(
    venue="okx",
    symbol="BTC/USDT:USDT",
    tiers=(MarginTier(floor=0.0, mmr=0.004),),
    unit=TierUnit.CONTRACTS,
    as_of_ms=None,
    source="typed",
)
MESSAGES: list[Frame] = [
    Hello(1, "0.1.0", 4),
    Clock(5, 120.0, False, "August 2024 crash", 1, 9),
    Listing("okx", [INSTRUMENT]),
    READINGS,
    Tiers([TABLE]),
    VenueStatus("okx", "ok", "answering", 5),
    Fault("the feed lost its way"),
]
COMMANDS: list[Command] = [
    Watch([KEY]),
    LoadSeries(KEY, "1h", 0, 10, 3),
    ListVenue("okx"),
    SetClock(speed=60.0),
    Stop(),
]


def _split(data: bytes, cuts: list[int]) -> list[tuple[int, bytes]]:
    splitter = FrameSplitter()
    edges = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    found: list[tuple[int, bytes]] = []
    for start, end in itertools.pairwise(edges):
        found += splitter.feed(data[start:end])
    return found


@given(st.lists(st.integers(0, 10_000), max_size=12))
def test_frames_come_out_whole_however_the_stream_is_cut(cuts: list[int]) -> None:
    stream = b"".join(encode(message) for message in MESSAGES)
    assert [decode(kind, body) for kind, body in _split(stream, cuts)] == MESSAGES


@given(st.lists(st.integers(0, 10_000), max_size=12))
def test_commands_come_out_whole_however_the_stream_is_cut(cuts: list[int]) -> None:
    stream = b"".join(encode(command) for command in COMMANDS)
    assert [decode_command(kind, body) for kind, body in _split(stream, cuts)] == COMMANDS


def test_readings_are_listed_once_each() -> None:
    assert len(list(READINGS.all())) == 7
    assert len({type(reading) for reading in READINGS.all()}) == 7


@pytest.mark.parametrize("kind", SeriesKind)
@given(data=st.data())
def test_a_series_keeps_every_bit_of_its_matrix(kind: SeriesKind, data: st.DataObject) -> None:
    shape = (data.draw(st.integers(0, 5)), len(SERIES_COLUMNS[kind]))
    values = data.draw(arrays(np.float64, shape))
    header = SeriesHeader("okx", "BTC/USDT:USDT", kind, "1h", shape[0], note="gap")
    [(wire_kind, body)] = _split(encode(Series(header, values)), [])
    frame = decode(wire_kind, body)
    assert isinstance(frame, Series)
    assert frame.header == header
    assert frame.values.tobytes() == values.tobytes()


def test_a_matrix_of_other_width_than_its_kind_is_refused() -> None:
    header = SeriesHeader("okx", "s", SeriesKind.CANDLES, "1h", 2)
    [(kind, body)] = _split(encode(Series(header, np.zeros((2, 5)))), [])
    with pytest.raises(FrameError):
        decode(kind, body)


@pytest.mark.parametrize("length", [0, MAX_FRAME_BYTES + 1, 2**32 - 1])
def test_an_impossible_length_is_refused(length: int) -> None:
    with pytest.raises(FrameError, match=str(length)):
        list(FrameSplitter().feed(struct.pack("<IB", length, 1)))


@given(st.integers(0, 255), st.binary(max_size=200))
def test_garbage_is_refused_and_never_crashes(kind: int, body: bytes) -> None:
    for read in (decode, decode_command):
        try:
            read(kind, body)
        except FrameError as error:
            assert error.user_message  # noqa: PT017 - both outcomes are allowed, only these two


@given(st.sampled_from(MESSAGES), st.integers(0, 10_000))
def test_a_truncated_body_is_refused(message: Frame, cut: int) -> None:
    [(kind, body)] = _split(encode(message), [])
    with pytest.raises(FrameError):
        decode(kind, body[: cut % len(body)])


def test_a_message_with_nan_is_no_frame_and_other_bytes_that_look_like_it_are() -> None:
    broken = Clock(now_ms=1, speed=float("nan"), paused=False)
    ((kind, body),) = FrameSplitter().feed(encode(broken))
    with pytest.raises(FrameError):
        decode(kind, body)
    endless = Clock(now_ms=1, speed=float("inf"), paused=False, notes=["\u02ff" * 3])
    ((kind, body),) = FrameSplitter().feed(encode(endless))
    assert decode(kind, body) == endless
