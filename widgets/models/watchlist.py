"""The columns of the watch-list."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from dashboard.market.instrument import ContractKind, InstrumentKey
from dashboard.market.readings import IntervalSource, ReadingKind
from dashboard.market.snapshot import EXPIRED_AFTER_MS, LATE_AFTER_MS
from widgets import format as fmt
from widgets.format import symbol_name as symbol_name
from widgets.models.rows import Align, Column
from widgets.models.watch_column import LATE_MARK, figure_column, same
from widgets.models.watch_past import PAST_COLUMNS, TREND
from widgets.models.watch_row import WatchRow

_PIN = "◆ "
_UNDER = "└ "

_MARK_LIMITS = (
    f"late after {LATE_AFTER_MS[ReadingKind.MARK_PRICE] // 1000} s and "
    f"not shown after {EXPIRED_AFTER_MS[ReadingKind.MARK_PRICE] // 1000} s"
)


def row_key(row: WatchRow) -> InstrumentKey:
    """What tells one line of the watch-list from another."""
    return row.key


def is_pinned(row: WatchRow) -> bool:
    """Whether a line stays at the top whatever sorts the list."""
    return row.pinned


def grouped_by_coin(rows: Iterable[WatchRow]) -> list[WatchRow]:
    """The same lines with those of one coin below each other, coins in order of their first."""
    groups: dict[str, list[WatchRow]] = {}
    for row in rows:
        coin = row.instrument.base if row.instrument is not None else row.key.symbol
        groups.setdefault(coin, []).append(row)
    return [
        replace(row, under=place > 0)
        for group in groups.values()
        for place, row in enumerate(group)
    ]


def _symbol(row: WatchRow) -> str:
    return symbol_name(row.key)


def _symbol_text(row: WatchRow) -> str:
    mark = _PIN if row.pinned else ""
    return f"{mark}{_UNDER if row.under else ''}{symbol_name(row.key)}"


def _venue(row: WatchRow) -> str:
    return row.key.venue


def _symbol_hint(row: WatchRow) -> str:
    instrument = row.instrument
    if instrument is None:
        return f"{row.key.symbol} at {row.key.venue}; its contract data have not arrived yet"
    unit = instrument.base if instrument.kind is ContractKind.LINEAR else instrument.quote
    size = fmt.quantity(instrument.contract_size, unit)
    state = "" if instrument.active else "\nnot trading at present"
    return (
        f"{instrument.symbol} ({instrument.market_id}) at {instrument.venue}\n"
        f"{instrument.kind.value}, settled in {instrument.settle}, one contract is {size}{state}"
    )


def _price_text(row: WatchRow) -> Callable[[float], str]:
    tick = row.instrument.price_tick if row.instrument is not None else None

    def text(value: float) -> str:
        return fmt.price(value, tick)

    return text


def _signed_percent(value: float) -> str:
    return fmt.percent(value, signed=True)


def _basis_percent(value: float) -> str:
    return fmt.percent(value, 3, signed=True)


def _long_percent(value: float) -> str:
    return fmt.percent(value, 1)


def _countdown(value: float) -> str:
    return fmt.countdown(round(value))


def _age(row: WatchRow) -> Callable[[float], str]:
    """How long ago; of a recorded value the moment that it is of, which does not run on."""

    def text(value: float) -> str:
        age_ms = round(value)
        if not row.recorded:
            return fmt.age(age_ms)
        return f"of {fmt.time_of_day(row.judge.now_ms - age_ms)}"

    return text


def _interval(row: WatchRow) -> Callable[[float], str]:
    mark = "~" if row.funding.interval_source is IntervalSource.INFERRED else ""

    def text(value: float) -> str:
        return mark + fmt.interval_hours(value)

    return text


def _by_sign(positive: str, negative: str) -> Callable[[float], str | None]:
    def token(value: float) -> str | None:
        if value == 0.0:
            return None
        return positive if value > 0.0 else negative

    return token


_GAIN = _by_sign("profit", "loss")
_FUNDING = _by_sign("funding_positive", "funding_negative")


COLUMNS: tuple[Column[WatchRow], ...] = (
    Column(
        key="symbol",
        title="Symbol",
        value=_symbol,
        text=_symbol_text,
        align=Align.LEFT,
        hint=_symbol_hint,
        tooltip="The perpetual contract: base coin over quote currency",
        sample="DOGE/USDT",
    ),
    Column(
        key="venue",
        title="Venue",
        value=_venue,
        text=_venue,
        align=Align.LEFT,
        tooltip="The exchange that lists the contract",
        sample="binanceusdm",
    ),
    figure_column(
        "mark",
        "Mark price",
        lambda row: row.prices.mark,
        _price_text,
        sample="102 345.60",
        tooltip="The price that triggers liquidations, in quote currency; "
        "the last traded price is on hover",
    ),
    figure_column(
        "last",
        "Last",
        lambda row: row.prices.last,
        _price_text,
        sample="102 345.60",
        tooltip="The price of the last trade, which triggers no liquidation",
        spare=True,
    ),
    figure_column(
        "change_24h",
        "24 h",
        lambda row: row.prices.change_24h,
        same(fmt.change),
        sample="▼ −12.34%",
        tooltip="Change of the last traded price over 24 hours",
        token=_GAIN,
        heat=lambda row: row.past.price_change_24h,
    ),
    TREND,
    figure_column(
        "open_interest_coin",
        "OI coin",
        lambda row: row.open_interest.coin,
        same(fmt.big),
        sample="123.4 K",
        tooltip="Open interest in base coin, counted once per contract (not long plus short)",
    ),
    figure_column(
        "open_interest_usd",
        "OI USD",
        lambda row: row.open_interest.usd,
        same(fmt.big),
        sample="12.34 B",
        tooltip="Open interest in USD at the mark price; how it was derived is on hover",
    ),
    figure_column(
        "open_interest_change_1h",
        "OI 1 h",
        lambda row: row.open_interest.change_1h,
        same(_signed_percent),
        sample="−12.34%",
        tooltip="Change of open interest in coin over one hour, which price alone cannot move; "
        "the change in USD is on hover",
    ),
    figure_column(
        "open_interest_change_24h",
        "OI 24 h",
        lambda row: row.open_interest.change_24h,
        same(_signed_percent),
        sample="−12.34%",
        tooltip="Change of open interest in coin over 24 hours; the change in USD is on hover",
        heat=lambda row: row.past.open_interest_change_24h,
    ),
    figure_column(
        "long_short_ratio",
        "L/S",
        lambda row: row.ratio.ratio,
        same(fmt.ratio),
        sample="12.34",
        tooltip="Long/short account ratio: accounts net long over accounts net short, all traders",
        heat=lambda row: row.past.ratio,
    ),
    figure_column(
        "long_fraction",
        "Long",
        lambda row: row.ratio.long_fraction,
        same(_long_percent),
        sample="65.4%",
        tooltip="Share of accounts that are net long: ratio / (1 + ratio)",
    ),
    figure_column(
        "funding",
        "Funding",
        lambda row: row.funding.rate,
        same(fmt.funding_rate),
        sample="−0.1234%",
        tooltip="Predicted funding rate of the next settlement, per interval; "
        "positive: longs pay shorts",
        token=_FUNDING,
        heat=lambda row: row.past.funding,
    ),
    figure_column(
        "funding_8h",
        "per 8 h",
        lambda row: row.funding.rate_8h,
        same(fmt.funding_rate),
        sample="−0.1234%",
        tooltip="The same rate per eight hours, to compare venues whose intervals differ",
        token=_FUNDING,
    ),
    figure_column(
        "funding_apr",
        "APR",
        lambda row: row.funding.apr,
        same(_signed_percent),
        sample="−123.45%",
        tooltip="The same rate per year of 365 days, not compounded",
        token=_FUNDING,
    ),
    figure_column(
        "interval",
        "Every",
        lambda row: row.funding.interval_hours,
        _interval,
        sample="~8 h",
        tooltip="Hours between two funding settlements; ~ where it is inferred from two of them",
    ),
    figure_column(
        "next_funding",
        "Next",
        lambda row: row.funding.time_left,
        same(_countdown),
        sample="23:59:59",
        tooltip="Time until the next funding settlement",
    ),
    figure_column(
        "basis",
        "Basis",
        lambda row: row.prices.basis,
        same(_basis_percent),
        sample="*−0.123%",
        tooltip="Mark price over index price, minus one: what the perpetual is above spot",
    ),
    figure_column(
        "age",
        "Age",
        lambda row: row.prices.age,
        _age,
        sample="of 12:00",
        tooltip=f"How long ago the mark price was received; {_MARK_LIMITS}.\n"
        "Of a recording the moment that its value is of, UTC: it has one an hour.\n"
        f"Any figure that is late has a {LATE_MARK} before it and its age on hover.",
    ),
    *PAST_COLUMNS,
)
