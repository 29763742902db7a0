"""Venues that publish leverage tiers without a key, by id, for `liqline tiers fetch`."""

from __future__ import annotations

from dashboard.errors import InputError
from dashboard.venues.catalogue import CATALOGUE
from dashboard.venues.entry import Entry

TIER_VENUES: dict[str, Entry] = {
    entry.venue: entry for entry in CATALOGUE.values() if entry.tiers is not None
}


def find_tier_entry(venue: str) -> Entry:
    """How `venue` is asked for its tiers; raises InputError that lists the venues that answer."""
    entry = TIER_VENUES.get(venue)
    if entry is None:
        allowed = ", ".join(TIER_VENUES)
        raise InputError(
            "venue", f'venue "{venue}" gives no leverage tiers without a key; allowed are {allowed}'
        )
    return entry
