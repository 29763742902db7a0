"""A new user's first minutes: from the start to a risk, and on into the book, by hand."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from dashboard.store.book import BookStore
from dashboard.store.paths import find_places
from tests.widgets.app_run import has_mark, options, run_with, small_feed, window
from widgets import feed_process
from widgets.models.card import card_text
from widgets.panels.card import CardPanel
from widgets.trade_edit import TradeEdit
from widgets.trade_strip import TradeStrip

__all__ = ["small_feed"]

CTRL = Qt.KeyboardModifier.ControlModifier


def strip() -> TradeStrip | None:
    return window().findChild(TradeStrip)


def card() -> CardPanel | None:
    return window().findChild(CardPanel)


def ready() -> bool:
    """Whether the line waits for the first key, without any action."""
    found = strip()
    return found is not None and isinstance(QApplication.focusWidget(), TradeEdit)


def typed(text: str) -> Callable[[], None]:
    """The action of typing into whatever has the focus."""

    def act() -> None:
        focus = QApplication.focusWidget()
        assert focus is not None
        QTest.keyClicks(focus, text)

    return act


def told() -> str:
    found = card()
    return "" if found is None else card_text(found.view.card).replace("\N{THIN SPACE}", " ")


def liquidation_stands() -> bool:
    line, found = strip(), card()
    return (
        line is not None
        and found is not None
        and found.isVisible()
        and line.sentence.text().count("iquidation at ") == 1
        and "Typed: BTC/USDT long" in told()
        and "Liquidation   " in told()
    )


def test_one_action_after_the_start_the_liquidation_price_of_a_typed_trade_stands_there(
    tmp_path: Path, small_feed: Path, qapp: QApplication
) -> None:
    seen: list[str] = []

    def add() -> None:
        seen.append(told())
        focus = QApplication.focusWidget()
        assert focus is not None
        QTest.keyClick(focus, Qt.Key.Key_Return, CTRL)

    def added() -> bool:
        line = strip()
        return line is not None and line.sentence.text().startswith("Added: BTC/USDT long")

    run_with(
        options(tmp_path),
        (lambda: ready() and has_mark(), typed("long btc 0.5 @ market x10 iso sl 48000")),
        (liquidation_stands, add),
        (added, lambda: seen.append(told())),
    )
    assert "fills before liquidation" in seen[0]
    assert seen[1].startswith("BTC/USDT long at binanceusdm")
    store = BookStore(find_places(tmp_path).book)
    (kept,) = store.load().positions
    store.close()
    assert (kept.size, kept.leverage, kept.stop_price) == (0.5, 10.0, 48_000.0)


def test_offline_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qapp: QApplication) -> None:
    """No feed says a word: the bundled tiers and a typed entry price are enough."""

    def program(_arguments: list[str]) -> tuple[str, list[str]]:
        return sys.executable, ["-c", "import sys; sys.stdin.read()"]

    monkeypatch.setattr(feed_process, "feed_program", program)
    seen: list[str] = []
    run_with(
        options(tmp_path),
        (ready, typed("long btc 0.5 @64200 x10 iso sl 62000")),
        (liquidation_stands, lambda: seen.append(told())),
    )
    assert "Liquidation   58" in seen[0]
    assert "has not listed its contracts" in seen[0]
    assert "no mark price received yet" in seen[0]
