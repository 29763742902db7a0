"""The four panes of one contract: price, open interest, long/short ratio, funding."""

from __future__ import annotations

import math
from collections.abc import Set
from dataclasses import replace

import numpy as np

from dashboard.feed.frames import Series
from dashboard.market.instrument import Instrument, InstrumentKey
from dashboard.market.readings import FundingRate, ReadingKind, SeriesKind
from dashboard.market.snapshot import EXPIRED_AFTER_MS
from widgets import format as fmt
from widgets.charts.bars import BarItem
from widgets.charts.candles import CandleItem
from widgets.charts.contract_series import ContractSeries, live_mark
from widgets.charts.legends import (
    Moment,
    funding_legend,
    interest_legend,
    price_legend,
    ratio_legend,
)
from widgets.charts.lines import LineItem
from widgets.charts.pane import Pane, ValueText
from widgets.charts.price_lines import PriceLine, PriceLineKind, lines_of_positions
from widgets.charts.ticks import step_decimals
from widgets.charts.time_chart import TimeChart
from widgets.theme import Theme
from widgets.update import Update

PANE_KINDS = (
    SeriesKind.CANDLES,
    SeriesKind.OPEN_INTEREST,
    SeriesKind.LONG_SHORT_RATIO,
    SeriesKind.FUNDING,
)
"""The series whose absence leaves a pane empty, from the top pane down."""

_TRUSTED_MS = EXPIRED_AFTER_MS[ReadingKind.MARK_PRICE]
"""How long, in real time, a value is taken for that of now: as long as a mark price is."""

_START_BAR_MS = 3_600_000.0
_PRICE_SHARE = 2.4
_LINE_WIDTH = 1.5
_TAG_DIGITS = 5


class ContractChart(TimeChart):
    """Draws a ContractSeries; `show_rows` and `show_live` put rows and readings into it."""

    def __init__(self, theme: Theme) -> None:
        series = ContractSeries(_START_BAR_MS)
        self._series = series
        self._instrument: Instrument | None = None
        self._funding: FundingRate | None = None
        self._mark: float | None = None
        self._in_usd = False
        self._slack_ms = 0.0
        self._candles = CandleItem(series.candles, theme.candle_up, theme.candle_down)
        self._marks = LineItem(series.marks, theme.mark_price)
        self._interest = LineItem(series.open_interest_coin, theme.open_interest, _LINE_WIDTH)
        self._ratios = LineItem(series.ratios, theme.long_short_ratio, _LINE_WIDTH)
        self._fundings = BarItem(series.fundings, theme.funding_positive, theme.funding_negative)
        self._price_pane = Pane("price", _price_text(None), share=_PRICE_SHARE)
        self._interest_pane = Pane("open interest", _interest_text())
        self._ratio_pane = Pane("long/short ratio", _ratio_text())
        self._funding_pane = Pane("funding settlement", _funding_text(), baseline=0.0)
        self._price_pane.add_series(self._marks)
        self._price_pane.add_series(self._candles)
        self._interest_pane.add_series(self._interest)
        self._ratio_pane.add_series(self._ratios)
        self._funding_pane.add_series(self._fundings)
        panes = (self._price_pane, self._interest_pane, self._ratio_pane, self._funding_pane)
        super().__init__(panes, theme)
        self.setAccessibleName("Price, open interest, long/short ratio and funding over time")
        self.crosshair_moved.connect(self._show_legends)

    def apply_theme(self, theme: Theme) -> None:
        """Paint in the colours of `theme` from now on."""
        self._candles.set_colors(theme.candle_up, theme.candle_down)
        self._marks.set_color(theme.mark_price)
        self._interest.set_color(theme.open_interest)
        self._ratios.set_color(theme.long_short_ratio)
        self._fundings.set_colors(theme.funding_positive, theme.funding_negative)
        super().apply_theme(theme)

    @property
    def series(self) -> ContractSeries:
        """The rows that are drawn."""
        return self._series

    def start_over(self, bar_ms: float) -> None:
        """Forget all rows and lines; bars are `bar_ms` long from now on."""
        self._series = ContractSeries(bar_ms)
        self._instrument, self._funding, self._mark = None, None, None
        self._candles.set_series(self._series.candles)
        self._marks.set_series(self._series.marks)
        self._ratios.set_series(self._series.ratios)
        self._fundings.set_series(self._series.fundings)
        self._price_pane.set_lines(())
        self.set_oldest(None)
        self.reset_view()
        self.show_unit(in_usd=self._in_usd)

    def show_unit(self, *, in_usd: bool) -> None:
        """Count open interest in USD or in coin."""
        self._in_usd = in_usd
        held = self._series.open_interest_usd if in_usd else self._series.open_interest_coin
        self._interest.set_series(held)
        self.refresh()
        self._show_legends()

    def show_rows(self, series: Series) -> None:
        """Put recorded rows of the contract into their series; the view stays where it is."""
        if len(series.values):
            rows = np.asarray(series.values, dtype=np.float64)
            self._series.merge(series.header.kind, rows)
        self.set_oldest(self._series.oldest_ms())
        self.refresh()
        self._show_legends()

    def show_live(self, update: Update, key: InstrumentKey) -> None:
        """Move time on and show what is known of the contract now."""
        snapshot = update.snapshot
        self._instrument = snapshot.instruments.get(key)
        self._funding = snapshot.fundings.get(key)
        if self._funding is not None and update.clock.recording is not None:
            # A recording has settled rates only: what stands as predicted repeats the last one.
            self._funding = replace(self._funding, predicted=None)
        self._price_pane.set_texts(_price_text(self._tick))
        self._slack_ms = _TRUSTED_MS * max(1.0, update.clock.speed)
        changed = self._series.take_live(snapshot, key, update.now_ms)
        lines = lines_of_positions(update.report, key)
        self._mark = live_mark(snapshot, key, update.now_ms)
        if self._mark is not None:
            lines.append(PriceLine(self._mark, "mark", PriceLineKind.MARK))
        changed = self._price_pane.set_lines(lines) or changed
        self.set_clock(update.now_ms, self._series.bar_ms)
        if changed:
            self.refresh()
        self._show_legends()

    @property
    def _tick(self) -> float | None:
        return self._instrument.price_tick if self._instrument is not None else None

    def _show_legends(self) -> None:
        moment = Moment(self.now_ms, self.crosshair_ms, self._slack_ms)
        series = self._series
        self._price_pane.legend.show_runs(price_legend(series, moment, self._tick, self._mark))
        self._interest_pane.legend.show_runs(
            interest_legend(series, moment, self._instrument, in_usd=self._in_usd)
        )
        self._ratio_pane.legend.show_runs(ratio_legend(series, moment))
        self._funding_pane.legend.show_runs(funding_legend(series, moment, self._funding))

    def show_reasons(self, reasons: tuple[str, ...]) -> None:
        """Say in each pane, from the top, why it has no row at all, while it has none."""
        for pane, reason in zip(self.panes, reasons, strict=True):
            pane.set_reason(reason)

    def show_unloaded(self, before_ms: float | None, awaited: Set[SeriesKind], text: str) -> None:
        """Mark the stretch before `before_ms`, and before older rows already held.

        It is hatched in panes whose kind is `awaited`; `text` stands in the first pane.
        """
        held = (
            self._series.candles,
            self._interest.series,
            self._series.ratios,
            self._series.fundings,
        )
        for pane, kind, series in zip(self.panes, PANE_KINDS, held, strict=True):
            edge = before_ms
            if edge is not None and series.size:
                edge = min(edge, float(series.times[0]))
            words = text if pane is self._price_pane else ""
            pane.unloaded.show_edge(edge, words, loading=kind in awaited)


def _price_text(tick: float | None) -> ValueText:
    return ValueText(
        lambda value, step: fmt.number(value, step_decimals(step)),
        lambda value: fmt.price(value, tick),
    )


def _interest_text() -> ValueText:
    return ValueText(_big_tick, lambda value: fmt.big(value, digits=_TAG_DIGITS))


def _big_tick(value: float, step: float) -> str:
    """A large value with as many digits as tell it from the next tick."""
    mantissa = step / 10.0 ** math.floor(math.log10(step))
    exponent = math.floor(math.log10(step)) - step_decimals(mantissa)
    digits = math.floor(math.log10(abs(value))) - exponent + 1 if value else 1
    return fmt.big(value, digits=max(1, digits))


def _ratio_text() -> ValueText:
    return ValueText(lambda value, step: fmt.number(value, max(1, step_decimals(step))), fmt.ratio)


def _funding_text() -> ValueText:
    return ValueText(
        lambda value, step: fmt.percent(value, step_decimals(100.0 * step), signed=True),
        fmt.funding_rate,
    )
