"""Columns of the watch-list that come from a contract's hourly past."""

from __future__ import annotations

import math
from collections.abc import Callable

from widgets import format as fmt
from widgets.models.rows import Column
from widgets.models.watch_column import figure_column, same
from widgets.models.watch_row import Figure, WatchRow

_LOADING = "its hourly past is loading, or was not recorded"


def _figure(value: float | None) -> Figure:
    return Figure(value, note="from hourly rows" if value is not None else _LOADING)


def _percent(value: float) -> str:
    return fmt.percent(value)


def _signed(value: float) -> str:
    return fmt.percent(value, signed=True)


def _whole(value: float) -> str:
    return fmt.percent(value, 0)


def _trend(row: WatchRow) -> float | None:
    """The change over what the small line shows."""
    known = [value for value in row.past.spark if math.isfinite(value)]
    return known[-1] / known[0] - 1.0 if len(known) > 1 and known[0] > 0.0 else None


def _trend_text(row: WatchRow) -> str:
    return "" if _trend(row) is not None else fmt.NA


def _trend_colour(row: WatchRow) -> str | None:
    change = _trend(row)
    if change is None:
        return "text_muted"
    return "profit" if change >= 0.0 else "loss"


def _trend_hint(row: WatchRow) -> str:
    change = _trend(row)
    if change is None:
        return f"n/a: {_LOADING}"
    return f"last price over {len(row.past.spark)} h: {fmt.change(change)}"


def _spark(row: WatchRow) -> tuple[float, ...]:
    return row.past.spark


TREND: Column[WatchRow] = Column(
    key="trend",
    title="48 h",
    value=_trend,
    text=_trend_text,
    colour=_trend_colour,
    hint=_trend_hint,
    tooltip="Hourly closes of the last two days; a gap is where none was recorded",
    sample="0000000000",
    picture=_spark,
    spare=True,
)


def _past_column(
    key: str,
    title: str,
    pick: Callable[[WatchRow], float | None],
    write: Callable[[float], str],
    tooltip: str,
) -> Column[WatchRow]:
    return figure_column(
        key,
        title,
        lambda row: _figure(pick(row)),
        same(write),
        sample="−123.4%",
        tooltip=tooltip,
        spare=True,
    )


PAST_COLUMNS: tuple[Column[WatchRow], ...] = (
    _past_column(
        "open_interest_change_4h",
        "OI 4 h",
        lambda row: row.past.open_interest_change_4h,
        _signed,
        "Change of open interest in coin over four hours",
    ),
    _past_column(
        "funding_rank",
        "Funding rank",
        lambda row: row.past.funding.rank if row.past.funding is not None else None,
        _whole,
        "The share of its own past settlements that were below the present funding rate",
    ),
    _past_column(
        "atr",
        "ATR",
        lambda row: row.past.atr_fraction,
        _percent,
        "Average true range of an hour, ATR(14, 1 h), over the price",
    ),
    _past_column(
        "volatility",
        "Vol. p.a.",
        lambda row: row.past.volatility_year,
        _whole,
        "Realised volatility of hourly returns over a week, per year",
    ),
    figure_column(
        "my_distance",
        "My room",
        lambda row: row.my_distance,
        same(_percent),
        sample="123.45%",
        tooltip="How far the nearest of my open positions in this contract is from liquidation",
        spare=True,
    ),
)
