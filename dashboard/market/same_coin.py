"""Which contracts of other venues are of the same coin. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

from dashboard.market.instrument import Instrument

PARITY_LIMIT_FRACTION = 0.01
"""Marks of one coin differ by less than this; what differs more is not taken for the coin."""
_MULTIPLES = re.compile(r"^(?:10+|1M|k|K)(?=\w)|10+$", re.ASCII)
_USUAL_QUOTES = ("USDT", "USDC", "USD")


def coin_of(instrument: Instrument) -> str:
    """The coin that a contract is on, without its multiple: PEPE of 1000PEPE and of kPEPE."""
    if instrument.multiplier == 1.0:
        return instrument.base
    return _MULTIPLES.sub("", instrument.base, count=1)


def contracts_of_coin(
    selected: Instrument, instruments: Iterable[Instrument]
) -> dict[str, Instrument]:
    """One contract of `selected`'s coin and kind per venue that lists one, by venue.

    Of several that of the same quote is taken, else USDT, USDC, USD in this order. Whether the
    prices agree is for `is_same_price` to say.
    """
    coin, found = coin_of(selected), {selected.venue: selected}
    for one in instruments:
        if one.venue == selected.venue or not one.active or one.kind is not selected.kind:
            continue
        if coin_of(one) != coin:
            continue
        held = found.get(one.venue)
        if held is None or _rank(one, selected) < _rank(held, selected):
            found[one.venue] = one
    return found


def is_same_price(mark: float, reference: float) -> bool:
    """Whether two marks of one coin unit agree as those of one coin do."""
    return abs(mark / reference - 1.0) < PARITY_LIMIT_FRACTION


def _rank(one: Instrument, selected: Instrument) -> tuple[bool, int, str]:
    usual = _USUAL_QUOTES.index(one.quote) if one.quote in _USUAL_QUOTES else len(_USUAL_QUOTES)
    return one.quote != selected.quote, usual, one.symbol
