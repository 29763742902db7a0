"""The front door: isolated and cross side by side, what is unknown and why, what is kept."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from dashboard.market.account import Balance, Book
from dashboard.market.instrument import (
    TierTables,
    TierUnit,
)
from dashboard.market.readings import ReadingKind, Unavailable
from dashboard.market.snapshot import Snapshot
from dashboard.risk.assess import assess
from dashboard.risk.position_rows import NEEDS, PositionRows
from dashboard.risk.report import LiquidationStatus, PositionRisk
from tests.risk.builders import (
    CROSS,
    INVERSE,
    LONG,
    NO_TIERS,
    NOW,
    SHORT,
    funding,
    instant,
    instrument,
    mark,
    position,
    report_of,
    risk_of,
    snapshot_of,
    tables_of,
    tiers_of,
)

BTC, ETH = instrument("BTC"), instrument("ETH")
HALF_PERCENT = tables_of(BTC, tiers_of((0, 0.005, 0)))
MARKED = snapshot_of(mark(BTC, 51_000), funding(BTC, 0.0001))
WALLET = Balance(venue="binanceusdm", coin="USDT", amount=20_000.0)


def numbers(risk: PositionRisk) -> dict[str, float | None]:
    return {name: getattr(risk, name) for name in NEEDS}


class TestAnIsolatedPosition:
    """1 BTC long at 50,000, 10x, MMR 0.5 %, mark 51,000, funding 0.01 % per 8 h."""

    @pytest.fixture
    def risk(self) -> PositionRisk:
        return risk_of(position(), MARKED, HALF_PERCENT)

    def test_every_figure(self, risk: PositionRisk) -> None:
        expected = {
            "quantity": 1.0,
            "mark_price": 51_000.0,
            "notional": 51_000.0,
            "unrealised_pnl": 1_000.0,
            "roi": 0.2,
            "initial_margin": 5_000.0,
            "maintenance_margin": 255.0,
            "maintenance_margin_rate": 0.005,
            "margin_ratio": 255 / 6_000,
            "liquidation_price": 45_000 / 0.995,
            "bankruptcy_price": 45_000.0,
            "distance": 51_000 - 45_000 / 0.995,
            "distance_fraction": 1 - 45_000 / 0.995 / 51_000,
            "distance_money": 51_000 - 45_000 / 0.995,
            "margin_at_liquidation": 0.005 * 45_000 / 0.995,
            "effective_leverage": 8.5,
            "wallet_leverage": 8.5,
            "funding_per_interval": 5.1,
            "funding_per_day": 15.3,
            "funding_fraction_of_margin_per_interval": 5.1 / 6_000,
            "funding_fraction_of_margin_per_day": 15.3 / 6_000,
            "funding_apr": 0.1095,
            "hours_to_liquidation_by_funding": (6_000 - 255) / 5.1 * 8,
            "break_even_price": 50_000 * 1.0005 / 0.9995,
        }
        assert numbers(risk) == pytest.approx(expected)
        assert risk.status is LiquidationStatus.OK
        assert risk.currency == "USDT"
        assert risk.missing == {}
        assert risk.warnings == ()

    def test_an_inverse_short_counts_in_its_coin(self) -> None:
        contract = instrument(kind=INVERSE)
        held = position(SHORT, 50_000, 50_000, of=contract, leverage=5.0)
        tiers = tables_of(contract, tiers_of((0, 0.004, 0)), TierUnit.COIN)
        risk = risk_of(held, snapshot_of(mark(contract, 40_000), funding(contract, 0.0002)), tiers)
        price = 50_000 * (1 - 0.004) / (1 - 0.2)
        assert risk.currency == "BTC"
        assert risk.notional == pytest.approx(1.25)
        assert risk.unrealised_pnl == pytest.approx(0.25)
        assert risk.liquidation_price == pytest.approx(price)
        assert risk.distance == pytest.approx(price - 40_000)
        assert risk.distance_money == pytest.approx(1.25 - 50_000 / price)
        assert risk.funding_per_interval == pytest.approx(-0.00025)
        assert risk.funding_apr == pytest.approx(-0.0002 * 3 * 365)
        assert risk.missing["hours_to_liquidation_by_funding"] == "funding is received, not paid"

    def test_no_funding_due(self) -> None:
        risk = risk_of(position(), snapshot_of(mark(BTC, 1e4), funding(BTC, 0.0)), HALF_PERCENT)
        assert risk.funding_per_interval == 0.0
        assert risk.missing["hours_to_liquidation_by_funding"] == "no funding is due"

    def test_added_margin_counts(self) -> None:
        risk = risk_of(position(extra_margin=500.0), MARKED, HALF_PERCENT)
        assert risk.liquidation_price == pytest.approx(44_500 / 0.995)

    def test_bybit_counts_added_margin_less_its_fee(self) -> None:
        contract = instrument(venue="bybit")
        tiers = tables_of(contract, tiers_of((0, 0.005, 0)))
        risk = risk_of(position(of=contract, extra_margin=500.0), Snapshot(), tiers)
        margin = 5_000 + 500 / (1 - 0.00055)
        assert risk.liquidation_price == pytest.approx((50_000 - margin) / 0.995)

    def test_a_margin_without_leverage_is_the_initial_margin(self) -> None:
        risk = risk_of(position(margin=4_000.0), MARKED, HALF_PERCENT)
        assert risk.initial_margin == pytest.approx(4_000)

    def test_the_tier_is_that_of_the_liquidation_price(self) -> None:
        tiers = tables_of(BTC, tiers_of((0, 0.004, 0), (47_000, 0.01, 282), (60_000, 0.02, 882)))
        risk = risk_of(position(), MARKED, tiers)
        assert risk.maintenance_margin == pytest.approx(51_000 * 0.01 - 282)
        assert risk.liquidation_price == pytest.approx(45_000 / 0.996)

    def test_an_own_rate_replaces_the_table(self) -> None:
        risk = risk_of(position(maintenance_margin_rate=0.02), MARKED, HALF_PERCENT)
        assert risk.liquidation_price == pytest.approx(45_000 / 0.98)
        assert risk.maintenance_margin_rate == 0.02


class TestStatus:
    def test_breached_once_the_mark_has_crossed(self) -> None:
        risk = risk_of(position(), snapshot_of(mark(BTC, 45_000)), HALF_PERCENT)
        assert risk.status is LiquidationStatus.BREACHED
        assert risk.liquidation_price == pytest.approx(45_000 / 0.995)
        assert risk.distance is None
        assert "crossed" in risk.missing["distance"]
        assert risk.margin_ratio is None
        assert risk.missing["margin_ratio"] == "no margin is left"

    def test_breached_at_the_price_itself(self) -> None:
        price = 45_000 / 0.995
        risk = risk_of(position(), snapshot_of(mark(BTC, price)), HALF_PERCENT)
        assert risk.status is LiquidationStatus.BREACHED
        assert risk.margin_ratio == pytest.approx(1.0)

    def test_a_short_is_breached_above(self) -> None:
        risk = risk_of(position(SHORT), snapshot_of(mark(BTC, 60_000)), HALF_PERCENT)
        assert risk.status is LiquidationStatus.BREACHED

    def test_none_where_the_margin_covers_the_value(self) -> None:
        risk = risk_of(position(leverage=1.0), MARKED, HALF_PERCENT)
        assert risk.status is LiquidationStatus.NONE
        assert "covers" in risk.missing["distance_money"]
        assert risk.missing["bankruptcy_price"] == "no price uses the margin up"

    def test_without_a_mark_the_price_of_an_isolated_position_stands(self) -> None:
        stale = snapshot_of(mark(BTC, 51_000, age_ms=75_000))
        risk = risk_of(position(), stale, HALF_PERCENT)
        assert risk.status is LiquidationStatus.OK
        assert risk.liquidation_price == pytest.approx(45_000 / 0.995)
        assert risk.mark_price is None
        assert risk.distance is None
        assert risk.missing["mark_price"] == "no mark price for 75 s"
        assert risk.missing["distance_fraction"] == "no mark price for 75 s"

    def test_a_cross_wallet_that_nothing_saves_is_breached_without_a_price(self) -> None:
        held = [
            position(SHORT, mode=CROSS, name="a", maintenance_margin_rate=0.005),
            position(LONG, 10, 5_000, of=ETH, mode=CROSS, name="b", maintenance_margin_rate=0.01),
        ]
        readings = snapshot_of(mark(BTC, 50_000), mark(ETH, 100))
        wallet = Balance(venue="binanceusdm", coin="USDT", amount=-10_000.0)
        risk = report_of(held, readings, balances=[wallet]).positions[0]
        assert risk.status is LiquidationStatus.BREACHED
        assert risk.liquidation_price is None
        assert "at every price" in risk.missing["liquidation_price"]
        assert "at every price" in risk.missing["distance"]


class TestFreshness:
    def test_the_clock_of_a_recording_stretches_the_limits(self) -> None:
        snapshot = snapshot_of(mark(BTC, 51_000, age_ms=600_000))
        snapshot.speed = 60.0
        assert risk_of(position(), snapshot, HALF_PERCENT).mark_price == 51_000

    def test_a_late_mark_is_used_and_said(self) -> None:
        risk = risk_of(position(), snapshot_of(mark(BTC, 51_000, age_ms=20_000)), HALF_PERCENT)
        assert risk.mark_price == 51_000
        assert risk.warnings == ("the mark price is 20 s old",)

    def test_a_suspect_mark_is_used_and_said(self) -> None:
        doubted = replace(mark(BTC, 51_000), doubt="went from 1 to 51000 at once")
        risk = risk_of(position(), snapshot_of(doubted), HALF_PERCENT)
        assert risk.mark_price == 51_000
        assert risk.warnings == ("the mark price is suspect: it went from 1 to 51000 at once",)

    def test_a_mark_that_the_venue_stamped_long_ago_is_as_old_as_its_stamp(self) -> None:
        lagging = replace(mark(BTC, 51_000, age_ms=0), lag_ms=61_000)
        risk = risk_of(position(), snapshot_of(lagging), HALF_PERCENT)
        assert risk.mark_price is None
        assert risk.missing["distance"] == "no mark price for 61 s"

    @pytest.mark.parametrize(
        ("age_ms", "said"),
        [(61_000, "61 s"), (180_000, "3 min"), (9_000_000, "2 h"), (200_000_000, "2 days")],
    )
    def test_ages_in_words(self, age_ms: int, said: str) -> None:
        risk = risk_of(position(), snapshot_of(mark(BTC, 1.0, age_ms=age_ms)), HALF_PERCENT)
        assert risk.missing["notional"] == f"no mark price for {said}"

    @pytest.mark.parametrize("price", [0.0, -1.0, math.nan, math.inf])
    def test_an_unusable_mark_feeds_nothing(self, price: float) -> None:
        risk = risk_of(position(), snapshot_of(mark(BTC, price)), HALF_PERCENT)
        assert risk.mark_price is None
        assert risk.missing["mark_price"] == f"a mark price of {price} is not usable"

    def test_a_venue_that_gave_no_mark(self) -> None:
        risk = risk_of(position(), snapshot_of(mark(BTC, None)), HALF_PERCENT)
        assert risk.missing["mark_price"] == "the venue gave no mark price"

    def test_a_reason_of_the_venue_is_passed_on(self) -> None:
        snapshot = Snapshot()
        snapshot.merge(
            [
                Unavailable(
                    venue=BTC.venue,
                    symbol=BTC.symbol,
                    endpoint="e",
                    venue_ms=None,
                    received_ms=NOW,
                    kind=ReadingKind.MARK_PRICE,
                    reason="the venue is not answering",
                )
            ]
        )
        risk = risk_of(position(), snapshot, HALF_PERCENT)
        assert risk.missing["mark_price"] == "the venue is not answering"
        assert "funding rate" in risk.missing["funding_apr"]


class TestFunding:
    def test_an_unknown_interval_leaves_the_payment(self) -> None:
        snapshot = snapshot_of(mark(BTC, 51_000), funding(BTC, 0.0001, None))
        risk = risk_of(position(), snapshot, HALF_PERCENT)
        assert risk.funding_per_interval == pytest.approx(5.1)
        assert risk.funding_fraction_of_margin_per_interval == pytest.approx(5.1 / 6_000)
        assert risk.funding_per_day is None
        assert risk.missing["funding_per_day"] == "the funding interval is not known"
        assert risk.missing["hours_to_liquidation_by_funding"] == risk.missing["funding_per_day"]

    @pytest.mark.parametrize(
        ("rate", "age_ms", "said"),
        [
            (None, 0, "binanceusdm gave no predicted funding rate"),
            (math.nan, 0, "a funding rate of nan is not usable"),
            (2.0, 0, "a funding rate of 2.0 is not usable"),
            (0.0001, 400_000, "no funding rate for 6 min"),
        ],
    )
    def test_an_unknown_rate(self, rate: float | None, age_ms: int, said: str) -> None:
        snapshot = snapshot_of(mark(BTC, 51_000), funding(BTC, rate, age_ms=age_ms))
        risk = risk_of(position(), snapshot, HALF_PERCENT)
        assert risk.funding_per_interval is None
        assert risk.missing["funding_per_interval"] == said
        assert risk.missing["funding_apr"] == said

    def test_kucoin_before_2025_counts_the_next_payment(self) -> None:
        contract = instrument(venue="kucoin")
        held = position(of=contract, maintenance_margin_rate=0.005, taker_fee=0.0)
        day = instant(2025, 1, 1)
        age_ms = NOW - day
        paying = snapshot_of(funding(contract, 0.001, age_ms=age_ms))
        risk = risk_of(held, paying, now_ms=day)
        assert risk.liquidation_price == pytest.approx(45_000 + 250 + 50)
        assert risk.maintenance_margin == pytest.approx(300)
        assert "300" in risk.receipts["liquidation_price"].worked
        assert "50 for the next" in risk.receipts["maintenance_margin"].worked
        receiving = snapshot_of(funding(contract, -0.001, age_ms=age_ms))
        assert risk_of(held, receiving, now_ms=day).liquidation_price == pytest.approx(45_250)
        unknown = risk_of(held, now_ms=day)
        assert unknown.liquidation_price == pytest.approx(45_250)
        assert any("next funding payment is not in" in said for said in unknown.warnings)


class TestWhatIsKept:
    def test_the_same_book_gives_the_same_figures_on_new_marks(self) -> None:
        book = Book(positions=(position(),))
        first = assess(book, MARKED, HALF_PERCENT, NOW)
        later = snapshot_of(mark(BTC, 52_000, age_ms=-1_000))
        second = assess(book, later, HALF_PERCENT, NOW + 1_000)
        assert first.positions[0].mark_price == 51_000
        assert second.positions[0].mark_price == 52_000
        assert _prepared_of(first.positions) is _prepared_of(second.positions)

    def test_a_newer_table_in_the_same_mapping_is_noticed(self) -> None:
        book = Book(positions=(position(),))
        held = dict(HALF_PERCENT.tables)
        tables = TierTables(held)
        before = assess(book, MARKED, tables, NOW).positions[0].liquidation_price
        held.update(tables_of(BTC, tiers_of((0, 0.02, 0))).tables)
        after = assess(book, MARKED, tables, NOW).positions[0].liquidation_price
        assert before == pytest.approx(45_000 / 0.995)
        assert after == pytest.approx(45_000 / 0.98)

    def test_a_rule_that_begins_at_midnight_is_noticed(self) -> None:
        contract = instrument(venue="bybit")
        book = Book(positions=(position(of=contract, maintenance_margin_rate=0.01),))
        night = instant(2026, 5, 27)
        before = assess(book, Snapshot(), NO_TIERS, night - 1).positions[0]
        after = assess(book, Snapshot(), NO_TIERS, night).positions[0]
        assert before.liquidation_price == pytest.approx(45_500)
        assert after.liquidation_price == pytest.approx(45_000 / 0.99)

    def test_rows_are_built_once_and_index_like_a_sequence(self) -> None:
        report = report_of([position(name="a"), position(SHORT, name="b")], MARKED, HALF_PERCENT)
        rows = report.positions
        assert len(rows) == 2
        assert rows[0] is rows[-2]
        assert [risk.position.id for risk in rows] == ["a", "b"]
        assert [risk.position.id for risk in rows[1:]] == ["b"]
        with pytest.raises(IndexError):
            rows[2]

    def test_an_empty_book(self) -> None:
        report = report_of([])
        assert list(report.positions) == []
        assert list(report.accounts) == []
        assert report.now_ms == NOW

    def test_a_report_keeps_the_readings_it_was_made_from(self) -> None:
        snapshot = snapshot_of(mark(BTC, 51_000))
        report = report_of([position()], snapshot, HALF_PERCENT)
        snapshot.merge([mark(BTC, 1.0, age_ms=0)])
        assert report.positions[0].mark_price == 51_000

    def test_arrays_and_rows_agree(self) -> None:
        held = [
            position(name="a"),
            position(SHORT, 2, mode=CROSS, name="b"),
            position(SHORT, 1, 49_000, name="c", leverage=5.0),
        ]
        report = report_of(held, MARKED, HALF_PERCENT, balances=[WALLET])
        rows = report.positions
        assert isinstance(rows, PositionRows)
        figures = rows.figures
        for number, risk in enumerate(rows):
            assert figures.liquidation_price[number] == risk.liquidation_price
            assert figures.margin_ratio[number] == pytest.approx(risk.margin_ratio)
            assert figures.distance[number] == pytest.approx(risk.distance)
            assert not figures.breached[number]
        isolated_only = report_of(held[:1], MARKED, HALF_PERCENT).positions
        assert isinstance(isolated_only, PositionRows)
        assert isolated_only.figures.demand[0] == pytest.approx(255)


def _prepared_of(rows: object) -> object:
    assert isinstance(rows, PositionRows)
    return rows.figures.prepared


class TestStops:
    def test_a_stop_before_liquidation(self) -> None:
        risk = risk_of(position(stop_price=48_000.0), MARKED, HALF_PERCENT)
        assert risk.stop is not None
        assert risk.stop.before_liquidation is True
        assert risk.stop.buffer_fraction == pytest.approx((48_000 - 45_000 / 0.995) / 50_000)

    def test_a_stop_that_liquidation_beats_is_said(self) -> None:
        risk = risk_of(position(stop_price=45_100.0), MARKED, HALF_PERCENT)
        assert risk.stop is not None
        assert risk.stop.before_liquidation is False
        assert any("liquidation comes before" in said for said in risk.warnings)

    def test_a_stop_that_the_mark_has_reached(self) -> None:
        risk = risk_of(position(SHORT, stop_price=50_500.0), MARKED, HALF_PERCENT)
        assert any("already reached the stop" in said for said in risk.warnings)

    def test_warnings_read_as_the_texts_they_are(self) -> None:
        said = risk_of(position(stop_price=45_100.0), MARKED, HALF_PERCENT).warnings
        assert len(said) == len(list(said)) > 0
        assert (repr(said), hash(said)) == (repr(tuple(said)), hash(tuple(said)))
        assert said != 1

    def test_nothing_is_said_where_liquidation_is_unknown(self) -> None:
        risk = risk_of(position(stop_price=48_000.0), MARKED)
        assert risk.stop is not None
        assert risk.stop.before_liquidation is None

    def test_a_stop_of_a_position_that_never_liquidates_comes_first(self) -> None:
        risk = risk_of(position(leverage=1.0, stop_price=48_000.0), MARKED, HALF_PERCENT)
        assert risk.stop is not None
        assert risk.stop.before_liquidation is True
        assert risk.stop.buffer_fraction is None


class TestOtherVenues:
    def test_a_venue_without_a_taker_fee_has_no_break_even(self) -> None:
        contract = instrument(venue="somewhere")
        risk = risk_of(position(of=contract, maintenance_margin_rate=0.01))
        assert risk.break_even_price is None
        assert "no taker fee was entered" in risk.missing["break_even_price"]
        assert risk.liquidation_price == pytest.approx(45_000 / 0.99)
        assert not risk.receipts["liquidation_price"].confirmed

    def test_without_a_fee_entry_is_the_break_even(self) -> None:
        free = position(SHORT, taker_fee=0.0, maintenance_margin_rate=0.01)
        assert risk_of(free).break_even_price == pytest.approx(50_000)


def test_what_a_figure_needs_is_written_down_for_every_figure() -> None:
    fields = set(PositionRisk.__dataclass_fields__)
    others = {
        "position",
        "currency",
        "status",
        "stop",
        "breach",
        "crossed",
        "warnings",
        "missing",
        "receipts",
    }
    assert set(NEEDS) == fields - others
