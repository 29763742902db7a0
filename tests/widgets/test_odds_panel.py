"""The odds panel: base rates as one picture, and the scorecard of what was said."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pytest
from PySide6.QtCore import QPointF
from pytestqt.qtbot import QtBot

from dashboard.feed.frames import FrameSplitter, OddsFit, OddsScore, decode, encode
from dashboard.feed.odds_wire import base_of, frame_of
from dashboard.risk.odds.bars import HOUR_MS, hourly_bars
from dashboard.risk.odds.base_rates import LEVERAGES, BaseRates, State, base_rates
from dashboard.risk.odds.cells import HORIZONS_H, Cell, ForecastCount
from dashboard.risk.odds.excursions import Way
from dashboard.risk.odds.scorecard import LEAST_COUNT, bin_number
from dashboard.risk.touch import fit_touch
from dashboard.store.tested_odds import load_tested
from tests.risk.odds_series import wild
from tests.widgets.market_samples import BTC, ETH, NOW_MS, update
from widgets.base_rates_view import Place
from widgets.models import scorecard
from widgets.models.base_rates import cell_text, cell_words, example_words, rare_words, thirds_words
from widgets.models.scorecard import said_before, score_view
from widgets.odds_book import LOADING, KnownOdds
from widgets.panels.base_rates import BaseRatesPart
from widgets.panels.odds import OddsPanel
from widgets.panels.scorecard import ScorecardPart
from widgets.panels.wallet_odds import WalletOddsPart
from widgets.slices import all_at_once
from widgets.theme import DARK, LIGHT
from widgets.update import Update


@cache
def rates(hours: int = 20_000) -> BaseRates:
    found = base_rates(hourly_bars(wild(hours, steps=6)))
    assert found is not None
    return found


def cell(said: float, cases: int, touched: int, *, key: tuple[str, str] = BTC) -> Cell:
    squares = touched * (said - 1.0) ** 2 + (cases - touched) * said**2
    return Cell(*key, 24, "down", 500, bin_number(said), cases, said * cases, touched, squares)


def score(*cells: Cell, stored: int = 64, next_ms: int | None = NOW_MS + HOUR_MS) -> OddsScore:
    decided = sum(one.cases for one in cells)
    return OddsScore(NOW_MS, list(cells), ForecastCount(stored, decided, NOW_MS, next_ms))


def shown(**change: object) -> Update:
    return replace(update(BTC, ETH, selected=BTC), **change)


class Room:
    def __init__(self, qtbot: QtBot) -> None:
        self.panel = OddsPanel(BaseRatesPart(DARK), ScorecardPart(DARK), WalletOddsPart(DARK))
        all_at_once(self.panel.assemble())
        qtbot.addWidget(self.panel)
        self.panel.resize(900, 320)
        self.panel.show()

    def show_scores(self, scored: OddsScore | None) -> None:
        self.panel.tabs.setCurrentIndex(1)
        self.panel.show_update(shown(score=scored))

    def column(self, key: str) -> list[str]:
        model = self.panel.scorecard.bins
        place = [one.key for one in model.columns].index(key)
        return [model.index(row, place).data() for row in range(model.rowCount())]


class TestBaseRates:
    def test_the_picture_travels_with_the_fit(self) -> None:
        fit = fit_touch(hourly_bars(wild(3000, steps=6)))
        ((kind, body),) = FrameSplitter().feed(encode(frame_of(BTC, fit, "mark price", rates())))
        frame = decode(kind, body)
        assert isinstance(frame, OddsFit)
        back = base_of(frame)
        assert back is not None
        assert back.shares == pytest.approx(rates().shares, abs=1e-6)
        assert back.now is rates().now
        assert base_of(frame_of(BTC, fit, "mark price")) is None

    def test_every_cell_is_what_was_counted(self, qtbot: QtBot) -> None:
        room = Room(qtbot)
        known = KnownOdds(source="mark price", base=rates())
        room.panel.show_update(shown(odds={BTC: known}))
        picture = room.panel.base_rates.picture
        for grid, state in enumerate((State.CALM, State.NORMAL, State.WILD)):
            for column, hours in enumerate(HORIZONS_H):
                for row, leverage in enumerate(LEVERAGES):
                    place = Place(grid, column, row)
                    wanted = cell_text(rates(), state, Way.DOWN, hours, leverage)
                    assert picture.text_at(place) == wanted
                    said = picture.words_at(picture.box(place).center())
                    assert said == cell_words(rates(), state, Way.DOWN, hours, leverage)
        assert picture.words_at(QPointF(-5.0, -5.0)) == ""
        sentence = room.panel.base_rates.sentence.text()
        assert f"{rates().now.value} now" in sentence
        assert "20x longs of BTC/USDT" in sentence
        assert "not the odds of your position" in room.panel.base_rates.source.text()
        picture.grab()

    def test_an_hour_later_the_picture_is_another(self, qtbot: QtBot) -> None:
        room = Room(qtbot)
        for base in (rates(), rates(1200), replace(rates()), None, rates()):
            room.panel.show_update(shown(odds={BTC: KnownOdds(base=base)}))
        picture = room.panel.base_rates.picture
        assert picture.text_at(Place(0, 2, 3)) == cell_text(
            rates(), State.CALM, Way.DOWN, HORIZONS_H[2], LEVERAGES[3]
        )

    def test_a_bound_says_why_it_is_no_share(self) -> None:
        words = [
            cell_words(rates(), State.CALM, Way.DOWN, hours, leverage)
            for hours in HORIZONS_H
            for leverage in LEVERAGES
        ]
        bounds = [one for one in words if "x longs <" in one]
        assert bounds
        assert all(
            "; fewer than 5 of them, and so few cannot say how much less)" in b for b in bounds
        )
        assert not any("fewer than" in one for one in words if one not in bounds)
        assert thirds_words(rates()) == ""

    def test_shorts_have_a_picture_of_their_own(self, qtbot: QtBot) -> None:
        room = Room(qtbot)
        room.panel.show_update(shown(odds={BTC: KnownOdds(base=rates())}))
        room.panel.base_rates.side.setCurrentIndex(1)
        place = Place(0, 3, 2)
        wanted = cell_text(rates(), State.CALM, Way.UP, 168, 10)
        assert room.panel.base_rates.picture.text_at(place) == wanted
        assert "20x shorts" in room.panel.base_rates.sentence.text()

    def test_a_short_history_has_one_grid_and_says_what_it_cannot(self, qtbot: QtBot) -> None:
        room = Room(qtbot)
        few = rates(1200)
        room.panel.show_update(shown(odds={BTC: KnownOdds(base=few)}))
        said = room.panel.base_rates.source.text()
        assert said.startswith("Not split into calm, normal and wild thirds: a third has ")
        assert "windows of 24 h that do not overlap, 25 are needed." in said
        picture = room.panel.base_rates.picture
        assert picture.states == (State.ANY,)
        assert picture.text_at(Place(0, 3, 0)) == "?"
        assert "Too little history" in cell_words(few, State.ANY, Way.DOWN, 168, 3)
        assert "any hour" in example_words(few, Way.DOWN, "BTC/USDT")
        assert "too little history" in rare_words(few, Way.DOWN, 168)
        assert picture.text_at(Place(0, 0, 0)).startswith("<")
        nothing = rates(40)
        assert "too little history" in example_words(nothing, Way.DOWN, "X")

    def test_why_there_are_none(self, qtbot: QtBot) -> None:
        room = Room(qtbot)
        part = room.panel.base_rates
        room.panel.show_update(shown(odds={BTC: LOADING}))
        assert "the hourly candles are loading" in part.empty.text()
        room.panel.show_update(shown(selected=None))
        assert part.empty.text().startswith("Select a contract")
        assert part.picture.text_at(Place(0, 0, 0)) == ""
        assert part.picture.words_at(QPointF(50.0, 50.0)) == ""
        part.picture.grab()
        room.panel.apply_theme(LIGHT)


class TestScorecard:
    def test_bins_with_intervals_and_brier_against_the_base_rate(self, qtbot: QtBot) -> None:
        room = Room(qtbot)
        room.show_scores(score(cell(0.05, 200, 9), cell(0.5, 100, 52, key=ETH)))
        assert room.column("said") == ["4 to 6 %", "40 to 60 %"]
        assert room.column("happened") == ["4.5 %", "52 %"]
        assert room.column("count") == ["200", "100"]
        part = room.panel.scorecard
        assert part.sentence.text().startswith(
            "Of 200 forecasts of 4 to 6 %, 4.5 % came true. 300 forecasts that do not overlap; in "
        )
        assert "of the base rate" in part.sentence.text()
        assert part.groups.rowCount() == 2
        assert "none is ever deleted" in part.count.text()

    def test_a_contract_and_a_horizon_are_chosen(self, qtbot: QtBot) -> None:
        room = Room(qtbot)
        part = room.panel.scorecard
        room.show_scores(score(cell(0.05, 200, 9), cell(0.5, 100, 52, key=ETH)))
        part.contract.setCurrentIndex(2)
        assert room.column("said") == ["40 to 60 %"]
        # What is chosen stays when another contract joins.
        more = (cell(0.05, 9, 1, key=("okx", "BTC/USDT:USDT")),)
        room.show_scores(score(cell(0.05, 200, 9), cell(0.5, 100, 52, key=ETH), *more))
        assert room.column("count") == ["100"]
        part.horizon.setCurrentIndex(1)
        assert part.bins.rowCount() > 2
        assert part.tabs.tabText(0) == "Test on the past"

    def test_too_little_is_said(self, qtbot: QtBot) -> None:
        room = Room(qtbot)
        room.show_scores(score(cell(0.05, LEAST_COUNT - 1, 1)))
        assert "n too small" in room.column("happened")[0]
        assert "n too small" in room.panel.scorecard.sentence.text()

    def test_one_plain_sentence_comes_first(self) -> None:
        asked = score_view(score(cell(0.05, 200, 9), cell(0.5, 900, 452)), None, None, NOW_MS)
        assert asked.head.startswith("Of 200 forecasts of 4 to 6 %, 4.5 % came true. ")
        most = score_view(score(cell(0.5, 900, 452), cell(0.15, 90, 9)), None, None, NOW_MS)
        assert most.head.startswith("Of 900 forecasts of 40 to 60 %, 50 % came true. ")
        few = score_view(score(cell(0.05, 9, 1)), None, None, NOW_MS)
        assert few.head.startswith("In a test on the past, of 65,504 forecasts of 4 to 6 %, 4.8 %")

    def test_what_the_hollow_marks_are_counts_as_the_document_does(self) -> None:
        words = scorecard.tested_words()
        assert "2,304,396 forecasts of fixed distances, 1,965,252 of them within 1 h" in words
        assert "do not overlap" in words

    def test_off_is_marked(self) -> None:
        view = score_view(score(cell(0.05, 500, 90)), None, None, NOW_MS)
        (one,) = view.bins
        assert one.interval[0] > 0.06
        assert "worse" in view.head or "better" in view.head

    @pytest.mark.parametrize(
        ("scored", "words"),
        [
            (None, "being read"),
            (score(stored=0), "No forecast is stored yet. At every full hour"),
            (score(), "the next can be checked in 1\u202fh"),
            (score(next_ms=None), "the candles that decide them are missing"),
        ],
    )
    def test_an_empty_scorecard_says_what_will_come_and_when(
        self, qtbot: QtBot, scored: OddsScore | None, words: str
    ) -> None:
        room = Room(qtbot)
        room.show_scores(scored)
        assert words in room.panel.scorecard.sentence.text()
        assert "a test on the past" in room.panel.scorecard.count.text()
        room.panel.scorecard.chart.grab()

    def test_a_dot_tells_its_bin(self, qtbot: QtBot) -> None:
        room = Room(qtbot)
        room.show_scores(score(cell(0.05, 200, 9), cell(0.005, 10, 1)))
        chart = room.panel.scorecard.chart
        told = chart.words_at(chart.place(0.05, 0.045))
        assert told.startswith("When this said 4 to 6 %, it happened in 4.5 % of 200")
        assert "n too small" in chart.words_at(chart.place(0.005, 0.1))
        assert chart.words_at(chart.place(0.0, 1.0)) == ""
        chart.grab()


class TestSaidBefore:
    def test_own_forecasts_of_the_contract_come_first(self) -> None:
        cells = (cell(0.05, 100, 5), cell(0.05, 100, 7, key=ETH))
        assert said_before(cells, 0.045, 24, BTC) == (
            "When this said 4 to 6 %, it happened in 5.0 % of 100 (this contract, 24 h)."
        )

    def test_then_those_of_all_contracts(self) -> None:
        # None of 90 would mean little where four or five were expected.
        cells = (cell(0.05, 90, 0), cell(0.05, 110, 20, key=ETH))
        assert said_before(cells, 0.045, 24, BTC) == (
            "When this said 4 to 6 %, it happened in 10 % of 200 (all contracts, 24 h)."
        )

    def test_then_the_test_on_the_past(self) -> None:
        said = said_before((), 0.045, 24, BTC)
        past = next(one for one in load_tested().cells if (one.hours, one.bin) == (24, 4))
        assert f"it happened in {past.touched / past.cases * 100:.1f} % of {past.cases:,}" in said
        assert "own forecasts so far: 0, n too small" in said

    def test_nothing_is_said_of_a_horizon_that_was_never_tested(self) -> None:
        assert said_before((), 0.045, 5, BTC) == (
            "Within 5 h: no track record, too few such odds were ever said."
        )
