"""The fields of the position form, each with a sentence beside it where something is wrong."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import partial
from itertools import pairwise

from PySide6.QtCore import QStringListModel, Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QCompleter,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QWidget,
)

from dashboard.market.account import MAX_NOTE_CHARACTERS, MarginMode, Side, SizeUnit
from dashboard.market.instrument import Instrument
from widgets import format as fmt
from widgets.dialogs.position_form import Field, PositionTexts
from widgets.format import number_text
from widgets.models.position_row import side_name, unit_name
from widgets.models.symbol_search import suggest
from widgets.plain import PlainLabel, tooltip
from widgets.step_edit import StepEdit
from widgets.theme import Role, set_role

_FIELD_WIDTH_PX = 230
_FAULT_WIDTH_PX = 440
_MAX_CHARACTERS = 60

_PLACEHOLDERS = {
    Field.SYMBOL: "btc, ETHUSDT, SOL/USDT:USDT …",
    Field.SIZE: "0.5, 30k",
    Field.ENTRY: "average price paid",
    Field.LEVERAGE: "10",
    Field.MARGIN: "notional / leverage",
    Field.EXTRA_MARGIN: "0",
    Field.WALLET: "all that the account holds",
    Field.STOP: "none",
    Field.TAKE_PROFIT: "none",
    Field.MAINTENANCE_RATE: "from the venue's tiers",
    Field.NOTE: "your own words",
}
_TITLES = {
    Field.SYMBOL: "Symbol",
    Field.SIZE: "Size",
    Field.ENTRY: "Entry price",
    Field.LEVERAGE: "Leverage",
    Field.MARGIN: "Margin",
    Field.EXTRA_MARGIN: "Extra margin",
    Field.WALLET: "Wallet balance",
    Field.STOP: "Stop price",
    Field.TAKE_PROFIT: "Take-profit price",
    Field.MAINTENANCE_RATE: "Maintenance rate, %",
    Field.NOTE: "Note",
}
_HINTS = {
    Field.SIZE: "Above 0, with one decimal point; may end in k or M for thousands or millions",
    Field.MARGIN: "What stands behind an isolated position, in the settle currency; "
    "empty means notional at entry over leverage",
    Field.EXTRA_MARGIN: "Margin added to an isolated position, in the settle currency",
    Field.WALLET: "What the venue's account holds in the settle currency, without unrealised "
    "profit; all cross positions there stand on it. Empty leaves it as it is",
    Field.MAINTENANCE_RATE: "Your own maintenance margin rate in percent, which replaces the "
    "venue's tier table for this position",
}
_PRICES = frozenset({Field.ENTRY, Field.STOP, Field.TAKE_PROFIT})
_STEPS = {
    Field.SIZE: 0.01,
    Field.ENTRY: 1.0,
    Field.LEVERAGE: 1.0,
    Field.MARGIN: 10.0,
    Field.EXTRA_MARGIN: 10.0,
    Field.WALLET: 100.0,
    Field.STOP: 1.0,
    Field.TAKE_PROFIT: 1.0,
    Field.MAINTENANCE_RATE: 0.1,
}
"""What arrows, wheel and buttons step by where no tick is known; Shift a tenth, Ctrl tenfold."""

_OF_ONE_MODE = {
    Field.MARGIN: (MarginMode.ISOLATED, "the account's balance"),
    Field.EXTRA_MARGIN: (MarginMode.ISOLATED, "the account's balance"),
    Field.WALLET: (MarginMode.CROSS, "only behind cross positions"),
}
"""Fields with a meaning in one margin mode, and what stands in them in the other."""


class PositionFields(QWidget):
    """Holds what is typed; reading it is `position_form`'s work."""

    changed = Signal()
    mark_wanted = Signal()

    def __init__(self, venues: Sequence[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._instruments: Collection[Instrument] = ()
        self._touched: set[Field] = set()
        self._wallet_typed = False
        self.venue = _choice("Venue", {venue: venue for venue in venues})
        self.side = _choice("Side", {side_name(side): side for side in Side})
        self.size_unit = _choice("Unit of the size", {})
        self.margin_mode = _choice("Margin mode", {mode.value: mode for mode in MarginMode})
        self.mark_button = QPushButton("Mark")
        self.mark_button.setAccessibleName("Enter at the mark price")
        self._instrument: Instrument | None = None
        self.lines = {field: self._line(field) for field in Field}
        self.faults = {field: PlainLabel(wrap=True) for field in Field}
        self._suggestions = QStringListModel(self)
        self.show_instrument(None)
        self.show_mark(None, "choose a symbol first")
        self._set_up_completer()
        self._arrange()
        self._connect()
        self._show_margin_mode()

    def texts(self) -> PositionTexts:
        """What stands in the fields now."""
        return PositionTexts(
            venue=self.venue.currentText(),
            texts={field: line.text() for field, line in self.lines.items()},
            side=Side(self.side.currentData()),
            size_unit=SizeUnit(self.size_unit.currentData()),
            margin_mode=MarginMode(self.margin_mode.currentData()),
        )

    def fill(self, form: PositionTexts) -> None:
        """Put a form in; nothing in it counts as typed yet."""
        if self.venue.findText(form.venue) < 0:
            self.venue.addItem(form.venue, form.venue)
        self.venue.setCurrentText(form.venue)
        for box, value in (
            (self.side, form.side),
            (self.size_unit, form.size_unit),
            (self.margin_mode, form.margin_mode),
        ):
            box.setCurrentIndex(box.findData(value))
        for field, text in form.texts.items():
            self.lines[field].setText(text)
            self.lines[field].setCursorPosition(0)

    def offer(self, instruments: Collection[Instrument]) -> None:
        """Complete symbols from these contracts."""
        self._instruments = instruments

    def show_instrument(self, instrument: Instrument | None) -> None:
        """Name the units of the contract that the symbol means, and step by its tick."""
        self._instrument = instrument
        for place, unit in enumerate(SizeUnit):
            name = _GENERAL_UNITS[unit] if instrument is None else unit_name(unit, instrument)
            if self.size_unit.count() <= place:
                self.size_unit.addItem(name, unit)
            elif self.size_unit.itemText(place) != name:
                self.size_unit.setItemText(place, name)

    def show_mark(self, mark: float | None, reason: str, tick: float | None = None) -> None:
        """Offer the mark price as entry, or say why there is none."""
        self.mark_button.setEnabled(mark is not None)
        told = reason if mark is None else f"Enter at the mark price, {fmt.price(mark, tick)} now"
        self.mark_button.setToolTip(tooltip(told))

    def show_wallet(self, amount: float | None) -> None:
        """Put in what is known of the wallet, unless something else was typed."""
        cross = self.texts().margin_mode is MarginMode.CROSS
        text, line = number_text(amount if cross else None), self.lines[Field.WALLET]
        if not self._wallet_typed and line.text() != text:
            line.setText(text)
            line.setCursorPosition(0)

    def enter_at(self, price: float) -> None:
        """Put a price into the entry field, as if typed."""
        self._touched.add(Field.ENTRY)
        self.lines[Field.ENTRY].setText(number_text(price))

    def show_faults(self, faults: Mapping[Field, str], *, all_fields: bool = False) -> None:
        """Show the sentences of the fields that were typed into, or of all from now on."""
        if all_fields:
            self._touched.update(Field)
        for field, label in self.faults.items():
            sentence = faults.get(field, "") if field in self._touched else ""
            if label.text() != sentence:
                label.setText(sentence)
                self.lines[field].setAccessibleDescription(sentence)

    def go_to(self, field: Field) -> None:
        """Put the cursor into a field with its text selected."""
        self.lines[field].setFocus(Qt.FocusReason.OtherFocusReason)
        self.lines[field].selectAll()

    def _step(self, field: Field) -> float:
        """One step of a field: the contract's tick or amount step, else what suits the number."""
        instrument = self._instrument
        if instrument is not None and field in _PRICES and instrument.price_tick:
            return instrument.price_tick
        if field is Field.SIZE and instrument is not None and instrument.amount_step:
            return instrument.amount_step
        return _STEPS[field]

    def _line(self, field: Field) -> QLineEdit:
        line = StepEdit(partial(self._step, field)) if field in _STEPS else QLineEdit()
        line.setAccessibleName(_TITLES[field])
        line.setPlaceholderText(_PLACEHOLDERS[field])
        line.setToolTip(tooltip(_HINTS.get(field, "")))
        line.setMaxLength(MAX_NOTE_CHARACTERS if field is Field.NOTE else _MAX_CHARACTERS)
        line.setMinimumWidth(_FIELD_WIDTH_PX)
        if isinstance(line, StepEdit):
            line.stepped.connect(partial(self._touch, field))
        return line

    def _set_up_completer(self) -> None:
        completer = QCompleter(self._suggestions, self)
        completer.setCompletionMode(QCompleter.CompletionMode.UnfilteredPopupCompletion)
        self.lines[Field.SYMBOL].setCompleter(completer)

    def _arrange(self) -> None:
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setColumnMinimumWidth(2, _FAULT_WIDTH_PX)
        grid.setColumnStretch(2, 1)
        beside = {
            Field.SIZE: self.size_unit,
            Field.ENTRY: self.mark_button,
            Field.LEVERAGE: self.margin_mode,
        }
        self._add_row(grid, "Venue", self.venue)
        self._add_field(grid, Field.SYMBOL, None)
        self._add_row(grid, "Side", self.side)
        for field in list(Field)[1:]:
            self._add_field(grid, field, beside.get(field))
        self._set_tab_order(beside)

    def _add_row(self, grid: QGridLayout, title: str, box: QComboBox) -> None:
        label = PlainLabel(title)
        label.setBuddy(box)
        row = grid.rowCount()
        grid.addWidget(label, row, 0)
        grid.addWidget(box, row, 1)

    def _add_field(self, grid: QGridLayout, field: Field, companion: QWidget | None) -> None:
        label = PlainLabel(_TITLES[field])
        label.setBuddy(self.lines[field])
        set_role(self.faults[field], Role.DANGER)
        row = grid.rowCount()
        grid.addWidget(label, row, 0)
        cell = QHBoxLayout()
        cell.addWidget(self.lines[field], stretch=1)
        if companion is not None:
            cell.addWidget(companion)
        grid.addLayout(cell, row, 1)
        grid.addWidget(self.faults[field], row, 2)

    def _set_tab_order(self, beside: Mapping[Field, QWidget]) -> None:
        order: list[QWidget] = [self.venue, self.lines[Field.SYMBOL], self.side]
        for field in list(Field)[1:]:
            order.append(self.lines[field])
            if field in beside:
                order.append(beside[field])
        for before, after in pairwise(order):
            QWidget.setTabOrder(before, after)

    def _connect(self) -> None:
        for field, line in self.lines.items():
            line.textEdited.connect(partial(self._touch, field))
            line.textChanged.connect(self._tell)
        self.lines[Field.SYMBOL].textEdited.connect(self._suggest)
        for box in (self.venue, self.side, self.size_unit, self.margin_mode):
            box.currentIndexChanged.connect(self._tell)
        self.margin_mode.currentIndexChanged.connect(self._show_margin_mode)
        self.mark_button.clicked.connect(self.mark_wanted)

    def _touch(self, field: Field, _text: str) -> None:
        self._touched.add(field)
        self._wallet_typed |= field is Field.WALLET

    def _tell(self) -> None:
        self.changed.emit()

    def _suggest(self, text: str) -> None:
        venue = self.venue.currentText()
        found = suggest(text, self._instruments, (venue,))
        self._suggestions.setStringList([instrument.symbol for instrument in found])

    def _show_margin_mode(self) -> None:
        """A cross position stands on the account, an isolated one on a margin of its own."""
        chosen = self.texts().margin_mode
        for field, (mode, otherwise) in _OF_ONE_MODE.items():
            line = self.lines[field]
            line.setEnabled(mode is chosen)
            line.setPlaceholderText(_PLACEHOLDERS[field] if mode is chosen else otherwise)


_GENERAL_UNITS = {
    SizeUnit.BASE: "coin",
    SizeUnit.CONTRACTS: "contracts",
    SizeUnit.QUOTE: "quote currency",
}


def _choice(name: str, entries: Mapping[str, object]) -> QComboBox:
    box = QComboBox()
    box.setAccessibleName(name)
    for text, value in entries.items():
        box.addItem(text, value)
    return box
