"""Alerts outside the window: the two sounds through a real player, the tray and its messages."""

from __future__ import annotations

import wave
from pathlib import Path

import pytest
from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication, QSystemTrayIcon
from pytestqt.qtbot import QtBot

from dashboard.alerts.machine import Alert
from dashboard.alerts.rules import AlertKind, Severity
from dashboard.store.alert_ledger import Manners
from widgets import sounds
from widgets.notices import NO_TRAY, RECORDED, Notices
from widgets.sounds import Sounds
from widgets.theme import DARK

Message = tuple[str, str, QSystemTrayIcon.MessageIcon]


pytestmark = pytest.mark.qt_log_ignore("systemTrayWindowChanged")
"""The offscreen platform lacks a signal that a tray icon looks for."""


def alert(severity: Severity, cause: str = "") -> Alert:
    return Alert(
        id="a",
        at_ms=1,
        rule_id="r",
        kind=AlertKind.DISTANCE,
        severity=severity,
        subject="p",
        text="BTC <b>near</b>",
        cause=cause,
    )


@pytest.fixture
def player(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The one player on the path: a program that keeps a copy of each file it is given."""
    played = tmp_path / "played"
    played.mkdir()
    folder = tmp_path / "bin"
    folder.mkdir()
    program = folder / "aplay"
    copy = f'/bin/cp "$1" "{played}/.part"; /bin/mv "{played}/.part" "{played}/${{1##*/}}"'
    program.write_text(f"#!/bin/sh\n{copy}\n", encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))
    return played


@pytest.fixture
def beeps(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    heard: list[bool] = []
    monkeypatch.setattr(QApplication, "beep", lambda: heard.append(True))
    return heard


@pytest.fixture
def tray(monkeypatch: pytest.MonkeyPatch) -> list[Message]:
    """A desktop that has a tray; its messages are kept."""
    shown: list[Message] = []
    monkeypatch.setattr(QSystemTrayIcon, "isSystemTrayAvailable", lambda: True)
    monkeypatch.setattr(
        QSystemTrayIcon,
        "showMessage",
        lambda _self, title, text, icon, _ms: shown.append((title, text, icon)),
    )
    return shown


@pytest.mark.parametrize(
    ("severity", "name", "seconds"),
    [(Severity.WARNING, "alert.wav", 0.16), (Severity.CRITICAL, "critical.wav", 0.62)],
)
def test_each_sound_is_a_file_that_the_systems_player_plays(
    qtbot: QtBot, player: Path, beeps: list[bool], severity: Severity, name: str, seconds: float
) -> None:
    made = Sounds()
    made.play(severity)
    qtbot.waitUntil((player / name).exists, timeout=10_000)
    with wave.open(str(player / name)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, 22_050)
        assert file.getnframes() / file.getframerate() == pytest.approx(seconds, abs=0.001)
        loudest = max(abs(int.from_bytes(frame, "little", signed=True)) for frame in _samples(file))
    assert 8_000 < loudest <= 9_000
    assert beeps == []
    made.close()


def _samples(file: wave.Wave_read) -> list[bytes]:
    raw = file.readframes(file.getnframes())
    return [raw[at : at + 2] for at in range(0, len(raw), 2)]


def test_without_a_player_it_beeps(
    qapp: QApplication, beeps: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    Sounds().play(Severity.CRITICAL)
    assert beeps == [True]


def test_player_that_cannot_be_started_and_file_that_cannot_be_written_beep(
    player: Path, qapp: QApplication, beeps: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = Sounds()
    (player.parent / "bin" / "aplay").unlink()
    made.play(Severity.WARNING)
    assert beeps == [True]
    made.close()
    monkeypatch.setattr(sounds.tempfile, "TemporaryDirectory", _no_folder)
    made.play(Severity.WARNING)
    assert beeps == [True, True]


def _no_folder(**_wanted: str) -> object:
    raise OSError("the disk is full")


def test_desktop_is_told_with_what_the_change_came_from(
    qtbot: QtBot, player: Path, tray: list[Message]
) -> None:
    parent = QObject()
    notices = Notices(DARK, recorded=False, parent=parent)
    assert notices.reason == ""
    notices.tell(alert(Severity.CRITICAL, "distance -2.00 points"), Manners())
    notices.tell(alert(Severity.WARNING), Manners(sound=False))
    assert tray == [
        (
            "Liqline",
            "BTC ‹b›near‹/b›\ndistance -2.00 points",
            QSystemTrayIcon.MessageIcon.Critical,
        ),
        ("Liqline", "BTC ‹b›near‹/b›", QSystemTrayIcon.MessageIcon.Warning),
    ]
    qtbot.waitUntil((player / "critical.wav").exists, timeout=10_000)
    assert not (player / "alert.wav").exists()
    notices.close()


def test_do_not_disturb_lets_only_critical_ones_pass_and_those_only_where_they_may(
    qapp: QApplication, tray: list[Message]
) -> None:
    parent = QObject()
    notices = Notices(DARK, recorded=False, parent=parent)
    quiet = Manners(quiet=True, sound=False)
    notices.tell(alert(Severity.WARNING), quiet)
    assert tray == []
    notices.tell(alert(Severity.CRITICAL), quiet)
    assert len(tray) == 1
    notices.tell(alert(Severity.CRITICAL), Manners(quiet=True, critical_pass=False, sound=False))
    assert len(tray) == 1
    notices.close()


def test_tray_icon_takes_the_colour_of_the_worst(qapp: QApplication, tray: list[Message]) -> None:
    parent = QObject()
    notices = Notices(DARK, recorded=False, parent=parent)
    (icon,) = parent.findChildren(QSystemTrayIcon)

    def colour() -> str:
        return icon.icon().pixmap(32, 32).toImage().pixelColor(16, 16).name()

    seen = [colour()]
    for worst, count in ((Severity.WARNING, 2), (Severity.CRITICAL, 3), (None, 0)):
        notices.show_worst(worst, count)
        seen.append(colour())
    assert seen == [DARK.profit, DARK.warning, DARK.danger, DARK.profit]
    assert icon.toolTip() == "Liqline: all quiet"
    notices.close()
    assert not icon.isVisible()


def test_recorded_market_and_a_desktop_without_tray_say_why_nothing_pops_up(
    qapp: QApplication, beeps: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    parent = QObject()
    assert Notices(DARK, recorded=False, parent=parent).reason == NO_TRAY
    recorded = Notices(DARK, recorded=True, parent=parent)
    recorded.tell(alert(Severity.CRITICAL), Manners())
    assert (recorded.reason, beeps) == (RECORDED, [])
