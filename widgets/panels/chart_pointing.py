"""What is pointed at on the chart: prices for positions, and lines of alerts."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import QObject, Signal

from dashboard.market.instrument import InstrumentKey
from widgets.charts.contract_chart import ContractChart
from widgets.charts.line_edit import Grip, snapped
from widgets.charts.price_lines import PriceLine, PriceLineKind
from widgets.panels.chart_edits import ChartEdits
from widgets.panels.chart_menu import Choice

PRICE_KEYS = (
    ("E", "Set the entry at the mouse", PriceLineKind.ENTRY),
    ("S", "Set the stop at the mouse", PriceLineKind.STOP),
    ("P", "Set the target at the mouse", PriceLineKind.TAKE_PROFIT),
)


class ChartPointing(QObject):
    """Hands lines and prices of the chart of `key` to the edits, and to whoever keeps alerts.

    `alert_wanted` carries contract and price, `alert_moved` an alert's id and price,
    `alert_removed` its id: whoever keeps alerts sets `takes_alerts` and answers by `show_alerts`.
    `said` carries a sentence on what could not be done.
    """

    alert_wanted = Signal(object, float)
    alert_moved = Signal(str, float)
    alert_removed = Signal(str)
    said = Signal(str)

    def __init__(self, chart: ContractChart, edits: ChartEdits, parent: QObject) -> None:
        super().__init__(parent)
        self.key: InstrumentKey | None = None
        self.takes_alerts = False
        self.alert_held = False
        self._chart = chart
        self._edits = edits
        chart.line_moved.connect(self._on_line_moved)
        chart.line_dropped.connect(self._on_line_dropped)
        chart.price_clicked.connect(self._on_price_clicked)

    def set_at_mouse(self, kind: PriceLineKind) -> None:
        """Set a price of the position, or of the typed trade, where the mouse is."""
        price = self._price_at_mouse()
        if price is not None and self.key is not None:
            self._edits.set_at(self.key, kind, price)

    def _price_at_mouse(self) -> float | None:
        """The price under the mouse on the venue's next tick; says so where there is none."""
        chart = self._chart
        under = chart.pane_under_mouse
        if under is None or under[0] is not chart.price.pane or chart.price.relative:
            self.said.emit("Point at a price first.")
            return None
        return snapped(under[1], chart.tick, Grip())

    def choices(self, value: float) -> list[Choice]:
        """What can be done at a price: set an alert there, or a price of the position."""
        price = snapped(value, self._chart.tick, Grip())
        key, said = self.key, self._chart.price.pane.exact_text(price)
        if key is None or self._chart.price.relative:
            return []
        choices: list[Choice] = []
        if self.takes_alerts:
            choices.append((f"Alert at {said}", partial(self._want_alert, key, price)))
        for _, text, kind in PRICE_KEYS:
            words = f"{text.removesuffix(' at the mouse')} at {said}"
            choices.append((words, partial(self._edits.set_at, key, kind, price)))
        return choices

    def show_alerts(self, alerts: Sequence[PriceLine]) -> None:
        """Show the alerts of the charted contract: lines of kind ALERT with their ids."""
        self._chart.show_alerts(alerts)

    def remove_alert(self) -> None:
        """Remove the alert line under the mouse; a position is never removed by it."""
        at, pane = self._chart.mouse, self._chart.price.pane
        line = None if at is None else pane.line_at(at - pane.geometry().topLeft())
        if line is None or line.kind is not PriceLineKind.ALERT:
            self.said.emit("There is no alert line under the mouse.")
            return
        self.alert_removed.emit(line.of)

    def _on_line_moved(self, line: PriceLine, price: float) -> None:
        if self.key is not None and line.kind is not PriceLineKind.ALERT:
            supposed = self._edits.hold(line, price)
            if supposed is not None:
                self._chart.show_positions(supposed.report, self.key, self._edits.names)

    def _on_line_dropped(self, line: PriceLine, price: float) -> None:
        if line.kind is PriceLineKind.ALERT:
            self.alert_moved.emit(line.of, price)
        elif self.key is not None:
            self._edits.drop(self.key, line, price)

    def _on_price_clicked(self, price: float) -> None:
        if self.alert_held and self.key is not None:
            self._want_alert(self.key, snapped(price, self._chart.tick, Grip()))

    def _want_alert(self, key: InstrumentKey, price: float) -> None:
        if self.takes_alerts:
            self.alert_wanted.emit(key, price)
        else:
            self.said.emit("No price alerts are kept here.")
