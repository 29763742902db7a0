"""What pasted text would add to the book: a row of a table each, good or with its sentence."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace

from dashboard.errors import InputError
from dashboard.market.account import Position
from dashboard.tradeline.number import shortened
from dashboard.tradeline.pasted import read_pasted
from widgets import format as fmt
from widgets.models.draft import Assess, typed_position
from widgets.models.position_row import position_name, unit_name
from widgets.models.rows import Align, Column
from widgets.update import Update


@dataclass(frozen=True, slots=True)
class PreviewRow:
    """One pasted row: the position that it would add, or `fault`; `note` is what to know."""

    number: int
    text: str
    position: Position | None = None
    fault: str = ""
    note: str = ""


def preview_rows(
    text: str, update: Update, venue: str, venues: Sequence[str], assess: Assess
) -> list[PreviewRow]:
    """The rows of `text`; those that name no venue are of `venue`."""
    found: list[PreviewRow] = []
    for row in read_pasted(text, venues):
        if row.line is None:
            found.append(PreviewRow(row.number, row.text, fault=row.fault))
            continue
        line = replace(row.line, venue=row.line.venue or venue)
        try:
            position, note = typed_position(line, update, venues, assess, row.margin)
        except InputError as error:
            found.append(PreviewRow(row.number, row.text, fault=error.user_message))
            continue
        position = replace(position, id=uuid.uuid4().hex)
        found.append(PreviewRow(row.number, row.text, position, note=note))
    return found


def summary(rows: Sequence[PreviewRow]) -> str:
    """How many rows are good, in one sentence."""
    if not rows:
        return "Paste rows from an exchange's position table, a CSV file or trade lines above."
    good = sum(row.position is not None for row in rows)
    bad = len(rows) - good
    said = f"{good} of {len(rows)} rows are understood"
    return f"{said}; {bad} {'says' if bad == 1 else 'say'} why not" if bad else said


def row_number(row: PreviewRow) -> int:
    """What tells one row from another."""
    return row.number


def _read(row: PreviewRow) -> str:
    position = row.position
    if position is None:
        return row.fault[:1].upper() + row.fault[1:]
    size = fmt.quantity(position.size, unit_name(position.size_unit, position.instrument))
    leverage = "" if position.leverage is None else f", {fmt.leverage(position.leverage)}"
    margin = "" if position.margin is None else f", margin {fmt.significant(position.margin)}"
    exits = "".join(
        f", {name} {fmt.price(price)}"
        for name, price in (("stop", position.stop_price), ("target", position.take_profit_price))
        if price is not None
    )
    note = f" ({row.note})" if row.note else ""
    return (
        f"{position_name(position)}, {size} at {fmt.price(position.entry_price)}{leverage} "
        f"{position.margin_mode}{margin}{exits}{note}"
    )


def _state(row: PreviewRow) -> str:
    return "bad" if row.position is None else "good"


def _colour(row: PreviewRow) -> str:
    return "danger" if row.position is None else "profit"


def _pasted(row: PreviewRow) -> str:
    return shortened(row.text)


COLUMNS: tuple[Column[PreviewRow], ...] = (
    Column(key="number", title="Row", value=row_number, text=lambda r: str(r.number), sample="999"),
    Column(
        key="state",
        title="Read",
        value=_state,
        text=_state,
        colour=_colour,
        align=Align.LEFT,
        sample="good",
    ),
    Column(
        key="meaning",
        title="As position, or why not",
        value=_read,
        text=_read,
        align=Align.LEFT,
        colour=lambda row: "danger" if row.position is None else None,
        hint=_read,
        sample="x" * 62,
    ),
    Column(
        key="pasted",
        title="As pasted",
        value=_pasted,
        text=_pasted,
        align=Align.LEFT,
        colour=lambda _row: "text_muted",
        hint=lambda row: row.text[:2_000],
        sample="x" * 24,
    ),
)
