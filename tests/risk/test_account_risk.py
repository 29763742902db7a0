"""Account figures of a book's cross wallets, and the wallets that what-if shocks run on."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest

from dashboard.market.account import Balance, Book, MarginMode, Position, Side, SizeUnit
from dashboard.market.instrument import (
    ContractKind,
    Instrument,
    InstrumentKey,
    MarginTier,
    TierTable,
    TierTables,
    TierUnit,
)
from dashboard.market.readings import FundingRate, MarkPrice
from dashboard.market.snapshot import Snapshot
from dashboard.risk.account import common_shock, leg_prices, order_of_death, surplus
from dashboard.risk.account_risk import account_risks, book_wallets
from dashboard.risk.figures import Figures, figures_of
from dashboard.risk.prepared import prepare
from dashboard.risk.report import AccountRisk

NOW_MS = 1_790_000_000_000
LINEAR, INVERSE = ContractKind.LINEAR, ContractKind.INVERSE
MARKS = {"BTC": 60_000.0, "ETH": 3_000.0}


def position(
    coin: str = "BTC",
    side: Side = Side.LONG,
    size: float = 1.0,
    entry: float | None = None,
    *,
    venue: str = "binanceusdm",
    settle: str = "USDT",
    mode: MarginMode = MarginMode.CROSS,
    **changes: Any,
) -> Position:
    inverse = settle == coin
    fields: dict[str, Any] = {
        "id": f"{coin} {side.name} {size:g}",
        "instrument": Instrument(
            venue=venue,
            symbol=f"{coin}/{'USD' if inverse else settle}:{settle}",
            market_id=coin,
            base=coin,
            quote="USD" if inverse else settle,
            settle=settle,
            kind=INVERSE if inverse else LINEAR,
        ),
        "side": side,
        "size": size,
        "size_unit": SizeUnit.QUOTE if inverse else SizeUnit.BASE,
        "entry_price": entry or MARKS[coin],
        "margin_mode": mode,
        "leverage": 10.0,
        "maintenance_margin_rate": 0.005,
    }
    return Position(**{**fields, **changes})


def usdt(amount: float, venue: str = "binanceusdm") -> Balance:
    return Balance(venue=venue, coin="USDT", amount=amount)


def figures(
    *positions: Position,
    balances: tuple[Balance, ...] = (),
    tables: tuple[TierTable, ...] = (),
    unpriced: str = "",
    rate: float | None = None,
    now_ms: int = NOW_MS,
) -> Figures:
    snapshot = Snapshot()
    for held in positions:
        key = held.instrument.key
        common = {"venue": key.venue, "symbol": key.symbol, "endpoint": "test", "venue_ms": now_ms}
        if held.instrument.base != unpriced:
            mark = MARKS[held.instrument.base]
            snapshot.merge([MarkPrice(**common, received_ms=now_ms, mark=mark)])
        if rate is not None:
            funding = FundingRate(**common, received_ms=now_ms, predicted=rate, interval_hours=8.0)
            snapshot.merge([funding])
    tiers = TierTables({table.key: table for table in tables})
    book = Book(positions=positions, balances=balances)
    return figures_of(prepare(book, tiers, now_ms), snapshot, now_ms)


def only(found: tuple[AccountRisk, ...]) -> AccountRisk:
    assert len(found) == 1
    return found[0]


class TestAccountFigures:
    def test_what_the_wallet_holds_and_must_hold(self) -> None:
        book = figures(
            position(size=1.0, entry=61_000.0),
            position("ETH", Side.SHORT, 10.0),
            balances=(usdt(10_000.0),),
        )
        account = only(account_risks(book))
        assert (account.venue, account.currency) == ("binanceusdm", "USDT")
        assert account.wallet_balance == 10_000.0
        assert account.equity == pytest.approx(9_000.0)
        assert account.maintenance_margin == pytest.approx(0.005 * 90_000)
        assert account.margin_ratio == pytest.approx(450 / 9_000)
        assert account.missing == {}

    def test_the_shock_is_that_of_its_wallet(self) -> None:
        book = figures(position(), position("ETH", size=10.0), balances=(usdt(10_000.0),))
        account = only(account_risks(book))
        (wallet,) = book_wallets(book)
        assert wallet.id == "binanceusdm USDT"
        assert (account.shock_down, account.shock_up) == common_shock(wallet)
        assert account.shock_down is not None
        assert surplus(wallet, account.shock_down) == pytest.approx(0.0, abs=1e-6)
        assert account.shock_down == pytest.approx(-(10_000 - 450) / (90_000 * 0.995), rel=1e-9)

    def test_each_venue_and_currency_has_its_own(self) -> None:
        book = figures(
            position(),
            position(venue="okx"),
            position(settle="USDC"),
            balances=(usdt(10_000.0), usdt(20_000.0, "okx")),
        )
        found = {(a.venue, a.currency): a for a in account_risks(book)}
        assert set(found) == {("binanceusdm", "USDT"), ("okx", "USDT"), ("binanceusdm", "USDC")}
        assert found["okx", "USDT"].wallet_balance == 20_000.0
        assert found["binanceusdm", "USDC"].wallet_balance is None

    def test_a_book_without_cross_positions_has_no_account(self) -> None:
        assert account_risks(figures(position(mode=MarginMode.ISOLATED))) == ()

    def test_nothing_left_has_no_ratio(self) -> None:
        book = figures(position(entry=80_000.0), balances=(usdt(10_000.0),))
        account = only(account_risks(book))
        assert account.margin_ratio is None
        assert account.missing == {"margin_ratio": "no equity is left"}
        assert (account.shock_down, account.shock_up) == (0.0, 0.0)


class TestUnknown:
    TOGETHER = frozenset({"equity", "maintenance_margin", "margin_ratio", "shock_down", "shock_up"})

    def test_a_wallet_that_was_not_entered(self) -> None:
        account = only(account_risks(figures(position())))
        assert account.wallet_balance is None
        assert set(account.missing) == {*self.TOGETHER, "wallet_balance"}
        assert "no wallet balance in USDT was entered" in account.missing["equity"]

    def test_a_position_without_a_mark(self) -> None:
        book = figures(position(), position("ETH"), balances=(usdt(1e4),), unpriced="ETH")
        account = only(account_risks(book))
        assert account.wallet_balance == 1e4
        assert account.equity is None
        assert account.shock_down is None
        assert set(account.missing) == self.TOGETHER
        said = "ETH/USDT:USDT: no mark price received yet from binanceusdm"
        assert account.missing["shock_down"] == said
        assert book_wallets(book) == ()

    def test_profit_in_a_coin_that_itself_moves(self) -> None:
        inverse = position(settle="BTC", size=1_000.0, venue="bybit")
        cross_rate = position("ETH", settle="BTC", venue="bybit", entry=0.05)
        book = figures(
            inverse,
            replace(cross_rate, entry_price=3_000.0),
            balances=(Balance(venue="bybit", coin="BTC", amount=10_000.0),),
        )
        account = only(account_risks(book))
        assert account.equity is not None
        assert account.shock_down is None
        assert "whose price moves with the shock" in account.missing["shock_down"]


class TestWallets:
    def test_isolated_positions_are_wallets_of_their_own(self) -> None:
        isolated = position(mode=MarginMode.ISOLATED, size=2.0)
        book = figures(isolated, position("ETH"), balances=(usdt(1_000.0),))
        first, second = book_wallets(book)
        assert (first.id, second.id) == ("BTC LONG 2", "binanceusdm USDT")
        low = leg_prices(first, first.legs[0]).low
        assert low == pytest.approx(book.low[0])
        assert low == pytest.approx(60_000 * 0.9 / 0.995)

    def test_the_first_to_go_is_found_over_all_wallets(self) -> None:
        isolated = position(mode=MarginMode.ISOLATED, leverage=20.0)
        book = figures(isolated, position("ETH"), balances=(usdt(1_000.0),))
        deaths = order_of_death(book_wallets(book))
        assert [death.wallet for death in deaths] == ["BTC LONG 1", "binanceusdm USDT"]
        assert order_of_death(book_wallets(book), {"ETH": 10.0})[0].wallet == "binanceusdm USDT"

    def test_an_isolated_position_that_is_not_known_is_left_out(self) -> None:
        book = figures(position(mode=MarginMode.ISOLATED), unpriced="BTC")
        assert book_wallets(book) == ()

    def test_an_inverse_wallet_is_counted_in_quote_currency(self) -> None:
        held = position(settle="BTC", size=30_000.0, venue="binancecoinm")
        book = figures(held, balances=(Balance(venue="binancecoinm", coin="BTC", amount=0.1),))
        (wallet,) = book_wallets(book)
        assert wallet.collateral[0].price == 60_000.0
        assert wallet.collateral[0].moves
        assert leg_prices(wallet, wallet.legs[0]).low == pytest.approx(book.low[0])

    def test_a_payment_that_maintenance_includes_is_held_at_every_price(self) -> None:
        # KuCoin before 2025-05-22 counted the next funding payment as maintenance.
        before_ms = 1_740_000_000_000
        held = position(mode=MarginMode.ISOLATED, venue="kucoinfutures", taker_fee=0.0006)
        book = figures(held, rate=0.001, now_ms=before_ms)
        (wallet,) = book_wallets(book)
        free = book_wallets(figures(held, rate=0.0, now_ms=before_ms))[0]
        assert wallet.legs[0].terms.fixed - free.legs[0].terms.fixed == pytest.approx(60.0)
        assert leg_prices(wallet, wallet.legs[0]).low == pytest.approx(book.low[0])

    def test_other_coins_count_with_haircut_and_move_unless_they_are_dollars(self) -> None:
        book = figures(
            position(),
            balances=(
                usdt(5_000.0),
                Balance(venue="binanceusdm", coin="BTC", amount=0.1, haircut=0.95),
                Balance(venue="binanceusdm", coin="USDC", amount=1_000.0),
            ),
        )
        (wallet,) = book_wallets(book)
        held = {collateral.coin: collateral for collateral in wallet.collateral}
        assert held["BTC"].price == 60_000.0
        assert (held["BTC"].haircut, held["BTC"].moves) == (0.95, True)
        assert (held["USDC"].price, held["USDC"].moves) == (1.0, False)
        account = only(account_risks(book))
        assert account.wallet_balance == pytest.approx(5_000 + 6_000 + 1_000)
        assert account.equity == pytest.approx(5_000 + 5_700 + 1_000)
        assert surplus(wallet) == pytest.approx(account.equity - account.maintenance_margin)

    def test_positions_in_one_contract_and_direction_are_one_leg(self) -> None:
        tiers = (
            MarginTier(floor=0.0, cap=70_000.0, mmr=0.005),
            MarginTier(floor=70_000.0, mmr=0.05, cum=3_150.0),
        )
        key = InstrumentKey("binanceusdm", "BTC/USDT:USDT")
        table = TierTable(
            venue=key.venue, symbol=key.symbol, tiers=tiers, unit=TierUnit.QUOTE,
            as_of_ms=NOW_MS, source="test",
        )  # fmt: skip
        parts = [
            position(size=0.5, entry=50_000.0, maintenance_margin_rate=None),
            position(size=1.5, entry=62_000.0, maintenance_margin_rate=None),
        ]
        book = figures(*parts, balances=(usdt(30_000.0),), tables=(table,))
        (wallet,) = book_wallets(book)
        (leg,) = wallet.legs
        assert leg.terms.quantity == 2.0
        assert leg.terms.entry == pytest.approx(59_000.0)
        account = only(account_risks(book))
        assert account.maintenance_margin == pytest.approx(120_000 * 0.05 - 3_150)
        assert surplus(wallet) == pytest.approx(account.equity - account.maintenance_margin)
        assert leg_prices(wallet, leg).low == pytest.approx(book.low[0])
        assert math.isclose(book.low[0], book.low[1])
