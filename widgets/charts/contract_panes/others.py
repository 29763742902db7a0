"""Basis, liquidations, volume, realised volatility, and the spread between venues."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from dashboard.market.instrument import InstrumentKey
from dashboard.market.readings import SeriesKind
from widgets import format as fmt
from widgets.charts.bars import BarItem, VolumeItem
from widgets.charts.contract_panes.base import (
    TAIL_ROWS,
    ContractPane,
    PaneKind,
    Scene,
    big_text,
    percent_text,
)
from widgets.charts.contract_panes.price import COMPARE_TOKENS
from widgets.charts.derived import ratio_rows, volatility_rows
from widgets.charts.envelope import Floats
from widgets.charts.legends import interest_coin
from widgets.charts.lines import Fill, LineItem
from widgets.charts.overlay import Run
from widgets.charts.pane import ValueText
from widgets.charts.series import TimeSeries


class BasisPane(ContractPane):
    """How far the mark stands from the index, and the last price from the mark."""

    kind = PaneKind.BASIS
    needs = (SeriesKind.MARK_CANDLES,)
    baseline = 0.0

    def build(self) -> None:
        """The premium of the mark filled, last over mark as a line."""
        self._basis = LineItem(TimeSeries(), self.theme.mark_price, 1.5)
        self._last = LineItem(TimeSeries(), self.theme.text_muted)
        for item in (self._last, self._basis):
            self.pane.add_series(item)
        self.rebind()

    def rebind(self) -> None:
        """Follow the contract."""
        bar_ms = self.series.bar_ms
        for item in (self._basis, self._last):
            item.set_series(TimeSeries(least_step_ms=bar_ms))

    def derive(self, *, tail: bool) -> None:
        """Both relative differences, at the bars that both sides have."""
        held = self.series
        self._basis.series.merge(_over(held.marks, held.indices, tail=tail))
        self._last.series.merge(_over(held.closes, held.marks, tail=tail))

    def recolor(self) -> None:
        """A premium in the colour of profit, a discount in that of loss."""
        theme = self.theme
        self._basis.set_color(theme.mark_price, Fill(theme.profit, theme.loss, base=0.0))
        self._last.set_color(theme.text_muted)

    def texts(self) -> ValueText:
        """Percent."""
        return percent_text(3, signed=True)

    def held(self) -> TimeSeries:
        """Last over mark: it reaches as far back as both."""
        return self._last.series

    def columns(self) -> Mapping[str, TimeSeries]:
        """Both."""
        return {"mark over index": self._basis.series, "last over mark": self._last.series}

    def legend(self, scene: Scene) -> list[Run]:
        """Both, n/a where the index is not known: venues keep no record of it."""
        basis = scene.value(self._basis.series, self.series.bar_ms)
        last = scene.value(self._last.series, self.series.bar_ms)
        return [
            ("Basis: mark over index", "text_muted"),
            (fmt.percent(basis, 3, signed=True), "mark_price"),
            (f"last over mark {fmt.percent(last, 3, signed=True)}", "text_muted"),
        ]


def _over(values: TimeSeries, base: TimeSeries, *, tail: bool) -> Floats:
    start, base_start = 0, 0
    if tail:
        start, base_start = max(0, values.size - TAIL_ROWS), max(0, base.size - TAIL_ROWS)
    return ratio_rows(
        values.times[start:], values.low[start:], base.times[base_start:], base.low[base_start:]
    )


class LiquidationPane(ContractPane):
    """Liquidated contracts per bar in coin: shorts above zero, longs below it."""

    kind = PaneKind.LIQUIDATIONS
    needs = (SeriesKind.LIQUIDATIONS,)
    baseline = 0.0

    def build(self) -> None:
        """A bar upwards and one downwards."""
        theme, held = self.theme, self.series
        self._shorts = BarItem(held.liquidated_shorts, theme.profit, theme.profit)
        self._longs = BarItem(held.liquidated_longs, theme.loss, theme.loss)
        for item in (self._shorts, self._longs):
            self.pane.add_series(item)

    def rebind(self) -> None:
        """Follow the contract."""
        self._shorts.set_series(self.series.liquidated_shorts)
        self._longs.set_series(self.series.liquidated_longs)

    def recolor(self) -> None:
        """Liquidated shorts buy, liquidated longs sell."""
        self._shorts.set_colors(self.theme.profit, self.theme.profit)
        self._longs.set_colors(self.theme.loss, self.theme.loss)

    def texts(self) -> ValueText:
        """Large amounts."""
        return big_text()

    def held(self) -> TimeSeries:
        """The longs'; both come together."""
        return self.series.liquidated_longs

    def columns(self) -> Mapping[str, TimeSeries]:
        """Both; longs below zero, as drawn."""
        return {
            "liquidated longs": self.series.liquidated_longs,
            "liquidated shorts": self.series.liquidated_shorts,
        }

    def legend(self, scene: Scene) -> list[Run]:
        """Both in coin."""
        unit = interest_coin(scene.instrument)
        longs = scene.value(self.series.liquidated_longs, self.series.bar_ms)
        shorts = scene.value(self.series.liquidated_shorts, self.series.bar_ms)
        sold = None if longs is None else abs(longs)
        return [
            (f"Liquidated {unit}", "text_muted"),
            (f"longs {fmt.big(sold, digits=4)}", "loss"),
            (f"shorts {fmt.big(shorts, digits=4)}", "profit"),
        ]


class VolumePane(ContractPane):
    """Traded coin per bar, in the colour of the bar's candle."""

    kind = PaneKind.VOLUME
    needs = (SeriesKind.CANDLES,)
    baseline = 0.0

    def build(self) -> None:
        """Bars from zero."""
        theme, held = self.theme, self.series
        self._bars = VolumeItem(held.volumes, held.candles, theme.candle_up, theme.candle_down)
        self.pane.add_series(self._bars)

    def rebind(self) -> None:
        """Follow the contract."""
        self._bars.set_series(self.series.volumes)
        self._bars.candles = self.series.candles

    def recolor(self) -> None:
        """As the candles."""
        self._bars.set_colors(self.theme.candle_up, self.theme.candle_down)

    def texts(self) -> ValueText:
        """Large amounts."""
        return big_text()

    def held(self) -> TimeSeries:
        """The volumes."""
        return self.series.volumes

    def legend(self, scene: Scene) -> list[Run]:
        """In coin; that of a running bar is not known until the venue says it."""
        unit = interest_coin(scene.instrument)
        value = scene.value(self.series.volumes, self.series.bar_ms)
        text = fmt.big(value, digits=4)
        shown = text if text == fmt.NA else f"{text}{fmt.GROUP}{unit}"
        return [("Volume", "text_muted"), (shown, "text")]


class VolatilityPane(ContractPane):
    """Annualised volatility of closes over a moving window of bars."""

    kind = PaneKind.VOLATILITY
    needs = (SeriesKind.CANDLES,)
    choices: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "Window": ("24 bars", "96 bars", "168 bars")
    }

    def build(self) -> None:
        """A line."""
        self._line = LineItem(TimeSeries(), self.theme.accent, 1.5)
        self.pane.add_series(self._line)
        self.rebind()

    @property
    def _window(self) -> int:
        return int(self.options["Window"].split(" ")[0])

    def rebind(self) -> None:
        """Follow the contract."""
        self._line.set_series(TimeSeries(least_step_ms=self.series.bar_ms))

    def derive(self, *, tail: bool) -> None:
        """From the closes; a live one changes the last row only."""
        closes, window = self.series.closes, self._window
        start = max(0, closes.size - window - TAIL_ROWS) if tail else 0
        rows = volatility_rows(closes.times[start:], closes.low[start:], window, self.series.bar_ms)
        self._line.series.merge(rows[window + 1 :] if start else rows)

    def recolor(self) -> None:
        """Filled down to the edge."""
        accent = self.theme.accent
        self._line.set_color(accent, Fill(accent, accent))

    def texts(self) -> ValueText:
        """Percent."""
        return percent_text(1)

    def held(self) -> TimeSeries:
        """The volatility: NaN until its window is full."""
        return self._line.series

    def legend(self, scene: Scene) -> list[Run]:
        """Annualised, with its window."""
        value = scene.value(self._line.series, self.series.bar_ms)
        name = f"Realised volatility, {self.options['Window']}, annualised"
        return [(name, "text_muted"), (fmt.percent(value, 1), "accent")]


class SpreadPane(ContractPane):
    """How far the prices of compared venues stand from the charted one's."""

    kind = PaneKind.SPREAD
    needs = (SeriesKind.CANDLES,)
    baseline = 0.0

    def build(self) -> None:
        """A line per venue, as they come."""
        self._lines: dict[InstrumentKey, LineItem] = {}

    def rebind(self) -> None:
        """Follow the contracts."""
        for key in list(self._lines):
            self.pane.remove_series(self._lines.pop(key))
        for key in self.others.same_coin():
            line = LineItem(TimeSeries(least_step_ms=self.series.bar_ms), self.theme.accent, 1.5)
            self._lines[key] = line
            self.pane.add_series(line)
        self.recolor()

    def derive(self, *, tail: bool) -> None:
        """At the bars that both venues have."""
        for key, line in self._lines.items():
            closes = self.others.series[key].closes
            line.series.merge(_over(closes, self.series.closes, tail=tail))

    def recolor(self) -> None:
        """As in the price pane."""
        for key, line in self._lines.items():
            line.set_color(getattr(self.theme, self._token(key)))

    def _token(self, key: InstrumentKey) -> str:
        number = list(self.others.series).index(key)
        return COMPARE_TOKENS[number % len(COMPARE_TOKENS)]

    def why_empty(self) -> str:
        """That no venue is compared yet."""
        if self._lines:
            return ""
        return "No other venue is compared: right-click the price and choose Compare."

    def texts(self) -> ValueText:
        """Percent."""
        return percent_text(3, signed=True)

    def held(self) -> TimeSeries:
        """The first venue's spread."""
        first = next(iter(self._lines.values()), None)
        return TimeSeries() if first is None else first.series

    def columns(self) -> Mapping[str, TimeSeries]:
        """One column per venue."""
        return {f"{key.venue} spread": line.series for key, line in self._lines.items()}

    def legend(self, scene: Scene) -> list[Run]:
        """Each venue's."""
        runs: list[Run] = [("Over this venue's price", "text_muted")]
        for key, line in self._lines.items():
            value = scene.value(line.series, self.series.bar_ms)
            name = self.others.name_of(key)
            runs.append((f"{name} {fmt.percent(value, 3, signed=True)}", self._token(key)))
        return runs
