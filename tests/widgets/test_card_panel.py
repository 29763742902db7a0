"""The risk card under the hand: what it is about, what it says, receipts, wishes, copies."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from dashboard.check.answer import FIGURES
from dashboard.feed.frames import Clock
from dashboard.market.account import (
    Balance,
    Book,
    MarginMode,
    Position,
    PositionState,
    Side,
    SizeUnit,
)
from dashboard.market.instrument import InstrumentKey
from dashboard.market.snapshot import Snapshot
from dashboard.risk.plan import Wishes
from dashboard.risk.true_range import HourlyMoves
from tests.widgets import market_samples, position_samples
from tests.widgets.market_samples import BTC, NOW_MS
from tests.widgets.test_draft import read, risk_of
from widgets.card_view import Place
from widgets.models.card import card_text
from widgets.panels.card import CardPanel
from widgets.panels.card_wishes import wishes_of, wishes_text
from widgets.theme import DARK, LIGHT
from widgets.update import Update

MOVES = HourlyMoves(atr=600.0, daily_sigma=0.03, hours=336, until_ms=NOW_MS)


def moves_of(_key: InstrumentKey, _now_ms: int) -> HourlyMoves:
    return MOVES


def update(*positions: Position, **changes: Any) -> Update:
    snapshot = changes.pop("snapshot", None) or market_samples.snapshot(BTC)
    book = Book(positions=positions, balances=changes.pop("balances", ()))
    report = risk_of(snapshot, book, NOW_MS)
    return market_samples.update(
        snapshot=snapshot, book=book, report=report, selected=BTC, **changes
    )


@pytest.fixture
def panel(qtbot: QtBot) -> Iterator[CardPanel]:
    made = CardPanel(risk_of, moves_of, DARK)
    qtbot.addWidget(made)
    made.resize(420, 800)
    made.show()
    yield made
    made.hide()


def test_a_stop_that_never_fills_has_no_price_of_its_own(panel: CardPanel) -> None:
    panel.show_update(update(replace(position_samples.LONG, stop_price=40_000.0)))
    assert "LIQUIDATION COMES FIRST" in text_of(panel)
    assert "it does not fill: liquidation takes the margin before it" in text_of(panel)
    panel.show_update(update(replace(position_samples.LONG, stop_price=90_000.0)))
    assert "THE MARK IS BEYOND IT: it fills at once" in text_of(panel)


def text_of(panel: CardPanel) -> str:
    return card_text(panel.view.card).replace("\N{NARROW NO-BREAK SPACE}", " ")


def test_without_anything_it_says_what_to_do(panel: CardPanel) -> None:
    panel.show_update(update())
    assert "Type a trade in the line above" in text_of(panel)


def test_the_nearest_position_is_shown_until_one_is_chosen(panel: CardPanel) -> None:
    far = position_samples.named("far", leverage=2.0)
    panel.show_update(update(far, position_samples.LONG))
    assert panel.shown is not None
    assert panel.shown.position.id == "long"
    panel.choose("far")
    assert panel.shown.position.id == "far"


def test_a_typed_trade_takes_the_card_and_gives_it_back(panel: CardPanel) -> None:
    panel.show_update(update(position_samples.LONG))
    panel.show_draft(read("short btc 0.2 @ market x5 iso"))
    assert text_of(panel).startswith("Typed: BTC/USDT short at binanceusdm, 0.2 BTC")
    panel.show_draft(read("short btc 0.2"))
    assert "Entry price is missing" in text_of(panel)
    panel.show_draft(None)
    assert text_of(panel).startswith("BTC/USDT long")


def test_a_planned_position_is_told_as_if_it_were_held_beside_the_others(
    panel: CardPanel,
) -> None:
    planned = position_samples.named("plan", leverage=5.0, state=PositionState.PLANNED)
    now = update(position_samples.LONG)
    panel.show_update(replace(now, book=replace(now.book, planned=(planned,))))
    assert text_of(panel).startswith("BTC/USDT long")
    panel.choose("plan")
    assert text_of(panel).startswith("Planned: BTC/USDT long at binanceusdm, 0.5 BTC")
    assert "5x isolated" in text_of(panel)


def test_every_question_of_a_trade_is_answered_with_a_figure(panel: CardPanel) -> None:
    panel.show_update(update())
    panel.show_draft(read("long btc 0.5 @60000 x10 iso sl 58000 wallet 20000"))
    text = text_of(panel)
    for words in (
        "Liquidation   54 216.9 USDT",
        "Binance USD-M; tier 1: 0.40%, no deduction; tiers of 2026-",
        "room: 11.46% below mark",
        "a loss of 3 508.82 USDT on the way",
        "108.43 USDT of its margin is left there, all of it needed as maintenance",
        "11.7 ATR (14, 1 h), 4.1 sigma of a day",
        "58 000.0 fills before liquidation",
        "costs 1 029.50 USDT with fees, 5.15% of the account",
        "the stop is 3 783.1 USDT above the liquidation price, 6.31% of the entry price",
        "liquidation acts on the mark price",
        "receives 3.06 USDT at each settlement (every 4 h), 18.37 USDT a day, 0.51% of its margin",
        "to 24 h in 6 settlements; next in 2:00:00",
        "funding alone never liquidates it",
        "60 060.0 now with fees, 60 023.3 in 24 h with funding",
        "0.0971345 BTC for a risk of 1.0%, bound by the risk; it is 0.5 BTC",
        "8.464x effective",
        "17.51x is the most with liquidation 2 ATR beyond the stop",
        "3 000.00 USDT of margin, 15.00% of the account, stands behind it alone: no more than this",
    ):
        assert words in text


def test_a_cross_position_says_what_it_does_to_the_book(panel: CardPanel) -> None:
    held = position_samples.named("held", margin_mode=MarginMode.CROSS, leverage=None, size=0.1)
    balance = Balance(venue="binanceusdm", coin="USDT", amount=5_000.0)
    panel.show_update(update(held, balances=(balance,)))
    alone = text_of(panel)
    assert "the cross book of binanceusdm in USDT ends at a common move of −82" in alone
    assert "without it" not in alone
    panel.show_draft(read("long btc 0.4 @ market x10 cross", panel_update(panel)))
    typed = text_of(panel)
    assert "ends at a common move of −16" in typed
    assert "without it −82" in typed


def test_a_wallet_with_one_mark_missing_says_whose_and_why(panel: CardPanel) -> None:
    btc = position_samples.named("btc", margin_mode=MarginMode.CROSS, leverage=None, size=1.0)
    eth = replace(btc, id="eth", instrument=market_samples.INSTRUMENTS[1], entry_price=3_000.0)
    balance = Balance(venue="binanceusdm", coin="USDT", amount=8_000.0)
    snapshot = Snapshot()
    snapshot.list_instruments(market_samples.INSTRUMENTS)
    snapshot.merge(market_samples.readings(BTC, mark=60_000.0))
    panel.show_update(update(btc, eth, balances=(balance,), snapshot=snapshot))
    panel.choose("btc")
    text = text_of(panel)
    why = "no mark price received yet from binanceusdm"
    assert f"n/a: ETH/USDT:USDT in the same wallet: {why}" in text
    assert (
        "the common move that ends the cross book of binanceusdm in USDT is n/a: "
        f"ETH/USDT:USDT: {why}"
    ) in text


def test_the_common_move_stands_beside_the_coin_s_own_where_it_is_read_first(
    panel: CardPanel,
) -> None:
    """Long Bitcoin and Ether on one margin: the distance of Bitcoin alone is no comfort."""
    btc = position_samples.named("btc", margin_mode=MarginMode.CROSS, leverage=None, size=1.0)
    eth = replace(
        btc, id="eth", instrument=market_samples.INSTRUMENTS[1], size=10.0, entry_price=3_000.0
    )
    balance = Balance(venue="binanceusdm", coin="USDT", amount=8_000.0)
    snapshot = market_samples.snapshot(BTC)
    snapshot.merge(market_samples.readings(eth.instrument.key, mark=3_000.0))
    panel.show_update(update(btc, eth, balances=(balance,), snapshot=snapshot))
    panel.choose("btc")
    section = panel.view.card.sections[0]
    alone, common = ("".join(run.text for run in line.runs) for line in section.lines[:2])
    assert alone.endswith("USDT if BTC alone moves")
    assert "USDT if all coins fall 8." in common
    assert section.lines[0].runs[0].large
    assert section.lines[1].runs[0].large
    assert section.bar is not None
    assert section.bar_below == 1
    assert section.bar.words.startswith("near: 8.")
    assert "below mark if BTC alone moves" in section.bar.words
    text = text_of(panel)
    assert "% if all coins move alike: that fall ends the wallet" in text
    assert "x of the whole wallet (gross notional over equity), " in text
    assert "x of it by this position" in text
    panel.open_receipt(Place("liquidation", 1, 0))
    assert "betas 1" in panel.receipt.toPlainText()


def panel_update(panel: CardPanel) -> Update:
    found = panel._update
    assert found is not None
    return found


def test_what_is_not_known_says_why(panel: CardPanel) -> None:
    snapshot = Snapshot()
    snapshot.list_instruments(market_samples.INSTRUMENTS)
    panel.show_update(update(position_samples.LONG, snapshot=snapshot))
    text = text_of(panel)
    assert "n/a (no mark price received yet from binanceusdm)" in text
    assert "n/a effective (no mark price received yet from binanceusdm)" in text
    assert "n/a of the account (the account's size in USDT is not known: enter it)" in text


def test_a_breached_position_shows_no_room(panel: CardPanel) -> None:
    snapshot = market_samples.snapshot()
    snapshot.merge(market_samples.readings(BTC, mark=50_000.0))
    panel.show_update(update(position_samples.LONG, snapshot=snapshot))
    assert "BREACHED: mark has crossed" in text_of(panel)
    assert "none is left" in text_of(panel)


def test_a_click_on_a_figure_opens_its_receipt_and_esc_closes_it(
    qtbot: QtBot, panel: CardPanel
) -> None:
    panel.show_update(update(position_samples.LONG))
    place = panel.view.figures()[0]
    at = panel.view.rect_of(place).center().toPoint()
    qtbot.mouseClick(panel.view, Qt.MouseButton.LeftButton, pos=at)
    told = panel.receipt.toPlainText()
    assert panel.receipt.isVisible()
    assert "liquidation price by the rule of Binance USD-M" in told
    assert "55" in told
    assert "published: Binance FAQ" in told
    panel.activateWindow()
    panel.view.setFocus()
    qtbot.waitUntil(panel.view.hasFocus)
    qtbot.keyClick(panel.view, Qt.Key.Key_Escape)
    assert not panel.receipt.isVisible()


def test_every_figure_can_be_reached_and_opened_by_keys_alone(
    qtbot: QtBot, panel: CardPanel
) -> None:
    panel.show_update(update(position_samples.LONG))
    panel.activateWindow()
    panel.setFocus()
    qtbot.waitUntil(panel.view.hasFocus)
    opened: list[Place] = []
    panel.view.opened.connect(opened.append)
    qtbot.keyClick(panel.view, Qt.Key.Key_Home)
    for _ in panel.view.figures():
        qtbot.keyClick(panel.view, Qt.Key.Key_Return)
        assert panel.receipt.toPlainText()
        assert panel.view.accessibleDescription()
        qtbot.keyClick(panel.view, Qt.Key.Key_Down)
    assert opened == panel.view.figures()
    qtbot.keyClick(panel.view, Qt.Key.Key_End)
    qtbot.keyClick(panel.view, Qt.Key.Key_Up)
    qtbot.keyClick(panel.view, Qt.Key.Key_Space)
    assert opened[-1] == panel.view.figures()[-2]


def test_the_receipt_of_a_figure_beyond_the_venue_s_rule_names_its_inputs(
    panel: CardPanel,
) -> None:
    panel.show_update(update(position_samples.LONG))
    panel.open_receipt(Place("distance", 2, 0))
    told = panel.receipt.toPlainText()
    assert "distance in atr: worked out here" in told
    assert "ATR(14, 1 h): 600 (binanceusdm, 336 closed hourly mark candles in a row" in told


def test_wishes_change_the_figures_and_last(qtbot: QtBot, panel: CardPanel) -> None:
    kept: list[Wishes] = []
    panel.wishes_changed.connect(kept.append)
    panel.show_update(update(position_samples.LONG))
    line = panel.wishes.lines["risk_fraction"]
    line.selectAll()
    qtbot.keyClicks(line, "2,5%")
    qtbot.keyClicks(panel.wishes.lines["account"], "8000")
    assert "for a risk of 2.5%" in text_of(panel)
    assert "% of the account" in text_of(panel)
    assert kept[-1] == replace(Wishes(), risk_fraction=0.025, account=8_000.0)
    assert wishes_of(wishes_text(kept[-1])) == kept[-1]


@pytest.mark.parametrize("text", ["", "x", "100", "-1", "1.234,5", "9" * 40])
def test_a_wish_that_cannot_be_read_is_said_and_the_last_one_holds(
    qtbot: QtBot, panel: CardPanel, text: str
) -> None:
    line = panel.wishes.lines["risk_fraction"]
    line.setText(text)
    line.textEdited.emit(text)
    assert panel.wishes.fault.text().startswith("risk ")
    assert panel.wishes.wishes == Wishes()
    assert line.text() == text


@pytest.mark.parametrize("kept", [None, "", "no", "[1]", '{"risk_fraction": "x"}',
                                  '{"horizon_hours": -5, "atr_gap": true}',
                                  '{"risk_fraction": 1e999}'])  # fmt: skip
def test_wishes_that_were_damaged_have_their_defaults(kept: str | None) -> None:
    assert wishes_of(kept) == Wishes()


def test_the_card_is_copied_as_text_json_and_picture(qtbot: QtBot, panel: CardPanel) -> None:
    clock = Clock(now_ms=NOW_MS, speed=1.0, paused=False, recording="crash")
    panel.show_update(update(position_samples.LONG, clock=clock))
    panel.view.setFocus()
    panel.copy_text()
    copied = QGuiApplication.clipboard().text()
    assert "Liquidation" in copied
    assert copied.rstrip().endswith("RECORDED 2024-08-04  ·  2024-08-04 12:00:00 UTC")
    qtbot.mouseClick(panel.copy_json_button, Qt.MouseButton.LeftButton)
    answer = json.loads(QGuiApplication.clipboard().text())
    assert {*FIGURES, "liquidation_status", "stop", "warnings", "receipt"} == set(answer)
    assert panel.shown is not None
    assert answer["liquidation_price"] == panel.shown.risk.liquidation_price
    assert any("RECORDED" in note for note in answer["warnings"])
    with qtbot.waitSignal(panel.picture_wanted):
        qtbot.mouseClick(panel.copy_picture_button, Qt.MouseButton.LeftButton)


def test_nothing_to_copy_as_figures_is_said(qtbot: QtBot, panel: CardPanel) -> None:
    panel.show_update(update())
    with qtbot.waitSignal(panel.said) as said:
        panel.copy_json()
    assert said.args == ["there is no position whose figures could be copied"]


def test_a_hidden_card_catches_up_when_shown(panel: CardPanel) -> None:
    panel.hide()
    panel.show_update(update(position_samples.LONG))
    assert panel.shown is None
    panel.show()
    assert panel.shown is not None


def test_a_narrow_card_wraps_and_nothing_is_cut(qtbot: QtBot, panel: CardPanel) -> None:
    panel.resize(280, 600)
    panel.show_update(update(position_samples.LONG))
    view = panel.view
    for place in view.figures():
        rect = view.rect_of(place)
        assert rect.left() >= 0
        assert rect.right() <= view.width()
        assert rect.bottom() <= view.minimumHeight()


def test_another_theme_paints_in_its_colours(panel: CardPanel) -> None:
    panel.show_update(update(position_samples.LONG))
    for theme in (LIGHT, DARK):
        panel.set_theme(theme)
        picture = panel.view.grab().toImage()
        assert picture.pixelColor(QPoint(2, 2)).name() == theme.surface


def test_an_inverse_contract_is_told_in_its_coin(panel: CardPanel) -> None:
    contract = replace(
        market_samples.instrument("binancecoinm", "BTC", "USD"),
        symbol="BTC/USD:BTC", settle="BTC", kind=market_samples.ContractKind.INVERSE,
    )  # fmt: skip
    held = Position(
        id="inverse", instrument=contract, side=Side.SHORT, size=60_000.0,
        size_unit=SizeUnit.QUOTE, entry_price=60_000.0, margin_mode=MarginMode.ISOLATED,
        leverage=1.0, maintenance_margin_rate=0.004,
    )  # fmt: skip
    panel.show_update(update(held))
    assert "60 000 USD at 60 000" in text_of(panel)
    assert "no mark price liquidates this position" in text_of(panel)
