"""The status bar: how each venue is doing, in words, and whose time is shown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, QTimer, Signal
from PySide6.QtWidgets import QPushButton, QStatusBar, QWidget

from dashboard.market.clock_offset import counted_ms
from dashboard.market.venues import BASIC_VENUES
from widgets import format as fmt
from widgets.plain import ElidedLabel, PlainLabel, tooltip
from widgets.theme import Role, set_role

if TYPE_CHECKING:
    from dashboard.feed.frames import Clock, VenueStatus
    from widgets.clock_controls import ClockControls
    from widgets.update import Update
    from widgets.venue_label import VenueLabel

NOTICE_MS = 12_000
_STATE_ROLES = {
    "ok": Role.MUTED,
    "connecting": Role.ACCENT,
    "failing": Role.DANGER,
    "off": Role.MUTED,
}


def recorded_text(clock: Clock, now_ms: int) -> str:
    """The words "RECORDED 2024-08-04" for a recording, "" for live venues."""
    return "" if clock.recording is None else f"RECORDED {fmt.day(now_ms)}"


class StatusBar(QStatusBar):
    """One label per venue, a notice, the clock, and RECORDED where the market is a recording.

    Venues that a recording does not hold share one label, since there is nothing to watch in them.
    `retry_wanted` names a venue in trouble that the trader clicked; `breach_clicked` tells of the
    red badge that stands there while a breach is not acknowledged.
    """

    retry_wanted = Signal(str)
    breach_clicked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizeGripEnabled(False)
        self.setContentsMargins(8, 0, 6, 0)
        self._venues: dict[str, VenueLabel] = {}
        self.feed_label = ElidedLabel("starting the feed …")
        self.not_recorded = ElidedLabel()
        self.notice = ElidedLabel()
        self._controls: ClockControls | None = None
        self.clock_label = PlainLabel()
        self.recorded = PlainLabel()
        set_role(self.feed_label, Role.ACCENT)
        set_role(self.not_recorded, Role.MUTED)
        set_role(self.notice, Role.WARNING)
        set_role(self.recorded, Role.RECORDED)
        self._texts = (self.feed_label, self.not_recorded, self.notice)
        for label in self._texts:
            self.addWidget(label, 1 if label is self.notice else 0)
        self.breached = QPushButton()
        self.breached.setAccessibleName("Breaches that are not acknowledged")
        set_role(self.breached, Role.BREACHED)
        self.breached.clicked.connect(self.breach_clicked)
        for widget in (self.breached, self.clock_label, self.recorded):
            self.addPermanentWidget(widget)
        for widget in (self.breached, self.not_recorded, self.recorded):
            widget.hide()
        self._forget = QTimer(self)
        self._forget.setSingleShot(True)
        self._forget.setInterval(NOTICE_MS)
        self._forget.timeout.connect(self.notice.clear)

    @property
    def controls(self) -> ClockControls:
        """What moves the recording's clock; made when first asked for, not for the first paint."""
        if self._controls is None:
            from widgets.clock_controls import ClockControls

            self._controls = ClockControls()
            self.insertPermanentWidget(len(self._venues) + len(self._texts) + 1, self._controls)
            self._controls.hide()
        return self._controls

    def minimumSizeHint(self) -> QSize:  # noqa: N802 (Qt's name)
        """What the clock needs: venues and notices give way and never widen the window."""
        fixed = (self.breached, self._controls, self.clock_label, self.recorded)
        width = sum(one.sizeHint().width() for one in fixed if one is not None and one.isVisible())
        return QSize(width, super().minimumSizeHint().height())

    def list_venues(self, venues: Iterable[str]) -> None:
        """Make room for venues in this order, before any of them is heard of."""
        for venue in venues:
            self._label_of(venue).setText(f"{venue}: waiting")

    def show_update(self, update: Update) -> None:
        """Show the clock and the venues' states."""
        self._show_clock(update)
        for status in update.statuses.values():
            self._show_venue(status, update)
        away = [s.venue for s in update.statuses.values() if _recorded_away(s, update)]
        who = away[0] if len(away) == 1 else f"{len(away)} venues"
        self.not_recorded.setText(f"{who}: not recorded")
        self.not_recorded.setToolTip(tooltip(f"The recording holds nothing of {', '.join(away)}."))
        self.not_recorded.setVisible(bool(away))

    def show_feed(self, lost_reason: str, *, heard: bool) -> None:
        """Say how the feed itself is: lost and why, starting, or nothing when it is well."""
        if lost_reason:
            self.feed_label.setText("feed lost, starting it again")
            self.feed_label.setToolTip(tooltip(f"{lost_reason}\nFigures stay and grow old."))
            set_role(self.feed_label, Role.DANGER)
        else:
            self.feed_label.setText("" if heard else "starting the feed …")
            self.feed_label.setToolTip("")
            set_role(self.feed_label, Role.ACCENT)
        self.feed_label.setVisible(bool(self.feed_label.text()))

    def show_breaches(self, texts: Sequence[str]) -> None:
        """Show the red badge while `texts`, the breaches that nobody acknowledged, has any."""
        self.breached.setText("BREACHED" if len(texts) < 2 else f"{len(texts)} BREACHED")
        self.breached.setToolTip(tooltip("\n".join(texts)))
        self.breached.setVisible(bool(texts))

    def say(self, sentence: str) -> None:
        """Show a sentence for some seconds; it is whole on hover."""
        self.notice.setText(sentence)
        self.notice.setToolTip(tooltip(sentence))
        self._forget.start()

    def _show_clock(self, update: Update) -> None:
        clock, now_ms = update.clock, update.now_ms
        recorded = recorded_text(clock, now_ms)
        off = clock_off_text(update.statuses.values())
        shown = [fmt.instant(now_ms) if now_ms > 0 else "", off]
        self.clock_label.setText(" · ".join(filter(None, shown)))
        self.clock_label.setToolTip(tooltip(_clock_in_full(update.statuses.values())))
        set_role(self.clock_label, Role.WARNING if off else Role.PLAIN)
        self.recorded.setText(recorded)
        about = "\n".join([f"Recorded market: {clock.recording}", "", *clock.notes])
        self.recorded.setToolTip(tooltip(about))
        self.recorded.setVisible(bool(recorded))
        self.controls.setVisible(bool(recorded))
        self.controls.show_clock(clock)

    def _label_of(self, venue: str) -> VenueLabel:
        label = self._venues.get(venue)
        if label is None:
            from widgets.venue_label import VenueLabel

            label = self._venues[venue] = VenueLabel(venue)
            label.retry_wanted.connect(self._on_retry)
            set_role(label, Role.MUTED)
            self.insertWidget(len(self._venues), label)
        return label

    def _show_venue(self, status: VenueStatus, update: Update) -> None:
        label = self._label_of(status.venue)
        label.setText(_short(status, update))
        label.setVisible(not _recorded_away(status, update))
        retries = _can_be_asked_again(status, update)
        label.allow_retry(allowed=retries)
        label.show_used(None if update.feed_lost else status.used_share)
        label.setToolTip(tooltip(_in_full(status, update.now_ms, retries=retries)))
        role = _STATE_ROLES.get(status.state, Role.WARNING)
        set_role(label, Role.MUTED if update.feed_lost else role)

    def _on_retry(self, venue: str) -> None:
        self.say(f"asking {venue} again; a pause that it demanded is kept to")
        self.retry_wanted.emit(venue)


def clock_off_text(statuses: Iterable[VenueStatus]) -> str:
    """By how much this computer's clock is off, where most venues say so; "" where it is not."""
    known = sorted(one.clock_ahead_ms for one in statuses if one.clock_ahead_ms is not None)
    ahead_ms = counted_ms(known[len(known) // 2]) if known else 0
    if not ahead_ms:
        return ""
    way = "ahead" if ahead_ms > 0 else "behind"
    return f"clock {abs(ahead_ms) / 1000:.0f} s {way}"


def _clock_in_full(statuses: Iterable[VenueStatus]) -> str:
    known = [one for one in statuses if counted_ms(one.clock_ahead_ms)]
    if not known:
        return ""
    # Deferred: clocks are seldom wrong, and this brings more with it than a first paint needs.
    from widgets.models.diagnostics import clock_sentence

    lines = list(map(clock_sentence, known))
    lines.append("Ages and countdowns are corrected by that; the time shown here is not.")
    return "\n".join(lines)


def _recorded_away(status: VenueStatus, update: Update) -> bool:
    return status.state == "off" and update.clock.recording is not None and not update.feed_lost


def _can_be_asked_again(status: VenueStatus, update: Update) -> bool:
    away = _recorded_away(status, update)
    return status.state in ("failing", "off") and not away and not update.feed_lost


def _short(status: VenueStatus, update: Update) -> str:
    """A venue's state for the bar; trouble in words that name the venue once."""
    if update.feed_lost:
        return f"{status.venue}: no feed"
    if status.state in ("ok", "connecting") or not status.text:
        basic = " (basic)" if status.venue in BASIC_VENUES else ""
        return f"{status.venue}{basic}: {status.state}"
    return status.text if status.venue in status.text else f"{status.venue}: {status.text}"


def _in_full(status: VenueStatus, now_ms: int, *, retries: bool) -> str:
    basic = " (basic: prices, funding and little else)" if status.venue in BASIC_VENUES else ""
    lines = [f"{status.venue}: {status.state}{basic}", status.text]
    lines += [status.prices_text, status.budget_text]
    if status.received_ms:
        lines.append(f"last answer {fmt.age(now_ms - status.received_ms)} ago")
    if retries:
        lines.append("Click to ask again now.")
    return "\n".join(filter(None, lines))
