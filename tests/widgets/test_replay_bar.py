"""The time line of a recording: it follows the clock, and a hand goes to any moment by it."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QDate, Qt
from PySide6.QtWidgets import QToolButton
from pytestqt.qtbot import QtBot

from dashboard.feed.frames import Clock
from widgets.replay_bar import MINUTE_MS, ReplayBar

START_MS = 1_722_729_600_000
"""2024-08-04 00:00 UTC."""
HOUR_MS = 3_600_000
END_MS = START_MS + 48 * HOUR_MS
NOON_MS = START_MS + 12 * HOUR_MS


def clock(**changes: object) -> Clock:
    fields: dict[str, object] = {
        "now_ms": NOON_MS,
        "speed": 120.0,
        "paused": False,
        "recording": "August 2024 crash",
        "starts_ms": START_MS,
        "ends_ms": END_MS,
    }
    return Clock(**{**fields, **changes})  # type: ignore[arg-type]


class Hand:
    def __init__(self, qtbot: QtBot) -> None:
        self.bar = ReplayBar()
        qtbot.addWidget(self.bar)
        self.seeks: list[int] = []
        self.steps: list[int] = []
        self.bar.seek_wanted.connect(self.seeks.append)
        self.bar.step_wanted.connect(self.steps.append)
        self.bar.show_clock(clock(), NOON_MS)
        self.bar.show()


@pytest.fixture
def hand(qtbot: QtBot) -> Hand:
    return Hand(qtbot)


def test_bar_shows_span_and_moment_without_asking_for_anything(hand: Hand) -> None:
    assert (hand.bar.first.text(), hand.bar.last.text()) == ("2024-08-04", "2024-08-06")
    assert hand.bar.slider.value() == 12 * 60
    assert hand.bar.moment.text() == "2024-08-04 12:00"
    hand.bar.show_clock(clock(), NOON_MS + HOUR_MS)
    assert hand.bar.moment.text() == "2024-08-04 13:00"
    assert hand.seeks == []


def test_live_venues_have_no_time_line(qtbot: QtBot) -> None:
    bar = ReplayBar()
    qtbot.addWidget(bar)
    bar.show_clock(clock(recording=None, starts_ms=None, ends_ms=None), NOON_MS)
    assert not bar.isVisible()


def test_keys_on_the_slider_go_by_the_hour_and_by_the_day(hand: Hand, qtbot: QtBot) -> None:
    qtbot.keyClick(hand.bar.slider, Qt.Key.Key_Right)
    assert hand.seeks == [NOON_MS + HOUR_MS]
    qtbot.keyClick(hand.bar.slider, Qt.Key.Key_PageUp)
    assert hand.seeks[-1] == NOON_MS + 25 * HOUR_MS


def test_slider_that_is_dragged_is_left_alone_and_seeks_once_at_the_end(hand: Hand) -> None:
    slider = hand.bar.slider
    slider.setSliderDown(True)
    slider.setSliderPosition(60)
    hand.bar.show_clock(clock(), NOON_MS + HOUR_MS)
    assert slider.sliderPosition() == 60
    assert hand.seeks == []
    slider.setSliderDown(False)
    assert hand.seeks == [START_MS + 60 * MINUTE_MS]


def test_day_chosen_in_the_calendar_is_gone_to(hand: Hand) -> None:
    hand.bar.moment.setDate(QDate(2024, 8, 5))
    assert hand.seeks == [NOON_MS + 24 * HOUR_MS]


def test_calendar_shows_whole_months_in_the_colours_of_the_theme(hand: Hand) -> None:
    calendar = hand.bar.moment.calendarWidget()
    for day in (Qt.DayOfWeek.Saturday, Qt.DayOfWeek.Sunday):
        assert calendar.weekdayTextFormat(day).foreground().style() is Qt.BrushStyle.NoBrush
    assert calendar.minimumHeight() > 7 * calendar.fontMetrics().height()


def test_moment_beyond_the_recording_is_held_at_its_end(hand: Hand) -> None:
    hand.bar.moment.setDate(QDate(2030, 1, 1))
    assert hand.seeks == [END_MS]


@pytest.mark.parametrize(
    ("name", "step_ms"),
    [
        ("Step one hour back", -HOUR_MS),
        ("Step one day back", -24 * HOUR_MS),
        ("Step one day forward", 24 * HOUR_MS),
    ],
)
def test_buttons_step(hand: Hand, qtbot: QtBot, name: str, step_ms: int) -> None:
    buttons = hand.bar.findChildren(QToolButton)
    button = next(b for b in buttons if b.accessibleName() == name)
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert hand.steps == [step_ms]
