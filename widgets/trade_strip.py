"""The trade line under the menus: what is typed, what is wrong with it, where it is liquidated."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from dashboard.market.instrument import InstrumentKey
from widgets.actions import make_action
from widgets.dialogs.position_preview import preview_of
from widgets.models.completion import Completion, completion_at
from widgets.models.draft import Assess, Draft, draft_of
from widgets.models.line_prices import line_with_price, plain_price
from widgets.plain import ElidedLabel, PlainLabel, tooltip
from widgets.theme import Role, Theme, set_role
from widgets.trade_edit import TradeEdit
from widgets.update import Update

_HINT = (
    "Type a trade: its liquidation price stands here as you type. Tab completes, Ctrl+Enter adds, "
    "Ctrl+Shift+Enter plans; rows pasted from an exchange's table are read too"
)
_LEAST_ROOM_PX = 260


class TradeStrip(QWidget):
    """Reads the line at each key. `drafted` carries the Draft, `add_wanted` a Draft with a
    position and whether it is only planned, `contract_wanted` the contract that is typed,
    `form_wanted` the position that is typed, None where the line says none yet."""

    drafted = Signal(object)
    add_wanted = Signal(object, bool)
    rows_pasted = Signal(str)
    contract_wanted = Signal(object)
    form_wanted = Signal(object)

    def __init__(
        self,
        venues: Sequence[str],
        assess: Assess,
        theme: Theme,
        parent: QWidget | None = None,
    ) -> None:
        """`venues` are the enabled ones, the preferred first."""
        super().__init__(parent)
        self._venues = tuple(venues)
        self._assess = assess
        self._update: Update | None = None
        self._draft: Draft | None = None
        self._wanted: InstrumentKey | None = None
        self._said = ""
        self.edit = TradeEdit(theme, self._complete)
        self.sentence = ElidedLabel()
        self.add_button = _button("Add", "Add the typed trade to the book (Ctrl+Enter)")
        self.plan_button = _button("Plan", "Keep the typed trade as planned (Ctrl+Shift+Enter)")
        self.plan_button.hide()
        self.form_button = _button("Form…", "Say the same field by field")
        self.paste_button = _button("Paste table…", "Read positions from a pasted table")
        self._row = QHBoxLayout()
        self._arrange()
        self._connect()
        self._show()

    @property
    def draft(self) -> Draft | None:
        """What the line says now, None while it is empty or nothing is known yet."""
        return self._draft

    def set_theme(self, theme: Theme) -> None:
        """Take the colours of another theme."""
        self.edit.set_theme(theme)

    def offer_plans(self) -> None:
        """Let trades be kept as planned too: whoever takes `add_wanted` can keep them."""
        self.plan_button.show()

    def show_update(self, update: Update) -> None:
        """Take newer prices and contracts; what is typed stays."""
        self._update = update
        if self.edit.text().strip():
            self._read()

    def say(self, sentence: str) -> None:
        """Tell of something that was done, until the next key."""
        self._said = sentence
        self._show()

    def take_back(self, text: str) -> None:
        """Put a line in, as if typed."""
        self.edit.setText(text)

    def set_price(self, key: InstrumentKey, what: str, price: float) -> None:
        """Write a price set on the chart into the line: "entry", "stop" or "target".

        An empty line begins with the contract; the place of the size is left to type.
        """
        text, start = self.edit.text(), ""
        if not text.strip():
            start = f"long {key.venue}:{key.symbol} "
        self.edit.setText(line_with_price(start + text, what, plain_price(price)))
        if start:
            self.edit.setText(self.edit.text().replace(start, start + " ", 1))
            self.edit.setCursorPosition(len(start))
            self.edit.setFocus(Qt.FocusReason.OtherFocusReason)

    def done(self, sentence: str) -> None:
        """The typed trade was kept: start a new line and say so."""
        self.edit.remember()
        self.say(sentence)

    def _arrange(self) -> None:
        label = PlainLabel("Trade")
        label.setBuddy(self.edit)
        set_role(label, Role.HEADING)
        self.sentence.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.sentence.setAccessibleName("What the trade line says")
        top = QHBoxLayout()
        top.setSpacing(6)
        top.addWidget(label)
        top.addWidget(self.edit, stretch=1)
        for button in (self.add_button, self.plan_button, self.form_button, self.paste_button):
            top.addWidget(button)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.addWidget(self.sentence)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 4, 8, 3)
        layout.setSpacing(2)
        layout.addLayout(top)
        layout.addLayout(self._row)
        self.setFocusProxy(self.edit)

    def _connect(self) -> None:
        self.edit.textChanged.connect(self._on_text)
        self.edit.completed.connect(self._on_completed)
        self.edit.add_wanted.connect(self.add)
        self.edit.plan_wanted.connect(self.plan)
        self.edit.rows_pasted.connect(self.rows_pasted)
        self.add_button.clicked.connect(self.add)
        self.plan_button.clicked.connect(self.plan)
        self.form_button.clicked.connect(self._open_form)
        self.paste_button.clicked.connect(self._paste)
        anywhere = Qt.ShortcutContext.ApplicationShortcut
        make_action(self, "Go to the trade line", self._go_to, "Ctrl+E", context=anywhere)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 (Qt's name)
        """Keep the sentence under what it is about."""
        super().resizeEvent(event)
        self._show()

    def add(self) -> None:
        """Ask for the typed trade to be added to the book."""
        self._ask(planned=False)

    def plan(self) -> None:
        """Ask for the typed trade to be kept as planned, where such are kept."""
        if not self.plan_button.isHidden():
            self._ask(planned=True)

    def _ask(self, *, planned: bool) -> None:
        draft = self._draft
        if draft is None or draft.position is None:
            self.edit.setFocus(Qt.FocusReason.OtherFocusReason)
            return
        position = replace(draft.position, id=uuid.uuid4().hex)
        self.add_wanted.emit(replace(draft, position=position), planned)

    def _open_form(self) -> None:
        self.form_wanted.emit(None if self._draft is None else self._draft.position)

    def _paste(self) -> None:
        self.rows_pasted.emit("")

    def _go_to(self) -> None:
        self.edit.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.edit.selectAll()

    def _on_text(self) -> None:
        self._said = ""
        self._read()

    def _read(self) -> None:
        text, update = self.edit.text(), self._update
        self._draft = (
            draft_of(text, update, self._venues, self._assess)
            if update is not None and text.strip()
            else None
        )
        self._show()
        self._want_contract()
        self.drafted.emit(self._draft)

    def _want_contract(self) -> None:
        """Have the prices asked of what is typed, once a contract is meant."""
        position = None if self._draft is None else self._draft.position
        if position is not None and position.instrument.key != self._wanted:
            self._wanted = position.instrument.key
            self.contract_wanted.emit(self._wanted)

    def _show(self) -> None:
        draft = self._draft
        ready = draft is not None and draft.position is not None
        self.add_button.setEnabled(ready)
        self.plan_button.setEnabled(ready)
        if self._said or draft is None:
            self._write(self._said or _HINT, Role.MUTED, 0)
            self.edit.underline(0, 0)
        elif draft.fault:
            role = Role.DANGER if draft.wrong else Role.MUTED
            self.edit.underline(draft.start, draft.end if draft.wrong else draft.start)
            self._write(_sentence(draft.fault), role, draft.start)
        else:
            self.edit.underline(0, 0)
            self._write(*self._meaning(draft), 0)

    def _meaning(self, draft: Draft) -> tuple[str, Role]:
        """The liquidation price of the typed trade in one sentence."""
        update, position = self._update, draft.position
        if update is None or position is None:
            return "", Role.PLAIN
        balances = update.book.balances
        if draft.balance is not None:
            at = (draft.balance.venue, draft.balance.coin)
            balances = (*(b for b in balances if (b.venue, b.coin) != at), draft.balance)
        book = replace(update.book, positions=(*update.book.positions, position), balances=balances)
        report = self._assess(update.snapshot, book, update.now_ms)
        preview = preview_of(report.positions[-1])
        first, *_ = preview.text.split("\n")
        return f"{draft.note}. {first}" if draft.note else first, preview.role

    def _write(self, text: str, role: Role, place: int) -> None:
        """Put a sentence under the word at `place`, as far as there is room for it."""
        left = self.edit.x() + max(0, self.edit.x_of(place)) if place else self.edit.x()
        most = max(self.edit.x(), self.width() - _LEAST_ROOM_PX)
        self._row.setContentsMargins(min(left, most), 0, 0, 0)
        self.sentence.setText(text)
        self.sentence.setToolTip(tooltip(text))
        set_role(self.sentence, role)

    def _complete(self, text: str, cursor: int) -> Completion:
        listed = () if self._update is None else self._update.snapshot.instruments.values()
        return completion_at(text, cursor, tuple(listed), self._venues)

    def _on_completed(self, found: Completion) -> None:
        if len(found.options) > 1:
            self._write("Tab goes on: " + ", ".join(found.options), Role.MUTED, found.start)


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _button(text: str, name: str) -> QPushButton:
    button = QPushButton(text)
    button.setAccessibleName(name)
    button.setToolTip(tooltip(name))
    return button
