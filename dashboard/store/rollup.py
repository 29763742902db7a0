"""Polled rows thinned out to one per step, so that a long span is read from few rows. Pure."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from dashboard.market.readings import TIMEFRAMES_MS, SeriesKind
from dashboard.store.chunks import Matrix
from dashboard.store.recorded import Recorded

ROLLED = frozenset(
    {
        Recorded.OPEN_INTEREST,
        Recorded.GLOBAL_ACCOUNTS,
        Recorded.TOP_ACCOUNTS,
        Recorded.TOP_POSITIONS,
        Recorded.TAKER_VOLUME,
    }
)
"""What charts draw from polls where the venue keeps no series of its own."""

ROLLED_STEPS_MS = {timeframe: TIMEFRAMES_MS[timeframe] for timeframe in ("1h", "1d")}
"""The steps that are kept; a chart of another reads the next finer one, or the polls themselves."""


class PolledAs(NamedTuple):
    """Which polled kind tells what a venue's series tells, by which figures."""

    kind: Recorded
    figures: tuple[str, ...]


POLLED_AS: dict[SeriesKind, PolledAs] = {
    SeriesKind.OPEN_INTEREST: PolledAs(Recorded.OPEN_INTEREST, ("coin", "usd")),
    SeriesKind.LONG_SHORT_RATIO: PolledAs(Recorded.GLOBAL_ACCOUNTS, ("ratio",)),
}


def rolled_up(rows: Matrix, step_ms: int) -> Matrix:
    """The last row of each step that has any, behind a first column with the step's begin (ms UTC).

    The row keeps its own time. Merging by the first column therefore puts a later row of the same
    step in the place of an earlier one, and taking the same rows in twice changes nothing.
    """
    if not len(rows):
        return np.empty((0, rows.shape[1] + 1))
    ordered = rows[np.argsort(rows[:, 0], kind="stable")]
    begins = ordered[:, 0] // step_ms * step_ms
    is_last = np.diff(begins, append=np.inf) != 0
    rolled: Matrix = np.column_stack([begins, ordered])[is_last]
    return rolled


def not_older(rolled: Matrix, held: Matrix) -> Matrix:
    """The rolled rows without those of a step of which a later row is held already.

    Of two programs that poll into one history, the one that seals last may have polled first.
    """
    places = np.searchsorted(held[:, 0], rolled[:, 0])
    inside = places < len(held)
    is_held = inside.copy()
    is_held[inside] = held[places[inside], 0] == rolled[inside, 0]
    is_older = is_held.copy()
    is_older[is_held] = held[places[is_held], 1] > rolled[is_held, 1]
    return rolled[~is_older]


def rolled_timeframe(timeframe: str) -> str | None:
    """The coarsest kept step that is no longer than `timeframe`; None where all are longer."""
    fitting = [
        kept for kept, step_ms in ROLLED_STEPS_MS.items() if step_ms <= TIMEFRAMES_MS[timeframe]
    ]
    return fitting[-1] if fitting else None


def filled_in(fetched: Matrix, polled: Matrix, step_ms: int) -> Matrix:
    """The venue's own rows, with polled ones in the steps of which the venue gave none.

    Of polled rows in one step the last stands. A step without either stays empty.
    """
    if not len(polled):
        return fetched
    last = rolled_up(polled, step_ms)
    taken = np.isin(last[:, 0], fetched[:, 0] // step_ms * step_ms)
    joined = np.concatenate([fetched, last[~taken, 1:]])
    return joined[np.argsort(joined[:, 0], kind="stable")]
