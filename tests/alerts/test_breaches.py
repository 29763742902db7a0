"""A position that was crossed once stays breached until the trader says what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest

from dashboard.alerts.breaches import (
    PositionNote,
    breach_words,
    contract_of,
    look,
    still_stands,
    terms_of,
)
from dashboard.alerts.limits import LimitMemory, Limits, read_limits
from dashboard.alerts.sighting import price_words
from dashboard.market.account import Balance, Book, Breach, BreachSource, Position
from dashboard.market.instrument import InstrumentKey
from dashboard.market.readings import MarkPrice
from dashboard.market.snapshot import Snapshot
from dashboard.risk.assess import assess
from dashboard.risk.position_rows import MAYBE_GONE, OF_A_STANDING_POSITION
from dashboard.risk.report import LiquidationStatus, PositionRisk, RiskReport
from dashboard.risk.true_range import HOUR_MS, FloatArray
from tests.risk.builders import CROSS, NO_TIERS, NOW, SHORT, instrument, mark, position

HELD = position(maintenance_margin_rate=0.005, name="held")
"""50,000 at 10x: liquidated at 45,226.13."""
KEY = HELD.instrument.key
SAFE, BEYOND = 50_000.0, 45_000.0
MINUTE_MS = 60_000


class Desk:
    """A book whose notes are kept from look to look, as the window does it."""

    def __init__(self, *held: Position, balances: tuple[Balance, ...] = ()) -> None:
        self.held = held
        self.balances = balances
        self.notes: dict[str, PositionNote] = {}
        self.now_ms = NOW
        self.report: RiskReport

    def see(
        self,
        price: float | None,
        *,
        minutes: float = 1.0,
        hours: Mapping[InstrumentKey, FloatArray] | None = None,
        **more: object,
    ) -> PositionRisk:
        """Go on, look, and tell what the first position then reads."""
        self.now_ms += round(minutes * MINUTE_MS)
        snapshot = Snapshot()
        for key in {one.instrument.key for one in self.held}:
            of = next(one.instrument for one in self.held if one.instrument.key == key)
            reading: MarkPrice = mark(of, price, age_ms=NOW - self.now_ms)
            snapshot.merge([replace(reading, **more)] if price is not None else [])  # type: ignore[arg-type]
        changed = look(self.notes, self._assess(snapshot), snapshot, hours or {}, self.balances)
        self.notes |= changed
        return self._assess(snapshot).positions[0]

    def _assess(self, snapshot: Snapshot) -> RiskReport:
        breaches = {name: one.breach for name, one in self.notes.items() if one.breach is not None}
        book = Book(positions=self.held, balances=self.balances, breaches=breaches)
        self.report = assess(book, snapshot, NO_TIERS, self.now_ms)
        return self.report

    @property
    def breach(self) -> Breach | None:
        return self.notes[self.held[0].id].breach


def hour(at_ms: int, low: float, high: float = 51_000.0) -> FloatArray:
    return np.array([[at_ms, SAFE, high, low, SAFE]])


def test_a_crossed_position_stays_breached_where_the_market_comes_back() -> None:
    desk = Desk(HELD)
    assert desk.see(SAFE).status is LiquidationStatus.OK
    desk.see(BEYOND)
    back = desk.see(SAFE)
    assert back.status is LiquidationStatus.BREACHED
    assert back.distance_fraction is None
    assert back.breach is not None
    assert breach_words(back.breach, price_words) == (
        "the mark price was at 45,000, beyond your liquidation price 45,226.13, "
        "at 2026-10-01 00:02 UTC"
    )
    assert back.liquidation_price == pytest.approx(45_226.13)
    for name in OF_A_STANDING_POSITION:
        assert getattr(back, name) is None
        assert back.missing[name] == MAYBE_GONE


def test_the_first_crossing_is_what_is_remembered() -> None:
    desk = Desk(HELD)
    desk.see(SAFE)
    desk.see(BEYOND)
    first = desk.breach
    desk.see(44_000.0)
    desk.see(SAFE)
    desk.see(43_000.0)
    assert desk.breach == first


def test_a_short_is_crossed_from_below() -> None:
    desk = Desk(position(SHORT, maintenance_margin_rate=0.005))
    assert desk.see(SAFE).status is LiquidationStatus.OK
    desk.see(60_000.0)
    assert desk.see(SAFE).status is LiquidationStatus.BREACHED


@pytest.mark.parametrize("more", [{"doubt": "is 45000 at once"}, {"lag_ms": 20_000}])
def test_a_price_that_is_doubted_or_late_crosses_nothing(more: dict[str, object]) -> None:
    desk = Desk(HELD)
    desk.see(SAFE)
    assert desk.see(BEYOND, **more).status is LiquidationStatus.BREACHED  # as it reads now
    assert desk.breach is None
    assert desk.see(SAFE).status is LiquidationStatus.OK


def test_a_doubted_price_crosses_no_position_of_the_same_wallet() -> None:
    ether = instrument("ETH")
    held = (
        position(mode=CROSS, maintenance_margin_rate=0.005, name="btc"),
        position(mode=CROSS, of=ether, maintenance_margin_rate=0.005, name="eth"),
    )
    book = Book(
        positions=held, balances=(Balance(venue="binanceusdm", coin="USDT", amount=6_000.0),)
    )
    doubted = replace(mark(ether, 20_000.0), doubt="is 20000 where 3 other venues say 50000")
    for reading, breached in ((doubted, 0), (replace(doubted, doubt=""), 2)):
        snapshot = Snapshot()
        snapshot.merge([mark(HELD.instrument, SAFE), reading])
        report = assess(book, snapshot, NO_TIERS, NOW)
        assert {one.status for one in report.positions} == {LiquidationStatus.BREACHED}
        found = look({}, report, snapshot, {})
        assert sum(note.breach is not None for note in found.values()) == breached


def test_no_price_at_all_says_nothing() -> None:
    desk = Desk(HELD)
    desk.see(None)
    assert desk.notes["held"] == PositionNote(
        contract=contract_of(HELD), terms=terms_of(HELD), since_ms=NOW + MINUTE_MS
    )


def test_the_low_of_an_hour_that_nobody_watched_is_a_crossing_and_says_so() -> None:
    desk = Desk(replace(HELD, opened_ms=NOW - 5 * HOUR_MS))
    hours = np.vstack((hour(NOW - 4 * HOUR_MS, 46_000.0), hour(NOW - 2 * HOUR_MS, 45_100.5)))
    assert desk.see(SAFE, hours={KEY: hours}).status is LiquidationStatus.BREACHED
    assert desk.breach is not None
    assert desk.breach.source is BreachSource.HOURLY
    assert breach_words(desk.breach, price_words) == (
        "the hourly low of the mark price was 45,100.5, beyond your liquidation price 45,226.13, "
        "in the hour from 2026-09-30 22:00 UTC"
    )


def test_hours_before_the_position_and_gaps_are_no_crossing() -> None:
    desk = Desk(replace(HELD, opened_ms=NOW - 2 * HOUR_MS - 1))
    early = hour(NOW - 3 * HOUR_MS, 40_000.0)
    gap = hour(NOW - HOUR_MS, float("nan"), float("nan"))
    zero = hour(NOW, 0.0)
    desk.see(SAFE, minutes=90, hours={KEY: np.vstack((early, gap, zero))})
    assert desk.breach is None


def test_hours_of_a_short_are_read_by_their_high() -> None:
    desk = Desk(position(SHORT, maintenance_margin_rate=0.005, opened_ms=NOW - HOUR_MS))
    assert desk.see(SAFE, hours={KEY: hour(NOW - HOUR_MS, 49_000.0, 56_000.0)}).breach is not None
    assert desk.breach is not None
    assert "the hourly high of the mark price was 56,000" in breach_words(desk.breach, price_words)


def test_hours_say_nothing_of_a_cross_position_whose_price_of_then_is_not_known() -> None:
    wallet = (Balance(venue="binanceusdm", coin="USDT", amount=5_000.0),)
    held = replace(position(mode=CROSS, maintenance_margin_rate=0.005), opened_ms=NOW - 3 * HOUR_MS)
    desk = Desk(held, balances=wallet)
    desk.see(SAFE, hours={KEY: hour(NOW - 2 * HOUR_MS, 40_000.0)})
    assert desk.breach is None


def test_an_edit_does_not_bring_a_position_back_that_stood_and_was_crossed() -> None:
    desk = Desk(HELD)
    desk.see(SAFE)
    desk.see(BEYOND)
    for extra in (5_000.0, 6_000.0):
        desk.held = (replace(HELD, extra_margin=extra),)
        assert desk.see(SAFE).status is LiquidationStatus.BREACHED
    desk.held = (replace(HELD, extra_margin=6_000.0, stop_price=47_000.0, note="later"),)
    assert desk.see(SAFE).status is LiquidationStatus.BREACHED


def test_a_slip_of_the_pen_is_put_right_by_an_edit() -> None:
    desk = Desk(replace(HELD, entry_price=60_000.0))
    assert desk.see(SAFE).status is LiquidationStatus.BREACHED
    desk.held = (HELD,)
    assert desk.see(SAFE).status is LiquidationStatus.OK


def test_a_balance_that_was_mistyped_is_put_right_by_an_edit_of_it() -> None:
    def balance(amount: float) -> tuple[Balance, ...]:
        return (Balance(venue="binanceusdm", coin="USDT", amount=amount),)

    desk = Desk(position(mode=CROSS, maintenance_margin_rate=0.005), balances=balance(50.0))
    assert desk.see(SAFE).status is LiquidationStatus.BREACHED
    desk.balances = balance(5_000.0)
    assert desk.see(SAFE).status is LiquidationStatus.OK
    desk.see(SAFE)
    desk.see(44_000.0)
    desk.balances = balance(9_000.0)
    assert desk.see(SAFE).status is LiquidationStatus.BREACHED


def test_another_contract_entered_over_it_is_another_position() -> None:
    desk = Desk(HELD)
    desk.see(SAFE)
    desk.see(BEYOND)
    desk.held = (replace(HELD, instrument=instrument("ETH")),)
    desk.see(SAFE)
    assert desk.breach is None
    assert desk.see(SAFE).status is LiquidationStatus.OK


def test_hours_before_an_edit_are_not_held_against_the_new_price() -> None:
    desk = Desk(HELD)
    desk.see(SAFE)
    desk.held = (replace(HELD, leverage=20.0),)
    desk.see(SAFE, minutes=30, hours={KEY: hour(NOW, 47_000.0)})
    assert desk.breach is None
    desk.see(SAFE, minutes=60, hours={KEY: hour(NOW + HOUR_MS, 47_000.0)})
    assert desk.breach is None  # that hour still runs
    desk.see(SAFE, minutes=60, hours={KEY: hour(NOW + HOUR_MS, 47_000.0)})
    assert desk.breach is not None


def test_what_the_trader_says_still_stands_is_watched_anew() -> None:
    desk = Desk(replace(HELD, opened_ms=NOW - 5 * HOUR_MS))
    hours = {KEY: hour(NOW - 2 * HOUR_MS, 45_000.0)}
    desk.see(SAFE, hours=hours)
    desk.notes["held"] = still_stands(desk.notes["held"], desk.now_ms)
    assert desk.see(SAFE, hours=hours).status is LiquidationStatus.OK
    desk.see(BEYOND)
    assert desk.see(SAFE).status is LiquidationStatus.BREACHED


def test_a_recording_that_is_set_back_knows_no_breach_that_is_still_to_come() -> None:
    desk = Desk(HELD)
    desk.see(SAFE, minutes=60)
    desk.see(BEYOND, minutes=60)
    assert desk.see(SAFE, minutes=-90).status is LiquidationStatus.OK
    desk.see(BEYOND)
    assert desk.breach is not None
    assert desk.breach.at_ms == desk.now_ms
    desk.see(SAFE, minutes=-10)
    desk.held = (replace(HELD, extra_margin=5_000.0),)
    desk.see(SAFE, minutes=1)
    desk.see(SAFE, minutes=60)
    assert desk.breach is None


def test_a_breach_that_stands_begins_one_cool_off_and_not_one_each_day() -> None:
    desk = Desk(HELD)
    desk.see(SAFE)
    limits, memory = Limits(cool_off_minutes=30.0), LimitMemory()
    ends = []
    for minutes in (1.0, 1.0, 1_440.0, 1_440.0):
        desk.see(BEYOND, minutes=minutes)
        memory, _ = read_limits(limits, memory, desk.report, Book(positions=desk.held), {})
        ends.append(memory.cool_off_until_ms)
    assert len(set(ends)) == 1
