"""The price: candles or a line, mark and index, other contracts over it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from dashboard.market.instrument import InstrumentKey
from dashboard.market.readings import SeriesKind
from dashboard.risk.odds.excursions import Way
from dashboard.risk.touch import TouchFit
from widgets import format as fmt
from widgets.charts.candles import CandleItem
from widgets.charts.compared import ComparedItem
from widgets.charts.contract_panes.base import (
    ContractPane,
    PaneKind,
    Scene,
    percent_text,
    price_text,
    show,
)
from widgets.charts.legends import price_legend
from widgets.charts.lines import LineItem
from widgets.charts.odds_ribbon import HOURS, odds_levels
from widgets.charts.overlay import Run
from widgets.charts.pane import ValueText
from widgets.charts.series import TimeSeries

COMPARE_TOKENS = ("open_interest", "long_short_ratio", "take_profit_line", "mark_price", "loss")
_STYLE, _SCALE, _MARK, _INDEX = "Style", "Scale", "Mark price", "Index price"
_COMPARE, _ODDS = "Compare as", "Odds ribbon"
_TOLD = 0.05
_TOLD_FROM_PX = 850.0
"""In a narrower pane the names of price lines need the room."""


class PricePane(ContractPane):
    """Last price as candles or a line, mark and index as lines; others as price or % change.

    Contracts of other coins can only be compared as change since the left edge.
    """

    kind = PaneKind.PRICE
    needs = (SeriesKind.CANDLES,)
    share = 2.4
    choices: ClassVar[Mapping[str, tuple[str, ...]]] = {
        _STYLE: ("candles", "line"),
        _SCALE: ("linear", "logarithmic"),
        _MARK: ("shown", "hidden"),
        _INDEX: ("shown", "hidden"),
        _COMPARE: ("price", "% change"),
        _ODDS: ("shown", "hidden"),
    }

    _odds: tuple[TouchFit, float] | None = None

    def show_odds(self, fit: TouchFit | None, mark: float | None) -> None:
        """Show how likely prices are touched from `mark` on; nothing where either is None."""
        wanted = None if fit is None or mark is None else (fit, mark)
        if self.relative or self.options[_ODDS] == "hidden":
            wanted = None
        if wanted is None:
            self.pane.odds.show_levels((), 0.0)
        elif self._odds is None or wanted[0] is not self._odds[0] or wanted[1] != self._odds[1]:
            self.pane.odds.show_levels(odds_levels(*wanted), wanted[1])
        self._odds = wanted

    def build(self) -> None:
        """Marks under candles; both as a line where that is chosen."""
        theme, series = self.theme, self.series
        self.candles = CandleItem(series.candles, theme.candle_up, theme.candle_down)
        self._line = ComparedItem(series.closes, theme.text)
        self._marks = LineItem(series.marks, theme.mark_price)
        self._indices = LineItem(series.indices, theme.text_muted)
        self._compared: dict[InstrumentKey, ComparedItem] = {}
        for item in (self._indices, self._marks, self.candles, self._line):
            self.pane.add_series(item)
        self._show()

    @property
    def relative(self) -> bool:
        """Whether values are changes since the left edge, not prices."""
        if not self.others.series:
            return False
        strange = any(not self.others.is_same_coin(key) for key in self.others.series)
        return strange or self.options[_COMPARE] == "% change"

    def rebind(self) -> None:
        """Follow contract, options and the contracts that are compared."""
        series = self.series
        self.candles.set_series(series.candles)
        self._line.set_series(series.closes)
        self._marks.set_series(series.marks)
        self._indices.set_series(series.indices)
        for key in [key for key in self._compared if key not in self.others.series]:
            self.pane.remove_series(self._compared.pop(key))
        for key, held in self.others.series.items():
            if key not in self._compared:
                self._compared[key] = ComparedItem(held.closes, self.theme.accent)
                self.pane.add_series(self._compared[key])
            self._compared[key].set_series(held.closes)
        self._show()
        self.recolor()

    def _show(self) -> None:
        relative, line = self.relative, self.options[_STYLE] == "line"
        self.pane.set_log(log=self.options[_SCALE] == "logarithmic" and not relative)
        show(self.candles, shown=not (relative or line))
        show(self._line, shown=relative or line)
        show(self._marks, shown=self.options[_MARK] == "shown" and not relative)
        show(self._indices, shown=self.options[_INDEX] == "shown" and not relative)
        for item in (self._line, *self._compared.values()):
            item.relative = relative

    def recolor(self) -> None:
        """Own price in the text's colour, the compared ones in turn."""
        theme = self.theme
        self.candles.set_colors(theme.candle_up, theme.candle_down)
        self._line.set_color(theme.text)
        self._marks.set_color(theme.mark_price)
        self._indices.set_color(theme.text_muted)
        for key, item in self._compared.items():
            item.set_color(getattr(theme, self._token(key)))

    def _token(self, key: InstrumentKey) -> str:
        number = list(self.others.series).index(key)
        return COMPARE_TOKENS[number % len(COMPARE_TOKENS)]

    def texts(self) -> ValueText:
        """Prices, or percent."""
        return percent_text(2, signed=True) if self.relative else price_text(self.tick)

    def held(self) -> TimeSeries:
        """The candles."""
        return self.series.candles

    def columns(self) -> Mapping[str, TimeSeries]:
        """Candles are exported whole by the chart; marks, index and others by their closes."""
        compared = {
            f"{key.venue} {key.symbol} close": held.closes
            for key, held in self.others.series.items()
        }
        return {"mark": self.series.marks, "index": self.series.indices, **compared}

    def legend(self, scene: Scene) -> list[Run]:
        """The bar's prices and the mark, or the changes of all that are compared."""
        if not self.relative:
            runs = price_legend(self.series, scene.moment, scene.tick, scene.mark)
            if self.options[_INDEX] == "shown":
                index = scene.index
                if scene.moment.bar_ms is not None:
                    index = scene.value(self.series.indices, self.series.bar_ms)
                if index is not None:
                    runs.append((f"Index {fmt.price(index, scene.tick)}", "text_muted"))
            runs += self._odds_runs(scene)
            runs += [
                (f"{self.others.name_of(key)} {self._price(item, scene)}", self._token(key))
                for key, item in self._compared.items()
            ]
            return runs
        name = self.others.own.symbol.split("/")[0] if self.others.own is not None else "Price"
        runs = [
            ("Change in view", "text_muted"),
            (f"{name} {self._change(self._line, scene)}", "text"),
        ]
        for key, item in self._compared.items():
            label = self.others.name_of(key)
            if self.others.is_same_coin(key):
                label = f"{name} {label}"
            runs.append((f"{label} {self._change(item, scene)}", self._token(key)))
        return runs

    def _odds_runs(self, scene: Scene) -> list[Run]:
        """The ribbon in words, by the level that is touched in one of twenty days."""
        told = [one for one in self.pane.odds.levels if one.probability == _TOLD]
        if len(told) != len(Way) or self.pane.rect().width() < _TOLD_FROM_PX:
            return []
        down, up = (fmt.price(one.price, scene.tick) for one in told)
        return [(f"{_TOLD * 100:.0f} % odds of a touch in {HOURS} h: {down} / {up}", "accent")]

    def _close(self, item: ComparedItem, scene: Scene) -> float | None:
        return scene.value(item.series, self.series.bar_ms)

    def _price(self, item: ComparedItem, scene: Scene) -> str:
        return fmt.price(self._close(item, scene), scene.tick)

    def _change(self, item: ComparedItem, scene: Scene) -> str:
        close = self._close(item, scene)
        if close is None or item.base is None:
            return fmt.NA
        return fmt.change(close / item.base - 1.0)
