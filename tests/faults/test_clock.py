"""This computer's clock is 90 s off: what is asked of four venues, and counted down, is not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from dashboard.feed.frames import VenueStatus
from dashboard.market.readings import FundingRate
from tests.faults.feeds import SIX, AddressedWorld, key_of, running_in
from tests.faults.short_waits import shorten
from widgets.status import clock_off_text

FOUR = SIX[:4]
MOST_WRONG_MS = 2_000


@pytest.fixture
def often_asked() -> Iterator[None]:
    """Ask everything four times a second."""
    undo = shorten(timeout_s=5.0, back_off_s=0.2, rest_s=0.5, floor_s=0.25, every_s=0.25)
    yield
    undo()


@pytest.mark.usefixtures("often_asked")
@pytest.mark.parametrize("off_s", [90, -90])
async def test_a_clock_that_is_off_makes_no_age_and_no_countdown_wrong(
    off_s: int, tmp_path: Path
) -> None:
    world = AddressedWorld(FOUR, off_s)
    async with running_in(world, tmp_path, FOUR) as run:
        statuses: dict[str, VenueStatus] = {}
        for venue in FOUR:
            await run.until(lambda: len(run.marks(venue)) >= 4)  # noqa: B023 (awaited here)
            statuses[venue] = await run.until(
                lambda: (s := run.status(venue)) and s.clock_ahead_ms is not None and s  # noqa: B023
            )
            assert abs(statuses[venue].clock_ahead_ms + off_s * 1000) <= MOST_WRONG_MS
            counted = await run.until(
                lambda: [f for f in run.readings(FundingRate, key_of(venue)) if f.clock_ahead_ms]  # noqa: B023
            )
            left_ms = counted[-1].settles_in_ms(counted[-1].received_ms)
            theirs_ms = counted[-1].received_ms + off_s * 1000
            assert abs(left_ms - (counted[-1].next_settlement_ms - theirs_ms)) <= MOST_WRONG_MS
            mark = run.marks(venue)[-1]
            assert mark.received_ms - mark.as_of_ms <= MOST_WRONG_MS
            if mark.venue_ms is not None:
                assert abs(mark.venue_ms - off_s * 1000 - mark.received_ms) <= MOST_WRONG_MS
        assert run.marks("bybit")[-1].venue_ms is not None
        way = "behind" if off_s > 0 else "ahead"
        assert clock_off_text(statuses.values()) in {
            f"clock {seconds} s {way}" for seconds in (89, 90, 91)
        }


@pytest.mark.usefixtures("often_asked")
async def test_a_stamp_of_a_minute_ago_is_old_by_the_venues_clock_too(tmp_path: Path) -> None:
    """By a clock that is 90 s behind the stamp lies in the future, but the value is old."""
    world = AddressedWorld(("bybit",), 90, old_s=60)
    async with running_in(world, tmp_path, ("bybit",)) as run:
        old = await run.until(lambda: [m for m in run.marks("bybit") if m.lag_ms])
        assert abs(old[0].lag_ms - 60_000) <= MOST_WRONG_MS
