"""A Gate futures account, read with a key; what the key may do, Gate does not say of a key itself.

Positions count contracts; a leverage of 0 means cross, with `cross_leverage_limit`. `total` of the
account counts the margin of isolated positions and no profit (www.gate.com/docs, futures). An
account that shares its margin with spot tells it elsewhere, which is not read.
"""

from __future__ import annotations

from collections.abc import Sequence

from dashboard.market.account import MarginMode, Side, SizeUnit
from dashboard.market.holdings import Holdings
from dashboard.venues.accounts.call import AccountAsk, AccountCall, AccountQuestion, Reader, less
from dashboard.venues.fields import mapping, number, objects, positive

_MODES = {"cross": MarginMode.CROSS, "isolated": MarginMode.ISOLATED}
_LEGS = {"dual_long": "long", "dual_short": "short"}
_CLASSIC = ("", "0", "None", "classic")


def _parse(ask: AccountAsk, answers: Sequence[object]) -> Holdings:
    held, account = answers
    reader = Reader(ask)
    isolated: list[object] = []
    for row in objects(held):
        size = number(row.get("size"))
        if size == 0.0:
            continue
        leverage = number(row.get("leverage"))
        usual = MarginMode.CROSS if leverage == 0.0 else MarginMode.ISOLATED
        mode = _MODES.get(str(row.get("pos_margin_mode")), usual)
        if mode is MarginMode.ISOLATED:
            isolated.append(row.get("margin"))
        reader.take(
            row.get("contract"),
            side=Side.SHORT if size is not None and size < 0.0 else Side.LONG,
            size=None if size is None else abs(size),
            unit=SizeUnit.CONTRACTS,
            entry_price=row.get("entry_price"),
            mode=mode,
            leverage=leverage or row.get("cross_leverage_limit"),
            margin=positive(row.get("margin")),
            leg=_LEGS.get(str(row.get("mode")), "net"),
        )
    _take_wallet(reader, account, isolated)
    return reader.done()


def _take_wallet(reader: Reader, account: object, isolated: Sequence[object]) -> None:
    told = mapping(account)
    if str(told.get("margin_mode")) not in _CLASSIC:
        reader.notes.append(
            "this account shares its margin with spot, which is not read: "
            "set the balance in the account panel"
        )
        return
    amount = less(told.get("total"), *isolated)
    if amount != 0.0:
        reader.take_balance(told.get("currency"), amount)


CALL = AccountCall(
    keyed=True,
    questions=(
        AccountQuestion(
            method="privateFuturesGetSettlePositions",
            charges={"account": 1},
            params=lambda _owner: {"settle": "usdt", "holding": "true"},
        ),
        AccountQuestion(
            method="privateFuturesGetSettleAccounts",
            charges={"account": 1},
            params=lambda _owner: {"settle": "usdt"},
        ),
    ),
    parse=_parse,
)
