"""The status bar: venues in words, the feed, and the recording's clock."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from dashboard.feed.frames import Clock, VenueStatus
from tests.widgets.market_samples import BTC, NOW_MS, VENUES, update
from widgets.status import StatusBar

RECORDING = Clock(
    now_ms=NOW_MS, speed=120.0, paused=False, recording="August 2024 crash", notes=["No index."]
)
TROUBLE = "bybit answered 503 <b>Service</b> Unavailable; asked again in 30 s"


@pytest.fixture
def bar(qtbot: QtBot) -> Iterator[StatusBar]:
    made = StatusBar()
    qtbot.addWidget(made)
    made.resize(1100, 30)
    made.show()
    yield made
    made.hide()


def texts(bar: StatusBar) -> dict[str, str]:
    return {venue: label.text() for venue, label in bar._venues.items()}


def test_each_venue_is_said_in_words(bar: StatusBar) -> None:
    statuses = {
        "binanceusdm": VenueStatus("binanceusdm", "ok", "3 contracts", NOW_MS - 2_000),
        "bybit": VenueStatus("bybit", "failing", TROUBLE, 0),
        "okx": VenueStatus("okx", "connecting", "asking okx for its contracts", 0),
    }
    bar.show_update(update(BTC, statuses=statuses))
    assert texts(bar) == {
        "binanceusdm": "binanceusdm: ok",
        "bybit": TROUBLE,
        "okx": "okx: connecting",
    }
    assert "last answer 2" in bar._venues["binanceusdm"].toolTip()
    assert "&lt;b&gt;" in bar._venues["bybit"].toolTip()


def test_a_basic_venue_is_called_so(bar: StatusBar) -> None:
    statuses = {"deribit": VenueStatus("deribit", "ok", "1 contract", NOW_MS)}
    bar.show_update(update(BTC, statuses=statuses))
    assert texts(bar) == {"deribit": "deribit (basic): ok"}
    assert "prices, funding and little else" in bar._venues["deribit"].toolTip()


def test_enabled_venues_stand_in_their_order_before_they_are_heard_of(bar: StatusBar) -> None:
    bar.list_venues(VENUES)
    bar.show_update(update(BTC, statuses={"okx": VenueStatus("okx", "ok", "", NOW_MS)}))
    assert texts(bar) == {
        "binanceusdm": "binanceusdm: waiting",
        "bybit": "bybit: waiting",
        "okx": "okx: ok",
    }
    assert bar._venues["binanceusdm"].x() < bar._venues["okx"].x()


def test_lost_feed_is_said_and_no_venue_looks_well(bar: StatusBar) -> None:
    statuses = {"okx": VenueStatus("okx", "ok", "", NOW_MS)}
    bar.show_feed("the feed ended with exit code 1", heard=True)
    bar.show_update(update(BTC, statuses=statuses, feed_lost=True))
    assert "feed lost" in bar.feed_label.text()
    assert "exit code 1" in bar.feed_label.toolTip()
    assert texts(bar) == {"okx": "okx: no feed"}
    bar.show_feed("", heard=True)
    assert not bar.feed_label.isVisible()


def test_live_market_has_a_clock_and_nothing_to_set(bar: StatusBar) -> None:
    bar.show_update(update(BTC))
    assert bar.clock_label.text() == "2024-08-04 12:00 UTC"
    assert not bar.recorded.isVisible()
    assert not bar.controls.isVisible()


def test_recording_says_so_with_its_own_date(bar: StatusBar) -> None:
    bar.show_update(update(BTC, clock=RECORDING))
    assert bar.recorded.text() == "RECORDED 2024-08-04"
    assert "No index." in bar.recorded.toolTip()
    assert bar.recorded.isVisible()
    assert bar.controls.isVisible()


def test_venues_that_a_recording_lacks_share_one_label(bar: StatusBar) -> None:
    absent = {v: VenueStatus(v, "off", f"nothing of {v}", 0) for v in ("okx", "gate")}
    held = {"bybit": VenueStatus("bybit", "ok", "", NOW_MS)}
    bar.show_update(update(BTC, clock=RECORDING, statuses=held | absent))
    assert bar.not_recorded.text() == "2 venues: not recorded"
    assert "okx, gate" in bar.not_recorded.toolTip()
    assert [v for v, label in bar._venues.items() if label.isVisible()] == ["bybit"]
    bar.show_update(update(BTC, statuses=held | absent))
    assert not bar.not_recorded.isVisible()
    assert bar._venues["okx"].isVisible()
    assert texts(bar)["okx"] == "nothing of okx"


def test_one_venue_that_a_recording_lacks_is_named(bar: StatusBar) -> None:
    statuses = {"okx": VenueStatus("okx", "off", "this recording has nothing of okx", 0)}
    bar.show_update(update(BTC, clock=RECORDING, statuses=statuses))
    assert bar.not_recorded.text() == "okx: not recorded"


def test_hand_pauses_steps_and_changes_speed(bar: StatusBar, qtbot: QtBot) -> None:
    wanted: list[object] = []
    bar.controls.pause_wanted.connect(wanted.append)
    bar.controls.step_wanted.connect(wanted.append)
    bar.controls.speed_wanted.connect(wanted.append)
    bar.show_update(update(BTC, clock=RECORDING))
    qtbot.mouseClick(bar.controls.pause_button, Qt.MouseButton.LeftButton)
    qtbot.mouseClick(bar.controls.step_button, Qt.MouseButton.LeftButton)
    bar.controls.faster_action.trigger()
    bar.controls.slower_action.trigger()
    bar.controls.speed_box.setCurrentIndex(bar.controls.speed_box.findData(3600.0))
    bar.controls.speed_box.activated.emit(0)
    assert wanted == [True, 3_600_000, 300.0, 60.0, 3600.0]


def test_controls_show_what_the_feed_says(bar: StatusBar) -> None:
    odd = Clock(now_ms=NOW_MS, speed=77.0, paused=True, recording="x")
    bar.show_update(update(BTC, clock=odd))
    assert bar.controls.pause_button.text() == "Resume"
    assert bar.controls.speed_box.currentText() == "77x"
    bar.show_update(update(BTC, clock=RECORDING))
    assert bar.controls.pause_button.text() == "Pause"
    assert bar.controls.speed_box.currentText() == "120x"


def test_fastest_and_slowest_are_the_ends(bar: StatusBar) -> None:
    wanted: list[float] = []
    bar.controls.speed_wanted.connect(wanted.append)
    for speed, action in (
        (3600.0, bar.controls.faster_action),
        (1.0, bar.controls.slower_action),
    ):
        bar.controls.show_clock(Clock(now_ms=0, speed=speed, paused=False, recording="x"))
        action.trigger()
    assert wanted == []


def test_notice_is_whole_on_hover_and_goes_by_itself(
    bar: StatusBar, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    bar._forget.setInterval(10)
    bar.say("not kept: <i>disk full</i>")
    assert bar.notice.text() == "not kept: <i>disk full</i>"
    assert "&lt;i&gt;" in bar.notice.toolTip()
    qtbot.waitUntil(lambda: bar.notice.text() == "")


def test_words_give_way_and_never_widen_the_window(bar: StatusBar) -> None:
    before = bar.minimumSizeHint().width()
    bar.show_feed("the feed ended with exit code 1", heard=False)
    bar.list_venues(VENUES)
    bar.say("a long sentence " * 20)
    assert bar.minimumSizeHint().width() == before


def test_a_venue_has_a_meter_of_its_budget_with_words_on_hover(bar: StatusBar) -> None:
    budget = '8% of the request budget "weight" is used'
    status = VenueStatus("okx", "ok", "3 contracts", NOW_MS, 0.08, budget, "marks: websocket")
    bar.show_update(update(BTC, statuses={"okx": status}))
    label = bar._venues["okx"]
    assert label.used_share == 0.08
    assert budget in label.toolTip()
    assert "marks: websocket" in label.toolTip()
    label.resize(100, 24)
    track = label.grab().toImage()
    row = track.height() - 2
    filled, empty = track.pixelColor(1, row), track.pixelColor(track.width() - 2, row)
    assert filled != empty
    bar.show_update(update(BTC, statuses={"okx": status}, feed_lost=True))
    assert label.used_share is None


@pytest.mark.parametrize("state", ["failing", "off"])
def test_a_venue_in_trouble_is_asked_again_by_click_and_by_key(
    bar: StatusBar, qtbot: QtBot, state: str
) -> None:
    wanted: list[str] = []
    bar.retry_wanted.connect(wanted.append)
    why = "okx does not serve this region or address (451)"
    bar.show_update(update(BTC, statuses={"okx": VenueStatus("okx", state, why, 0)}))
    label = bar._venues["okx"]
    assert "Click to ask again now." in label.toolTip()
    qtbot.mouseClick(label, Qt.MouseButton.LeftButton)
    qtbot.keyClick(label, Qt.Key.Key_Return)
    qtbot.mouseClick(label, Qt.MouseButton.RightButton)
    assert wanted == ["okx", "okx"]
    assert "asking okx again" in bar.notice.text()


def test_a_venue_that_is_well_or_was_not_recorded_is_not_asked_again(
    bar: StatusBar, qtbot: QtBot
) -> None:
    wanted: list[str] = []
    bar.retry_wanted.connect(wanted.append)
    bar.show_update(update(BTC, statuses={"okx": VenueStatus("okx", "ok", "", NOW_MS)}))
    qtbot.mouseClick(bar._venues["okx"], Qt.MouseButton.LeftButton)
    off = {"okx": VenueStatus("okx", "off", "this recording has nothing of okx", 0)}
    bar.show_update(update(BTC, clock=RECORDING, statuses=off))
    qtbot.mouseClick(bar._venues["okx"], Qt.MouseButton.LeftButton)
    qtbot.keyClick(bar._venues["okx"], Qt.Key.Key_Space)
    assert wanted == []


@pytest.mark.parametrize(
    ("ahead_ms", "said"),
    [(90_000, " · clock 90 s ahead"), (-90_000, " · clock 90 s behind"), (1_900, ""), (None, "")],
)
def test_a_clock_that_is_off_by_two_seconds_is_said_beside_the_time(
    bar: StatusBar, ahead_ms: int | None, said: str
) -> None:
    statuses = {
        venue: VenueStatus(venue, "ok", "", NOW_MS, clock_ahead_ms=ahead_ms) for venue in VENUES
    }
    bar.show_update(update(BTC, statuses=statuses))
    assert bar.clock_label.text().endswith(f"UTC{said}")
    assert ("corrected" in bar.clock_label.toolTip()) == bool(said)


def test_a_single_venue_whose_clock_is_off_is_told_on_hover_alone(bar: StatusBar) -> None:
    ahead_ms = {"binanceusdm": 100, "bybit": -90_000, "okx": -200}
    statuses = {
        venue: VenueStatus(venue, "ok", "", NOW_MS, clock_ahead_ms=ahead)
        for venue, ahead in ahead_ms.items()
    }
    bar.show_update(update(BTC, statuses=statuses))
    assert bar.clock_label.text().endswith("UTC")
    assert "90 s behind that of bybit" in bar.clock_label.toolTip()
