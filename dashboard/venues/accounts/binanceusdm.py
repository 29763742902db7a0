"""A Binance USD-M account, read with a key.

`positionRisk` of version 2 says margin mode and leverage beside the position (weight 5), `balance`
the wallet behind cross positions without their profit (weight 5), and `apiRestrictions` what the
key may do (weight 1) (developers.binance.com, USDS-margined futures and wallet).
"""

from __future__ import annotations

from collections.abc import Sequence

from dashboard.market.account import MarginMode, Side, SizeUnit
from dashboard.market.holdings import Holdings
from dashboard.venues.accounts.call import (
    AccountAsk,
    AccountCall,
    AccountQuestion,
    Permission,
    Reader,
)
from dashboard.venues.fields import mapping, number, objects, positive

_MODES = {"cross": MarginMode.CROSS, "isolated": MarginMode.ISOLATED}
_LEGS = {"LONG": "long", "SHORT": "short"}
_READING = frozenset({"enableReading", "enableFixReadOnly"})
_WORDS = {
    "enableWithdrawals": "withdraw coins",
    "enableInternalTransfer": "move money between accounts",
    "permitsUniversalTransfer": "move money between wallets",
    "enableFutures": "trade futures",
    "enableSpotAndMarginTrading": "trade spot and margin",
    "enableMargin": "borrow on margin",
    "enableVanillaOptions": "trade options",
    "enablePortfolioMarginTrading": "trade on portfolio margin",
    "enableFixApiTrade": "trade over FIX",
}
"""What each right of a key means; one that is not known here counts as more than reading."""


def _permission(answer: object) -> Permission:
    rights = mapping(answer)
    granted = [
        name
        for name, value in rights.items()
        if name.startswith(("enable", "permits")) and value is not False and name not in _READING
    ]
    excess = tuple(_WORDS.get(name, f"do what {name} allows") for name in granted)
    return Permission(excess, can_read=rights.get("enableReading") is True)


def _parse(ask: AccountAsk, answers: Sequence[object]) -> Holdings:
    risk, wallets = answers
    reader = Reader(ask)
    for row in objects(risk):
        size = number(row.get("positionAmt"))
        if size == 0.0:
            continue
        reader.take(
            row.get("symbol"),
            side=Side.SHORT if size is not None and size < 0.0 else Side.LONG,
            size=None if size is None else abs(size),
            unit=SizeUnit.BASE,
            entry_price=row.get("entryPrice"),
            mode=_MODES.get(str(row.get("marginType"))),
            leverage=row.get("leverage"),
            margin=positive(row.get("isolatedWallet")),
            leg=_LEGS.get(str(row.get("positionSide")), "net"),
        )
    for row in objects(wallets):
        amount = number(row.get("crossWalletBalance"))
        if amount != 0.0:
            reader.take_balance(row.get("asset"), amount)
    return reader.done()


CALL = AccountCall(
    keyed=True,
    permission=AccountQuestion(method="sapiGetAccountApiRestrictions", charges={"weight": 1}),
    read_permission=_permission,
    questions=(
        AccountQuestion(method="fapiPrivateV2GetPositionRisk", charges={"weight": 5}),
        AccountQuestion(method="fapiPrivateV2GetBalance", charges={"weight": 5}),
    ),
    parse=_parse,
    hosts=("api.binance.com",),
)
