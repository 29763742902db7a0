"""Odds in the feed: candles back-filled, fitted on a thread, sent once an hour, never ahead."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from dashboard.errors import InputError
from dashboard.feed.frames import FrameSplitter, OddsFit, OddsScore, decode, encode
from dashboard.feed.odds_keeper import BACK_MS, SOON_MS, OddsKeeper
from dashboard.feed.odds_wire import fit_of, frame_of
from dashboard.feed.outbox import Waiting
from dashboard.feed.recorder import Recorder
from dashboard.market.instrument import InstrumentKey
from dashboard.market.readings import SeriesKind
from dashboard.risk.odds.bars import HOUR_MS, hourly_bars
from dashboard.risk.odds.excursions import Way
from dashboard.risk.odds.forecasts import DISTANCES_BP
from dashboard.risk.touch import Method, fit_touch, odds_of_distance, probability_of_distance
from dashboard.store.pooled_odds import load_pool
from tests.risk.odds_series import START_MS, wild

KEY = InstrumentKey("binanceusdm", "BTC/USDT:USDT")
HOURS = 1000


def rows(hours: int = HOURS) -> np.ndarray:
    raw = wild(hours, steps=6)
    return np.column_stack([raw.time_ms.astype(float), raw.open, raw.high, raw.low, raw.close])


def test_a_fit_survives_the_wire() -> None:
    fit = fit_touch(hourly_bars(wild(3000, steps=6)))
    ((kind, body),) = FrameSplitter().feed(encode(frame_of(KEY, fit, "mark price")))
    frame = decode(kind, body)
    assert isinstance(frame, OddsFit)
    back = fit_of(frame)
    assert (back.method, back.made_ms, back.bars) == (fit.method, fit.made_ms, fit.bars)
    for way in Way:
        for hours in (1, 24, 168):
            assert probability_of_distance(back, 0.02, way, hours) == pytest.approx(
                probability_of_distance(fit, 0.02, way, hours), abs=1e-3
            )
    assert back.steps is not None
    assert fit.steps is not None
    assert back.steps.moves == pytest.approx(fit.steps.moves, rel=1e-5, abs=1e-5)


def test_pooled_quantiles_stay_pooled_and_short_histories_have_no_steps() -> None:
    fit = fit_touch(hourly_bars(wild(300, steps=6)), load_pool())
    back = fit_of(frame_of(KEY, fit, "mark price"))
    assert back.method is Method.POOLED
    assert back.steps is None
    assert odds_of_distance(back, 0.03, Way.UP, 24).interval is not None


def test_a_reason_is_no_fit() -> None:
    with pytest.raises(InputError, match="no hourly candles"):
        fit_of(OddsFit("a", "b", reason="no hourly candles are known yet"))


def test_only_the_latest_fit_of_a_contract_waits_and_none_after_a_seek() -> None:
    waiting = Waiting()
    for made_ms in (1, 2):
        waiting.put(OddsFit("a", "x", made_ms=made_ms))
    waiting.put(OddsFit("a", "y"))
    frames: list[Any] = waiting.take()
    assert [(frame.symbol, frame.made_ms) for frame in frames] == [("x", 2), ("y", 0)]
    waiting.put(OddsFit("a", "x"))
    waiting.drop_market()
    assert waiting.take() == []


class Scene:
    """A keeper whose venue cannot be asked, above a history that has candles."""

    def __init__(self, path: Path) -> None:
        self.now_ms_ = START_MS + 900 * HOUR_MS
        self.sent: list[OddsFit] = []
        self.scores: list[OddsScore] = []
        self.came = asyncio.Event()
        self.faults: list[str] = []
        self.recording: str | None = None
        self.recorder = Recorder(path, self.faults.append)
        self.keeper = OddsKeeper(self.no_poller, self.recorder, self.take, self, start_after_s=0.0)  # type: ignore[arg-type] # only the world's now is used

    def now_ms(self) -> int:
        return self.now_ms_

    def no_poller(self, venue: str) -> Any:
        if venue != KEY.venue:
            raise InputError("venue", f"venue {venue} is unknown")
        series = {SeriesKind.MARK_CANDLES: None}
        return SimpleNamespace(
            source=SimpleNamespace(entry=SimpleNamespace(series=series)), listed=None
        )

    def take(self, frame: OddsFit | OddsScore) -> None:
        if isinstance(frame, OddsScore):
            self.scores.append(frame)
        else:
            self.sent.append(frame)
        self.came.set()

    async def until(self, count: int, scores: int = 0) -> None:
        task = asyncio.create_task(self.keeper.run())
        try:
            async with asyncio.timeout(20):
                while len(self.sent) < count or len(self.scores) < scores:
                    await self.came.wait()
                    self.came.clear()
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def test_what_is_stored_is_fitted_at_once_and_nothing_later_than_now(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = Scene(tmp_path / "history.sqlite3")

    async def nothing_new(*_: object) -> None:
        return None

    monkeypatch.setattr(scene.keeper, "_fill", nothing_new)
    await scene.recorder.append(KEY, SeriesKind.MARK_CANDLES, "1h", rows(), None)
    scene.keeper.want([KEY])
    await scene.until(2)
    assert [frame.made_ms for frame in scene.sent] == [scene.now_ms_] * 2
    assert scene.sent[0].source == "mark price"
    assert fit_of(scene.sent[0]).method is Method.POOLED
    scene.keeper.begin_again()
    scene.now_ms_ -= 100 * HOUR_MS
    await scene.until(3)
    assert scene.sent[2].made_ms == scene.now_ms_
    await scene.recorder.close()


async def test_why_there_are_none_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scene = Scene(tmp_path / "history.sqlite3")

    async def nothing_new(*_: object) -> None:
        return None

    monkeypatch.setattr(scene.keeper, "_fill", nothing_new)
    scene.keeper.want([InstrumentKey("nowhere", "X"), KEY])
    await scene.until(2)
    assert [frame.reason for frame in scene.sent] == [
        "venue nowhere is unknown",
        "no hourly candles are known yet",
    ]
    await scene.recorder.close()


def forecasts_an_hour() -> int:
    return 2 * sum(len(distances) for distances in DISTANCES_BP.values())


async def test_each_hour_is_forecast_once_and_what_came_of_it_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = Scene(tmp_path / "history.sqlite3")

    async def nothing_new(*_: object) -> None:
        return None

    monkeypatch.setattr(scene.keeper, "_fill", nothing_new)
    await scene.recorder.append(KEY, SeriesKind.MARK_CANDLES, "1h", rows(), None)
    scene.keeper.want([KEY])
    # The first tells what was there before, the second comes after the two fits of a start.
    await scene.until(2, scores=2)
    assert scene.scores[0].count.stored == 0
    assert scene.scores[1].count == (
        forecasts_an_hour(),
        0,
        scene.now_ms_,
        scene.now_ms_ + HOUR_MS,
    )
    scene.keeper.begin_again()
    scene.now_ms_ += 8 * HOUR_MS + 60_000
    await scene.until(4, scores=4)
    told = scene.scores[-1]
    assert told.count.stored == 2 * forecasts_an_hour()
    short = 2 * (len(DISTANCES_BP[1]) + len(DISTANCES_BP[8]))
    assert told.count.decided == short
    assert sum(cell.cases for cell in told.cells) == short
    ((kind, body),) = FrameSplitter().feed(encode(told))
    assert decode(kind, body) == told
    await scene.recorder.close()


async def test_an_hour_whose_bar_is_not_there_yet_is_not_forecast(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = Scene(tmp_path / "history.sqlite3")
    filled: list[int] = []

    async def late(*_: object) -> None:
        filled.append(1)
        if len(filled) == 2:
            await scene.recorder.append(KEY, SeriesKind.MARK_CANDLES, "1h", rows()[899:900], None)

    monkeypatch.setattr(scene.keeper, "_fill", late)
    monkeypatch.setattr("dashboard.feed.odds_keeper.BEHIND_REST_S", 0.0)
    await scene.recorder.append(KEY, SeriesKind.MARK_CANDLES, "1h", rows()[:899], None)
    scene.keeper.want([KEY])
    # The bar is asked for again, and the hour is forecast as soon as it is there.
    await scene.until(3, scores=2)
    assert len(filled) == 2
    assert scene.sent[1].made_ms == scene.now_ms_ - HOUR_MS
    assert scene.scores[-1].count.stored == forecasts_an_hour()
    assert scene.scores[-1].count.first_ms == scene.now_ms_
    await scene.recorder.close()


async def test_a_recording_that_runs_ahead_of_its_bars_is_forecast_as_of_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = Scene(tmp_path / "history.sqlite3")
    scene.recording = "a day in August"

    async def nothing_new(*_: object) -> None:
        return None

    monkeypatch.setattr(scene.keeper, "_fill", nothing_new)
    await scene.recorder.append(KEY, SeriesKind.MARK_CANDLES, "1h", rows()[:898], None)
    scene.keeper.want([KEY])
    await scene.until(2, scores=2)
    assert scene.scores[-1].count.first_ms == scene.now_ms_ - 2 * HOUR_MS
    assert scene.scores[-1].count.stored == forecasts_an_hour()
    await scene.recorder.close()


async def test_every_contract_has_its_first_odds_before_years_are_fetched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = Scene(tmp_path / "history.sqlite3")
    other = InstrumentKey(KEY.venue, "ETH/USDT:USDT")
    asked: list[tuple[str, int]] = []

    async def note(key: InstrumentKey, kind: object, poller: object, back_ms: int) -> None:
        asked.append((key.symbol, back_ms))

    monkeypatch.setattr(scene.keeper, "_fill", note)
    for key in (KEY, other):
        await scene.recorder.append(key, SeriesKind.MARK_CANDLES, "1h", rows(), None)
    scene.keeper.want([KEY, other])
    await scene.until(6, scores=2)
    first, second = KEY.symbol, other.symbol
    assert asked == [(first, SOON_MS), (second, SOON_MS), (first, BACK_MS), (second, BACK_MS)]
    await scene.recorder.close()
