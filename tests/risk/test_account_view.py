"""The account in words and totals: betas, reverse stress, hedged pairs, wallets left out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.market.account import Balance, Book, Breach, Position, Side
from dashboard.market.instrument import Instrument
from dashboard.risk.account import common_shock, surplus
from dashboard.risk.account_rows import wallets_of
from dashboard.risk.assess import assess
from dashboard.risk.betas import MIN_BETA_HOURS, Beta, beta, betas
from dashboard.risk.held_wallets import HeldWallets
from dashboard.risk.report import RiskReport
from dashboard.risk.stress import (
    deaths,
    hedged_pairs,
    nearest,
    past_liquidation,
    reverse_stress,
)
from dashboard.risk.totals import totals
from tests.risk.builders import (
    CROSS,
    INVERSE,
    ISOLATED,
    LINEAR,
    LONG,
    NO_TIERS,
    NOW,
    SHORT,
    funding,
    instrument,
    mark,
    position,
    report_of,
    snapshot_of,
)

PRICES = {"BTC": 60_000.0, "ETH": 3_000.0, "SOL": 150.0}
RULE = {"maintenance_margin_rate": 0.005, "taker_fee": 0.0005, "leverage": 10.0}


def held(
    coin: str,
    side: Side,
    size: float,
    *,
    venue: str = "binanceusdm",
    cross: bool = True,
    kind: object = LINEAR,
    **more: object,
) -> Position:
    contract = instrument(coin, venue=venue, kind=INVERSE if kind is INVERSE else LINEAR)
    name = f"{coin} {side.name} {venue} {cross}"
    fields = {**RULE, **more}
    entry = float(str(fields.pop("entry", PRICES[coin])))
    return position(
        side,
        size,
        entry,
        of=contract,
        mode=CROSS if cross else ISOLATED,
        name=name,
        **fields,
    )


def book(
    *positions: Position,
    usdt: float | None = 20_000.0,
    others: Sequence[Balance] = (),
    unmarked: str = "",
    rate: float = 0.0001,
) -> RiskReport:
    contracts: list[Instrument] = [one.instrument for one in positions]
    marks = [mark(c, PRICES[c.base]) for c in contracts if c.base != unmarked]
    venues = {contract.venue for contract in contracts if contract.kind is LINEAR}
    own = [] if usdt is None else [Balance(venue=v, coin="USDT", amount=usdt) for v in venues]
    snapshot = snapshot_of(*marks, *(funding(contract, rate) for contract in contracts))
    return report_of(positions, snapshot, balances=(*own, *others))


LONG_BTC = held("BTC", LONG, 1.0)
SHORT_SOL = held("SOL", SHORT, 200.0, venue="bybit", cross=False)


class TestWallets:
    def test_cross_and_isolated_stand_side_by_side(self) -> None:
        found = wallets_of(book(LONG_BTC, SHORT_SOL))
        assert [(one.title, one.isolated) for one in found.known] == [
            ("SOL short isolated at bybit", True),
            ("binanceusdm USDT cross", False),
        ]
        assert found.missing == {}
        assert found.title(SHORT_SOL.id) == "SOL short isolated at bybit"

    def test_unknown_balance_is_said(self) -> None:
        found = wallets_of(book(LONG_BTC, usdt=None))
        assert found.known == ()
        (reason,) = found.missing.values()
        assert reason == "no wallet balance in USDT was entered for binanceusdm"

    @pytest.mark.parametrize(
        ("changed", "unmarked", "reason"),
        [
            ({}, "SOL", "SOL/USDT:USDT: no mark price received yet from bybit"),
            ({"maintenance_margin_rate": None}, "", "tier"),
            ({"size": -1.0}, "", "size"),
        ],
    )
    def test_unknown_isolated_position_is_said(
        self, changed: dict[str, object], unmarked: str, reason: str
    ) -> None:
        size = float(str(changed.pop("size", 200.0)))
        lost = held("SOL", SHORT, size, venue="bybit", cross=False, **changed)
        found = wallets_of(book(LONG_BTC, lost, unmarked=unmarked))
        assert list(found.missing) == ["SOL short isolated at bybit"]
        assert reason in found.missing["SOL short isolated at bybit"]
        assert [one.title for one in found.known] == ["binanceusdm USDT cross"]

    def test_wallet_kept_in_no_dollars_is_left_out(self) -> None:
        contract = instrument("BTC", quote="EUR")
        euro = position(LONG, 1.0, 60_000.0, of=contract, name="euro", **RULE)
        report = report_of([euro], snapshot_of(mark(contract, 60_000.0)))
        (reason,) = wallets_of(report).missing.values()
        assert "kept in EUR, for which no price in dollars is known" in reason
        assert (
            "quoted in EUR"
            in totals(report.positions, wallets_of(report)).missing["gross_notional"]
        )

    def test_profit_in_a_third_coin_that_moves_is_left_out(self) -> None:
        third = Instrument(
            venue="okx", symbol="ETH/USD:BTC", market_id="x", base="ETH", quote="USD",
            settle="BTC", kind=LINEAR,
        )  # fmt: skip
        coin = held("BTC", LONG, 100_000.0, venue="okx", kind=INVERSE)
        other = position(LONG, 1.0, 3_000.0, of=third, mode=CROSS, name="third", **RULE)
        marks = snapshot_of(mark(coin.instrument, 60_000.0), mark(third, 3_000.0))
        balance = Balance(venue="okx", coin="BTC", amount=5_000.0)
        found = wallets_of(report_of([coin, other], marks, balances=[balance]))
        (reason,) = found.missing.values()
        assert "whose price moves with the shock" in reason

    @pytest.mark.parametrize("cross", [True, False])
    def test_wallet_that_may_be_gone_is_not_counted_until_somebody_says(self, cross: bool) -> None:
        crossed, other = held("SOL", LONG, 200.0, cross=cross), held("ETH", LONG, 1.0, cross=False)
        breach = Breach(at_ms=NOW - 60_000, mark_price=130.0, liquidation_price=135.0)
        marks = snapshot_of(mark(crossed.instrument, 150.0), mark(other.instrument, 3_000.0))
        balance = Balance(venue="binanceusdm", coin="USDT", amount=20_000.0)
        open_ = Book(positions=(crossed, other), balances=(balance,))
        asked = replace(open_, breaches={crossed.id: breach})
        title = "binanceusdm USDT cross" if cross else "SOL long isolated at binanceusdm"
        found = wallets_of(assess(asked, marks, NO_TIERS, NOW))
        assert list(found.missing) == [title]
        assert "say on its card whether it still stands" in found.missing[title]
        to_come = replace(breach, at_ms=NOW + 3_600_000)
        later = replace(open_, breaches={crossed.id: to_come})
        assert wallets_of(assess(later, marks, NO_TIERS, NOW)).missing == {}
        beyond = snapshot_of(mark(crossed.instrument, 1.0), mark(other.instrument, 3_000.0))
        poor = replace(asked, balances=(replace(balance, amount=1_000.0),))
        now = wallets_of(assess(poor, beyond, NO_TIERS, NOW))
        assert [row.title for row in past_liquidation(now)] == [title]

    def test_titles_tell_positions_of_one_contract_apart(self) -> None:
        first = held("SOL", LONG, 200.0, cross=False)
        second = replace(first, id="second", entry_price=140.0)
        found = wallets_of(book(first, second))
        assert [one.title for one in found.known] == [
            "SOL long isolated @150 at binanceusdm",
            "SOL long isolated @140 at binanceusdm",
        ]

    def test_report_put_together_by_hand_has_none(self) -> None:
        assert wallets_of(RiskReport(now_ms=NOW, positions=())) == HeldWallets()


class TestStress:
    def test_order_of_death_names_prices_and_what_is_left(self) -> None:
        found = wallets_of(book(LONG_BTC, held("SOL", LONG, 200.0, cross=False)))
        first, second = deaths(found, None, up=False)
        assert (first.number, first.title) == (1, "SOL long isolated at binanceusdm")
        ((contract, price),) = first.prices
        assert contract == "SOL/USDT:USDT"
        assert price == pytest.approx(150 * (1 + first.shock))
        assert first.equity_left == pytest.approx(20_000 + 60_000 * first.shock)
        assert second.equity_left == 0.0

    def test_position_past_liquidation_is_listed_once_and_owes_the_others_nothing(self) -> None:
        lost = held("SOL", LONG, 200.0, cross=False, entry=190.0)
        report = book(LONG_BTC, lost)
        found = wallets_of(report)
        (gone,) = past_liquidation(found)
        assert (gone.number, gone.title) == (0, "SOL long isolated at binanceusdm")
        assert (gone.shock, gone.equity_left) == (0.0, pytest.approx(20_000.0))
        falling, rising = deaths(found, None, up=False), deaths(found, None, up=True)
        assert [(row.number, row.title) for row in falling] == [(1, "binanceusdm USDT cross")]
        assert rising == ()
        assert totals(report.positions, found).equity == pytest.approx(20_000.0)

    def test_sentence_has_both_moves_and_who_goes_last(self) -> None:
        found = wallets_of(
            book(
                LONG_BTC,
                held("ETH", LONG, 5.0),
                held("SOL", LONG, 5.0, cross=False, leverage=2.0),
                SHORT_SOL,
            )
        )
        stress = reverse_stress(found, {"ETH": 1.5})
        assert stress is not None
        cross = found.known[-1].wallet
        assert stress.title == "binanceusdm USDT cross"
        assert stress.measured == common_shock(cross, {"ETH": 1.5}).down
        assert stress.alike == common_shock(cross).down
        assert stress.measured is not None
        assert stress.alike is not None
        assert surplus(cross, stress.alike) == pytest.approx(0.0, abs=1e-6)
        assert stress.alike < stress.measured < 0
        assert (stress.first, stress.last) == ("", "SOL long isolated at binanceusdm")
        assert stress.unharmed == ("SOL short isolated at bybit",)

    def test_isolated_position_that_goes_before_the_cross_book_is_named(self) -> None:
        early = held("SOL", LONG, 200.0, venue="bybit", cross=False)
        stress = reverse_stress(wallets_of(book(LONG_BTC, early)), None)
        assert stress is not None
        assert stress.title == "binanceusdm USDT cross"
        assert (stress.first, stress.last) == ("SOL long isolated at bybit", "")

    def test_first_death_is_the_nearest_of_all_whichever_way_prices_move(self) -> None:
        early = held("SOL", SHORT, 200.0, venue="bybit", cross=False, leverage=20.0)
        found = wallets_of(book(LONG_BTC, early, held("ETH", LONG, 5.0, cross=False)))
        stress = reverse_stress(found, {"SOL": 0.5, "ETH": 1.5})
        assert stress is not None
        for first, betas_ in ((stress.first_measured, {"SOL": 0.5, "ETH": 1.5}),
                              (stress.first_alike, None)):  # fmt: skip
            rows = [row for up in (True, False) for row in deaths(found, betas_, up=up)]
            nearest_row = min(rows, key=lambda row: abs(row.shock))
            assert first == (nearest_row.title, nearest_row.shock)
        assert stress.first_alike is not None
        assert stress.first_alike.title == "SOL short isolated at bybit"
        assert (stress.wallets, stress.whole, stress.past) == (3, True, ())

    def test_wallets_past_liquidation_are_named_apart(self) -> None:
        lost = held("SOL", LONG, 200.0, cross=False, entry=190.0)
        stress = reverse_stress(wallets_of(book(LONG_BTC, lost)), None)
        assert stress is not None
        assert stress.past == ("SOL long isolated at binanceusdm",)
        assert (stress.title, stress.wallets) == ("binanceusdm USDT cross", 1)
        assert (stress.first, stress.first_measured) == ("", None)
        alone = reverse_stress(wallets_of(book(lost)), None)
        assert alone is not None
        assert (alone.title, alone.wallets, alone.first_alike) == ("", 0, None)

    def test_without_betas_only_the_alike_case_is_known(self) -> None:
        stress = reverse_stress(wallets_of(book(LONG_BTC)), None)
        assert stress is not None
        assert stress.measured is None
        assert (stress.last, stress.unharmed) == ("", ())

    def test_first_isolated_position_stands_for_a_book_without_cross(self) -> None:
        stress = reverse_stress(wallets_of(book(SHORT_SOL)), None)
        assert stress is not None
        assert stress.title == "SOL short isolated at bybit"
        assert (stress.alike or 0) > 0

    def test_book_that_nothing_ends(self) -> None:
        stress = reverse_stress(wallets_of(book(LONG_BTC, usdt=1e6)), None)
        assert stress is not None
        assert (stress.alike, stress.last) == (None, "")
        assert reverse_stress(HeldWallets(), None) is None
        assert nearest(common_shock(wallets_of(book(SHORT_SOL)).wallets[0])) is not None

    def test_hedge_across_wallets_dies_both_ways(self) -> None:
        short = held("BTC", SHORT, 1.0, venue="bybit", cross=False)
        found = wallets_of(book(LONG_BTC, short))
        (pair,) = hedged_pairs(found)
        assert (pair.coin, pair.long_notional, pair.short_notional) == ("BTC", 60_000, 60_000)
        assert pair.long_title == "binanceusdm USDT cross"
        assert pair.short_title == "BTC short isolated at bybit"
        assert (pair.long_dies or 0) == pytest.approx(-0.33, abs=0.01)
        assert (pair.short_dies or 0) == pytest.approx(0.09, abs=0.01)

    def test_inverse_hedge_counts_in_dollars(self) -> None:
        short = held("BTC", SHORT, 60_000.0, venue="okx", kind=INVERSE)
        coin = Balance(venue="okx", coin="BTC", amount=0.5)
        (pair,) = hedged_pairs(wallets_of(book(LONG_BTC, short, others=[coin])))
        assert pair.short_notional == pytest.approx(60_000)

    def test_small_opposite_is_no_hedge_and_one_wallet_is_none(self) -> None:
        small = held("BTC", SHORT, 0.1, venue="bybit", cross=False)
        assert hedged_pairs(wallets_of(book(LONG_BTC, small))) == ()
        assert hedged_pairs(wallets_of(book(LONG_BTC, held("BTC", SHORT, 1.0)))) == ()


class TestTotals:
    def test_figures_of_a_book(self) -> None:
        report = book(LONG_BTC, SHORT_SOL)
        found = totals(report.positions, wallets_of(report))
        assert found.equity == pytest.approx(20_000 + 3_000)
        assert found.gross_notional == pytest.approx(90_000)
        assert found.net_notional == pytest.approx(30_000)
        assert found.effective_leverage == pytest.approx(90_000 / 23_000)
        assert found.margin_used == pytest.approx(9_000)
        assert found.funding_per_day == pytest.approx(3 * 0.0001 * 30_000)
        assert found.concentration == pytest.approx((2 / 3) ** 2 + (1 / 3) ** 2)
        assert [name for name, _share in found.coins] == ["BTC", "SOL"]
        assert found.venues == (
            ("binanceusdm", pytest.approx(2 / 3)),
            ("bybit", pytest.approx(1 / 3)),
        )
        assert found.missing == {}

    def test_inverse_contract_counts_in_quote(self) -> None:
        report = book(
            held("BTC", LONG, 30_000.0, venue="okx", kind=INVERSE),
            others=[Balance(venue="okx", coin="BTC", amount=0.5)],
        )
        found = totals(report.positions, wallets_of(report))
        assert found.gross_notional == pytest.approx(30_000)
        assert found.margin_used == pytest.approx(3_000)
        assert found.equity == pytest.approx(30_000)

    def test_unknown_has_its_reason(self) -> None:
        report = book(LONG_BTC, usdt=None)
        found = totals(report.positions, wallets_of(report))
        assert (found.equity, found.effective_leverage) == (None, None)
        assert "no wallet balance" in found.missing["effective_leverage"]
        unmarked = book(LONG_BTC, SHORT_SOL, unmarked="SOL")
        lost = totals(unmarked.positions, wallets_of(unmarked))
        assert lost.gross_notional is lost.net_notional is lost.concentration is None
        assert "SOL/USDT:USDT" in lost.missing["net_notional"]
        assert lost.coins == ()
        no_leverage = book(held("BTC", LONG, 1.0, leverage=None))
        margin = totals(no_leverage.positions, wallets_of(no_leverage))
        assert margin.margin_used is None
        assert margin.missing["margin_used"].startswith("BTC/USDT:USDT: ")

    def test_what_is_known_bounds_the_sums_of_what_is_never_below_zero(self) -> None:
        report = book(
            LONG_BTC,
            SHORT_SOL,
            held("SOL", LONG, 10.0, cross=False),
            held("ETH", LONG, 1.0, leverage=None),
            unmarked="SOL",
        )
        found = totals(report.positions, wallets_of(report))
        assert found.equity is found.gross_notional is found.margin_used is None
        assert found.least == {
            "equity": pytest.approx(20_000),
            "gross_notional": pytest.approx(63_000),
            "margin_used": pytest.approx(6_000 + 3_000 + 150),
        }
        assert set(found.least) <= set(found.missing)
        for price in (1.0, 150.0, 400.0):
            marks = [mark(one.position.instrument, PRICES[one.position.instrument.base])
                     for one in report.positions]  # fmt: skip
            sol = [mark(one.position.instrument, price) for one in report.positions
                   if one.position.instrument.base == "SOL"]  # fmt: skip
            positions = [one.position for one in report.positions]
            usdt = [Balance(venue=v, coin="USDT", amount=20_000.0) for v in ("binanceusdm",)]
            whole = report_of(positions, snapshot_of(*marks, *sol), balances=usdt)
            known = totals(whole.positions, wallets_of(whole))
            assert (known.equity or 0.0) >= found.least["equity"] - 1e-6
            assert (known.gross_notional or 0.0) >= found.least["gross_notional"]

    def test_nothing_known_bounds_nothing(self) -> None:
        bare = held("SOL", LONG, 1.0, leverage=None)
        report = book(bare, unmarked="SOL")
        found = totals(report.positions, wallets_of(report))
        assert found.least == {}
        assert {"equity", "gross_notional", "margin_used"} <= set(found.missing)

    def test_inverse_without_a_mark_has_no_worth(self) -> None:
        report = book(held("BTC", LONG, 30_000.0, kind=INVERSE), unmarked="BTC")
        assert "BTC/USD:BTC" in totals(report.positions, wallets_of(report)).missing["margin_used"]

    def test_lost_account_has_no_leverage(self) -> None:
        report = book(LONG_BTC, usdt=-5.0)
        found = totals(report.positions, wallets_of(report))
        assert found.missing["effective_leverage"] == "no equity is left"

    def test_empty_book(self) -> None:
        found = totals((), HeldWallets())
        assert found.missing["equity"] == "there is no open position"
        assert found.missing["concentration"] == "there is no open position"
        assert found.gross_notional == 0.0


HOUR = 3_600_000


def prices(returns: np.ndarray, start: float = 100.0, first: int = 0) -> np.ndarray:
    closes = start * np.exp(np.concatenate([[0.0], np.cumsum(returns)]))
    hours = (first + np.arange(closes.size)) * float(HOUR)
    return np.column_stack([hours, closes])


class TestBetas:
    RETURNS = np.random.default_rng(7).normal(0, 0.01, 400)

    @given(st.floats(-3, 3), st.floats(-0.001, 0.001))
    def test_straight_relation_is_found_whatever_the_drift(
        self, slope: float, drift: float
    ) -> None:
        found = beta(prices(slope * self.RETURNS + drift), prices(self.RETURNS))
        assert found.hours == 400
        assert found.value == pytest.approx(slope, abs=1e-9)

    def test_least_squares_agrees_with_numpy(self) -> None:
        own = 1.3 * self.RETURNS + np.random.default_rng(8).normal(0, 0.01, 400)
        found = beta(prices(own), prices(self.RETURNS))
        assert found.value == pytest.approx(np.polyfit(self.RETURNS, own, 1)[0])

    def test_only_hours_that_both_have_count(self) -> None:
        coin, market = prices(2 * self.RETURNS), prices(self.RETURNS)
        holes = np.delete(coin, [50, 51, 200], axis=0)
        holes[10, 1] = math.nan
        holes[20, 1] = 0.0
        found = beta(np.concatenate([holes, holes[-1:]]), market)
        assert found.hours == 400 - 3 - 2 - 4
        assert found.value == pytest.approx(2.0)

    def test_too_few_hours_are_unknown_with_their_number(self) -> None:
        few = prices(self.RETURNS[: MIN_BETA_HOURS - 1])
        assert beta(few, few) == Beta(
            None, MIN_BETA_HOURS - 1, "167 h are stored in common, 168 are needed"
        )

    def test_still_market_has_no_beta(self) -> None:
        still = prices(np.zeros(300))
        assert beta(prices(self.RETURNS), still).reason == "Bitcoin did not move in 300 h"

    def test_every_coin_against_bitcoin(self) -> None:
        found = betas({"BTC": prices(self.RETURNS), "ETH": prices(1.5 * self.RETURNS)}, "BTC")
        assert found["BTC"].value == 1.0
        assert found["ETH"].value == pytest.approx(1.5)
        assert betas({"ETH": prices(self.RETURNS)}, "BTC")["ETH"].value is None
