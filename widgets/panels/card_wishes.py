"""What the trader sets on the risk card: risk share, ATR beyond the stop, horizon, account."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QLineEdit, QWidget

from dashboard.errors import InputError
from dashboard.risk.plan import Wishes
from dashboard.tradeline.number import parse_not_negative, parse_positive, quote, scaled
from widgets.format import number_text
from widgets.plain import PlainLabel, tooltip
from widgets.theme import Role, set_role

MOST_HORIZON_HOURS = 8_760.0
_FIELD_WIDTH_PX = 56


def _risk(text: str) -> float:
    percent = parse_positive(text.strip().removesuffix("%"), "risk")
    if percent >= 100.0:
        raise InputError("risk", f"risk must be below 100 percent, not {quote(text)}")
    return scaled(percent, -2)


def _gap(text: str) -> float:
    return parse_not_negative(text, "ATR beyond the stop")


def _horizon(text: str) -> float:
    hours = parse_positive(text, "horizon")
    if hours > MOST_HORIZON_HOURS:
        raise InputError("horizon", f"horizon must be at most a year in hours, not {quote(text)}")
    return hours


def _account(text: str) -> float | None:
    return parse_positive(text, "account") if text.strip() else None


@dataclass(frozen=True, slots=True)
class _Wish:
    title: str
    hint: str
    read: Callable[[str], float | None]
    write: Callable[[Wishes], str]


_WISHES: dict[str, _Wish] = {
    "risk_fraction": _Wish(
        "Risk %",
        "The share of the account that the stop may cost, in percent",
        _risk,
        lambda w: number_text(scaled(w.risk_fraction, 2)),
    ),
    "atr_gap": _Wish(
        "ATR gap",
        "How many ATR(14, 1 h) liquidation is to lie beyond the stop",
        _gap,
        lambda w: number_text(w.atr_gap),
    ),
    "horizon_hours": _Wish(
        "Hold, h",
        "How long the position is to be held, in hours",
        _horizon,
        lambda w: number_text(w.horizon_hours),
    ),
    "account": _Wish(
        "Account",
        "The account's size in the settle currency; empty: the trade line's wallet, else the "
        "book's balance",
        _account,
        lambda w: number_text(w.account),
    ),
}


class WishFields(QWidget):
    """Four strict number fields; one that cannot be read keeps its text and changes nothing."""

    changed = Signal()

    def __init__(self, wishes: Wishes, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.wishes = wishes
        self.fault = PlainLabel(wrap=True)
        set_role(self.fault, Role.DANGER)
        self.lines: dict[str, QLineEdit] = {}
        grid = QGridLayout(self)
        grid.setContentsMargins(10, 2, 6, 6)
        grid.setHorizontalSpacing(6)
        grid.setVerticalSpacing(2)
        for place, (name, wish) in enumerate(_WISHES.items()):
            label = PlainLabel(wish.title)
            set_role(label, Role.MUTED)
            line = QLineEdit(wish.write(wishes))
            line.setAccessibleName(wish.title)
            line.setToolTip(tooltip(wish.hint))
            line.setMinimumWidth(_FIELD_WIDTH_PX)
            line.setMaxLength(40)
            label.setBuddy(line)
            line.textEdited.connect(self._read)
            self.lines[name] = line
            grid.addWidget(label, 0, place)
            grid.addWidget(line, 1, place)
        self.lines["account"].setPlaceholderText("book")
        grid.addWidget(self.fault, 2, 0, 1, len(_WISHES))
        self.fault.hide()

    def _read(self) -> None:
        faults: list[str] = []
        read: dict[str, Any] = {}
        for name, wish in _WISHES.items():
            try:
                read[name] = wish.read(self.lines[name].text())
            except InputError as error:
                faults.append(error.user_message)
        self.fault.setText("\n".join(faults))
        self.fault.setVisible(bool(faults))
        wishes = replace(self.wishes, **read)
        if wishes != self.wishes:
            self.wishes = wishes
            self.changed.emit()


def wishes_text(wishes: Wishes) -> str:
    """The wishes as a text that `wishes_of` reads at the next start."""
    return json.dumps({name: getattr(wishes, name) for name in _WISHES})


def wishes_of(text: str | None) -> Wishes:
    """The wishes that `wishes_text` wrote; what is not usable has its default."""
    try:
        kept = json.loads(text or "{}")
    except ValueError:
        return Wishes()
    wishes = Wishes()
    for name, wish in _WISHES.items():
        value = kept.get(name) if isinstance(kept, dict) else None
        if isinstance(value, int | float) and not isinstance(value, bool):
            try:
                changes: dict[str, Any] = {name: float(value)}
                changes[name] = wish.read(wish.write(replace(wishes, **changes)))
                wishes = replace(wishes, **changes)
            except (InputError, OverflowError, ArithmeticError):
                continue
    return wishes
