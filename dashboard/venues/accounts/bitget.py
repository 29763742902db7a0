"""A Bitget futures account in classic mode, read with a key and its passphrase.

`spot/account/info` names in `authorities` what the key may do, four letters each, of which those
listed below only read (1 request a second); positions and accounts come by product type
(www.bitget.com/api-doc). `accountEquity` counts the profit of all positions and the margin of
isolated ones; both are taken out.
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
    less,
)
from dashboard.venues.fields import AnswerError, mapping, number, objects, positive, rows

_MODES = {"crossed": MarginMode.CROSS, "isolated": MarginMode.ISOLATED}
_SIDES = {"long": Side.LONG, "short": Side.SHORT}
_PRODUCTS = (("USDT-FUTURES", "USDT"), ("USDC-FUTURES", "USDC"))
_READING = frozenset(
    {"readonly", "coor", "cpor", "stor", "smor", "ttor", "wtor", "taxr", "chor", "p2pr", "pllr"}
)
_WORDS = {
    "trade": "trade",
    "coow": "trade futures",
    "cpow": "change futures positions",
    "stow": "trade spot",
    "smow": "trade on margin",
    "ttow": "copy trades",
    "wtow": "move money between wallets",
    "wwow": "withdraw coins",
    "chow": "manage subaccounts",
    "p2pw": "trade person to person",
    "p2p": "trade person to person",
    "pllw": "take loans",
    "taxw": "write tax data",
}
"""What each right beyond reading means; one that is not known here counts as such, too."""


def _permission(answer: object) -> Permission:
    granted = [str(word) for word in rows(answer, "data", "authorities")]
    if not granted:
        raise AnswerError("no permissions of the key")
    beyond = [word for word in granted if word not in _READING]
    return Permission(tuple(_WORDS.get(word, f"do what {word[:20]} allows") for word in beyond))


def _parse(ask: AccountAsk, answers: Sequence[object]) -> Holdings:
    reader = Reader(ask)
    for held, accounts in zip(answers[::2], answers[1::2], strict=True):
        isolated = _take_positions(reader, held)
        for row in objects(accounts, "data"):
            parts = (row.get("unrealizedPL") or "0", *isolated)
            amount = less(row.get("accountEquity"), *parts)
            if amount != 0.0:
                reader.take_balance(row.get("marginCoin"), amount)
    return reader.done()


def _take_positions(reader: Reader, answer: object) -> list[object]:
    """Take the positions of one product; the margins of the isolated ones."""
    isolated: list[object] = []
    for row in objects(answer, "data"):
        side, mode = _SIDES.get(str(row.get("holdSide"))), _MODES.get(str(row.get("marginMode")))
        if number(row.get("total")) == 0.0 or side is None:
            continue
        if mode is MarginMode.ISOLATED:
            isolated.append(row.get("marginSize"))
        hedged = row.get("posMode") == "hedge_mode"
        reader.take(
            row.get("symbol"),
            side=side,
            size=row.get("total"),
            unit=SizeUnit.BASE,
            entry_price=row.get("openPriceAvg"),
            mode=mode,
            leverage=row.get("leverage"),
            margin=positive(row.get("marginSize")),
            leg=str(row.get("holdSide")) if hedged else "net",
        )
    return isolated


def _questions(product: str, coin: str) -> tuple[AccountQuestion, AccountQuestion]:
    return (
        AccountQuestion(
            method="privateMixGetV2MixPositionAllPosition",
            charges={"account": 1},
            params=lambda _owner: {"productType": product, "marginCoin": coin},
        ),
        AccountQuestion(
            method="privateMixGetV2MixAccountAccounts",
            charges={"account": 1},
            params=lambda _owner: {"productType": product},
        ),
    )


CALL = AccountCall(
    keyed=True,
    permission=AccountQuestion(
        method="privateSpotGetV2SpotAccountInfo", charges={"account-info": 1}
    ),
    read_permission=lambda answer: _permission(mapping(answer)),
    questions=tuple(question for product in _PRODUCTS for question in _questions(*product)),
    parse=_parse,
    passphrase=True,
)
