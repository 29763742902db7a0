"""A faulty venue in a running feed: it alone suffers, it says why, and it comes back by itself.

Each fault meets one venue here, in turn; LIQLINE_LONG_FAULTS=1 has each meet every venue.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from dashboard.feed import poller, schedule
from dashboard.market.readings import ReadingKind
from dashboard.venues import ccxt_source, failures
from dashboard.venues.entry import Budget
from dashboard.venues.limiter import Limiter
from tests.faults.feeds import SIX, key_of, proxied
from tests.faults.kinds import KINDS, Effect, Kind

LONG = bool(os.environ.get("LIQLINE_LONG_FAULTS"))
FEED_KINDS = [kind for kind in KINDS if kind.effect is not Effect.TRUE]
CASES = [
    (kind, venue)
    for at, kind in enumerate(FEED_KINDS)
    for venue in (SIX if LONG else (SIX[at % len(SIX)],))
]
BACK_OFF_S = 0.2


def _without_budgets(
    budgets: Mapping[str, Budget], clock_s: Callable[[], float], *, every_request: object
) -> Limiter:
    return Limiter(dict.fromkeys(budgets, Budget(10**9, 1.0)), clock_s)


@pytest.fixture
def in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shorten every wait, so that a fault and its end are seen within a second."""
    monkeypatch.setattr(ccxt_source, "REQUEST_TIMEOUT_S", 0.3)
    monkeypatch.setattr(ccxt_source, "GRACE_S", 0.1)
    monkeypatch.setattr(ccxt_source, "Limiter", _without_budgets)
    monkeypatch.setattr(schedule, "FIRST_BACK_OFF_S", BACK_OFF_S)
    monkeypatch.setattr(schedule, "LONGEST_BACK_OFF_S", BACK_OFF_S)
    monkeypatch.setattr(poller, "REGION_REST_S", 0.5)
    for name in ("DEFAULT_PAUSE_S", "DEFAULT_BAN_S", "MAX_PAUSE_S"):
        monkeypatch.setattr(failures, name, 0.5)
    real = poller.jobs_of
    monkeypatch.setattr(
        poller, "jobs_of", lambda *about: [replace(job, floor_s=0.2) for job in real(*about)]
    )


@pytest.mark.usefixtures("in_a_hurry")
@pytest.mark.parametrize(
    ("kind", "venue"), CASES, ids=[f"{kind.name}-{venue}" for kind, venue in CASES]
)
async def test_a_fault_stays_in_its_venue_and_passes(
    kind: Kind, venue: str, tmp_path: Path
) -> None:
    other = SIX[(SIX.index(venue) + 1) % len(SIX)]
    async with proxied(tmp_path, [venue, other], live=True, speed=600.0) as run:
        true = run.world_marks(venue)
        since = len(run.frames)
        run.put(kind, venue)
        await run.until(lambda: run.proxy.count(kind.name) >= 2)
        if kind.effect is Effect.FAILED:
            status = await run.until(
                lambda: (s := run.status(venue)) and s.state in {"failing", "off"} and s
            )
            assert venue in status.text or "127.0.0.1" in status.text
            reasons = await run.until(lambda: run.reasons(key_of(venue), since))
            assert ReadingKind.MARK_PRICE in reasons or reasons
        faulty = len(run.frames)
        await run.until(lambda: len(run.marks(other, faulty)) >= 2)
        assert run.status(other).state == "ok"
        for mark in run.marks(venue, since):
            assert mark.doubt or mark.lag_ms or mark.mark in true
        run.proxy.clear()
        cleared = len(run.frames)
        await run.until(lambda: [m for m in run.marks(venue, cleared) if not m.doubt])
        await run.until(lambda: run.status(venue).state == "ok")
