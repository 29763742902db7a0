"""The charts panel: the selected contract in four panes, its timeframes, its history on demand."""

from __future__ import annotations

import time

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QAction, QActionGroup, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from dashboard.feed.frames import LoadSeries, Series
from dashboard.market.instrument import InstrumentKey
from dashboard.market.readings import TIMEFRAMES_MS, ReadingKind, SeriesKind
from dashboard.market.snapshot import Snapshot
from widgets import format as fmt
from widgets.actions import make_action
from widgets.charts.contract_chart import PANE_KINDS, ContractChart
from widgets.charts.history import FIRST_BARS, History
from widgets.plain import PlainLabel
from widgets.theme import Role, Theme, set_role
from widgets.update import Update

DEFAULT_TIMEFRAME = "1h"
_HISTORY_DELAY_MS = 200
_PATIENCE_MS = 30_000
_AHEAD_OF_VIEW = 0.5
_NO_CONTRACT = "Select a contract in the watch-list to see its charts."
_WORDS = {
    SeriesKind.CANDLES: "price",
    SeriesKind.OPEN_INTEREST: "open interest",
    SeriesKind.LONG_SHORT_RATIO: "long/short ratio",
    SeriesKind.FUNDING: "funding",
}
_READINGS = {
    SeriesKind.CANDLES: ReadingKind.TICKER,
    SeriesKind.OPEN_INTEREST: ReadingKind.OPEN_INTEREST,
    SeriesKind.LONG_SHORT_RATIO: ReadingKind.LONG_SHORT_RATIO,
    SeriesKind.FUNDING: ReadingKind.FUNDING_RATE,
}


class ChartsPanel(QWidget):
    """Four linked panes of one contract.

    `series_requested` carries each LoadSeries the panel needs answered by `show_series`;
    `timeframe_changed` tells which timeframe was chosen here.
    """

    series_requested = Signal(object)
    timeframe_changed = Signal(str)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.chart = ContractChart(theme)
        self._key: InstrumentKey | None = None
        self._timeframe = DEFAULT_TIMEFRAME
        self._history: History | None = None
        self._requests = 0
        self._update: Update | None = None
        self._feed_lost = False
        self._loading = PlainLabel()
        self._history_timer = QTimer(self)
        self._history_timer.setSingleShot(True)
        self._history_timer.setInterval(_HISTORY_DELAY_MS)
        self._history_timer.timeout.connect(self._ask_older)
        self._timeframes = QActionGroup(self)
        self._units = QActionGroup(self)
        self._lay_out()
        self._add_keys()
        self.chart.range_changed.connect(self._history_timer.start)
        self.chart.crosshair_moved.connect(self._show_title)
        self._show_state()

    def _lay_out(self) -> None:
        bar = QHBoxLayout()
        bar.setContentsMargins(8, 6, 8, 6)
        bar.setSpacing(4)
        for number, timeframe in enumerate(TIMEFRAMES_MS, start=1):
            action = make_action(self, f"Bars of {timeframe}", None, str(number))
            action.setIconText(timeframe)
            bar.addWidget(_choice(self._timeframes, action, timeframe))
        self._timeframes.triggered.connect(self._choose_timeframe)
        bar.addSpacing(12)
        for unit, text in (("coin", "Open interest in coin"), ("USD", "Open interest in USD")):
            action = make_action(self, text, None, "U" if unit == "USD" else "C")
            action.setIconText(f"OI {unit}")
            bar.addWidget(_choice(self._units, action, unit))
        self._units.triggered.connect(self._choose_unit)
        bar.addSpacing(12)
        newest = make_action(self, "Show the newest bars", self.reset_view, "Home")
        newest.setIconText("Now")
        bar.addWidget(_button(newest))
        bar.addStretch(1)
        set_role(self._loading, Role.MUTED)
        bar.addWidget(self._loading)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(bar)
        column.addWidget(self.chart, 1)
        self._check(self._timeframes, self._timeframe)
        self._check(self._units, "coin")

    def _add_keys(self) -> None:
        make_action(self, "Show older bars", self.chart.step_back, "Left")
        make_action(self, "Show newer bars", self.chart.step_forward, "Right")
        make_action(self, "Zoom the chart in", self.chart.zoom_in, "+")
        make_action(self, "Zoom the chart out", self.chart.zoom_out, "-")

    def apply_theme(self, theme: Theme) -> None:
        """Paint in the colours of `theme` from now on."""
        self.chart.apply_theme(theme)

    def reset_view(self) -> None:
        """Show the newest bars, as many as look well."""
        self.chart.reset_view()

    @property
    def timeframe(self) -> str:
        """The timeframe that is shown, a key of TIMEFRAMES_MS."""
        return self._timeframe

    def select(self, key: InstrumentKey | None, timeframe: str | None = None) -> None:
        """Chart another contract (None: none) or timeframe, and ask for its newest rows."""
        wanted = timeframe or self._timeframe
        if key == self._key and wanted == self._timeframe:
            return
        self._key, self._timeframe = key, wanted
        self._check(self._timeframes, wanted)
        self._start_over()

    def _start_over(self) -> None:
        self._history = None
        self.chart.start_over(float(TIMEFRAMES_MS[self._timeframe]))
        if self._key is not None and self._update is not None:
            self._show(self._update)
        self._show_state()

    def show_update(self, update: Update) -> None:
        """Show what is known now; a hidden panel keeps it until it is shown."""
        self._update = update
        if self.isVisible():
            self._show(update)

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 (Qt's name)
        """Catch up with what was kept while hidden."""
        super().showEvent(event)
        if self._update is not None:
            self._show(self._update)

    def _show(self, update: Update) -> None:
        if update.selected is not None and update.selected != self._key:
            self.select(update.selected)
            return
        back_from_loss = self._feed_lost and not update.feed_lost
        self._feed_lost = update.feed_lost
        if self._key is None or update.now_ms <= 0:
            # Before a recording has said what time it is there is no newest row to ask for.
            return
        set_back = update.now_ms < self.chart.now_ms
        if set_back and self._history is not None:
            # Rows after the recording's new now must not be seen.
            self._start_over()
            return
        if self._history is None or back_from_loss:
            self._ask_newest(self._key, update.now_ms)
        self.chart.show_live(update, self._key)
        self._give_up_waiting()
        self._show_title()
        self._show_state()

    def _ask_newest(self, key: InstrumentKey, now_ms: int) -> None:
        self._history = History(key, self._timeframe, self._requests)
        self._ask(self._history.first(now_ms, FIRST_BARS, _clock_ms()))

    def _ask_older(self) -> None:
        if self._history is None or not self.isVisible():
            return
        view = self.chart.time_range
        since = view.start_ms
        if self._history.loaded_since_ms is not None and since < self._history.loaded_since_ms:
            since -= _AHEAD_OF_VIEW * view.span_ms
        wanted = self._history.older(since, _clock_ms())
        if wanted is not None:
            self._ask(wanted)
            self._show_state()

    def _ask(self, wanted: LoadSeries) -> None:
        self._requests = wanted.request
        self.series_requested.emit(wanted)

    def _give_up_waiting(self) -> None:
        if self._history is not None:
            self._history.give_up(_clock_ms(), _PATIENCE_MS)

    def show_series(self, series: Series) -> None:
        """Take in rows of the contract and timeframe that are shown; others are not ours."""
        header, history = series.header, self._history
        if history is None or (header.venue, header.symbol) != self._key:
            return
        if header.timeframe != self._timeframe:
            return
        oldest = float(series.values[0, 0]) if len(series.values) else None
        history.answer(header, oldest, _clock_ms())
        self.chart.show_rows(series)
        self._show_state()
        if not history.loading:
            self._history_timer.start()

    def _show_state(self) -> None:
        """Say what is loading and why a pane is empty."""
        history = self._history
        loading = history is not None and history.loading
        self._loading.setText("loading history…" if loading else "")
        self.chart.show_reasons(tuple(self._reason(kind) for kind in PANE_KINDS))
        if history is None or history.loaded_since_ms is None:
            self.chart.show_unloaded(None, frozenset(), "")
            return
        text = "loading older history…" if SeriesKind.CANDLES in history.awaited else ""
        if history.at_the_end:
            text = "no older history"
        self.chart.show_unloaded(float(history.loaded_since_ms), history.awaited, text)

    def _reason(self, kind: SeriesKind) -> str:
        if self._key is None:
            return _NO_CONTRACT if kind is PANE_KINDS[0] else ""
        words = _WORDS[kind]
        if self._history is None or kind in self._history.awaited:
            return f"Loading {words}…"
        reason = self._history.notes.get(kind, "") or self._why_missing(kind)
        return f"No {words} recorded for this series: {reason}"

    def _why_missing(self, kind: SeriesKind) -> str:
        snapshot = self._update.snapshot if self._update is not None else Snapshot()
        key = self._key
        missing = snapshot.missing.get((key, _READINGS[kind])) if key is not None else None
        return missing.reason if missing is not None else "the venue sent no rows."

    def _show_title(self) -> None:
        update, key = self._update, self._key
        if update is None or key is None:
            return
        at = self.chart.crosshair_ms
        moment = fmt.instant(update.now_ms if at is None else round(at))
        recording = update.clock.recording
        recorded = "" if recording is None else f"RECORDED  {recording}  {fmt.day(update.now_ms)}"
        name = f"{key.symbol}  {key.venue}  {self._timeframe}"
        self.chart.title.show_texts(name, moment, recorded)

    def _choose_timeframe(self, action: QAction) -> None:
        timeframe = str(action.data())
        if timeframe != self._timeframe:
            self.select(self._key, timeframe)
            self.timeframe_changed.emit(timeframe)

    def _choose_unit(self, action: QAction) -> None:
        self.chart.show_unit(in_usd=action.data() == "USD")

    @staticmethod
    def _check(group: QActionGroup, data: str) -> None:
        for action in group.actions():
            if action.data() == data:
                action.setChecked(True)


def _choice(group: QActionGroup, action: QAction, data: str) -> QToolButton:
    """A button for one choice of several."""
    action.setCheckable(True)
    action.setData(data)
    group.addAction(action)
    return _button(action)


def _button(action: QAction) -> QToolButton:
    button = QToolButton()
    button.setDefaultAction(action)
    button.setAccessibleName(action.text())
    return button


def _clock_ms() -> int:
    return int(time.monotonic() * 1000)
