"""No file that the program reads can take its memory, nest it to death or stop its start."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from pyarrow import Table, parquet

from dashboard.check import candle_file
from dashboard.check.candle_file import read_candles
from dashboard.check.doctor import as_text, examine
from dashboard.check.request import read_request
from dashboard.errors import DashboardError, InputError
from dashboard.feed.bans import Bans
from dashboard.feed.interval_watch import IntervalWatch
from dashboard.feed.listing_file import ListingFile
from dashboard.feed.spent import Spent
from dashboard.replay.raw_session import read_raw_session
from dashboard.replay.recording import load_recording
from dashboard.settings import Settings, load_settings
from dashboard.store.book_text import MOST_BYTES, from_csv, from_json
from dashboard.store.files import read_small, read_small_json
from dashboard.store.paths import find_places
from dashboard.store.setup_text import balances_from_json, lists_from_csv, lists_from_json
from dashboard.store.tier_import import import_tiers
from dashboard.store.tiers import read_sheets
from widgets.dialogs.import_preview import text_of
from widgets.window_state import WindowState, load_window_state

HOSTILE = {
    "deep lists": b"[" * 200_000 + b"]" * 200_000,
    "deep objects": b'{"a":' * 200_000 + b"1" + b"}" * 200_000,
    "nothing": b"",
    "zeros": b"\0" * 1_000,
    "another type": b'"text"',
}
HUGE_BYTES = 2**31
MOST_TAKEN_BYTES = 300 * 2**20


def text(read: Callable[[str], object]) -> Callable[[Path], object]:
    """A reader of text as the window calls it for a file that was chosen."""
    return lambda path: read(text_of(path, MOST_BYTES))


READERS: dict[str, Callable[[Path], object]] = {
    "bans": lambda path: Bans(path).rest_s("okx"),
    "spent": lambda path: Spent(path).before("okx"),
    "funding intervals": lambda path: IntervalWatch(path).changes,
    "listing": lambda path: ListingFile(path.parent, path.stem).load("1", 1),
    "settings": load_settings,
    "layout": load_window_state,
    "tiers kept": read_sheets,
    "tiers imported": lambda path: import_tiers(path, path.parent, now_ms=1),
    "book JSON": text(from_json),
    "book CSV": text(from_csv),
    "balances": text(balances_from_json),
    "lists JSON": text(lists_from_json),
    "lists CSV": text(lists_from_csv),
    "recording": load_recording,
    "raw session": read_raw_session,
    "candles": read_candles,
    "request": lambda path: read_request(read_small(path)),
}


@pytest.mark.parametrize("content", HOSTILE)
@pytest.mark.parametrize("reader", READERS)
def test_a_hostile_file_is_read_as_nothing_or_refused_in_a_sentence(
    reader: str, content: str, tmp_path: Path
) -> None:
    path = tmp_path / "file.json"
    path.write_bytes(HOSTILE[content])
    try:
        READERS[reader](path)
    except DashboardError as error:
        assert 0 < len(error.user_message) < 1_000  # noqa: PT017 (either is right)


@pytest.mark.parametrize("reader", sorted(READERS.keys() - {"request"}))
def test_a_file_of_two_gigabytes_takes_little_memory(reader: str, tmp_path: Path) -> None:
    path = tmp_path / "file.json"
    with path.open("wb") as file:
        file.truncate(HUGE_BYTES)
    tracemalloc.start()
    try:
        READERS[reader](path)
    except DashboardError as error:
        assert error.user_message  # noqa: PT017 (either is right)
    finally:
        taken = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert taken < MOST_TAKEN_BYTES


def test_a_candle_file_that_unpacks_to_too_many_rows_is_refused_by_its_head(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "many.parquet"
    pd.DataFrame({"ts": [1.0] * 1_000}).to_parquet(path)
    monkeypatch.setattr(candle_file, "MAX_ROWS", 999)
    with pytest.raises(InputError, match="1,000 rows; allowed are"):
        read_candles(path)


def test_what_pandas_wrote_of_itself_into_a_candle_file_need_not_be_true(tmp_path: Path) -> None:
    path = tmp_path / "candles.parquet"
    bars = {name: [100.0, 101.0] for name in ("open", "high", "low", "close")}
    frame = pd.DataFrame({"ts": [1.7e12, 1.7e12 + 60_000], **bars})
    told = {b"pandas": b'{"columns": [{"name": "ts"}], "index_columns": ["no such"]}'}
    parquet.write_table(Table.from_pandas(frame).replace_schema_metadata(told), path)
    assert read_candles(path)["candles"].close.tolist() == [100.0, 101.0]


def test_a_small_file_is_read_to_its_end_and_a_longer_one_not(tmp_path: Path) -> None:
    path = tmp_path / "file.json"
    path.write_bytes(b"[1]")
    assert read_small(path, 3) == b"[1]"
    assert read_small_json(path, 3) == [1]
    with pytest.raises(OSError, match="more than 2 bytes"):
        read_small(path, 2)


@pytest.mark.parametrize("word", ["NaN", "Infinity", "-Infinity"])
def test_a_word_that_is_no_number_is_no_content(word: str, tmp_path: Path) -> None:
    path = tmp_path / "file.json"
    path.write_text(f'{{"tables": {{"watchlist": {{"width": {word}}}}}}}', encoding="utf-8")
    with pytest.raises(ValueError, match=f"{word} is no number"):
        read_small_json(path)
    assert load_window_state(path) == WindowState()


@pytest.mark.parametrize("content", HOSTILE)
def test_hostile_files_of_the_program_itself_stop_neither_its_start_nor_the_doctor(
    content: str, tmp_path: Path
) -> None:
    places = find_places(tmp_path)
    places.prepare()
    for path in (places.settings, places.data / "venue-pauses.json", places.window_state):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(HOSTILE[content])
    settings, complaints = load_settings(places.settings)
    assert settings == Settings()
    assert complaints
    assert load_window_state(places.window_state) == WindowState()
    assert "settings" in as_text(examine(places, 1))
