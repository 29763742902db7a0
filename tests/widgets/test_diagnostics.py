"""The diagnostics: their text, and the dialog that shows, copies and saves it."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from dashboard.feed.frames import Refusals, Refused, VenueStatus
from tests.widgets.market_samples import NOW_MS
from widgets.dialogs.diagnostics import DiagnosticsDialog
from widgets.models.diagnostics import RunningState, clock_sentence, running_text
from widgets.one_window import Doorbell, ring


def status(ahead_ms: int | None = None) -> VenueStatus:
    return VenueStatus(
        venue="okx", state="ok", text="3 contracts", received_ms=NOW_MS, clock_ahead_ms=ahead_ms
    )


def test_everything_that_is_known_is_told_in_lines() -> None:
    refused = Refused(NOW_MS, "the mark price went from 1 to 1000 at once: refused", '{"m":"<b>"}')
    text = running_text(
        RunningState(
            now_ms=NOW_MS + 4_000,
            feed_pid=77,
            feed_starts=2,
            feed_lost="",
            statuses={"okx": status(-90_000)},
            refusals={"okx": Refusals("okx", {"refused: jump": 3}, [refused])},
            faults=["the history is not kept for now"],
            late_worst_ms=12.4,
            memory_mb=300.0,
        )
    )
    assert "feed: process 77, started 2 times" in text
    assert "at most 12 ms late" in text
    assert "okx: ok, 3 contracts; last answer 4" in text
    assert "this computer's clock is 90 s behind that of okx" in text
    assert "okx readings: refused: jump 3" in text
    assert 'it said {"m":"<b>"}' in text
    assert "said: the history is not kept for now" in text


@pytest.mark.parametrize(("ahead_ms", "said"), [(None, ""), (1_900, ""), (-1_900, "")])
def test_a_clock_that_is_right_is_not_spoken_of(ahead_ms: int | None, said: str) -> None:
    assert clock_sentence(status(ahead_ms)) == said


@pytest.fixture
def dialog(qtbot: QtBot) -> DiagnosticsDialog:
    made = DiagnosticsDialog(
        lambda late: f"running {late >= 0}", "apiKey=canary0Key", lambda: "okx BTC long"
    )
    qtbot.addWidget(made)
    return made


def test_positions_are_in_the_report_only_when_wanted_and_keys_never(
    dialog: DiagnosticsDialog,
) -> None:
    assert dialog.report() == "running True\n\napiKey=***"
    dialog.with_positions.setChecked(True)
    assert dialog.report().endswith("positions:\nokx BTC long")
    assert dialog.text.toPlainText() == dialog.report()


def test_the_report_is_copied_and_saved_and_a_failure_is_said(
    dialog: DiagnosticsDialog, tmp_path: Path
) -> None:
    dialog.copy_button.click()
    assert QGuiApplication.clipboard().text() == dialog.report()
    dialog.save(tmp_path / "report.txt")
    assert (tmp_path / "report.txt").read_text(encoding="utf-8") == dialog.report()
    dialog.save(tmp_path / "nowhere" / "report.txt")
    assert dialog.message.text().startswith("Not saved: ")


def test_text_that_is_marked_is_not_pulled_away(dialog: DiagnosticsDialog) -> None:
    dialog.text.selectAll()
    before = dialog.text.textCursor().selectedText()
    dialog.with_positions.setChecked(True)
    assert dialog.text.textCursor().selectedText() == before


def test_nobody_answers_where_no_window_is(tmp_path: Path) -> None:
    assert ring(tmp_path / "liqline.lock") is False


def test_a_bell_left_by_a_crash_is_replaced_and_strangers_ring_in_vain(
    qtbot: QtBot, tmp_path: Path
) -> None:
    from PySide6.QtNetwork import QLocalSocket

    lock = tmp_path / "liqline.lock"
    first, second = Doorbell(lock), Doorbell(lock)
    rung: list[bool] = []
    second.rung.connect(lambda: rung.append(True))
    stranger = QLocalSocket()
    stranger.connectToServer(second._server.serverName())
    assert stranger.waitForConnected(1_000)
    stranger.write(b"x" * 100_000)
    qtbot.wait(50)
    assert rung == []
    stranger.abort()
    second.close()
    first.close()
