"""The four long/short series, each in its own colour: they differ in meaning."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from dashboard.market.readings import RatioSeries, SeriesKind
from widgets import format as fmt
from widgets.charts.contract_panes.base import ContractPane, PaneKind, Scene, ratio_text, show
from widgets.charts.legends import ratio_legend
from widgets.charts.lines import LineItem
from widgets.charts.overlay import Run
from widgets.charts.pane import ValueText
from widgets.charts.series import TimeSeries

_TOKENS = {
    RatioSeries.GLOBAL_ACCOUNTS: "long_short_ratio",
    RatioSeries.TOP_ACCOUNTS: "open_interest",
    RatioSeries.TOP_POSITIONS: "mark_price",
    RatioSeries.TAKER_VOLUME: "take_profit_line",
}
_SHOWN, _HIDDEN = "shown", "hidden"
_WIDTH = 1.5


class RatioPane(ContractPane):
    """Longs over shorts by accounts, top traders and taker volume, as far as the venue gives it."""

    kind = PaneKind.LONG_SHORT
    needs = (SeriesKind.LONG_SHORT_RATIO,)
    choices: ClassVar[Mapping[str, tuple[str, ...]]] = {
        kind.value: (_SHOWN, _HIDDEN) for kind in RatioSeries
    }

    def build(self) -> None:
        """A line per series."""
        self._lines = {
            kind: LineItem(self.series.ratios_of[kind], getattr(self.theme, token), _WIDTH)
            for kind, token in _TOKENS.items()
        }
        for item in self._lines.values():
            self.pane.add_series(item)

    def rebind(self) -> None:
        """Follow contract and options."""
        for kind, item in self._lines.items():
            item.set_series(self.series.ratios_of[kind])
            show(item, shown=self.options[kind.value] == _SHOWN)

    def recolor(self) -> None:
        """One colour per series."""
        for kind, item in self._lines.items():
            item.set_color(getattr(self.theme, _TOKENS[kind]))

    def texts(self) -> ValueText:
        """Ratios."""
        return ratio_text()

    def held(self) -> TimeSeries:
        """The ratio of all accounts."""
        return self.series.ratios

    def columns(self) -> Mapping[str, TimeSeries]:
        """All four."""
        return {kind.value: series for kind, series in self.series.ratios_of.items()}

    def legend(self, scene: Scene) -> list[Run]:
        """All accounts with their long share, then those of the others that are known."""
        runs: list[Run] = []
        if self.options[RatioSeries.GLOBAL_ACCOUNTS.value] == _SHOWN:
            runs = ratio_legend(self.series, scene.moment)
        for kind, item in self._lines.items():
            if kind is RatioSeries.GLOBAL_ACCOUNTS or not item.isVisible() or not item.series.size:
                continue
            value = scene.value(item.series, self.series.bar_ms)
            runs.append((f"{kind.value} {fmt.ratio(value)}", _TOKENS[kind]))
        return runs or [("Long/short", "text_muted"), (fmt.NA, "text")]
