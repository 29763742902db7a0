"""What history is asked for: the newest first, older while panning, nothing twice or in vain."""

from __future__ import annotations

import pytest

from dashboard.feed.frames import LoadSeries, SeriesHeader
from dashboard.market.instrument import InstrumentKey
from dashboard.market.readings import SeriesKind
from widgets.charts.history import (
    ASK_AGAIN_AFTER_MS,
    FIRST_BARS,
    MOST_BARS_PER_REQUEST,
    SHOWN_KINDS,
    History,
)

HOUR = 3_600_000
KEY = InstrumentKey("binanceusdm", "BTC/USDT:USDT")
NOW = 400_000 * HOUR + 1_234


def header(
    wanted: LoadSeries, kind: SeriesKind, *, complete: bool = True, note: str = ""
) -> SeriesHeader:
    return SeriesHeader(
        KEY.venue, KEY.symbol, kind, wanted.timeframe, 0, wanted.request, complete, note
    )


def answer_all(history: History, wanted: LoadSeries, oldest_ms: float | None) -> None:
    for kind in SHOWN_KINDS:
        history.answer(header(wanted, kind), oldest_ms, 0)


def loaded() -> tuple[History, LoadSeries]:
    history = History(KEY, "1h", 7)
    wanted = history.first(NOW, FIRST_BARS, 0)
    answer_all(history, wanted, float(wanted.since_ms))
    return history, wanted


def test_the_first_request_ends_with_the_running_bar() -> None:
    wanted = History(KEY, "1h", 7).first(NOW, FIRST_BARS, 0)
    assert wanted == LoadSeries(KEY, "1h", (400_001 - FIRST_BARS) * HOUR, 400_001 * HOUR, request=8)


def test_loading_ends_when_every_kind_is_complete() -> None:
    history = History(KEY, "1h", 0)
    wanted = history.first(NOW, FIRST_BARS, 0)
    kinds = sorted(SHOWN_KINDS)
    for kind in kinds[:-1]:
        history.answer(header(wanted, kind), None, 0)
    history.answer(header(wanted, kinds[-1], complete=False), None, 0)
    assert history.loading
    assert history.loaded_since_ms is None
    history.answer(header(wanted, kinds[-1]), None, 0)
    assert not history.loading
    assert history.loaded_since_ms == wanted.since_ms


def test_an_answer_to_an_earlier_request_ends_nothing() -> None:
    history = History(KEY, "1h", 0)
    wanted = history.first(NOW, FIRST_BARS, 0)
    for kind in SHOWN_KINDS:
        old = LoadSeries(KEY, "1h", 0, 1, wanted.request - 1)
        history.answer(header(old, kind), 0.0, 0)
    assert history.loading


def test_older_rows_are_asked_for_up_to_those_held() -> None:
    history, first = loaded()
    assert history.older(float(first.since_ms), 0) is None
    older = history.older(first.since_ms - 10.0 * HOUR, 0)
    assert older is not None
    assert (older.since_ms, older.until_ms) == (
        first.since_ms - FIRST_BARS * HOUR,
        first.since_ms,
    )
    assert history.older(0.0, 0) is None, "one request at a time"


def test_a_far_jump_is_asked_for_in_parts() -> None:
    history, _ = loaded()
    older = history.older(0.0, 0)
    assert older is not None
    assert older.until_ms - older.since_ms == MOST_BARS_PER_REQUEST * HOUR


def test_an_answer_without_older_rows_ends_the_asking_for_a_while() -> None:
    history, first = loaded()
    older = history.older(first.since_ms - 1.0, 1_000)
    assert older is not None
    answer_all(history, older, None)
    assert history.at_the_end
    assert history.loaded_since_ms == first.since_ms
    assert history.older(first.since_ms - 1.0, 999 + ASK_AGAIN_AFTER_MS - 1_000) is None
    assert history.older(first.since_ms - 1.0, 1_000 + ASK_AGAIN_AFTER_MS) is not None


def test_older_rows_of_any_kind_make_a_request_fruitful() -> None:
    history, first = loaded()
    older = history.older(first.since_ms - 1.0, 0)
    assert older is not None
    history.answer(header(older, SeriesKind.FUNDING), float(older.since_ms), 0)
    answer_all(history, older, None)
    assert not history.at_the_end
    assert history.loaded_since_ms == older.since_ms


def test_nothing_is_asked_before_the_epoch() -> None:
    history = History(KEY, "1d", 0)
    wanted = history.first(100 * 24 * HOUR, FIRST_BARS, 0)
    answer_all(history, wanted, 0.0)
    assert history.older(-1e12, 0) is None


def test_a_silent_feed_is_not_waited_for_forever() -> None:
    history = History(KEY, "1h", 0)
    wanted = history.first(NOW, FIRST_BARS, 1_000)
    history.answer(header(wanted, SeriesKind.CANDLES), 0.0, 5_000)
    assert not history.give_up(14_999, 10_000)
    assert history.give_up(15_000, 10_000)
    assert not history.loading
    assert history.notes[SeriesKind.OPEN_INTEREST] == "the feed did not answer in time"
    assert history.notes[SeriesKind.CANDLES] == ""


@pytest.mark.parametrize("oldest", [None, 5.0])
def test_the_reason_of_the_last_answer_is_kept(oldest: float | None) -> None:
    history = History(KEY, "1h", 0)
    wanted = history.first(NOW, FIRST_BARS, 0)
    history.answer(header(wanted, SeriesKind.FUNDING, note="not offered"), oldest, 0)
    assert history.notes[SeriesKind.FUNDING] == "not offered"
