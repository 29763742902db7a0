"""What to say of a contract that a recording lacks: the venue itself may well list it."""

from __future__ import annotations

from collections.abc import Collection

from dashboard.market.instrument import Instrument
from dashboard.tradeline.number import quote

_MOST_NAMES = 8


def not_recorded(symbol: str, venue: str, recorded: Collection[Instrument]) -> str:
    """Whether the venue or the contract is not in the recording, and what is; `venue` may be ""."""
    venues = dict.fromkeys(instrument.venue for instrument in recorded)
    if venue and venue not in venues:
        return f"{venue} is not in this recording, which has {_named(venues)}"
    coins = dict.fromkeys(one.base for one in recorded if venue in ("", one.venue))
    of = f" of {venue}" if venue else ""
    return f"symbol {quote(symbol)} is not in this recording, which has {_named(coins)}{of}"


def _named(names: Collection[str]) -> str:
    shown = list(names)[:_MOST_NAMES]
    more = f" and {len(names) - len(shown)} more" if len(names) > len(shown) else ""
    return f"{', '.join(shown)}{more}"
