"""An OKX account, read with a key and its passphrase.

`account/config` says in `perm` what the key may do, `account/positions` counts in contracts, and
of `account/balance` the equity of a coin without its isolated margin and without the profit of
cross positions is the wallet (www.okx.com/docs-v5, trading account).
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
from dashboard.venues.fields import AnswerError, mapping, number, objects, positive

_MODES = {"cross": MarginMode.CROSS, "isolated": MarginMode.ISOLATED}
_READING = "read_only"
_PORTFOLIO_MARGIN = "4"
_NOT_TOLD = ("", None)
_LEGS = ("long", "short")


def _permission(answer: object) -> Permission:
    accounts = objects(answer, "data")
    told = accounts[0].get("perm") if accounts else None
    if not isinstance(told, str) or not told:
        raise AnswerError("no permissions of the key")
    granted = [word.strip() for word in told.split(",") if word.strip()]
    excess = tuple(word for word in granted if word != _READING)
    return Permission(excess, can_read=_READING in granted)


def _parse(ask: AccountAsk, answers: Sequence[object]) -> Holdings:
    config, held, wallets = answers
    reader = Reader(ask)
    if any(str(row.get("acctLv")) == _PORTFOLIO_MARGIN for row in objects(config, "data")):
        reader.notes.append("the account is on portfolio margin; its figures are those of cross")
    for row in objects(held, "data"):
        size = number(row.get("pos"))
        if size == 0.0:
            continue
        leg = str(row.get("posSide"))
        short = leg == "short" or (size is not None and size < 0.0)
        reader.take(
            row.get("instId"),
            side=Side.SHORT if short else Side.LONG,
            size=None if size is None else abs(size),
            unit=SizeUnit.CONTRACTS,
            entry_price=row.get("avgPx"),
            mode=_MODES.get(str(row.get("mgnMode"))),
            leverage=row.get("lever"),
            margin=positive(row.get("margin")),
            # a contract may have a cross and an isolated position side by side
            leg=f"{leg if leg in _LEGS else 'net'} {row.get('mgnMode')}",
        )
    for account in objects(wallets, "data"):
        for row in objects(account, "details"):
            reader.take_balance(row.get("ccy"), _wallet(row))
    return reader.done()


def _wallet(row: object) -> float | None:
    """The equity of a coin less isolated margin and the profit of cross positions."""
    told = mapping(row)
    isolated, profit, isolated_profit = (
        0.0 if told.get(name) in _NOT_TOLD else told.get(name)
        for name in ("isoEq", "upl", "isoUpl")
    )
    cross_profit = less(profit, isolated_profit)
    return less(told.get("eq"), isolated, cross_profit)


CALL = AccountCall(
    keyed=True,
    permission=AccountQuestion(method="privateGetAccountConfig", charges={"account-config": 1}),
    read_permission=_permission,
    questions=(
        AccountQuestion(method="privateGetAccountConfig", charges={"account-config": 1}),
        AccountQuestion(
            method="privateGetAccountPositions",
            charges={"account": 1},
            params=lambda _owner: {"instType": "SWAP"},
        ),
        AccountQuestion(method="privateGetAccountBalance", charges={"account": 1}),
    ),
    parse=_parse,
    passphrase=True,
)
