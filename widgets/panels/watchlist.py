"""The watch-list: what is watched, line by line, which of the lists, and what of it is shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from PySide6.QtCore import QStringListModel, Qt, Signal
from PySide6.QtGui import QAction, QGuiApplication, QKeySequence, QShowEvent
from PySide6.QtWidgets import QCompleter, QStackedWidget, QVBoxLayout, QWidget

from dashboard.errors import InputError
from dashboard.market.instrument import InstrumentKey
from dashboard.market.snapshot import Snapshot
from dashboard.risk.report import LiquidationStatus, RiskReport
from dashboard.signals.past import Past, Present
from dashboard.tradeline.filter import Test
from widgets.actions import make_action
from widgets.models.rows import RowsModel
from widgets.models.symbol_search import resolve, resolve_many, suggest
from widgets.models.watch_filter import filter_values, parse_watch_filter
from widgets.models.watch_row import Figure, WatchRow, present_of, watch_row
from widgets.models.watchlist import COLUMNS, grouped_by_coin, is_pinned, row_key, symbol_name
from widgets.panels.watch_bar import WatchBar
from widgets.peek import PeekCard
from widgets.plain import PlainLabel
from widgets.spark import SparkDelegate
from widgets.table import RowsView
from widgets.theme import Role, Theme, set_role
from widgets.update import Update

_TABLE, _EMPTY = 0, 1

PastOf = Callable[[InstrumentKey, Present, int], Past]


def no_past(_key: InstrumentKey, _present: Present, _now_ms: int) -> Past:
    """Where nobody asks for the past, nothing is known of it."""
    return Past()


def nearest_rooms(report: RiskReport) -> dict[InstrumentKey, Figure]:
    """How far the nearest position of each contract is from liquidation; 0 where it is breached."""
    rooms: dict[InstrumentKey, Figure] = {}
    for risk in report.positions:
        key = risk.position.instrument.key
        breached = risk.status is LiquidationStatus.BREACHED
        room = 0.0 if breached else risk.distance_fraction
        held = rooms.get(key)
        if room is not None and (held is None or held.value is None or room < held.value):
            rooms[key] = Figure(room, note="breached" if breached else "")
        elif held is None:
            reason = risk.missing.get("distance_fraction", "no price liquidates it")
            rooms[key] = Figure(None, note=reason)
    return rooms


class WatchlistPanel(QWidget):
    """Shows the watched contracts; what the hand wants to change is told by signals."""

    add_wanted = Signal(object)
    remove_wanted = Signal(object)
    move_wanted = Signal(object, int)
    pin_wanted = Signal(object)
    selected = Signal(object)

    def __init__(
        self,
        venues: Sequence[str],
        theme: Theme,
        past: PastOf = no_past,
        parent: QWidget | None = None,
    ) -> None:
        """`venues` are the enabled ones, the preferred first; `past` tells of a contract's past."""
        super().__init__(parent)
        self._past = past
        self._venues = tuple(venues)
        self._snapshot = Snapshot()
        self._latest: Update | None = None
        self._showing = False
        self._test: Test | None = None
        self._grouped = False
        self._refused = False
        self.model: RowsModel[WatchRow] = RowsModel(
            COLUMNS, row_key, self, theme=theme, draggable=True, pinned=is_pinned
        )
        self.view = RowsView(self.model, "Watch-list", self)
        self.view.allow_drag()
        self.view.draw_pictures(SparkDelegate(self.view))
        self.bar = WatchBar(self._venues)
        self.field = self.bar.field
        self.message = self.bar.message
        self._suggestions = QStringListModel(self)
        self._completer = QCompleter(self._suggestions, self)
        self._stack = QStackedWidget()
        self._completer.setCompletionMode(QCompleter.CompletionMode.UnfilteredPopupCompletion)
        self._completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.field.setCompleter(self._completer)
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
        rows = self._rows(update)
        fitting = self._fitting(rows)
        self._showing = True
        self.model.set_rows(fitting)
        if update.selected is not None and self.view.selected_key() != update.selected:
            self.view.select_key(update.selected)
        self._showing = False
        self._stack.setCurrentIndex(_TABLE if rows else _EMPTY)
        self.bar.remove_button.setEnabled(self.view.selected_key() is not None)
        if self._test is not None and not self._refused:
            self.bar.say(f"{len(fitting)} of {len(rows)} fit", Role.MUTED)

    def submit(self, text: str) -> None:
        """Add the contract or contracts that `text` means.

        Where it means none, or a part of it does, say why; what was not understood stays.
        """
        instruments = self._snapshot.instruments.values()
        recorded = self._latest is not None and self._latest.clock.recording is not None
        faults: list[str] = []
        try:
            keys = [resolve(text, instruments, self._venues, recorded=recorded)]
        except InputError as error:
            keys, faults = resolve_many(text, instruments, self._venues, recorded=recorded)
            if not keys:
                self._refuse(faults[0] if len(faults) > 1 else error.user_message)
                return
        self._add(keys, faults)

    def paste(self) -> None:
        """Add every contract that the clipboard names."""
        self.submit(QGuiApplication.clipboard().text())

    def peek(self) -> None:
        """Show every figure of the selected contract, those of hidden columns too."""
        index = self.view.currentIndex()
        row = self.model.row_at(index)
        if row is None:
            return
        title = f"{symbol_name(row.key)} at {row.key.venue}"
        columns = [column for column in COLUMNS if column.picture is None]
        key = self.model.key_of(row)
        card = PeekCard(title, columns, lambda: self.model.row_with(key), self.view)
        below = self.view.visualRect(index).bottomLeft()
        card.show_at(self.view.viewport().mapToGlobal(below))

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 (Qt's name)
        """Catch up on what came while hidden."""
        super().showEvent(event)
        self._show_again()

    def row_actions(self) -> list[QAction]:
        """What can be done with the selected row."""
        return self.view.actions()

    def _rows(self, update: Update) -> list[WatchRow]:
        recorded = update.clock.recording is not None
        rows = [
            watch_row(update.snapshot, key, update.now_ms, update.remembered, recorded=recorded)
            for key in update.watched
        ]
        pinned, rooms = set(update.pinned), nearest_rooms(update.report)
        rows = [
            replace(
                row,
                past_of=self._past_of,
                my_distance=rooms.get(row.key, row.my_distance),
                pinned=row.key in pinned,
            )
            for row in rows
        ]
        return grouped_by_coin(rows) if self._grouped else rows

    def _past_of(self, row: WatchRow) -> Past:
        return self._past(row.key, present_of(row), row.judge.now_ms)

    def _fitting(self, rows: list[WatchRow]) -> list[WatchRow]:
        test = self._test
        if test is None:
            return rows
        return [row for row in rows if test(filter_values(row)) is True]

    def _refuse(self, sentence: str) -> None:
        """Say why something was not added, until more is typed."""
        self._refused = True
        self.bar.say(sentence)

    def _add(self, keys: Sequence[InstrumentKey], faults: Sequence[str]) -> None:
        watched = self._latest.watched if self._latest is not None else ()
        new = [key for key in keys if key not in watched]
        self.field.clear()
        self._refused = False
        if faults:
            self._refuse(f"{len(keys)} understood; {faults[0]}")
        elif not new:
            self._refuse(f"{symbol_name(keys[0])} at {keys[0].venue} is already in the list")
            self.view.select_key(keys[0])
            return
        else:
            self.bar.say("")
        for key in new:
            self.add_wanted.emit(key)
        self.selected.emit(keys[-1])

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
        self.setFocusProxy(self.view)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.bar)
        layout.addWidget(self._stack)

    def _connect(self) -> None:
        self.field.textEdited.connect(self._suggest)
        self.field.returnPressed.connect(self._on_return)
        # queued: the completer writes its choice into the field after this signal
        self._completer.activated.connect(self.submit, Qt.ConnectionType.QueuedConnection)
        for field in (self.field, self.bar.filter):
            field.below = self.view
        self.bar.filter.textChanged.connect(self._on_filter)
        self.bar.remove_button.clicked.connect(self._remove_selected)
        self.view.selectionModel().selectionChanged.connect(self._on_row_chosen)
        self.view.clicked.connect(self._on_row_chosen)
        self.view.row_dropped.connect(self._on_row_dropped)

    def _add_actions(self) -> None:
        everywhere = Qt.ShortcutContext.ApplicationShortcut
        make_action(
            self, "Add symbol to the watch-list", self._focus_field, "Ctrl+T", context=everywhere
        )
        make_action(self, "Filter the watch-list", self._focus_filter, "Ctrl+F", context=everywhere)
        self.group_action = make_action(self, "Group the watch-list by coin", self._on_group)
        self.group_action.setCheckable(True)
        make_action(self.view, "Remove from the watch-list", self._remove_selected, "Del")
        make_action(self.view, "Pin to the top, or let go", self._pin_selected, "Alt+P")
        make_action(self.view, "Move up", self._move_up, "Alt+Up")
        make_action(self.view, "Move down", self._move_down, "Alt+Down")
        make_action(self.view, "Peek at all figures", self.peek, "Space")
        make_action(self.view, "Next contract", self._next, "J")
        make_action(self.view, "Contract before", self._previous, "K")
        paste = make_action(self.view, "Add what the clipboard names", self.paste)
        paste.setShortcut(QKeySequence.StandardKey.Paste)

    def _suggest(self, text: str) -> None:
        self._refused = False
        self.bar.say("")
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

    def _on_filter(self, text: str) -> None:
        """Show what fits; while the text cannot be read, all is shown and the reason said."""
        self._test = None
        self._refused = False
        self.bar.say("")
        if text.strip():
            try:
                self._test = parse_watch_filter(text)
            except InputError as error:
                self.bar.say(error.user_message)
        self._show_again()

    def _on_group(self) -> None:
        self._grouped = self.group_action.isChecked()
        self._show_again()

    def _show_again(self) -> None:
        if self._latest is not None:
            self.show_update(self._latest)

    def _on_row_chosen(self) -> None:
        key = self.view.selected_key()
        if not self._showing and key is not None:
            self.selected.emit(key)

    def _remove_selected(self) -> None:
        key = self.view.selected_key()
        if key is not None:
            self.remove_wanted.emit(key)

    def _pin_selected(self) -> None:
        key = self.view.selected_key()
        if key is not None:
            self.pin_wanted.emit(key)

    def _next(self) -> None:
        self._go(1)

    def _previous(self) -> None:
        self._go(-1)

    def _go(self, step: int) -> None:
        """Select the row that many places further down, as far as there are rows."""
        place = self.model.place_of(self.view.selected_key())
        keys = self.model.shown_keys()
        if keys:
            target = 0 if place is None else min(max(place + step, 0), len(keys) - 1)
            self.view.select_key(keys[target])

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
        why_not = self._why_order_is_not_own()
        if why_not:
            self.bar.say(why_not)
        else:
            self.move_wanted.emit(key, place)

    def _why_order_is_not_own(self) -> str:
        """Why a row cannot be moved by hand now; "" where it can."""
        if self.model.sorted_by is not None:
            title = self.model.sorted_by.title
            return f"sorted by {title}: click its title until your own order is back, then move"
        if self._grouped or self._test is not None or (self._latest and self._latest.pinned):
            return "rows move in their own order only: without groups, filter and pins"
        return ""

    def _focus_field(self) -> None:
        self.field.setFocus()
        self.field.selectAll()

    def _focus_filter(self) -> None:
        self.bar.filter.setFocus()
        self.bar.filter.selectAll()
