"""What the panes of a contract have in common: a pane, its series, options, legend and reasons."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import ClassVar

from dashboard.market.instrument import DOLLARS, Instrument, InstrumentKey
from dashboard.market.readings import FundingRate, SeriesKind
from dashboard.risk.report import PositionRisk
from widgets import format as fmt
from widgets.charts.contract_series import ContractSeries
from widgets.charts.item import SeriesItem
from widgets.charts.legends import Moment
from widgets.charts.overlay import Run
from widgets.charts.pane import Pane, ValueText
from widgets.charts.series import TimeSeries
from widgets.charts.ticks import step_decimals
from widgets.charts.time_range import TimeRange
from widgets.theme import Theme

TAIL_ROWS = 4
"""How many rows a live value can change: what is derived is made again from there."""

TAG_DIGITS = 5


class PaneKind(StrEnum):
    """What a pane can show; the value is what a sentence calls it."""

    PRICE = "price"
    OPEN_INTEREST = "open interest"
    LONG_SHORT = "long/short ratio"
    FUNDING = "funding"
    BASIS = "basis"
    LIQUIDATIONS = "liquidations"
    VOLUME = "volume"
    VOLATILITY = "realised volatility"
    SPREAD = "venue spread"


@dataclass(frozen=True, slots=True)
class Scene:
    """What is known beside the rows when a legend is written."""

    moment: Moment
    view: TimeRange
    instrument: Instrument | None = None
    funding: FundingRate | None = None
    mark: float | None = None
    index: float | None = None
    positions: Sequence[PositionRisk] = ()

    @property
    def tick(self) -> float | None:
        """The venue's price step."""
        return self.instrument.price_tick if self.instrument is not None else None

    def value(self, series: TimeSeries, bar_ms: float) -> float | None:
        """The value that stood when the bar closed; None where a row is missing there."""
        row = self.moment.row(series, bar_ms - 1.0)
        return None if row is None or math.isnan(row[1]) else row[1]


@dataclass(slots=True)
class Others:
    """Series of the contracts that are compared, in the order in which they were added."""

    own: InstrumentKey | None = None
    series: dict[InstrumentKey, ContractSeries] = field(default_factory=dict)

    def same_coin(self) -> dict[InstrumentKey, ContractSeries]:
        """Those of the same coin and quote at other venues."""
        return {key: held for key, held in self.series.items() if self.is_same_coin(key)}

    def is_same_coin(self, key: InstrumentKey) -> bool:
        """Whether a contract is of the charted coin, its price in the same currency or dollars."""
        if self.own is None:
            return False
        (coin, quote), (own_coin, own_quote) = _parts(key), _parts(self.own)
        return coin == own_coin and (quote == own_quote or {quote, own_quote} <= DOLLARS)

    def name_of(self, key: InstrumentKey) -> str:
        """The shortest name that tells a compared contract apart: its venue, else its coin too."""
        coin, quote = _parts(key)
        if self.own is None or not self.is_same_coin(key):
            return f"{coin} {key.venue}" if self._is_elsewhere(key) else coin
        return key.venue if quote == _parts(self.own)[1] else f"{key.venue} {quote}"

    def _is_elsewhere(self, key: InstrumentKey) -> bool:
        return self.own is not None and key.venue != self.own.venue


def _parts(key: InstrumentKey) -> tuple[str, str]:
    """Coin and quote currency of a symbol such as BTC/USDT:USDT."""
    coin, _, rest = key.symbol.partition("/")
    return coin, rest.partition(":")[0]


class ContractPane:
    """One pane. Subclasses name what they need and draw it.

    `needs` are the series without which the pane is empty. `choices` are the options by name with
    what each may be, the usual one first.
    """

    kind: ClassVar[PaneKind]
    needs: ClassVar[tuple[SeriesKind, ...]]
    choices: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    share: ClassVar[float] = 1.0
    baseline: ClassVar[float | None] = None

    def __init__(self, theme: Theme, bar_ms: float) -> None:
        self.options = {name: allowed[0] for name, allowed in self.choices.items()}
        self.series = ContractSeries(bar_ms)
        self.others = Others()
        self.theme = theme
        self.tick: float | None = None
        self.pane = Pane(self.kind.value, self.texts(), share=self.share, baseline=self.baseline)
        self.build()
        self.recolor()

    def build(self) -> None:
        """Make the items and add them to the pane."""
        raise NotImplementedError

    def take(self, series: ContractSeries, others: Others) -> None:
        """Draw these rows from now on."""
        self.series, self.others = series, others
        self.rebind()
        self.pane.set_texts(self.texts())
        self.derive(tail=False)

    def rebind(self) -> None:
        """Point the items at `self.series`."""
        raise NotImplementedError

    def derive(self, *, tail: bool) -> None:
        """Make derived series again; with `tail` only the last TAIL_ROWS of them."""

    def set_tick(self, tick: float | None) -> None:
        """Write prices in the venue's steps from now on."""
        self.tick = self.pane.tick = tick
        self.pane.set_texts(self.texts())

    def choose(self, option: str, choice: str) -> None:
        """Set an option to one of its choices; others are refused."""
        if choice not in self.choices.get(option, ()):
            raise ValueError(f"{self.kind} has no {option} {choice!r}")
        self.options[option] = choice
        self.pane.set_texts(self.texts())
        self.rebind()
        self.derive(tail=False)

    def apply_theme(self, theme: Theme) -> None:
        """Paint in the colours of `theme` from now on."""
        self.theme = theme
        self.recolor()

    def recolor(self) -> None:
        """Give the items the colours of `self.theme`."""
        raise NotImplementedError

    def texts(self) -> ValueText:
        """How the pane's axis and tags write values."""
        raise NotImplementedError

    def legend(self, scene: Scene) -> list[Run]:
        """What the pane's first line says."""
        raise NotImplementedError

    def held(self) -> TimeSeries:
        """The series that tells how far back the pane's rows reach."""
        raise NotImplementedError

    def why_empty(self) -> str:
        """Why nothing can be shown for another reason than missing rows; "" where there is none."""
        return ""

    def columns(self) -> Mapping[str, TimeSeries]:
        """What the pane shows, by column name, for export."""
        return {self.kind.value: self.held()}


def price_text(tick: float | None) -> ValueText:
    """Prices: in steps of the axis, and in those of the venue."""
    return ValueText(
        lambda value, step: fmt.number(value, step_decimals(step)),
        lambda value: fmt.price(value, tick),
    )


def big_text() -> ValueText:
    """Large amounts."""
    return ValueText(_big_tick, lambda value: fmt.big(value, digits=TAG_DIGITS))


def _big_tick(value: float, step: float) -> str:
    """A large value with as many digits as tell it from the next tick."""
    if step <= 0.0:
        return fmt.big(value)
    mantissa = step / 10.0 ** math.floor(math.log10(step))
    exponent = math.floor(math.log10(step)) - step_decimals(mantissa)
    digits = math.floor(math.log10(abs(value))) - exponent + 1 if value else 1
    return fmt.big(value, digits=max(1, digits))


def ratio_text() -> ValueText:
    """Ratios."""
    return ValueText(lambda value, step: fmt.number(value, max(1, step_decimals(step))), fmt.ratio)


def percent_text(decimals: int = 2, *, signed: bool = False) -> ValueText:
    """Fractions as percent."""
    return ValueText(
        lambda value, step: fmt.percent(value, step_decimals(100.0 * step), signed=signed),
        lambda value: fmt.percent(value, decimals, signed=signed),
    )


def show(item: SeriesItem, *, shown: bool) -> None:
    """Show or hide an item."""
    item.setVisible(shown)
