"""The selected coin over its venues: totals of who speaks, no fall from a feed that is lost."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from dashboard.market.across_venues import covered
from dashboard.market.instrument import InstrumentKey
from tests.widgets.market_samples import BTC, BYBIT_BTC, NOW_MS, readings, update
from widgets import format as fmt
from widgets.models.venues import coin_view, shares_of, title_line
from widgets.panels.venues import VenuesPanel
from widgets.theme import DARK, LIGHT
from widgets.update import Update

OKX_BTC = InstrumentKey("okx", "BTC/USDT:USDT")
ALL = (BTC, BYBIT_BTC, OKX_BTC)


def shown(*keys: InstrumentKey) -> Update:
    """An update with BTC of Binance selected and these contracts read."""
    return update(*keys, selected=BTC)


class Room:
    def __init__(self, qtbot: QtBot) -> None:
        self.panel = VenuesPanel(DARK)
        qtbot.addWidget(self.panel)
        self.wants: list[tuple[InstrumentKey, ...]] = []
        self.selected: list[InstrumentKey] = []
        self.panel.wanted_changed.connect(lambda: self.wants.append(self.panel.wanted))
        self.panel.selected.connect(self.selected.append)
        self.panel.resize(900, 260)
        self.panel.show()

    def cells(self, column: str) -> dict[str, str]:
        model = self.panel.model
        place = [one.key for one in model.columns].index(column)
        rows = range(model.rowCount())
        return {model.index(row, 0).data(): model.index(row, place).data() for row in rows}


def test_every_venue_of_the_coin_stands_with_its_share(qtbot: QtBot) -> None:
    room = Room(qtbot)
    room.panel.show_update(shown(*ALL))
    assert set(room.cells("share").values()) == {"33.3%"}
    assert set(room.cells("funding_8h")) == {"binanceusdm", "bybit", "okx"}
    assert set(room.cells("funding_8h").values()) == {fmt.funding_rate(-0.0002)}
    assert room.panel.title.text().startswith("BTC  3 of 3 venues")
    assert "over 3 venues" in room.panel.title.text()
    assert "okx 33.3%" in room.panel.bar.accessibleDescription()
    assert next(words for _, words in room.panel.bar.places()).endswith("33.3%")
    room.panel.apply_theme(LIGHT)
    room.panel.hide()


def test_a_feed_that_is_lost_never_looks_like_a_fall() -> None:
    whole, part = coin_view(shown(*ALL)), coin_view(shown(BTC, OKX_BTC))
    assert whole is not None
    assert part is not None
    assert part.totals.coverage == "2 of 3 venues"
    assert [covered(1, 1), covered(0, 1), covered(1, 2)] == [
        "1 venue",
        "0 of 1 venue",
        "1 of 2 venues",
    ]
    assert part.change_24h == pytest.approx(whole.change_24h)
    assert part.change_24h == pytest.approx(80_000 / 88_000 - 1)
    assert (whole.change_venues, part.change_venues) == (3, 2)
    assert dict(shares_of(part)) == pytest.approx({"binanceusdm": 0.5, "okx": 0.5})


def test_what_is_too_old_is_left_out_and_named(qtbot: QtBot) -> None:
    room = Room(qtbot)
    old = shown(BTC, OKX_BTC)
    old.snapshot.merge(readings(BYBIT_BTC, received_ms=NOW_MS - 3_600_001))
    room.panel.show_update(old)
    assert room.cells("usd")["bybit"] == fmt.NA
    assert room.panel.title.text().startswith("BTC  2 of 3 venues")
    assert "No open interest now from: bybit" in room.panel.title.toolTip()
    room.panel.hide()


def test_late_figures_are_counted_as_such_in_the_line() -> None:
    late = shown(BTC, OKX_BTC)
    late.snapshot.merge(readings(BYBIT_BTC, received_ms=NOW_MS))
    interest = late.snapshot.open_interests[BYBIT_BTC]
    late.snapshot.open_interests[BYBIT_BTC] = replace(interest, received_ms=NOW_MS - 90_000)
    view = coin_view(late)
    assert view is not None
    assert title_line(view).startswith("BTC  3 of 3 venues, 1 of them late")


def test_a_price_that_differs_refuses_to_be_merged_and_says_so(qtbot: QtBot) -> None:
    room = Room(qtbot)
    other = shown(*ALL)
    mark = other.snapshot.marks[OKX_BTC]
    other.snapshot.marks[OKX_BTC] = replace(mark, mark=0.02)
    room.panel.show_update(other)
    text = room.panel.title.text()
    assert "2 of 2 venues" in text
    assert "not merged, price differs: okx" in text
    assert room.cells("share")["okx"] == fmt.NA
    room.panel.hide()


def test_multiples_are_brought_to_one_coin() -> None:
    pepe = InstrumentKey("binanceusdm", "1000PEPE/USDT:USDT")
    made = update(pepe, selected=pepe)
    listed = made.snapshot.instruments
    listed[pepe] = replace(listed[pepe], multiplier=1000.0)
    view = coin_view(made)
    assert view is not None
    assert view.coin == "PEPE"
    assert view.totals.coin == 80_000_000.0
    assert view.rows[0].mark.value == pytest.approx(61.2345)


def test_contracts_are_wanted_only_while_the_panel_is_seen(qtbot: QtBot) -> None:
    room = Room(qtbot)
    room.panel.show_update(shown(BTC))
    assert set(room.panel.wanted) == set(ALL)
    room.panel.show_update(shown(BTC))
    room.panel.hide()
    assert room.panel.wanted == ()
    room.panel.show_update(shown(BTC))
    assert len(room.wants) == 2


def test_without_a_selection_it_says_what_to_do(qtbot: QtBot) -> None:
    room = Room(qtbot)
    room.panel.show_update(update(BTC))
    assert room.panel.empty.isVisible()
    assert "Select a contract" in room.panel.empty.text()
    room.panel.hide()


def test_without_figures_the_line_has_no_numbers() -> None:
    view = coin_view(shown())
    assert view is not None
    assert title_line(view).startswith("BTC  0 of 3 venues")
    assert "24 h n/a" in title_line(view)


def test_enter_selects_the_contract_of_a_line(qtbot: QtBot) -> None:
    room = Room(qtbot)
    room.panel.show_update(shown(*ALL))
    room.panel.activateWindow()
    room.panel.view.setFocus()
    qtbot.waitUntil(room.panel.view.hasFocus)
    room.panel.view.select_key(BYBIT_BTC)
    qtbot.keyClick(room.panel.view, Qt.Key.Key_Return)
    assert room.selected == [BYBIT_BTC]
    room.panel.hide()
