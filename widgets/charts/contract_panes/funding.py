"""Funding: settled and predicted rates as bars, or what the position's side paid."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import ClassVar

from dashboard.market.account import Side
from dashboard.market.readings import SeriesKind
from dashboard.risk.report import PositionRisk
from widgets import format as fmt
from widgets.charts.bars import BarItem
from widgets.charts.contract_panes.base import ContractPane, PaneKind, Scene, percent_text, show
from widgets.charts.contract_series import LEAST_FUNDING_STEP_MS
from widgets.charts.derived import paid_rows, rate_rows
from widgets.charts.legends import funding_legend
from widgets.charts.lines import Fill, LineItem
from widgets.charts.overlay import Run
from widgets.charts.pane import ValueText
from widgets.charts.series import TimeSeries

_SHOW, _PER = "Show", "Rate per"
_HOURS = {"8 h": 8.0, "year": 24.0 * 365.0}


class FundingPane(ContractPane):
    """Rates settled, the one predicted next as a pale bar, or the sum that one side paid.

    The sum counts from when the position was opened, else from the first settlement that is held;
    without a position it is that of a long one. Below zero is received.
    """

    kind = PaneKind.FUNDING
    needs = (SeriesKind.FUNDING,)
    baseline = 0.0
    choices: ClassVar[Mapping[str, tuple[str, ...]]] = {
        _SHOW: ("rates", "paid by my side"),
        _PER: ("interval", "8 h", "year"),
    }

    def build(self) -> None:
        """Bars for rates, a filled line of steps for the sum."""
        theme = self.theme
        positive, negative = theme.funding_positive, theme.funding_negative
        self._rates = BarItem(self.series.fundings, positive, negative)
        self._predicted = BarItem(_settlements(), positive, negative)
        self._predicted.setOpacity(0.45)
        self._paid = LineItem(_settlements(), theme.text, steps=True)
        self._side, self._since_ms = Side.LONG, 0.0
        for item in (self._rates, self._predicted, self._paid):
            self.pane.add_series(item)
        self._show()

    def _show(self) -> None:
        rates = self.options[_SHOW] == "rates"
        show(self._rates, shown=rates)
        show(self._predicted, shown=rates)
        show(self._paid, shown=not rates)

    def rebind(self) -> None:
        """Follow contract and options."""
        per = self.options[_PER]
        own = _settlements()
        self._rates.set_series(self.series.fundings if per == "interval" else own)
        self._paid.set_series(_settlements())
        self._show()

    def derive(self, *, tail: bool) -> None:
        """Rates in the chosen unit and the sum; settlements are few."""
        held, per = self.series.fundings, self.options[_PER]
        if tail and self._rates.series.size == held.size:
            return
        if per in _HOURS:
            fresh = _settlements()
            fresh.merge(rate_rows(held.times, held.low, _HOURS[per]))
            self._rates.set_series(fresh)
        self._sum_up()

    def _sum_up(self) -> None:
        held = self.series.fundings
        fresh = _settlements()
        fresh.merge(paid_rows(held.times, held.low, self._side, self._since_ms))
        self._paid.set_series(fresh)

    def show_position(self, positions: tuple[PositionRisk, ...]) -> bool:
        """Count for the side of the first position in the contract; whether that is another."""
        first = positions[0].position if positions else None
        side = first.side if first is not None else Side.LONG
        since = float(first.opened_ms) if first is not None and first.opened_ms else 0.0
        if (side, since) == (self._side, self._since_ms):
            return False
        self._side, self._since_ms = side, since
        self._sum_up()
        return True

    def show_predicted(self, at_ms: float | None, rate: float | None, hours: float | None) -> None:
        """Show the rate of the next settlement, None where none is known."""
        row = self._predicted.series.last()
        value = _per(rate, hours, self.options[_PER])
        fresh = None
        if at_ms is not None and value is not None and self.series.fundings.size:
            fresh = float(at_ms), value
        if fresh == row:
            return
        series = _settlements()
        if fresh is not None:
            series.append(fresh)
        self._predicted.set_series(series)

    def recolor(self) -> None:
        """Paid in the colour of a loss, received in that of a profit."""
        theme = self.theme
        for bars in (self._rates, self._predicted):
            bars.set_colors(theme.funding_positive, theme.funding_negative)
        self._paid.set_color(theme.text, Fill(theme.loss, theme.profit, base=0.0))

    def texts(self) -> ValueText:
        """Percent with four decimals, as venues print rates."""
        return percent_text(4, signed=True)

    def held(self) -> TimeSeries:
        """The settlements."""
        return self.series.fundings

    def legend(self, scene: Scene) -> list[Run]:
        """The rate settled last, and at the edge of now the predicted one; or the sum."""
        if self.options[_SHOW] != "rates":
            return self._paid_legend(scene)
        per = self.options[_PER]
        if per == "interval":
            return funding_legend(self.series, scene.moment, scene.funding)
        value = scene.value(self._rates.series, self.series.bar_ms)
        name = "Funding per 8 h" if per == "8 h" else "Funding APR"
        decimals = 4 if per == "8 h" else 1
        return [(name, "text_muted"), (fmt.percent(value, decimals, signed=True), _token(value))]

    def _paid_legend(self, scene: Scene) -> list[Run]:
        name = "LONG" if self._side is Side.LONG else "SHORT"
        since = (
            f" since {fmt.instant(round(self._since_ms))}" if self._since_ms else " in what is held"
        )
        row = scene.moment.row(self._paid.series, self.series.bar_ms - 1.0)
        paid = None if row is None or math.isnan(row[1]) else row[1]
        runs: list[Run] = [(f"{name} paid{since}", "text_muted")]
        runs.append((f"{fmt.percent(paid, 3, signed=True)} of notional", _token(paid)))
        for risk in scene.positions:
            if paid is not None and risk.notional is not None and risk.effective_leverage:
                of_margin = fmt.percent(paid * risk.effective_leverage, 2, signed=True)
                money = fmt.money(paid * risk.notional, risk.currency, signed=True)
                runs.append((f"{of_margin} of margin", "text"))
                runs.append((f"about {money} at today's notional", "text_muted"))
                break
        return runs


def _settlements() -> TimeSeries:
    return TimeSeries(least_step_ms=LEAST_FUNDING_STEP_MS)


def _per(rate: float | None, hours: float | None, per: str) -> float | None:
    if rate is None or per == "interval":
        return rate
    return None if not hours else rate * _HOURS[per] / hours


def _token(value: float | None) -> str:
    if not value:
        return "text"
    return "funding_positive" if value > 0.0 else "funding_negative"
