"""The same day by brute force, from the recorded figures and a few lines of school algebra.

Nothing of the risk engine, the feed or the alerts is used here: only the recorded columns.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from functools import cache

import numpy as np

from dashboard.market.account import MarginMode, Position
from dashboard.market.readings import SeriesKind
from dashboard.replay.recording import Series
from tests.alerts.crash_day import (
    BOOK,
    CUT,
    FEE,
    HOUR_MS,
    LIMITS,
    LOOKS,
    RATE,
    SPEED,
    START,
    STEP_MS,
    recording,
)

DAY_MS = 24 * HOUR_MS
EXPIRES_MS = 60_000 * SPEED
TIMES = [START + STEP_MS * look for look in range(LOOKS)]
BY_ID = {held.id: held for held in BOOK.positions}


@cache
def series(venue: str, symbol: str, kind: SeriesKind) -> Series:
    markets = recording().markets
    market = next(one for one in markets if (one.venue, one.symbol) == (venue, symbol))
    return market.of_kind(kind)[0]


def standing(found: Series, column: str, at_ms: int) -> float:
    """The cell of the last row that had begun."""
    row = int(np.searchsorted(found.time_ms, at_ms, "right")) - 1
    return float(found.columns[column][row])


def heard_ms(venue: str, at_ms: int) -> int:
    """When the venue last answered."""
    cut = venue == "okx" and CUT[0] <= at_ms < CUT[1]
    return CUT[0] - STEP_MS if cut else at_ms


def mark(held: Position, at_ms: int) -> float:
    """The mark price that is known, NaN once it has expired."""
    key = held.instrument.key
    asked_ms = heard_ms(key.venue, at_ms)
    if at_ms - asked_ms > EXPIRES_MS:
        return math.nan
    return standing(series(key.venue, key.symbol, SeriesKind.MARK_CANDLES), "open", asked_ms)


def profit(held: Position, at_ms: int) -> float:
    return held.side * held.size * (mark(held, at_ms) - held.entry_price)


def demand_rate(held: Position) -> float:
    """OKX demands the fee of closing beside the maintenance margin, Binance does not."""
    return RATE + (FEE if held.instrument.venue == "okx" else 0.0)


def wallet(held: Position) -> list[Position]:
    """The positions that share the margin of this one."""
    if held.margin_mode is MarginMode.ISOLATED:
        return [held]
    return [
        one
        for one in BOOK.positions
        if one.margin_mode is MarginMode.CROSS and one.instrument.venue == held.instrument.venue
    ]


def deposit(held: Position) -> float:
    if held.margin_mode is MarginMode.ISOLATED:
        assert held.leverage is not None
        return held.size * held.entry_price / held.leverage
    return next(one.amount for one in BOOK.balances if one.venue == held.instrument.venue)


def equity(held: Position, at_ms: int) -> float:
    return deposit(held) + math.fsum(profit(one, at_ms) for one in wallet(held))


def liquidation(held: Position, at_ms: int) -> float:
    """Where the wallet's equity meets what it must hold, the others' marks standing still."""
    left = deposit(held)
    for one in wallet(held):
        if one is not held:
            left += profit(one, at_ms) - one.size * mark(one, at_ms) * demand_rate(one)
    pull = held.side * held.size
    return (pull * held.entry_price - left) / (pull - held.size * demand_rate(held))


def room(held: Position, at_ms: int) -> float:
    price = mark(held, at_ms)
    return held.side * (price - liquidation(held, at_ms)) / price


def leverage(held: Position, at_ms: int) -> float:
    """Of all positions that share the margin."""
    left = equity(held, at_ms)
    gross = math.fsum(one.size * mark(one, at_ms) for one in wallet(held))
    return gross / left if left > 0.0 else math.nan


def margin_of(held: Position) -> str:
    """What an alert on its leverage is about."""
    return held.id if len(wallet(held)) == 1 else f"{held.instrument.venue} USDT cross"


def ratio(held: Position, at_ms: int) -> float:
    must = math.fsum(one.size * mark(one, at_ms) * demand_rate(one) for one in wallet(held))
    left = equity(held, at_ms)
    return must / left if left > 0.0 else math.nan


@cache
def average_true_range(venue: str, symbol: str, hour: int) -> float:
    """ATR(14, 1 h) of the two weeks before that hour since 1970, by Wilder's smoothing."""
    found = series(venue, symbol, SeriesKind.MARK_CANDLES)
    rows = np.flatnonzero(found.time_ms < hour * HOUR_MS)[-336:]
    high, low, close = (found.columns[name][rows] for name in ("high", "low", "close"))
    ranges = [
        max(high[n] - low[n], abs(high[n] - close[n - 1]), abs(low[n] - close[n - 1]))
        for n in range(1, len(rows))
    ]
    value = sum(ranges[:14]) / 14
    for one in ranges[14:]:
        value = (13 * value + one) / 14
    return float(value)


def in_ranges(held: Position, at_ms: int) -> float:
    key = held.instrument.key
    typical = average_true_range(key.venue, key.symbol, at_ms // HOUR_MS)
    return room(held, at_ms) * mark(held, at_ms) / typical


def day_loss(at_ms: int) -> float:
    """Lost since the last look of the day before, on the first day since the first look."""
    began_ms = max(START, at_ms // DAY_MS * DAY_MS - STEP_MS)
    return math.fsum(last_profit(one, began_ms) - last_profit(one, at_ms) for one in BOOK.positions)


def last_profit(held: Position, at_ms: int) -> float:
    """The last known profit: an expired price ends no limit."""
    return profit(held, min(at_ms, heard_ms(held.instrument.venue, at_ms)))


def sign(venue: str, symbol: str, at_ms: int) -> int:
    rate = standing(series(venue, symbol, SeriesKind.FUNDING), "rate", at_ms)
    return 0 if abs(rate) < 0.00001 else int(math.copysign(1, rate))


Holds = Callable[[int], bool]


def conditions() -> Iterator[tuple[str, Holds]]:
    """What each rule means, by "rule subject" as alerts are listed."""
    for held in BOOK.positions:
        yield from of_position(held)
    for venue, symbol in {(one.instrument.venue, one.instrument.symbol) for one in BOOK.positions}:
        name = f"{venue} {symbol}"
        yield f"feed {name}", lambda at, venue=venue: at - heard_ms(venue, at) > EXPIRES_MS
        if venue == "binanceusdm":
            yield f"sign {name}", lambda at, v=venue, s=symbol: sign(v, s, at) != sign(v, s, START)
    most = LIMITS.daily_loss or math.inf
    yield "limit daily loss/", lambda at: day_loss(at) >= most
    yield (
        "limit cool-off after a loss/",
        lambda at: day_loss(at) >= most or any(room(one, at) <= 0.0 for one in BOOK.positions),
    )


def of_position(held: Position) -> Iterator[tuple[str, Holds]]:
    name = held.id
    yield f"breached {name}", lambda at: room(held, at) <= 0.0
    yield f"very near {name}", lambda at: 0.0 < room(held, at) <= 0.05
    yield f"near {name}", lambda at: 0.0 < room(held, at) <= 0.10
    yield f"near in ATR {name}", lambda at: 0.0 < in_ranges(held, at) <= 3.0
    yield f"ratio {name}", lambda at: 0.8 <= ratio(held, at) < 1.0
    yield f"limit largest leverage/{margin_of(held)}", lambda at: leverage(held, at) >= 20.0
    yield f"limit least distance/{name}", lambda at: room(held, at) <= 0.05
    yield f"limit least distance in ATR/{name}", lambda at: in_ranges(held, at) <= 2.0
    stop = held.stop_price
    if stop is not None:
        yield f"stop {name}", lambda at: held.side * (stop - liquidation(held, at)) <= 0.0


@cache
def first_times() -> dict[str, int]:
    """The first look at which each condition holds; what never does is left out."""
    found: dict[str, int] = {}
    for name, holds in conditions():
        at_ms = next((at for at in TIMES if holds(at)), None)
        if at_ms is not None:
            found[name] = at_ms
    return found
