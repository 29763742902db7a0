"""`liqline history` prints what was recorded, or says in one sentence why it cannot."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from dashboard.check.history_command import parse_instant
from dashboard.cli import main
from dashboard.errors import InputError
from dashboard.market.instrument import InstrumentKey
from dashboard.market.readings import MarkPrice, OpenInterest, Reading, SeriesKind
from dashboard.store.history import HistoryStore
from dashboard.store.paths import find_places

NOON_MS = 1_722_772_800_000
BITCOIN = InstrumentKey("binanceusdm", "BTC/USDT:USDT")
ASK_BITCOIN = ["history", "--venue", BITCOIN.venue, "--symbol", BITCOIN.symbol]


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """A history with two mark prices, one open interest, candles and settled funding."""
    history = HistoryStore(find_places(tmp_path).history())
    whose = {"venue": BITCOIN.venue, "symbol": BITCOIN.symbol, "endpoint": "e", "venue_ms": None}
    for minute, mark in enumerate([60_880.1, None, 60_881.25]):
        at = NOON_MS + minute * 60_000
        poll: list[Reading] = [MarkPrice(**whose, received_ms=at, mark=mark, index=60_900.0)]
        history.record(poll, at)
    history.record([OpenInterest(**whose, received_ms=NOON_MS, coin=88_413.5, usd=5.4e9)], NOON_MS)
    candle = np.array([[NOON_MS, 60_880.1, 61_064.6, 60_771.8, 61_032.0, 5855.721]])
    for timeframe in ("1h", "4h"):
        history.append(BITCOIN, SeriesKind.CANDLES, timeframe, candle)
    history.append(BITCOIN, SeriesKind.FUNDING, "funding", np.array([[NOON_MS, 0.0001]]))
    history.close()
    return tmp_path


def ask(data_dir: Path, *arguments: str) -> int:
    return main([*ASK_BITCOIN, *arguments, "--data-dir", str(data_dir)], lambda _: 1)


def test_polled_figures_are_printed_oldest_first(
    data_dir: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert ask(data_dir, "--field", "mark_price") == 0
    assert capfd.readouterr().out == (
        "time,mark\n"
        "2024-08-04T12:00:00.000Z,60880.1\n"
        "2024-08-04T12:01:00.000Z,\n"
        "2024-08-04T12:02:00.000Z,60881.25\n"
    )


def test_a_span_is_cut_at_its_end(data_dir: Path, capfd: pytest.CaptureFixture[str]) -> None:
    span = ("--since", "2024-08-04 12:01", "--until", "2024-08-04T12:02:00Z")
    assert ask(data_dir, "--field", "index_price", *span) == 0
    assert capfd.readouterr().out == "time,index\n2024-08-04T12:01:00.000Z,60900.0\n"


def test_the_venues_own_series_is_asked_by_its_step(
    data_dir: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert ask(data_dir, "--field", "last_price", "--timeframe", "1h") == 0
    assert capfd.readouterr().out.splitlines() == [
        "time,open,high,low,close,volume",
        "2024-08-04T12:00:00.000Z,60880.1,61064.6,60771.8,61032.0,5855.721",
    ]


def test_a_field_with_one_series_needs_no_step(
    data_dir: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert ask(data_dir, "--field", "settled_funding_rate") == 0
    assert capfd.readouterr().out == "time,rate\n2024-08-04T12:00:00.000Z,0.0001\n"


def test_parquet_holds_the_same_with_typed_columns(data_dir: Path, tmp_path: Path) -> None:
    from pyarrow import parquet

    output = tmp_path / "mark.parquet"
    wanted = ("--field", "mark_price", "--format", "parquet", "--output", str(output))
    assert ask(data_dir, *wanted) == 0
    table = parquet.read_table(output)
    assert str(table.schema.field("time").type) == "timestamp[ms, tz=UTC]"
    assert table.column("mark").to_pylist() == [60_880.1, None, 60_881.25]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--field", "marc"], '--field "marc" is unknown; allowed are mark_price, index_price'),
        (["--field", "volume_24h"], "was never recorded; recorded are index_price, last_price"),
        (["--field", "index_price", "--timeframe", "1h"], "leave out --timeframe"),
        (["--field", "last_price", "--timeframe", "1d"], "last_price --timeframe 1d of BTC"),
        (["--field", "mark_price", "--until", "2024-08-01"], "nothing recorded in that span"),
        (["--field", "mark_price", "--since", "yesterday"], '--since "yesterday" is no instant'),
        (["--field", "mark_price", "--since", "2999-01-01"], "--since must lie before --until"),
        (["--field", "mark_price", "--format", "parquet"], "name a file with --output"),
        (["--field", "mark_price", "--venue", "mtgox"], "recorded are binanceusdm"),
        (["--field", "mark_price", "--symbol", "DOGE"], "recorded are BTC/USDT:USDT"),
        (["--field", "mark_price", "--recording", "crash"], "there is no history at"),
        (["--field", "mark_price", "--output", "/nowhere/x.csv"], "could not be written"),
    ],
)
def test_what_cannot_be_given_is_said_in_one_sentence(
    data_dir: Path, arguments: list[str], sentence: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert ask(data_dir, *arguments) == 2
    printed = capfd.readouterr()
    assert printed.out == ""
    (line,) = printed.err.splitlines()
    assert line.startswith("liqline: ")
    assert sentence in line


def test_of_several_series_the_step_must_be_named(tmp_path: Path, data_dir: Path) -> None:
    history = HistoryStore(find_places(data_dir).history())
    for timeframe in ("5m", "1h"):
        rows = np.array([[NOON_MS, 1.0, 2.0]])
        history.append(BITCOIN, SeriesKind.LIQUIDATIONS, timeframe, rows)
    history.close()
    assert ask(data_dir, "--field", "liquidations") == 2
    assert ask(data_dir, "--field", "liquidations", "--timeframe", "5m") == 0


@pytest.mark.parametrize(
    ("text", "instant_ms"),
    [
        ("2024-08-04", NOON_MS - 12 * 3_600_000),
        ("2024-08-04 12:00", NOON_MS),
        ("2024-08-04T12:00:00Z", NOON_MS),
        ("2024-08-04T14:00:00+02:00", NOON_MS),
        ("30m", NOON_MS - 1_800_000),
        ("24h", NOON_MS - 86_400_000),
        ("7d", NOON_MS - 7 * 86_400_000),
    ],
)
def test_an_instant_is_utc_or_so_long_ago(text: str, instant_ms: int) -> None:
    assert parse_instant(text, "--since", NOON_MS) == instant_ms


@pytest.mark.parametrize("text", ["", "0d", "-1d", "7w", "2024-13-01", "nan", "١d"])
def test_what_is_no_instant_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="no instant"):
        parse_instant(text, "--since", NOON_MS)


def test_a_reader_that_has_enough_is_no_failure(data_dir: Path) -> None:
    command = [sys.executable, "-m", "dashboard", *ASK_BITCOIN, "--field", "mark_price"]
    with subprocess.Popen(
        [*command, "--data-dir", str(data_dir)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 0


def test_the_size_is_said_and_what_is_older_than_told_is_removed(
    data_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def whole(*options: str) -> str:
        assert main(["history", "--data-dir", str(data_dir), *options], _no_window) == 0
        return capsys.readouterr().out

    before = whole("--size")
    assert "bytes on the disk" in before
    assert "polled mark price" in before
    assert whole("--forget-before", "2000-01-01").startswith("0 rows before 2000-01-01T00:00")
    assert "0 rows" not in whole("--forget-before", "1m").splitlines()[0].split(" before")[0]
    assert "polled mark price" not in whole("--size")


def test_a_field_is_asked_for_unless_it_is_about_the_whole(
    data_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["history", "--data-dir", str(data_dir), "--venue", "okx"], _no_window) == 2
    assert "--symbol is missing" in capsys.readouterr().err
    wrong = ["history", "--data-dir", str(data_dir), "--forget-before", "2999-01-01"]
    assert main(wrong, _no_window) == 2
    assert "--forget-before lies in the future" in capsys.readouterr().err


def _no_window(_: object) -> int:
    raise AssertionError("the window was opened")
