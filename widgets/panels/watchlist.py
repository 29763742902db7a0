"""The watch-list: what is watched, line by line, and the field that adds to it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPoint, QStringListModel, Qt, Signal
from PySide6.QtGui import QAction, QShowEvent
from PySide6.QtWidgets import (
    QCompleter,
    QHBoxLayout,
    QLineEdit,
    QMenu,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from dashboard.errors import InputError
from dashboard.market.instrument import InstrumentKey
from dashboard.market.snapshot import Snapshot
from widgets.actions import make_action
from widgets.models.rows import RowsModel
from widgets.models.symbol_search import resolve, suggest
from widgets.models.watch_row import WatchRow, watch_row
from widgets.models.watchlist import COLUMNS, row_key, symbol_name
from widgets.plain import ElidedLabel, PlainLabel, tooltip
from widgets.table import RowsView
from widgets.theme import Role, Theme, set_role
from widgets.update import Update

_FIELD_WIDTH_PX = 260
_TABLE, _EMPTY = 0, 1


class WatchlistPanel(QWidget):
    """Shows the watched contracts; what the hand wants to change is told by signals."""

    add_wanted = Signal(object)
    remove_wanted = Signal(object)
    move_wanted = Signal(object, int)
    selected = Signal(object)

    def __init__(self, venues: Sequence[str], theme: Theme, parent: QWidget | None = None) -> None:
        """`venues` are the enabled ones, the preferred first."""
        super().__init__(parent)
        self._venues = tuple(venues)
        self._snapshot = Snapshot()
        self._latest: Update | None = None
        self._showing = False
        self.model: RowsModel[WatchRow] = RowsModel(
            COLUMNS, row_key, self, theme=theme, draggable=True
        )
        self.view = RowsView(self.model, "Watch-list", self)
        self.view.allow_drag()
        self.field = QLineEdit()
        self.message = ElidedLabel()
        self.remove_button = QPushButton("Remove")
        self._suggestions = QStringListModel(self)
        self._completer = QCompleter(self._suggestions, self)
        self._stack = QStackedWidget()
        self._set_up_field()
        self._arrange()
        self._connect()
        self._add_actions()

    def apply_theme(self, theme: Theme) -> None:
        """Take the colours of another theme."""
        self.model.set_theme(theme)

    def show_update(self, update: Update) -> None:
        """Show the lines of `update`; a hidden panel waits until it is shown."""
        self._latest = update
        self._snapshot = update.snapshot
        if not self.isVisible():
            return
        recorded = update.clock.recording is not None
        rows = [
            watch_row(update.snapshot, key, update.now_ms, update.remembered, recorded=recorded)
            for key in update.watched
        ]
        self._showing = True
        self.model.set_rows(rows)
        if update.selected is not None and self.view.selected_key() != update.selected:
            self.view.select_key(update.selected)
        self._showing = False
        self._stack.setCurrentIndex(_TABLE if rows else _EMPTY)
        self.remove_button.setEnabled(self.view.selected_key() is not None)

    def submit(self, text: str) -> None:
        """Add the contract that `text` means; where it means none, say why and keep the text."""
        try:
            key = resolve(text, self._snapshot.instruments.values(), self._venues)
        except InputError as error:
            self._say(error.user_message)
            return
        self.field.clear()
        if self.model.place_of(key) is not None:
            self.view.select_key(key)
            self._say(f"{symbol_name(key)} at {key.venue} is already in the list")
            return
        self._say("")
        self.add_wanted.emit(key)
        self.selected.emit(key)

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 (Qt's name)
        """Catch up on what came while hidden."""
        super().showEvent(event)
        if self._latest is not None:
            self.show_update(self._latest)

    def _set_up_field(self) -> None:
        self.field.setPlaceholderText("Add symbol: btc, ETHUSDT, okx sol …")
        self.field.setAccessibleName("Add a symbol to the watch-list")
        self.field.setToolTip(
            tooltip(
                "A coin, a venue's own symbol, or a venue and a symbol; Enter adds it.\n"
                f"Enabled venues: {', '.join(self._venues)}"
            )
        )
        self.field.setMinimumWidth(_FIELD_WIDTH_PX)
        self.field.setMaximumWidth(_FIELD_WIDTH_PX)
        self._completer.setCompletionMode(QCompleter.CompletionMode.UnfilteredPopupCompletion)
        self._completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.field.setCompleter(self._completer)
        self.remove_button.setAccessibleName("Remove the selected contract from the watch-list")
        self.remove_button.setEnabled(False)
        set_role(self.message, Role.WARNING)

    def _arrange(self) -> None:
        empty = PlainLabel(
            "Nothing is watched yet.\n"
            f"Type a symbol above and press Enter: btc, ETHUSDT or {self._venues[0]} sol.",
        )
        empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        set_role(empty, Role.EMPTY)
        self._stack.addWidget(self.view)
        self._stack.addWidget(empty)
        self._stack.setCurrentIndex(_EMPTY)
        tools = QHBoxLayout()
        tools.setContentsMargins(6, 0, 6, 4)
        tools.setSpacing(10)
        tools.addWidget(self.field)
        tools.addWidget(self.message, stretch=1)
        tools.addWidget(self.remove_button)
        self.setFocusProxy(self.view)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(tools)
        layout.addWidget(self._stack)

    def _connect(self) -> None:
        self.field.textEdited.connect(self._suggest)
        self.field.returnPressed.connect(self._on_return)
        # queued: the completer writes its choice into the field after this signal
        self._completer.activated.connect(self.submit, Qt.ConnectionType.QueuedConnection)
        self.remove_button.clicked.connect(self._remove_selected)
        self.view.selectionModel().selectionChanged.connect(self._on_row_chosen)
        self.view.clicked.connect(self._on_row_chosen)
        self.view.row_dropped.connect(self._on_row_dropped)
        self.view.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.view.customContextMenuRequested.connect(self._show_menu)

    def _add_actions(self) -> None:
        make_action(
            self,
            "Add symbol to the watch-list",
            self._focus_field,
            "Ctrl+T",
            context=Qt.ShortcutContext.ApplicationShortcut,
        )
        make_action(self.view, "Remove from the watch-list", self._remove_selected, "Del")
        make_action(self.view, "Move up", self._move_up, "Alt+Up")
        make_action(self.view, "Move down", self._move_down, "Alt+Down")

    def _suggest(self, text: str) -> None:
        self._say("")
        found = suggest(text, self._snapshot.instruments.values(), self._venues)
        self._suggestions.setStringList(
            [f"{instrument.venue} {instrument.symbol}" for instrument in found]
        )

    def _on_return(self) -> None:
        popup = self._completer.popup()
        if popup is not None and popup.isVisible():
            if popup.currentIndex().isValid():
                return  # the completer's own signal submits its choice
            popup.hide()
        self.submit(self.field.text())

    def _on_row_chosen(self) -> None:
        key = self.view.selected_key()
        if not self._showing and key is not None:
            self.selected.emit(key)

    def _remove_selected(self) -> None:
        key = self.view.selected_key()
        if key is not None:
            self.remove_wanted.emit(key)

    def _move_up(self) -> None:
        self._move_by(-1)

    def _move_down(self) -> None:
        self._move_by(2)

    def _move_by(self, offset: int) -> None:
        key = self.view.selected_key()
        place = self.model.place_of(key)
        if key is not None and place is not None:
            self._on_row_dropped(key, max(0, place + offset))

    def _on_row_dropped(self, key: InstrumentKey, place: int) -> None:
        if self.model.sorted_by is not None:
            title = self.model.sorted_by.title
            self._say(f"sorted by {title}: click its title until your own order is back, then move")
            return
        self.move_wanted.emit(key, place)

    def _focus_field(self) -> None:
        self.field.setFocus()
        self.field.selectAll()

    def _show_menu(self, point: QPoint) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addActions(self.row_actions())
        menu.popup(self.view.viewport().mapToGlobal(point))

    def row_actions(self) -> list[QAction]:
        """What can be done with the selected row."""
        return self.view.actions()

    def _say(self, sentence: str) -> None:
        self.message.setText(sentence)
        self.message.setToolTip(tooltip(sentence))
