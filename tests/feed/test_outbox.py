"""What waits for the window is bounded: of each kind of news only the latest."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from dashboard.feed import frames
from dashboard.feed.frames import (
    Clock,
    Fault,
    Frame,
    FrameSplitter,
    Hello,
    Listing,
    Readings,
    Series,
    SeriesHeader,
    Tiers,
    VenueStatus,
    decode,
)
from dashboard.feed.outbox import MAX_FAULTS_WAITING, Outbox, Waiting, grouped
from dashboard.market.instrument import MarginTier, TierTable, TierUnit
from dashboard.market.readings import (
    LongShortRatio,
    MarkPrice,
    RatioSeries,
    Reading,
    ReadingKind,
    SeriesKind,
    Unavailable,
)


def mark(price: float | None, symbol: str = "BTC") -> MarkPrice:
    return MarkPrice(
        venue="v", symbol=symbol, endpoint="", venue_ms=None, received_ms=1, mark=price
    )


def missing(kind: ReadingKind = ReadingKind.MARK_PRICE) -> Unavailable:
    return Unavailable(
        venue="v", symbol="BTC", endpoint="", venue_ms=None, received_ms=1, kind=kind, reason="why"
    )


def ratio(series: RatioSeries) -> LongShortRatio:
    return LongShortRatio(
        venue="v",
        symbol="BTC",
        endpoint="",
        venue_ms=None,
        received_ms=1,
        series=series,
        ratio=1.0,
        long_fraction=0.5,
    )


def series(*rows: tuple[float, float], complete: bool = True, note: str = "") -> Series:
    header = SeriesHeader(
        "v", "BTC", SeriesKind.FUNDING, "1h", len(rows), 7, complete=complete, note=note
    )
    return Series(header, np.array(rows, dtype=np.float64).reshape(-1, 2))


def after(*frames: Frame) -> list[Frame]:
    """What is written when these frames came while nothing could be."""
    waiting = Waiting()
    for frame in frames:
        waiting.put(frame)
    return waiting.take()


def readings_of(frames: list[Frame]) -> list[Reading]:
    return [r for frame in frames if isinstance(frame, Readings) for r in frame.all()]


def test_only_the_latest_reading_of_a_kind_and_contract_is_written() -> None:
    prices = [grouped([mark(float(n)), mark(float(-n - 1), "ETH")]) for n in range(1000)]
    assert readings_of(after(*prices)) == [mark(999.0), mark(-1000.0, "ETH")]


def test_the_four_ratio_series_do_not_replace_each_other() -> None:
    written = readings_of(after(*(grouped([ratio(series)]) for series in RatioSeries)))
    assert len(written) == 4


def test_a_good_reading_takes_back_the_reason_for_a_missing_one() -> None:
    assert readings_of(after(grouped([missing()]), grouped([mark(1.0)]))) == [mark(1.0)]


def test_a_reason_after_a_reading_is_written_after_it() -> None:
    assert readings_of(after(grouped([mark(None), missing()]))) == [mark(None), missing()]


def test_a_reason_for_another_kind_stays() -> None:
    ticker = missing(ReadingKind.TICKER)
    assert readings_of(after(grouped([ticker]), grouped([mark(1.0)]))) == [mark(1.0), ticker]


def test_parts_of_a_series_are_joined_and_the_later_rows_stand() -> None:
    (joined,) = after(
        series((2, 20), (3, 30), complete=False),
        series((1, 10), complete=False, note="n"),
        series((3, 33), (4, 40)),
    )
    assert isinstance(joined, Series)
    assert joined.values.tolist() == [[1, 10], [2, 20], [3, 33], [4, 40]]
    assert (joined.header.rows, joined.header.complete, joined.header.note) == (4, True, "n")


def test_of_clock_status_and_listing_the_latest_is_written() -> None:
    written = after(
        Clock(1, 1.0, paused=False),
        VenueStatus("a", "ok", "x", 1),
        VenueStatus("b", "ok", "y", 1),
        Clock(2, 1.0, paused=True),
        VenueStatus("a", "failing", "z", 2),
        Listing("a", []),
        Listing("a", []),
    )
    assert written == [
        Clock(2, 1.0, paused=True),
        VenueStatus("a", "failing", "z", 2),
        VenueStatus("b", "ok", "y", 1),
        Listing("a", []),
    ]


def test_tiers_are_collected_by_contract() -> None:
    tiers = (MarginTier(floor=0.0, mmr=0.01),)
    tables = [
        TierTable(venue="v", symbol=s, tiers=tiers, unit=TierUnit.QUOTE, as_of_ms=n, source="s")
        for n, s in enumerate(["BTC", "ETH", "BTC"])
    ]
    (written,) = after(*(Tiers([table]) for table in tables))
    assert isinstance(written, Tiers)
    assert [(table.symbol, table.as_of_ms) for table in written.tables] == [("BTC", 2), ("ETH", 1)]


def test_faults_do_not_pile_up_but_a_fatal_one_always_comes() -> None:
    faults: list[Frame] = [Fault(f"f{n}") for n in range(100)] * 2
    written = after(*faults, Fault("end", fatal=True))
    assert len(written) == MAX_FAULTS_WAITING + 1
    assert written[-1] == Fault("end", fatal=True)


def test_a_seek_drops_readings_and_series_but_not_the_clock() -> None:
    waiting = Waiting()
    for frame in (grouped([mark(1.0)]), series((1, 1)), Clock(1, 1.0, paused=False)):
        waiting.put(frame)
    waiting.drop_market()
    assert waiting.take() == [Clock(1, 1.0, paused=False)]
    assert not waiting


def test_frames_are_written_in_order_by_a_thread_and_the_rest_at_the_end() -> None:
    splitter, written = FrameSplitter(), list[Frame]()
    outbox = Outbox(
        lambda data: written.extend(decode(*part) for part in splitter.feed(data)), lambda: None
    )
    outbox.send(Hello(1, "x", 2))
    outbox.send(grouped([mark(1.0)]))
    outbox.close(5.0)
    assert written[0] == Hello(1, "x", 2)
    assert readings_of(written) == [mark(1.0)]


@pytest.mark.expects_log("a Fault is left out")
def test_a_frame_that_is_too_long_to_be_read_does_not_keep_back_the_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(frames, "MAX_FRAME_BYTES", 64)
    splitter, written = FrameSplitter(), list[Frame]()
    outbox = Outbox(
        lambda data: written.extend(decode(*part) for part in splitter.feed(data)), lambda: None
    )
    outbox.send(Fault("long " * 20))
    outbox.send(Hello(1, "x", 2))
    outbox.close(5.0)
    assert written == [Hello(1, "x", 2)]


def test_a_window_that_does_not_read_holds_nobody_up() -> None:
    reads, entered = threading.Event(), threading.Event()
    sizes: list[int] = []

    def write(data: bytes) -> None:
        entered.set()
        sizes.append(len(data))
        reads.wait(10.0)

    outbox = Outbox(write, lambda: None)
    outbox.send(Hello(1, "x", 2))
    assert entered.wait(5.0)
    for n in range(5000):
        outbox.send(grouped([mark(float(n))]))
    outbox.close(0.01)
    reads.set()
    outbox.close(5.0)
    assert len(sizes) == 2


@pytest.mark.parametrize("error", [BrokenPipeError, OSError])
def test_a_broken_pipe_is_told_once(error: type[OSError]) -> None:
    told = threading.Event()

    def write(_: bytes) -> None:
        raise error("gone")

    outbox = Outbox(write, told.set)
    outbox.send(Hello(1, "x", 2))
    assert told.wait(5.0)
    outbox.send(Hello(1, "x", 2))
    outbox.close(5.0)
