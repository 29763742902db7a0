"""Open interest: a line, candles or changes, in coin or USD, of one venue or stacked."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import ClassVar

from dashboard.market.across_venues import covered
from dashboard.market.instrument import InstrumentKey
from dashboard.market.readings import SeriesKind
from widgets import format as fmt
from widgets.charts.bars import BarItem
from widgets.charts.candles import CandleItem, candle_series
from widgets.charts.contract_panes.base import (
    TAIL_ROWS,
    ContractPane,
    PaneKind,
    Scene,
    big_text,
    show,
)
from widgets.charts.contract_panes.price import COMPARE_TOKENS
from widgets.charts.contract_series import ContractSeries
from widgets.charts.derived import candle_rows, change_rows, rose_with_price_only, stacked_rows
from widgets.charts.legends import interest_coin
from widgets.charts.lines import Fill, LineItem
from widgets.charts.look import mixed
from widgets.charts.overlay import BADGE, Run
from widgets.charts.pane import ValueText
from widgets.charts.series import TimeSeries

_STYLE, _UNIT, _VENUES = "Style", "Unit", "Venues"
_LINE_WIDTH = 1.5
_STACK_OPACITY = 0.3


class InterestPane(ContractPane):
    """Open contracts, one-sided. "stacked" adds those of the compared venues of the same coin."""

    kind = PaneKind.OPEN_INTEREST
    needs = (SeriesKind.OPEN_INTEREST,)
    choices: ClassVar[Mapping[str, tuple[str, ...]]] = {
        _STYLE: ("line", "candles", "change per bar"),
        _UNIT: ("coin", "USD"),
        _VENUES: ("this venue", "stacked"),
    }

    def build(self) -> None:
        """One item per style; the stack is made as venues come."""
        theme, bar_ms = self.theme, self.series.bar_ms
        self.line = LineItem(self._plain(), theme.open_interest, _LINE_WIDTH)
        self._candles = CandleItem(candle_series(bar_ms), theme.candle_up, theme.candle_down)
        self._changes = BarItem(
            TimeSeries(least_step_ms=bar_ms), theme.candle_up, theme.candle_down
        )
        self._stack: dict[InstrumentKey, LineItem] = {}
        for item in (self.line, self._candles, self._changes):
            self.pane.add_series(item)
        self._show()

    def _plain(self, series: ContractSeries | None = None) -> TimeSeries:
        held = self.series if series is None else series
        usd = self.options[_UNIT] == "USD"
        return held.open_interest_usd if usd else held.open_interest_coin

    @property
    def stacked(self) -> bool:
        """Whether several venues are shown on top of each other."""
        return self.options[_VENUES] == "stacked" and bool(self.others.same_coin())

    def rebind(self) -> None:
        """Follow contract and options; derived rows are made anew."""
        bar_ms = self.series.bar_ms
        self.line.set_series(self._plain())
        self._candles.set_series(candle_series(bar_ms))
        self._changes.set_series(TimeSeries(least_step_ms=bar_ms))
        wanted = self._venues() if self.stacked else {}
        for key in list(self._stack):
            self.pane.remove_series(self._stack.pop(key))
        # The highest sum is drawn first: those below it lie over it.
        for key in reversed(wanted):
            self._stack[key] = LineItem(TimeSeries(least_step_ms=bar_ms), self.theme.accent)
            self.pane.add_series(self._stack[key])
        self._show()
        self.recolor()

    def _venues(self) -> dict[InstrumentKey, ContractSeries]:
        own = self.others.own
        mine = {} if own is None else {own: self.series}
        return {**mine, **self.others.same_coin()}

    def _show(self) -> None:
        style, stacked = self.options[_STYLE], self.stacked
        show(self.line, shown=style == "line" and not stacked)
        show(self._candles, shown=style == "candles" and not stacked)
        show(self._changes, shown=style == "change per bar" and not stacked)

    def derive(self, *, tail: bool) -> None:
        """Candles and changes of the samples, and the stack's sums."""
        plain = self._plain()
        start = max(0, plain.size - TAIL_ROWS) if tail else 0
        times, values = plain.times[start:], plain.low[start:]
        if self._candles.isVisible():
            rows = candle_rows(times, values, plain.step_ms)
            self._candles.series.merge(rows[1:] if start else rows)
        if self._changes.isVisible():
            rows = change_rows(times, values, plain.step_ms)
            self._changes.series.merge(rows[1:] if start else rows)
        if self._stack:
            self._stack_up()

    def _stack_up(self) -> None:
        venues = self._venues()
        held = [self._plain(series) for series in venues.values()]
        step_ms = max(series.step_ms for series in held)
        sums = stacked_rows([(series.times, series.low) for series in held], step_ms)
        for key, rows in zip(venues, sums, strict=True):
            fresh = TimeSeries(least_step_ms=self.series.bar_ms)
            fresh.merge(rows)
            self._stack[key].set_series(fresh)

    def recolor(self) -> None:
        """One colour per venue of a stack."""
        theme = self.theme
        self.line.set_color(theme.open_interest)
        self._candles.set_colors(theme.candle_up, theme.candle_down)
        self._changes.set_colors(theme.candle_up, theme.candle_down)
        for key, item in self._stack.items():
            color = getattr(theme, self._token(key))
            tint = mixed(theme.surface, color, _STACK_OPACITY)
            item.set_color(color, Fill(tint, tint, base=0.0, opacity=1.0))

    def _token(self, key: InstrumentKey) -> str:
        """The colour of a venue: compared ones as in the price pane."""
        if key == self.others.own:
            return "text_muted"
        number = list(self.others.series).index(key)
        return COMPARE_TOKENS[number % len(COMPARE_TOKENS)]

    def texts(self) -> ValueText:
        """Large amounts."""
        return big_text()

    def held(self) -> TimeSeries:
        """The samples in the chosen unit."""
        return self._plain()

    def columns(self) -> Mapping[str, TimeSeries]:
        """Both units."""
        return {
            "open interest coin": self.series.open_interest_coin,
            "open interest usd": self.series.open_interest_usd,
        }

    def legend(self, scene: Scene) -> list[Run]:
        """The value with its unit and change over the view, a badge where only the price rose."""
        if self.stacked:
            return self._stack_legend(scene)
        unit = "USD" if self.options[_UNIT] == "USD" else interest_coin(scene.instrument)
        value = scene.value(self._plain(), self.series.bar_ms)
        runs: list[Run] = [("Open interest", "text_muted"), (_amount(value, unit), "open_interest")]
        coin = self._change(self.series.open_interest_coin, scene)
        usd = self._change(self.series.open_interest_usd, scene)
        shown = usd if self.options[_UNIT] == "USD" else coin
        if shown is not None:
            runs.append((f"{fmt.change(shown)} in view", "text_muted"))
        if self.options[_UNIT] == "USD" and rose_with_price_only(coin, usd):
            runs.append(("price", BADGE))
        return runs

    def _change(self, series: TimeSeries, scene: Scene) -> float | None:
        """Relative change from the first row in view to the moment."""
        first, stop = series.span(scene.view.start_ms, scene.view.end_ms)
        now = scene.value(series, self.series.bar_ms)
        if now is None or first >= stop:
            return None
        known = series.low[first:stop]
        known = known[known > 0.0]
        return now / float(known[0]) - 1.0 if len(known) else None

    def _stack_legend(self, scene: Scene) -> list[Run]:
        unit = "USD" if self.options[_UNIT] == "USD" else interest_coin(scene.instrument)
        venues = self._venues()
        values = [scene.value(self._plain(held), self.series.bar_ms) for held in venues.values()]
        known = [value for value in values if value is not None and math.isfinite(value)]
        total = sum(known) if len(known) == len(values) else None
        count = f" {covered(len(known), len(values))}" if total is None else ""
        runs: list[Run] = [("Open interest", "text_muted"), (_amount(total, unit) + count, "text")]
        for key, value in zip(venues, values, strict=True):
            name = key.venue if key == self.others.own else self.others.name_of(key)
            runs.append((f"{name} {_amount(value, unit)}", self._token(key)))
        return runs


def _amount(value: float | None, unit: str) -> str:
    text = fmt.big(value, digits=5)
    return text if text == fmt.NA else f"{text}{fmt.GROUP}{unit}"
