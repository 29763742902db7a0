"""The charts panel: the selected contract in panes, its timeframes, its history on demand."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QPoint, QPointF, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QActionGroup, QFocusEvent, QKeyEvent, QShowEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLineEdit,
    QMenu,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from dashboard.errors import InputError, StoreError
from dashboard.feed.frames import Series
from dashboard.market.account import Position
from dashboard.market.instrument import InstrumentKey
from dashboard.market.readings import TIMEFRAMES_MS, SeriesKind
from dashboard.market.snapshot import Snapshot
from dashboard.risk.report import PositionRisk
from widgets import format as fmt
from widgets.actions import make_action
from widgets.charts.contract_chart import ContractChart
from widgets.charts.contract_panes import ContractPane, PaneKind
from widgets.charts.moments import parse_moment
from widgets.charts.price_lines import line_of_supposed
from widgets.panels.chart_edits import Assess, ChartEdits
from widgets.panels.chart_loading import NO_CONTRACT, ChartLoading
from widgets.panels.chart_menu import Choice, fill_panes_menu, pane_menu
from widgets.panels.chart_output import ChartOutput, Stamp, recorded_text
from widgets.panels.chart_pointing import PRICE_KEYS, ChartPointing
from widgets.panels.chart_templates import ChartTemplates
from widgets.plain import ElidedLabel
from widgets.theme import Role, Theme, set_role
from widgets.update import Update

DEFAULT_TIMEFRAME = "1h"
_HISTORY_DELAY_MS = 200
_SAID_FOR_MS = 6_000
_COMPARED_EVERY_MS = 15_000


class ChartsPanel(QWidget):
    """Linked panes of one contract, and the lines of the positions in it.

    `series_requested` carries each LoadSeries the panel needs answered by `show_series`,
    `timeframe_changed` which timeframe was chosen here. What is done to positions is told by
    `edits`, what to alerts by `pointing`.
    """

    series_requested = Signal(object)
    timeframe_changed = Signal(str)

    def __init__(
        self,
        theme: Theme,
        assess: Assess | None = None,
        templates: ChartTemplates | None = None,
        parent: QWidget | None = None,
    ) -> None:
        """`assess` shows where liquidation goes under a dragged line, `templates` keeps panes."""
        super().__init__(parent)
        self._templates = templates
        self.chart = ContractChart(theme)
        self.edits = ChartEdits(assess, self)
        self.pointing = ChartPointing(self.chart, self.edits, self)
        self.output = ChartOutput(self)
        self._theme = theme
        self._key: InstrumentKey | None = None
        self._timeframe = DEFAULT_TIMEFRAME
        self._loader = ChartLoading(self)
        self._update: Update | None = None
        self._feed_lost = False
        self._said = ElidedLabel()
        self.go_to = QLineEdit()
        self._history_timer = _single_shot(self, _HISTORY_DELAY_MS, self._ask_older)
        self._compared_timer = QTimer(self)
        self._compared_timer.setInterval(_COMPARED_EVERY_MS)
        self._compared_timer.timeout.connect(self._refresh_compared)
        self._said_timer = _single_shot(self, _SAID_FOR_MS, self._show_state)
        self._timeframes = QActionGroup(self)
        self._units = QActionGroup(self)
        self._panes_menu = QMenu(self)
        self._lay_out()
        self._add_keys()
        self._connect()
        fill_panes_menu(self._panes_menu, self.chart)
        self._show_state()

    def _connect(self) -> None:
        chart = self.chart
        self._loader.requested.connect(self.series_requested)
        chart.range_changed.connect(self._history_timer.start)
        chart.crosshair_moved.connect(self._show_title)
        chart.menu_wanted.connect(self._show_menu)
        chart.template_changed.connect(self._on_template_changed)
        self.edits.said.connect(self.say)
        self.pointing.said.connect(self.say)
        self.output.said.connect(self.say)
        self.go_to.returnPressed.connect(self._jump)

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
        panes = make_action(self, "Choose the panes", self._open_panes_menu, "Alt+P")
        panes.setIconText("Panes")
        self._panes_button = _button(panes)
        bar.addWidget(self._panes_button)
        newest = make_action(self, "Show the newest bars", self.reset_view, "Home")
        newest.setIconText("Now")
        bar.addWidget(_button(newest))
        self.go_to.setPlaceholderText("Go to time (G)")
        self.go_to.setAccessibleName("Go to time, UTC")
        self.go_to.setMaximumWidth(150)
        bar.addWidget(self.go_to)
        set_role(self._said, Role.MUTED)
        self._said.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        # gives way: a sentence must not widen the window
        self._said.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        bar.addWidget(self._said, 1)
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
        make_action(self, "Fit the chart's values and newest bars", self.reset_view, "R")
        make_action(self, "Show the chart's view before", self.chart.go_back, "Alt+Left")
        make_action(self, "Show the chart's view after", self.chart.go_forward, "Alt+Right")
        make_action(self, "Go to a time on the chart", self._ask_time, "G")
        make_action(self, "Menu of the pane at the mouse", self.open_menu, "Shift+F10")
        make_action(self, "Copy the value at the mouse", self.copy_value, "Ctrl+C")
        make_action(self, "Remove the alert under the mouse", self.pointing.remove_alert, "Del")
        self._price_actions = QActionGroup(self)
        self._price_actions.setExclusive(False)
        for key, text, kind in PRICE_KEYS:
            action = make_action(self, text, None, key)
            action.setData(kind)
            self._price_actions.addAction(action)
        self._price_actions.triggered.connect(self._on_price_key)

    def apply_theme(self, theme: Theme) -> None:
        """Paint in the colours of `theme` from now on."""
        self._theme = theme
        self.chart.apply_theme(theme)

    def show_supposed(self, key: InstrumentKey | None, risk: PositionRisk | None) -> None:
        """Draw where a supposed position of the contract shown would be liquidated; None: nothing.

        A contract that is not shown has no line here.
        """
        known = risk if key == self._key else None
        self.chart.suppose(None if known is None else line_of_supposed(known))

    def reset_view(self) -> None:
        """Show the newest bars, as many as look well, values fitted to them."""
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
        if key is not None and key != self._key and self._templates is not None:
            self.chart.set_template(self._templates.of(key))
        self._key = self.pointing.key = key
        self._timeframe = wanted
        self._check(self._timeframes, wanted)
        self._start_over()

    def _start_over(self) -> None:
        self._loader.forget()
        self.chart.start_over(float(TIMEFRAMES_MS[self._timeframe]), self._key)
        if self.chart.compared:
            self._compared_timer.start()
        self._check(self._units, "USD" if self.chart.in_usd else "coin")
        fill_panes_menu(self._panes_menu, self.chart)
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
        if set_back and self._loader.history is not None:
            # Rows after the recording's new now must not be seen.
            self._start_over()
            return
        if self._loader.history is None or back_from_loss:
            compared = self.chart.compared
            self._loader.ask_newest(self._key, self._timeframe, update.now_ms, compared)
        self.chart.show_live(self.edits.show_update(update), self._key, self.edits.names)
        self._loader.give_up_waiting()
        self._show_title()
        self._show_state()

    def _ask_older(self) -> None:
        if self.isVisible() and self._loader.ask_older(self.chart.time_range, self.chart.compared):
            self._show_state()

    def show_series(self, series: Series) -> None:
        """Take in rows of the contract and timeframe that are shown; others are not ours."""
        header = series.header
        if self._loader.history is None or header.timeframe != self._timeframe:
            return
        key = InstrumentKey(header.venue, header.symbol)
        if key != self._key:
            self.chart.show_compared_rows(key, series)
            if header.note and header.kind is SeriesKind.CANDLES and key in self.chart.compared:
                self.say(f"{fmt.symbol_name(key)} {key.venue}: {header.note}", Role.WARNING)
            return
        oldest = float(series.values[0, 0]) if len(series.values) else None
        self._loader.answer(header, oldest)
        self.chart.show_rows(series)
        if header.left_out:
            self.say(header.note, Role.WARNING)
        self._show_state()
        if not self._loader.loading:
            self._history_timer.start()

    def _show_state(self) -> None:
        """Say what is loading and why a pane is empty."""
        history = self._loader.history
        if not self._said_timer.isActive():
            set_role(self._said, Role.MUTED)
            self._said.setText("loading history…" if self._loader.loading else "")
        self._show_reasons()
        if history is None or history.loaded_since_ms is None:
            self.chart.show_unloaded(None, frozenset(), "")
            return
        text = "loading older history…" if SeriesKind.CANDLES in history.awaited else ""
        if history.at_the_end:
            text = "no older history"
            self.chart.end_reach()
        self.chart.show_unloaded(float(history.loaded_since_ms), history.awaited, text)

    def _show_reasons(self) -> None:
        panes = self.chart.contract_panes
        if self._key is None:
            self.chart.show_reasons([NO_CONTRACT, *[""] * (len(panes) - 1)])
            return
        snapshot = self._update.snapshot if self._update is not None else Snapshot()
        self.chart.show_reasons([self._loader.reason(one.needs[0], snapshot) for one in panes])

    def _show_title(self) -> None:
        update, key = self._update, self._key
        if update is None or key is None:
            return
        at = self.chart.crosshair_ms
        moment = fmt.instant(update.now_ms if at is None else round(at))
        name = f"{key.symbol}  {key.venue}  {self._timeframe}"
        waiting = self.chart.waiting_panes
        if waiting:
            moment = f"{moment}  ({waiting} pane{'s' * (waiting > 1)} hidden: too low)"
        self.chart.title.show_texts(name, moment, recorded_text(update))

    def say(self, sentence: str, role: Role = Role.PLAIN) -> None:
        """Show a sentence beside the buttons for some seconds."""
        set_role(self._said, role)
        self._said.setText(sentence)
        self._said_timer.start()

    def _ask_time(self) -> None:
        self.go_to.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.go_to.selectAll()

    def _jump(self) -> None:
        """Show the typed moment; what is not understood stays typed and is explained."""
        view = self.chart.time_range
        try:
            moment = parse_moment(self.go_to.text(), 0.5 * (view.start_ms + view.end_ms))
        except InputError as error:
            self.say(error.user_message, Role.DANGER)
            return
        if self._update is not None and moment > self._update.now_ms:
            self.say(f"{fmt.instant(round(moment))} has not come yet.", Role.WARNING)
            return
        self.go_to.clear()
        self.chart.jump_to(moment)
        self.chart.setFocus()

    def _on_price_key(self, action: QAction) -> None:
        self.pointing.set_at_mouse(action.data())

    def show_typed(self, position: Position | None) -> None:
        """Show the lines of the trade that is being typed, None where there is none."""
        self.edits.show_typed(position)
        if self._update is not None and self._key is not None and self.isVisible():
            shown = self.edits.show_update(self._update)
            self.chart.show_positions(shown.report, self._key, self.edits.names)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 (Qt's name)
        """While A is held a click sets an alert; Esc takes the ruler away."""
        if event.key() == Qt.Key.Key_A and not event.modifiers():
            self.pointing.alert_held = True
            self.chart.viewport().setCursor(Qt.CursorShape.CrossCursor)
        elif event.key() == Qt.Key.Key_Escape:
            for pane in self.chart.panes:
                pane.ruler.clear()
        else:
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:  # noqa: N802 (Qt's name)
        """A was let go."""
        if event.key() == Qt.Key.Key_A and not event.isAutoRepeat():
            self._release_alert_key()
        else:
            super().keyReleaseEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:  # noqa: N802 (Qt's name)
        """Keys let go elsewhere are not heard of."""
        super().focusOutEvent(event)
        self._release_alert_key()

    def _release_alert_key(self) -> None:
        self.pointing.alert_held = False
        self.chart.viewport().unsetCursor()

    def _on_template_changed(self) -> None:
        self._follow_template()
        if self._key is not None and self._templates is not None:
            try:
                self._templates.keep(self._key, self.chart.template())
            except StoreError as error:
                self.say(f"Panes are not kept: {error.user_message}", Role.DANGER)

    def _follow_template(self) -> None:
        """Ask for rows of contracts that are newly compared; say why new panes are empty."""
        self._check(self._units, "USD" if self.chart.in_usd else "coin")
        fill_panes_menu(self._panes_menu, self.chart)
        self._compared_timer.start()
        if self._update is not None:
            for key in self.chart.compared:
                if self.chart.last_row_of(key) is None:
                    self._loader.ask_compared(key, self._update.now_ms)
        self._show_state()

    def _refresh_compared(self) -> None:
        """Ask for what came since the last row of each compared contract: nobody follows them."""
        if not self.chart.compared:
            self._compared_timer.stop()
        elif self._update is not None and self.isVisible() and not self._update.feed_lost:
            for key in self.chart.compared:
                since = self.chart.last_row_of(key)
                self._loader.ask_compared(key, self._update.now_ms, since)

    def _open_panes_menu(self) -> None:
        below = self._panes_button.rect().bottomLeft()
        self._panes_menu.popup(self._panes_button.mapToGlobal(below))

    def open_menu(self) -> None:
        """Open the menu of the pane under the mouse, else that of the price."""
        pane, at = self.chart.price.pane, self.chart.mouse
        under = None if at is None else self.chart.pane_at(at)
        one = None if under is None else self.chart.pane_of(under)
        point = pane.rect().center() if at is None or under is None else at - under.pos()
        self._show_menu(one or self.chart.price, point)

    def _show_menu(self, one: ContractPane, at: QPointF) -> None:
        menu = pane_menu(self, self.chart, one, self._choices(one, at), self._candidates())
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        scene = one.pane.geometry().topLeft() + at
        menu.popup(self.chart.viewport().mapToGlobal(QPoint(round(scene.x()), round(scene.y()))))

    def _choices(self, one: ContractPane, at: QPointF) -> list[Choice]:
        """What a right click at a point of a pane offers first."""
        value = one.pane.value_of(at.y()) if one.pane.has_data else None
        choices: list[Choice] = []
        if value is not None:
            text = one.pane.exact_text(value)
            choices.append((f"Copy {text}", partial(self.output.copy_text, text)))
        if one.kind is PaneKind.PRICE and value is not None:
            choices += self.pointing.choices(value)
        legend = one.pane.legend.text
        choices.append(("Copy legend", partial(self.output.copy_text, legend)))
        choices.append(("Copy picture", self.copy_picture))
        choices.append(("Export CSV…", self.export_csv))
        return choices

    def _candidates(self) -> list[InstrumentKey]:
        """Contracts that may be compared: the same coin elsewhere, then what is watched."""
        update, own = self._update, self._key
        if update is None or own is None:
            return []
        same = [key for key in update.snapshot.instruments if self.chart.is_same_coin(key)]
        return [key for key in dict.fromkeys((*sorted(same), *update.watched)) if key != own]

    def copy_value(self) -> None:
        """Copy the value under the mouse, or the legend of the price where it is not there."""
        under = self.chart.pane_under_mouse
        legend = self.chart.price.pane.legend.text
        self.output.copy_text(legend if under is None else under[0].exact_text(under[1]))

    def copy_picture(self) -> None:
        """Copy the chart as a picture that says what it shows, when, how old and from where."""
        if self._update is not None and self._key is not None:
            stamp = Stamp(self._update, self._key, self._timeframe)
            self.output.copy_picture(self.chart, stamp, self._theme)

    def export_csv(self) -> None:
        """Ask where to, and write the rows in view."""
        if self._update is not None and self._key is not None:
            self.output.export(self.chart, Stamp(self._update, self._key, self._timeframe))

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


def _single_shot(parent: QWidget, interval_ms: int, slot: Callable[[], None]) -> QTimer:
    timer = QTimer(parent)
    timer.setSingleShot(True)
    timer.setInterval(interval_ms)
    timer.timeout.connect(slot)
    return timer
