"""The dialog that adds or edits a position and shows what it would mean while it is typed."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import replace

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QVBoxLayout, QWidget

from dashboard.errors import StoreError
from dashboard.market.account import Balance, Book, Position
from dashboard.market.instrument import Instrument, InstrumentKey
from dashboard.market.snapshot import Snapshot
from dashboard.risk.report import RiskReport
from dashboard.risk.together import account_of, together
from dashboard.tradeline.written import line_of
from widgets.dialogs.position_fields import PositionFields
from widgets.dialogs.position_form import Entered, Field, PositionTexts, read_form, texts_of
from widgets.dialogs.position_preview import Preview, preview_of, preview_of_faults
from widgets.models.marks import usable_mark
from widgets.plain import PlainLabel
from widgets.theme import Role, set_role
from widgets.update import Update

Assess = Callable[[Snapshot, Book, int], RiskReport]
Save = Callable[[Position, Balance | None], None]

_PREVIEW_LINES = 4


class PositionDialog(QDialog):
    """Adds a position, or edits the one it is given.

    `save` keeps the position, and the balance behind a cross one where it was typed; it raises
    StoreError where it cannot, and the form then stays as it is.
    `symbol_meant` tells which contract the typed symbol means, so that its price can be asked.
    """

    symbol_meant = Signal(object)

    def __init__(
        self,
        update: Update,
        venues: Sequence[str],
        assess: Assess,
        save: Save,
        edited: Position | None = None,
        parent: QWidget | None = None,
        *,
        started: Position | None = None,
    ) -> None:
        """`started` is a position that was begun elsewhere: the fields begin with what it says."""
        super().__init__(parent)
        self._started = started
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Add position" if edited is None else "Edit position")
        self._update = update
        self._assess = assess
        self._save = save
        self._edited = edited
        self._id = uuid.uuid4().hex if edited is None else edited.id
        self._meant: InstrumentKey | None = None
        self.fields = PositionFields(venues)
        self.preview = PlainLabel(wrap=True, selectable=True)
        self.line = PlainLabel(wrap=True, selectable=True)
        self.fault = PlainLabel(wrap=True)
        self.buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel
        )
        self._arrange()
        self.fields.fill(self._first_texts(venues))
        self.fields.changed.connect(self._refresh)
        self.fields.mark_wanted.connect(self._enter_at_mark)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        self.show_update(update)
        typed = bool(self.fields.texts().texts[Field.SYMBOL])
        self.fields.go_to(Field.SIZE if typed else Field.SYMBOL)

    def show_update(self, update: Update) -> None:
        """Take newer prices and contracts; what is typed stays."""
        self._update = update
        self.fields.offer(update.snapshot.instruments.values())
        self._refresh()

    def accept(self) -> None:
        """Keep the position and close; with a fault in a field say it and stay open."""
        entered = self._read()
        if entered.position is None:
            self.fields.show_faults(entered.faults, all_fields=True)
            self.fields.go_to(next(field for field in Field if field in entered.faults))
            return
        try:
            self._save(entered.position, self._new_balance(entered))
        except StoreError as error:
            self.fault.setText(f"Not kept: {error.user_message}")
            return
        super().accept()

    def _arrange(self) -> None:
        self.preview.setMinimumHeight(_PREVIEW_LINES * self.fontMetrics().lineSpacing())
        self.preview.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        self.preview.setAccessibleName("What this position would mean")
        self.line.setAccessibleName("The same as a trade line")
        set_role(self.line, Role.MUTED)
        set_role(self.fault, Role.DANGER)
        self.buttons.button(QDialogButtonBox.StandardButton.Ok).setText(
            "Add" if self._edited is None else "Keep"
        )
        layout = QVBoxLayout(self)
        layout.addWidget(self.fields)
        layout.addWidget(self.preview)
        layout.addWidget(self.line)
        layout.addWidget(self.fault)
        layout.addStretch(1)
        layout.addWidget(self.buttons)

    def _first_texts(self, venues: Sequence[str]) -> PositionTexts:
        """The edited position, else the contract that the window shows."""
        if self._edited is not None:
            return texts_of(self._edited)
        if self._started is not None:
            return texts_of(self._started)
        shown = self._update.selected
        if shown is None:
            return PositionTexts(venue=venues[0], texts={})
        return PositionTexts(venue=shown.venue, texts={Field.SYMBOL: shown.symbol})

    def _read(self) -> Entered:
        snapshot = self._update.snapshot
        return read_form(
            self.fields.texts(),
            snapshot.instruments.values(),
            self._id,
            self._update.now_ms,
            self._edited,
            recorded=self._update.clock.recording is not None,
        )

    def _refresh(self) -> None:
        entered = self._read()
        self.fault.clear()
        self.fields.show_instrument(entered.instrument)
        self.fields.show_faults(entered.faults)
        self._show_mark(entered.instrument)
        held = self._held_balance(entered.instrument)
        self.fields.show_wallet(None if held is None else held.amount)
        self._show_preview(self._previewed(entered))
        said = "" if entered.position is None else line_of(entered.position)
        self.line.setText(f"As a trade line: {said}" if said else "")

    def _previewed(self, entered: Entered) -> Preview:
        if entered.position is None:
            return preview_of_faults(entered.faults)
        others = [held for held in self._update.book.positions if held.id != self._id]
        balances = self._update.book.balances
        typed = self._new_balance(entered)
        if typed is not None:
            kept = [b for b in balances if (b.venue, b.coin) != (typed.venue, typed.coin)]
            balances = (*kept, typed)
        book = Book(positions=(*others, entered.position), balances=balances)
        report = self._assess(self._update.snapshot, book, self._update.now_ms)
        risk = report.positions[-1]
        return preview_of(risk, together(risk, account_of(report, risk.position)))

    def _held_balance(self, instrument: Instrument | None) -> Balance | None:
        """What the book has behind cross positions in a contract's settle currency."""
        if instrument is None:
            return None
        at = (instrument.venue, instrument.settle)
        return next((b for b in self._update.book.balances if (b.venue, b.coin) == at), None)

    def _new_balance(self, entered: Entered) -> Balance | None:
        """The balance that was typed, None where it says nothing new."""
        instrument, held = entered.instrument, self._held_balance(entered.instrument)
        if instrument is None or entered.wallet is None:
            return None
        if held is None:
            return Balance(venue=instrument.venue, coin=instrument.settle, amount=entered.wallet)
        return None if held.amount == entered.wallet else replace(held, amount=entered.wallet)

    def _show_preview(self, preview: Preview) -> None:
        self.preview.setText(preview.text)
        set_role(self.preview, preview.role)

    def _show_mark(self, instrument: Instrument | None) -> None:
        if instrument is None:
            self.fields.show_mark(None, "choose a symbol first")
            return
        mark, reason = usable_mark(self._update, instrument.key)
        self.fields.show_mark(mark, reason, instrument.price_tick)
        if instrument.key != self._meant:
            self._meant = instrument.key
            self.symbol_meant.emit(instrument.key)

    def _enter_at_mark(self) -> None:
        mark = None if self._meant is None else usable_mark(self._update, self._meant)[0]
        if mark is not None:
            self.fields.enter_at(mark)
