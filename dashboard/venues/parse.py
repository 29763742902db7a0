"""Reading the shapes that several venues share: listed contracts, points in time, candles. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence

from dashboard.market.candles import Judged, RowRule, judge_candles
from dashboard.market.instrument import Instrument
from dashboard.market.readings import RatioSeries, Reading, SeriesKind
from dashboard.venues.answers import HOUR_MS, Ask, Origin, PastInterest, Settlement
from dashboard.venues.entry import Row
from dashboard.venues.fields import (
    MAX_AMOUNT,
    MAX_FUNDING_RATE,
    AnswerError,
    mapping,
    number,
    past_ms,
    positive,
    rows,
)

NOT_A_NUMBER = math.nan
MAX_RATIO = 1e6
"""A venue has not as many accounts; beyond this a ratio is an error."""
_CANDLE_KINDS = frozenset({SeriesKind.CANDLES, SeriesKind.MARK_CANDLES})
_CANDLE_CELLS = 5
"""Time and four prices; what follows is an amount."""
_CREDIBLE: Mapping[SeriesKind, tuple[float, float]] = {
    SeriesKind.LONG_SHORT_RATIO: (1.0 / MAX_RATIO, MAX_RATIO),
    SeriesKind.FUNDING: (-MAX_FUNDING_RATE, MAX_FUNDING_RATE),
}
Point = tuple[int, float]
PAST_ROW_MAX_AGE_MS = HOUR_MS + 300_000


def listed_contracts(
    ask: Ask, listed: Iterable[Mapping[str, object]], id_field: str, time_field: str | None = None
) -> Iterator[tuple[Instrument, Mapping[str, object], Origin]]:
    """The rows of wanted contracts, each once: of a row that came twice, the newest stands."""
    newest: dict[str, tuple[int, Mapping[str, object]]] = {}
    for row in listed:
        market_id = str(row.get(id_field))
        if market_id not in ask.wanted:
            continue
        time_ms = past_ms(row.get(time_field), ask.venue_now_ms) if time_field else None
        if market_id not in newest or newest[market_id][0] <= (time_ms or 0):
            newest[market_id] = (time_ms or 0, row)
    for market_id, (venue_ms, row) in newest.items():
        instrument = ask.wanted[market_id]
        yield instrument, row, ask.about(instrument, venue_ms or None)


def contracts_in(listed: Iterable[Mapping[str, object]], id_field: str) -> int:
    """How many contracts an answer covers, one that comes twice counted once."""
    return len({str(row.get(id_field)) for row in listed})


def settlement(points: Iterable[Point]) -> Settlement | None:
    """The latest of (time, rate) settlements with the time of the one before."""
    ordered = sorted(set(points))
    if not ordered:
        return None
    time_ms, rate = ordered[-1]
    return Settlement(rate, time_ms, ordered[-2][0] if len(ordered) > 1 else None)


def ratio_reading(ask: Ask, points: Iterable[Point], series: RatioSeries) -> list[Reading]:
    """The latest of (time, ratio) points as a reading of `series`."""
    latest = max(points, default=None)
    if latest is None:
        return ask.about(ask.only, None).long_short(series, None)
    return ask.about(ask.only, latest[0]).long_short(series, latest[1])


def past_interest_reading(ask: Ask, found: Sequence[Sequence[PastInterest]]) -> list[Reading]:
    """What stood 1 h and 24 h before the question, from the answers about those two spans."""
    targets = (ask.asked_ms - HOUR_MS, ask.asked_ms - 24 * HOUR_MS)
    hour_ago, day_ago = (
        max(
            (
                point
                for point in points
                if target - PAST_ROW_MAX_AGE_MS <= point.time_ms <= target
                and (point.coin is not None or point.usd is not None)
            ),
            key=lambda point: point.time_ms,
            default=None,
        )
        for target, points in zip(targets, found, strict=True)
    )
    return ask.about(ask.only, ask.asked_ms).open_interest_past(hour_ago, day_ago)


def series_rows(answer: object, path: Sequence[str], fields: Sequence[str | int]) -> list[Row]:
    """Rows (time in ms, values...) of the lists or objects at `path`.

    A row without a usable time is left out; a value that is absent or no number is NaN.
    """
    found: list[Row] = []
    for item in rows(answer, *path):
        cells = [_cell(item, field) for field in fields]
        time_ms = number(cells[0])
        if time_ms is None or time_ms <= 0 or not time_ms.is_integer():
            continue
        values = (number(cell) for cell in cells[1:])
        found.append((time_ms, *(NOT_A_NUMBER if value is None else value for value in values)))
    return found


def candles(answer: object, path: Sequence[str], fields: Sequence[str | int]) -> list[Row]:
    """Candle rows (time, open, high, low, close[, volume]) to be judged, NaN for what is unusable.

    Which of them may be believed is decided by market/candles.py.
    """
    found: list[Row] = []
    for item in rows(answer, *path):
        numbers = (number(_cell(item, field)) for field in fields)
        found.append(tuple(NOT_A_NUMBER if value is None else value for value in numbers))
    return found


def believed_rows(
    kind: SeriesKind, page: Sequence[Row], latest_ms: float, beside: float | None = None
) -> Judged:
    """The rows of a history that may be believed, and what was wrong with the others.

    What cannot be is NaN: not recorded. Candles are judged as in market/candles.py, which says
    what `latest_ms` and `beside` are.
    """
    first, (least, most) = 1, _CREDIBLE.get(kind, (0.0, MAX_AMOUNT))
    if kind in _CANDLE_KINDS:
        first = _CANDLE_CELLS
        judged = judge_candles(page, latest_ms, beside, wicks=kind is SeriesKind.CANDLES)
    else:
        judged = Judged(rows=list(page))
    for at, row in enumerate(judged.rows):
        cells = [cell if least <= cell <= most else NOT_A_NUMBER for cell in row[first:]]
        if any(map(_lost, row[first:], cells)):
            judged.note(RowRule.CELL, row)
        judged.rows[at] = (*row[:first], *cells)
    return judged


def _lost(before: float, after: float) -> bool:
    return math.isnan(after) and not math.isnan(before)


def ratio_of(long_share: object, short_share: object) -> float | None:
    """Longs over shorts from the two shares."""
    longs, shorts = positive(long_share), positive(short_share)
    if longs is None or shorts is None:
        return None
    ratio = longs / shorts
    return ratio if 0.0 < ratio < MAX_RATIO else None


def _cell(item: object, field: str | int) -> object:
    if isinstance(field, str):
        return mapping(item).get(field)
    if isinstance(item, list):
        return item[field] if field < len(item) else None
    raise AnswerError("a row that is no list")
