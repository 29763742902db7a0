"""A Bybit unified account, read with a key.

`query-api` says whether the key only reads; the margin mode is the account's and is told by
`account/info`; positions come by settle coin, at most 200 (bybit-exchange.github.io, v5). The
margin behind an isolated position is no longer told; it is taken as value / leverage.
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
from dashboard.venues.fields import mapping, number, objects, positive, rows

_ROWS = 200
_CHARGE = {"requests": 1}
_SETTLE_COINS = ("USDT", "USDC")
_SIDES = {"Buy": Side.LONG, "Sell": Side.SHORT}
_LEGS = {1: "long", 2: "short"}
_MODES = {
    "REGULAR_MARGIN": MarginMode.CROSS,
    "PORTFOLIO_MARGIN": MarginMode.CROSS,
    "ISOLATED_MARGIN": MarginMode.ISOLATED,
}
_READ_ONLY = 1.0


def _permission(answer: object) -> Permission:
    told = mapping(mapping(answer).get("result"))
    if number(told.get("readOnly")) == _READ_ONLY:
        return Permission()
    granted = [str(name) for name, rights in mapping(told.get("permissions")).items() if rights]
    return Permission((f"write ({', '.join(granted)})" if granted else "write",))


def _parse(ask: AccountAsk, answers: Sequence[object]) -> Holdings:
    info, wallets, *listed = answers
    reader = Reader(ask)
    word = mapping(mapping(info).get("result")).get("marginMode")
    mode = _MODES.get(str(word))
    if word == "PORTFOLIO_MARGIN":
        reader.notes.append("the account is on portfolio margin; its figures are those of cross")
    for answer in listed:
        _take_positions(reader, answer, mode)
    if mode is MarginMode.ISOLATED and reader.positions:
        reader.notes.append(
            "Bybit does not tell the margin behind isolated positions: "
            "value / leverage is taken, without what was added"
        )
    _take_wallet(reader, wallets)
    return reader.done()


def _take_positions(reader: Reader, answer: object, mode: MarginMode | None) -> None:
    told = objects(answer, "result", "list")
    if len(rows(answer, "result", "list")) >= _ROWS:
        reader.notes.append(f"only the first {_ROWS} positions of a settle coin are read")
    for row in told:
        side = _SIDES.get(str(row.get("side")))
        if side is None:
            continue
        index = number(row.get("positionIdx"))
        reader.take(
            row.get("symbol"),
            side=side,
            size=row.get("size"),
            unit=SizeUnit.BASE,
            entry_price=row.get("avgPrice"),
            mode=mode,
            leverage=row.get("leverage"),
            margin=positive(row.get("positionBalance")),
            leg=_LEGS.get(int(index), "net") if index is not None else "net",
        )


def _take_wallet(reader: Reader, answer: object) -> None:
    for account in objects(answer, "result", "list"):
        for row in objects(account, "coin"):
            amount = less(row.get("walletBalance"), 0.0)
            if amount != 0.0:
                reader.take_balance(row.get("coin"), amount)


CALL = AccountCall(
    keyed=True,
    permission=AccountQuestion(method="privateGetV5UserQueryApi", charges=_CHARGE),
    read_permission=_permission,
    questions=(
        AccountQuestion(method="privateGetV5AccountInfo", charges=_CHARGE),
        AccountQuestion(
            method="privateGetV5AccountWalletBalance",
            charges=_CHARGE,
            params=lambda _owner: {"accountType": "UNIFIED"},
        ),
        *(
            AccountQuestion(
                method="privateGetV5PositionList",
                charges=_CHARGE,
                params=lambda _owner, coin=coin: {  # type: ignore[misc] # bound now
                    "category": "linear",
                    "settleCoin": coin,
                    "limit": _ROWS,
                },
            )
            for coin in _SETTLE_COINS
        ),
    ),
    parse=_parse,
)
