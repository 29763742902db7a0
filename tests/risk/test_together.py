"""What a common move does to a cross position, beside what its own coin alone does."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dashboard.market.account import Balance, Position, Side
from dashboard.risk.report import RiskReport
from dashboard.risk.together import Together, account_of, nearest_move, together
from tests.risk.builders import (
    CROSS,
    ISOLATED,
    LONG,
    SHORT,
    instrument,
    mark,
    position,
    report_of,
    snapshot_of,
)

PRICES = {"BTC": 60_000.0, "ETH": 3_000.0, "SOL": 150.0}


def held(coin: str, side: Side, size: float, *, entry: float | None = None) -> Position:
    return position(
        side,
        size,
        entry or PRICES[coin],
        of=instrument(coin),
        mode=CROSS,
        name=coin,
        maintenance_margin_rate=0.005,
        taker_fee=0.0005,
    )


def report(*positions: Position, usdt: float | None = 8_000.0, unmarked: str = "") -> RiskReport:
    contracts = [one.instrument for one in positions]
    marks = [mark(one, PRICES[one.base]) for one in contracts if one.base != unmarked]
    held_in = [] if usdt is None else [Balance(venue="binanceusdm", coin="USDT", amount=usdt)]
    return report_of(positions, snapshot_of(*marks), balances=held_in)


def found(of: RiskReport, row: int = 0) -> Together | None:
    risk = of.positions[row]
    return together(risk, account_of(of, risk.position))


PAIR = (held("BTC", LONG, 1.0), held("ETH", LONG, 15.0))


def test_two_longs_of_one_wallet_end_much_sooner_together() -> None:
    both = report(*PAIR)
    move = -(8_000 - 0.005 * 105_000) / (105_000 * (1 - 0.005))
    for row, risk in enumerate(both.positions):
        common = found(both, row)
        assert common is not None
        assert common.move == pytest.approx(move)
        assert common.price == pytest.approx((risk.mark_price or 0.0) * (1 + move))
        assert common.is_nearer(risk)
        assert (risk.distance_fraction or 0.0) > 1.5 * abs(move)


def test_a_hedge_stands_more_together_than_alone() -> None:
    hedged = report(held("BTC", LONG, 1.0), held("ETH", SHORT, 15.0))
    common = found(hedged)
    assert common is not None
    assert not common.is_nearer(hedged.positions[0])


def test_one_coin_alone_says_all_itself() -> None:
    assert found(report(PAIR[0])) is None


def test_an_isolated_position_has_no_wallet_to_share() -> None:
    isolated = report(replace(PAIR[0], margin_mode=ISOLATED, leverage=10.0), PAIR[1])
    assert account_of(isolated, isolated.positions[0].position) is None
    assert found(isolated) is None


def test_a_wallet_past_its_liquidation_needs_no_move() -> None:
    assert found(report(*PAIR, usdt=100.0)) is None


def test_what_is_not_known_of_the_own_price_is_not_said_twice() -> None:
    assert found(report(*PAIR, unmarked="ETH")) is None
    assert found(report(*PAIR, usdt=None)) is None


def test_without_the_own_mark_the_common_move_says_why() -> None:
    common = found(report(*PAIR, unmarked="ETH"), row=1)
    assert common is not None
    assert (common.move, common.price) == (None, None)
    assert "ETH/USDT:USDT" in common.reason
    assert not common.is_nearer(report(*PAIR).positions[0])


def test_a_book_that_nothing_ends_says_so_only_where_a_coin_alone_does() -> None:
    rich = report(*PAIR, usdt=1e6)
    assert rich.positions[0].distance_fraction is None
    assert found(rich) is None
    even = report(held("BTC", LONG, 1.0), held("ETH", SHORT, 20.0), usdt=55_000.0)
    assert found(even) is not None


def test_no_common_move_ends_two_sizes_that_cancel() -> None:
    account = account_of(report(*PAIR), PAIR[0])
    assert account is not None
    lasting = replace(account, shock_down=None, shock_up=None)
    assert together(report(*PAIR).positions[0], lasting) == Together(None, None)


def test_gross_notional_of_the_wallet_over_its_equity_is_its_leverage() -> None:
    both = report(*PAIR, held("SOL", SHORT, 100.0))
    for risk in both.positions:
        assert risk.wallet_leverage == pytest.approx((60_000 + 45_000 + 15_000) / 8_000)
    assert both.positions[0].effective_leverage == pytest.approx(60_000 / 8_000)
    receipt = both.positions[0].receipts["wallet_leverage"]
    assert receipt.worked == "120,000 / 8,000 = 15"
    alone = report(PAIR[0]).positions[0]
    assert alone.wallet_leverage == alone.effective_leverage


def test_wallet_leverage_is_unknown_with_one_mark() -> None:
    risk = report(*PAIR, unmarked="ETH").positions[0]
    assert risk.wallet_leverage is None
    assert "ETH/USDT:USDT" in risk.missing["wallet_leverage"]


def test_what_the_loss_on_the_way_leaves_is_the_maintenance_there() -> None:
    alone = replace(PAIR[0], margin_mode=ISOLATED, leverage=10.0, entry_price=61_000.0)
    risk = report(alone, usdt=None).positions[0]
    price = risk.liquidation_price or 0.0
    assert risk.margin_at_liquidation == pytest.approx(0.005 * price)
    left = 6_100.0 - 1_000.0 - (60_000.0 - price)
    assert risk.margin_at_liquidation == pytest.approx(left)
    cross = report(*PAIR).positions[0]
    assert cross.margin_at_liquidation is None
    assert "same margin" in cross.missing["margin_at_liquidation"]


def test_the_nearest_move_is_the_smaller_of_both() -> None:
    both = report(*PAIR)
    risk, common = both.positions[0], found(both)
    assert common is not None
    assert common.move is not None
    assert nearest_move(risk, common) == abs(common.move)
    assert nearest_move(risk, None) == risk.distance_fraction
    rich = report(*PAIR, usdt=1e6).positions[0]
    assert nearest_move(rich, Together(None, None)) is None
