"""`liqline record`: polls without a window, in few words, and refuses what it cannot do."""

from __future__ import annotations

import signal
import subprocess
import sys
from argparse import Namespace
from pathlib import Path

import pytest

from dashboard import cli
from dashboard.errors import InputError
from dashboard.feed.record_command import duration_of
from dashboard.feed.recording_options import checked_interval_s, instant_ms
from dashboard.market.readings import MarkPrice, OpenInterest
from dashboard.replay.recording import write_recording
from dashboard.store.history import HistoryStore
from tests.replay.made_up import made_up_recording

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("recording") / "made-up.npz"
    write_recording(path, made_up_recording())
    return path


def command(recording: Path, data: Path, *arguments: str) -> list[str]:
    return [
        *(sys.executable, "-m", "dashboard", "record", "--recording", str(recording)),
        *("--data-dir", str(data), *arguments),
    ]


@pytest.mark.parametrize("seconds", ["1.9", "10.1", "nan"])
def test_an_interval_out_of_bounds_is_refused_in_words(seconds: str) -> None:
    with pytest.raises(InputError, match="allowed is 2 to 10 seconds"):
        checked_interval_s(Namespace(fast_interval_s=float(seconds)))


def record(recording: Path, data: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(recording, data, *arguments), cwd=ROOT, capture_output=True, text=True, timeout=100
    )


def test_it_records_for_a_time_and_says_how_it_went(recording: Path, tmp_path: Path) -> None:
    names = ("--venues", "binanceusdm,bybit", "--symbols", "btc", "--for", "6s")
    done = record(recording, tmp_path, *names)
    assert (done.returncode, done.stderr) == (0, "")
    (line,) = done.stdout.splitlines()
    assert "UTC  2 contracts, " in line
    store = HistoryStore(tmp_path / "history-of-made-up.sqlite3", read_only=True)
    kept = store.last_readings()
    store.close()
    for kind in (MarkPrice, OpenInterest):
        venues = {reading.venue for reading in kept if isinstance(reading, kind)}
        assert venues == {"binanceusdm", "bybit"}


@pytest.mark.parametrize("number", ["SIGINT", "SIGTERM"])
def test_a_signal_ends_it_cleanly(number: str, recording: Path, tmp_path: Path) -> None:
    if sys.platform == "win32":
        pytest.skip("Windows has no such signals")
    names = ("--venues", "okx", "--symbols", "BTC-USDT-SWAP")
    process = subprocess.Popen(
        command(recording, tmp_path, *names),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    wait_for(tmp_path / "history-of-made-up.sqlite3", process)
    process.send_signal(getattr(signal, number))
    output, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (0, "")
    assert len(output.splitlines()) == 1


def wait_for(path: Path, process: subprocess.Popen[str]) -> None:
    """Wait until the recorder has opened its history."""
    for _ in range(600):
        if path.exists():
            return
        try:
            process.wait(0.1)
        except subprocess.TimeoutExpired:
            continue
        break
    pytest.fail(f"no history appeared; exit status {process.poll()}")


def test_a_symbol_that_no_venue_lists_is_one_sentence_and_status_2(
    recording: Path, tmp_path: Path
) -> None:
    done = record(recording, tmp_path, "--venues", "okx", "--symbols", "nosuch")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == 'liqline: symbol "nosuch" is not listed\n'


def refusal(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """What the command line says to arguments that it refuses."""
    assert cli.main(["record", *arguments], lambda _: 0) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert len(output.err.splitlines()) == 1
    return output.err


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--venues", "bitmex", "--symbols", "btc"), 'venue "bitmex" is unknown; allowed are'),
        (("--venues", ",", "--symbols", "btc"), "--venues names nothing"),
        (("--venues", "okx", "--symbols", "btc", "--for", "soon"), '--for is "soon"; allowed is'),
        (("--venues", "okx", "--symbols", "btc", "--speed", "0"), "speed is 0.0; allowed is 1"),
        (("--venues", "okx", "--symbols", "btc", "--at", "noon"), 'time "noon" is no instant'),
        (
            ("--venues", "okx", "--symbols", "btc", "--venue-url", "okx=http://127.0.0.1:9"),
            "--venue-url is for live venues; a recording is served by this program",
        ),
    ],
)
def test_what_it_cannot_do_is_one_sentence_and_status_2(
    arguments: tuple[str, ...],
    sentence: str,
    recording: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    said = refusal(capsys, "--recording", str(recording), *arguments)
    assert said.startswith(f"liqline: {sentence}")


def test_a_recording_that_is_missing_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    said = refusal(capsys, "--recording", "nowhere", "--venues", "okx", "--symbols", "btc")
    assert "recording 'nowhere' does not exist" in said


@pytest.mark.parametrize("venues", ["bitmex", "okx,bitmex"])
def test_a_venue_that_is_not_in_the_catalogue_is_refused_by_name(
    venues: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert '"bitmex"' in refusal(capsys, "--venues", venues, "--symbols", "btc")


def test_a_data_directory_that_is_a_file_is_refused(
    recording: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    names = ("--venues", "okx", "--symbols", "btc", "--data-dir", str(tmp_path / "file"))
    assert "cannot be written" in refusal(capsys, "--recording", str(recording), *names)


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90.0), ("30m", 1800.0), ("1.5h", 5400.0), ("2d", 172_800.0)]
)
def test_durations_are_read_with_their_unit(text: str, seconds: float) -> None:
    assert duration_of(text) == seconds


@pytest.mark.parametrize("text", ["", "5", "h", "-1h", "0s", "1e3s", "1 h", "١h", "inf"])
def test_other_durations_are_refused(text: str) -> None:
    with pytest.raises(InputError, match="allowed is a time such as 90s"):
        duration_of(text)


def test_an_instant_without_a_zone_is_utc() -> None:
    assert instant_ms("2024-08-04 12:00") == 1_722_772_800_000
    assert instant_ms("2024-08-04T14:00+02:00") == 1_722_772_800_000
