"""The ribbon of touch odds at the price axis: where its levels lie, and when there is none."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pytest
from PySide6.QtCore import QRectF
from pytestqt.qtbot import QtBot

from dashboard.risk.odds.bars import HOUR_MS, hourly_bars
from dashboard.risk.odds.excursions import Way
from dashboard.risk.touch import TouchFit, fit_touch, touch_odds
from tests.risk.odds_series import wild
from tests.widgets.market_samples import BTC, ETH, NOW_MS
from tests.widgets.test_chart_panes import Desk, States
from widgets.charts.contract_panes.price import PricePane
from widgets.charts.odds_ribbon import HOURS, OddsRibbon, odds_levels
from widgets.odds_book import KnownOdds

MARK = 61_234.5


@cache
def fit(hours: int = 9000) -> TouchFit:
    return replace(fit_touch(hourly_bars(wild(hours, steps=6))), made_ms=NOW_MS - HOUR_MS)


def ribbon_of(desk: Desk) -> OddsRibbon:
    return desk.panel.chart.price.pane.odds


def test_each_level_has_the_odds_that_it_is_named_by() -> None:
    levels = odds_levels(fit(), MARK)
    assert [one.probability for one in levels] == [0.5, 0.2, 0.05, 0.5, 0.2, 0.05]
    for one in levels:
        found = touch_odds(fit(), one.price, MARK, HOURS, interval=False).probability
        assert found == pytest.approx(one.probability, abs=0.002)
        assert (one.price < MARK) == (one.way is Way.DOWN)


def test_what_the_data_cannot_say_is_no_band() -> None:
    few = {one.probability for one in odds_levels(fit(3000), MARK)}
    assert few == {0.5, 0.2}
    assert odds_levels(replace(fit(), horizons=fit().horizons[:2]), MARK) == ()


def test_bands_stand_beside_the_axis_around_the_mark(qtbot: QtBot) -> None:
    desk = Desk(qtbot, States())
    desk.show(odds={BTC: KnownOdds(fit(), "mark price")})
    ribbon = ribbon_of(desk)
    assert ribbon.isVisible()
    pane = ribbon.pane
    area = QRectF(pane.rect())
    bands = ribbon.bands(area)
    assert bands
    for box, level in bands:
        assert box.right() == pytest.approx(area.right())
        assert 0.0 <= box.top() < box.bottom() <= area.height()
        below = box.center().y() > pane.y_of(ribbon.mark)
        assert below == (level.way is Way.DOWN)
    # Names of lines leave it free.
    assert pane.label_right == area.right() - bands[0][0].width()
    assert "5 % odds of a touch in 24 h" in pane.legend.text
    desk.panel.grab()


@pytest.mark.parametrize(
    "known",
    [
        {},
        {ETH: KnownOdds(fit(), "mark price")},
        {BTC: KnownOdds(reason="the hourly candles are loading")},
        {BTC: KnownOdds(replace(fit(), made_ms=NOW_MS - 48 * HOUR_MS), "mark price")},
    ],
)
def test_without_odds_there_is_no_ribbon(qtbot: QtBot, known: dict[object, KnownOdds]) -> None:
    desk = Desk(qtbot, States())
    desk.show(odds={BTC: KnownOdds(fit(), "mark price")})
    desk.show(odds=known)
    assert not ribbon_of(desk).isVisible()
    assert ribbon_of(desk).levels == ()
    assert "odds" not in ribbon_of(desk).pane.legend.text


def test_it_can_be_hidden(qtbot: QtBot) -> None:
    desk = Desk(qtbot, States())
    price = desk.panel.chart.price
    assert isinstance(price, PricePane)
    price.choose("Odds ribbon", "hidden")
    desk.show(odds={BTC: KnownOdds(fit(), "mark price")})
    assert not ribbon_of(desk).isVisible()
    price.choose("Odds ribbon", "shown")
    desk.show(odds={BTC: KnownOdds(fit(), "mark price")})
    assert ribbon_of(desk).isVisible()


def test_the_same_odds_are_not_worked_out_again(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Desk(qtbot, States())
    known = {BTC: KnownOdds(fit(), "mark price")}
    desk.show(odds=known)

    def again(*_: object) -> tuple[()]:
        raise AssertionError("worked out again")

    monkeypatch.setattr("widgets.charts.contract_panes.price.odds_levels", again)
    desk.show(odds=known)
    assert ribbon_of(desk).isVisible()
