"""A short form of the simulated week: a day of each venue with all that a day brings."""

from __future__ import annotations

import pytest

from dashboard.venues.catalogue import CATALOGUE
from tests.load.week import Week, faults


@pytest.mark.parametrize("venue", CATALOGUE)
async def test_a_day_with_a_pause_a_failure_and_a_start_keeps_every_budget(venue: str) -> None:
    entry = CATALOGUE[venue]
    day = Week(entry, days=1.0, contracts=len(entry.contract_kinds))
    await day.run()
    assert faults(day) == []
    assert day.refused >= 2
    for call in entry.calls:
        assert day.started[call.name] >= 0.9 * 86_400.0 / call.interval_s - 3, call.name
