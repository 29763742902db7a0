"""Answers how likely wallets are liquidated, from the hourly bars that are stored, on a thread."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from dashboard.errors import DashboardError, InputError
from dashboard.feed.frames import AccountOddsTold, AskAccountOdds, WalletAsked, WalletTold
from dashboard.feed.odds_wire import wallet_of
from dashboard.feed.recorder import Recorder
from dashboard.feed.world import World
from dashboard.market.instrument import InstrumentKey
from dashboard.market.readings import SeriesKind
from dashboard.risk.odds.account import MOST_HOURS, joint_steps, wallet_odds
from dashboard.risk.odds.bars import HOUR_MS, HourlyBars, bars_of_rows, hourly_bars
from dashboard.risk.odds.cells import WalletOdds
from dashboard.risk.touch import FIT_STALE_AFTER_MS
from dashboard.risk.wallet import Wallet

TIMEFRAME = "1h"

_log = logging.getLogger("liqline.feed")


class WalletOddsDesk:
    """Sends an AccountOddsTold for each question."""

    def __init__(
        self, recorder: Recorder, send: Callable[[AccountOddsTold], None], world: World
    ) -> None:
        self._recorder = recorder
        self._send = send
        self._world = world

    async def tell(self, command: AskAccountOdds) -> None:
        """Answer for each wallet, with the reason where there are no odds."""
        now_ms = self._world.now_ms()
        told = [await self._told(asked, now_ms) for asked in command.wallets]
        self._send(AccountOddsTold(command.request, now_ms // HOUR_MS * HOUR_MS, told))

    async def _told(self, asked: WalletAsked, now_ms: int) -> WalletTold:
        try:
            bars = {coin: await self._bars(key, now_ms) for coin, key in asked.keys.items()}
            found = await asyncio.to_thread(_odds, wallet_of(asked), bars, now_ms)
        except DashboardError as error:
            _log.info("no odds of %s: %s (%s)", asked.wallet, error.user_message, error.detail)
            return WalletTold(asked.wallet, reason=error.user_message)
        return WalletTold(asked.wallet, found)

    async def _bars(self, key: InstrumentKey, now_ms: int) -> HourlyBars:
        """Bars of the mark price, or of the last price where none of the mark are stored."""
        span = (now_ms - MOST_HOURS * HOUR_MS, now_ms - HOUR_MS + 1)
        for kind in (SeriesKind.MARK_CANDLES, SeriesKind.CANDLES):
            rows = await self._recorder.read(key, kind, TIMEFRAME, *span)
            if rows is not None and len(rows):
                return hourly_bars(bars_of_rows(rows), skip_gaps=True).known_at(now_ms)
        raise InputError("bars", f"no hourly candles of {key.symbol} are stored yet")


def _odds(wallet: Wallet, bars: dict[str, HourlyBars], now_ms: int) -> WalletOdds:
    end_ms = min((one.end_ms for one in bars.values()), default=now_ms)
    if now_ms - end_ms > FIT_STALE_AFTER_MS:
        hours = (now_ms - end_ms) / HOUR_MS
        raise InputError("bars", f"the newest hourly bar that all coins have is {hours:.0f} h old")
    steps = joint_steps({coin: one.known_at(end_ms) for coin, one in bars.items()})
    return wallet_odds(wallet, steps)
