"""The position panel: what is held, the nearest to liquidation first, and what is done with it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from functools import partial
from typing import Protocol

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtGui import QAction, QKeySequence, QShowEvent
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QPushButton,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from dashboard.errors import StoreError
from dashboard.market.account import Balance, Position, PositionState
from dashboard.market.names import names_of
from dashboard.risk.report import LiquidationStatus, PositionRisk
from widgets import format as fmt
from widgets.actions import make_action
from widgets.cell_editor import CellEditor
from widgets.clearing_field import ClearingField
from widgets.dialogs.closing import ClosingDialog
from widgets.dialogs.position import Assess, PositionDialog
from widgets.models.breached_card import crossing_words, liquidation_close, tagged_liquidated
from widgets.models.position_edits import CELL_EDITS
from widgets.models.position_row import (
    PositionRow,
    distance_text,
    liquidation_text,
    position_name,
    row_key,
    wallet_end,
)
from widgets.models.position_states import Shown, opened, rows_of
from widgets.models.positions import COLUMNS
from widgets.models.rows import RowsModel
from widgets.plain import ElidedLabel, PlainLabel, tooltip
from widgets.table import RowsView
from widgets.theme import Role, Theme, set_role
from widgets.update import Update

_TABLE, _EMPTY, _NOTHING = 0, 1, 2
_FILTER_WIDTH_PX = 170


class PositionKeeper(Protocol):
    """Keeps positions and balances; each call is on disk when it returns, or raises StoreError."""

    def add_position(self, position: Position) -> None:
        """Keep a new position."""

    def update_position(self, position: Position) -> None:
        """Replace the position with the same id."""

    def delete_position(self, position_id: str) -> None:
        """Forget a position."""

    def set_balance(self, balance: Balance) -> None:
        """Keep what a venue's account holds of one coin."""

    def one_edit(self, title: str) -> AbstractContextManager[None]:
        """Make the edits inside one."""


class PositionsPanel(QWidget):
    """Shows the risk of every position; edits go to the keeper, `book_changed` tells of them.

    `contract_wanted` names a contract that is being typed, so that its prices are asked.
    """

    book_changed = Signal()
    selected = Signal(object)
    position_chosen = Signal(str)
    contract_wanted = Signal(object)

    def __init__(
        self,
        keeper: PositionKeeper,
        venues: Sequence[str],
        assess: Assess,
        theme: Theme,
        parent: QWidget | None = None,
    ) -> None:
        """`venues` are the enabled ones, the preferred first."""
        super().__init__(parent)
        self._keeper = keeper
        self._venues = tuple(venues)
        self._assess = assess
        self._latest: Update | None = None
        self._showing = False
        self._fault = ""
        self._dialog: PositionDialog | None = None
        self.model: RowsModel[PositionRow] = RowsModel(
            COLUMNS, row_key, self, theme=theme, fixed_part=lambda row: row.position
        )
        self.view = RowsView(self.model, "Positions", self)
        self.summary = ElidedLabel()
        self.states = QComboBox()
        self.states.setAccessibleName("Which positions are shown")
        self.states.view().setAccessibleName("States of positions")
        self.states.addItems([shown.value for shown in Shown])
        self.filter = ClearingField(self.view)
        self.filter.setPlaceholderText("Find: btc, okx, a tag …")
        self.filter.setAccessibleName("Find in the positions")
        self.filter.setMaximumWidth(_FILTER_WIDTH_PX)
        self.add_button = _button("Add…", "Add a position")
        self.close_button = _button("Close…", "Close the selected position")
        self.edit_button = _button("Edit…", "Edit the selected position")
        self.delete_button = _button("Delete", "Delete the selected position")
        self.nothing = PlainLabel()
        self.nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        set_role(self.nothing, Role.EMPTY)
        self._editor: CellEditor | None = None
        self._stack = QStackedWidget()
        self._arrange()
        self._connect()
        self._add_actions()
        self._show_buttons()

    def set_theme(self, theme: Theme) -> None:
        """Take the colours of another theme."""
        self.model.set_theme(theme)

    def show_update(self, update: Update) -> None:
        """Show the positions of `update`; a hidden panel waits until it is shown."""
        self._latest = update
        if self._dialog is not None:
            self._dialog.show_update(update)
        if not self.isVisible():
            return
        rows = rows_of(update, self.shown, self.filter.text(), self._assess)
        self._showing = True
        self.model.set_rows(rows)
        self._showing = False
        self._show_empty(update, rows)
        to_focus = self.view if rows else self.add_button
        if self.focusProxy() is not to_focus:
            self.setFocusProxy(to_focus)
        self._show_summary(rows)
        self._show_buttons()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 (Qt's name)
        """Catch up on what came while hidden."""
        super().showEvent(event)
        if self._latest is not None:
            self.show_update(self._latest)

    def add_position(self) -> None:
        """Open the dialog for a new position."""
        self._open(None, self._keeper.add_position)

    def open_form(self, started: Position | None) -> None:
        """Open the dialog for a new position with what was typed of it so far."""
        self._open(None, self._keeper.add_position, started)

    def edit_selected(self) -> None:
        """Open the dialog for the selected position."""
        position = self._selected_position()
        if position is not None:
            self._open(position, self._keeper.update_position)

    def delete_selected(self) -> None:
        """Delete the selected position; undo puts it back."""
        position = self._selected_position()
        if position is not None:
            self._keep(partial(self._keeper.delete_position, position.id))

    def close_or_open_selected(self) -> None:
        """Ask how the selected open position ended, or hold the planned one from now on."""
        position = self._selected_position()
        if position is None or self._latest is None:
            return
        if position.state is PositionState.PLANNED:
            held = opened(position, self._latest.now_ms)
            self._keep(partial(self._keeper.update_position, held))
        elif position.state is PositionState.OPEN:
            self._ask_closing(position, self._latest)

    def _ask_closing(self, position: Position, update: Update) -> None:
        row = self.model.row_at(self.view.currentIndex())
        mark = None if row is None else row.risk.mark_price
        self._close(position, mark, update.now_ms)

    def _close(
        self, position: Position, price: float | None, closed_ms: int, note: str = ""
    ) -> None:
        def keep(closed: Position) -> None:
            self._keeper.update_position(closed)
            self.book_changed.emit()

        ClosingDialog(position, price, closed_ms, keep, self, note=note).open()

    def close_liquidated(self, risk: PositionRisk) -> None:
        """Ask what a position ended with that the venue liquidated."""
        if self._latest is None:
            return
        at_ms = self._latest.now_ms if risk.breach is None else risk.breach.at_ms
        price, note = liquidation_close(risk)
        self._close(tagged_liquidated(risk.position), price, at_ms, note)

    @property
    def shown(self) -> Shown:
        """Which positions the table shows."""
        return Shown(self.states.currentText())

    def keep_typed(self, position: Position, balance: Balance | None) -> bool:
        """Keep a position from the trade line, with the wallet that it says; whether it was."""

        def keep() -> None:
            with self._keeper.one_edit(f"add {position_name(position)}"):
                if balance is not None:
                    self._keeper.set_balance(balance)
                self._keeper.add_position(position)

        return self._keep(keep)

    def keep_all(self, positions: Sequence[Position]) -> None:
        """Keep pasted positions, all or none; raises StoreError where one cannot be kept."""
        try:
            with self._keeper.one_edit(f"add {len(positions)} positions"):
                for position in positions:
                    self._keeper.add_position(position)
        finally:
            self.book_changed.emit()

    def _arrange(self) -> None:
        empty = PlainLabel(
            "No position entered yet.\n"
            "Press Add or Ctrl+N and type what you hold: symbol, size, entry price, leverage.\n"
            "It stays on this machine."
        )
        empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        set_role(empty, Role.EMPTY)
        self.setFocusProxy(self.add_button)
        self._stack.addWidget(self.view)
        self._stack.addWidget(empty)
        self._stack.addWidget(self.nothing)
        self._stack.setCurrentIndex(_EMPTY)
        # a long sentence must not widen the window; it is whole on hover
        self.summary.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        tools = QHBoxLayout()
        tools.setContentsMargins(6, 2, 6, 4)
        tools.addWidget(self.states)
        tools.addWidget(self.filter)
        tools.addSpacing(8)
        tools.addWidget(self.summary, stretch=1)
        for button in self._buttons():
            tools.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(tools)
        layout.addWidget(self._stack)

    def _buttons(self) -> tuple[QPushButton, ...]:
        return self.add_button, self.edit_button, self.close_button, self.delete_button

    def _connect(self) -> None:
        self.add_button.clicked.connect(self.add_position)
        self.edit_button.clicked.connect(self.edit_selected)
        self.delete_button.clicked.connect(self.delete_selected)
        self.close_button.clicked.connect(self.close_or_open_selected)
        self.states.currentTextChanged.connect(self._show_again)
        self.filter.textChanged.connect(self._show_again)
        self.view.activated.connect(self._on_activated)
        self.view.selectionModel().currentRowChanged.connect(self._on_row_chosen)

    def _add_actions(self) -> None:
        anywhere = Qt.ShortcutContext.ApplicationShortcut
        make_action(
            self, "Add position…", self.add_position, "Ctrl+N", context=anywhere
        ).setShortcuts([QKeySequence("Ctrl+N"), QKeySequence("Ins")])
        make_action(self.view, "Edit the cell, or the position", self._edit_cell, "F2")
        make_action(self.view, "Edit position…", self.edit_selected, "Ctrl+Return")
        make_action(
            self.view, "Close position, or open a planned one", self.close_or_open_selected, "X"
        )
        make_action(self.view, "Delete position", self.delete_selected, "Del")

    def _open(
        self,
        edited: Position | None,
        save: Callable[[Position], None],
        started: Position | None = None,
    ) -> None:
        if self._latest is None or self._dialog is not None:
            return

        def save_and_tell(position: Position, balance: Balance | None) -> None:
            if balance is not None:
                self._keeper.set_balance(balance)
            save(position)
            self.book_changed.emit()

        dialog = PositionDialog(
            self._latest, self._venues, self._assess, save_and_tell, edited, self, started=started
        )
        dialog.symbol_meant.connect(self.contract_wanted)
        dialog.finished.connect(self._on_dialog_finished)
        self._dialog = dialog
        dialog.open()

    def _on_dialog_finished(self) -> None:
        self._dialog = None

    def _keep(self, edit: Callable[[], None]) -> bool:
        """Make an edit and say whether it was kept; if not, the reason stands till the next."""
        self._fault = ""
        try:
            edit()
        except StoreError as error:
            self._fault = f"Not kept: {error.user_message}"
            self._say(self._fault, Role.DANGER)
            return False
        self.book_changed.emit()
        return True

    def _on_activated(self, _index: QModelIndex) -> None:
        self._edit_cell()

    def _edit_cell(self) -> None:
        """Edit the value of the current cell in its place, or the position where it has none."""
        index = self.view.currentIndex()
        position = self._selected_position()
        if position is None or self._editor is not None:
            return
        edit = CELL_EDITS.get(self.model.columns[index.column()].key)
        if edit is None:
            self.edit_selected()
            return
        name = position.id

        def take(text: str) -> None:
            held = self._position(name)
            if held is not None:
                self._keeper.update_position(edit.take(held, text))
                self.book_changed.emit()

        self._editor = CellEditor(self.view, index, edit.text(position), take)
        self._editor.refused.connect(self._say_refused)
        self._editor.closed.connect(self._on_editor_closed)

    def _on_editor_closed(self) -> None:
        self._editor = None
        self.view.setFocus()

    def _say_refused(self, sentence: str) -> None:
        self._say(sentence, Role.DANGER)

    def _position(self, name: str) -> Position | None:
        book = None if self._latest is None else self._latest.book
        held = () if book is None else (*book.positions, *book.planned, *book.closed)
        return next((position for position in held if position.id == name), None)

    def _show_empty(self, update: Update, rows: Sequence[PositionRow]) -> None:
        """Show the table, or say why it is empty."""
        book = update.book
        if rows:
            self._stack.setCurrentIndex(_TABLE)
        elif book.positions or book.planned or book.closed:
            self.nothing.setText(
                f"No position fits: {self.shown.value.lower()}"
                + (f", “{self.filter.text()}”" if self.filter.text().strip() else "")
                + "."
            )
            self._stack.setCurrentIndex(_NOTHING)
        else:
            self._stack.setCurrentIndex(_EMPTY)

    def _show_again(self) -> None:
        if self._latest is not None:
            self.show_update(self._latest)

    def _on_row_chosen(self) -> None:
        position = self._selected_position()
        self._show_buttons()
        if not self._showing and position is not None:
            self.selected.emit(position.instrument.key)
            self.position_chosen.emit(position.id)

    def _selected_position(self) -> Position | None:
        row = self.model.row_at(self.view.currentIndex())
        return None if row is None else row.position

    def _show_buttons(self) -> None:
        position = self._selected_position()
        chosen = position is not None
        self.edit_button.setEnabled(chosen)
        self.delete_button.setEnabled(chosen)
        state = None if position is None else position.state
        planned = state is PositionState.PLANNED
        self.close_button.setText("Open" if planned else "Close…")
        self.close_button.setEnabled(state in (PositionState.OPEN, PositionState.PLANNED))

    def _show_summary(self, rows: Sequence[PositionRow]) -> None:
        rows = [row for row in rows if row.position.state is PositionState.OPEN]
        if self._fault or not rows:
            self._say(self._fault, Role.DANGER)
            return
        breached = [row for row in rows if row.risk.status is LiquidationStatus.BREACHED]
        if breached:
            self._say(_breached(rows, breached), Role.DANGER)
        else:
            self._say(_nearest(rows), Role.PLAIN)
        age_ms = self._age_of_report_ms()
        if age_ms:
            said = f"As of {fmt.age(age_ms)} ago, until prices arrive. {self.summary.text()}"
            self._say(said, Role.WARNING)

    def _age_of_report_ms(self) -> int:
        """How old the figures are that the session before left; 0 for present ones."""
        update = self._latest
        return 0 if update is None else update.now_ms - update.report.now_ms

    def _say(self, sentence: str, role: Role) -> None:
        self.summary.setText(sentence)
        self.summary.setToolTip(tooltip(sentence))
        set_role(self.summary, role)

    def row_actions(self) -> list[QAction]:
        """What can be done with the selected position."""
        return self.view.actions()


def _breached(rows: Sequence[PositionRow], crossed: Sequence[PositionRow]) -> str:
    """Which of `rows` were crossed, and of a single one how and when."""
    names = names_of(row.position for row in rows)
    crossing = crossing_words(crossed[0].risk)
    if len(crossed) == 1 and crossing:
        name = names[crossed[0].position.id]
        return f"Breached: {name}; {crossing}. Its card asks what came of it"
    told = ", ".join(names[row.position.id] for row in crossed)
    asked = "; their cards ask what came of them" if crossing else ""
    return f"Breached: mark has crossed the liquidation price of {told}{asked}"


def _nearest(rows: Sequence[PositionRow]) -> str:
    """The first of `rows`, which is nearest to liquidation, in one sentence.

    Its figures stand first: a narrow window shows the beginning only. Of a cross position they are
    those of the move of all coins where its wallet ends before its own coin gets that far.
    """
    row, risk = rows[0], rows[0].risk
    end = wallet_end(row)
    if end:
        alone = f" (by {row.instrument.base} alone: {distance_text(risk)})"
        return f"Nearest to liquidation: {end}{alone}"
    if risk.status is LiquidationStatus.NONE:
        return "No mark price liquidates any of these positions"
    if risk.distance_fraction is None:
        return "How near these positions are to liquidation is not known now; the cells say why"
    room = fmt.money(risk.distance_money, risk.currency)
    return (
        f"Nearest to liquidation: {distance_text(risk)} to {liquidation_text(risk)}, "
        f"{names_of(one.position for one in rows)[row.position.id]}, {room} away"
    )


def _button(text: str, name: str) -> QPushButton:
    button = QPushButton(text)
    button.setAccessibleName(name)
    button.setToolTip(tooltip(name))
    return button
