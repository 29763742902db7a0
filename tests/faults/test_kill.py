"""A few random kills; `python -m tests.faults.kill --times 500` is the long form."""

from __future__ import annotations

from tests.faults import kill


def test_no_acknowledged_edit_or_poll_is_lost_when_the_process_is_killed() -> None:
    tally = kill.run(6, seed=8)
    assert tally.good, tally
    assert tally.kills == 6
    assert tally.edits > 0
