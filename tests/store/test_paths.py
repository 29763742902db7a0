"""Everything has its place, and a place that cannot be written to is named in one sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from dashboard.errors import StoreError
from dashboard.store.files import write_atomically
from dashboard.store.paths import file_name_part, find_places


def test_a_data_directory_holds_everything(tmp_path: Path) -> None:
    places = find_places(tmp_path / "here")
    places.prepare()
    files = [
        places.book,
        places.demo_book,
        places.history(),
        places.history("crash-2024-08"),
        places.tiers,
        places.settings,
        places.window_state,
        places.log,
        places.lock,
    ]
    assert len(set(files)) == len(files)
    assert all(file.parent == tmp_path / "here" for file in files)
    assert list((tmp_path / "here").iterdir()) == []


def test_without_one_the_places_of_the_system_are_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/trader")
    places = find_places()
    assert "liqline" in str(places.data).lower()
    assert places.book != places.demo_book


@pytest.mark.parametrize("recording", ["../../etc/passwd", "/a/b/May 2025.lqr", "x" * 300, ".."])
def test_a_recording_of_any_name_keeps_its_history_inside(tmp_path: Path, recording: str) -> None:
    places = find_places(tmp_path)
    path = places.history(recording)
    assert path.resolve().parent == tmp_path.resolve()
    assert path != places.history()
    assert len(path.name) < 100


@pytest.mark.parametrize("text", ["", "..", "a/b\\c:d", "CON\0", "naïve ☂ \u202e", "--", "é" * 99])
def test_a_file_name_part_is_safe_on_every_system(text: str) -> None:
    part = file_name_part(text)
    assert 1 <= len(part) <= 64
    assert part.isascii()
    assert all(character.isalnum() or character in "-_" for character in part)


def test_a_directory_below_a_file_cannot_be_written(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    with pytest.raises(StoreError, match="cannot be written") as caught:
        find_places(blocked / "data").prepare()
    assert str(blocked) in caught.value.user_message
    assert "--data-dir" in caught.value.user_message


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    write_atomically(path, b"old")
    write_atomically(path, b"new and longer")
    assert path.read_bytes() == b"new and longer"
    assert [file.name for file in tmp_path.iterdir()] == ["settings.json"]


def test_a_fault_while_replacing_keeps_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    path.mkdir()
    (path / "inside").write_text("not empty, so that nothing can replace it")
    with pytest.raises(StoreError, match="could not be written"):
        write_atomically(path, b"new")
    assert [file.name for file in tmp_path.iterdir()] == ["settings.json"]
