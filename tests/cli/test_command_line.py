"""The command line: what it accepts, what it refuses and in which words."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from collections.abc import Sequence
from typing import Any

import pytest

from dashboard import cli
from dashboard.errors import DashboardError
from dashboard.market.venues import VENUES
from dashboard.replay.recording import list_recordings
from dashboard.settings import Settings
from dashboard.venues.catalogue import CATALOGUE


def _opened(*argv: str) -> Namespace:
    seen: list[Namespace] = []

    def open_window(arguments: Namespace) -> int:
        seen.append(arguments)
        return 0

    assert cli.main(argv, open_window) == 0
    return seen[0]


def _never(_: Namespace) -> int:
    raise AssertionError("the window was opened")


def test_without_options_the_window_opens_on_the_live_venues() -> None:
    arguments = _opened()
    assert arguments.recording is None
    assert arguments.venues == ()


def test_the_venues_that_can_be_named_are_those_of_the_catalogue() -> None:
    assert set(CATALOGUE) == set(VENUES)
    assert set(Settings().venues) <= set(VENUES)
    assert _opened("--venues", "okx, bybit,okx").venues == ("okx", "bybit")


def test_demo_opens_on_the_crash_and_a_named_recording_wins() -> None:
    assert _opened("--demo").recording == cli.DEFAULT_RECORDING
    assert _opened("--demo", "--recording", "other").recording == "other"
    assert _opened("--recording", "other").recording == "other"


def test_times_are_read_as_utc_unless_they_say_otherwise() -> None:
    assert _opened("--demo", "--at", "2024-08-04 12:00").at_ms == 1_722_772_800_000
    assert _opened("--demo", "--at", "2024-08-04T12:00:00Z").at_ms == 1_722_772_800_000
    assert _opened("--demo", "--at", "2024-08-04T14:00+02:00").at_ms == 1_722_772_800_000


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["--demo", "--at", "noon"], '"noon" is no instant'),
        (["--demo", "--speed", "fast"], '"fast" is no speed; allowed is a number from 1 to 3600'),
        (["--quit-after", "soon"], '"soon" is no time'),
        (["--quit-after", "0"], '"0" is no time'),
        (["--quit-after", "nan"], '"nan" is no time'),
        (["--quit-after", "1e400"], '"1e400" is no time'),
        (["--size", "10x10"], '"10x10" is out of range'),
        (["--size", "wide"], '"wide" is no size'),
        (["--size", "1600x²"], "is no size"),
        (["--venues", ","], "no venue named"),
        (["--venues", "okx,mtgox"], 'venue "mtgox" is unknown; allowed are binanceusdm'),
        (["--theme", "pink"], "pink"),
        (["frobnicate"], "frobnicate"),
    ],
)
def test_a_bad_argument_ends_with_status_2_and_names_it(
    argv: Sequence[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(argv, _never)
    assert ended.value.code == cli.EXIT_USAGE
    said = capsys.readouterr().err
    assert words in said
    assert said.startswith("liqline: ")
    assert said.count("\n") == 1


@pytest.mark.parametrize("option", [["--at", "2024-08-04"], ["--speed", "5"]])
def test_a_clock_option_without_a_recording_is_refused(
    option: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(option, _never) == cli.EXIT_USAGE
    assert f"{option[0]} needs --demo or --recording" in capsys.readouterr().err


def test_an_expected_failure_is_one_sentence_without_a_traceback(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def open_window(_: Namespace) -> int:
        raise DashboardError("the cupboard is bare", detail="nothing in it")

    assert cli.main([], open_window) == cli.EXIT_USAGE
    assert capsys.readouterr().err == "liqline: the cupboard is bare\n"


def test_help_lists_every_command_but_the_internal_one(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["--help"], _never)
    assert ended.value.code == 0
    out = capsys.readouterr().out
    for name, command in cli.COMMANDS.items():
        assert (f"  {name} " in out) is not command.hidden


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_every_command_has_help_of_its_own(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main([name, "--help"], _never)
    assert ended.value.code == 0
    assert f"liqline {name}" in capsys.readouterr().out


def test_the_recordings_that_help_names_are_the_bundled_ones() -> None:
    assert sorted(cli.BUNDLED_RECORDINGS) == sorted(info.name for info in list_recordings())


def add_parser(subparsers: Any) -> None:
    """What a command's module has: this one's is `talk`, and it says more than anybody reads."""
    subparsers.add_parser("talk")


def run(_: Namespace) -> int:
    """Write what a pipe does not hold."""
    sys.stdout.write("word\n" * 100_000)
    return 0


def test_a_reader_that_has_enough_ends_a_command_quietly(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(cli.COMMANDS, "talk", cli.Command(__name__, "says much"))
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w", encoding="utf-8") as gone:
        monkeypatch.setattr(sys, "stdout", gone)
        assert cli.main(["talk"], _never) == 0
        gone.flush()
    assert capfd.readouterr().err == ""
