"""Several watch-lists: filtered, grouped, pinned, pasted, and to and from CSV."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtWidgets import QInputDialog
from pytestqt.qtbot import QtBot

from dashboard.errors import InputError
from dashboard.market.instrument import InstrumentKey
from dashboard.store.book import BookStore
from tests.widgets.market_samples import BTC, BYBIT_BTC, ETH, INSTRUMENTS, VENUES, update
from widgets.desk import Desk
from widgets.list_menu import ListMenu
from widgets.models.symbol_search import resolve_many
from widgets.models.watch_filter import FIELDS, filter_values
from widgets.models.watch_lists import MOST_BYTES, MOST_ROWS, from_csv, to_csv
from widgets.models.watch_row import Figure, watch_row
from widgets.panels.watchlist import WatchlistPanel
from widgets.peek import PeekCard
from widgets.plain import PlainLabel
from widgets.theme import DARK

SOL = InstrumentKey("binanceusdm", "SOL/USDT:USDT")


class Room:
    """A desk and a panel that shows it, wired as the program does."""

    def __init__(self, qtbot: QtBot, store: BookStore) -> None:
        self.qtbot = qtbot
        self.desk = Desk(store)
        self.desk.set_watched([BTC, ETH, BYBIT_BTC])
        self.panel = WatchlistPanel(VENUES, DARK)
        qtbot.addWidget(self.panel)
        self.menu = ListMenu(self.desk, self.panel)
        self.said: list[str] = []
        self.menu.said.connect(self.said.append)
        self.panel.add_wanted.connect(self.desk.add)
        self.panel.pin_wanted.connect(self.desk.pin)
        self.desk.watched_changed.connect(self.show)
        self.panel.resize(1100, 300)
        self.panel.show()
        self.show()

    def show(self) -> None:
        shown = update(*self.desk.watched, pinned=self.desk.pinned)
        self.panel.show_update(shown)

    def symbols(self) -> list[str]:
        model = self.panel.model
        return [model.index(row, 0).data() for row in range(model.rowCount())]

    def press(self, text: str) -> None:
        actions = self.panel.findChildren(QAction)
        next(action for action in actions if action.text() == text).trigger()


@pytest.fixture
def room(qtbot: QtBot, tmp_path: Path) -> Iterator[Room]:
    store = BookStore(tmp_path / "book.sqlite3")
    made = Room(qtbot, store)
    yield made
    made.panel.hide()
    store.close()


def test_filter_shows_what_fits_as_it_is_typed(room: Room) -> None:
    room.qtbot.keyClicks(room.panel.bar.filter, "venue = bybit or eth")
    assert room.symbols() == ["ETH/USDT", "BTC/USDT"]
    assert room.panel.message.text() == "2 of 3 fit"
    room.panel.bar.filter.clear()
    assert len(room.symbols()) == 3
    assert room.panel.message.text() == ""


def test_filter_that_cannot_be_read_hides_nothing_and_says_why(room: Room) -> None:
    room.qtbot.keyClicks(room.panel.bar.filter, "fundign > 1%")
    assert room.panel.message.text() == 'filter: "fundign" is no field; did you mean funding?'
    assert len(room.symbols()) == 3


def test_every_field_of_the_filter_is_read_from_a_row() -> None:
    shown = update(BTC)
    row = watch_row(shown.snapshot, BTC, shown.now_ms)
    values = filter_values(row)
    assert set(values) == set(FIELDS)
    assert values["coin"] == "BTC"
    assert values["funding"] == -0.0001
    assert values["next"] == 2.0
    assert values["oi_24h"] == pytest.approx(80_000 / 88_000 - 1)


def test_group_puts_venues_under_their_coin(room: Room) -> None:
    room.press("Group the watch-list by coin")
    assert room.symbols() == ["BTC/USDT", "└ BTC/USDT", "ETH/USDT"]
    room.press("Group the watch-list by coin")
    assert room.symbols() == ["BTC/USDT", "ETH/USDT", "BTC/USDT"]


def test_pinned_contract_stays_on_top_whatever_sorts(room: Room) -> None:
    room.panel.view.select_key(ETH)
    room.press("Pin to the top, or let go")
    assert room.symbols()[0] == "◆ ETH/USDT"
    for order in (Qt.SortOrder.AscendingOrder, Qt.SortOrder.DescendingOrder):
        room.panel.view.sortByColumn(0, order)
        assert room.symbols()[0] == "◆ ETH/USDT"


def test_j_and_k_walk_the_list(room: Room) -> None:
    walked: list[object] = []
    room.panel.selected.connect(walked.append)
    room.panel.view.setFocus()
    room.qtbot.keyClick(room.panel.view, Qt.Key.Key_J)
    room.qtbot.keyClick(room.panel.view, Qt.Key.Key_J)
    room.qtbot.keyClick(room.panel.view, Qt.Key.Key_K)
    assert walked == [BTC, ETH, BTC]


def test_pasted_names_are_added_and_the_bad_one_is_said(room: Room) -> None:
    QGuiApplication.clipboard().setText("SOL NOPE\nokx eth")
    room.press("Add what the clipboard names")
    assert room.desk.watched[3:] == (SOL, InstrumentKey("okx", "ETH/USDT:USDT"))
    assert room.panel.message.text().startswith('2 understood; symbol "NOPE" is not listed')


def test_several_words_in_the_field_are_several_contracts(room: Room) -> None:
    room.panel.submit("btc eth sol")
    assert room.desk.watched == (BTC, ETH, BYBIT_BTC, SOL)


@given(st.text(max_size=80))
def test_any_pasted_text_gives_contracts_and_sentences(text: str) -> None:
    keys, faults = resolve_many(text, INSTRUMENTS, VENUES)
    assert len(set(keys)) == len(keys)
    assert all(faults)


def test_chosen_list_is_shown(room: Room) -> None:
    room.desk.make_list("other", [SOL])
    assert room.panel.bar.lists.currentText() == "other"
    room.panel.bar.lists.setCurrentText("main")
    room.panel.bar.lists.textActivated.emit("main")
    assert room.desk.watched == (BTC, ETH, BYBIT_BTC)


def test_new_list_takes_the_name_that_is_given(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter([("scalps", True), ("main", True), ("ignored", False)])
    monkeypatch.setattr(QInputDialog, "getText", lambda *_args, **_named: next(answers))
    for _ in range(3):
        room.menu.ask_new()
    assert room.desk.list_names() == ("main", "scalps")
    assert room.said == ['list name "main" is taken']


def test_list_goes_to_a_file_and_back(room: Room, tmp_path: Path) -> None:
    path = tmp_path / "main.csv"
    room.menu.write(path)
    room.menu.take_in(path)
    assert room.desk.list_name == "main 2"
    assert room.desk.watched == (BTC, ETH, BYBIT_BTC)


def test_file_that_is_no_list_is_said_and_changes_nothing(room: Room, tmp_path: Path) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_text("venue,symbol\nokx\n", encoding="utf-8")
    room.menu.take_in(bad)
    (tmp_path / "binary.csv").write_bytes(b"\xff\xfe\x00")
    room.menu.take_in(tmp_path / "binary.csv")
    room.menu.take_in(tmp_path / "none.csv")
    assert room.desk.list_names() == ("main",)
    assert room.said == [
        'bad.csv: line 2: a venue and a symbol are wanted, not "okx"',
        "binary.csv is no UTF-8 text",
        "none.csv cannot be read: no such file or directory",
    ]


@given(
    st.lists(
        st.builds(
            InstrumentKey,
            st.sampled_from(["okx", "bybit"]),
            st.text("ABC/:-1", min_size=1, max_size=12),
        ),
        unique=True,
    )
)
def test_csv_round_trip_is_exact(keys: list[InstrumentKey]) -> None:
    assert from_csv(to_csv(keys)) == tuple(keys)


def test_csv_is_bounded() -> None:
    with pytest.raises(InputError, match="larger than"):
        from_csv("x" * (MOST_BYTES + 1))
    with pytest.raises(InputError, match="more than"):
        from_csv("".join(f"okx,C{number}\n" for number in range(MOST_ROWS + 1)))


def test_space_shows_every_figure_and_any_key_puts_it_away(room: Room) -> None:
    room.panel.activateWindow()
    room.panel.view.setFocus()
    room.panel.view.select_key(ETH)
    room.qtbot.waitUntil(room.panel.view.hasFocus)
    room.qtbot.keyClick(room.panel.view, Qt.Key.Key_Space)
    (card,) = room.panel.findChildren(PeekCard)
    texts = [label.text() for label in card.findChildren(PlainLabel)]
    assert texts[0] == "ETH/USDT at binanceusdm"
    assert "ATR" in texts
    assert "-0.0200%".replace("-", "\N{MINUS SIGN}") in texts
    with room.qtbot.waitSignal(card.destroyed):
        room.qtbot.keyClick(card, Qt.Key.Key_Space)


def test_a_card_left_open_goes_on_with_the_table_and_leaves_with_its_row(room: Room) -> None:
    room.panel.view.select_key(ETH)
    room.panel.peek()
    (card,) = room.panel.findChildren(PeekCard)
    row = room.panel.model.row_with(ETH)
    assert row is not None
    room.panel.model.set_rows([replace(row, my_distance=Figure(0.1234))])
    room.qtbot.waitUntil(
        lambda: "12.34%" in [label.text() for label in card.findChildren(PlainLabel)]
    )
    with room.qtbot.waitSignal(card.destroyed):
        room.panel.model.set_rows([])
