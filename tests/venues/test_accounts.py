"""Accounts of venues, asked by real ccxt over loopback: what they hold, and which keys pass."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from dashboard.errors import InputError, VenueError
from dashboard.market.access_key import AccessKey
from dashboard.market.account import Balance, MarginMode, Side, SizeUnit
from dashboard.market.holdings import Holdings
from dashboard.replay.server import Fault
from dashboard.venues.accounts import ACCOUNTS, find_account_call
from dashboard.venues.accounts.ask import KeyRefusedError
from dashboard.venues.accounts.call import AccountAsk
from dashboard.venues.fields import AnswerError
from tests.venues.account_answers import (
    ADDRESS,
    ANSWERS,
    BINANCE,
    BITGET,
    BYBIT,
    GATE,
    HYPERLIQUID,
    KEY,
    OKX,
    ask,
)

KEYED = [venue for venue, call in ACCOUNTS.items() if call.permission]
RIGHTS = {
    "binanceusdm": "apiRestrictions",
    "bybit": "query-api",
    "okx": "account/config",
    "bitget": "spot/account/info",
}


RIGHTS_TOLD = (("binanceusdm", BINANCE), ("bybit", BYBIT), ("okx", OKX), ("bitget", BITGET))


def facts(held: Holdings) -> list[tuple[Any, ...]]:
    """What matters of each position."""
    return [
        (p.instrument.symbol, p.side, p.size, p.size_unit, p.entry_price, p.margin_mode, p.leverage)
        for p in held.positions
    ]


def changed(answers: Any, end: str, **fields: Any) -> Any:
    """A copy of an answer with these fields of its rights changed."""
    (found,) = [answer for name, answer in answers.items() if name.endswith(end)]
    answer = copy.deepcopy(found)
    inner = answer.get("result") or answer.get("data") or answer
    (inner[0] if isinstance(inner, list) else inner).update(fields)
    return answer


async def test_a_public_address_is_read_without_a_key() -> None:
    held, server = await ask("hyperliquid", ADDRESS)
    assert facts(held) == [
        ("BTC/USDC:USDC", Side.SHORT, 0.5, SizeUnit.BASE, 36_000.0, MarginMode.CROSS, 20.0)
    ]
    # the account's value counts the loss of 200; the wallet does not
    assert held.balances == (Balance(venue="hyperliquid", coin="USDC", amount=5_000.0),)
    assert (held.notes, held.permission) == ((), "")
    assert server.requests["api.hyperliquid.xyz POST /info clearinghouseState"] == 1


async def test_margin_of_an_isolated_position_is_without_its_profit() -> None:
    answer = copy.deepcopy(HYPERLIQUID["api.hyperliquid.xyz POST /info clearinghouseState"])
    position = answer["assetPositions"][0]["position"]
    position["leverage"] = {"type": "isolated", "value": 20, "rawUsd": "19110.0"}
    answer["crossMarginSummary"]["accountValue"] = "4000.0"
    held, _ = await ask("hyperliquid", ADDRESS, clearinghouseState=answer)
    assert held.positions[0].margin == 1_110.0
    assert held.balances[0].amount == 4_000.0


async def test_collateral_that_stands_elsewhere_is_not_guessed() -> None:
    held, _ = await ask("hyperliquid", ADDRESS, userAbstraction="unifiedAccount")
    assert held.balances == ()
    assert "spot account, which is not read" in held.notes[0]


async def test_a_venue_that_does_not_tell_the_kind_of_account_is_read_all_the_same() -> None:
    held, _ = await ask("hyperliquid", ADDRESS, userAbstraction=Fault(status=422, body=b"{}"))
    assert len(held.positions) == 1


@pytest.mark.parametrize("address", ["", "0x12", ADDRESS + "0", "<b>0x</b>", "7" * 300])
async def test_a_wrong_address_is_one_sentence_and_asks_nothing(address: str) -> None:
    with pytest.raises(InputError, match="40 hexadecimal digits") as caught:
        await ask("hyperliquid", address)
    assert len(caught.value.user_message) < 200


async def test_what_is_not_listed_or_cannot_be_read_is_named_and_left_out() -> None:
    answer = copy.deepcopy(HYPERLIQUID["api.hyperliquid.xyz POST /info clearinghouseState"])
    good = answer["assetPositions"][0]
    strange, broken = copy.deepcopy(good), copy.deepcopy(good)
    strange["position"]["coin"] = "xyz:GOLD"
    broken["position"]["entryPx"] = "NaN"
    answer["assetPositions"] += [strange, broken]
    held, _ = await ask("hyperliquid", ADDRESS, clearinghouseState=answer)
    assert len(held.positions) == 1
    assert any("xyz:GOLD is left out" in note for note in held.notes)
    assert any("no entry price can be read" in note for note in held.notes)


async def test_binance_tells_margin_wallet_and_leverage() -> None:
    held, _ = await ask("binanceusdm", "main", KEY)
    assert facts(held) == [
        ("BTC/USDT:USDT", Side.LONG, 0.5, SizeUnit.BASE, 36_000.0, MarginMode.ISOLATED, 10.0)
    ]
    assert held.positions[0].margin == 1_800.0
    assert held.balances == (Balance(venue="binanceusdm", coin="USDT", amount=5_500.5),)
    assert held.notes == ("2.5 BNB is left out: what of it counts as margin is not told",)


async def test_bybit_takes_the_margin_mode_of_the_account() -> None:
    held, server = await ask("bybit", "main", KEY)
    assert facts(held) == [
        ("BTC/USDT:USDT", Side.SHORT, 0.25, SizeUnit.BASE, 36_500.0, MarginMode.CROSS, 5.0)
    ]
    # the loopback gives the same list for both settle coins
    assert any("told twice" in note for note in held.notes)
    assert held.balances[0] == Balance(venue="bybit", coin="USDT", amount=3_000.5)
    assert server.requests["api.bybit.com GET /v5/position/list"] == 2


async def test_okx_counts_contracts_both_ways_and_a_wallet_without_isolated_margin() -> None:
    held, _ = await ask("okx", "main", KEY)
    assert facts(held) == [
        ("BTC/USDT:USDT", Side.SHORT, 12.0, SizeUnit.CONTRACTS, 36_100.5, MarginMode.ISOLATED, 4.0),
        ("BTC/USDT:USDT", Side.LONG, 3.0, SizeUnit.CONTRACTS, 35_900.0, MarginMode.CROSS, 3.0),
    ]
    assert [p.margin for p in held.positions] == [1_083.0, None]
    assert len({p.id for p in held.positions}) == 2
    # 3,088 of equity less 1,079.5 isolated less the 8.5 that the cross position has won
    assert held.balances == (Balance(venue="okx", coin="USDT", amount=2_000.0),)


async def test_bitget_takes_isolated_margin_and_profit_out_of_the_wallet() -> None:
    held, _ = await ask("bitget", "main", KEY)
    assert facts(held) == [
        ("BTC/USDT:USDT", Side.LONG, 0.5, SizeUnit.BASE, 36_000.0, MarginMode.ISOLATED, 20.0),
        ("BTC/USDT:USDT", Side.SHORT, 0.1, SizeUnit.BASE, 36_100.0, MarginMode.CROSS, 10.0),
    ]
    assert [p.margin for p in held.positions] == [900.0, None]
    # 5,920 of equity less 20 of profit less 900 that stand behind the isolated position
    assert held.balances[0] == Balance(venue="bitget", coin="USDT", amount=5_000.0)


async def test_gate_counts_contracts_and_says_nothing_of_the_key() -> None:
    held, _ = await ask("gate", "main", KEY)
    assert facts(held) == [
        ("BTC/USDT:USDT", Side.SHORT, 300.0, SizeUnit.CONTRACTS, 36_030.3, MarginMode.CROSS, 12.0)
    ]
    assert held.balances == (Balance(venue="gate", coin="USDT", amount=1_250.75),)
    assert held.permission.startswith("gate does not say what a key may do: make sure yourself")


async def test_a_gate_account_that_shares_its_margin_has_no_balance_here() -> None:
    account = {**GATE["api.gateio.ws GET /api/v4/futures/usdt/accounts"], "margin_mode": 1}
    held, _ = await ask("gate", "main", KEY, **{"usdt/accounts": account})
    assert held.balances == ()
    assert "shares its margin with spot" in held.notes[0]


EXCESS = [
    ("binanceusdm", {"enableWithdrawals": True}, "withdraw"),
    ("binanceusdm", {"enableFutures": True, "enableMargin": True}, "trade futures, borrow"),
    ("binanceusdm", {"permitsUniversalTransfer": True}, "move money"),
    ("binanceusdm", {"enableNewThing": True}, "enableNewThing"),
    ("binanceusdm", {"enableSpotAndMarginTrading": "true"}, "trade spot"),
    ("bybit", {"readOnly": 0}, "ContractTrade"),
    ("bybit", {"readOnly": None}, "write"),
    ("okx", {"perm": "read_only,trade"}, "trade"),
    ("okx", {"perm": "read_only,withdraw,trade"}, "withdraw, trade"),
    ("bitget", {"authorities": ["coor", "coow"]}, "trade futures"),
    ("bitget", {"authorities": ["trade", "readonly"]}, "trade"),
    ("bitget", {"authorities": ["cpor", "wwow", "newx"]}, "withdraw coins, do what newx allows"),
]


@pytest.mark.parametrize(("venue", "rights", "word"), EXCESS)
async def test_a_key_that_may_do_more_than_read_is_refused_before_it_is_used(
    venue: str, rights: dict[str, Any], word: str
) -> None:
    answers = ANSWERS[venue]
    answer = changed(answers, RIGHTS[venue], **rights)
    with pytest.raises(KeyRefusedError, match="refused and not kept") as caught:
        await ask(venue, "main", KEY, **{RIGHTS[venue]: answer})
    assert word in caught.value.user_message


@pytest.mark.parametrize(
    ("venue", "rights"), [("binanceusdm", {"enableReading": False}), ("okx", {"perm": "none"})]
)
async def test_a_key_that_may_not_read_is_said_to_be_of_no_use(
    venue: str, rights: dict[str, Any]
) -> None:
    answer = changed(ANSWERS[venue], RIGHTS[venue], **rights)
    with pytest.raises(KeyRefusedError):
        await ask(venue, "main", KEY, **{RIGHTS[venue]: answer})


REFUSALS = {
    "binanceusdm": (400, {"code": -2015, "msg": "Invalid API-key, IP, or permissions for action."}),
    "bybit": (200, {"retCode": 10003, "retMsg": "API key is invalid.", "result": {}}),
    "okx": (401, {"msg": "Invalid OK-ACCESS-KEY", "code": "50111"}),
    "bitget": (400, {"code": "40006", "msg": "Invalid ACCESS_KEY", "data": None}),
}


@pytest.mark.parametrize("venue", KEYED)
async def test_a_key_that_the_venue_does_not_accept_is_said_in_words(venue: str) -> None:
    status, body = REFUSALS[venue]
    fault = Fault(status=status, body=json.dumps(body).encode())
    with pytest.raises(KeyRefusedError, match="does not accept the key"):
        await ask(venue, "main", KEY, **{RIGHTS[venue]: fault})


@pytest.mark.parametrize("venue", KEYED)
async def test_rights_that_cannot_be_read_let_no_key_pass(venue: str) -> None:
    for body in (b"{}", b"[]", b"null", b"<html>"):
        with pytest.raises(VenueError):
            await ask(venue, "main", KEY, **{RIGHTS[venue]: Fault(body=body)})


@pytest.mark.parametrize("venue", KEYED)
async def test_errors_hold_no_part_of_the_key(venue: str) -> None:
    fault = Fault(status=500, body=f"{KEY.key} {KEY.secret} {KEY.passphrase}".encode())
    with pytest.raises(VenueError) as caught:
        await ask(venue, "main", KEY, **{RIGHTS[venue]: fault})
    said = f"{caught.value.user_message} {caught.value.detail} {caught.value.__cause__}"
    assert not any(part in said for part in (KEY.key, KEY.secret, KEY.passphrase))


def test_a_key_is_shown_nowhere() -> None:
    assert "secret" not in f"{KEY!r} {KEY} {[KEY]}"


async def test_a_key_without_its_passphrase_asks_nothing() -> None:
    with pytest.raises(InputError, match="key, secret and passphrase"):
        await ask("okx", "main", AccessKey("a", "b"))


def test_a_venue_without_accounts_lists_those_that_have_them() -> None:
    with pytest.raises(InputError, match="allowed are hyperliquid, binanceusdm"):
        find_account_call("kraken")


@pytest.mark.parametrize("venue", ACCOUNTS)
@pytest.mark.parametrize("junk", [None, {}, [], "x", 7, {"result": 1}, {"data": [None, 3, {}]}])
def test_answers_of_any_shape_become_notes_or_an_error_in_words(venue: str, junk: Any) -> None:
    call = ACCOUNTS[venue]
    ask_ = AccountAsk(venue=venue, owner="x", listed={})
    try:
        held = call.parse(ask_, [junk] * len(call.questions))
    except AnswerError:
        return
    assert held.positions == ()


def test_the_documented_rights_pass() -> None:
    for venue, answers in RIGHTS_TOLD:
        answer = changed(answers, RIGHTS[venue])
        permission = ACCOUNTS[venue].read_permission(answer)
        assert (permission.excess, permission.can_read) == ((), True)
