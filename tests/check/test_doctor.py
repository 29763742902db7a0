"""`liqline doctor`: what it finds in the files of an installation."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from dashboard.check.doctor import as_text, examine
from dashboard.market.account import Balance
from dashboard.store.book import BookStore
from dashboard.store.demo_book import seed_demo_book
from dashboard.store.history import HistoryStore
from dashboard.store.paths import Places, find_places

NOW_MS = 1_722_772_800_000
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def places(tmp_path: Path) -> Places:
    """An installation with a book and a history."""
    found = find_places(tmp_path)
    found.prepare()
    store = BookStore(found.book)
    store.set_balance(Balance(venue="okx", coin="USDT", amount=12_345.678))
    store.close()
    HistoryStore(found.history()).close()
    return found


def bad(places: Places) -> list[str]:
    return [f"{line.about}: {line.text}" for line in examine(places, NOW_MS) if line.bad]


def test_a_sound_installation_has_nothing_to_say(places: Places) -> None:
    assert bad(places) == []
    text = as_text(examine(places, NOW_MS))
    assert "book               sound, 1 entries" in text
    assert "history.sqlite3" in text
    assert "12345" not in text


def test_it_changes_no_byte(places: Places) -> None:
    before = {path: path.read_bytes() for path in places.data.rglob("*") if path.is_file()}
    list(examine(places, NOW_MS))
    after = {path: path.read_bytes() for path in places.data.rglob("*") if path.is_file()}
    assert before == after


def test_a_damaged_book_a_lost_backup_and_bad_settings_are_found(places: Places) -> None:
    places.book.write_bytes(b"nonsense" * 1000)
    shutil.rmtree(places.data / "backups")
    places.settings.write_text('{"theme": "pink", "fontscale": 1}', encoding="utf-8")
    found = bad(places)
    assert any(line.startswith("book: the book") and "is damaged" in line for line in found)
    assert any(line.startswith("backups: 0") for line in found)
    assert sum(line.startswith("settings:") for line in found) == 2


def test_a_damaged_history_and_a_demanded_pause_are_found(places: Places) -> None:
    data = bytearray(places.history().read_bytes())
    data[4096:8192] = b"\xff" * 4096
    places.history().write_bytes(data)
    pauses = places.data / "venue-pauses.json"
    pauses.write_text(json.dumps({"okx": NOW_MS + 60_000, "gate": NOW_MS - 1}), encoding="utf-8")
    found = bad(places)
    assert any("history.sqlite3" in line and "damaged" in line for line in found)
    assert [line for line in found if line.startswith("pause")] == [
        "pause: okx is not asked before 2024-08-04 12:01:00 UTC, as it demanded"
    ]


def test_errors_of_the_log_are_shown_without_keys(places: Places) -> None:
    places.log.write_text(
        "2024-08-04 12:00:00 INFO fine\n2024-08-04 12:00:01 ERROR apiKey=canary0Key\n",
        encoding="utf-8",
    )
    text = as_text(examine(places, NOW_MS))
    assert "ERROR apiKey=***" in text
    assert "canary" not in text
    assert "fine" not in text


def test_the_command_says_by_its_status_whether_something_is_wrong(places: Places) -> None:
    command = [sys.executable, "-m", "dashboard", "doctor", "--data-dir", str(places.data)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    places.settings.write_text("[]", encoding="utf-8")
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert "\n! settings " in done.stdout


def test_the_book_of_a_recorded_market_is_looked_over_too(places: Places) -> None:
    assert not any(line.about == "recorded market" for line in examine(places, NOW_MS))
    with closing(BookStore(places.demo_book)) as store:
        seed_demo_book(store)
    (line,) = [one for one in examine(places, NOW_MS) if one.about == "recorded market"]
    assert line.text.startswith("demo-book.sqlite3: sound, 3 entries")
    assert not line.bad
    places.demo_book.write_bytes(b"\xff" * 8192)
    (line,) = [one for one in examine(places, NOW_MS) if one.about == "recorded market"]
    assert line.bad
