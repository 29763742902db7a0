"""The life of an alert under a fake clock: told, cooled down, snoozed, acknowledged, over."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import msgspec
import pytest

from dashboard.alerts.limits import LimitKind, LimitReading
from dashboard.alerts.machine import (
    SNOOZE_MS,
    AlertState,
    acknowledge,
    forget_rule,
    snooze,
    started,
)
from dashboard.alerts.rules import (
    DEFAULT_RULES,
    AlertKind,
    Repeat,
    Severity,
    checked_threshold,
    price_rule,
)
from dashboard.alerts.sighting import price_words
from dashboard.errors import InputError
from tests.alerts.scenes import BTC, LONG_BTC, Scene, rule
from tests.risk.builders import SHORT, position

NEAR = rule(AlertKind.DISTANCE, 0.05)
NEAR_MARK, FAR_MARK = 47_000.0, 50_000.0
"""3.8 % and 9.5 % above the liquidation price."""
LOW_MARK = 46_000.0
GONE_MARK = 45_000.0
OVER_LEVERAGE = LimitReading(
    kind=LimitKind.LEVERAGE, subject="long", limit=5.0, value=10.0, used=2.0
)


@pytest.mark.parametrize(
    ("wanted", "before", "after", "words"),
    [
        (NEAR, {}, {"mark": NEAR_MARK}, "liquidation is 3.7"),
        (rule(AlertKind.DISTANCE_ATR, 3.0), {}, {"mark": NEAR_MARK}, "1.77 ATR away"),
        (rule(AlertKind.MARGIN_RATIO, 0.1), {}, {"mark": NEAR_MARK}, "margin ratio"),
        (rule(AlertKind.BREACHED), {}, {"mark": GONE_MARK}, "BREACHED: mark (45,000)"),
        (rule(AlertKind.FUNDING_HOURS, 72.0), {}, {"rate": 0.03}, "funding alone liquidates in"),
        (rule(AlertKind.FUNDING_SIGN), {}, {"rate": -0.0002}, "shorts pay now, -0.0200%"),
        (rule(AlertKind.FUNDING_INTERVAL), {}, {"hours": 4.0}, "funding is every 4 h now"),
        (rule(AlertKind.FEED_LOST), {}, {"age_ms": 61_000}, "the last mark price is 61 s old"),
        (rule(AlertKind.FEED_LOST), {}, {"feed_lost": "it ended"}, "(it ended)"),
        (rule(AlertKind.PRICE, 49_000.0), {}, {"mark": 48_900.0}, "fell below 49,000 (48,900)"),
        (rule(AlertKind.PRICE, 51_000.0), {}, {"mark": 51_200.0}, "rose above 51,000 (51,200)"),
        (rule(AlertKind.LIMIT), {}, {"limits": (OVER_LEVERAGE,)}, "largest leverage 10.0x of 5.0x"),
    ],
)
def test_each_kind_is_told_once_on_its_fixture(
    wanted: object, before: dict[str, object], after: dict[str, object], words: str
) -> None:
    scene = Scene(wanted)  # type: ignore[arg-type]
    assert scene.see(**before) == ()  # type: ignore[arg-type]
    for _ in range(30):
        scene.see(**after)  # type: ignore[arg-type]
    assert [words in alert.text for alert in scene.told] == [True]
    assert scene.minutes_told() == [2.0]


def test_stop_beyond_liquidation_is_told() -> None:
    scene = Scene(rule(AlertKind.STOP_BEYOND), positions=[replace(LONG_BTC, stop_price=44_000.0)])
    scene.see()
    scene.see()
    assert [alert.text for alert in scene.told] == [
        "BTC/USDT long isolated, binanceusdm: the stop at 44,000 lies beyond liquidation "
        "(45,226.13)"
    ]


def test_default_rules_watch_for_every_kind_but_prices() -> None:
    kinds = {one.kind for one in DEFAULT_RULES}
    assert kinds == set(AlertKind) - {AlertKind.PRICE, AlertKind.SUMMARY}
    assert all(one.enabled for one in DEFAULT_RULES)


def test_figure_that_comes_back_only_just_is_not_over() -> None:
    scene = Scene(NEAR)
    scene.see(NEAR_MARK)
    scene.see(47_800.0)  # 5.4 %, within the hysteresis
    assert scene.state.active()
    scene.see(FAR_MARK)
    assert scene.state.active() == []
    assert scene.minutes_told() == [1.0]


@pytest.mark.parametrize(
    ("kind", "flaps", "hours"), [("level", 10_000, 3), ("sign", 2_000, 1), ("price", 2_000, 1)]
)
def test_ten_thousand_flaps_are_told_at_most_once_a_window(
    kind: str, flaps: int, hours: int
) -> None:
    wanted = {
        "level": NEAR,
        "sign": rule(AlertKind.FUNDING_SIGN),
        "price": rule(AlertKind.PRICE, 48_000.0),
    }[kind]
    scene = Scene(wanted)
    scene.see()
    for flap in range(flaps):
        low = flap % 2 == 0
        scene.see(NEAR_MARK if low else FAR_MARK, rate=-0.001 if low else 0.001, minutes=1 / 60)
    told = scene.minutes_told()
    assert 1 <= len(told) <= 4 * hours
    assert min(b - a for a, b in pairwise(told)) >= 15.0


def test_what_got_twice_as_bad_is_told_within_the_window() -> None:
    scene = Scene(NEAR)
    scene.see(NEAR_MARK)
    scene.see(46_500.0)
    scene.see(LOW_MARK)  # 1.7 %, less than half of 3.8 %
    assert scene.minutes_told() == [1.0, 3.0]


def test_wick_through_and_back_is_one_latched_breach() -> None:
    scene = Scene(rule(AlertKind.BREACHED, severity=Severity.CRITICAL))
    scene.see()
    scene.see(GONE_MARK)
    scene.see(FAR_MARK)
    assert scene.minutes_told() == [2.0]
    assert scene.state.breached()
    (standing,) = scene.state.active()
    assert standing.over
    scene.state = acknowledge(scene.state, "r long")
    assert not scene.state.breached()
    assert scene.state.active() == []


def test_breach_outlives_its_position_until_it_is_acknowledged() -> None:
    scene = Scene(rule(AlertKind.BREACHED))
    scene.see(GONE_MARK)
    scene.positions = ()
    scene.see(FAR_MARK)
    assert scene.state.breached()
    scene.state = acknowledge(scene.state, "r long")
    scene.see(FAR_MARK)
    assert scene.state.active() == []


def test_acknowledged_alert_is_silent_until_it_comes_up_again() -> None:
    scene = Scene(replace(NEAR, repeat=Repeat.REPEAT))
    scene.see(NEAR_MARK)
    scene.state = acknowledge(scene.state, "r long")
    for _ in range(60):
        scene.see(NEAR_MARK)
    assert scene.minutes_told() == [1.0]
    scene.see(FAR_MARK)
    scene.see(NEAR_MARK)
    assert scene.minutes_told() == [1.0, 63.0]


def test_repeating_rule_speaks_each_window_while_it_lasts() -> None:
    scene = Scene(replace(NEAR, repeat=Repeat.REPEAT))
    for _ in range(40):
        scene.see(NEAR_MARK)
    assert scene.minutes_told() == [1.0, 16.0, 31.0]


def test_rule_that_speaks_once_is_done_then() -> None:
    scene = Scene(replace(NEAR, repeat=Repeat.ONCE))
    for _ in range(3):
        scene.see(NEAR_MARK)
        scene.see(FAR_MARK, minutes=30)
    assert scene.minutes_told() == [1.0]


def test_snoozed_alert_is_told_again_when_the_time_is_over_and_it_still_holds() -> None:
    scene = Scene(NEAR)
    scene.see(NEAR_MARK)
    scene.state = snooze(scene.state, "r long", scene.now_ms + SNOOZE_MS)
    for _ in range(20):
        scene.see(LOW_MARK)
    assert scene.minutes_told() == [1.0, 16.0]
    scene.state = snooze(scene.state, "r long", scene.now_ms + SNOOZE_MS)
    scene.see(FAR_MARK)
    for _ in range(20):
        scene.see(FAR_MARK)
    assert scene.minutes_told() == [1.0, 16.0]


def test_expired_and_disabled_rules_say_nothing() -> None:
    scene = Scene(replace(NEAR, id="expired", expires_ms=1), replace(NEAR, id="off", enabled=False))
    scene.see(NEAR_MARK)
    assert scene.told == []


@pytest.mark.parametrize("mark", [None, float("nan")])
def test_unknown_price_neither_raises_nor_ends_an_alert(mark: float | None) -> None:
    scene = Scene(NEAR, rule(AlertKind.PRICE, 48_000.0, id="p"))
    scene.see(FAR_MARK)
    scene.see(mark)
    assert scene.told == []
    scene.see(NEAR_MARK)
    assert len(scene.told) == 2
    for _ in range(5):
        scene.see(mark)
    assert [one.over for one in scene.state.active()] == [False, False]


def test_expired_mark_feeds_no_alert_but_that_of_the_feed() -> None:
    every = [one for one in DEFAULT_RULES if one.kind is not AlertKind.FUNDING_SIGN]
    scene = Scene(*every, rule(AlertKind.PRICE, 48_000.0, id="p"))
    scene.see(60_000.0, atr=0.0)
    scene.see(GONE_MARK, age_ms=10 * 60_000, minutes=11, atr=0.0)
    assert [alert.kind for alert in scene.told] == [AlertKind.FEED_LOST]


def test_figures_of_a_suspect_price_raise_no_alert_and_end_none() -> None:
    every = [one for one in DEFAULT_RULES if one.kind is not AlertKind.FEED_LOST]
    scene = Scene(*every, rule(AlertKind.LIMIT, id="l"), rule(AlertKind.PRICE, 48_000.0, id="p"))
    scene.see(60_000.0)
    doubt = "went from 60000 to 45000 at once"
    scene.see(GONE_MARK, rate=-0.03, limits=(OVER_LEVERAGE,), doubt=doubt)
    assert scene.told == []
    scene.see(GONE_MARK, rate=-0.03, limits=(OVER_LEVERAGE,))
    told = len(scene.told)
    assert told > 0
    active = [one.over for one in scene.state.active()]
    scene.see(60_000.0, limits=(OVER_LEVERAGE,), doubt=doubt)
    assert (len(scene.told), [one.over for one in scene.state.active()]) == (told, active)


def test_first_mark_is_waited_for_before_the_feed_counts_as_lost() -> None:
    scene = Scene(rule(AlertKind.FEED_LOST))
    scene.see(None, minutes=0.5)
    scene.see(None, minutes=0.5)
    assert scene.told == []
    scene.see(None, minutes=1.0)
    assert [alert.kind for alert in scene.told] == [AlertKind.FEED_LOST]


def test_storm_is_one_alert_that_names_the_worst() -> None:
    many = [replace(LONG_BTC, id=f"p{number}") for number in range(20)]
    breached = rule(AlertKind.BREACHED, id="b", severity=Severity.CRITICAL)
    scene = Scene(NEAR, breached, positions=many)
    scene.see(GONE_MARK)
    (told,) = scene.told
    assert told.kind is AlertKind.SUMMARY
    assert len(told.parts) == 20
    name = "BTC/USDT long isolated (1), binanceusdm"
    assert told.text.startswith(f"20 alerts, the worst: {name}: BREACHED")


def test_later_alerts_of_a_storm_wait_for_their_summary_but_critical_ones_do_not() -> None:
    first = [replace(LONG_BTC, id=f"p{number}") for number in range(4)]
    scene = Scene(NEAR, rule(AlertKind.BREACHED, id="b", severity=Severity.CRITICAL))
    scene.positions = tuple(first)
    scene.see(NEAR_MARK)
    assert len(scene.told) == 4
    later = [replace(LONG_BTC, id=f"q{number}") for number in range(3)]
    gone = replace(LONG_BTC, id="gone", margin=1_000.0)
    scene.positions = (*first, *later, gone)
    assert [alert.kind for alert in scene.see(NEAR_MARK, minutes=0.1)] == [AlertKind.BREACHED]
    (rest,) = scene.see(NEAR_MARK)
    assert (rest.kind, len(rest.parts)) == (AlertKind.SUMMARY, 3)
    assert scene.see(NEAR_MARK) == ()


def test_of_two_thresholds_passed_at_once_the_more_severe_is_told() -> None:
    wide = rule(AlertKind.DISTANCE, 0.10, id="wide")
    tight = rule(AlertKind.DISTANCE, 0.05, id="tight", severity=Severity.CRITICAL)
    scene = Scene(wide, tight)
    scene.see(NEAR_MARK)
    assert [alert.rule_id for alert in scene.told] == ["tight"]
    assert [one.rule_id for one in scene.state.active()] == ["tight", "wide"]


def test_state_comes_back_from_text_as_it_was_and_goes_on() -> None:
    scene = Scene(NEAR, rule(AlertKind.BREACHED, id="b"))
    scene.see(GONE_MARK)
    text = msgspec.json.encode(scene.state)
    back = msgspec.json.decode(text, type=AlertState)
    assert back == scene.state
    scene.state = started(back, scene.now_ms)
    assert scene.see(GONE_MARK, minutes=5) == ()
    assert scene.state.breached()


def test_clock_that_went_back_starts_over_and_keeps_breaches() -> None:
    scene = Scene(NEAR, rule(AlertKind.BREACHED, id="b"))
    scene.see(GONE_MARK)
    scene.now_ms -= 24 * 3_600_000
    assert scene.see(FAR_MARK) == ()
    assert [one.kind for one in scene.state.active()] == [AlertKind.BREACHED]
    assert scene.state.active()[0].over
    assert len(scene.see(NEAR_MARK)) == 1


def test_changed_rule_starts_afresh() -> None:
    scene = Scene(NEAR)
    scene.see(NEAR_MARK)
    scene.state = forget_rule(scene.state, "r")
    scene.see(NEAR_MARK)
    assert scene.minutes_told() == [1.0, 2.0]


def test_touching_what_is_not_listed_changes_nothing() -> None:
    assert acknowledge(AlertState(), "r long") == AlertState()
    assert snooze(AlertState(), "r long", 5) == AlertState()


def test_short_position_is_named_and_measured_upwards() -> None:
    short = position(SHORT, maintenance_margin_rate=0.005, name="s")
    scene = Scene(NEAR, positions=[short])
    scene.see(NEAR_MARK)
    scene.see(53_500.0)
    assert [alert.text.split(":")[0] for alert in scene.told] == [
        "BTC/USDT short isolated, binanceusdm"
    ]


@pytest.mark.parametrize("price", [0.0, -1.0, float("nan"), float("inf")])
def test_price_alert_is_refused_at_what_is_no_price(price: float) -> None:
    with pytest.raises(InputError, match="alert price must be above 0"):
        price_rule("one", BTC, price)


@pytest.mark.parametrize(
    ("kind", "value", "words"),
    [
        (AlertKind.DISTANCE, 1.5, "distance must be above 0% and at most 100%, not 150"),
        (AlertKind.FUNDING_HOURS, 0.0, "above 0 and at most 1,000,000, not 0"),
        (AlertKind.FUNDING_HOURS, float("nan"), "not nan"),
    ],
)
def test_threshold_out_of_range_is_refused_in_words(
    kind: AlertKind, value: float, words: str
) -> None:
    with pytest.raises(InputError, match=words):
        checked_threshold(kind, value)
    assert checked_threshold(kind, 0.5) == 0.5


@pytest.mark.parametrize(
    ("price", "words"),
    [
        (52_698.55531, "52,698.56"),
        (0.0000123456789, "0.00001234568"),
        (123_456_789.0, "123,456,800"),
        (61_000.0, "61,000"),
    ],
)
def test_price_reads_without_exponent_and_needless_digits(price: float, words: str) -> None:
    assert price_words(price) == words
