"""Soft limits: shown as they are approached, kept through lost feeds, overridden with a reason."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import pytest

from dashboard.alerts.limits import (
    LimitKind,
    LimitMemory,
    LimitReading,
    Limits,
    loss_words,
    override_limit,
    read_limits,
)
from dashboard.alerts.rules import AlertKind
from dashboard.alerts.sighting import limit_words
from dashboard.errors import InputError
from dashboard.market.account import Balance, Book, Closing, Position, PositionState
from tests.alerts.scenes import BTC, LONG_BTC, Scene, rule
from tests.risk.builders import (
    CROSS,
    INVERSE,
    LONG,
    NOW,
    instrument,
    mark,
    position,
    report_of,
    snapshot_of,
)

DAY_MS = 86_400_000
NONE = Limits(leverage=None, distance=None, distance_atr=None, cool_off_minutes=None)


class Day:
    """Reads limits from tick to tick."""

    def __init__(self, limits: Limits, *positions: Position) -> None:
        self.limits = limits
        self.positions = positions or (LONG_BTC,)
        self.closed: tuple[Position, ...] = ()
        self.memory = LimitMemory()
        self.now_ms = NOW

    def read(self, price: float | None, *, minutes: int = 1) -> dict[LimitKind, LimitReading]:
        self.now_ms += minutes * 60_000
        times = self.now_ms - NOW
        contracts = {held.instrument.key: held.instrument for held in self.positions}
        readings = [mark(of, price, age_ms=-times) for of in contracts.values()]
        snapshot = snapshot_of(*(readings if price is not None else []))
        book = Book(positions=tuple(self.positions), closed=self.closed)
        report = report_of(self.positions, snapshot, now_ms=self.now_ms)
        self.memory, found = read_limits(self.limits, self.memory, report, book, {BTC: 1_000.0})
        return {reading.kind: reading for reading in found}


@pytest.mark.parametrize(
    ("limits", "kind", "price", "value"),
    [
        (replace(NONE, leverage=12.0), LimitKind.LEVERAGE, 50_000.0, 10.0),
        (replace(NONE, distance=0.08), LimitKind.DISTANCE, 50_000.0, 0.09547738693467336),
        (replace(NONE, distance_atr=4.0), LimitKind.DISTANCE_ATR, 50_000.0, 4.773869346733668),
        (replace(NONE, daily_loss=1_100.0), LimitKind.DAILY_LOSS, 49_000.0, 1_000.0),
    ],
)
def test_limit_is_shown_as_approached_from_four_fifths_on(
    limits: Limits, kind: LimitKind, price: float, value: float
) -> None:
    day = Day(limits, replace(LONG_BTC, opened_ms=NOW))
    reading = day.read(price)[kind]
    assert reading.value == pytest.approx(value)
    assert (reading.approached, reading.breached) == (True, False)


def test_shares_are_of_the_whole_book() -> None:
    other = position(of=instrument("ETH", venue="bybit"), size=3.0, name="e")
    day = Day(replace(NONE, venue_share=0.7, coin_share=0.5), LONG_BTC, other)
    found = day.read(50_000.0)
    assert (found[LimitKind.VENUE_SHARE].subject, found[LimitKind.COIN_SHARE].breached) == (
        "binanceusdm",
        False,
    )
    assert found[LimitKind.VENUE_SHARE].value == 0.25


@pytest.mark.parametrize("price", [None, float("nan")])
@pytest.mark.parametrize(
    ("limits", "kind"),
    [
        (replace(NONE, leverage=5.0), LimitKind.LEVERAGE),
        (replace(NONE, distance=0.2), LimitKind.DISTANCE),
        (replace(NONE, distance_atr=9.0), LimitKind.DISTANCE_ATR),
        (replace(NONE, daily_loss=500.0), LimitKind.DAILY_LOSS),
        (replace(NONE, venue_share=0.5), LimitKind.VENUE_SHARE),
        (replace(NONE, coin_share=0.5), LimitKind.COIN_SHARE),
    ],
)
def test_unknown_figure_never_switches_a_limit_off(
    limits: Limits, kind: LimitKind, price: float | None
) -> None:
    day = Day(limits, replace(LONG_BTC, opened_ms=NOW))
    before = day.read(49_000.0)[kind]
    assert before.breached
    after = day.read(price)[kind]
    assert after.breached
    assert after.value == before.value
    assert after.stale


def test_limit_that_was_never_known_says_why() -> None:
    reading = Day(replace(NONE, leverage=5.0)).read(None)[LimitKind.LEVERAGE]
    assert (reading.value, reading.used, reading.breached) == (None, None, False)
    assert "no mark price" in limit_words(reading)


def test_liquidated_position_has_no_distance_left() -> None:
    reading = Day(replace(NONE, distance=0.05)).read(45_000.0)[LimitKind.DISTANCE]
    assert reading.breached
    assert reading.value == 0.0


def test_loss_of_the_day_starts_anew_each_utc_day_and_counts_closed_positions() -> None:
    day = Day(replace(NONE, daily_loss=1_000.0), replace(LONG_BTC, opened_ms=NOW))
    assert day.read(49_500.0)[LimitKind.DAILY_LOSS].value == 500.0
    kept, day.positions = day.positions, (replace(LONG_BTC, id="new", opened_ms=NOW),)
    assert day.read(49_600.0)[LimitKind.DAILY_LOSS].value == 900.0
    day.positions = kept
    assert day.read(49_500.0, minutes=24 * 60)[LimitKind.DAILY_LOSS].value == 0.0
    assert day.read(49_300.0)[LimitKind.DAILY_LOSS].value == 200.0


def closed(held: Position, price: float, at_ms: int = NOW, **costs: float) -> Position:
    ending = Closing(price=price, closed_ms=at_ms, **costs)
    return replace(held, state=PositionState.CLOSED, closing=ending)


def test_closed_position_counts_with_its_price_less_fees_and_funding() -> None:
    held = replace(LONG_BTC, opened_ms=NOW)
    day = Day(replace(NONE, daily_loss=1_000.0), held)
    assert day.read(49_800.0)[LimitKind.DAILY_LOSS].value == 200.0
    day.closed = (closed(held, 49_500.0, fees=50.0, funding_paid=25.0),)
    day.positions = (replace(LONG_BTC, id="other", opened_ms=NOW),)
    assert day.read(50_000.0)[LimitKind.DAILY_LOSS].value == 575.0
    day.closed = (closed(held, 49_000.0),)
    assert day.read(50_000.0)[LimitKind.DAILY_LOSS].value == 1_000.0, "its price was corrected"


def test_position_closed_while_nobody_watched_counts_from_what_the_day_began_with() -> None:
    held = replace(LONG_BTC, opened_ms=NOW - DAY_MS)
    other = replace(LONG_BTC, id="other")
    day = Day(replace(NONE, daily_loss=1_000.0), held, other)
    day.read(49_800.0)
    day.now_ms += DAY_MS
    day.positions, day.closed = (other,), (closed(held, 49_500.0, day.now_ms),)
    assert day.read(49_800.0)[LimitKind.DAILY_LOSS].value == 300.0


@pytest.mark.parametrize(
    ("price", "opened_ms", "closed_ms", "loss"),
    [
        (49_600.0, NOW, NOW, 400.0),
        (50_400.0, NOW, NOW, -400.0),
        (49_600.0, NOW - DAY_MS, NOW, 400.0),
        (50_400.0, NOW - DAY_MS, NOW, 0.0),
        (49_600.0, NOW - DAY_MS, NOW - DAY_MS, 0.0),
        (49_600.0, None, None, 0.0),
    ],
)
def test_closed_position_that_was_never_seen_counts_today_and_no_gain_of_earlier_days(
    price: float, opened_ms: int | None, closed_ms: int | None, loss: float
) -> None:
    held = replace(LONG_BTC, opened_ms=opened_ms)
    day = Day(replace(NONE, daily_loss=1_000.0), replace(LONG_BTC, id="other"))
    ending = Closing(price=price, closed_ms=closed_ms)
    day.closed = (replace(held, state=PositionState.CLOSED, closing=ending),)
    assert day.read(50_000.0)[LimitKind.DAILY_LOSS].value == loss


def test_closed_position_without_a_usable_price_keeps_what_was_last_known_of_it() -> None:
    held = replace(LONG_BTC, opened_ms=NOW)
    day = Day(replace(NONE, daily_loss=1_000.0), held)
    day.read(49_800.0)
    day.closed = (closed(held, float("nan")), replace(held, id="odd", state=PositionState.CLOSED))
    day.positions = (replace(LONG_BTC, id="other"),)
    assert day.read(50_000.0)[LimitKind.DAILY_LOSS].value == 200.0


def test_coin_of_a_closed_inverse_contract_counts_at_its_last_price() -> None:
    coin = position(of=instrument(kind=INVERSE), size=50_000.0, name="i", opened_ms=NOW)
    day = Day(replace(NONE, daily_loss=1_000.0))
    day.closed = (closed(coin, 49_000.0, fees=0.001),)
    assert day.read(50_000.0)[LimitKind.DAILY_LOSS].value == pytest.approx(1_049.0)


def test_words_of_a_loss_name_the_worst_and_sum_to_it() -> None:
    parts = {f"p{n}": -100.0 * n for n in range(6)}
    memory = LimitMemory(opening=dict.fromkeys(parts, 0.0), profit=parts)
    assert loss_words(memory, {"p5": "BTC long"}) == (
        "BTC long -500.00 USD; a position that is not in the book any more -400.00 USD; "
        "a position that is not in the book any more -300.00 USD; "
        "a position that is not in the book any more -200.00 USD; 2 others -100.00 USD"
    )


def test_coin_of_an_inverse_contract_counts_at_its_mark() -> None:
    coin = position(of=instrument(kind=INVERSE), size=50_000.0, name="i", opened_ms=NOW)
    day = Day(replace(NONE, daily_loss=1_000.0), coin)
    assert day.read(49_000.0)[LimitKind.DAILY_LOSS].value == pytest.approx(1_000.0)


def test_cool_off_follows_a_loss_and_runs_out_by_the_clock_alone() -> None:
    limits = replace(NONE, daily_loss=500.0, cool_off_minutes=30.0)
    day = Day(limits, replace(LONG_BTC, opened_ms=NOW))
    assert not day.read(49_900.0)[LimitKind.COOL_OFF].breached
    assert day.read(49_000.0)[LimitKind.COOL_OFF].value == 30.0
    assert day.read(None, minutes=29)[LimitKind.COOL_OFF].breached
    assert not day.read(None, minutes=1)[LimitKind.COOL_OFF].breached
    assert not day.read(49_000.0)[LimitKind.COOL_OFF].breached, "one loss, one cool-off"


def test_recording_that_is_set_back_brings_nothing_of_a_later_day_along() -> None:
    limits = replace(NONE, leverage=5.0, daily_loss=500.0, cool_off_minutes=30.0)
    day = Day(limits, replace(LONG_BTC, opened_ms=NOW + DAY_MS))
    day.now_ms += DAY_MS
    lost = day.read(49_000.0)
    assert lost[LimitKind.DAILY_LOSS].breached
    day.memory, _ = override_limit(
        day.memory, lost[LimitKind.LEVERAGE], "of a later day", day.now_ms
    )
    day.now_ms -= DAY_MS
    found = day.read(50_000.0)
    assert found[LimitKind.DAILY_LOSS].value == 0.0
    assert not found[LimitKind.COOL_OFF].breached
    assert found[LimitKind.LEVERAGE].override is None


def test_clock_that_is_put_right_within_the_day_keeps_loss_and_cool_off() -> None:
    limits = replace(NONE, daily_loss=500.0, cool_off_minutes=30.0)
    day = Day(limits, replace(LONG_BTC, opened_ms=NOW))
    day.read(50_000.0, minutes=300)
    day.read(49_000.0)
    day.now_ms -= 120 * 60_000
    found = day.read(49_000.0)
    assert found[LimitKind.DAILY_LOSS].value == 1_000.0
    assert found[LimitKind.COOL_OFF].value == 30.0


def test_liquidation_starts_the_cool_off_without_a_daily_limit() -> None:
    day = Day(replace(NONE, cool_off_minutes=30.0))
    assert day.read(45_000.0)[LimitKind.COOL_OFF].breached


def test_memory_survives_a_restart() -> None:
    day = Day(replace(NONE, leverage=5.0, daily_loss=500.0), replace(LONG_BTC, opened_ms=NOW))
    reading = day.read(49_000.0)[LimitKind.LEVERAGE]
    day.memory, _ = override_limit(day.memory, reading, "closing tonight", day.now_ms)
    text = msgspec.json.encode(day.memory)
    day.memory = msgspec.json.decode(text, type=LimitMemory)
    found = day.read(None)
    assert found[LimitKind.DAILY_LOSS].breached
    assert found[LimitKind.LEVERAGE].override is not None


@pytest.mark.parametrize("reason", ["", "  ", "ok", "\n a \t", "x" * 501])
def test_override_asks_for_a_typed_reason(reason: str) -> None:
    day = Day(replace(NONE, leverage=5.0))
    reading = day.read(50_000.0)[LimitKind.LEVERAGE]
    with pytest.raises(InputError, match="reason must have 3 to 500 characters"):
        override_limit(day.memory, reading, reason, day.now_ms)


def test_override_silences_its_limit_for_a_day_and_no_other() -> None:
    day = Day(replace(NONE, leverage=5.0, distance=0.2))
    scene = Scene(rule(AlertKind.LIMIT))
    found = day.read(50_000.0)
    day.memory, made = override_limit(
        day.memory, found[LimitKind.LEVERAGE], " news  trade ", day.now_ms
    )
    assert (made.reason, made.until_ms - made.at_ms) == ("news trade", DAY_MS)
    scene.see(limits=tuple(day.read(50_000.0).values()))
    assert ["least distance 9.5%" in alert.text for alert in scene.told] == [True]
    later = day.read(50_000.0, minutes=24 * 60)
    assert later[LimitKind.LEVERAGE].override is None
    scene.see(limits=(later[LimitKind.LEVERAGE],))
    assert "largest leverage 10.0x of 5.0x" in scene.told[-1].text


def test_leverage_of_a_cross_wallet_is_that_of_all_its_positions() -> None:
    """Two positions of 12.5x and 8.4x on one margin: neither is over 20x, the wallet is."""
    rule = {"maintenance_margin_rate": 0.005, "taker_fee": 0.0005}
    held = [
        position(LONG, 1.25, 50_000.0, mode=CROSS, name="btc", **rule),
        position(LONG, 14.0, 3_000.0, of=instrument("ETH"), mode=CROSS, name="eth", **rule),
        position(LONG, 0.1, 50_000.0, name="own", **rule),
    ]
    marks = snapshot_of(mark(held[0].instrument, 50_000.0), mark(held[1].instrument, 3_000.0))
    report = report_of(
        held, marks, balances=[Balance(venue="binanceusdm", coin="USDT", amount=5_000.0)]
    )
    limits = replace(NONE, leverage=20.0)
    memory, found = read_limits(limits, LimitMemory(), report, Book(positions=tuple(held)), {})
    values = {one.subject: one.value for one in found}
    assert values == {"binanceusdm USDT cross": pytest.approx(20.9), "own": pytest.approx(10.0)}
    assert [one.subject for one in found if one.breached] == ["binanceusdm USDT cross"]
    lost = report_of(held, snapshot_of(mark(held[0].instrument, 50_000.0)))
    _memory, later = read_limits(limits, memory, lost, Book(positions=tuple(held)), {})
    (kept,) = [one for one in later if one.subject == "binanceusdm USDT cross"]
    assert kept.breached
    assert "last known value" in kept.stale
