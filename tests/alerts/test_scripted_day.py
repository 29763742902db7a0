"""The crash of August 2024 at 600x: the exact alerts and times, twice, and by brute force."""

from __future__ import annotations

import math
from datetime import UTC, datetime

import pytest

from dashboard.alerts.attribution import ROOM, ROOM_IN_ATR, Cause
from dashboard.alerts.rules import COOL_DOWN_MS, MEASURED, AlertKind
from tests.alerts.brute_day import BY_ID, conditions, first_times, in_ranges, leverage, ratio, room
from tests.alerts.crash_day import LOOKS, OKX_MARKS, SPEED, START, STEP_MS, day, lines, single

BINANCE_MARKS = "fapi.binance.com GET /fapi/v1/premiumIndex"
EXPECTED = """\
04 12:00 stop eth
04 16:00 near btc
04 18:00 limit cool-off after a loss/
04 18:00 limit daily loss/
05 00:00 sign binanceusdm ETH/USDT:USDT
05 01:00 limit cool-off after a loss/
05 01:00 limit daily loss/
05 01:00 near eth
05 02:00 10 alerts
  breached eth
  very near btc
  limit largest leverage/btc
  limit least distance in ATR/btc
  limit least distance in ATR/eth
  limit least distance/btc
  limit least distance/eth
  near in ATR btc
  near in ATR okx eth
  near okx eth
05 03:00 ratio eth
05 03:00 very near eth
05 03:00 limit largest leverage/eth
05 03:00 near in ATR eth
05 04:00 breached eth
05 05:00 very near btc
05 05:00 very near eth
05 05:00 near in ATR btc
05 05:00 near in ATR eth
05 06:00 8 alerts
  breached btc
  breached eth
  very near okx eth
  limit cool-off after a loss/
  limit largest leverage/okx USDT cross
  limit least distance in ATR/okx eth
  limit least distance/okx eth
  near in ATR okx sol
05 07:00 limit least distance in ATR/okx sol
05 07:00 near in ATR okx eth
05 07:00 near okx eth
05 07:00 near okx sol
05 08:00 very near eth
05 08:00 near in ATR eth
05 09:00 breached eth
05 09:00 limit largest leverage/okx USDT cross
05 11:00 5 alerts
  very near okx eth
  limit least distance in ATR/okx sol
  limit least distance/okx eth
  near in ATR okx sol
  near okx sol
05 14:00 very near eth
05 14:00 near in ATR eth
05 15:00 very near btc
05 15:00 near in ATR btc
05 19:00 breached btc
05 19:00 limit largest leverage/eth
05 20:00 very near btc
05 20:00 near in ATR btc
05 22:00 feed okx ETH/USDT:USDT
05 22:00 feed okx SOL/USDT:USDT
"""
BRUTE = {ROOM: room, ROOM_IN_ATR: in_ranges, "wallet_leverage": leverage, "margin_ratio": ratio}


def name_of(rule_id: str, subject: str) -> str:
    return f"{rule_id} {subject}"


def instant(at_ms: int | None) -> str:
    return "never" if at_ms is None else f"{datetime.fromtimestamp(at_ms / 1000, UTC):%d %H:%M}"


def test_list_is_exact_with_its_times() -> None:
    assert "\n".join(lines(day(1).alerts)) == EXPECTED.strip("\n")


def test_second_run_gives_the_same_list_to_the_last_digit() -> None:
    assert day(2).alerts == day(1).alerts
    assert day(2).attributions == day(1).attributions


def test_every_look_asked_both_venues_over_http() -> None:
    assert [day(1).requests[name] for name in (BINANCE_MARKS, OKX_MARKS)] == [LOOKS, LOOKS]
    assert STEP_MS == SPEED * 1000


def test_each_rule_speaks_at_the_first_look_at_which_its_condition_holds() -> None:
    told: dict[str, int] = {}
    for alert in single(day(1).alerts):
        told.setdefault(name_of(alert.rule_id, alert.subject), alert.at_ms)
    named = {name: instant(at_ms) for name, at_ms in told.items()}
    assert named == {name: instant(at_ms) for name, at_ms in first_times().items()}
    assert len(named) == 30


def test_no_alert_is_told_while_its_condition_does_not_hold() -> None:
    holds = dict(conditions())
    wrong = [
        (alert.text, instant(alert.at_ms))
        for alert in single(day(1).alerts)
        if not holds[name_of(alert.rule_id, alert.subject)](alert.at_ms)
    ]
    assert wrong == []


def test_nothing_is_told_twice_within_its_window() -> None:
    told: dict[str, tuple[int, float | None]] = {}
    for alert in single(day(1).alerts):
        name = name_of(alert.rule_id, alert.subject)
        if name in told:
            at_ms, value = told[name]
            twice_as_bad = alert.kind in MEASURED and value is not None
            assert alert.at_ms - at_ms >= COOL_DOWN_MS or twice_as_bad, name
        told[name] = (alert.at_ms, alert.value)


def test_lost_feed_is_told_of_its_positions_and_of_no_other() -> None:
    lost = [alert.text for alert in single(day(1).alerts) if alert.kind is AlertKind.FEED_LOST]
    assert lost == [
        f"{base}/USDT, okx: feed lost while a position is open "
        "(the last mark price is 10 h 10 min old)"
        for base in ("ETH", "SOL")
    ]


def test_attributions_sum_to_their_change() -> None:
    found = day(1).attributions
    assert len(found) == 49
    for _, _, one in found:
        assert abs(math.fsum(one.parts.values()) - (one.now - one.before)) <= 1e-9


def test_attributions_begin_and_end_at_what_the_recorded_prices_give() -> None:
    for position_id, now_ms, one in day(1).attributions:
        held, figure = BY_ID[position_id], BRUTE[one.figure]
        assert START <= one.since_ms < now_ms
        assert one.before == pytest.approx(figure(held, one.since_ms), rel=1e-9, abs=1e-12)
        assert one.now == pytest.approx(figure(held, now_ms), rel=1e-9, abs=1e-12)


def test_every_alert_on_a_position_says_what_its_change_came_from() -> None:
    events = (AlertKind.STOP_BEYOND, AlertKind.FEED_LOST, AlertKind.FUNDING_SIGN)
    for alert in single(day(1).alerts):
        assert bool(alert.cause) is (alert.kind not in events), alert.text
    assert any("other positions" in alert.cause for alert in single(day(1).alerts))


def test_way_in_ranges_that_rose_alone_is_explained_by_volatility() -> None:
    moved = [one for _, _, one in day(1).attributions if one.figure == ROOM_IN_ATR]
    assert all(list(one.parts)[-1] is Cause.VOLATILITY for one in moved)
    assert any(abs(one.parts[Cause.VOLATILITY]) > 0.05 for one in moved)


def test_loss_of_the_day_names_the_positions_that_lost() -> None:
    (first, *_) = [one for one in single(day(1).alerts) if one.subject == "daily loss/"]
    assert first.text.endswith("daily loss 5,875.88 USD of 5,000.00 USD")
    assert first.cause == (
        "BTC/USDT long isolated, binanceusdm -3,035.70 USD; "
        "ETH/USDT long isolated, binanceusdm -2,138.67 USD; "
        "ETH/USDT long cross, okx -1,710.56 USD; SOL/USDT long cross, okx -508.80 USD; "
        "1 other +1,517.85 USD"
    )


def test_cool_off_says_what_began_it() -> None:
    found = [one for one in single(day(1).alerts) if one.subject == "cool-off after a loss/"]
    assert [(instant(one.at_ms), one.cause) for one in found] == [
        ("04 18:00", "the loss of the day reached its limit"),
        ("05 01:00", "the loss of the day reached its limit"),
        ("05 06:00", "BTC/USDT long isolated, binanceusdm reached its liquidation price"),
    ]
