"""The trade line under the hand: typing, completing, recalling, adding, and what it says."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from tests.widgets import market_samples
from tests.widgets.market_samples import BTC, ETH, VENUES
from tests.widgets.test_draft import UPDATE, risk_of
from widgets.models.draft import Draft
from widgets.theme import DARK, LIGHT
from widgets.trade_strip import TradeStrip

CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
GOOD = "long btc 0.5 @ market x10 iso"


@pytest.fixture
def strip(qtbot: QtBot) -> Iterator[TradeStrip]:
    made = TradeStrip(VENUES, risk_of, DARK)
    qtbot.addWidget(made)
    made.resize(1100, 60)
    made.show()
    made.activateWindow()
    made.setFocus()
    qtbot.waitUntil(made.edit.hasFocus)
    made.show_update(UPDATE)
    yield made
    made.hide()


def type_line(qtbot: QtBot, strip: TradeStrip, text: str) -> None:
    qtbot.keyClicks(strip.edit, text)


def test_the_liquidation_price_stands_below_as_soon_as_the_line_is_whole(
    qtbot: QtBot, strip: TradeStrip
) -> None:
    type_line(qtbot, strip, GOOD[:-4])
    assert "margin mode is missing" in strip.sentence.text().lower()
    assert not strip.add_button.isEnabled()
    type_line(qtbot, strip, " iso")
    assert strip.sentence.text().startswith("Liquidation at 55")
    assert strip.add_button.isEnabled()


def test_the_hint_stands_under_the_line_before_anything_is_typed(
    qtbot: QtBot, strip: TradeStrip
) -> None:
    assert strip.edit.x() > 0
    qtbot.waitUntil(lambda: strip.sentence.x() >= strip.edit.x())


def test_a_wrong_word_is_said_below_it_and_nothing_is_lost(qtbot: QtBot, strip: TradeStrip) -> None:
    type_line(qtbot, strip, "long btc 0.5 @64,200 x10 iso")
    assert "could be 64.200 or 64200" in strip.sentence.text()
    least = strip.edit.x() + strip.edit.fontMetrics().horizontalAdvance("long btc 0.5 ")
    qtbot.waitUntil(lambda: strip.sentence.x() >= least)
    assert strip.edit.text() == "long btc 0.5 @64,200 x10 iso"
    strip.set_theme(LIGHT)
    assert strip.edit.text() == "long btc 0.5 @64,200 x10 iso"


def test_newer_prices_move_what_is_typed_at_market(qtbot: QtBot, strip: TradeStrip) -> None:
    type_line(qtbot, strip, GOOD)
    before = strip.sentence.text()
    snapshot = market_samples.snapshot(BTC)
    snapshot.merge(market_samples.readings(BTC, mark=50_000.0))
    strip.show_update(market_samples.update(snapshot=snapshot, selected=BTC))
    assert strip.sentence.text() != before
    assert strip.edit.text() == GOOD


def test_tab_completes_and_goes_on_through_the_options(qtbot: QtBot, strip: TradeStrip) -> None:
    type_line(qtbot, strip, "l")
    qtbot.keyClick(strip.edit, Qt.Key.Key_Tab)
    assert strip.edit.text() == "long "
    type_line(qtbot, strip, "b")
    for expected in ("long binanceusdm", "long bybit", "long btc", "long binanceusdm"):
        qtbot.keyClick(strip.edit, Qt.Key.Key_Tab)
        assert strip.edit.text() == expected
    assert "Tab goes on" in strip.sentence.text()
    qtbot.keyClick(strip.edit, Qt.Key.Key_Backtab)
    assert strip.edit.text() == "long btc"
    type_line(qtbot, strip, " 0.5")
    assert strip.edit.text() == "long btc 0.5"


def test_tab_goes_on_to_the_next_field_where_nothing_is_to_complete(
    qtbot: QtBot, strip: TradeStrip
) -> None:
    type_line(qtbot, strip, GOOD)
    qtbot.keyClick(strip.edit, Qt.Key.Key_Tab)
    assert not strip.edit.hasFocus()


def test_ctrl_enter_adds_and_ctrl_shift_enter_plans(qtbot: QtBot, strip: TradeStrip) -> None:
    wanted: list[tuple[Draft, bool]] = []
    strip.add_wanted.connect(lambda draft, planned: wanted.append((draft, planned)))
    qtbot.keyClick(strip.edit, Qt.Key.Key_Return, CTRL)
    type_line(qtbot, strip, "long btc 0.5")
    qtbot.keyClick(strip.edit, Qt.Key.Key_Return, CTRL)
    assert wanted == []
    strip.edit.setText(GOOD)
    qtbot.keyClick(strip.edit, Qt.Key.Key_Return, CTRL | SHIFT)
    assert wanted == []
    strip.offer_plans()
    qtbot.keyClick(strip.edit, Qt.Key.Key_Return, CTRL)
    qtbot.keyClick(strip.edit, Qt.Key.Key_Return, CTRL | SHIFT)
    assert [planned for _, planned in wanted] == [False, True]
    ids = {draft.position.id for draft, _ in wanted if draft.position is not None}
    assert len(ids) == 2


def test_a_line_that_was_kept_can_be_brought_back(qtbot: QtBot, strip: TradeStrip) -> None:
    type_line(qtbot, strip, GOOD)
    strip.done("Added")
    assert strip.edit.text() == ""
    assert strip.sentence.text() == "Added"
    type_line(qtbot, strip, "short eth 1 market x3 iso")
    strip.done("Added")
    for expected in ("short eth 1 market x3 iso", GOOD, GOOD):
        qtbot.keyClick(strip.edit, Qt.Key.Key_Up)
        assert strip.edit.text() == expected
    for expected in ("short eth 1 market x3 iso", "", ""):
        qtbot.keyClick(strip.edit, Qt.Key.Key_Down)
        assert strip.edit.text() == expected


def test_the_contract_that_is_typed_is_asked_for_once(qtbot: QtBot, strip: TradeStrip) -> None:
    wanted: list[object] = []
    strip.contract_wanted.connect(wanted.append)
    type_line(qtbot, strip, "long eth 0.5 @ market x10 iso")
    assert wanted == [ETH]


def test_pasted_rows_are_a_table_and_a_pasted_line_is_typed(
    qtbot: QtBot, strip: TradeStrip
) -> None:
    rows: list[str] = []
    strip.rows_pasted.connect(rows.append)
    for text in ("BTCUSDT\t0.5\t64200\t10x iso", f"{GOOD}\n{GOOD}\n"):
        QGuiApplication.clipboard().setText(text)
        qtbot.keyClick(strip.edit, Qt.Key.Key_V, CTRL)
        assert rows.pop() == text
        assert strip.edit.text() == ""
    QGuiApplication.clipboard().setText(f"{GOOD}\n")
    qtbot.keyClick(strip.edit, Qt.Key.Key_V, CTRL)
    assert strip.edit.text() == GOOD
    qtbot.mouseClick(strip.paste_button, Qt.MouseButton.LeftButton)
    assert rows == [""]


def test_markup_and_monstrous_input_stay_text(qtbot: QtBot, strip: TradeStrip) -> None:
    strip.edit.setText("long <img src=x> 1 mkt x10 iso")
    assert "is no contract name" in strip.sentence.text()
    strip.edit.setText("long btc " + "9" * 300 + " mkt x10 iso")
    assert "at most 300 are read" in strip.sentence.text()
    assert len(strip.edit.text()) > 300


def test_the_form_is_opened_with_what_the_line_says(qtbot: QtBot, strip: TradeStrip) -> None:
    wanted: list[object] = []
    strip.form_wanted.connect(wanted.append)
    qtbot.mouseClick(strip.form_button, Qt.MouseButton.LeftButton)
    strip.edit.setText(GOOD)
    qtbot.mouseClick(strip.form_button, Qt.MouseButton.LeftButton)
    draft = strip.draft
    assert draft is not None
    assert wanted == [None, draft.position]


def red_in(strip: TradeStrip) -> bool:
    """Whether anything of the line is painted in the colour of danger."""
    picture = strip.edit.grab().toImage()
    return any(
        picture.pixelColor(x, y).name() == DARK.danger
        for x in range(picture.width())
        for y in range(picture.height())
    )


def test_the_wrong_word_is_underlined_until_it_is_mended(qtbot: QtBot, strip: TradeStrip) -> None:
    strip.edit.setText("long btc 0.5 @64,200 x10 iso")
    assert red_in(strip)
    strip.show_update(UPDATE)
    assert red_in(strip)
    strip.edit.setText("long btc 0.5 @64200 x10 iso")
    assert not red_in(strip)
    strip.edit.setText("long btc 0.5")
    assert not red_in(strip)
