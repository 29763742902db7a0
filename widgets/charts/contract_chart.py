"""The panes of one contract over time, as a template lists them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import replace

import numpy as np
from PySide6.QtCore import QPointF, Signal

from dashboard.feed.frames import Series
from dashboard.market.instrument import Instrument, InstrumentKey
from dashboard.market.readings import FundingRate, ReadingKind, SeriesKind
from dashboard.market.snapshot import EXPIRED_AFTER_MS
from dashboard.risk.pnl import unrealised_pnl
from dashboard.risk.report import PositionRisk, RiskReport
from dashboard.risk.touch import why_no_odds
from widgets import format as fmt
from widgets.charts.contract_panes import PANE_TYPES, ContractPane, Others, PaneKind, Scene
from widgets.charts.contract_panes.funding import FundingPane
from widgets.charts.contract_panes.interest import InterestPane
from widgets.charts.contract_panes.price import PricePane
from widgets.charts.contract_series import ContractSeries, live_mark
from widgets.charts.legends import Moment
from widgets.charts.pane import Pane
from widgets.charts.price_lines import PriceLine, PriceLineKind, lines_of_positions
from widgets.charts.ruler import Measure
from widgets.charts.template import DEFAULT_TEMPLATE, ChartTemplate, PaneChoice
from widgets.charts.time_chart import TimeChart
from widgets.theme import Theme
from widgets.update import Update

_TRUSTED_MS = EXPIRED_AFTER_MS[ReadingKind.MARK_PRICE]
"""How long, in real time, a value is taken for that of now: as long as a mark price is."""

_START_BAR_MS = 3_600_000.0


class ContractChart(TimeChart):
    """Draws a ContractSeries; `show_rows` and `show_live` put rows and readings into it.

    `template_changed` tells that a hand changed panes, heights, options or comparisons. The line
    signals are those of the price pane, `menu_wanted` carries a ContractPane and a point of it.
    """

    template_changed = Signal()
    line_moved = Signal(object, float)
    line_dropped = Signal(object, float)
    price_clicked = Signal(float)
    menu_wanted = Signal(object, QPointF)

    def __init__(self, theme: Theme) -> None:
        super().__init__((), theme)
        self._theme = theme
        self._series = ContractSeries(_START_BAR_MS)
        self._others = Others()
        self._instrument: Instrument | None = None
        self._funding: FundingRate | None = None
        self._mark: float | None = None
        self._index: float | None = None
        self._positions: tuple[PositionRisk, ...] = ()
        self._alerts: tuple[PriceLine, ...] = ()
        self._lined: tuple[PositionRisk, ...] = ()
        self._names: dict[str, str] = {}
        self._supposed: PriceLine | None = None
        self._slack_ms = 0.0
        self.contract_panes: list[ContractPane] = []
        self._fill(DEFAULT_TEMPLATE)
        self.set_panes([one.pane for one in self.contract_panes])
        self.setAccessibleName("Price, open interest, long/short ratio and funding over time")
        self.crosshair_moved.connect(self._show_legends)
        self.range_changed.connect(self._show_legends)
        self.shares_changed.connect(self.template_changed)

    def apply_theme(self, theme: Theme) -> None:
        """Paint in the colours of `theme` from now on."""
        self._theme = theme
        for one in self.contract_panes:
            one.apply_theme(theme)
        super().apply_theme(theme)

    @property
    def series(self) -> ContractSeries:
        """The rows that are drawn."""
        return self._series

    @property
    def price(self) -> PricePane:
        """The pane of the price: there always is one."""
        return next(one for one in self.contract_panes if isinstance(one, PricePane))

    @property
    def tick(self) -> float | None:
        """The venue's price step, None where it is not known."""
        return self._instrument.price_tick if self._instrument is not None else None

    @property
    def compared(self) -> tuple[InstrumentKey, ...]:
        """The contracts that are compared with the charted one."""
        return tuple(self._others.series)

    def template(self) -> ChartTemplate:
        """Panes, heights, options and comparisons as they are now."""
        panes = tuple(
            PaneChoice(one.kind, one.pane.share, _unusual(one)) for one in self.contract_panes
        )
        return ChartTemplate(panes, self.compared)

    def set_template(self, template: ChartTemplate) -> None:
        """Show the panes of a template."""
        self._others.series = {
            key: self._others.series.get(key) or ContractSeries(self._series.bar_ms)
            for key in template.compared
        }
        self._fill(template)
        self._take()
        self.set_panes([one.pane for one in self.contract_panes])
        self._show_lines()
        self._show_legends()

    def _fill(self, template: ChartTemplate) -> None:
        held = {one.kind: one for one in self.contract_panes}
        panes: list[ContractPane] = []
        for choice in template.panes:
            one = held.pop(choice.kind, None) or self._made(choice.kind)
            one.pane.share = choice.share
            one.options.update({name: allowed[0] for name, allowed in one.choices.items()})
            one.options.update(choice.options)
            panes.append(one)
        for gone in held.values():
            # The slot holds its pane: connected, neither would ever be freed.
            gone.pane.menu_wanted.disconnect()
        self.contract_panes = panes

    def _made(self, kind: PaneKind) -> ContractPane:
        made = PANE_TYPES[kind](self._theme, self._series.bar_ms)
        made.pane.menu_wanted.connect(lambda at: self.menu_wanted.emit(made, at))
        if kind is PaneKind.PRICE:
            made.pane.line_moved.connect(self.line_moved)
            made.pane.line_dropped.connect(self.line_dropped)
            made.pane.clicked.connect(self._on_price_clicked)
            made.pane.ruler.more_words = self._money_words
        return made

    def _on_price_clicked(self, at: QPointF) -> None:
        pane = self.price.pane
        if pane.has_data:
            self.price_clicked.emit(pane.value_of(at.y()))

    def add_pane(self, kind: PaneKind) -> None:
        """Show one more pane, at the bottom; one that is shown stays where it is."""
        if kind not in {one.kind for one in self.contract_panes}:
            choice = PaneChoice(kind, PANE_TYPES[kind].share)
            self._change(replace(self.template(), panes=(*self.template().panes, choice)))

    def remove_pane(self, kind: PaneKind) -> None:
        """Take a pane away; the price stays."""
        if kind is not PaneKind.PRICE:
            panes = tuple(pane for pane in self.template().panes if pane.kind is not kind)
            self._change(replace(self.template(), panes=panes))

    def move_pane(self, kind: PaneKind, by: int) -> None:
        """Move a pane down by as many places, up where `by` is below 0."""
        panes = list(self.template().panes)
        at = next(place for place, pane in enumerate(panes) if pane.kind is kind)
        pane = panes.pop(at)
        panes.insert(min(max(0, at + by), len(panes)), pane)
        self._change(replace(self.template(), panes=tuple(panes)))

    def scale_pane(self, kind: PaneKind, factor: float) -> None:
        """Give a pane `factor` times its part of the height."""
        panes = tuple(
            replace(pane, share=pane.share * factor) if pane.kind is kind else pane
            for pane in self.template().panes
        )
        self._change(replace(self.template(), panes=panes))

    def choose(self, kind: PaneKind, option: str, choice: str) -> None:
        """Set an option of a pane that is shown."""
        for one in self.contract_panes:
            if one.kind is kind:
                one.choose(option, choice)
                self._show_lines()
                self.refresh()
                self._show_legends()
                self.template_changed.emit()

    def compare(self, keys: Sequence[InstrumentKey]) -> None:
        """Compare these contracts with the charted one."""
        self._change(replace(self.template(), compared=tuple(dict.fromkeys(keys))))

    def _change(self, template: ChartTemplate) -> None:
        self.set_template(template)
        self.template_changed.emit()

    def _take(self) -> None:
        for one in self.contract_panes:
            one.take(self._series, self._others)
            one.set_tick(self.tick)

    def start_over(self, bar_ms: float, key: InstrumentKey | None = None) -> None:
        """Forget all rows and lines; bars of `key` are `bar_ms` long from now on."""
        self._series = ContractSeries(bar_ms)
        self._others = Others(key, {held: ContractSeries(bar_ms) for held in self.compared})
        self._instrument, self._funding = None, None
        self._mark, self._index, self._alerts = None, None, ()
        self._positions = self._lined = ()
        self._supposed = None
        self._take()
        self.price.pane.set_lines(())
        self.set_oldest(None)
        self.start_view()
        self._show_legends()

    def show_unit(self, *, in_usd: bool) -> None:
        """Count open interest in USD or in coin."""
        self.choose(PaneKind.OPEN_INTEREST, "Unit", "USD" if in_usd else "coin")

    @property
    def in_usd(self) -> bool:
        """Whether open interest is counted in USD."""
        panes = [one for one in self.contract_panes if isinstance(one, InterestPane)]
        return any(one.options["Unit"] == "USD" for one in panes)

    def show_rows(self, series: Series) -> None:
        """Put recorded rows of the contract into their series; the view stays where it is."""
        self._merge(self._series, series)
        self.set_oldest(self._series.oldest_ms())
        self._derive(tail=False)

    def show_compared_rows(self, key: InstrumentKey, series: Series) -> None:
        """Put rows of a contract that is compared into its series."""
        held = self._others.series.get(key)
        if held is not None:
            self._merge(held, series)
            self._derive(tail=False)

    def is_same_coin(self, key: InstrumentKey) -> bool:
        """Whether a contract is of the charted coin, priced alike."""
        return self._others.is_same_coin(key)

    def last_row_of(self, key: InstrumentKey) -> float | None:
        """When the newest candle of a compared contract opened, None where there is none."""
        held = self._others.series.get(key)
        last = held.candles.last() if held is not None else None
        return None if last is None else last[0]

    @staticmethod
    def _merge(held: ContractSeries, series: Series) -> None:
        if len(series.values):
            held.merge(series.header.kind, np.asarray(series.values, dtype=np.float64))

    def _derive(self, *, tail: bool) -> None:
        for one in self.contract_panes:
            one.derive(tail=tail)
        self.refresh()
        self._show_legends()

    def show_live(
        self, update: Update, key: InstrumentKey, names: Mapping[str, str] | None = None
    ) -> None:
        """Move time on and show what is known of the contract now; `names` as below."""
        snapshot = update.snapshot
        self._instrument = snapshot.instruments.get(key)
        self._funding = snapshot.fundings.get(key)
        if self._funding is not None and update.clock.recording is not None:
            # A recording has settled rates only: what stands as predicted repeats the last one.
            self._funding = replace(self._funding, predicted=None)
        self._slack_ms = _TRUSTED_MS * max(1.0, update.clock.speed)
        moved = self._series.take_live(snapshot, key, update.now_ms)
        for other, held in self._others.series.items():
            moved = held.take_live(snapshot, other, update.now_ms) or moved
        self._mark = live_mark(snapshot, key, update.now_ms)
        marked = snapshot.marks.get(key)
        self._index = None if marked is None or self._mark is None else marked.index
        self._take_positions(update.report, key, names or {})
        self._show_odds(update, key)
        lines_changed = self._show_lines()
        lines_changed = self._show_funding() or lines_changed
        for one in self.contract_panes:
            if one.tick != self.tick:
                one.set_tick(self.tick)
            if moved:
                one.derive(tail=True)
        before = self.time_range
        self.set_clock(update.now_ms, self._series.bar_ms)
        if lines_changed or (moved and not (before == self.time_range and self._tails_suffice())):
            self.refresh()
        self._show_legends()

    def _show_odds(self, update: Update, key: InstrumentKey) -> None:
        """Give the price pane the contract's fit, unless it says nothing at this moment."""
        known = update.odds.get(key)
        fit = None if known is None else known.fit
        if fit is not None and why_no_odds(fit, update.now_ms, update.now_ms):
            fit = None
        self.price.show_odds(fit, self._mark)

    def _tails_suffice(self) -> bool:
        """Repaint the ends of all series; False where a pane must be fitted anew."""
        view = self.time_range
        return all(pane.show_tails(view.start_ms, view.end_ms) for pane in self.panes)

    def show_positions(
        self, report: RiskReport, key: InstrumentKey, names: Mapping[str, str] | None = None
    ) -> None:
        """Show the lines of these positions; `names` says by id which are only typed or planned."""
        self._take_positions(report, key, names or {})
        if self._show_lines():
            self.refresh()

    def _take_positions(
        self, report: RiskReport, key: InstrumentKey, names: Mapping[str, str]
    ) -> None:
        self._names = dict(names)
        self._lined = tuple(
            risk for risk in report.positions if risk.position.instrument.key == key
        )
        self._positions = tuple(risk for risk in self._lined if risk.position.id not in names)

    def show_alerts(self, alerts: Sequence[PriceLine]) -> None:
        """Show these lines of alerts beside those of positions."""
        self._alerts = tuple(alerts)
        if self._show_lines():
            self.refresh()

    def suppose(self, line: PriceLine | None) -> None:
        """Show the line of something that is only tried, beside those of what is held."""
        self._supposed = line
        if self._show_lines():
            self.refresh()

    def _show_lines(self) -> bool:
        """Give the price pane its lines; whether they are others. Changes have no prices."""
        lines: list[PriceLine] = []
        if not self.price.relative:
            lines = [*lines_of_positions(self._lined, self._names), *self._alerts]
            if self._mark is not None:
                lines.append(PriceLine(self._mark, "mark", PriceLineKind.MARK))
            if self._supposed is not None:
                lines.append(self._supposed)
        return self.price.pane.set_lines(lines)

    def _show_funding(self) -> bool:
        for one in self.contract_panes:
            if isinstance(one, FundingPane):
                reading = self._funding
                if reading is None:
                    one.show_predicted(None, None, None)
                else:
                    one.show_predicted(
                        reading.next_settlement_ms, reading.predicted, reading.interval_hours
                    )
                return one.show_position(self._positions)
        return False

    def _money_words(self, measure: Measure) -> list[str]:
        """What the measured move is worth to each position in the contract."""
        words = []
        for risk in self._lined:
            position, quantity = risk.position, risk.quantity
            if quantity is None or min(measure.start, measure.end) <= 0.0 or self.price.relative:
                continue
            pnl = unrealised_pnl(
                position.instrument.kind, position.side, quantity, measure.start, measure.end
            )
            margin = _margin(risk)
            part = f"  {fmt.percent(pnl / margin, 1, signed=True)} of margin" if margin else ""
            money = fmt.money(pnl, risk.currency, signed=True)
            name = f"{self._names.get(position.id, '')} {position.side.name}".lstrip()
            words.append(f"{name} {money}{part}")
        return words

    def _show_legends(self) -> None:
        moment = Moment(self.now_ms, self.crosshair_ms, self._slack_ms)
        scene = Scene(
            moment,
            self.time_range,
            self._instrument,
            self._funding,
            self._mark,
            self._index,
            self._positions,
        )
        for one in self.contract_panes:
            one.pane.legend.show_runs(one.legend(scene))

    def show_reasons(self, reasons: Sequence[str]) -> None:
        """Say in each pane, from the top, why it has no row at all, while it has none."""
        for one, reason in zip(self.contract_panes, reasons, strict=True):
            one.pane.set_reason(one.why_empty() or reason)

    def show_unloaded(self, before_ms: float | None, awaited: Set[SeriesKind], text: str) -> None:
        """Mark the stretch before `before_ms`, and before older rows already held.

        It is hatched in panes whose kind is `awaited`; `text` stands in the first pane.
        """
        for place, one in enumerate(self.contract_panes):
            edge, series = before_ms, one.held()
            if edge is not None and series.size:
                edge = min(edge, float(series.times[0]))
            words = text if place == 0 else ""
            one.pane.show_unloaded(edge, words, loading=bool(awaited & set(one.needs)))

    def pane_of(self, pane: Pane) -> ContractPane | None:
        """Whose pane it is."""
        return next((one for one in self.contract_panes if one.pane is pane), None)


def _unusual(one: ContractPane) -> dict[str, str]:
    usual = {name: allowed[0] for name, allowed in one.choices.items()}
    return {name: choice for name, choice in one.options.items() if choice != usual[name]}


def _margin(risk: PositionRisk) -> float | None:
    """The margin that is left behind a position, in the settle currency."""
    if risk.notional and risk.effective_leverage and risk.effective_leverage > 0.0:
        return risk.notional / risk.effective_leverage
    return risk.initial_margin
