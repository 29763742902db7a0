"""Pasted rows before they are added: good ones, bad ones each with its sentence, and both."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QDialogButtonBox, QWidget
from pytestqt.qtbot import QtBot

from dashboard.errors import StoreError
from dashboard.market.account import Position
from tests.widgets.market_samples import VENUES
from tests.widgets.test_draft import UPDATE, risk_of
from widgets.dialogs.paste import PasteDialog
from widgets.models.paste_preview import preview_rows
from widgets.theme import DARK

HEADER = "Symbol\tSize\tEntry Price\tMark Price\tLiq.Price\tMargin\n"
GOOD = [f"BTCUSDT Perp 10x\t0.{n:03d} BTC\t64,{n:03d}.5\t64,500.0\t58,000\t9.9 USDT (Isolated)"
        for n in range(1, 18)]  # fmt: skip
BAD = [
    "FOOUSDT Perp 10x\t1 FOO\t1.5\t1.5\t1.4\t1 USDT (Cross)",
    "BTCUSDT Perp 10x\tmany\t64,200.5\t64,500.0\t58,000\t9.9 USDT (Isolated)",
    "<img src=x>",
]
TWENTY = HEADER + "\n".join([*GOOD[:4], BAD[0], *GOOD[4:9], BAD[1], *GOOD[9:], BAD[2]])


class Keeper:
    """Takes positions, or fails where it is told to."""

    def __init__(self) -> None:
        self.kept: list[Position] = []
        self.broken = False

    def keep(self, positions: Sequence[Position]) -> None:
        if self.broken:
            raise StoreError("the disk is full")
        self.kept.extend(positions)


@pytest.fixture
def keeper() -> Keeper:
    return Keeper()


@pytest.fixture
def parent(qtbot: QtBot) -> QWidget:
    made = QWidget()
    qtbot.addWidget(made)
    return made


def opened(parent: QWidget, keeper: Keeper, text: str) -> PasteDialog:
    dialog = PasteDialog(text, UPDATE, VENUES, risk_of, keeper.keep, DARK, parent)
    dialog.open()
    QAbstractItemModelTester(
        dialog.model, QAbstractItemModelTester.FailureReportingMode.Fatal, parent=dialog
    )
    return dialog


def press_add(qtbot: QtBot, dialog: PasteDialog) -> None:
    button = dialog.buttons.button(QDialogButtonBox.StandardButton.Ok)
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def test_twenty_rows_with_three_bad_ones(qtbot: QtBot, parent: QWidget, keeper: Keeper) -> None:
    dialog = opened(parent, keeper, TWENTY)
    assert dialog.summary.text() == "17 of 20 rows are understood; 3 say why not"
    assert keeper.kept == []
    told = [dialog.model.index(row, 2).data() for row in range(20)]
    assert told[0] == (
        "BTC/USDT long at binanceusdm, 0.001\u202fBTC at 64\u202f001.50, 10x isolated"
    )
    assert told[4].startswith('Symbol "FOOUSDT" is not listed')
    assert told[10].startswith('Size "many" is not a number')
    assert "is no contract name" in told[19]
    press_add(qtbot, dialog)
    assert len(keeper.kept) == 17
    assert len({position.id for position in keeper.kept}) == 17
    assert dialog.isVisible()
    assert dialog.text.toPlainText().splitlines() == [HEADER.strip(), *BAD]
    assert not dialog.positions
    dialog.reject()


def test_a_bad_row_is_mended_in_place(qtbot: QtBot, parent: QWidget, keeper: Keeper) -> None:
    dialog = opened(parent, keeper, BAD[1])
    assert not dialog.buttons.button(QDialogButtonBox.StandardButton.Ok).isEnabled()
    dialog.text.setPlainText(BAD[1].replace("many", "0.25 BTC"))
    press_add(qtbot, dialog)
    assert [position.size for position in keeper.kept] == [0.25]


def test_the_chosen_venue_is_that_of_rows_that_name_none(
    qtbot: QtBot, parent: QWidget, keeper: Keeper
) -> None:
    dialog = opened(parent, keeper, "BTCUSDT\t1\t64200\t10x iso\nokx BTCUSDT\t1\t64200\t10x iso")
    dialog.venue.setCurrentText("bybit")
    venues = [position.instrument.venue for position in dialog.positions]
    assert venues == ["bybit", "okx"]
    dialog.reject()


def test_a_book_that_cannot_be_written_loses_nothing(
    qtbot: QtBot, parent: QWidget, keeper: Keeper
) -> None:
    dialog = opened(parent, keeper, GOOD[0])
    keeper.broken = True
    press_add(qtbot, dialog)
    assert dialog.fault.text() == "Not kept: the disk is full"
    assert dialog.text.toPlainText() == GOOD[0]
    dialog.reject()


def test_an_isolated_row_without_leverage_stands_on_its_margin() -> None:
    text = "symbol,size,entry,mode,margin\nBTCUSDT,0.5,64200.5,isolated,3210.5\n"
    (row,) = preview_rows(text, UPDATE, "binanceusdm", VENUES, risk_of)
    assert row.position is not None
    assert (row.position.margin, row.position.leverage) == (3_210.5, None)


def test_trade_lines_may_be_pasted_too() -> None:
    text = "long btc 0.5 @64200 x10 iso\nlong btc 0.5 @market x10 iso bybit\nlong btc"
    rows = preview_rows(text, UPDATE, "binanceusdm", VENUES, risk_of)
    assert [row.position is not None for row in rows] == [True, True, False]
