"""Frontier, matrix and order of death against a scan that knows nothing of lines and kinks."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.risk.account import order_of_death
from dashboard.risk.frontier import (
    coins_of,
    equity_now,
    first_shock,
    moves_of,
    only,
    path,
    wallet_lines,
)
from dashboard.risk.matrix import matrix
from dashboard.risk.shock import Shock
from dashboard.risk.wallet import Collateral, Wallet
from tests.risk.test_account import TestWorkedAccount
from tests.risk.wallet_books import MARKS, books, by_hand

WORKED, BETAS = TestWorkedAccount.WALLET, TestWorkedAccount.BETAS
betas_of = st.fixed_dictionaries({coin: st.floats(0.3, 1.9) for coin in MARKS})


def moved_by(low: float, high: float) -> st.SearchStrategy[float]:
    """Any move but none: now every wallet counts as standing."""
    return st.floats(low, high).filter(lambda move: move != 0.0)


def alive_by_scan(wallet: Wallet, betas: dict[str, float], end: float) -> bool | None:
    """Whether no point on the way to `end` liquidates; None where it is too near to tell."""
    least = min(
        (counted - needed) / max(1.0, needed)
        for counted, needed in (
            by_hand(wallet, {coin: beta * x for coin, beta in betas.items()})
            for x in np.linspace(0.0, end, 401)
        )
    )
    return None if abs(least) < 1e-3 else least > 0.0


@settings(max_examples=40, deadline=None)
@given(books(), betas_of, moved_by(-0.49, 0.99))
def test_frontier_equals_a_scan_of_every_wallet(
    book: tuple[Wallet, ...], betas: dict[str, float], move: float
) -> None:
    found = path(wallet_lines(book, betas), np.array([0.0, move]))
    alive = [alive_by_scan(wallet, betas, move) for wallet in book]
    if None in alive:
        return
    moved = {coin: beta * move for coin, beta in betas.items()}
    hands = [by_hand(wallet, moved) for wallet, stands in zip(book, alive, strict=True) if stands]
    assert found.standing[1] == len(hands)
    assert found.equity[1] == pytest.approx(sum(hand[0] for hand in hands), rel=1e-9, abs=1e-6)
    assert found.maintenance[1] == pytest.approx(sum(hand[1] for hand in hands), rel=1e-9)


@settings(max_examples=40, deadline=None)
@given(books(), betas_of)
def test_no_move_is_the_equity_of_now(book: tuple[Wallet, ...], betas: dict[str, float]) -> None:
    now = sum(max(0.0, by_hand(wallet, {})[0]) for wallet in book)
    along = wallet_lines(book, betas)
    moves = moves_of(along)
    found = path(along, moves)
    assert found.equity[np.flatnonzero(moves == 0.0)].tolist() == [pytest.approx(now)]
    assert matrix(book, (-0.3, 0.0), (0.0, 0.2)).equity[0, 1] == pytest.approx(now)
    assert equity_now(book) == pytest.approx(now)


@settings(max_examples=40, deadline=None)
@given(books(), betas_of)
def test_no_wallet_takes_anything_from_another(
    book: tuple[Wallet, ...], betas: dict[str, float]
) -> None:
    """Whatever one wallet loses, the book is worth as much as the others are by themselves."""
    moves = np.array([-0.4, -0.1, 0.0, 0.1, 0.6])
    whole = path(wallet_lines(book, betas), moves).equity
    rest = path(wallet_lines(book[1:], betas), moves).equity
    assert (whole >= rest - 1e-6).all()
    assert (rest >= 0.0).all()


@settings(max_examples=40, deadline=None)
@given(books(), moved_by(-0.6, 1.0), st.floats(-0.6, 1.0))
def test_matrix_equals_every_leg_repriced(
    book: tuple[Wallet, ...], bitcoin: float, alt: float
) -> None:
    found = matrix(book, (bitcoin,), (alt,))
    moves = {coin: bitcoin if coin == "BTC" else alt for coin in MARKS}
    hands = [by_hand(wallet, moves) for wallet in book]
    if any(abs(counted - needed) < 1e-3 * needed for counted, needed in hands):
        return
    sound = [counted > needed for counted, needed in (by_hand(wallet, {}) for wallet in book)]
    standing = [
        counted
        for (counted, needed), now in zip(hands, sound, strict=True)
        if counted > needed and now
    ]
    assert found.liquidated[0, 0] == len(hands) - len(standing)
    assert found.equity[0, 0] == pytest.approx(sum(standing), rel=1e-9, abs=1e-6)


@settings(max_examples=30, deadline=None)
@given(books(), betas_of, st.booleans())
def test_order_of_death_equals_a_scan(
    book: tuple[Wallet, ...], betas: dict[str, float], up: bool
) -> None:
    def end(wallet: Wallet) -> float | None:
        for x in np.linspace(0.0, 1.0 if up else -0.5, 501):
            counted, needed = by_hand(wallet, {coin: beta * x for coin, beta in betas.items()})
            if counted <= needed:
                return abs(float(x))
        return None

    scanned = {wallet.id: end(wallet) for wallet in book}
    exact = {death.wallet: abs(death.shock) for death in order_of_death(book, betas, up=up)}
    for name, at in scanned.items():
        if at is not None:
            assert at - 0.0021 <= exact[name] <= at + 1e-9
        else:
            assert exact.get(name, np.inf) > (1.0 if up else 0.5) - 0.0021
    order = sorted((name for name, at in scanned.items() if at is not None), key=exact.__getitem__)
    assert list(exact)[: len(order)] == order


def test_worked_account_of_the_specification() -> None:
    coins = coins_of((WORKED,))
    alone = {coin: first_shock(wallet_lines((WORKED,), only(coin, coins))) for coin in coins}
    assert round(100 * (alone["BTC"].down or 0), 1) == -25.4
    assert round(100 * (alone["ETH"].down or 0), 1) == -33.8
    assert round(100 * (alone["SOL"].up or 0), 1) == 99.9
    joint = first_shock(wallet_lines((WORKED,), BETAS))
    assert round(100 * (joint.down or 0), 2) == -16.28
    assert joint.up is None
    assert coins == ("BTC", "ETH", "SOL")


def test_frontier_spans_half_down_to_double_and_ends_with_its_wallets() -> None:
    along = wallet_lines((WORKED,), BETAS)
    moves = moves_of(along)
    assert (moves[0], moves[-1]) == (-0.5, 1.0)
    found = path(along, moves)
    dead = moves < -0.1628
    assert not found.equity[dead].any()
    assert (found.equity[~dead] > found.maintenance[~dead]).all()


def test_frontier_ends_before_a_price_of_zero() -> None:
    steep = wallet_lines((WORKED,), {"BTC": 1.0, "ETH": 4.0, "SOL": -2.0})
    moves = moves_of(steep)
    assert moves[0] == pytest.approx(-0.24975)
    assert moves[-1] == pytest.approx(0.4995)


def test_book_without_wallets_is_an_empty_chart() -> None:
    moves = moves_of(())
    assert (moves[0], moves[-1], 0.0 in moves) == (-0.5, 1.0, True)
    assert not path((), moves).equity.any()
    assert first_shock(()) == Shock(None, None)
    assert coins_of(()) == ()


def test_collateral_that_moves_is_a_coin_of_its_own() -> None:
    wallet = Wallet(
        id="w",
        legs=(),
        collateral=(Collateral(coin="SOL", amount=2.0, price=150.0, moves=True),),
    )
    assert coins_of((wallet,)) == ("SOL",)
    assert path(wallet_lines((wallet,), None), np.array([-0.5])).equity[0] == 150.0


def worth(equity: float, name: str = "w") -> Wallet:
    """The worked account with so much equity at today's prices."""
    held = by_hand(WORKED, {})[0] - equity
    amount = WORKED.collateral[0].amount - held
    return Wallet(id=name, legs=WORKED.legs, collateral=(Collateral(coin="USDT", amount=amount),))


@pytest.mark.parametrize(("equity", "left"), [(500.0, 500.0), (-40_000.0, 0.0)])
def test_wallet_past_liquidation_stands_nowhere_and_has_left_what_it_has(
    equity: float, left: float
) -> None:
    gone, sound = worth(equity, "gone"), worth(90_000.0, "sound")
    found = path(wallet_lines((gone, sound), None), np.array([-0.01, 0.0, 0.01]))
    alone = path(wallet_lines((sound,), None), found.moves)
    assert (found.standing.tolist(), found.wallets) == ([1, 1, 1], 2)
    assert (found.equity - alone.equity).tolist() == pytest.approx([0.0, left, 0.0])
    assert equity_now((gone, sound)) == pytest.approx(90_000.0 + left)
    cells = matrix((gone, sound), (0.0, 0.01), (0.0, 0.01))
    assert cells.equity[0, 0] == pytest.approx(90_000.0 + left)
    assert (cells.liquidated == 1).all()


def test_wallets_that_go_at_one_move_leave_each_other_nothing() -> None:
    sound = worth(90_000.0, "sound")
    book = (worth(-40_000.0, "poor"), worth(500.0, "worse"), sound)
    first, second, last = order_of_death(book)
    assert {first.wallet, second.wallet} == {"poor", "worse"}
    assert first.equity_left == second.equity_left == pytest.approx(90_000.0)
    assert (first.shock, second.shock) == (0.0, 0.0)
    assert (last.wallet, last.equity_left) == ("sound", 0.0)
