"""Every ratio that a venue is asked for has the venue's definition."""

from __future__ import annotations

import pytest

from dashboard.market.ratio_definitions import RATIO_DEFINITIONS, ratio_definition
from dashboard.market.readings import RatioSeries, ReadingKind
from dashboard.venues.catalogue import CATALOGUE

ASKED = [
    venue
    for venue, entry in CATALOGUE.items()
    if any(ReadingKind.LONG_SHORT_RATIO in call.kinds for call in entry.calls)
]


@pytest.mark.parametrize("venue", ASKED)
def test_a_venue_that_is_asked_for_the_ratio_has_its_definition(venue: str) -> None:
    assert " over " in ratio_definition(venue, RatioSeries.GLOBAL_ACCOUNTS)


def test_a_venue_without_the_ratio_has_none() -> None:
    assert set(RATIO_DEFINITIONS) == set(ASKED)
    assert ratio_definition("hyperliquid", RatioSeries.GLOBAL_ACCOUNTS) == ""
