"""An account comes into the book after its differences were looked at, and never twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from dashboard.feed.frames import AccountTold, Clock
from dashboard.market.access_key import AccessKey
from dashboard.market.account import Balance, Book, Closing, PositionState
from dashboard.market.holdings import Holdings
from dashboard.store.book import BookStore
from tests.market.test_holdings import OWNER, VENUE, held, told
from tests.venues.account_answers import ADDRESS, KEY
from tests.venues.served_accounts import Served
from widgets.account_import import AccountImport
from widgets.dialogs.account_import import AccountImportDialog
from widgets.feed_link import FeedLink
from widgets.feed_process import FeedProcess, feed_program
from widgets.theme import DARK
from widgets.window import MainWindow

WAIT_MS = 30_000
_THIN = "\N{NARROW NO-BREAK SPACE}"
WALLET = Balance(venue=VENUE, coin="USDC", amount=5_000.0)


class Link(QObject):
    """What is asked of the feed, and what it would answer."""

    account_told = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[tuple[Any, ...]] = []
        self.forgotten: list[tuple[Any, ...]] = []

    def ask_account(self, *asked: Any) -> None:
        self.asked.append(asked)

    def forget_key(self, *asked: Any) -> None:
        self.forgotten.append(asked)

    def answer(self, holdings: Holdings | None = None, fault: str = "") -> None:
        request, venue, owner = (self.asked or self.forgotten)[-1][:3]
        self.account_told.emit(AccountTold(request, venue, owner, holdings, fault))


class Room:
    def __init__(self, qtbot: QtBot, folder: Path, link: Any) -> None:
        self.store = BookStore(folder / "book.sqlite3")
        self.window = MainWindow(DARK)
        qtbot.addWidget(self.window)
        self.link = link
        self.imports = AccountImport(self.window, self.store, self.store.load, link)
        self.said: list[str] = []
        self.imports.said.connect(self.said.append)

    @property
    def book(self) -> Book:
        return self.store.load()

    @property
    def dialog(self) -> AccountImportDialog:
        assert self.imports.dialog is not None
        return self.imports.dialog

    def open_at(self, owner: str = OWNER) -> None:
        """Open the dialog of addresses and ask for one, as hands do."""
        self.imports.open_address()
        edit = self.dialog.owner.lineEdit()
        assert edit is not None
        edit.selectAll()
        QTest.keyClicks(edit, owner)
        QTest.mouseClick(self.dialog.ask_button, Qt.MouseButton.LeftButton)

    def take_over(self) -> None:
        QTest.mouseClick(self.dialog.take_button, Qt.MouseButton.LeftButton)


@pytest.fixture
def room(qtbot: QtBot, tmp_path: Path) -> Iterator[Room]:
    made = Room(qtbot, tmp_path, Link())
    yield made
    made.store.close()


def rows(room: Room) -> list[str]:
    model = room.dialog.model
    return [
        "|".join(model.data(model.index(row, column)) for column in range(3)).replace(_THIN, " ")
        for row in range(model.rowCount())
    ]


def test_nothing_is_in_the_book_before_it_is_taken_over(room: Room) -> None:
    room.open_at()
    assert room.link.asked == [(1, "hyperliquid", OWNER, None)]
    room.link.answer(told(held(), balances=(WALLET,)))
    assert rows(room) == [
        "new|BTC/USDC long at hyperliquid|1 BTC at 100.00 5x cross",
        "new|USDC at hyperliquid|wallet 5 000 USDC",
    ]
    assert room.book == Book()
    room.take_over()
    assert room.book == Book(positions=(held(),), balances=(WALLET,))
    assert room.store.undo() == f"import of {OWNER} at hyperliquid"
    assert room.book == Book()


def test_the_same_account_again_is_an_update_after_its_differences(room: Room) -> None:
    room.open_at()
    room.link.answer(told(held(), held("ETH")))
    room.take_over()
    room.imports.open_address()
    assert room.dialog.owner.currentText() == OWNER
    room.dialog.ask()
    room.link.answer(told(held(size=2.5), held("SOL")))
    words = [row.split("|")[0] for row in rows(room)]
    assert words == ["changed", "new", "gone"]
    assert "size 1 BTC → 2.5 BTC" in rows(room)[0]
    assert room.dialog.take_out.isVisibleTo(room.dialog)
    room.take_over()
    assert [(p.instrument.base, p.size) for p in room.book.positions] == [("BTC", 2.5), ("SOL", 1)]


def test_a_position_that_is_gone_stays_where_that_is_wanted(room: Room) -> None:
    room.store.add_position(held())
    room.open_at()
    room.link.answer(told())
    room.dialog.take_out.setChecked(False)
    room.take_over()
    assert room.book.positions == (held(),)


def test_an_unchanged_account_offers_nothing(room: Room) -> None:
    room.store.add_position(held())
    room.open_at()
    room.link.answer(told(held()))
    assert not room.dialog.take_button.isEnabled()
    assert "nothing changes" in room.dialog.status.text()


def test_a_typed_position_becomes_the_venues_and_counts_once(room: Room) -> None:
    room.store.add_position(held(id="typed", note="mine"))
    room.open_at()
    room.link.answer(told(held(size=3.0)))
    assert "typed by hand becomes the venue's" in rows(room)[0]
    room.take_over()
    assert [(p.id, p.size, p.note) for p in room.book.positions] == [(held().id, 3.0, "mine")]


def test_a_closed_position_keeps_its_place_when_the_contract_is_held_again(room: Room) -> None:
    closed = held(state=PositionState.CLOSED, closing=Closing(price=110.0))
    room.store.add_position(closed)
    room.open_at()
    room.link.answer(told(held()))
    room.take_over()
    assert room.book.positions == (held(),)
    assert [one.id for one in room.book.closed] == [f"{held().id} 2"]


def test_another_account_of_the_venue_is_warned_of(room: Room) -> None:
    room.store.add_position(held(id=f"account:{VENUE}:0xother:BTC/USDC:USDC:net"))
    room.open_at()
    room.link.answer(told(held(), notes=("<b>one</b> is left out",)))
    assert "0xother" in room.dialog.notes.text()
    assert "<b>one</b> is left out." in room.dialog.notes.text()
    assert room.dialog.notes.textFormat() is Qt.TextFormat.PlainText


def test_what_went_wrong_is_said_and_what_was_typed_stays(room: Room) -> None:
    room.open_at("0x12")
    room.link.answer(fault='address "0x12" is none of Hyperliquid')
    assert room.dialog.status.text().startswith('Address "0x12" is none')
    assert room.dialog.owner.currentText() == "0x12"
    assert not room.dialog.take_button.isEnabled()
    assert room.dialog.ask_button.isEnabled()


def test_an_answer_that_comes_after_the_dialog_is_for_nobody(room: Room) -> None:
    room.open_at()
    room.dialog.reject()
    room.link.answer(told(held()))
    assert room.book == Book()


def test_the_first_key_goes_into_the_field_that_is_to_be_filled(room: Room) -> None:
    room.window.show()
    for open_dialog, wanted in (
        (room.imports.open_address, lambda dialog: dialog.owner.lineEdit()),
        (room.imports.open_key, lambda dialog: dialog.key),
    ):
        open_dialog()
        room.dialog.activateWindow()
        QApplication.processEvents()
        assert QApplication.focusWidget() in (wanted(room.dialog), room.dialog.owner)
        assert room.dialog.venue.isVisible() is room.dialog.keyed
        room.dialog.reject()


def test_an_empty_address_asks_nothing(room: Room) -> None:
    room.imports.open_address()
    room.dialog.ask()
    assert room.link.asked == []
    assert room.dialog.status.text() == "Type an address"


def test_a_key_is_hidden_sent_once_and_cleared(room: Room) -> None:
    room.imports.open_key()
    dialog = room.dialog
    dialog.venue.setCurrentText("okx")
    for field, text in ((dialog.key, "k"), (dialog.secret, "s"), (dialog.passphrase, "p")):
        assert field.echoMode() is field.EchoMode.Password
        QTest.keyClicks(field, text)
    QTest.mouseClick(dialog.ask_button, Qt.MouseButton.LeftButton)
    assert room.link.asked == [(1, "okx", "main", AccessKey("k", "s", "p"))]
    room.link.answer(Holdings(venue="okx", owner="main", permission="okx says it only reads"))
    assert (dialog.key.text(), dialog.secret.text(), dialog.passphrase.text()) == ("", "", "")
    assert "okx says it only reads." in dialog.notes.text()


def test_without_a_typed_key_the_kept_one_is_asked_for_and_can_be_forgotten(room: Room) -> None:
    room.imports.open_key()
    room.dialog.ask()
    assert room.link.asked == [(1, "binanceusdm", "main", None)]
    room.link.answer(fault="the keyring has no key")
    room.link.asked.clear()
    QTest.mouseClick(room.dialog.forget_button, Qt.MouseButton.LeftButton)
    assert room.link.forgotten == [(2, "binanceusdm", "main")]
    room.link.answer()
    assert "holds no key" in room.dialog.status.text()


def test_the_passphrase_is_asked_where_the_venue_has_one(room: Room) -> None:
    room.imports.open_key()
    dialog = room.dialog
    assert not dialog.passphrase.isVisibleTo(dialog)
    dialog.venue.setCurrentText("okx")
    assert dialog.passphrase.isVisibleTo(dialog)


Live = Callable[[str], Room]


@pytest.fixture
def live(qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Live]:
    """A room whose feed is the real one, a child process that asks a venue on loopback."""
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "tests.feed.memory_keyring.Memory")
    closing: list[Callable[[], None]] = []

    def start(venue: str) -> Room:
        served = Served(venue)
        options = ["--data-dir", str(tmp_path), "--venue-url", f"{venue}={served.url}"]
        link = FeedLink(FeedProcess(feed_program(options)), Clock(now_ms=0, speed=1, paused=True))
        link.start()
        made = Room(qtbot, tmp_path, link)
        closing.extend((made.store.close, link.close, link.deleteLater, served.close))
        qtbot.waitUntil(lambda: link.clock_known, timeout=WAIT_MS)
        return made

    yield start
    for close in closing:
        close()


def test_an_address_is_read_from_the_venue_to_the_book(live: Live, qtbot: QtBot) -> None:
    room = live("hyperliquid")
    room.open_at(ADDRESS)
    qtbot.waitUntil(room.dialog.take_button.isEnabled, timeout=WAIT_MS)
    room.take_over()
    (position,) = room.book.positions
    assert (position.size, position.entry_price) == (0.5, 36_000.0)
    assert room.book.balances == (Balance(venue=VENUE, coin="USDC", amount=5_000.0),)


def test_a_key_leaves_no_trace_in_files(live: Live, qtbot: QtBot, tmp_path: Path) -> None:
    room = live("okx")
    room.link.ask_account(0, "hyperliquid", "0x12", None)  # refused, so that a log is there
    room.imports.open_key()
    dialog = room.dialog
    dialog.venue.setCurrentText("okx")
    for field, text in (
        (dialog.key, KEY.key),
        (dialog.secret, KEY.secret),
        (dialog.passphrase, KEY.passphrase),
    ):
        QTest.keyClicks(field, text)
    dialog.ask()
    qtbot.waitUntil(dialog.take_button.isEnabled, timeout=WAIT_MS)
    assert "kept in the system's keyring" in dialog.notes.text()
    room.take_over()
    room.link.close()
    written = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert {"book.sqlite3", "feed.log"} <= {file.name for file in written}
    for part in (KEY.key, KEY.secret, KEY.passphrase):
        assert not [file for file in written if part.encode() in file.read_bytes()]


def test_where_the_feed_is_not_there_that_is_said_at_once(qtbot: QtBot, tmp_path: Path) -> None:
    link = FeedLink(FeedProcess(("none", [])), Clock(now_ms=0, speed=1, paused=True))
    room = Room(qtbot, tmp_path, link)
    room.open_at(ADDRESS)
    assert "the feed is not running yet" in room.dialog.status.text().lower()
    room.store.close()
    link.close()
    link.deleteLater()
