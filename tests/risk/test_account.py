"""The cross account: exact shocks, frozen prices and the order of death."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.errors import InputError
from dashboard.market.account import Side
from dashboard.market.instrument import ContractKind, InstrumentKey, MarginTier
from dashboard.risk.account import (
    common_shock,
    equity,
    leg_prices,
    maintenance,
    order_of_death,
    surplus,
)
from dashboard.risk.liquidation import Leg, safe_prices
from dashboard.risk.wallet import Collateral, Wallet, WalletLeg
from dashboard.store.tiers import load_tiers

LINEAR, INVERSE = ContractKind.LINEAR, ContractKind.INVERSE
FLAT = (MarginTier(floor=0.0, mmr=0.005),)
FAR_UP = 1e7


def leg(
    coin: str,
    side: Side,
    quantity: float,
    entry: float,
    mark: float,
    *,
    kind: ContractKind = LINEAR,
    tiers: tuple[MarginTier, ...] = FLAT,
    settle: str | None = None,
    contract: str | None = None,
    name: str | None = None,
    close_fee: float = 0.0,
    fixed: float = 0.0,
    rate_growth: float = 0.0,
) -> WalletLeg:
    settle = settle or (coin if kind is INVERSE else "USDT")
    return WalletLeg(
        id=name or coin,
        contract=contract or f"{coin}:{settle}",
        coin=coin,
        settle=settle,
        mark_price=mark,
        terms=Leg(
            kind=kind,
            side=side,
            quantity=quantity,
            entry=entry,
            tiers=tiers,
            close_fee=close_fee,
            fixed=fixed,
            rate_growth=rate_growth,
        ),
    )


def usdt(amount: float) -> Collateral:
    return Collateral(coin="USDT", amount=amount)


def binance(coin: str) -> tuple[MarginTier, ...]:
    table = load_tiers(None).find(InstrumentKey("binanceusdm", f"{coin}/USDT:USDT"))
    assert table is not None
    return table.tiers


class TestWorkedAccount:
    """Solved by an independent script: 300,000 USDT, three legs, Binance's tiers of 2026-09."""

    WALLET = Wallet(
        id="binance",
        legs=(
            leg("BTC", Side.LONG, 20, 61_000, 60_000, tiers=binance("BTC")),
            leg("ETH", Side.LONG, 300, 2_950, 3_000, tiers=binance("ETH")),
            leg("SOL", Side.SHORT, 2_000, 160, 150, tiers=binance("SOL")),
        ),
        collateral=(usdt(300_000),),
    )
    BETAS: Mapping[str, float] = {"BTC": 1.0, "ETH": 1.25, "SOL": 1.5}

    def test_each_leg_with_the_others_frozen(self) -> None:
        btc, eth, sol = (leg_prices(self.WALLET, held) for held in self.WALLET.legs)
        assert btc.low == pytest.approx(44_777, abs=0.5)
        assert btc.low == pytest.approx(60_000 * (1 - 0.254), rel=1e-3)
        assert eth.low == pytest.approx(1_986, abs=0.5)
        assert eth.low == pytest.approx(3_000 * (1 - 0.338), rel=1e-3)
        assert sol.high == pytest.approx(299.9, abs=0.05)
        assert sol.high == pytest.approx(150 * (1 + 0.999), rel=1e-3)
        assert (btc.high, eth.high, sol.low) == (None, None, None)

    def test_the_joint_shock_kills_far_earlier_than_any_leg_alone(self) -> None:
        shock = common_shock(self.WALLET, self.BETAS)
        assert shock.down == pytest.approx(-0.1628, abs=5e-5)
        assert shock.up is None
        prices = {
            held.coin: held.mark_price * (1 + self.BETAS[held.coin] * shock.down)
            for held in self.WALLET.legs
        }
        assert prices["BTC"] == pytest.approx(50_231, abs=0.5)
        assert prices["ETH"] == pytest.approx(2_389, abs=0.5)
        assert prices["SOL"] == pytest.approx(113.4, abs=0.05)
        assert surplus(self.WALLET, shock.down, self.BETAS) == pytest.approx(0.0, abs=1e-6)

    def test_the_crash_case_moves_every_coin_alike(self) -> None:
        down = common_shock(self.WALLET).down
        assert down is not None
        assert down == common_shock(self.WALLET, dict.fromkeys(self.BETAS, 1.0)).down
        assert surplus(self.WALLET, down) == pytest.approx(0.0, abs=1e-6)

    def test_equity_and_maintenance_today(self) -> None:
        pnl = 20 * -1_000 + 300 * 50 + 2_000 * 10
        assert equity(self.WALLET) == pytest.approx(300_000 + pnl)
        assert surplus(self.WALLET) == pytest.approx(equity(self.WALLET) - maintenance(self.WALLET))


class TestSmallAccounts:
    def test_other_maintenance_counts_in_a_cross_account(self) -> None:
        # Equity 5, one unit at 100, MMR 0.4 %, 4 held for others: 99.3976, alone 95.38.
        tiers = (MarginTier(floor=0.0, mmr=0.004),)
        alone = leg("A", Side.LONG, 1, 100, 100, tiers=tiers)
        other = leg("B", Side.LONG, 1, 10, 10, tiers=(MarginTier(floor=0.0, mmr=0.4),))
        both = Wallet(id="w", legs=(alone, other), collateral=(usdt(5),))
        single = Wallet(id="w", legs=(alone,), collateral=(usdt(5),))
        assert leg_prices(both, alone).low == pytest.approx(99.3976, abs=5e-5)
        assert leg_prices(single, alone).low == pytest.approx(95.38, abs=5e-3)

    def test_equal_hedge_legs_die_of_growing_maintenance_above(self) -> None:
        # Binance hedge mode, 1 against 1 at 60,000 with 1,000 USDT: 125,000, no lower price.
        tiers = (MarginTier(floor=0.0, mmr=0.004),)
        long = leg("BTC", Side.LONG, 1, 60_000, 60_000, tiers=tiers, name="long")
        short = leg("BTC", Side.SHORT, 1, 60_000, 60_000, tiers=tiers, name="short")
        wallet = Wallet(id="w", legs=(long, short), collateral=(usdt(1_000),))
        assert leg_prices(wallet, long) == leg_prices(wallet, short)
        assert leg_prices(wallet, long).low is None
        assert leg_prices(wallet, long).high == pytest.approx(125_000)

    def test_a_wallet_below_maintenance_is_dead_at_no_shock(self) -> None:
        wallet = Wallet(
            id="w", legs=(leg("BTC", Side.LONG, 1, 60_000, 50_000),), collateral=(usdt(10_000),)
        )
        assert common_shock(wallet) == (0.0, 0.0)

    def test_a_wallet_without_positions_never_dies(self) -> None:
        assert common_shock(Wallet(id="w", legs=(), collateral=())) == (None, None)

    def test_a_long_paid_in_full_survives_a_price_of_zero(self) -> None:
        wallet = Wallet(
            id="w", legs=(leg("BTC", Side.LONG, 1, 60_000, 60_000),), collateral=(usdt(60_000),)
        )
        assert common_shock(wallet) == (None, None)

    def test_a_short_that_its_coin_covers_never_dies_of_its_price(self) -> None:
        short = leg("BTC", Side.SHORT, 30_000, 60_000, 60_000, kind=INVERSE)
        wallet = Wallet(
            id="w",
            legs=(short,),
            collateral=(Collateral(coin="BTC", amount=0.51, price=60_000, moves=True),),
        )
        assert common_shock(wallet) == (None, None)
        assert leg_prices(wallet, short) == (None, None)

    def test_a_coin_with_a_negative_beta_kills_on_the_way_up(self) -> None:
        wallet = Wallet(
            id="w", legs=(leg("XAU", Side.LONG, 1, 2_000, 2_000),), collateral=(usdt(210),)
        )
        shock = common_shock(wallet, {"XAU": -0.5})
        mirrored = common_shock(wallet, {"XAU": 0.5})
        assert shock.down is None
        assert shock.up == pytest.approx(-(mirrored.down or 0.0))
        price = 2_000 * (1 - 0.5 * (shock.up or 0.0))
        assert price == pytest.approx((2_000 - 210) / (1 - 0.005))

    def test_a_fee_for_closing_and_a_fixed_reserve_bring_it_nearer(self) -> None:
        def low(**extra: float) -> float:
            held = leg("BTC", Side.LONG, 1, 60_000, 60_000, **extra)
            price = leg_prices(Wallet(id="w", legs=(held,), collateral=(usdt(6_000),)), held).low
            assert price is not None
            return price

        assert low() == pytest.approx(54_000 / 0.995)
        assert low(close_fee=0.0005) == pytest.approx(54_000 / 0.9945)
        assert low(fixed=100.0) == pytest.approx(54_100 / 0.995)

    def test_a_jump_in_maintenance_liquidates_at_the_jump(self) -> None:
        tiers = (
            MarginTier(floor=0.0, cap=70_000.0, mmr=0.01),
            MarginTier(floor=70_000.0, mmr=0.2),
        )
        short = leg("BTC", Side.SHORT, 1, 60_000, 60_000, tiers=tiers)
        wallet = Wallet(id="w", legs=(short,), collateral=(usdt(20_000),))
        assert leg_prices(wallet, short).high == pytest.approx(70_000)

    def test_profit_paid_in_a_third_coin_that_moves_is_refused(self) -> None:
        quanto = leg("ETH", Side.LONG, 1, 3_000, 3_000, settle="BTC")
        wallet = Wallet(
            id="w",
            legs=(quanto,),
            collateral=(Collateral(coin="BTC", amount=1, price=60_000, moves=True),),
        )
        with pytest.raises(InputError, match="is paid in BTC, whose price moves"):
            common_shock(wallet)

    @pytest.mark.parametrize("beta", [math.nan, math.inf])
    def test_a_beta_must_be_a_number(self, beta: float) -> None:
        wallet = Wallet(id="w", legs=(leg("BTC", Side.LONG, 1, 1, 1),), collateral=(usdt(1),))
        with pytest.raises(InputError, match="beta of BTC must be a finite number") as caught:
            common_shock(wallet, {"BTC": beta})
        assert caught.value.field == "betas"

    @pytest.mark.parametrize("figure", [equity, surplus])
    def test_no_price_falls_below_zero(self, figure: Callable[..., float]) -> None:
        wallet = Wallet(id="w", legs=(leg("BTC", Side.LONG, 1, 1, 1),), collateral=(usdt(1),))
        with pytest.raises(InputError, match=r"shock must lie between -0\.5 and inf"):
            figure(wallet, -0.6, {"BTC": 2.0})


class TestDeribitsGrowingRate:
    """An inverse position whose rate grows with its coin size: one wallet, a quadratic in 1/P."""

    LONG = leg("BTC", Side.LONG, 1e6, 60_000, 60_000, kind=INVERSE,
               tiers=(MarginTier(floor=0.0, mmr=0.01),), rate_growth=0.00005)  # fmt: skip
    HELD = Collateral(coin="BTC", amount=3.0, price=60_000.0, moves=True)

    def test_the_shock_is_the_price_that_the_kernel_finds(self) -> None:
        wallet = Wallet(id="w", legs=(self.LONG,), collateral=(self.HELD,))
        price = safe_prices(3.0, (self.LONG.terms,), 60_000.0).low
        down = common_shock(wallet).down
        assert price is not None
        assert down is not None
        assert 60_000 * (1 + down) == pytest.approx(price, rel=1e-12)
        assert leg_prices(wallet, self.LONG).low == pytest.approx(price, rel=1e-12)
        assert surplus(wallet, down) == pytest.approx(0.0, abs=1e-6)

    def test_beside_a_linear_leg_it_is_solved_too_and_frozen_it_stands_still(self) -> None:
        short = leg("ETH", Side.SHORT, 100, 3_000, 3_000)
        wallet = Wallet(id="w", legs=(self.LONG, short), collateral=(self.HELD, usdt(5_000)))
        for shock in common_shock(wallet, {"ETH": 2.0}):
            assert shock is None or surplus(wallet, shock, {"ETH": 2.0}) == pytest.approx(
                0.0, abs=1e-5
            )
        high = leg_prices(wallet, short).high
        assert high is not None
        assert maintenance(wallet) == pytest.approx(
            1e6 * (0.01 + 0.00005 * 1e6 / 60_000) + 300_000 * 0.005
        )

    def test_a_short_held_by_its_coin_has_no_upper_price(self) -> None:
        short = leg("BTC", Side.SHORT, 1e5, 60_000, 60_000, kind=INVERSE,
                    tiers=(MarginTier(floor=0.0, mmr=0.01),), rate_growth=0.00005)  # fmt: skip
        wallet = Wallet(id="w", legs=(short,), collateral=(self.HELD,))
        assert common_shock(wallet).up is None

    def test_two_frozen_legs_of_one_coin_keep_their_maintenance(self) -> None:
        dated = leg("BTC", Side.SHORT, 1e5, 60_000, 61_000, kind=INVERSE, contract="dated",
                    rate_growth=0.00005)  # fmt: skip
        wallet = Wallet(id="w", legs=(self.LONG, dated), collateral=(self.HELD,))
        others = 1e5 * (1 / 61_000 - 1 / 60_000)
        held = dated.terms.maintenance(61_000)
        expected = safe_prices(3.0 + others - held, (self.LONG.terms,), 60_000.0).low
        assert leg_prices(wallet, self.LONG).low == pytest.approx(expected, rel=1e-12)


class TestOrderOfDeath:
    def test_the_nearest_dies_first_and_the_rest_is_counted_at_that_price(self) -> None:
        tiers = (MarginTier(floor=0.0, mmr=0.005),)
        wallets = [
            Wallet(id=name, legs=(leg("BTC", side, 1, 100, 100, tiers=tiers, name=name),),
                   collateral=(usdt(margin),))
            for name, side, margin in (
                ("5x long", Side.LONG, 20.0), ("20x long", Side.LONG, 5.0),
                ("10x short", Side.SHORT, 10.0), ("1x long", Side.LONG, 100.0),
            )
        ]  # fmt: skip
        first, second = order_of_death(wallets)
        assert (first.wallet, second.wallet) == ("20x long", "5x long")
        price = 95 / 0.995
        assert first.shock == pytest.approx(price / 100 - 1)
        assert first.equity_left == pytest.approx(20 + 10 + 100 + (price - 100))
        upwards = order_of_death(wallets, up=True)
        assert [death.wallet for death in upwards] == ["10x short"]
        assert order_of_death(wallets, {"BTC": 2.0})[0].shock == pytest.approx(first.shock / 2)


coins = st.sampled_from(["BTC", "ETH", "SOL", "XRP"])
MARKS = {"BTC": 60_000.0, "ETH": 3_000.0, "SOL": 150.0, "XRP": 0.5}


@st.composite
def tier_tables(draw: st.DrawFn, scale: float) -> tuple[MarginTier, ...]:
    """A convex table: rising rates, continuous deductions."""
    steps = draw(st.lists(st.tuples(st.floats(0.05, 3.0), st.floats(1.1, 2.0)), max_size=5))
    rows = [MarginTier(floor=0.0, mmr=draw(st.floats(0.002, 0.05)))]
    for width, growth in steps:
        floor = rows[-1].floor + width * scale
        rate = min(rows[-1].mmr * growth, 0.5)
        rows[-1] = MarginTier(floor=rows[-1].floor, cap=floor, mmr=rows[-1].mmr, cum=rows[-1].cum)
        rows.append(
            MarginTier(floor=floor, mmr=rate, cum=rows[-1].cum + floor * (rate - rows[-1].mmr))
        )
    return tuple(rows)


@st.composite
def legs(draw: st.DrawFn, number: int) -> WalletLeg:
    coin = draw(coins)
    mark = MARKS[coin]
    kind = draw(st.sampled_from([LINEAR, INVERSE]))
    value = draw(st.floats(1e3, 1e6))
    scale = value if kind is LINEAR else value / mark
    return leg(
        coin,
        draw(st.sampled_from(list(Side))),
        value / mark if kind is LINEAR else value,
        mark * draw(st.floats(0.7, 1.4)),
        mark,
        kind=kind,
        tiers=draw(tier_tables(scale)),
        close_fee=draw(st.sampled_from([0.0, 0.0005])),
        fixed=draw(st.sampled_from([0.0, 1e-3])) * scale,
        name=f"{number}",
    )


@st.composite
def books(draw: st.DrawFn) -> Wallet:
    """Up to 12 legs, linear and inverse, on a wallet of several coins with haircuts."""
    held = tuple(draw(legs(n)) for n in range(draw(st.integers(1, 12))))
    coins_held = [
        Collateral(
            coin=coin,
            amount=draw(st.floats(-0.2, 1.0)) * 1e6 / MARKS[coin],
            price=MARKS[coin],
            haircut=draw(st.sampled_from([0.5, 0.9, 0.95, 1.0])),
            moves=True,
        )
        for coin in draw(st.lists(coins, unique=True, max_size=3))
    ]
    collateral = (usdt(draw(st.floats(-1e5, 1e6))), *coins_held)
    return Wallet(id="w", legs=held, collateral=collateral)


def surplus_by_hand(wallet: Wallet, shock: float, betas: Mapping[str, float]) -> float:
    """The surplus from the definition: prices, then each coin's equity in coin, then its value."""
    price = {coin: mark * (1 + betas.get(coin, 1.0) * shock) for coin, mark in MARKS.items()}
    price["USDT"] = 1.0
    coins_held = {held.coin: held.amount for held in wallet.collateral}
    haircut = {held.coin: held.haircut for held in wallet.collateral}
    required = 0.0
    for held in wallet.legs:
        terms, mark = held.terms, price[held.coin]
        if terms.kind is LINEAR:
            notional = terms.quantity * mark
            gain = terms.side * terms.quantity * (mark - terms.entry)
        else:
            notional = terms.quantity / mark
            gain = terms.side * terms.quantity * (1 / terms.entry - 1 / mark)
        coins_held[held.settle] = coins_held.get(held.settle, 0.0) + gain
        tiered = max(notional * tier.mmr - tier.cum for tier in terms.tiers)
        fee = notional * terms.close_fee + terms.fixed
        required += (tiered + fee) * price[held.settle]
    values = {coin: amount * price[coin] for coin, amount in coins_held.items()}
    counted = (min(value, haircut.get(coin, 1.0) * value) for coin, value in values.items())
    return math.fsum(counted) - required


def scan(function: Callable[[float], float], bound: float) -> float | None:
    """The first sign change from 0 towards `bound`: a walk in small steps, then halving."""
    steps = [bound * (n / 400) ** 3 for n in range(1, 400)]
    steps += [bound * (1 - 10.0**-n) for n in range(3, 12)]
    safe = 0.0
    for step in sorted(steps, key=abs):
        if function(step) <= 0.0:
            return halved(function, safe, step)
        safe = step
    return None


def halved(function: Callable[[float], float], safe: float, dead: float) -> float:
    for _ in range(200):
        middle = (safe + dead) / 2
        safe, dead = (middle, dead) if function(middle) > 0.0 else (safe, middle)
    return dead


@settings(max_examples=120)
@given(books(), st.dictionaries(coins, st.floats(0.2, 3.0)))
def test_the_shock_of_any_book_equals_a_brute_force_scan(
    wallet: Wallet, betas: dict[str, float]
) -> None:
    def by_hand(shock: float) -> float:
        return surplus_by_hand(wallet, shock, betas)

    gross = sum(abs(held.amount * held.price) for held in wallet.collateral)
    gross += sum(
        held.terms.quantity * (held.mark_price if held.terms.kind is LINEAR else 1.0)
        for held in wallet.legs
    )
    assert surplus(wallet, 0.0, betas) == pytest.approx(by_hand(0.0), abs=1e-12 * gross)
    found = common_shock(wallet, betas)
    if by_hand(0.0) <= 0.0:
        assert found == (0.0, 0.0)
        return
    moving = {held.coin for held in wallet.legs} | {c.coin for c in wallet.collateral if c.moves}
    lowest = -1 / max((betas.get(coin, 1.0) for coin in moving), default=1.0)
    for shock, bound in ((found.down, lowest), (found.up, FAR_UP)):
        expected = scan(by_hand, bound)
        if shock is None or abs(shock) > 0.99 * abs(bound):
            assert expected is None or abs(expected) > 0.98 * abs(bound)
        else:
            assert expected == pytest.approx(shock, rel=1e-9)
            assert surplus(wallet, shock, betas) == pytest.approx(
                0.0, abs=1e-12 * gross * (1 + abs(shock))
            )


@given(legs(1), st.floats(0.02, 2.0))
def test_one_leg_alone_dies_where_the_kernel_says(held: WalletLeg, margin: float) -> None:
    terms, mark = held.terms, held.mark_price
    worth = mark if terms.kind is INVERSE else 1.0
    amount = margin * terms.quantity * terms.coordinate(mark)
    wallet = Wallet(
        id="w",
        legs=(held,),
        collateral=(
            Collateral(coin=held.settle, amount=amount, price=worth, moves=terms.kind is INVERSE),
        ),
    )
    bounds = safe_prices(amount, (terms,), mark)
    prices = leg_prices(wallet, held)
    if surplus(wallet) <= 0.0:
        assert prices == (mark, mark)
        return
    for ours, kernel in ((prices.low, bounds.low), (prices.high, bounds.high)):
        if kernel is None or not 1e-9 * mark < kernel < 1e6 * mark:
            assert ours is None or not 1e-9 * mark < ours < 1e6 * mark
        else:
            assert ours == pytest.approx(kernel, rel=1e-9)
