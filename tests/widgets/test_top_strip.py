"""The strip says in a line what a trader looks for first, and never calls a stale figure live."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from dashboard.feed.frames import Clock
from dashboard.market.account import MarginMode
from dashboard.risk.report import AccountRisk, LiquidationStatus, RiskReport
from tests.widgets.market_samples import BTC, NOW_MS, funding, snapshot, update
from tests.widgets.position_samples import LONG, risk
from widgets.menus import Menus
from widgets.panels import PANELS
from widgets.theme import DARK, Role, apply
from widgets.top_strip import TopStrip
from widgets.update import Update
from widgets.window import MainWindow

ACCOUNT = AccountRisk(
    venue="binanceusdm",
    currency="USDT",
    wallet_balance=1_000.0,
    equity=900.0,
    maintenance_margin=20.0,
    margin_ratio=0.02,
    shock_down=-0.163,
    shock_up=None,
)


def with_position(accounts: tuple[AccountRisk, ...] = (), **figures: object) -> Update:
    report = RiskReport(now_ms=NOW_MS, positions=(risk(LONG, **figures),), accounts=accounts)
    return replace(update(BTC), report=report)


class Room:
    def __init__(self, qtbot: QtBot) -> None:
        self.window = MainWindow(DARK, PANELS)
        qtbot.addWidget(self.window)
        self.menus = Menus(self.window)
        self.strip: TopStrip = self.menus.strip
        actions = self.window.findChildren(QAction)
        self.action = next(a for a in actions if a.text().startswith("Strip on top"))
        self.window.show()
        self.action.trigger()


@pytest.fixture
def room(qtbot: QtBot, qapp: QApplication) -> Room:
    apply(qapp, DARK)
    return Room(qtbot)


def test_strip_names_the_worst_position_the_account_and_the_next_funding(room: Room) -> None:
    room.strip.show_update(with_position((ACCOUNT,), distance_fraction=0.101))
    assert room.strip.position.text().startswith("BTC/USDT long isolated, binanceusdm ▼")
    assert "10.10%" in room.strip.position.text()
    assert room.strip.account.text() == "cross at binanceusdm ends at −16.3%"
    assert room.strip.funding.text() == "funding in 2:00:00"
    assert not room.strip.recorded.isVisible()


def test_a_wallet_that_all_coins_end_first_stands_for_its_position(room: Room) -> None:
    held = replace(LONG, margin_mode=MarginMode.CROSS)
    account = replace(ACCOUNT, shock_down=-0.07)
    report = RiskReport(
        now_ms=NOW_MS, positions=(risk(held, distance_fraction=0.101),), accounts=(account,)
    )
    room.strip.show_update(replace(update(BTC), report=report))
    said = "a fall of all coins by 7.00% ends binanceusdm USDT cross"
    assert room.strip.position.text() == said
    assert room.strip.position.property("role") == Role.WARNING


def test_the_next_funding_is_counted_down_by_the_venues_clock(room: Room) -> None:
    held = with_position((ACCOUNT,), distance_fraction=0.101)
    held.snapshot.merge([replace(funding(BTC), clock_ahead_ms=-90_000)])
    room.strip.show_update(held)
    assert room.strip.funding.text() == "funding in 1:58:30"


def test_breached_is_said_in_a_word(room: Room) -> None:
    room.strip.show_update(with_position(status=LiquidationStatus.BREACHED))
    assert room.strip.position.text().startswith("BREACHED BTC/USDT long")
    assert room.strip.position.property("role") == Role.DANGER


def test_late_mark_is_said(room: Room) -> None:
    later = replace(with_position(), now_ms=NOW_MS + 20_000, snapshot=snapshot(BTC))
    room.strip.show_update(later)
    assert room.strip.position.text().endswith("(late)")
    assert room.strip.position.property("role") == Role.WARNING


def test_lost_feed_and_recording_are_said(room: Room) -> None:
    room.strip.show_update(replace(with_position(), feed_lost=True))
    assert room.strip.recorded.text() == "NO FEED"
    clock = Clock(now_ms=NOW_MS, speed=1.0, paused=False, recording="August 2024 crash")
    room.strip.show_update(replace(with_position(), clock=clock))
    assert room.strip.recorded.text() == "RECORDED 2024-08-04"


def test_empty_book_says_so(room: Room) -> None:
    room.strip.show_update(update(BTC))
    assert room.strip.position.text() == "no positions"
    assert not room.strip.account.isVisible()
    assert not room.strip.funding.isVisible()


def test_unknown_distance_is_not_a_number(room: Room) -> None:
    missing = {"distance": "no mark price"}
    gone = with_position(status=LiquidationStatus.UNKNOWN, distance_fraction=None, missing=missing)
    room.strip.show_update(gone)
    assert room.strip.position.text().endswith("distance n/a")


def test_strip_closes_by_its_button_and_the_menu_knows(room: Room, qtbot: QtBot) -> None:
    assert room.action.isChecked()
    qtbot.mouseClick(room.strip.close_button, Qt.MouseButton.LeftButton)
    assert not room.strip.isVisible()
    assert not room.action.isChecked()


def test_longer_words_grow_to_the_left_and_stay_on_the_window(room: Room) -> None:
    room.strip.show_update(update(BTC))
    edge = room.strip.geometry().right()
    short = room.strip.width()
    room.strip.show_update(with_position((ACCOUNT,), distance_fraction=0.101))
    assert room.strip.width() > short
    assert room.strip.geometry().right() == edge
    assert edge < room.window.geometry().right()


def test_strip_that_was_moved_stays_where_it_was_put(room: Room, qtbot: QtBot) -> None:
    room.strip.show_update(update(BTC))
    qtbot.mousePress(room.strip, Qt.MouseButton.LeftButton, pos=QPoint(4, 4))
    qtbot.mouseMove(room.strip, QPoint(4, 44))
    qtbot.mouseRelease(room.strip, Qt.MouseButton.LeftButton, pos=QPoint(4, 44))
    put = room.strip.pos()
    room.strip.show_update(with_position((ACCOUNT,), distance_fraction=0.101))
    assert room.strip.pos() == put


def test_strip_is_dragged_with_the_mouse(room: Room, qtbot: QtBot) -> None:
    before = room.strip.pos()
    qtbot.mousePress(room.strip, Qt.MouseButton.LeftButton, pos=QPoint(4, 4))
    qtbot.mouseMove(room.strip, QPoint(34, 24))
    qtbot.mouseRelease(room.strip, Qt.MouseButton.LeftButton, pos=QPoint(34, 24))
    assert room.strip.pos() == before + QPoint(30, 20)
