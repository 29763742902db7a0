"""What was reached while the window was closed or the computer slept."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from pytestqt.qtbot import QtBot

from dashboard.risk.true_range import HOUR_MS, FloatArray
from tests.alerts.scenes import BTC
from tests.risk.builders import CROSS, position
from tests.widgets.alert_room import FAR, MINUTE_MS, Room, path, room
from widgets import format as fmt
from widgets.away import PATIENCE_LOOKS

__all__ = ["path", "room"]


def hours(first_ms: int, *lows: float) -> FloatArray:
    """Hourly mark candles that fall from 50,000 to these lows and come back."""
    return np.array(
        [(first_ms + n * HOUR_MS, 50_000.0, 50_500.0, low, 50_000.0) for n, low in enumerate(lows)]
    )


def test_stored_hours_of_an_absence_are_told_once_they_arrive(
    qtbot: QtBot, path: Path, room: Room
) -> None:
    room.see(FAR)
    left_ms = room.now_ms
    room.close()
    again = Room(qtbot, path)
    again.now_ms = left_ms + 5 * HOUR_MS
    again.see(FAR)
    span = f"{fmt.instant(left_ms)} to {fmt.instant(again.now_ms)}"
    assert again.panel.away.text() == (
        f"While you were away, {span}: nothing is known yet\n"
        "Not known yet, prices of those hours are awaited: BTC/USDT at binanceusdm"
    )
    first_ms = left_ms // HOUR_MS * HOUR_MS
    again.hourly.rows[BTC] = hours(first_ms, 49_000.0, 49_000.0, 45_100.0, 44_000.0, 49_000.0)
    again.see(FAR)
    reached = (
        "BTC/USDT long isolated, binanceusdm: mark reached the liquidation price 45,226.13 "
        "(low of that hour 45,100)"
    )
    assert again.panel.away.text() == (
        f"While you were away, {span}: 1 level was reached\n"
        f"{fmt.instant(first_ms + 2 * HOUR_MS)}  {reached}"
    )
    assert again.log()[0] == ("while away", reached)
    assert again.window.status.notice.text() == f"While you were away: {reached}"
    again.see(FAR)
    assert [what for what, _ in again.log()].count("while away") == 1
    again.click(again.panel.away_button)
    again.see(FAR)
    assert not again.panel.away_shown
    again.close()


def test_computer_that_slept_was_away_too(room: Room) -> None:
    room.see(FAR)
    left_ms = room.now_ms
    room.hourly.rows[BTC] = hours(left_ms // HOUR_MS * HOUR_MS, 49_000.0, 45_100.0, 49_000.0)
    room.see(FAR, minutes=120)
    assert "1 level was reached" in room.panel.away.text()
    assert room.log()[0][0] == "while away"


def test_computer_that_woke_up_waits_a_minute_for_prices_before_it_calls_a_feed_lost(
    room: Room,
) -> None:
    room.see(FAR)
    old_ms = room.now_ms
    for minutes in (120.0, 0.5, 0.4):
        room.see(FAR, minutes=minutes, as_of_ms=old_ms)
        assert room.log() == []
    room.see(FAR, minutes=0.1, as_of_ms=old_ms)
    assert [what for what, _ in room.log()] == ["feed lost"]


def test_prices_of_another_moment_of_a_recording_are_waited_for_too(room: Room) -> None:
    room.see(FAR)
    old_ms = room.now_ms
    room.pulse.time_leapt.emit()
    for minutes in (3.0, 0.5, 0.4):
        room.see(FAR, minutes=minutes, as_of_ms=old_ms)
        assert room.log() == []
    room.see(FAR, minutes=0.1, as_of_ms=old_ms)
    assert [what for what, _ in room.log()] == ["feed lost"]


def test_liquidation_price_that_is_not_known_yet_is_waited_for_but_not_for_ever(
    qtbot: QtBot, path: Path
) -> None:
    held = position(mode=CROSS, name="long", stop_price=46_000.0)
    room = Room(qtbot, path, held)
    room.see(FAR)
    left_ms = room.now_ms
    room.close()
    again = Room(qtbot, path)
    again.hourly.rows[BTC] = hours(left_ms // HOUR_MS * HOUR_MS, 49_000.0, 45_100.0, 49_000.0)
    again.now_ms = left_ms + 120 * MINUTE_MS
    for _ in range(PATIENCE_LOOKS):
        again.see(FAR, minutes=1 / 60)
        assert "nothing is known yet" in again.panel.away.text()
    again.see(FAR, minutes=1 / 60)
    assert "mark reached the stop 46,000" in again.panel.away.text()
    again.close()


def test_absence_without_a_level_reached_says_so_and_a_short_one_says_nothing(
    qtbot: QtBot, path: Path, room: Room
) -> None:
    room.see(FAR)
    left_ms = room.now_ms
    room.close()
    again = Room(qtbot, path)
    again.now_ms = left_ms + 2 * MINUTE_MS
    again.see(FAR)
    assert not again.panel.away_shown
    again.now_ms = left_ms + 2 * HOUR_MS
    again.alerting.close()
    again.close()
    third = Room(qtbot, path)
    third.now_ms = left_ms + 5 * HOUR_MS
    third.hourly.rows[BTC] = hours(left_ms + HOUR_MS, *(5 * [49_000.0]))
    third.see(FAR)
    assert third.panel.away.text().splitlines()[0].endswith("no level was reached")
    assert third.panel.away.text().splitlines()[1] == (
        "Known in part, the candles begin later: BTC/USDT at binanceusdm"
    )
    third.close()
