"""The columns of the position table."""

from __future__ import annotations

from dashboard.market.account import MarginMode
from dashboard.market.instrument import ContractKind
from widgets import format as fmt
from widgets.models.position_column import column, money, price
from widgets.models.position_danger import (
    DISTANCE,
    LIQUIDATION,
    MARK,
    RATIO,
    ROOM,
    RUNWAY,
    STOP,
)
from widgets.models.position_money import (
    FUNDING,
    FUNDING_PER_DAY,
    INITIAL,
    MAINTENANCE,
    NOTIONAL,
    PNL,
    ROI,
)
from widgets.models.position_odds import ODDS_7D, ODDS_24H
from widgets.models.position_row import PositionRow, side_name, unit_name, why_missing
from widgets.models.position_together import TOGETHER
from widgets.models.rows import Align, Column
from widgets.models.watchlist import symbol_name


def _symbol(row: PositionRow) -> str:
    name = symbol_name(row.instrument.key)
    return f"{name}{fmt.GROUP}EXAMPLE" if row.position.example else name


def _symbol_hint(row: PositionRow) -> str:
    position = row.position
    lines = [f"{row.instrument.symbol} ({row.instrument.market_id}) at {row.instrument.venue}"]
    if position.example:
        lines.append("an example on recorded prices, not a position of yours")
    if position.opened_ms is not None:
        lines.append(f"opened {fmt.instant(position.opened_ms)}")
    if position.note and not position.example:
        lines.append(position.note)
    lines.append(f"money is in {row.risk.currency}")
    return "\n".join([*lines, *row.risk.warnings])


def _side(row: PositionRow) -> str:
    return side_name(row.position.side)


def _venue(row: PositionRow) -> str:
    return row.instrument.venue


def _quantity(row: PositionRow, value: float) -> str:
    instrument = row.instrument
    linear = instrument.kind is ContractKind.LINEAR
    return fmt.quantity(value, instrument.base if linear else instrument.quote)


def _size_hint(row: PositionRow) -> str:
    position = row.position
    unit = unit_name(position.size_unit, row.instrument)
    return f"entered as {fmt.quantity(position.size, unit)}"


def _entry(row: PositionRow) -> float:
    return row.position.entry_price


def _entry_text(row: PositionRow) -> str:
    return price(row, row.position.entry_price)


def _leverage(row: PositionRow) -> float | None:
    return row.position.leverage


def _leverage_text(row: PositionRow) -> str:
    mode = "iso" if row.position.margin_mode is MarginMode.ISOLATED else "cross"
    if row.position.leverage is None:
        return mode
    return f"{fmt.leverage(row.position.leverage)} {mode}"


def _leverage_hint(row: PositionRow) -> str:
    effective = row.risk.effective_leverage
    if effective is None:
        return why_missing(row.risk, "effective_leverage")
    wallet = row.risk.wallet_leverage
    if wallet is not None and wallet != effective:
        return (
            f"leverage of the whole wallet now: {fmt.leverage(wallet)} (gross notional over "
            f"equity); this position's share of it: {fmt.leverage(effective)}"
        )
    return f"effective leverage now: {fmt.leverage(effective)} (notional over margin that is left)"


_SYMBOL = Column(
    key="symbol",
    title="Symbol",
    value=_symbol,
    text=_symbol,
    align=Align.LEFT,
    hint=_symbol_hint,
    tooltip="The perpetual contract: base coin over quote currency",
    sample="BTC/USDT EXAMPLE",
    fixed=True,
)

_SIDE = Column(
    key="side",
    title="Side",
    value=_side,
    text=_side,
    align=Align.LEFT,
    tooltip="long gains when the price rises, short when it falls",
    sample="short",
    fixed=True,
)

_VENUE = Column(
    key="venue",
    title="Venue",
    value=_venue,
    text=_venue,
    align=Align.LEFT,
    tooltip="The exchange whose rules hold",
    sample="binanceusdm",
    fixed=True,
)

_SIZE = column(
    "quantity",
    "Size",
    _quantity,
    note=_size_hint,
    sample="0.123456 BTC",
    tooltip="Size in base coin (inverse contracts: face value in quote currency)",
    fixed=True,
)

_ENTRY = Column(
    key="entry_price",
    title="Entry",
    value=_entry,
    text=_entry_text,
    tooltip="Average entry price as typed, in quote currency",
    sample="12 345.67",
    fixed=True,
)

_LEVERAGE = Column(
    key="leverage",
    title="Leverage",
    value=_leverage,
    text=_leverage_text,
    hint=_leverage_hint,
    tooltip="Leverage as typed, and whether the margin is the position's own (iso, isolated) "
    "or the account's (cross)",
    sample="12.5x cross",
    fixed=True,
)


def _state(row: PositionRow) -> str:
    return row.position.state.value


def _target(row: PositionRow) -> float | None:
    return row.position.take_profit_price


def _target_text(row: PositionRow) -> str:
    target = _target(row)
    return "none" if target is None else price(row, target)


def _extra(row: PositionRow) -> float:
    return row.position.extra_margin


def _extra_text(row: PositionRow) -> str:
    return money(row, row.position.extra_margin)


def _note(row: PositionRow) -> str:
    return row.position.note


def _tags(row: PositionRow) -> str:
    return ", ".join(row.position.tags)


_STATE = Column(
    key="state",
    title="State",
    value=_state,
    text=_state,
    align=Align.LEFT,
    tooltip="planned: thought about; open: held and at risk; closed: over, with its result as PnL",
    sample="planned",
    spare=True,
    fixed=True,
)

_TARGET = Column(
    key="target",
    title="Target",
    value=_target,
    text=_target_text,
    tooltip="Take-profit price, in quote currency",
    sample="12 345.67",
    spare=True,
    fixed=True,
)

_EXTRA_MARGIN = Column(
    key="extra_margin",
    title="Extra margin",
    value=_extra,
    text=_extra_text,
    tooltip="Margin added to the position besides its initial margin",
    sample="12 345.67",
    spare=True,
    fixed=True,
)

_NOTE = Column(
    key="note",
    title="Note",
    value=_note,
    text=_note,
    align=Align.LEFT,
    tooltip="Your own words",
    sample="a few words of a note",
    spare=True,
    fixed=True,
)

_TAGS = Column(
    key="tags",
    title="Tags",
    value=_tags,
    text=_tags,
    align=Align.LEFT,
    tooltip="Your own words to find positions by, set apart by commas",
    sample="breakout, news",
    spare=True,
    fixed=True,
)

COLUMNS: tuple[Column[PositionRow], ...] = (
    _SYMBOL,
    _STATE,
    _SIDE,
    _VENUE,
    _SIZE,
    _ENTRY,
    MARK,
    LIQUIDATION,
    DISTANCE,
    TOGETHER,
    ROOM,
    PNL,
    ROI,
    FUNDING_PER_DAY,
    RUNWAY,
    STOP,
    FUNDING,
    NOTIONAL,
    INITIAL,
    MAINTENANCE,
    RATIO,
    _LEVERAGE,
    ODDS_24H,
    ODDS_7D,
    _TARGET,
    _EXTRA_MARGIN,
    _NOTE,
    _TAGS,
)
"""From the left: what it is, how near the end, what it earns, what it costs, what it rests on."""
