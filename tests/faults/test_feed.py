"""A faulty venue in a running feed: it alone suffers, it says why, and it comes back by itself.

Each fault meets one venue here, in turn; LIQLINE_LONG_FAULTS=1 has each meet every venue.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from dashboard.market.readings import ReadingKind
from tests.faults.feeds import SIX, key_of, proxied
from tests.faults.kinds import KINDS, Effect, Kind
from tests.faults.short_waits import shorten

LONG = bool(os.environ.get("LIQLINE_LONG_FAULTS"))
FEED_KINDS = [kind for kind in KINDS if kind.effect is not Effect.TRUE]
CASES = [
    (kind, venue)
    for at, kind in enumerate(FEED_KINDS)
    for venue in (SIX if LONG else (SIX[at % len(SIX)],))
]
BACK_OFF_S = 0.2


@pytest.fixture
def in_a_hurry() -> Iterator[None]:
    """Shorten every wait, so that a fault and its end are seen within a second."""
    undo = shorten(timeout_s=0.3, back_off_s=BACK_OFF_S, rest_s=0.5, floor_s=0.2, every_s=None)
    yield
    undo()


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
