"""What-if under the hand: sliders, strict fields, steps, scaling; the book is never touched."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from dashboard.market.account import Book, MarginMode
from tests.widgets import market_samples, position_samples
from tests.widgets.market_samples import BTC, ETH
from tests.widgets.test_card_panel import moves_of, update
from tests.widgets.test_draft import read, risk_of
from widgets.charts.price_lines import PriceLine, PriceLineKind
from widgets.models.card import card_text
from widgets.models.what_if import KNOBS, SLIDER_STEPS, base_of, place_of, value_at
from widgets.panels.card import CardPanel
from widgets.panels.charts import ChartsPanel
from widgets.panels.what_if import WhatIfPanel
from widgets.step_edit import StepEdit
from widgets.theme import DARK

LONG = position_samples.LONG
SHIFT, CTRL = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier


class Desk:
    """A card that is hidden behind the what-if panel, as tabs are."""

    def __init__(self, qtbot: QtBot) -> None:
        self.card = CardPanel(risk_of, moves_of, DARK)
        self.panel = WhatIfPanel(risk_of, self.card.subject, DARK)
        self.supposed: list[tuple[Any, Any]] = []
        self.panel.supposed.connect(lambda key, risk: self.supposed.append((key, risk)))
        qtbot.addWidget(self.card)
        qtbot.addWidget(self.panel)
        self.panel.resize(420, 800)
        self.panel.show()
        self.panel.activateWindow()
        self.show(update(LONG))

    def show(self, now: Any) -> None:
        self.card.show_update(now)
        self.panel.show_update(now)

    @property
    def text(self) -> str:
        return card_text(self.panel.view.card).replace("\N{NARROW NO-BREAK SPACE}", " ")

    def type(self, qtbot: QtBot, name: str, text: str) -> None:
        boxes = {**self.panel.boxes, **self.panel.scale_boxes}
        line = boxes[name]
        line.selectAll()
        qtbot.keyClicks(line, text)


@pytest.fixture
def desk(qtbot: QtBot) -> Iterator[Desk]:
    made = Desk(qtbot)
    yield made
    made.panel.hide()


def test_as_it_is_nothing_is_supposed(desk: Desk) -> None:
    assert desk.panel.title.text() == "As it is; move a slider or type"
    assert "Liquidation   55 012.1 USDT\n" in desk.text
    assert desk.supposed == []


def test_the_mark_follows_while_the_card_stands_behind_the_tab(desk: Desk) -> None:
    moved = market_samples.snapshot(BTC)
    moved.merge([replace(moved.marks[BTC], mark=59_000.5)])
    desk.panel.show_update(update(LONG, snapshot=moved))
    assert desk.panel.boxes["mark_price"].text() == "59000.5"


def test_another_leverage_moves_the_liquidation_price_and_says_from_where(
    qtbot: QtBot, desk: Desk
) -> None:
    before = desk.card.subject()
    desk.type(qtbot, "leverage", "20")
    assert "now 55 012.1 (+5.5" in desk.text
    key, risk = desk.supposed[-1]
    assert key == BTC
    assert risk.liquidation_price > 58_000.0
    assert before is not None
    again = desk.card.subject()
    assert again is not None
    assert again.position == before.position == LONG


def test_every_knob_changes_what_it_is_about(qtbot: QtBot, desk: Desk) -> None:
    for name, text, words in (
        ("mark_price", "56000", "danger: 1.76% below mark"),
        ("quantity", "1", "costs 2 939.5"),
        ("extra_margin", "500", "Liquidation   54"),
        ("stop_price", "59000", "59 000.0 fills before liquidation"),
        ("funding_rate", "0.1", "pays 30.62 USDT"),
        ("hours", "48", "to 48 h in 12 settlements"),
    ):
        desk.panel.reset()
        assert words not in desk.text
        desk.type(qtbot, name, text)
        assert words in desk.text, name


def test_funding_of_the_hold_time_moves_the_liquidation_price(qtbot: QtBot, desk: Desk) -> None:
    desk.type(qtbot, "funding_rate", "0.3")
    desk.type(qtbot, "hours", "72")
    assert "once the funding of 72 h is paid" in desk.text
    desk.type(qtbot, "hours", "720")
    desk.type(qtbot, "funding_rate", "2")
    assert "once the funding" not in desk.text


def test_a_slider_that_is_dragged_moves_everything_at_once(qtbot: QtBot, desk: Desk) -> None:
    slider = desk.panel.sliders["mark_price"]
    slider.setValue(SLIDER_STEPS // 4)
    shown = desk.panel.boxes["mark_price"].text()
    assert float(shown) == pytest.approx(61_234.5 * 0.85, abs=0.1)
    assert "BREACHED" in desk.text
    slider.setValue(SLIDER_STEPS // 2)
    assert "BREACHED" not in desk.text


@pytest.mark.parametrize("text", ["x", "-1", "1,234", "9" * 40, "<b>"])
def test_a_field_that_cannot_be_read_says_so_and_keeps_its_text(
    qtbot: QtBot, desk: Desk, text: str
) -> None:
    desk.type(qtbot, "leverage", text)
    assert desk.panel.fault.text().startswith("leverage ")
    assert desk.panel.boxes["leverage"].text() == text
    desk.show(update(LONG))
    assert desk.panel.boxes["leverage"].text() == text


def test_reset_supposes_nothing_any_more(qtbot: QtBot, desk: Desk) -> None:
    desk.type(qtbot, "leverage", "20")
    desk.type(qtbot, "change", "1")
    qtbot.mouseClick(desk.panel.reset_button, Qt.MouseButton.LeftButton)
    assert "Liquidation   55 012.1 USDT\n" in desk.text
    assert "Scaled" not in desk.text
    assert desk.supposed[-1] == (None, None)
    assert desk.panel.boxes["leverage"].text() == "10"


def test_another_position_starts_with_nothing_supposed(qtbot: QtBot, desk: Desk) -> None:
    desk.type(qtbot, "leverage", "20")
    desk.card.show_draft(read("short btc 1 @ market x4 iso"))
    desk.panel.refresh()
    assert "now" not in desk.text.splitlines()[1]
    assert desk.panel.boxes["leverage"].text() == "4"


def test_scaling_in_shows_average_liquidation_and_break_even_before_anything_is_done(
    qtbot: QtBot, desk: Desk
) -> None:
    desk.type(qtbot, "change", "0.5")
    desk.type(qtbot, "price", "60000")
    assert "1 BTC at an average of 60 440.1" in desk.text
    assert "liquidation 55 012.1 \N{RIGHTWARDS ARROW} 54 61" in desk.text
    assert "break-even 60 941.0 \N{RIGHTWARDS ARROW} 60 500.5" in desk.text


def test_scaling_out_realises_profit_and_closing_all_of_it_says_so(
    qtbot: QtBot, desk: Desk
) -> None:
    desk.type(qtbot, "change", "-0.2")
    assert "0.3 BTC at an average of 60 880.1" in desk.text
    assert "realises +70.88 USDT before fees" in desk.text
    line = desk.panel.scale_boxes["change"]
    line.setText("\N{MINUS SIGN}0.5")
    line.textEdited.emit(line.text())
    assert "closes all of it" in desk.text
    desk.type(qtbot, "change", "-0.6")
    assert "no more than the whole position, 0.5, can be taken away" in desk.panel.fault.text()


def test_without_a_position_everything_waits(desk: Desk) -> None:
    desk.show(update())
    assert "Type a trade or choose a position" in desk.text
    assert not desk.panel.sliders["leverage"].isEnabled()


def test_a_cross_position_has_no_margin_of_its_own_to_pay_from(qtbot: QtBot, desk: Desk) -> None:
    held = replace(LONG, margin_mode=MarginMode.CROSS, leverage=None)
    desk.show(update(held))
    desk.type(qtbot, "funding_rate", "0.3")
    assert "once the funding" not in desk.text


def lines_of(charts: ChartsPanel) -> list[PriceLine]:
    return charts.chart.price.pane._lines


def test_the_chart_draws_the_supposed_liquidation_of_the_contract_it_shows(
    qtbot: QtBot, desk: Desk
) -> None:
    charts = ChartsPanel(DARK)
    qtbot.addWidget(charts)
    charts.resize(800, 500)
    charts.show()
    charts.show_update(update(LONG))
    desk.panel.supposed.connect(charts.show_supposed)
    desk.type(qtbot, "leverage", "20")
    lines = [line.text for line in lines_of(charts)]
    assert "LONG what if: liquidation" in lines
    assert lines_of(charts)[-1].kind is PriceLineKind.LIQUIDATION
    charts.show_update(update(LONG))
    assert "LONG what if: liquidation" in [line.text for line in lines_of(charts)]
    desk.panel.reset()
    assert "LONG what if: liquidation" not in [line.text for line in lines_of(charts)]
    charts.show_supposed(ETH, desk.supposed[0][1])
    assert "LONG what if: liquidation" not in [line.text for line in lines_of(charts)]
    charts.hide()


def test_what_is_supposed_leaves_the_chart_while_the_panel_is_hidden(
    qtbot: QtBot, desk: Desk
) -> None:
    desk.type(qtbot, "leverage", "20")
    desk.panel.hide()
    assert desk.supposed[-1] == (None, None)
    desk.panel.show()
    assert desk.supposed[-1][0] == BTC


@pytest.mark.parametrize("knob", KNOBS, ids=lambda knob: str(knob.name))
def test_slider_and_value_agree(knob: Any) -> None:
    risk = risk_of(market_samples.snapshot(BTC), Book(positions=(LONG,)), market_samples.NOW_MS)
    base = base_of(risk.positions[0], 0.0001, 24.0)
    for place in range(0, SLIDER_STEPS + 1, 50):
        assert abs(place_of(knob, base, value_at(knob, base, place)) - place) <= 10
    low, high = knob.bounds(base)
    assert place_of(knob, base, low - 1.0) == 0
    assert place_of(knob, base, high * 9.0 + 1.0) == SLIDER_STEPS


class TestSteps:
    """Wheel, arrows and buttons."""

    @pytest.fixture
    def box(self, qtbot: QtBot) -> Iterator[StepEdit]:
        made = StepEdit(lambda: 0.5)
        qtbot.addWidget(made)
        made.show()
        made.activateWindow()
        made.setFocus()
        qtbot.waitUntil(made.hasFocus)
        made.setText("10")
        yield made
        made.hide()

    def test_arrow_keys_step_and_shift_is_fine_and_ctrl_tenfold(
        self, qtbot: QtBot, box: StepEdit
    ) -> None:
        for key, held, text in (
            (Qt.Key.Key_Up, Qt.KeyboardModifier.NoModifier, "10.5"),
            (Qt.Key.Key_Up, SHIFT, "10.55"),
            (Qt.Key.Key_Up, CTRL, "15.55"),
            (Qt.Key.Key_Down, CTRL, "10.55"),
            (Qt.Key.Key_Down, SHIFT, "10.5"),
            (Qt.Key.Key_Down, CTRL, "5.5"),
            (Qt.Key.Key_Down, CTRL, "0.5"),
            (Qt.Key.Key_Down, CTRL, "0"),
        ):
            qtbot.keyClick(box, key, held)
            assert box.text() == text

    def test_the_wheel_steps_where_the_focus_is(self, qtbot: QtBot, box: StepEdit) -> None:
        def turn(angle: int) -> None:
            event = QWheelEvent(
                QPointF(5, 5), QPointF(5, 5), QPoint(), QPoint(0, angle),
                Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier,
                Qt.ScrollPhase.NoScrollPhase, False,
            )  # fmt: skip
            QApplication.sendEvent(box, event)

        with qtbot.waitSignal(box.stepped) as stepped:
            turn(120)
        assert stepped.args == ["10.5"]
        turn(-120)
        assert box.text() == "10"
        box.clearFocus()
        turn(120)
        assert box.text() == "10"

    def test_buttons_step_too_and_a_text_that_is_no_number_stays(
        self, qtbot: QtBot, box: StepEdit
    ) -> None:
        qtbot.mouseClick(box.up_button, Qt.MouseButton.LeftButton)
        assert box.text() == "10.5"
        box.setText("1,234")
        qtbot.mouseClick(box.down_button, Qt.MouseButton.LeftButton)
        qtbot.keyClick(box, Qt.Key.Key_Up)
        assert box.text() == "1,234"
        box.clearFocus()
        assert box.text() == "1,234"

    def test_both_decimal_marks_are_stepped_from(self, qtbot: QtBot, box: StepEdit) -> None:
        box.setText("0,5")
        qtbot.keyClick(box, Qt.Key.Key_Up)
        assert box.text() == "1"


def test_nothing_is_cut_in_the_narrowest_side_column(qtbot: QtBot, desk: Desk) -> None:
    desk.panel.resize(285, 600)
    qtbot.waitUntil(lambda: desk.panel.width() == 285)
    for widget in (*desk.panel.boxes.values(), *desk.panel.scale_boxes.values()):
        right = widget.mapTo(desk.panel, widget.rect().topRight()).x()
        assert right <= desk.panel.width()


def test_beyond_liquidation_no_more_than_the_margin_is_lost_and_no_funding_is_due(
    qtbot: QtBot, desk: Desk
) -> None:
    desk.type(qtbot, "mark_price", "50000")
    assert "BREACHED: mark has crossed the liquidation price" in desk.text
    assert "−3 044.01 USDT, −100.00% of its initial margin" in desk.text
    assert "liquidation takes all of its margin and no more" in desk.text
    assert "none is due once it is liquidated" in desk.text
    for senseless in ("next in", "n/a of its margin", "is not known", "sigma", "0 s"):
        assert senseless not in desk.text
