"""What taking an account over would change: known again, updated, never counted twice."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from dashboard.market.account import (
    Balance,
    Book,
    MarginMode,
    Position,
    PositionState,
    Side,
    SizeUnit,
)
from dashboard.market.holdings import ChangeKind, Holdings, differences, held_id, other_accounts
from dashboard.market.instrument import ContractKind, Instrument

VENUE, OWNER = "hyperliquid", "0xabc"


def contract(coin: str) -> Instrument:
    return Instrument(
        venue=VENUE,
        symbol=f"{coin}/USDC:USDC",
        market_id=coin,
        base=coin,
        quote="USDC",
        settle="USDC",
        kind=ContractKind.LINEAR,
    )


def held(coin: str = "BTC", **changes: object) -> Position:
    instrument = contract(coin)
    position = Position(
        id=held_id(VENUE, OWNER, instrument.symbol),
        instrument=instrument,
        side=Side.LONG,
        size=1.0,
        size_unit=SizeUnit.BASE,
        entry_price=100.0,
        margin_mode=MarginMode.CROSS,
        leverage=5.0,
    )
    return replace(position, **changes)  # type: ignore[arg-type] # by name


def told(*positions: Position, **changes: object) -> Holdings:
    return Holdings(venue=VENUE, owner=OWNER, positions=positions, **changes)  # type: ignore[arg-type]


def kinds(book: Book, holdings: Holdings) -> list[ChangeKind]:
    return [change.kind for change in differences(book, holdings).positions]


def test_the_same_account_changes_nothing() -> None:
    book = Book(positions=(held(),), balances=(Balance(venue=VENUE, coin="USDC", amount=5.0),))
    found = differences(book, told(held(), balances=book.balances))
    assert not found.anything
    assert [change.kind for change in found.positions] == [ChangeKind.SAME]


def test_what_the_trader_wrote_stays_and_the_venues_figures_are_new() -> None:
    mine = held(note="n", tags=("a",), stop_price=90.0, opened_ms=7, extra_margin=3.0)
    (change,) = differences(Book(positions=(mine,)), told(held(size=2.0))).positions
    assert change.after == replace(mine, size=2.0, extra_margin=0.0)
    assert (change.kind, change.fields) == (ChangeKind.CHANGED, ("size", "extra_margin"))


def test_a_turned_position_is_the_same_one() -> None:
    assert kinds(Book(positions=(held(),)), told(held(side=Side.SHORT))) == [ChangeKind.CHANGED]


def test_what_the_venue_holds_no_more_is_gone() -> None:
    assert kinds(Book(positions=(held(),)), told()) == [ChangeKind.GONE]


def test_a_typed_position_on_the_same_contract_is_taken_for_the_venues() -> None:
    mine = held(id="typed", note="mine")
    (change,) = differences(Book(positions=(mine,)), told(held(size=3.0))).positions
    assert (change.kind, change.adopted, change.before) == (ChangeKind.CHANGED, True, mine)
    assert change.after == replace(mine, id=held().id, size=3.0)


def test_a_typed_one_that_differs_only_by_its_id_is_still_shown_as_a_change() -> None:
    assert kinds(Book(positions=(held(id="typed"),)), told(held())) == [ChangeKind.CHANGED]


def test_a_typed_position_on_the_other_side_or_planned_is_left_alone() -> None:
    short = held(id="typed", side=Side.SHORT)
    planned = held(id="plan", state=PositionState.PLANNED)
    book = Book(positions=(short,), planned=(planned,))
    assert kinds(book, told(held())) == [ChangeKind.NEW]


def test_two_accounts_of_one_venue_are_told_apart_and_named() -> None:
    other = held(id=held_id(VENUE, "0xdef", "BTC/USDC:USDC"))
    book = Book(positions=(other,))
    assert kinds(book, told(held())) == [ChangeKind.NEW]
    assert other_accounts(book, told()) == ("0xdef",)
    assert other_accounts(Book(positions=(held(),)), told()) == ()


def test_the_haircut_of_a_balance_stays_the_traders() -> None:
    mine = Balance(venue=VENUE, coin="USDC", amount=1.0, haircut=0.9)
    (change,) = differences(
        Book(balances=(mine,)), told(balances=(Balance(venue=VENUE, coin="USDC", amount=2.0),))
    ).balances
    assert change.after == replace(mine, amount=2.0)


coins = st.lists(st.sampled_from(["BTC", "ETH", "SOL", "XRP"]), unique=True)
sizes = st.floats(0.001, 1e6)


@given(coins, coins, sizes)
def test_taking_over_twice_changes_nothing_the_second_time(
    before: list[str], after: list[str], size: float
) -> None:
    book = Book(positions=tuple(held(coin) for coin in before))
    holdings = told(*(held(coin, size=size) for coin in after))
    found = differences(book, holdings)
    taken = tuple(change.after for change in found.positions if change.after is not None)
    assert {p.id for p in taken} == {p.id for p in holdings.positions}
    assert not differences(Book(positions=taken), holdings).anything
