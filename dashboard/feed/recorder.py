"""Keeps what the feed saw: the history's one writer, on a thread of its own.

Sealing and reading may take a good part of a second, which polling must not wait for. While the
disk is slow the newest reading of each kind waits, no queue of them. A disk that fails is said
once and tried again; polling goes on without it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from dashboard.errors import StoreError
from dashboard.market.instrument import InstrumentKey
from dashboard.market.readings import LongShortRatio, Reading, SeriesKind, Unavailable
from dashboard.risk.odds.cells import Cell, ForecastCount
from dashboard.risk.odds.forecasts import Forecast
from dashboard.store.chunks import Matrix
from dashboard.store.coverage import Span
from dashboard.store.history import HistoryStore

CLOSE_LIMIT_S = 1.2
_log = logging.getLogger("liqline.feed")
T = TypeVar("T")


class Recorder:
    """The history at `place`, a file or a PostgreSQL URL.

    `say` gets a sentence when it cannot be kept, and when it can again.
    """

    def __init__(self, place: Path | str, say: Callable[[str], None]) -> None:
        self.rows_kept = 0
        self._place = place
        self._say = say
        self._store: HistoryStore | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="history")
        self._waiting: dict[Hashable, Reading] = {}
        self._writing: asyncio.Task[None] | None = None
        self._fault = ""

    def take(self, readings: Sequence[Reading], now_ms: int) -> None:
        """Keep readings; returns at once."""
        for reading in readings:
            if not isinstance(reading, Unavailable):
                series = reading.series if isinstance(reading, LongShortRatio) else None
                self._waiting[type(reading), reading.key, series] = reading
        if self._waiting and (self._writing is None or self._writing.done()):
            self._writing = asyncio.create_task(self._write(now_ms))

    async def read(
        self, key: InstrumentKey, kind: SeriesKind, timeframe: str, since_ms: int, until_ms: int
    ) -> Matrix | None:
        """Stored rows of [since_ms, until_ms), polled ones where the venue's series has none.

        None where the history cannot be read.
        """
        return await self._try(
            lambda store: store.read_charted(key, kind, timeframe, since_ms, until_ms)
        )

    async def covered(self, key: InstrumentKey, kind: SeriesKind, timeframe: str) -> list[Span]:
        """The spans that were already fetched; none where the history cannot be read."""
        return await self._try(lambda store: store.covered(key, kind, timeframe)) or []

    async def append(
        self,
        key: InstrumentKey,
        kind: SeriesKind,
        timeframe: str,
        rows: Matrix,
        covered: Span | None,
    ) -> None:
        """Keep rows of a series, and that `covered` was fetched."""
        await self._try(lambda store: store.append(key, kind, timeframe, rows, covered))
        self.rows_kept += len(rows)

    async def keep_forecasts(
        self, key: InstrumentKey, kind: SeriesKind, forecasts: Sequence[Forecast]
    ) -> None:
        """Store forecasts of odds."""
        await self._try(lambda store: store.keep_forecasts(key, kind, forecasts))

    async def decide_forecasts(self, key: InstrumentKey, kind: SeriesKind, now_ms: int) -> None:
        """Decide those of a contract whose hours have passed."""
        await self._try(lambda store: store.decide_forecasts(key, kind, now_ms))

    async def scores(self, now_ms: int) -> tuple[list[Cell], ForecastCount] | None:
        """What came of all forecasts by `now_ms`; None where the history cannot be read."""
        return await self._try(
            lambda store: (store.forecasts.cells(now_ms), store.forecasts.count(now_ms))
        )

    async def forget_before(self, moment_ms: int) -> int:
        """Drop every row older than `moment_ms` for good; how many those were."""
        return await self._try(lambda store: store.forget_before(moment_ms)) or 0

    async def close(self) -> None:
        """Write what waits and close the file; gives up after CLOSE_LIMIT_S."""
        try:
            async with asyncio.timeout(CLOSE_LIMIT_S):
                if self._writing is not None:
                    await self._writing
                if self._store is not None:
                    await self._on_thread(self._store.close)
        except TimeoutError:
            _log.info("the history was not closed in time; the last polls are sealed next time")
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def _write(self, now_ms: int) -> None:
        while self._waiting:
            batch = list(self._waiting.values())
            self._waiting.clear()
            at_ms = max([now_ms, *(reading.received_ms for reading in batch)])
            await self._try(lambda store: store.record(batch, at_ms))  # noqa: B023 (awaited here)
            self.rows_kept += len(batch)

    async def _try(self, use: Callable[[HistoryStore], T]) -> T | None:
        try:
            result = await self._on_thread(lambda: use(self._opened()))
        except StoreError as error:
            self._tell(error)
            return None
        if self._fault:
            self._fault = ""
            self._say("the history is kept again")
        return result

    def _opened(self) -> HistoryStore:
        if self._store is None:
            self._store = HistoryStore(self._place)
        return self._store

    def _tell(self, error: StoreError) -> None:
        if error.user_message != self._fault:
            self._fault = error.user_message
            _log.info("%s (%s)", error.user_message, error.detail)
            self._say(f"the history is not kept for now: {error.user_message}")

    async def _on_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)
