"""Recordings as files: the bundled ones, and files that are damaged or something else."""

from __future__ import annotations

import functools
import io
import json
import pickle
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.errors import RecordingError
from dashboard.market.readings import SERIES_COLUMNS, SeriesKind
from dashboard.replay.recording import (
    MANIFEST,
    Recording,
    list_recordings,
    load_recording,
    write_recording,
)
from tests.replay.made_up import made_up_recording

REPOSITORY = Path(__file__).resolve().parents[2]
BUNDLED = REPOSITORY / "resources" / "recordings"
SHARED = REPOSITORY.parent / "shared"
NAMES = ["crash-2024-08", "four-venues-2025-05", "seven-venues-2026-02"]
MAX_BUNDLED_BYTES = 8_000_000


def same_content(one: Recording, other: Recording) -> bool:
    """Whether two recordings hold the same words and figures."""
    heads = [[getattr(r, name) for name in Recording.__dataclass_fields__] for r in (one, other)]
    heads = [head[:-1] for head in heads]
    if heads[0] != heads[1] or len(one.markets) != len(other.markets):
        return False
    for a, b in zip(one.markets, other.markets, strict=True):
        if (a.venue, a.market_id, a.symbol, a.listing) != (
            b.venue,
            b.market_id,
            b.symbol,
            b.listing,
        ):
            return False
        if a.funding_interval_hours != b.funding_interval_hours or len(a.series) != len(b.series):
            return False
        for p, q in zip(a.series, b.series, strict=True):
            same_shape = (p.kind, p.step_ms, list(p.columns)) == (
                q.kind,
                q.step_ms,
                list(q.columns),
            )
            if not same_shape or not np.array_equal(p.time_ms, q.time_ms):
                return False
            if not all(np.array_equal(p.columns[name], q.columns[name]) for name in p.columns):
                return False
    return True


@pytest.fixture(scope="module")
def bundled() -> dict[str, Recording]:
    return {name: load_recording(name) for name in NAMES}


@pytest.fixture
def written(tmp_path: Path) -> Path:
    path = tmp_path / "made-up.npz"
    write_recording(path, made_up_recording())
    return path


@functools.cache
def whole_file() -> bytes:
    """The made-up recording as a file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "made-up.npz"
        write_recording(path, made_up_recording())
        return path.read_bytes()


def test_the_bundled_recordings_are_listed_by_name() -> None:
    assert [info.name for info in list_recordings()] == NAMES


def test_each_says_what_it_is_where_it_is_from_and_under_which_licence() -> None:
    for info in list_recordings():
        assert info.title
        assert info.provenance
        assert "MIT" in info.licence or "Unlicense" in info.licence
        assert any("last settled" in note for note in info.notes)
        assert info.starts_ms < info.default_start_ms < info.ends_ms
        assert info.name in (BUNDLED / "SOURCES.md").read_text("utf-8")


def test_together_they_stay_small() -> None:
    assert sum(file.stat().st_size for file in BUNDLED.iterdir()) < MAX_BUNDLED_BYTES


def test_the_demo_starts_a_day_before_the_crash_with_history_behind_it(
    bundled: dict[str, Recording],
) -> None:
    crash = bundled["crash-2024-08"]
    assert crash.default_start_ms == 1_722_772_800_000  # 2024-08-04 12:00 UTC
    assert crash.default_speed == 120.0
    assert crash.default_start_ms - crash.starts_ms > 7 * 86_400_000


def test_every_series_lies_within_its_recording_and_ascends(bundled: dict[str, Recording]) -> None:
    for recording in bundled.values():
        assert recording.venues == tuple(dict.fromkeys(m.venue for m in recording.markets))
        for market in recording.markets:
            for series in market.series:
                assert series.time_ms[0] >= recording.starts_ms
                bar = series.kind in {SeriesKind.CANDLES, SeriesKind.MARK_CANDLES}
                last_ms = series.ends_ms if bar else int(series.time_ms[-1])
                assert last_ms <= recording.ends_ms
                assert np.all(np.diff(series.time_ms) % series.step_ms == 0)


def test_every_bar_has_its_open_and_close_between_low_and_high(
    bundled: dict[str, Recording],
) -> None:
    for recording in bundled.values():
        for market in recording.markets:
            for kind in (SeriesKind.CANDLES, SeriesKind.MARK_CANDLES):
                for series in market.of_kind(kind):
                    columns = series.columns
                    assert set(SERIES_COLUMNS[kind][1:]) <= set(columns)
                    for name in ("open", "close"):
                        assert np.all(columns["low"] <= columns[name])
                        assert np.all(columns[name] <= columns["high"])


def test_what_was_not_recorded_has_no_series(bundled: dict[str, Recording]) -> None:
    solana = bundled["crash-2024-08"].market("binanceusdm", "SOLUSDT")
    assert solana is not None
    assert solana.of_kind(SeriesKind.MARK_CANDLES) == ()
    missing = {1_721_383_200_000, 1_721_386_800_000}  # 2024-07-19 10:00 and 11:00 UTC
    assert not missing & set(solana.of_kind(SeriesKind.CANDLES)[0].time_ms.tolist())
    hyperliquid = bundled["four-venues-2025-05"].market("hyperliquid", "BTC")
    assert hyperliquid is not None
    assert {series.kind for series in hyperliquid.series} == {
        SeriesKind.OPEN_INTEREST,
        SeriesKind.FUNDING,
    }


def test_funding_intervals_are_those_between_the_recorded_stamps(
    bundled: dict[str, Recording],
) -> None:
    for recording in bundled.values():
        for market in recording.markets:
            (funding,) = market.of_kind(SeriesKind.FUNDING)
            expected = 8 if market.venue in {"binanceusdm", "bybit", "okx"} else 1
            assert market.funding_interval_hours == expected
            assert np.min(np.diff(funding.time_ms)) == expected * 3_600_000


def test_minutes_and_hours_of_binance_tell_the_same_prices(bundled: dict[str, Recording]) -> None:
    bitcoin = bundled["four-venues-2025-05"].market("binanceusdm", "BTCUSDT")
    assert bitcoin is not None
    hours, minutes = bitcoin.of_kind(SeriesKind.CANDLES)
    assert (hours.step_ms, minutes.step_ms) == (3_600_000, 60_000)
    at = int(np.searchsorted(hours.time_ms, 1_746_777_600_000))  # 2025-05-09 08:00 UTC
    first = int(np.searchsorted(minutes.time_ms, hours.time_ms[at]))
    within = slice(first, first + 60)
    assert hours.columns["open"][at] == minutes.columns["open"][first]
    assert hours.columns["high"][at] == minutes.columns["high"][within].max()
    assert hours.columns["low"][at] == minutes.columns["low"][within].min()
    assert hours.columns["close"][at] == minutes.columns["close"][first + 59]


def test_what_is_written_reads_back_the_same_by_path_or_string(written: Path) -> None:
    assert same_content(load_recording(written), made_up_recording())
    assert same_content(load_recording(str(written)), made_up_recording())


def test_the_same_recording_gives_the_same_bytes(written: Path, tmp_path: Path) -> None:
    again = tmp_path / "again.npz"
    write_recording(again, load_recording(written))
    assert again.read_bytes() == written.read_bytes()


def assert_refused(path: Path | str) -> None:
    with pytest.raises(RecordingError) as refused:
        load_recording(path)
    message = refused.value.user_message
    assert str(path) in message
    assert "crash-2024-08" in message
    assert "\n" not in message


def test_a_missing_recording_is_named_with_those_there_are() -> None:
    with pytest.raises(RecordingError, match=r"^recording 'crash-2023' does not exist; .* one of:"):
        load_recording("crash-2023")
    assert_refused("")
    assert_refused(BUNDLED)


@given(st.integers(min_value=0, max_value=2**32))
@settings(max_examples=25)
def test_a_file_cut_anywhere_is_refused(cut: int) -> None:
    whole = (BUNDLED / "crash-2024-08.npz").read_bytes()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "open", lambda *_: io.BytesIO(whole[: cut % len(whole)]))
        with pytest.raises(RecordingError, match="cut short, damaged or no recording"):
            load_recording("/some/recording.npz")


def test_a_flipped_byte_in_a_series_is_noticed(written: Path) -> None:
    with zipfile.ZipFile(written) as archive:
        member = archive.infolist()[5]
    data = bytearray(written.read_bytes())
    data[member.header_offset + 30 + len(member.filename) + member.compress_size // 2] ^= 0x10
    written.write_bytes(data)
    assert_refused(written)


@given(st.lists(st.tuples(st.integers(min_value=0), st.integers(0, 255)), min_size=1, max_size=8))
def test_a_file_with_changed_bytes_is_refused_or_still_whole(
    changes: list[tuple[int, int]],
) -> None:
    data = bytearray(whole_file())
    for at, value in changes:
        data[-1 - at % len(data)] = value
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "open", lambda *_: io.BytesIO(data))
        try:
            recording = load_recording("/some/recording.npz")
        except RecordingError:
            return
        assert same_content(recording, made_up_recording())


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"\x00" * 5000, b"{}" * 100])
def test_garbage_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "garbage.npz"
    path.write_bytes(content)
    assert_refused(path)


Change = Callable[[dict[str, bytes]], None]


def _manifest_with(**values: object) -> Change:
    def change(members: dict[str, bytes]) -> None:
        members[MANIFEST] = json.dumps(json.loads(members[MANIFEST]) | values).encode()

    return change


def _first_array(body: bytes) -> Change:
    def change(members: dict[str, bytes]) -> None:
        members[next(name for name in members if name.endswith(".npy"))] = body

    return change


def _npy(array: np.ndarray, *, pickled: bool = False) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array, allow_pickle=pickled)
    return stream.getvalue()


class Trap:
    """An object that would leave a trace where its pickle is loaded."""

    sprung = False

    def __reduce__(self) -> tuple[object, ...]:
        return setattr, (Trap, "sprung", True)


HUGE_HEADER = _npy(np.arange(72)).replace(b"(72,), ", b"(9999999999,), ")[:-8]
CHANGES: dict[str, Change] = {
    "no manifest": lambda members: members.pop(MANIFEST) and None,
    "manifest not JSON": lambda members: members.__setitem__(MANIFEST, b"\xff{"),
    "manifest a list": lambda members: members.__setitem__(MANIFEST, b"[]"),
    "another format": _manifest_with(format="else"),
    "a later version": _manifest_with(version=2),
    "a start outside": _manifest_with(default_start_ms=0),
    "markets of no use": _manifest_with(markets=[{}]),
    "times descending": _first_array(_npy(np.arange(72)[::-1])),
    "times as floats": _first_array(_npy(np.arange(72.0))),
    "too few times": _first_array(_npy(np.arange(71))),
    "no times": _first_array(_npy(np.arange(0))),
    "times in a square": _first_array(_npy(np.arange(72).reshape(8, 9))),
    "a header that promises more": _first_array(HUGE_HEADER),
    "objects": _first_array(_npy(np.array([Trap()], dtype=object), pickled=True)),
    "a bare pickle": _first_array(pickle.dumps(Trap())),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_recording_with_wrong_content_is_refused_and_nothing_in_it_runs(
    written: Path, name: str
) -> None:
    with zipfile.ZipFile(written) as archive:
        members = {member: archive.read(member) for member in archive.namelist()}
    CHANGES[name](members)
    with zipfile.ZipFile(written, "w") as archive:
        for member, data in members.items():
            archive.writestr(member, data)
    assert_refused(written)
    assert not Trap.sprung


def test_a_cell_that_is_not_a_number_is_refused(tmp_path: Path) -> None:
    recording = made_up_recording()
    recording.markets[0].series[0].columns["close"][3] = np.nan
    write_recording(tmp_path / "nan.npz", recording)
    assert_refused(tmp_path / "nan.npz")


@pytest.mark.skipif(
    not (SHARED / "market").is_dir(), reason="the recorded market series are not beside this tree"
)
def test_the_script_makes_the_bundled_recordings_again(
    tmp_path: Path, bundled: dict[str, Recording]
) -> None:
    made = subprocess.run(
        [sys.executable, "-m", "tools.make_recordings", "--to", str(tmp_path)],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert made.returncode == 0, made.stderr
    assert sorted(path.stem for path in tmp_path.iterdir()) == NAMES
    for name, recording in bundled.items():
        assert same_content(load_recording(tmp_path / f"{name}.npz"), recording)


def test_without_the_series_the_script_says_so_in_one_line(tmp_path: Path) -> None:
    for part in ("tools", "dashboard"):
        shutil.copytree(REPOSITORY / part, tmp_path / "tree" / part)
    made = subprocess.run(
        [sys.executable, "-m", "tools.make_recordings"],
        cwd=tmp_path / "tree",
        capture_output=True,
        text=True,
        timeout=60,
        env={"PATH": ""},
    )
    assert made.returncode == 2
    assert (
        made.stderr == f"The recorded market series are not at {tmp_path / 'shared' / 'market'}.\n"
    )
