"""What the door refused is told with the venue's own words, and not too often in the log."""

from __future__ import annotations

import logging

import pytest

from dashboard.feed.door import Door
from dashboard.feed.doubts import MAX_RAW_CHARACTERS, Doubts, row_about
from dashboard.feed.frames import Refusals
from tests.feed.test_door import NOW_MS, a_door, mark

ANSWER = [{"result": {"list": [{"symbol": "ETHUSDT"}, {"symbol": "BTCUSDT", "markPrice": "6"}]}}]


def telling(door: Door) -> tuple[Doubts, list[Refusals]]:
    sent: list[Refusals] = []
    answer, market_id = (lambda venue, call: ANSWER), (lambda one: "BTCUSDT")
    return Doubts(door, sent.append, answer, market_id, lambda: NOW_MS), sent


def test_a_refusal_is_sent_with_its_count_and_the_row_that_it_came_from() -> None:
    door = a_door()
    doubts, sent = telling(door)
    for second, value in ((0.0, 60_000.0), (10.0, 6.0), (20.0, 6.0)):
        doubts.take(door.judge([mark(value, second)])[1])
    assert [frame.counts for frame in sent] == [{"refused: jump": 1}, {"refused: jump": 2}]
    assert sent[-1].latest[0].raw == '{"symbol":"BTCUSDT","markPrice":"6"}'
    assert "went from 60000 to 6 at once: refused" in sent[-1].latest[0].sentence


def test_the_same_rule_of_a_venue_is_logged_once_a_minute(
    caplog: pytest.LogCaptureFixture,
) -> None:
    door = a_door()
    doubts, _ = telling(door)
    with caplog.at_level(logging.INFO, "liqline.feed"):
        for poll in range(12):
            doubts.take(door.judge([mark(60_000.0 if poll == 0 else 6.0, poll * 10.0)])[1])
    assert len(caplog.records) == 2


@pytest.mark.parametrize("answer", [{"a": "x" * 9_000}, [[[{"id": 1}]]], ["text"], {}])
def test_an_answer_without_the_contract_is_kept_from_its_beginning(answer: object) -> None:
    found = row_about(answer, "BTCUSDT")
    assert 0 < len(found) <= MAX_RAW_CHARACTERS


def test_an_answer_nested_without_end_does_no_harm() -> None:
    deep: list[object] = []
    for _ in range(50_000):
        deep = [deep]
    assert row_about([deep, {"s": "BTCUSDT"}], "BTCUSDT") == '{"s":"BTCUSDT"}'
    assert row_about([deep], "BTCUSDT") == "an answer that cannot be written down"
    assert row_about(None, "BTCUSDT") == ""
