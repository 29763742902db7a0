"""What changed since the last look: listed by surprise with its reason, kept over a restart."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from dashboard.market.instrument import InstrumentKey
from dashboard.market.readings import FundingRate
from dashboard.signals.changes import Change, ChangeKind, Seen
from dashboard.signals.past import Past, Present
from dashboard.signals.standing import Standing
from tests.widgets.market_samples import BTC, ETH, NOW_MS, funding, update
from widgets.models.changed import described, seen_from_text, seen_to_text, why
from widgets.panels.changed import ChangedPanel
from widgets.theme import DARK
from widgets.update import Update

LATER_MS = NOW_MS + 8 * 3_600_000
RARE = Past(open_interest_change_24h=Standing(0.995, 696))


def past(key: InstrumentKey, _present: Present, _now_ms: int) -> Past:
    return RARE if key == BTC else Past()


def morning(**changes: object) -> Update:
    """Eight hours later: all read anew, with what changed at ETH's funding."""
    shown = update(BTC, ETH, now_ms=LATER_MS, **changes)
    for held in (shown.snapshot.marks, shown.snapshot.open_interests, shown.snapshot.ratios):
        for key, reading in held.items():
            held[key] = replace(reading, received_ms=LATER_MS)  # type: ignore[type-var]
    turned: FundingRate = replace(
        funding(ETH, received_ms=LATER_MS), predicted=0.0002, interval_hours=1.0
    )
    shown.snapshot.fundings[ETH] = turned
    shown.snapshot.fundings[BTC] = funding(BTC, received_ms=LATER_MS)
    interest = shown.snapshot.open_interests[BTC]
    shown.snapshot.open_interests[BTC] = replace(interest, coin=92_000.0)
    return shown


class Room:
    def __init__(self, qtbot: QtBot, seen: dict[InstrumentKey, Seen]) -> None:
        self.panel = ChangedPanel(seen, past, DARK)
        qtbot.addWidget(self.panel)
        self.looks: list[dict[InstrumentKey, Seen]] = []
        self.selected: list[InstrumentKey] = []
        self.panel.looked.connect(self.looks.append)
        self.panel.selected.connect(self.selected.append)
        self.panel.resize(900, 240)
        self.panel.show()

    def lines(self) -> list[tuple[str, str]]:
        model = self.panel.model
        places = range(model.rowCount())
        return [(model.index(row, 0).data(), model.index(row, 2).data()) for row in places]


def test_night_is_told_in_order_of_surprise(qtbot: QtBot) -> None:
    room = Room(qtbot, {})
    room.panel.show_update(update(BTC, ETH))
    assert "Nothing to compare with yet" in room.panel.empty.text()
    qtbot.mouseClick(room.panel.seen_button, Qt.MouseButton.LeftButton)
    assert "Nothing unusual" in room.panel.empty.text()
    room.panel.show_update(morning())
    assert room.lines() == [
        ("ETH/USDT", "funding every 1\N{NARROW NO-BREAK SPACE}h (was 4\N{NARROW NO-BREAK SPACE}h)"),
        ("BTC/USDT", "open interest +15.0%"),
        ("ETH/USDT", "funding turned: longs pay now, +0.0200%"),
    ]
    assert room.panel.summary.text().startswith("3 changes since your look 8")
    room.panel.hide()


def test_look_is_kept_and_comes_back(qtbot: QtBot) -> None:
    room = Room(qtbot, {})
    room.panel.show_update(update(BTC, ETH))
    room.panel.look()
    again = Room(qtbot, seen_from_text(seen_to_text(room.looks[-1])))
    again.panel.show_update(morning())
    assert len(again.lines()) == 3
    again.panel.look()
    assert again.lines() == []
    for one in (room, again):
        one.panel.hide()


def test_figure_that_is_gone_keeps_its_last_look(qtbot: QtBot) -> None:
    room = Room(qtbot, {})
    room.panel.show_update(update(BTC))
    room.panel.look()
    gone = update(BTC)
    gone.snapshot.open_interests.clear()
    room.panel.show_update(gone)
    room.panel.look()
    assert room.looks[-1][BTC].open_interest_coin == 80_000.0
    room.panel.hide()


def test_keys_walk_the_list_and_show_the_contract(qtbot: QtBot) -> None:
    room = Room(qtbot, {})
    room.panel.show_update(update(BTC, ETH))
    room.panel.look()
    room.panel.show_update(morning())
    room.panel.activateWindow()
    room.panel.view.setFocus()
    qtbot.waitUntil(room.panel.view.hasFocus)
    for key in (Qt.Key.Key_J, Qt.Key.Key_J, Qt.Key.Key_K):
        qtbot.keyClick(room.panel.view, key)
    assert room.selected == [ETH, BTC, ETH]
    qtbot.keyClick(room.panel.view, Qt.Key.Key_E)
    assert room.lines() == []
    room.panel.hide()


@pytest.mark.parametrize(
    ("kind", "before", "now", "words"),
    [
        (ChangeKind.PRICE, 100.0, 95.0, "price −5.0%"),
        (ChangeKind.RATIO, 1.0, 2.5, "long/short ratio 2.50 (was 1.00)"),
        (ChangeKind.FUNDING, 0.0001, 0.0005, "funding +0.0500% (was +0.0100%)"),
        (ChangeKind.FUNDING_SIGN, 0.0001, -0.0005, "funding turned: shorts pay now, −0.0500%"),
        (ChangeKind.OPEN_INTEREST, 0.0, 5.0, "open interest n/a"),
    ],
)
def test_each_kind_is_described(kind: ChangeKind, before: float, now: float, words: str) -> None:
    change = Change(key=BTC, kind=kind, before=before, now=now, surprise=7.0, samples=128)
    assert described(change) == words
    assert why(change) == "about 1 in 128 of its own 128 past values"


@given(st.text(max_size=60))
def test_any_kept_text_is_taken_as_far_as_it_is_good(text: str) -> None:
    assert isinstance(seen_from_text(text), dict)


@pytest.mark.parametrize(
    "text",
    ['[["okx", "A", {"at_ms": "x"}]]', "[[1, 2, 3]]", '{"a": 1}', '[["okx", "A"]]', "null"],
)
def test_damaged_looks_are_left_out(text: str) -> None:
    assert seen_from_text(text) == {}


def test_figure_that_is_no_number_is_left_out_of_a_look() -> None:
    text = '[["okx", "A", {"at_ms": 5, "mark": NaN, "ratio": 2.0, "other": 1}]]'
    assert seen_from_text(text) == {InstrumentKey("okx", "A"): Seen(at_ms=5, ratio=2.0)}


@pytest.mark.parametrize(
    "text",
    [
        f'[["okx", "A", {{"at_ms": {10**400}}}]]',
        '[["okx", "A", {"at_ms": -1}]]',
        "[" * 100_000,
    ],
    ids=["a time of 400 digits", "a time before all times", "nested 100,000 deep"],
)
def test_a_look_that_cannot_be_is_left_out(text: str) -> None:
    assert seen_from_text(text) == {}


def test_a_figure_of_400_digits_is_left_out_of_its_look() -> None:
    text = f'[["okx", "A", {{"at_ms": 5, "mark": {10**400}, "ratio": 2.0}}]]'
    assert seen_from_text(text) == {InstrumentKey("okx", "A"): Seen(at_ms=5, ratio=2.0)}
