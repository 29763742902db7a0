"""The feed's answer to how likely a wallet is liquidated: from stored bars, or the reason."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from dashboard.feed.frames import AccountOddsTold, AskAccountOdds, WalletAsked
from dashboard.feed.odds_wire import wallet_asked
from dashboard.feed.recorder import Recorder
from dashboard.feed.wallet_odds import WalletOddsDesk
from dashboard.market.account import Side
from dashboard.market.instrument import InstrumentKey
from dashboard.market.readings import SeriesKind
from dashboard.risk.odds.account import joint_steps, wallet_odds
from dashboard.risk.odds.bars import HOUR_MS, bars_of_rows, hourly_bars
from tests.risk.odds_series import START_MS, wild
from tests.risk.test_odds_account import leg, wallet

HOURS = 1000
BTC = InstrumentKey("binanceusdm", "BTC/USDT:USDT")
ETH = InstrumentKey("okx", "ETH/USDT:USDT")
KEYS = {"BTC": BTC, "ETH": ETH}
BOOK = wallet(leg("BTC", Side.LONG), leg("ETH", Side.SHORT))


def rows(seed: int) -> np.ndarray:
    raw = wild(HOURS, seed=seed, steps=6)
    columns = (raw.time_ms.astype(float), raw.open, raw.high, raw.low, raw.close)
    return np.column_stack(columns)


class Scene:
    def __init__(self, path: Path) -> None:
        self.recorder = Recorder(path, lambda _: None)
        self.told: list[AccountOddsTold] = []
        self.now = START_MS + HOURS * HOUR_MS
        world = SimpleNamespace(now_ms=lambda: self.now)
        self.desk = WalletOddsDesk(self.recorder, self.told.append, world)  # type: ignore[arg-type] # only its now is used

    async def ask(self, *asked: WalletAsked) -> AccountOddsTold:
        await self.desk.tell(AskAccountOdds(7, list(asked)))
        return self.told[-1]

    async def store(self) -> None:
        await self.recorder.append(BTC, SeriesKind.MARK_CANDLES, "1h", rows(2), None)
        last = np.column_stack([rows(3), np.ones(HOURS)])
        await self.recorder.append(ETH, SeriesKind.CANDLES, "1h", last, None)


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    made = Scene(tmp_path / "history.sqlite3")
    yield made
    await made.recorder.close()


async def test_it_answers_from_the_bars_that_are_stored(scene: Scene) -> None:
    await scene.store()
    told = await scene.ask(wallet_asked(BOOK, KEYS))
    assert (told.request, told.until_ms) == (7, scene.now)
    bars = {coin: hourly_bars(bars_of_rows(rows(seed))) for coin, seed in (("BTC", 2), ("ETH", 3))}
    assert told.wallets[0].odds == wallet_odds(BOOK, joint_steps(bars))


async def test_bars_after_now_are_not_used(scene: Scene) -> None:
    await scene.store()
    scene.now -= 100 * HOUR_MS
    told = await scene.ask(wallet_asked(BOOK, KEYS))
    assert told.wallets[0].odds is not None
    assert told.wallets[0].odds.hours == HOURS - 100 - 2


async def test_each_wallet_has_its_own_reason(scene: Scene) -> None:
    first = await scene.ask(wallet_asked(BOOK, KEYS))
    assert first.wallets[0].reason == "no hourly candles of BTC/USDT:USDT are stored yet"
    await scene.store()
    ended = wallet(leg("BTC", Side.LONG), amount=1.0)
    broken = WalletAsked("w", b"?", KEYS)
    told = await scene.ask(wallet_asked(BOOK, KEYS), wallet_asked(ended, {"BTC": BTC}), broken)
    assert told.wallets[0].odds is not None
    assert [one.reason for one in told.wallets[1:]] == [
        "it is below its maintenance margin already",
        "the wallet could not be read",
    ]
    scene.now += 9 * HOUR_MS
    late = await scene.ask(wallet_asked(BOOK, KEYS))
    assert late.wallets[0].reason == "the newest hourly bar that all coins have is 9 h old"
