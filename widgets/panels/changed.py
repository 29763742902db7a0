"""What changed since the trader last looked, the most surprising first, each with its reason."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from dashboard.market.instrument import InstrumentKey
from dashboard.signals.changes import Change, Seen, changes
from dashboard.signals.past import Past, Present
from widgets import format as fmt
from widgets.actions import make_action
from widgets.models.changed import CHANGE_COLUMNS, change_key, newest_look, seen_of
from widgets.models.rows import RowsModel
from widgets.models.watch_row import WatchRow, present_of, watch_row
from widgets.plain import ElidedLabel, PlainLabel, tooltip
from widgets.table import RowsView
from widgets.theme import Role, Theme, set_role
from widgets.update import Update

_TABLE, _EMPTY = 0, 1
PastOf = Callable[[InstrumentKey, Present, int], Past]


class ChangedPanel(QWidget):
    """Compares the watch-list with the last look; `looked` carries the new look of all contracts.

    A contract that is seen for the first time has nothing to be compared with.
    """

    looked = Signal(object)
    selected = Signal(object)

    def __init__(
        self,
        seen: Mapping[InstrumentKey, Seen],
        past: PastOf,
        theme: Theme,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._seen = dict(seen)
        self._past = past
        self._latest: Update | None = None
        self.model: RowsModel[Change] = RowsModel(CHANGE_COLUMNS, change_key, self, theme=theme)
        self.view = RowsView(self.model, "Changed", self)
        self.summary = ElidedLabel()
        self.seen_button = QPushButton("Mark all seen")
        self.seen_button.setToolTip(tooltip("Compare with now from now on"))
        self.empty = PlainLabel(wrap=True)
        self._stack = QStackedWidget()
        self._arrange()
        self.seen_button.clicked.connect(self.look)
        self.view.selectionModel().selectionChanged.connect(self._on_chosen)
        make_action(self, "Mark all changes seen", self.look, "E")
        make_action(self.view, "Next change", self._next, "J")
        make_action(self.view, "Change before", self._previous, "K")

    def apply_theme(self, theme: Theme) -> None:
        """Take the colours of another theme."""
        self.model.set_theme(theme)

    def show_update(self, update: Update) -> None:
        """Show what differs from the last look; a hidden panel waits until it is shown."""
        self._latest = update
        if not self.isVisible():
            return
        rows = self._rows(update)
        now = {row.key: seen_of(row, update.now_ms) for row in rows}
        pasts = {row.key: self._past(row.key, present_of(row), update.now_ms) for row in rows}
        found = changes(self._seen, now, pasts)
        self.model.set_rows(found)
        self._say(update, len(found))

    def look(self) -> None:
        """Take what stands there now as seen; figures that are n/a keep their last look."""
        if self._latest is None:
            return
        for row in self._rows(self._latest):
            self._seen[row.key] = _with_gaps_filled(
                seen_of(row, self._latest.now_ms), self._seen.get(row.key)
            )
        self.looked.emit(dict(self._seen))
        self.show_update(self._latest)

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 (Qt's name)
        """Catch up on what came while hidden."""
        super().showEvent(event)
        if self._latest is not None:
            self.show_update(self._latest)

    def _rows(self, update: Update) -> list[WatchRow]:
        recorded = update.clock.recording is not None
        return [
            watch_row(update.snapshot, key, update.now_ms, recorded=recorded)
            for key in update.watched
        ]

    def _say(self, update: Update, count: int) -> None:
        watched = [self._seen[key] for key in update.watched if key in self._seen]
        at_ms = newest_look(watched)
        self._stack.setCurrentIndex(_TABLE if count else _EMPTY)
        if at_ms is None:
            self.summary.setText("")
            self.empty.setText(
                "Nothing to compare with yet.\nMark all seen (E) when you have looked around: what "
                "changes from then on is listed here, the rarest first."
            )
            return
        since = f"{fmt.age(max(0, update.now_ms - at_ms))} ago"
        self.summary.setText(f"{count} changes since your look {since} ({fmt.instant(at_ms)})")
        self.empty.setText(f"Nothing unusual since your look {since}.")

    def _arrange(self) -> None:
        bar = QHBoxLayout()
        bar.setContentsMargins(6, 2, 6, 4)
        bar.addWidget(self.summary, stretch=1)
        bar.addWidget(self.seen_button)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        set_role(self.empty, Role.EMPTY)
        self._stack.addWidget(self.view)
        self._stack.addWidget(self.empty)
        self._stack.setCurrentIndex(_EMPTY)
        self.setFocusProxy(self.view)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(bar)
        layout.addWidget(self._stack)

    def _on_chosen(self) -> None:
        chosen = self.view.selected_key()
        if chosen is not None:
            self.selected.emit(chosen[0])

    def _next(self) -> None:
        self._go(1)

    def _previous(self) -> None:
        self._go(-1)

    def _go(self, step: int) -> None:
        keys: Sequence[object] = self.model.shown_keys()
        place = self.model.place_of(self.view.selected_key())
        if keys:
            target = 0 if place is None else min(max(place + step, 0), len(keys) - 1)
            self.view.select_key(keys[target])


def _with_gaps_filled(now: Seen, before: Seen | None) -> Seen:
    """The look of now, with what is unknown now as it was seen before."""
    if before is None:
        return now

    def either(new: float | None, old: float | None) -> float | None:
        return old if new is None else new

    return Seen(
        at_ms=now.at_ms,
        mark=either(now.mark, before.mark),
        open_interest_coin=either(now.open_interest_coin, before.open_interest_coin),
        ratio=either(now.ratio, before.ratio),
        funding_rate=either(now.funding_rate, before.funding_rate),
        interval_hours=either(now.interval_hours, before.interval_hours),
    )
