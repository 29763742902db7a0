"""Odds of cross accounts in the window: asked while in sight, shown with their reasons."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from dashboard.feed.frames import (
    AccountOddsTold,
    AskAccountOdds,
    FrameSplitter,
    WalletTold,
    decode,
    decode_command,
    encode,
)
from dashboard.feed.odds_wire import wallet_of
from dashboard.market.account import Balance, Side
from dashboard.market.instrument import InstrumentKey
from dashboard.risk.account_rows import wallets_of
from dashboard.risk.odds.bars import HOUR_MS
from dashboard.risk.odds.cells import Marginal, WalletOdds
from tests.widgets.account_samples import POSITIONS, position, update
from tests.widgets.market_samples import NOW_MS
from widgets.models.wallet_odds import cross_wallets
from widgets.panels import wallet_odds
from widgets.panels.base_rates import BaseRatesPart
from widgets.panels.odds import OddsPanel
from widgets.panels.scorecard import ScorecardPart
from widgets.panels.wallet_odds import WalletOddsPart
from widgets.slices import all_at_once
from widgets.theme import DARK, LIGHT

TITLE = "binanceusdm USDT"
ODDS = WalletOdds(
    (0.001, 0.02, 0.05, 0.3),
    (
        Marginal("BTC", (0.001, 0.01, 0.04, 0.2), (0.001, 0.001, 0.001, 0.01)),
        Marginal("ETH", (0.001, 0.001, 0.002, 0.04), (0.001, 0.01, 0.03, 0.2)),
    ),
    26_280,
)


class Room:
    def __init__(self, qtbot: QtBot) -> None:
        self.panel = OddsPanel(BaseRatesPart(DARK), ScorecardPart(DARK), WalletOddsPart(DARK))
        all_at_once(self.panel.assemble())
        qtbot.addWidget(self.panel)
        self.part = self.panel.wallets
        self.asked: list[AskAccountOdds] = []
        self.part.asked.connect(self.asked.append)
        self.panel.resize(900, 320)
        self.panel.show()

    def look(self) -> None:
        self.panel.tabs.setCurrentIndex(2)
        QApplication.processEvents()

    def answer(self, odds: WalletOdds | None = ODDS, reason: str = "") -> None:
        request = self.asked[-1].request
        told = AccountOddsTold(request, NOW_MS, [WalletTold(TITLE, odds, reason)])
        ((kind, body),) = FrameSplitter().feed(encode(told))
        back = decode(kind, body)
        assert back == told
        self.part.show_told(told)

    def table(self) -> list[list[str]]:
        model = self.part.rows
        places = range(1, model.columnCount())
        return [
            [model.index(row, column).data() for column in places]
            for row in range(model.rowCount())
        ]


def test_nothing_is_asked_until_somebody_looks(qtbot: QtBot) -> None:
    room = Room(qtbot)
    room.panel.show_update(update(*POSITIONS))
    assert room.asked == []
    room.look()
    assert len(room.asked) == 1
    # The question survives the way to the feed.
    ((kind, body),) = FrameSplitter().feed(encode(room.asked[0]))
    (question,) = decode_command(kind, body).wallets  # type: ignore[union-attr] # it is one
    held = cross_wallets(wallets_of(update(*POSITIONS).report))
    back = wallet_of(question)
    assert back.collateral == held[0].wallet.collateral
    for leg, sent in zip(back.legs, held[0].wallet.legs, strict=True):
        terms = replace(leg.terms, tiers=tuple(leg.terms.tiers))
        assert replace(leg, terms=terms) == sent
    assert question.keys == {
        coin: InstrumentKey("binanceusdm", f"{coin}/USDT:USDT") for coin in ("BTC", "ETH")
    }


def test_the_answer_stands_with_the_two_marginal_questions(qtbot: QtBot) -> None:
    room = Room(qtbot)
    room.look()
    room.panel.show_update(update(*POSITIONS))
    assert "is being worked out" in room.part.sentence.text()
    room.answer()
    assert room.table() == [
        ["all together", "<0.3 %", "2 %", "5 %", "30 %"],
        ["only BTC moves", "<0.3 %", "1 %", "4 %", "20 %"],
        ["only ETH moves", "<0.3 %", "<0.3 %", "<0.5 %", "4 %"],
        ["without BTC", "<0.3 %", "<0.3 %", "<0.5 %", "<4 %"],
        ["without ETH", "<0.3 %", "1 %", "3 %", "20 %"],
    ]
    said = room.part.sentence.text()
    assert "liquidated about 1 in 20 within 24 h, about 3 in 10 within 7 days" in said
    assert "Not in it: outages" in said
    assert "bars until" in room.part.foot.text()
    room.panel.apply_theme(LIGHT)


def test_another_account_is_asked_anew_and_an_old_answer_does_not_stand_for_it(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wallet_odds, "ASK_AT_MOST_EVERY_S", 0.0)
    room = Room(qtbot)
    room.look()
    room.panel.show_update(update(*POSITIONS))
    room.answer()
    room.panel.show_update(update(*POSITIONS))
    assert len(room.asked) == 1
    room.panel.show_update(update(*POSITIONS[1:]))
    assert len(room.asked) == 2
    assert "is being worked out" in room.part.sentence.text()
    room.part.show_told(AccountOddsTold(1, NOW_MS, [WalletTold(TITLE, ODDS)]))
    assert "is being worked out" in room.part.sentence.text()
    later = replace(update(*POSITIONS[1:]), now_ms=NOW_MS + HOUR_MS)
    room.panel.show_update(later)
    assert len(room.asked) == 3


def test_nothing_is_asked_of_a_feed_that_is_lost(qtbot: QtBot) -> None:
    room = Room(qtbot)
    room.look()
    room.panel.show_update(replace(update(*POSITIONS), feed_lost=True))
    assert room.asked == []


def test_why_there_are_no_odds(qtbot: QtBot) -> None:
    room = Room(qtbot)
    room.look()
    room.panel.show_update(update(*POSITIONS))
    room.answer(None, "no hourly candles of ETH/USDT:USDT are stored yet")
    assert room.part.sentence.text() == (
        "binanceusdm USDT cross: no hourly candles of ETH/USDT:USDT are stored yet."
    )
    assert room.table()[0] == ["all together", "n/a", "n/a", "n/a", "n/a"]
    room.panel.show_update(update(*POSITIONS, balances=()))
    assert room.part.sentence.text().startswith("No account odds. binanceusdm USDT cross: ")
    room.panel.show_update(update(*POSITIONS[2:]))
    assert "No cross account with positions" in room.part.sentence.text()


def test_collateral_that_moves_is_asked_of_what_the_venue_lists(qtbot: QtBot) -> None:
    room = Room(qtbot)
    room.look()
    balances = (
        Balance(venue="binanceusdm", coin="USDT", amount=20_000.0),
        Balance(venue="binanceusdm", coin="SOL", amount=10.0, haircut=0.9),
    )
    priced = position("SOL", Side.LONG, 1.0, cross=False)
    room.panel.show_update(update(POSITIONS[0], priced, balances=balances))
    (question,) = room.asked[0].wallets
    assert question.keys["SOL"] == InstrumentKey("binanceusdm", "SOL/USDT:USDT")
