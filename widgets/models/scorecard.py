"""The scorecard in words: what the odds said, what happened, and what that is worth."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from dashboard.feed.frames import OddsScore
from dashboard.market.instrument import InstrumentKey
from dashboard.risk.odds.cells import Cell
from dashboard.risk.odds.forecasts import DISTANCES_BP
from dashboard.risk.odds.scorecard import (
    LEAST_COUNT,
    Group,
    Quality,
    bin_for,
    bin_number,
    chosen,
    groups,
    quality,
    reliability,
)
from dashboard.risk.odds.scores import Bin
from dashboard.risk.odds.words import horizon_words, span_words
from dashboard.store.tested_odds import load_tested
from widgets import format as fmt
from widgets.models.rows import Align, Column

HORIZONS = tuple(DISTANCES_BP)
TOO_SMALL = "n too small"
LEAST_EXPECTED = 5.0
"""So many of the rarer outcome must be expected before a share is told beside a figure."""
ASKED_FROM = 0.04
"""The bin that traders ask about begins here."""
OVERLAP = (
    "Forecasts of one contract and horizon that are counted do not overlap in time. Distances and "
    "coins still move together, so the true intervals are somewhat wider."
)
BASE_RATE = (
    "Brier is the mean squared error of the odds: 0 is perfect. The base rate says for every "
    "distance, side and horizon how often it was touched in all, which is known only afterwards."
)


@dataclass(frozen=True, slots=True)
class ScoreView:
    """What the panel shows: bins of own forecasts and of the test on the past, and by contract."""

    head: str
    bins: tuple[Bin, ...]
    tested: tuple[Bin, ...]
    groups: tuple[Group, ...]
    contracts: tuple[InstrumentKey, ...]


def score_view(
    score: OddsScore | None, key: InstrumentKey | None, hours: int | None, now_ms: int
) -> ScoreView:
    """The scorecard of a contract and a horizon; None takes all of them."""
    cells: Sequence[Cell] = () if score is None else score.cells
    part = chosen(cells, key, hours)
    measured = quality(part)
    head = waiting_words(score, now_ms) if measured is None else quality_words(measured)
    own, tested = reliability(part), reliability(chosen(load_tested().cells, None, hours))
    return ScoreView(
        f"{plain_words(own, tested)} {head}".strip(),
        own,
        tested,
        groups(part),
        tuple(sorted({InstrumentKey(cell.venue, cell.symbol) for cell in cells})),
    )


def plain_words(own: Sequence[Bin], tested: Sequence[Bin]) -> str:
    """The scorecard in one sentence: "Of 312 forecasts of 4 to 6 %, 4.7 % came true."

    It tells of the odds that traders ask about where there are enough of these, else of those
    that were said most; of the test on the past where no own forecasts tell anything yet.
    """
    for bins, where in ((own, "Of"), (tested, "In a test on the past, of")):
        telling = [one for one in bins if _tells(one)]
        if telling:
            asked = [one for one in telling if one.low == ASKED_FROM]
            one = asked[0] if asked else max(telling, key=lambda held: held.count)
            share = share_words(one.observed)
            return f"{where} {one.count:,} forecasts of {range_words(one)}, {share} came true."
    return ""


def quality_words(measured: Quality) -> str:
    """How good the forecasts were, in one sentence."""
    count = f"{measured.count:,} forecasts that do not overlap"
    if measured.count == 1:
        count = "1 forecast"
    if not measured.enough:
        return f"{count} decided so far: {TOO_SMALL} to say anything (needs {LEAST_COUNT})."
    brier, base = measured.brier, measured.base_brier
    better = "" if base <= 0.0 else f", {_better(brier / base)}"
    return (
        f"{count}; in {measured.touched:,} the level was touched. "
        f"Brier {brier:.4f} against {base:.4f} of the base rate{better}."
    )


def waiting_words(score: OddsScore | None, now_ms: int) -> str:
    """What will stand here, and when."""
    if score is None:
        return "The stored forecasts are being read."
    count = score.count
    if not count.stored:
        return (
            "No forecast is stored yet. At every full hour the odds of fixed distances are "
            "written down for each contract that is watched, and checked when their time is over."
        )
    if count.next_ms is None:
        return f"{count.stored:,} forecasts are stored; the candles that decide them are missing."
    waits = fmt.duration(max(0, count.next_ms - now_ms))
    return (
        f"{count.stored:,} forecasts are stored and none of these is decided yet: the next can be "
        f"checked in {waits}. Hollow marks are the test on the past."
    )


def count_words(score: OddsScore | None) -> str:
    """How much is stored, and that nothing is taken away."""
    if score is None or not score.count.stored or score.count.first_ms is None:
        return ""
    count = score.count
    return (
        f"{count.stored:,} stored since {fmt.day(count.first_ms or 0)}, {count.decided:,} decided; "
        "none is ever deleted."
    )


def tested_words() -> str:
    """What the hollow marks are."""
    tested = load_tested()
    cases = sum(cell.cases for cell in tested.cells)
    shortest = min(HORIZONS)
    short = sum(cell.cases for cell in tested.cells if cell.hours == shortest)
    return (
        f"Hollow marks: a test on the past ({tested.source}), {cases:,} forecasts of fixed "
        f"distances, {short:,} of them within {span_words(shortest)}; those of one coin and "
        "horizon do not overlap."
    )


def said_before(cells: Sequence[Cell], odds: float, hours: int, key: InstrumentKey | None) -> str:
    """ "When this said 4 to 6 %, it happened in 4.7 % of 312", and whose forecasts these were."""
    found = record_of(cells, odds, hours, key)
    if found is None:
        return no_record_words(hours)
    return f"{found.happened} ({found.whose}, {span_words(hours)}{found.own})."


def each_before(
    cells: Sequence[Cell], said: Sequence[tuple[float, int]], key: InstrumentKey | None
) -> str:
    """The track record of several odds with their horizons in hours, a common source named once."""
    parts, before = [], ""
    for odds, hours in said:
        found = record_of(cells, odds, hours, key)
        if found is None:
            parts.append(no_record_words(hours))
            continue
        whose = "likewise" if found.whose == before else f"{found.whose}{found.own}"
        happened = f"{found.happened[:1].lower()}{found.happened[1:]}"
        parts.append(f"{_capital(horizon_words(hours))}: {happened} ({whose}).")
        before = found.whose
    return " ".join(parts)


def no_record_words(hours: int) -> str:
    """That nothing is known of how such odds did before."""
    return f"{_capital(horizon_words(hours))}: no track record, too few such odds were ever said."


def _capital(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}"


class Record(NamedTuple):
    """What happened when such odds were said, whose forecasts these were, and how many are own."""

    happened: str
    whose: str
    own: str = ""


def record_of(
    cells: Sequence[Cell], odds: float, hours: int, key: InstrumentKey | None
) -> Record | None:
    """What happened when such odds were said, of the narrowest group that will do; None if none.

    That is the contract's own forecasts of the horizon, those of all contracts, or the test.
    """
    alike = _by_bin(_Same(cells)).get((hours, bin_number(odds)), ())
    own = bin_for(chosen(alike, key, hours), odds)
    if own is not None and _tells(own):
        return Record(happened_words(own), "this contract")
    every = bin_for(alike, odds)
    if every is not None and _tells(every):
        return Record(happened_words(every), "all contracts")
    tested = load_tested()
    past = bin_for(chosen(tested.cells, None, hours), odds)
    if past is None or not _tells(past):
        return None
    mine = f"; own forecasts so far: {0 if every is None else every.count}, {TOO_SMALL}"
    return Record(happened_words(past), f"test on {tested.source}", mine)


class _Same:
    """Cells by identity: those of one frame are grouped once, not for every figure."""

    def __init__(self, cells: Sequence[Cell]) -> None:
        self.cells = cells

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.cells is self.cells

    def __hash__(self) -> int:
        return id(self.cells)


@lru_cache(maxsize=2)
def _by_bin(same: _Same) -> dict[tuple[int, int], tuple[Cell, ...]]:
    found: dict[tuple[int, int], list[Cell]] = defaultdict(list)
    for cell in same.cells:
        found[cell.hours, cell.bin].append(cell)
    return {place: tuple(cells) for place, cells in found.items()}


def _tells(one: Bin) -> bool:
    """Whether a share means something: none of 45 where one was expected does not."""
    rarer = min(one.predicted, 1.0 - one.predicted)
    return one.count >= LEAST_COUNT and one.count * rarer >= LEAST_EXPECTED


def happened_words(one: Bin) -> str:
    """ "When this said 4 to 6 %, it happened in 4.7 % of 312"."""
    return (
        f"When this said {range_words(one)}, it happened in {share_words(one.observed)} "
        f"of {one.count:,}"
    )


def range_words(one: Bin) -> str:
    """ "4 to 6 %", "under 0.3 %", "over 80 %"."""
    if one.low <= 0.0:
        return f"under {one.high * 100:g} %"
    if one.high >= 1.0:
        return f"over {one.low * 100:g} %"
    return f"{one.low * 100:g} to {one.high * 100:g} %"


def share_words(share: float) -> str:
    """A share of what happened, with a digit more where it is small."""
    if 0.0 < share < 0.001:
        return "<0.1 %"
    return f"{share * 100:.1f} %" if share < 0.1 else f"{share * 100:.0f} %"


def _better(ratio: float) -> str:
    change = round(abs(1.0 - ratio) * 100)
    if change == 0:
        return "the same"
    return f"{change} % {'better' if ratio < 1.0 else 'worse'}"


def _within(one: Bin) -> bool:
    low, high = one.interval
    return low <= one.predicted <= high


def _bin_text(one: Bin) -> str:
    if one.count < LEAST_COUNT:
        return f"{share_words(one.observed)}, {TOO_SMALL}"
    return share_words(one.observed)


def _bin_colour(one: Bin) -> str | None:
    if one.count < LEAST_COUNT:
        return "text_muted"
    return None if _within(one) else "warning"


def _bin_hint(one: Bin) -> str:
    low, high = one.interval
    verdict = (
        f"{TOO_SMALL}: fewer than {LEAST_COUNT}"
        if one.count < LEAST_COUNT
        else "what was said lies within the interval"
        if _within(one)
        else "what was said lies outside the interval: the odds were off here"
    )
    return (
        f"{happened_words(one)}; on average it said {share_words(one.predicted)}. 95 % between "
        f"{share_words(low)} and {share_words(high)} (Wilson): {verdict}.\n{OVERLAP}"
    )


def bin_key(one: Bin) -> float:
    """What tells bins apart."""
    return one.low


BIN_COLUMNS: tuple[Column[Bin], ...] = (
    Column(
        key="said",
        title="It said",
        value=lambda one: one.low,
        text=range_words,
        align=Align.LEFT,
        tooltip="What the odds were, in bins",
        sample="under 0.3 %",
    ),
    Column(
        key="happened",
        title="It happened",
        value=lambda one: one.observed,
        text=_bin_text,
        colour=_bin_colour,
        hint=_bin_hint,
        tooltip="In how many of them the level was touched",
        sample="12 %, n too small",
    ),
    Column(
        key="interval",
        title="95 % (Wilson)",
        value=lambda one: one.interval[0],
        text=lambda one: f"{share_words(one.interval[0])} to {share_words(one.interval[1])}",
        hint=_bin_hint,
        tooltip="Where the true share lies with 95 % confidence, if forecasts were independent",
        sample="10.0 % to 20 %",
    ),
    Column(
        key="count",
        title="n",
        value=lambda one: one.count,
        text=lambda one: f"{one.count:,}",
        tooltip="How many forecasts that do not overlap",
        sample="1,234,567",
    ),
)


def group_key(one: Group) -> tuple[str, str, int]:
    """What tells groups apart."""
    return (*one.key, one.hours)


def _group_better(one: Group) -> float | None:
    held = one.quality
    if not held.enough or held.base_brier <= 0.0:
        return None
    return 1.0 - held.brier / held.base_brier


def _group_better_text(one: Group) -> str:
    if not one.quality.enough:
        return TOO_SMALL
    known = _group_better(one)
    return fmt.NA if known is None else _better(1.0 - known)


GROUP_COLUMNS: tuple[Column[Group], ...] = (
    Column(
        key="contract",
        title="Contract",
        value=lambda one: one.key,
        text=lambda one: f"{one.key.symbol.split('/')[0]} {one.key.venue}",
        align=Align.LEFT,
        sample="BTC binanceusdm",
    ),
    Column(
        key="horizon",
        title="Within",
        value=lambda one: one.hours,
        text=lambda one: span_words(one.hours),
        sample="7 days",
    ),
    Column(
        key="count",
        title="n",
        value=lambda one: one.quality.count,
        text=lambda one: f"{one.quality.count:,}",
        tooltip="How many forecasts that do not overlap",
        sample="1,234",
    ),
    Column(
        key="brier",
        title="Brier",
        value=lambda one: one.quality.brier,
        text=lambda one: f"{one.quality.brier:.4f}",
        colour=lambda one: None if one.quality.enough else "text_muted",
        hint=lambda _one: BASE_RATE,
        tooltip=BASE_RATE,
        sample="0.1234",
    ),
    Column(
        key="base",
        title="Base rate",
        value=lambda one: one.quality.base_brier,
        text=lambda one: f"{one.quality.base_brier:.4f}",
        colour=lambda one: None if one.quality.enough else "text_muted",
        hint=lambda _one: BASE_RATE,
        tooltip=BASE_RATE,
        sample="0.1234",
    ),
    Column(
        key="better",
        title="Against it",
        value=_group_better,
        text=_group_better_text,
        colour=lambda one: (
            "text_muted"
            if (known := _group_better(one)) is None
            else "profit"
            if known > 0.0
            else "warning"
        ),
        hint=lambda _one: f"{BASE_RATE}\n{OVERLAP}",
        tooltip="How much better or worse the odds were than the base rate",
        sample="n too small",
    ),
)
