"""The odds on the risk card: figures with their origin, or why there is none."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pytest
from pytestqt.qtbot import QtBot

from dashboard.feed.frames import OddsFit
from dashboard.feed.odds_wire import frame_of
from dashboard.market.account import MarginMode, Position, Side, SizeUnit
from dashboard.market.instrument import ContractKind, Instrument, InstrumentKey
from dashboard.market.readings import FundingRate
from dashboard.risk.odds.bars import HOUR_MS, hourly_bars
from dashboard.risk.odds.cells import Cell
from dashboard.risk.odds.scorecard import EDGES
from dashboard.risk.plan import Wishes
from dashboard.risk.report import LiquidationStatus, PositionRisk
from dashboard.risk.touch import TouchFit, fit_touch
from dashboard.risk.true_range import HourlyMoves
from tests.risk.odds_series import wild
from widgets.models.card import CardInput, Section
from widgets.models.odds_section import odds_section
from widgets.models.position_odds import ODDS_7D, ODDS_24H
from widgets.models.position_row import PositionRow
from widgets.models.scorecard import each_before
from widgets.odds_book import LOADING, KnownOdds, OddsBook

KEY = InstrumentKey("binanceusdm", "BTC/USDT:USDT")


@cache
def fit() -> TouchFit:
    return fit_touch(hourly_bars(wild(9000, steps=6)))


def position() -> Position:
    return Position(
        id="1",
        instrument=Instrument(
            venue=KEY.venue,
            symbol=KEY.symbol,
            market_id="BTCUSDT",
            base="BTC",
            quote="USDT",
            settle="USDT",
            kind=ContractKind.LINEAR,
        ),
        side=Side.LONG,
        size=1.0,
        size_unit=SizeUnit.BASE,
        entry_price=100.0,
        leverage=20.0,
        margin_mode=MarginMode.ISOLATED,
        stop_price=97.0,
        take_profit_price=106.0,
    )


def given() -> CardInput:
    risk = PositionRisk(
        position=position(),
        currency="USDT",
        status=LiquidationStatus.OK,
        mark_price=100.0,
        notional=100.0,
        liquidation_price=95.4,
        maintenance_margin_rate=0.004,
        funding_per_interval=0.01,
    )
    return CardInput(
        risk=risk,
        plan={},
        wishes=Wishes(),
        moves=HourlyMoves(),
        now_ms=fit().made_ms,
        odds=KnownOdds(fit(), "mark price"),
    )


def text_of(section: Section | None) -> str:
    assert section is not None
    return "\n".join("".join(run.text for run in line.runs) for line in section.lines)


def test_each_level_with_its_odds_in_words() -> None:
    said = text_of(odds_section(given()))
    for words in ("liquidation ", "stop ", "target ", "stop before target", "% in 7 days"):
        assert words in said
    assert "Liquidation: about 1 in" in said
    assert "the true odds can be 1.5 times as high" in said
    assert "Not in it: outages, tier changes, what you add." in said
    assert "an isolated liquidation is 1 % likely within 24 h at " in said
    assert "this has 20x" in said
    assert "safe" not in said


def test_a_cross_position_is_compared_by_its_whole_wallet() -> None:
    isolated = given()
    held = replace(isolated.position, margin_mode=MarginMode.CROSS)
    risk = replace(isolated.risk, position=held, effective_leverage=7.6)
    assert "this has" not in text_of(odds_section(replace(isolated, risk=risk)))
    wallet = replace(isolated, risk=replace(risk, wallet_leverage=20.9))
    assert "; the wallet of this has 20.9x" in text_of(odds_section(wallet))


def test_a_figure_tells_where_it_is_from() -> None:
    section = odds_section(given())
    assert section is not None
    tell = next(run.tell for run in section.lines[0].runs if run.tell is not None)
    told = tell()
    assert "windows" in told
    assert "From 9,000 hourly bars of the mark price" in told
    assert "1.5 times as high" in told


def test_beside_a_figure_stands_what_happened_when_it_was_said_before() -> None:
    section = odds_section(given())
    assert section is not None
    for run in section.lines[0].runs:
        if run.tell is not None:
            assert "When this said" in run.tell()
    # Both horizons that are spoken of, their common source named once.
    assert "Within 24 h: when this said" in text_of(section)
    assert "Within 7 days: when this said" in text_of(section)
    assert text_of(section).count("test on BTC, ETH, XRP and LTC") == 1
    own = [
        Cell(*KEY, hours, "down", 100, number, 100, 50.0, 37, 20.0)
        for hours in (1, 8, 24, 168)
        for number in range(len(EDGES))
    ]
    said = text_of(odds_section(replace(given(), scored=own)))
    assert "it happened in 37 % of 100 (this contract)" in said


def test_a_horizon_without_a_track_record_says_so() -> None:
    section = odds_section(given())
    assert section is not None
    assert each_before((), [(0.05, 24), (0.05, 5)], KEY).endswith(
        "Within 5 h: no track record, too few such odds were ever said."
    )


def test_funding_to_come_raises_the_odds() -> None:
    of = given()
    funding = FundingRate(
        venue=KEY.venue,
        symbol=KEY.symbol,
        endpoint="made up",
        venue_ms=of.now_ms,
        received_ms=of.now_ms,
        predicted=0.003,
        next_settlement_ms=of.now_ms + HOUR_MS,
        interval_hours=1.0,
    )
    paying = replace(of, funding=funding)
    assert text_of(odds_section(paying)) != text_of(odds_section(of))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"odds": LOADING}, "n/a: the hourly candles are loading"),
        ({"now_ms": fit().made_ms + 48 * HOUR_MS}, "the newest hourly bar is 2 days old"),
    ],
)
def test_no_figure_without_its_grounds(change: dict[str, object], said: str) -> None:
    assert said in text_of(odds_section(replace(given(), **change)))


def test_a_stale_mark_gives_no_number() -> None:
    of = given()
    risk = replace(of.risk, mark_price=None, missing={"mark_price": "the mark price is 3 min old"})
    assert text_of(odds_section(replace(of, risk=risk))) == "n/a: the mark price is 3 min old"


def test_nobody_asks() -> None:
    assert odds_section(replace(given(), odds=None)) is None


def test_little_history_has_no_order() -> None:
    short = replace(given(), odds=KnownOdds(replace(fit(), steps=None), "mark price"))
    assert "needs 365 days of hourly candles" in text_of(odds_section(short))


def test_a_failure_does_not_replace_a_fit(qtbot: QtBot) -> None:
    book = OddsBook()
    book.take(OddsFit(KEY.venue, KEY.symbol, reason="no candles"))
    assert book.known[KEY].reason == "no candles"
    book.take(frame_of(KEY, fit(), "mark price"))
    qtbot.waitUntil(lambda: book.known[KEY].fit is not None)
    book.take(OddsFit(KEY.venue, KEY.symbol, reason="the venue is down"))
    assert book.known[KEY].fit is not None
    book.forget()
    assert dict(book.known) == {}


def test_a_fit_is_in_order_before_a_frame_asks_it(qtbot: QtBot) -> None:
    book, other = OddsBook(), InstrumentKey("okx", "BTC/USDT:USDT")
    book.take(frame_of(KEY, fit(), "mark price"))
    book.take(frame_of(other, fit(), "mark price"))
    # Nothing is worked out where the frame came in.
    assert dict(book.known) == {}
    qtbot.waitUntil(lambda: len(book.known) == 2)
    for known in book.known.values():
        assert known.fit is not None
        for one in known.fit.horizons:
            assert all("ordered" in vars(tail) for tail in one.tails.values())
    book.take(frame_of(KEY, fit(), "mark price"))
    book.forget()
    qtbot.wait(20)
    assert dict(book.known) == {}


class TestColumn:
    def row(self, **change: object) -> PositionRow:
        of = given()
        row = PositionRow(of.risk, mark_late=False, odds=of.odds, now_ms=of.now_ms)
        return replace(row, **change)

    def test_it_says_what_the_card_says(self) -> None:
        section = odds_section(given())
        assert section is not None
        on_card = [run.text for run in section.lines[0].runs if run.tell is not None]
        assert [ODDS_24H.text(self.row()), ODDS_7D.text(self.row())] == on_card[2:]
        assert ODDS_7D.colour is not None
        assert ODDS_7D.colour(self.row()) == "danger"

    def test_it_is_hidden_until_chosen(self) -> None:
        assert ODDS_24H.spare
        assert ODDS_7D.spare

    @pytest.mark.parametrize(
        ("change", "said"),
        [
            ({"odds": None}, "odds are not kept here"),
            ({"odds": LOADING}, "the hourly candles are loading"),
            ({"now_ms": fit().made_ms + 48 * HOUR_MS}, "the newest hourly bar is 2 days old"),
        ],
    )
    def test_no_figure_without_its_grounds(self, change: dict[str, object], said: str) -> None:
        row = self.row(**change)
        assert ODDS_24H.value(row) is None
        assert ODDS_24H.text(row) == "n/a"
        assert ODDS_24H.hint is not None
        assert said in ODDS_24H.hint(row)

    def test_a_stale_mark_gives_no_number(self) -> None:
        of = given()
        risk = replace(of.risk, mark_price=None, missing={"mark_price": "it is 3 min old"})
        row = self.row(risk=risk)
        assert ODDS_24H.text(row) == "n/a"
        assert ODDS_24H.hint is not None
        assert "it is 3 min old" in ODDS_24H.hint(row)
