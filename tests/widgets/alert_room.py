"""A window with alerts over a book on disk, for the tests of alerts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from dashboard.feed.frames import Clock
from dashboard.market.account import Position
from dashboard.market.instrument import InstrumentKey, TierTables
from dashboard.risk.true_range import FloatArray, HourlyMoves
from dashboard.store.book import BookStore
from tests.alerts.scenes import LONG_BTC
from tests.risk.builders import NOW, mark, report_of, snapshot_of
from widgets.alerting import Alerting
from widgets.desk import Desk
from widgets.panels import ALERTS, PANELS
from widgets.theme import DARK
from widgets.update import Update
from widgets.window import MainWindow

MINUTE_MS = 60_000
NEAR, FAR, GONE = 46_500.0, 60_000.0, 45_000.0
"""Marks 2.7 % and 24.6 % above the liquidation price, and below it."""


class Pulse(QObject):
    text = Signal(object)
    time_leapt = Signal()


class Hourly:
    """Hourly candles as a test hands them out."""

    def __init__(self) -> None:
        self.rows: dict[InstrumentKey, FloatArray] = {}

    def moves(self, _key: InstrumentKey, _now_ms: int) -> HourlyMoves:
        return HourlyMoves(atr=200.0)

    def candles(self, key: InstrumentKey) -> FloatArray:
        return self.rows.get(key, np.empty((0, 5)))


class View:
    def __init__(self) -> None:
        self.chosen: list[str] = []

    def select_key(self, key: str) -> None:
        self.chosen.append(key)


class Positions:
    def __init__(self) -> None:
        self.view = View()


class Room:
    """A window with alerts over a book on disk, and a clock that is set by hand."""

    def __init__(self, qtbot: QtBot, path: Path, *positions: Position) -> None:
        self.qtbot = qtbot
        self.store = BookStore(path)
        for held in positions:
            self.store.add_position(held)
        self.window = MainWindow(DARK, PANELS)
        qtbot.addWidget(self.window)
        self.desk = Desk(self.store, self.window)
        self.pulse = Pulse(self.window)
        self.positions = Positions()
        self.now_ms = NOW
        self.alerting = Alerting(
            self.window, self.store, self.desk, TierTables(), parent=self.window
        )
        self.hourly = Hourly()
        for _ in self.alerting.build(self.hourly, recorded=False):  # type: ignore[arg-type]
            pass
        self.panel = self.alerting.panel
        self.alerting.wire(self.pulse, self.positions)  # type: ignore[arg-type]
        self.window.set_panel(ALERTS, self.panel)
        self.window.resize(1200, 800)
        self.window.show()
        self.window.go_to(ALERTS.key)

    def see(
        self,
        price: float | None,
        *,
        minutes: float = 1.0,
        feed_lost: bool = False,
        as_of_ms: int | None = None,
    ) -> None:
        self.now_ms += round(minutes * MINUTE_MS)
        contract = LONG_BTC.instrument
        age_ms = NOW - (self.now_ms if as_of_ms is None else as_of_ms)
        reading = mark(contract, price, age_ms=age_ms)
        snapshot = snapshot_of(*([] if price is None else [reading]))
        update = Update(
            now_ms=self.now_ms,
            clock=Clock(now_ms=self.now_ms, speed=1.0, paused=False),
            snapshot=snapshot,
            book=self.desk.book,
            report=report_of(self.desk.book.positions, snapshot, now_ms=self.now_ms),
            feed_lost=feed_lost,
        )
        self.window.show_text(update)
        self.pulse.text.emit(update)

    def listed(self) -> list[tuple[str, str]]:
        model = self.panel.active.model
        return [(model.index(row, 1).data(), model.index(row, 4).data()) for row in self.rows()]

    def rows(self) -> range:
        return range(self.panel.active.model.rowCount())

    def log(self) -> list[tuple[str, str]]:
        model = self.panel.log.model
        places = range(model.rowCount())
        return [(model.index(row, 1).data(), model.index(row, 2).data()) for row in places]

    def click(self, button: QWidget) -> None:
        self.qtbot.mouseClick(button, Qt.MouseButton.LeftButton)

    def choose(self, name: str) -> None:
        self.panel.active.view.select_key(name)

    def close(self) -> None:
        self.alerting.close()
        self.window.hide()
        self.store.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "book.sqlite3"


@pytest.fixture
def room(qtbot: QtBot, path: Path) -> Iterator[Room]:
    made = Room(qtbot, path, LONG_BTC)
    yield made
    made.close()
