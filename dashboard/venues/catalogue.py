"""All venues that can be asked, by id."""

from __future__ import annotations

from dashboard.errors import InputError
from dashboard.venues import binancecoinm, binanceusdm, bitget, bybit, gate, hyperliquid, okx
from dashboard.venues.basic import BASIC_ENTRIES
from dashboard.venues.entry import Entry

CATALOGUE: dict[str, Entry] = {
    entry.venue: entry
    for entry in (
        binanceusdm.ENTRY,
        binancecoinm.ENTRY,
        bybit.ENTRY,
        okx.ENTRY,
        hyperliquid.ENTRY,
        gate.ENTRY,
        bitget.ENTRY,
        *BASIC_ENTRIES,
    )
}


def find_entry(venue: str) -> Entry:
    """The entry of `venue`; raises InputError that lists the venues there are."""
    entry = CATALOGUE.get(venue)
    if entry is None:
        raise InputError("venue", f'venue "{venue}" is unknown; allowed are {", ".join(CATALOGUE)}')
    return entry
