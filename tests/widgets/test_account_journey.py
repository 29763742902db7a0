"""From the menu to the position table with a real feed: a public account, and once more later."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from dashboard.market.account import Balance
from dashboard.store.book import BookStore
from dashboard.store.paths import find_places
from tests.venues.account_answers import ADDRESS
from tests.venues.served_accounts import Served
from tests.widgets.app_run import options, run_with, window
from widgets.dialogs.account_import import AccountImportDialog
from widgets.panels.positions import PositionsPanel
from widgets.trade_edit import TradeEdit


@pytest.fixture
def url() -> Iterator[str]:
    served = Served("hyperliquid")
    yield f"hyperliquid={served.url}"
    served.close()


def dialog() -> AccountImportDialog | None:
    return window().findChild(AccountImportDialog)


def choose(text: str) -> None:
    """Choose a line of a menu by its words."""
    (action,) = [one for one in window().findChildren(QAction) if one.text() == text]
    action.trigger()


def ask() -> None:
    found = dialog()
    assert found is not None
    edit = found.owner.lineEdit()
    assert edit is not None
    edit.selectAll()
    QTest.keyClicks(edit, ADDRESS)
    QTest.keyClick(edit, Qt.Key.Key_Return)


def told() -> bool:
    found = dialog()
    return found is not None and found.model.rowCount() > 0


def take_over() -> None:
    found = dialog()
    assert found is not None
    QTest.mouseClick(found.take_button, Qt.MouseButton.LeftButton)


def shown() -> bool:
    panel = window().findChild(PositionsPanel)
    return dialog() is None and panel is not None and panel.model.rowCount() == 1


def test_an_address_comes_into_the_window_and_is_the_same_when_asked_again(
    tmp_path: Path, url: str, qapp: QApplication
) -> None:
    later: list[str] = []

    def note() -> None:
        found = dialog()
        assert found is not None
        later.append(found.status.text())
        found.reject()

    run_with(
        options(tmp_path, venues=("hyperliquid",), venue_urls=[url]),
        (
            lambda: isinstance(QApplication.focusWidget(), TradeEdit),
            lambda: choose("Import a Hyperliquid address…"),
        ),
        (lambda: dialog() is not None, ask),
        (lambda: told() or ask_again(), take_over),
        (shown, lambda: choose("Import a Hyperliquid address…")),
        (lambda: dialog() is not None, ask),
        (lambda: told() or ask_again(), note),
    )
    assert later == ["The book is as hyperliquid tells: nothing changes."]
    store = BookStore(find_places(tmp_path).book)
    book = store.load()
    store.close()
    assert [(one.instrument.symbol, one.size) for one in book.positions] == [("BTC/USDC:USDC", 0.5)]
    assert book.balances == (Balance(venue="hyperliquid", coin="USDC", amount=5_000.0),)


def ask_again() -> bool:
    """Ask once more where the feed had not started yet; never itself what is waited for."""
    found = dialog()
    if found is not None and "not running yet" in found.status.text():
        found.ask()
    return False
