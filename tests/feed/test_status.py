"""The words of the status bar."""

from __future__ import annotations

import pytest

from dashboard.errors import VenueError, VenueUnavailableError
from dashboard.feed.status import VenueHealth
from dashboard.venues.entry import Budget
from dashboard.venues.failures import AnswerUnusableError, VenueDownError
from dashboard.venues.limiter import Usage


def said(health: VenueHealth, next_try_s: float = 0.0) -> str:
    status = health.status(next_try_s, None)
    return f"{status.state}: {status.text}"


def watched(contracts: int) -> VenueHealth:
    health = VenueHealth("okx")
    health.watching(contracts)
    health.answered("mark price", 5)
    return health


def test_before_the_first_answer_it_is_connecting() -> None:
    assert said(VenueHealth("okx")) == "connecting: asking okx for its contracts"


def test_contracts_that_cannot_be_listed_are_trouble_from_the_start() -> None:
    health = VenueHealth("okx")
    health.failed(AnswerUnusableError("why"), "contracts")
    assert said(health) == "failing: contracts: why"


def test_when_all_is_well_it_counts_contracts() -> None:
    assert said(watched(1)) == "ok: 1 contract"
    assert said(watched(21)) == "ok: 21 contracts"
    assert watched(1).status(0.0, None).received_ms == 5


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.0, ""),
        (float("inf"), ""),
        (8.2, "; asked again in 8 s"),
        (600.0, "; asked again in 10 min"),
        (21_600.0, "; asked again in 6 h"),
    ],
)
def test_a_venue_that_is_down_says_when_it_is_asked_again(seconds: float, words: str) -> None:
    health = watched(1)
    health.failed(VenueDownError("okx did not answer in time"), "mark price")
    assert said(health, seconds) == f"failing: okx did not answer in time{words}"


def test_a_region_block_is_off() -> None:
    health = watched(1)
    health.failed(VenueUnavailableError("okx does not serve this region"), "contracts")
    assert said(health).startswith("off: okx does not serve this region")


def test_single_questions_that_fail_are_named_and_forgotten_when_they_work() -> None:
    health = watched(1)
    health.failed(AnswerUnusableError("why"), "open interest")
    health.failed(AnswerUnusableError("too"), "ticker")
    health.answered("mark price", 6)
    assert said(health) == "failing: open interest: why; ticker: too"
    health.answered("open interest", 7)
    health.answered("ticker", 7)
    assert said(health) == "ok: 1 contract"


def test_a_question_that_no_figure_depends_on_is_nobodys_trouble() -> None:
    health = watched(1)
    health.failed(VenueError("why"), "")
    assert said(health) == "ok: 1 contract"


def test_a_fault_of_ours_is_said_until_something_works() -> None:
    health = watched(1)
    health.broke("planted")
    assert said(health) == "failing: polling broke and is started again: planted"
    health.answered("mark price", 8)
    assert said(health) == "ok: 1 contract"


def test_the_fullest_budget_is_said_as_a_share_of_what_the_venue_allows() -> None:
    usage = Usage("weight", 0.084, Budget(2400, 60.0))
    status = watched(21).status(0.0, usage, "mark prices come by polling")
    assert status.used_share == 0.084
    assert status.budget_text == (
        '8% of the request budget "weight" is used (2,400 in 60 s are allowed); '
        "this program stays under half of them"
    )
    assert status.prices_text == "mark prices come by polling"
    assert watched(1).status(0.0, None).used_share is None
