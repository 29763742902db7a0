"""What is asked of a venue about one account: reading only, by address or with a key."""

from __future__ import annotations

from dashboard.errors import InputError
from dashboard.venues.accounts import binanceusdm, bitget, bybit, gate, hyperliquid, okx
from dashboard.venues.accounts.call import AccountCall

ACCOUNTS: dict[str, AccountCall] = {
    "hyperliquid": hyperliquid.CALL,
    "binanceusdm": binanceusdm.CALL,
    "bybit": bybit.CALL,
    "okx": okx.CALL,
    "bitget": bitget.CALL,
    "gate": gate.CALL,
}


def find_account_call(venue: str) -> AccountCall:
    """How accounts of `venue` are asked; raises InputError that lists the venues there are."""
    call = ACCOUNTS.get(venue)
    if call is None:
        allowed = ", ".join(ACCOUNTS)
        raise InputError(
            "venue", f'accounts of "{venue}" cannot be imported; allowed are {allowed}'
        )
    return call
