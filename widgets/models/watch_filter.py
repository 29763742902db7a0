"""What can be asked of watch-list rows in a filter: short names for the figures of the columns."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from dashboard.tradeline.filter import Test, Value, parse_filter
from widgets.format import symbol_name
from widgets.models.watch_row import WatchRow


def _hours(value_ms: float | None) -> float | None:
    return None if value_ms is None else value_ms / 3_600_000.0


_NUMBERS: Mapping[str, Callable[[WatchRow], float | None]] = {
    "mark": lambda row: row.prices.mark.value,
    "last": lambda row: row.prices.last.value,
    "change": lambda row: row.prices.change_24h.value,
    "basis": lambda row: row.prices.basis.value,
    "oi": lambda row: row.open_interest.usd.value,
    "oi_coin": lambda row: row.open_interest.coin.value,
    "oi_1h": lambda row: row.open_interest.change_1h.value,
    "oi_24h": lambda row: row.open_interest.change_24h.value,
    "ratio": lambda row: row.ratio.ratio.value,
    "long": lambda row: row.ratio.long_fraction.value,
    "funding": lambda row: row.funding.rate.value,
    "funding_8h": lambda row: row.funding.rate_8h.value,
    "apr": lambda row: row.funding.apr.value,
    "interval": lambda row: row.funding.interval_hours.value,
    "oi_4h": lambda row: row.past.open_interest_change_4h,
    "funding_rank": lambda row: row.past.funding.rank if row.past.funding is not None else None,
    "atr": lambda row: row.past.atr_fraction,
    "volatility": lambda row: row.past.volatility_year,
    "room": lambda row: row.my_distance.value,
    "next": lambda row: _hours(row.funding.time_left.value),
}
_TEXTS: Mapping[str, Callable[[WatchRow], str | None]] = {
    "symbol": lambda row: symbol_name(row.key),
    "venue": lambda row: row.key.venue,
    "coin": lambda row: row.instrument.base if row.instrument is not None else None,
}
FIELDS: dict[str, bool] = {**dict.fromkeys(_TEXTS, True), **dict.fromkeys(_NUMBERS, False)}
HELP = (
    "Shows only what is known to fit: funding > 0.05% and oi_24h > 10%, venue = okx, btc or eth.\n"
    f"Fields: {', '.join(FIELDS)}; oi is in USD, next in hours.\n"
    "Numbers may end in %, k, M, B or T; and, or, not and brackets join what is asked."
)


def parse_watch_filter(text: str) -> Test:
    """The test that a filter line says; raises InputError with a sentence."""
    return parse_filter(text, FIELDS, "symbol")


def filter_values(row: WatchRow) -> dict[str, Value]:
    """The figures of a row by the names of the fields."""
    texts: dict[str, Value] = {name: read(row) for name, read in _TEXTS.items()}
    return texts | {name: read(row) for name, read in _NUMBERS.items()}
