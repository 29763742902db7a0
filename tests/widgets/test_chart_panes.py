"""The panes of a contract: each kind shows its series, options, legends, what is compared."""

from __future__ import annotations

import gc
import json
import weakref
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot

from dashboard.feed.frames import Clock, LoadSeries
from dashboard.market.account import Side
from dashboard.market.instrument import InstrumentKey
from dashboard.market.readings import LongShortRatio, RatioSeries, SeriesKind
from dashboard.risk.report import RiskReport
from tests.widgets.chart_samples import HOUR, answers, rows, series
from tests.widgets.hands import RIGHT, click, drag, middle_of, move
from tests.widgets.market_samples import BTC, BYBIT_BTC, ETH, NOW_MS, instrument, update
from tests.widgets.test_chart_price_lines import risk
from widgets import format as fmt
from widgets.charts.contract_chart import ContractChart
from widgets.charts.contract_panes import PANE_TYPES, Others, PaneKind
from widgets.charts.overlay import BADGE
from widgets.charts.template import DEFAULT_TEMPLATE, ChartTemplate, PaneChoice, from_text, to_text
from widgets.panels.chart_menu import pane_menu
from widgets.panels.chart_templates import ChartTemplates
from widgets.panels.charts import ChartsPanel
from widgets.theme import DARK, LIGHT


class States(dict[str, str]):
    """Small texts by name."""

    def state(self, name: str) -> str | None:
        return self.get(name)

    def set_state(self, name: str, value: str) -> None:
        self[name] = value


class Desk:
    """A panel whose feed knows everything at once."""

    def __init__(self, qtbot: QtBot, states: States) -> None:
        self.panel = ChartsPanel(DARK, templates=ChartTemplates(states))
        qtbot.addWidget(self.panel)
        self.asked: list[LoadSeries] = []
        self.panel.series_requested.connect(self.asked.append)
        self.panel.resize(1100, 800)
        self.panel.show()
        self.show()

    def show(self, **changes: object) -> None:
        fields = {"selected": BTC, **changes}
        self.panel.show_update(update(BTC, BYBIT_BTC, ETH, **fields))  # type: ignore[arg-type]
        self.answer()
        self.panel.show_update(update(BTC, BYBIT_BTC, ETH, **fields))  # type: ignore[arg-type]

    def answer(self) -> None:
        asked, self.asked[:] = list(self.asked), []
        for wanted in asked:
            for frame in answers(wanted):
                if not wanted.kinds or frame.header.kind in wanted.kinds:
                    self.panel.show_series(frame)

    @property
    def chart(self) -> ContractChart:
        return self.panel.chart

    def legend(self, kind: PaneKind) -> str:
        return next(one for one in self.chart.contract_panes if one.kind is kind).pane.legend.text

    def point_at(self, time_ms: float) -> None:
        column = float(round(self.chart.panes[0].x_of(time_ms)))
        move(self.chart, middle_of(self.chart, 0, column))


@pytest.fixture
def states() -> States:
    return States()


@pytest.fixture
def desk(qtbot: QtBot, states: States) -> Iterator[Desk]:
    yield Desk(qtbot, states)
    QApplication.processEvents()


def test_every_kind_of_pane_shows_rows_and_a_legend(desk: Desk) -> None:
    desk.chart.compare((BYBIT_BTC,))
    desk.answer()
    for kind in PaneKind:
        desk.chart.add_pane(kind)
    assert [one.kind for one in desk.chart.contract_panes] == [*list(PANE_TYPES)]
    at = NOW_MS - 37 * HOUR
    desk.point_at(at)
    for one in desk.chart.contract_panes:
        assert one.pane.has_data, one.kind
        assert one.pane.notice.text == ""
        if one.kind is not PaneKind.BASIS:
            assert fmt.NA not in one.pane.legend.text, one.kind
    candle = rows(SeriesKind.CANDLES, at, at + 1)[0]
    liquidated = rows(SeriesKind.LIQUIDATIONS, at, at + 1)[0]
    assert fmt.big(candle[5], digits=4) in desk.legend(PaneKind.VOLUME)
    assert f"longs {fmt.big(liquidated[1], digits=4)}" in desk.legend(PaneKind.LIQUIDATIONS)
    assert f"shorts {fmt.big(liquidated[2], digits=4)}" in desk.legend(PaneKind.LIQUIDATIONS)


def test_the_basis_is_that_of_mark_and_index_as_far_as_the_index_is_known(desk: Desk) -> None:
    desk.chart.add_pane(PaneKind.BASIS)
    basis = desk.legend(PaneKind.BASIS)
    assert fmt.percent(1.0 / 1.0005 - 1.0, 3, signed=True) in basis
    desk.point_at(NOW_MS - 37 * HOUR)
    assert fmt.NA in desk.legend(PaneKind.BASIS), "venues keep no record of the index"
    assert "last over mark" in desk.legend(PaneKind.BASIS)


def test_open_interest_is_shown_as_candles_and_changes_too(desk: Desk) -> None:
    held = desk.chart.series.open_interest_coin
    for style in ("candles", "change per bar", "line"):
        desk.chart.choose(PaneKind.OPEN_INTEREST, "Style", style)
        pane = desk.chart.contract_panes[1].pane
        assert pane.has_data
        visible = [item for item in pane._items if item.isVisible()]
        assert len(visible) == 1
        assert visible[0].series.size == held.size
    assert pane.value_of(pane.y_of(80_010.0)) == pytest.approx(80_010.0)


def flat_coin_rising_price(desk: Desk) -> None:
    times = NOW_MS - HOUR * np.arange(300)[::-1].astype(np.float64)
    coin = np.full(300, 80_000.0)
    usd = coin * np.linspace(60_000.0, 66_000.0, 300)
    matrix = np.column_stack((times, coin, usd))
    desk.panel.show_series(series(SeriesKind.OPEN_INTEREST, matrix))


def test_open_interest_that_rose_with_the_price_alone_has_a_badge(desk: Desk) -> None:
    flat_coin_rising_price(desk)
    interest = desk.chart.contract_panes[1].pane
    assert (("price", BADGE)) not in interest.legend._runs
    assert f"{fmt.change(0.0)} in view" in interest.legend.text, "coin: nothing was added"
    desk.chart.show_unit(in_usd=True)
    assert ("price", BADGE) in interest.legend._runs
    picture = desk.panel.grab().toImage()
    assert not picture.isNull()


def test_funding_is_shown_per_interval_per_8_hours_and_per_year(desk: Desk) -> None:
    at = NOW_MS - 37 * HOUR
    desk.point_at(at)
    rate = rows(SeriesKind.FUNDING, at - 8 * HOUR + 1, at + 1)[-1][1]
    assert fmt.funding_rate(rate) in desk.legend(PaneKind.FUNDING)
    desk.chart.choose(PaneKind.FUNDING, "Rate per", "8 h")
    assert fmt.percent(rate, 4, signed=True) in desk.legend(PaneKind.FUNDING)
    desk.chart.choose(PaneKind.FUNDING, "Rate per", "year")
    assert fmt.percent(rate * 1095.0, 1, signed=True) in desk.legend(PaneKind.FUNDING)


def test_what_the_side_of_the_position_paid_is_summed_from_its_opening(desk: Desk) -> None:
    made = risk(instrument(BTC.venue, "BTC"), Side.SHORT, 60_000.0, 70_000.0)
    opened = NOW_MS - 100 * HOUR
    made = replace(made, position=replace(made.position, opened_ms=opened))
    desk.chart.choose(PaneKind.FUNDING, "Show", "paid by my side")
    desk.show(report=RiskReport(now_ms=NOW_MS, positions=[made]))
    legend = desk.legend(PaneKind.FUNDING)
    settled = rows(SeriesKind.FUNDING, opened + 1, NOW_MS + 1)
    assert f"SHORT paid since {fmt.instant(opened)}" in legend
    assert f"{fmt.percent(-settled[:, 1].sum(), 3, signed=True)} of notional" in legend


def test_the_rate_predicted_next_stands_at_its_settlement(desk: Desk) -> None:
    bars = [item for item in desk.chart.contract_panes[3].pane._items if item.opacity() < 1.0]
    (predicted,) = bars
    assert predicted.series.last() == (NOW_MS + 7_200_000, -0.0001)
    clock = Clock(now_ms=NOW_MS, speed=1.0, paused=False, recording="crash")
    desk.show(clock=clock)
    assert not predicted.series.size, "a recording has settled rates only"


def test_ratios_of_other_kinds_appear_as_the_venue_gives_them(desk: Desk) -> None:
    assert "taker" not in desk.legend(PaneKind.LONG_SHORT)
    made = update(BTC, selected=BTC)
    made.snapshot.merge(
        [
            LongShortRatio(
                venue=BTC.venue,
                symbol=BTC.symbol,
                endpoint="test",
                venue_ms=NOW_MS,
                received_ms=NOW_MS,
                series=RatioSeries.TAKER_VOLUME,
                ratio=1.75,
                long_fraction=None,
            )
        ]
    )
    desk.panel.show_update(made)
    assert f"taker buy/sell {fmt.ratio(1.75)}" in desk.legend(PaneKind.LONG_SHORT)
    desk.chart.choose(PaneKind.LONG_SHORT, RatioSeries.TAKER_VOLUME.value, "hidden")
    assert "taker" not in desk.legend(PaneKind.LONG_SHORT)


def test_a_pane_without_rows_says_what_it_waits_for(desk: Desk) -> None:
    desk.chart.add_pane(PaneKind.SPREAD)
    assert "Compare" in desk.chart.contract_panes[-1].pane.notice.text


def test_the_same_coin_elsewhere_is_compared_by_price_and_spread(desk: Desk) -> None:
    desk.chart.compare((BYBIT_BTC,))
    desk.answer()
    desk.chart.add_pane(PaneKind.SPREAD)
    at = NOW_MS - 10 * HOUR
    moved = rows(SeriesKind.CANDLES, at, at + 1)
    moved[:, 1:5] *= 1.01
    desk.panel.show_series(series(SeriesKind.CANDLES, moved, key=BYBIT_BTC))
    desk.point_at(at)
    assert not desk.chart.price.relative
    assert f"bybit {fmt.price(moved[0, 4], 0.1)}" in desk.legend(PaneKind.PRICE)
    assert "bybit +1.000%" in desk.legend(PaneKind.SPREAD)


def test_other_coins_are_compared_as_changes_since_the_left_edge(desk: Desk) -> None:
    desk.chart.compare((ETH,))
    desk.answer()
    price = desk.chart.price
    assert price.relative
    assert not price.candles.isVisible()
    assert price.pane.placed_lines == []
    start = desk.chart.time_range.start_ms
    held = desk.chart.series.closes
    first, _ = held.span(start, start)
    at = NOW_MS - 20 * HOUR
    desk.point_at(at)
    row = held.at(at)
    assert row is not None
    expected = row[1] / held.row(first)[1] - 1.0
    assert f"BTC {fmt.change(expected)}" in desk.legend(PaneKind.PRICE)
    assert "ETH" in desk.legend(PaneKind.PRICE)
    low, high = price.pane.values.bounds
    assert low < expected < high
    desk.chart.compare(())
    assert not price.relative
    assert price.candles.isVisible()


def test_stacked_open_interest_is_the_sum_of_the_venues(desk: Desk) -> None:
    desk.chart.compare((BYBIT_BTC,))
    desk.answer()
    desk.chart.choose(PaneKind.OPEN_INTEREST, "Venues", "stacked")
    at = NOW_MS - 20 * HOUR
    desk.point_at(at)
    coin = rows(SeriesKind.OPEN_INTEREST, at, at + 1)[0][1]
    legend = desk.legend(PaneKind.OPEN_INTEREST)
    assert fmt.big(2 * coin, digits=5) in legend
    assert f"bybit {fmt.big(coin, digits=5)}" in legend
    low, _ = desk.chart.contract_panes[1].pane.values.bounds
    assert low <= 0.0, "areas that are stacked start at zero"


def test_compared_contracts_are_asked_without_being_followed(desk: Desk) -> None:
    desk.chart.compare((BYBIT_BTC,))
    (wanted,) = desk.asked
    assert wanted.key == BYBIT_BTC
    assert not wanted.follow
    assert set(wanted.kinds) == {SeriesKind.CANDLES, SeriesKind.OPEN_INTEREST}


@pytest.mark.parametrize(
    ("key", "same", "name"),
    [
        (BYBIT_BTC, True, "bybit"),
        (InstrumentKey("hyperliquid", "BTC/USDC:USDC"), True, "hyperliquid USDC"),
        (InstrumentKey("deribit", "BTC/USD:BTC"), True, "deribit USD"),
        (ETH, False, "ETH"),
        (InstrumentKey("bybit", "ETH/USDT:USDT"), False, "ETH bybit"),
        (InstrumentKey("okx", "BTC/EUR:EUR"), False, "BTC okx"),
    ],
)
def test_the_same_coin_is_known_by_coin_and_dollars(
    key: InstrumentKey, same: bool, name: str
) -> None:
    others = Others(BTC)
    assert others.is_same_coin(key) == same
    assert others.name_of(key) == name


def test_why_a_compared_contract_has_no_rows_is_said(desk: Desk) -> None:
    desk.chart.compare((BYBIT_BTC,))
    nothing = rows(SeriesKind.CANDLES, 0, 0)
    desk.panel.show_series(
        series(SeriesKind.CANDLES, nothing, key=BYBIT_BTC, note="bybit has none")
    )
    assert "bybit has none" in desk.panel._said.text()


def test_newer_rows_of_compared_contracts_are_asked_from_time_to_time(desk: Desk) -> None:
    desk.chart.compare((BYBIT_BTC,))
    desk.answer()
    assert desk.panel._compared_timer.isActive()
    desk.panel._compared_timer.timeout.emit()
    (wanted,) = desk.asked
    assert wanted.key == BYBIT_BTC
    assert wanted.since_ms == desk.chart.last_row_of(BYBIT_BTC)
    assert wanted.until_ms > NOW_MS
    desk.chart.compare(())
    desk.asked.clear()
    desk.panel._compared_timer.timeout.emit()
    assert not desk.asked
    assert not desk.panel._compared_timer.isActive()


def test_the_menu_of_a_pane_opens_by_key(desk: Desk, qtbot: QtBot) -> None:
    desk.panel.activateWindow()
    qtbot.waitActive(desk.panel)
    desk.chart.setFocus()
    move(desk.chart, middle_of(desk.chart, 1, 300.0))
    qtbot.keyClick(desk.chart, Qt.Key.Key_F10, Qt.KeyboardModifier.ShiftModifier)
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    assert "Unit" in texts_of(menu), "that of open interest"
    menu.close()


def test_panes_are_kept_per_symbol(desk: Desk, qtbot: QtBot, states: States) -> None:
    desk.chart.add_pane(PaneKind.VOLUME)
    desk.chart.move_pane(PaneKind.VOLUME, -4)
    desk.chart.remove_pane(PaneKind.FUNDING)
    desk.chart.choose(PaneKind.OPEN_INTEREST, "Unit", "USD")
    edge = desk.chart.separators[0].area.center()
    drag(desk.chart, edge, edge + QPointF(0, 10), edge + QPointF(0, 60))
    wanted = desk.chart.template()
    desk.show(selected=ETH)
    assert desk.chart.template() == DEFAULT_TEMPLATE
    later = Desk(qtbot, states)
    kept = later.chart.template()
    assert [pane.kind for pane in kept.panes] == [pane.kind for pane in wanted.panes]
    assert [pane.options for pane in kept.panes] == [pane.options for pane in wanted.panes]
    shares = [pane.share for pane in kept.panes]
    assert shares == pytest.approx([pane.share for pane in wanted.panes], abs=1e-3)
    assert later.chart.in_usd
    assert later.chart.contract_panes[0].kind is PaneKind.VOLUME


def test_a_removed_pane_is_freed(desk: Desk) -> None:
    desk.chart.add_pane(PaneKind.VOLUME)
    gone = weakref.ref(desk.chart.contract_panes[-1])
    assert gone() is not None
    desk.chart.remove_pane(PaneKind.VOLUME)
    QApplication.processEvents()
    gc.collect()
    assert gone() is None


def test_the_price_cannot_be_removed(desk: Desk) -> None:
    desk.chart.remove_pane(PaneKind.PRICE)
    assert desk.chart.price.pane in desk.chart.panes


def test_panes_can_be_chosen_from_a_menu(desk: Desk) -> None:
    menu = desk.panel._panes_menu
    actions = {action.text(): action for action in menu.actions()}
    assert actions["Pane: price"].isChecked()
    assert not actions["Pane: price"].isEnabled()
    actions["Pane: volume"].trigger()
    assert PaneKind.VOLUME in {one.kind for one in desk.chart.contract_panes}
    actions = {action.text(): action for action in menu.actions()}
    assert actions["Pane: volume"].isChecked()
    actions["Pane: volume"].trigger()
    {action.text(): action for action in menu.actions()}["Show the usual panes"].trigger()
    assert desk.chart.template() == DEFAULT_TEMPLATE


def texts_of(menu: QMenu) -> list[str]:
    return [action.text() for action in menu.actions() if action.text()]


def test_a_right_click_offers_what_can_be_done_there(desk: Desk, qtbot: QtBot) -> None:
    click(desk.chart, middle_of(desk.chart, 0, 300.0), RIGHT)
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    texts = texts_of(menu)
    menu.close()
    assert any(text.startswith("Copy 6") for text in texts)
    assert {"Copy picture", "Export CSV…", "Remove pane", "Compare"} <= set(texts)
    assert any(text.startswith("Set the stop at ") for text in texts)
    assert not any(text.startswith("Alert") for text in texts), "nobody keeps alerts yet"


def test_options_and_comparisons_are_chosen_from_the_menu(desk: Desk) -> None:
    one = desk.chart.price
    menu = pane_menu(desk.panel, desk.chart, one, [], [BYBIT_BTC, ETH])
    style = next(action.menu() for action in menu.actions() if action.text() == "Style")
    assert isinstance(style, QMenu)
    next(action for action in style.actions() if action.text() == "line").trigger()
    assert not one.candles.isVisible()
    below = next(action.menu() for action in menu.actions() if action.text() == "Compare")
    assert isinstance(below, QMenu)
    next(action for action in below.actions() if "bybit" in action.text()).trigger()
    assert desk.chart.compared == (BYBIT_BTC,)
    share = one.pane.share
    next(action for action in menu.actions() if action.text() == "Make pane taller").trigger()
    assert one.pane.share > share
    next(action for action in menu.actions() if action.text() == "Make pane lower").trigger()
    assert one.pane.share == pytest.approx(share)
    next(action for action in menu.actions() if action.text() == "Move pane down").trigger()
    assert desk.chart.contract_panes[1].kind is PaneKind.PRICE
    menu.deleteLater()


def test_a_theme_reaches_every_pane(desk: Desk) -> None:
    for kind in PaneKind:
        desk.chart.add_pane(kind)
    desk.panel.apply_theme(LIGHT)
    desk.panel.grab()
    assert {one.theme.name for one in desk.chart.contract_panes} == {"light"}


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "{",
        "[]",
        "7",
        json.dumps({"panes": 3}),
        json.dumps({"panes": [{"kind": "volume"}]}),
        json.dumps({"panes": [{"kind": "tea leaves"}, 4, None]}),
    ],
)
def test_a_broken_template_is_the_usual_one(text: str | None) -> None:
    assert from_text(text) == DEFAULT_TEMPLATE


def test_a_template_leaves_out_what_this_version_does_not_know() -> None:
    text = json.dumps(
        {
            "panes": [
                {"kind": "price", "share": 1e9, "options": {"Style": "line", "Taste": "sweet"}},
                {"kind": "price", "share": "wide"},
                {"kind": "volume", "share": None, "options": {"Style": "line"}},
            ],
            "compared": [["bybit", "BTC/USDT:USDT"], ["bybit", "BTC/USDT:USDT"], ["x"], 5],
        }
    )
    held = from_text(text)
    assert [pane.kind for pane in held.panes] == [PaneKind.PRICE, PaneKind.VOLUME]
    assert held.compared == (BYBIT_BTC,)
    assert held.panes[1].options == {}


def test_a_template_reads_back_equal() -> None:
    made = ChartTemplate(
        (PaneChoice(PaneKind.PRICE, 2.5, {"Style": "line"}), PaneChoice(PaneKind.BASIS, 0.75)),
        (InstrumentKey("okx", "BTC/USDT:USDT"),),
    )
    assert from_text(to_text(made)) == made


def test_a_share_of_400_digits_is_the_largest_there_is() -> None:
    held = json.loads(to_text(DEFAULT_TEMPLATE))
    held["panes"][0]["share"] = 10**400
    read = from_text(json.dumps(held))
    assert [pane.kind for pane in read.panes] == [pane.kind for pane in DEFAULT_TEMPLATE.panes]
    assert DEFAULT_TEMPLATE.panes[0].share < read.panes[0].share < 1_000.0


def test_a_template_nested_100_000_deep_is_the_usual_one() -> None:
    assert from_text("[" * 100_000) == DEFAULT_TEMPLATE
