"""A Hyperliquid account, which anybody may read by its public address.

`clearinghouseState` weighs 2 and `userAbstraction` 20 (hyperliquid.gitbook.io, rate limits).
`accountValue` of the cross summary counts the profit of cross positions, `marginUsed` of an
isolated position counts its own; both are taken out, since the book keeps wallets without profit.
Contracts of other builders' venues (HIP-3) are asked apart there and are not read.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from dashboard.errors import InputError
from dashboard.market.account import MarginMode, Side, SizeUnit
from dashboard.market.holdings import Holdings
from dashboard.venues.accounts.call import AccountAsk, AccountCall, AccountQuestion, Reader, less
from dashboard.venues.fields import mapping, number, objects

_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")
_MODES = {"cross": MarginMode.CROSS, "isolated": MarginMode.ISOLATED}
_APART = frozenset({"unifiedAccount", "portfolioMargin"})
_SETTLE = "USDC"
_LONGEST_SHOWN = 60


def check_address(text: str) -> None:
    """Raise InputError where `text` is no address."""
    if _ADDRESS.fullmatch(text) is None:
        shown = text if len(text) <= _LONGEST_SHOWN else f"{text[: _LONGEST_SHOWN - 1]}…"
        raise InputError(
            "address",
            f'address "{shown}" is none of Hyperliquid; allowed is 0x and 40 hexadecimal digits',
        )


def _parse(ask: AccountAsk, answers: Sequence[object]) -> Holdings:
    state, abstraction = answers
    reader = Reader(ask)
    cross_profit: list[object] = []
    for row in objects(state, "assetPositions"):
        held = mapping(row.get("position"))
        leverage, size = mapping(held.get("leverage")), number(held.get("szi"))
        if size == 0.0:
            continue
        mode = _MODES.get(str(leverage.get("type")))
        if mode is not MarginMode.ISOLATED:
            cross_profit.append(held.get("unrealizedPnl"))
        reader.take(
            held.get("coin"),
            side=Side.SHORT if size is not None and size < 0.0 else Side.LONG,
            size=None if size is None else abs(size),
            unit=SizeUnit.BASE,
            entry_price=held.get("entryPx"),
            mode=mode,
            leverage=leverage.get("value"),
            margin=less(held.get("marginUsed"), held.get("unrealizedPnl")),
        )
    value = mapping(mapping(state).get("crossMarginSummary")).get("accountValue")
    if str(abstraction).strip('"') in _APART:
        reader.notes.append(
            "this account keeps its collateral in its spot account, which is not read: "
            "set the balance in the account panel"
        )
    else:
        reader.take_balance(_SETTLE, less(value, *cross_profit))
    return reader.done()


CALL = AccountCall(
    keyed=False,
    questions=(
        AccountQuestion(
            method="publicPostInfo",
            charges={"weight": 2},
            params=lambda owner: {"type": "clearinghouseState", "user": owner},
        ),
        AccountQuestion(
            method="publicPostInfo",
            charges={"weight": 20},
            params=lambda owner: {"type": "userAbstraction", "user": owner},
            optional=True,
            text=True,
        ),
    ),
    parse=_parse,
    check_owner=check_address,
)
