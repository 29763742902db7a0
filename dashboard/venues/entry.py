"""What the catalogue says about one venue: a table row of frozen values."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from dashboard.market.instrument import ContractKind, Instrument, TierTable
from dashboard.market.readings import ReadingKind, SeriesKind
from dashboard.venues.answers import Ask, Facts, Parsed

Params = dict[str, object]
Row = Sequence[float]


class Lane(StrEnum):
    """Calls of one lane wait for each other, never for those of another."""

    PRICE = "price"
    FAST = "fast"
    SLOW = "slow"


@dataclass(frozen=True, slots=True)
class Budget:
    """What a venue allows: `limit` units of weight in any `window_s` seconds."""

    limit: int
    window_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A question asked again and again.

    `method` is the implicit method of the ccxt class, `requests` the parameters of each request
    that one call makes (for one contract where `per_contract`, else for all). `interval_s` counts
    in market time, `floor_s` is the least real time between two. `charges` is the weight of one
    request by budget. `kinds` are the readings that are unavailable while the call fails. Where
    `contracts` names a kind of contract, it is asked about those only. `unified` says that the
    method is one of ccxt's unified ones, which takes its parameters by name.
    """

    name: str
    method: str
    lane: Lane
    interval_s: float
    floor_s: float
    charges: Mapping[str, int]
    requests: Callable[[Instrument | None, int], Sequence[Params]]
    parse: Callable[[Ask, Sequence[object]], Parsed]
    kinds: tuple[ReadingKind, ...] = ()
    per_contract: bool = False
    contracts: ContractKind | None = None
    unified: bool = False

    def concerns(self, instrument: Instrument) -> bool:
        """Whether the call is asked about this contract."""
        return self.contracts is None or self.contracts is instrument.kind


@dataclass(frozen=True, slots=True)
class Period:
    """A step of a venue's history: the venue's word for it, ours, and its length in ms."""

    word: str
    timeframe: str
    step_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesCall:
    """A history asked page by page.

    `periods` maps the chart's timeframe to the step that is asked, the next coarser one where the
    venue has no finer. A page spans `page_rows` steps; `params` builds the request for
    [since_ms, until_ms), `parse` reads the rows, in any order, columns as in SERIES_COLUMNS.
    `depth_ms` is how far back the venue remembers, None for all of it. Pages that start more than
    `recent_steps` steps ago are asked of `older_method`. `in_unit` makes rows mean what they should
    by what other answers told, and adds to those facts what it finds out; it gets "now" in ms, too.
    """

    name: str
    method: str
    charges: Mapping[str, int]
    periods: Mapping[str, Period]
    page_rows: int
    params: Callable[[Instrument, Period, int, int], Params]
    parse: Callable[[object, Instrument], list[Row]]
    in_unit: Callable[[list[Row], Instrument, Facts, int], list[Row]] = (
        lambda rows, _instrument, _facts, _now_ms: rows
    )
    depth_ms: int | None = None
    recent_steps: int = 0
    older_method: str | None = None

    def method_for(self, since_ms: int, step_ms: int, now_ms: int) -> str:
        """The method that answers for a page that starts at `since_ms`."""
        if self.older_method is not None and since_ms < now_ms - self.recent_steps * step_ms:
            return self.older_method
        return self.method


@dataclass(frozen=True, slots=True, kw_only=True)
class TierCall:
    """Leverage tiers that the venue publishes without a key.

    `requests` are the parameters of the requests that cover the given contracts; `parse` reads
    all their answers.
    """

    name: str
    method: str
    charges: Mapping[str, int]
    requests: Callable[[Sequence[Instrument]], Sequence[Params]]
    parse: Callable[[Sequence[object], Sequence[Instrument], int], list[TierTable]]


@dataclass(frozen=True, slots=True)
class LeftHeaders:
    """Response headers in which a venue says what is left of the budgets a request charged.

    `limit` names the one with the whole, "" where it is the budget's own.
    """

    left: str
    limit: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One venue: how ccxt calls it, what is asked, at what price, and what it does not offer.

    ccxt loads the listing with `markets_requests` requests; contracts of other kinds than
    `contract_kinds` are left out of it. `market_id` and `contract_size` read a ccxt market;
    `market_facts` are facts that its listing tells. `not_offered` and `series_not_offered` give
    the reason in words; neither is ever asked. A `basic` venue is asked through ccxt's unified
    calls, for what cannot be misread. `used_weight_header` names the response header in
    which the venue reports what was used of the budget beside it, `left_headers` those in which
    it reports what is left. `notes` are sentences on how its figures come about where that is not
    plain.
    """

    venue: str
    ccxt_id: str
    hosts: tuple[str, ...]
    options: Mapping[str, object]
    budgets: Mapping[str, Budget]
    markets_charges: Mapping[str, int]
    markets_requests: int = 1
    calls: tuple[Call, ...]
    series: Mapping[SeriesKind, SeriesCall]
    tiers: TierCall | None = None
    not_offered: Mapping[ReadingKind, str] = field(default_factory=dict)
    series_not_offered: Mapping[SeriesKind, str] = field(default_factory=dict)
    contract_kinds: frozenset[ContractKind] = frozenset({ContractKind.LINEAR})
    market_id: Callable[[Mapping[str, object]], str] = lambda market: str(market["id"])
    contract_size: Callable[[Mapping[str, object]], object] = lambda market: market.get(
        "contractSize"
    )
    market_facts: Callable[[Mapping[str, object], Facts], None] = lambda _market, _facts: None
    used_weight_header: tuple[str, str] | None = None
    left_headers: LeftHeaders | None = None
    basic: bool = False
    notes: tuple[str, ...] = ()


def whole_venue(_instrument: Instrument | None, _now_ms: int) -> Sequence[Params]:
    """One request without parameters, for all contracts."""
    return ({},)


def spans_ending(now_ms: int, *hours_ago: int) -> list[tuple[int, int]]:
    """Spans of 65 minutes that end so many hours before now, to find what stood then.

    Histories are asked in 5 minute steps; the hour before covers steps that a venue left out.
    """
    hour_ms = 3_600_000
    ends = [now_ms - hours * hour_ms for hours in hours_ago]
    return [(end - hour_ms - 300_000, end) for end in ends]
