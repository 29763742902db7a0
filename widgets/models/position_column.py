"""What the columns of the position table share: figures of PositionRisk, or n/a and why."""

from __future__ import annotations

from collections.abc import Callable

from widgets import format as fmt
from widgets.models.position_row import PositionRow, why_missing
from widgets.models.receipt_text import receipt_text
from widgets.models.rows import Column

Write = Callable[[PositionRow, float], str]
Token = Callable[[PositionRow, float], str | None]

_WHOLE_MONEY_FROM = 100_000.0


def column(
    name: str,
    title: str,
    write: Write,
    *,
    sample: str,
    tooltip: str,
    colour: Token | None = None,
    note: Callable[[PositionRow], str] | None = None,
    fixed: bool = False,
) -> Column[PositionRow]:
    """A column for the figure `name` of PositionRisk; n/a with the reason where it is None.

    `note` replaces the receipt as a known figure's tooltip.
    """

    def value(row: PositionRow) -> float | None:
        return figure(row, name)

    def text(row: PositionRow) -> str:
        known = value(row)
        return fmt.NA if known is None else write(row, known)

    def token(row: PositionRow) -> str | None:
        known = value(row)
        if known is None:
            return "text_muted"
        return None if colour is None else colour(row, known)

    def tell(row: PositionRow) -> str:
        return hint(row, name) if note is None or value(row) is None else note(row)

    return Column(
        key=name,
        title=title,
        value=value,
        text=text,
        colour=token,
        hint=tell,
        tooltip=tooltip,
        sample=sample,
        fixed=fixed,
    )


def figure(row: PositionRow, name: str) -> float | None:
    """A figure of PositionRisk by its name."""
    known: float | None = getattr(row.risk, name)
    return known


def hint(row: PositionRow, name: str) -> str:
    """Why a figure is n/a, or how it came about."""
    receipt = row.risk.receipts.get(name)
    if receipt is not None:
        return receipt_text(receipt)
    return why_missing(row.risk, name) if figure(row, name) is None else ""


def money(row: PositionRow, value: float, *, signed: bool = False) -> str:
    """Money in the settle currency, which is named where prices are in another one.

    From six digits on cents would cost the column its width and tell nothing.
    """
    currency = row.risk.currency
    if abs(value) >= _WHOLE_MONEY_FROM:
        text = fmt.number(value, 0, signed=signed) + f"{fmt.GROUP}{currency}"
    else:
        text = fmt.money(value, currency, signed=signed)
    same = currency == row.instrument.quote
    return text.removesuffix(f"{fmt.GROUP}{currency}") if same else text


def price(row: PositionRow, value: float) -> str:
    """A price in the contract's ticks."""
    return fmt.price(value, row.instrument.price_tick)


def percent(_row: PositionRow, value: float) -> str:
    """A fraction as percent."""
    return fmt.percent(value)


def by_sign(positive: str, negative: str) -> Token:
    """One colour token above zero, another below, none at zero."""

    def token(_row: PositionRow, value: float) -> str | None:
        if value == 0.0:
            return None
        return positive if value > 0.0 else negative

    return token
