"""What the trader set up, and that it is kept."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from dashboard.errors import InputError, StoreError
from dashboard.market.instrument import InstrumentKey
from dashboard.store.book import BookStore
from dashboard.store.demo_book import EXAMPLES
from tests.widgets.market_samples import BTC, BYBIT_BTC, ETH
from widgets.desk import Desk
from widgets.preset import preset_watchlist

SOL = InstrumentKey("okx", "SOL/USDT:USDT")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[BookStore]:
    made = BookStore(tmp_path / "book.sqlite3")
    yield made
    made.close()


@pytest.fixture
def desk(store: BookStore, qapp: object) -> Desk:
    made = Desk(store)
    made.set_watched([BTC, ETH, BYBIT_BTC])
    return made


def test_first_watched_contract_is_selected_and_kept(desk: Desk, store: BookStore) -> None:
    assert desk.selected == BTC
    assert store.selected() == BTC
    assert Desk(store).watched == (BTC, ETH, BYBIT_BTC)


def test_contract_is_added_once_and_removed(desk: Desk, store: BookStore) -> None:
    desk.add(SOL)
    desk.add(ETH)
    assert desk.watched == (BTC, ETH, BYBIT_BTC, SOL)
    desk.remove(BTC)
    assert store.watched() == (ETH, BYBIT_BTC, SOL)


@pytest.mark.parametrize(
    ("key", "place", "order"),
    [
        (BYBIT_BTC, 0, (BYBIT_BTC, BTC, ETH)),
        (BTC, 2, (ETH, BTC, BYBIT_BTC)),
        (BTC, 3, (ETH, BYBIT_BTC, BTC)),
        (BTC, 99, (ETH, BYBIT_BTC, BTC)),
        (ETH, -1, (ETH, BTC, BYBIT_BTC)),
        (SOL, 0, (BTC, ETH, BYBIT_BTC)),
    ],
)
def test_contract_moves_before_the_place_it_was_put(
    desk: Desk, key: InstrumentKey, place: int, order: tuple[InstrumentKey, ...]
) -> None:
    desk.move(key, place)
    assert desk.watched == order


def test_everything_needed_is_polled_once(desk: Desk, store: BookStore) -> None:
    desk.set_watched([ETH])
    desk.select(BYBIT_BTC)
    desk.want(SOL)
    store.add_position(EXAMPLES[0])
    desk.reload_book()
    assert desk.polled() == [ETH, BYBIT_BTC, SOL, BTC]
    assert desk.held() == [BTC]


def test_edits_are_told_once(desk: Desk) -> None:
    told: list[str] = []
    desk.watched_changed.connect(lambda: told.append("watched"))
    desk.selected_changed.connect(lambda: told.append("selected"))
    desk.polled_changed.connect(lambda: told.append("polled"))
    desk.set_watched([BTC, ETH, BYBIT_BTC])
    desk.select(BTC)
    assert told == []
    desk.select(ETH)
    desk.want(SOL)
    desk.want(SOL)
    assert told == ["selected", "polled", "polled"]


def test_edit_that_cannot_be_kept_is_said_and_holds_until_the_end(
    desk: Desk, store: BookStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_arguments: object, **_named: object) -> None:
        raise StoreError("the disk is full")

    said: list[str] = []
    desk.failed.connect(said.append)
    for name in ("set_watched", "load"):
        monkeypatch.setattr(store, name, refuse)
    desk.add(SOL)
    desk.reload_book()
    assert SOL in desk.watched
    assert said == ["not kept for the next start: the disk is full", "the disk is full"]


def test_lists_are_made_shown_renamed_and_deleted(desk: Desk, store: BookStore) -> None:
    desk.make_list("night", [SOL])
    assert (desk.list_name, desk.watched) == ("night", (SOL,))
    desk.add(ETH)
    desk.show_list("main")
    assert desk.watched == (BTC, ETH, BYBIT_BTC)
    desk.show_list("night")
    desk.rename_list("  day  shift ")
    assert desk.list_names() == ("main", "day shift")
    again = Desk(store)
    assert (again.list_name, again.watched) == ("day shift", (SOL, ETH))
    desk.delete_list()
    assert (desk.list_names(), desk.list_name) == (("main",), "main")
    assert Desk(store).watched == (BTC, ETH, BYBIT_BTC)


def test_first_list_is_emptied_where_it_is_to_be_deleted(desk: Desk) -> None:
    desk.delete_list()
    assert desk.list_names() == ("main",)
    assert desk.watched == ()


@pytest.mark.parametrize("name", ["", "  ", "x" * 41, "main", "a\nb\u202e"])
def test_list_name_that_will_not_do_is_refused(desk: Desk, name: str) -> None:
    with pytest.raises(InputError, match="list name"):
        desk.make_list(name)
    assert desk.list_names() == ("main",)


def test_pins_are_kept_and_let_go(desk: Desk, store: BookStore) -> None:
    desk.pin(ETH)
    desk.pin(BTC)
    assert Desk(store).pinned == (ETH, BTC)
    desk.pin(ETH)
    assert Desk(store).pinned == (BTC,)


@pytest.mark.parametrize("text", ["{", "[1]", '[["a"]]', "null"])
def test_damaged_pins_pin_nothing(store: BookStore, text: str, qapp: object) -> None:
    store.set_state("pinned contracts", text)
    assert Desk(store).pinned == ()


def test_preset_has_the_largest_everywhere_and_21_coins_at_the_first_venue() -> None:
    keys = preset_watchlist(["okx", "hyperliquid"])
    assert len(keys) == len(set(keys)) == 24
    assert keys[:2] == [
        InstrumentKey("okx", "BTC/USDT:USDT"),
        InstrumentKey("hyperliquid", "BTC/USDC:USDC"),
    ]
    assert sum(key.venue == "okx" for key in keys) == 21
