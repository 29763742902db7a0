"""Which hosts the program may ask: those of the venues in use, and no other."""

from __future__ import annotations

from dashboard.venues.accounts import ACCOUNTS
from dashboard.venues.catalogue import find_entry
from dashboard.venues.mark_stream import STREAMS
from dashboard.venues.session import host_of


def hosts_of(venue: str, address: str | None = None) -> frozenset[str]:
    """The hosts that may be asked for a venue: its market data, price stream and accounts.

    Where the user named another `address` for the venue, that one's host alone. Raises InputError
    for an unknown venue.
    """
    entry = find_entry(venue)
    if address is not None:
        return frozenset({host_of(address)})
    stream, account = STREAMS.get(venue), ACCOUNTS.get(venue)
    return frozenset(
        {
            *entry.hosts,
            *(() if stream is None else stream.hosts),
            *(() if account is None else account.hosts),
        }
    )
