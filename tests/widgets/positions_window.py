"""The position panel over a real book, and what a hand does to its form, for the tests of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from dashboard.market.account import Book
from dashboard.market.snapshot import Snapshot
from dashboard.risk.assess import assess
from dashboard.risk.report import RiskReport
from dashboard.store.book import BookStore
from dashboard.store.tiers import load_tiers
from tests.widgets import market_samples, position_samples
from tests.widgets.market_samples import BTC, ETH, NOW_MS, VENUES
from widgets import format as fmt
from widgets.dialogs.position import PositionDialog
from widgets.dialogs.position_form import Field
from widgets.panels.positions import PositionsPanel
from widgets.theme import DARK
from widgets.update import Update

TIERS = load_tiers(None)
ETHER_LONG = position_samples.named(
    "ether",
    instrument=market_samples.instrument("binanceusdm", "ETH", tick=0.01),
    entry_price=61_000.0,
    leverage=20.0,
    stop_price=None,
)


def risk_of(snapshot: Snapshot, book: Book, now_ms: int) -> RiskReport:
    """What the window is given to assess a book with."""
    return assess(book, snapshot, TIERS, now_ms)


class Window:
    """What stands around the panel: it shows the book again after each edit."""

    def __init__(self, panel: PositionsPanel, store: BookStore) -> None:
        self.panel = panel
        self.store = store
        self.selected: list[object] = []
        self.wanted: list[object] = []
        self.snapshot = market_samples.snapshot(BTC, ETH)
        panel.book_changed.connect(self.refresh)
        panel.selected.connect(self.selected.append)
        panel.contract_wanted.connect(self.wanted.append)

    def refresh(self, now_ms: int = NOW_MS) -> None:
        self.panel.show_update(self.update(now_ms))

    def update(self, now_ms: int = NOW_MS) -> Update:
        book = self.store.load()
        return market_samples.update(
            now_ms=now_ms,
            snapshot=self.snapshot,
            book=book,
            report=risk_of(self.snapshot, book, now_ms),
            selected=BTC,
        )


@contextmanager
def shown_window(qtbot: QtBot, store: BookStore) -> Iterator[Window]:
    """A panel on the screen over a book, in which rows are held to the rules of models."""
    panel = PositionsPanel(store, VENUES, risk_of, DARK)
    qtbot.addWidget(panel)
    QAbstractItemModelTester(
        panel.model, QAbstractItemModelTester.FailureReportingMode.Fatal, parent=panel
    )
    panel.resize(1600, 300)
    panel.show()
    with qtbot.waitActive(panel):
        panel.activateWindow()
    made = Window(panel, store)
    made.refresh()
    yield made
    panel.hide()


def dialog_of(panel: PositionsPanel) -> PositionDialog:
    dialog = panel.findChild(PositionDialog)
    assert dialog is not None
    dialog.activateWindow()
    QApplication.processEvents()
    return dialog


def type_into(qtbot: QtBot, dialog: PositionDialog, **texts: str) -> None:
    for name, text in texts.items():
        line = dialog.fields.lines[Field[name.upper()]]
        line.selectAll()
        qtbot.keyClicks(line, text)


def cell(panel: PositionsPanel, key: str, column: str) -> str:
    place = panel.model.place_of(key)
    assert place is not None
    section = [held.key for held in panel.model.columns].index(column)
    text: str = panel.model.data(panel.model.index(place, section))
    return text.replace(fmt.GROUP, " ")


def shown_text(panel: PositionsPanel) -> str:
    return "\n".join(label.text() for label in panel.findChildren(QLabel) if label.isVisible())
