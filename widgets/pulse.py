"""The two clocks of the window: curves at 4 Hz, text at 1 Hz so that it can be read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from PySide6.QtCore import QObject, QTimer, Signal

from dashboard.market.account import Book, Position
from dashboard.market.readings import Reading, ReadingKind
from dashboard.market.snapshot import Snapshot
from dashboard.risk.report import RiskReport
from widgets.desk import Desk
from widgets.feed_link import FeedLink
from widgets.odds_book import OddsBook
from widgets.update import Update

PAINT_INTERVAL_MS = 250
PAINTS_PER_TEXT = 4
SUPPOSE_INTERVAL_MS = 100
"""How often the window follows a line that is dragged; the chart follows at once."""

_PATIENCE_MS = 20_000
"""How long after the first live reading the last session's figures may still stand."""

Assess = Callable[[Snapshot, Book, int], RiskReport]


class Pulse(QObject):
    """Makes one Update of what link and desk hold, and hands it to whoever shows it."""

    paint = Signal(object)
    text = Signal(object)
    time_leapt = Signal()

    def __init__(
        self, link: FeedLink, desk: Desk, assess: Assess, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._link = link
        self._desk = desk
        self._assess = assess
        self.odds = OddsBook(self)
        link.odds_arrived.connect(self.odds.take)
        link.score_arrived.connect(self.odds.take_score)
        link.time_went_back.connect(self.odds.forget)
        link.time_leapt.connect(self.time_leapt)
        self._changed = True
        self._ticks = 0
        self._shown: Update | None = None
        self._remembered: Snapshot | None = None
        self._remembered_ms = 0
        self._present = False
        self._supposed: Position | None = None
        self._suppose_timer = QTimer(self)
        self._suppose_timer.setSingleShot(True)
        self._suppose_timer.setInterval(SUPPOSE_INTERVAL_MS)
        self._suppose_timer.timeout.connect(self.refresh)
        self._timer = QTimer(self)
        self._timer.setInterval(PAINT_INTERVAL_MS)
        self._timer.timeout.connect(self._tick)
        link.readings_arrived.connect(self._note_change)
        self._soon = self._piece(self._show_text)
        self._then = self._piece(self._show_curves)
        # A panel that made the edit shows its own part at once; the rest may not lag behind it.
        desk.book_changed.connect(self.refresh)
        for signal in (desk.watched_changed, desk.selected_changed):
            signal.connect(self._soon.start)
        for signal in (link.status_changed, link.clock_changed):
            signal.connect(self._soon.start)

    def suppose(self, position: Position | None) -> None:
        """Show everything as if a position were this one, until told None."""
        self._supposed = position
        if not self._suppose_timer.isActive():
            self._suppose_timer.start()

    def remember(self, readings: Sequence[Reading]) -> None:
        """Show these readings of an earlier session until live ones come."""
        if readings:
            self._present = False
            self._remembered = Snapshot()
            self._remembered.merge(readings)
            self._remembered_ms = max(reading.received_ms for reading in readings)

    def start(self) -> None:
        """Start both clocks with an update at once."""
        self.refresh()
        self._timer.start()

    def stop(self) -> None:
        """Stop both clocks, and leave out what is due."""
        for timer in (self._timer, self._soon, self._then):
            timer.stop()

    def refresh(self) -> None:
        """Show everything before this returns."""
        self._show_text()
        self._then.stop()
        self._show_curves()

    def _show_text(self) -> None:
        """The first piece of what a hand or the feed's state changed; curves are the second.

        One deed may tell of several changes, which are shown once.
        """
        self._soon.stop()
        self._changed = True
        self._shown = self.update()
        self.text.emit(self._shown)
        self._then.start()

    def _show_curves(self) -> None:
        if self._shown is not None:
            self.paint.emit(self._shown)

    def _piece(self, work: Callable[[], None]) -> QTimer:
        """A timer that does `work` when what is done now has ended."""
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.timeout.connect(work)
        return timer

    def update(self) -> Update:
        """One consistent view of what is known now."""
        now_ms = self._link.now_ms()
        changed, self._changed = self._changed, False
        return Update(
            now_ms=now_ms,
            clock=self._link.clock,
            snapshot=self._link.snapshot,
            book=self._book(),
            report=self._report(now_ms),
            watched=self._desk.watched,
            pinned=self._desk.pinned,
            selected=self._desk.selected,
            statuses=dict(self._link.statuses),
            feed_lost=self._link.lost,
            remembered=self._remembered,
            changed=changed,
            odds=self.odds.known,
            score=self.odds.score,
        )

    def _book(self) -> Book:
        """The book, with the position that is supposed in place of the one it was made from."""
        book, supposed = self._desk.book, self._supposed
        if supposed is None:
            return book
        held = (supposed if one.id == supposed.id else one for one in book.positions)
        return replace(book, positions=tuple(held))

    def _report(self, now_ms: int) -> RiskReport:
        """Present figures, or the last session's until every position's venue was heard of."""
        if self._present or self._remembered is None or self._all_heard():
            self._present = True
            return self._assess(self._link.snapshot, self._book(), now_ms)
        return self._assess(self._remembered, self._book(), self._remembered_ms)

    def _all_heard(self) -> bool:
        """Whether each position's mark is there, or said not to be, or was waited for enough."""
        snapshot = self._link.snapshot
        first_ms = self._link.first_reading_ms
        waited_ms = 0 if first_ms is None else self._link.now_ms() - first_ms
        return waited_ms > _PATIENCE_MS or all(
            key in snapshot.marks or (key, ReadingKind.MARK_PRICE) in snapshot.missing
            for key in (position.instrument.key for position in self._desk.book.positions)
        )

    def _tick(self) -> None:
        update = self.update()
        self._ticks += 1
        if self._ticks % PAINTS_PER_TEXT == 0:
            self.text.emit(update)
        self.paint.emit(update)

    def _note_change(self) -> None:
        self._changed = True
