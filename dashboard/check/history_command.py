"""`liqline history`: what was recorded of one contract, as a table, and how much there is."""

from __future__ import annotations

import argparse
import csv
import os
import re
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

from dashboard.errors import InputError, StoreError
from dashboard.market.instrument import InstrumentKey
from dashboard.market.readings import SERIES_COLUMNS, SeriesKind
from dashboard.settings import history_place
from dashboard.store.chunks import Matrix
from dashboard.store.files import reason, write_atomically
from dashboard.store.history import HistorySize, HistoryStore
from dashboard.store.paths import find_places
from dashboard.store.polls import AS_POLLED
from dashboard.store.recorded import Recorded
from dashboard.store.series_table import StoredSeries

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]


@dataclass(frozen=True, slots=True)
class Field:
    """What can be asked for: as polled (kind and figures) and as the venue's own series."""

    summary: str
    polled: Recorded | None = None
    figures: tuple[str, ...] = ()
    series: SeriesKind | None = None


FIELDS: dict[str, Field] = {
    "mark_price": Field("mark price", Recorded.MARK_PRICE, ("mark",), SeriesKind.MARK_CANDLES),
    "index_price": Field("index price", Recorded.MARK_PRICE, ("index",)),
    "last_price": Field("last traded price", Recorded.TICKER, ("last",), SeriesKind.CANDLES),
    "volume_24h": Field("volume of 24 h in quote currency", Recorded.TICKER, ("volume_24h_quote",)),
    "open_interest": Field(
        "open interest in coin and USD",
        Recorded.OPEN_INTEREST,
        ("coin", "usd"),
        SeriesKind.OPEN_INTEREST,
    ),
    "long_short_ratio": Field(
        "ratio of long to short accounts",
        Recorded.GLOBAL_ACCOUNTS,
        ("ratio", "long_fraction"),
        SeriesKind.LONG_SHORT_RATIO,
    ),
    "top_account_ratio": Field(
        "the same of top traders' accounts", Recorded.TOP_ACCOUNTS, ("ratio", "long_fraction")
    ),
    "top_position_ratio": Field(
        "the same of top traders' positions", Recorded.TOP_POSITIONS, ("ratio", "long_fraction")
    ),
    "taker_ratio": Field(
        "taker buy to sell volume", Recorded.TAKER_VOLUME, ("ratio", "long_fraction")
    ),
    "funding_rate": Field(
        "predicted funding rate, a fraction per interval",
        Recorded.FUNDING_RATE,
        ("predicted", "interval_hours", "next_settlement_ms"),
    ),
    "settled_funding_rate": Field(
        "funding rate of each settlement, a fraction per interval", series=SeriesKind.FUNDING
    ),
    "liquidations": Field("liquidated longs and shorts in coin", series=SeriesKind.LIQUIDATIONS),
}

_BACK = re.compile(r"([1-9][0-9]{0,4})([mhd])")
_UNIT_MS = {"m": 60_000, "h": 3_600_000, "d": 86_400_000}


@dataclass(frozen=True, slots=True)
class Extract:
    """Rows of one field: `columns` names them, time (ms UTC) first."""

    columns: tuple[str, ...]
    rows: Matrix


def add_parser(commands: Commands) -> None:
    """Add the `history` command."""
    width = max(map(len, FIELDS))
    listed = "\n".join(f"  {name:<{width}}  {field.summary}" for name, field in FIELDS.items())
    parser = commands.add_parser(
        "history",
        help="print recorded series as CSV or Parquet",
        description="Print what was recorded of one contract, oldest first, times in UTC.",
        epilog=f"fields:\n{listed}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--venue", metavar="ID", help="such as binanceusdm")
    parser.add_argument("--symbol", metavar="SYMBOL", help="unified, such as BTC/USDT:USDT")
    parser.add_argument("--field", metavar="NAME", help="one of the list below")
    parser.add_argument(
        "--timeframe",
        metavar="STEP",
        help="the venue's own series of this step, such as 1h (default: as polled, where it is)",
    )
    parser.add_argument(
        "--since", metavar="TIME", help='such as "2024-08-04 12:00", or 7d for a week ago'
    )
    parser.add_argument("--until", metavar="TIME", help="the same; itself not included")
    parser.add_argument("--format", choices=("csv", "parquet"), default="csv")
    parser.add_argument(
        "--output", type=Path, metavar="FILE", help="write there (default: standard output)"
    )
    parser.add_argument(
        "--recording", metavar="NAME", help="what was kept while replaying this recorded market"
    )
    parser.add_argument("--data-dir", type=Path, metavar="DIR", help="where the history is kept")
    whole = parser.add_argument_group("the history as a whole, instead of one field")
    whole.add_argument(
        "--size", action="store_true", help="print what it takes on the disk, and what of"
    )
    whole.add_argument(
        "--forget-before",
        metavar="TIME",
        help="remove what is older for good, such as 365d; nothing is ever removed otherwise",
    )


def run(arguments: argparse.Namespace) -> int:
    """Print or write what is stored; raises DashboardError where there is none to give."""
    now_ms = time.time_ns() // 1_000_000
    place = history_place(find_places(arguments.data_dir), arguments.recording)
    if arguments.size or arguments.forget_before is not None:
        _deliver(_of_the_whole(place, arguments, now_ms).encode(), arguments.output)
        return 0
    for name in ("venue", "symbol", "field"):
        if getattr(arguments, name) is None:
            raise InputError(f"--{name}", f"--{name} is missing; see liqline history --help")
    span = (
        0 if arguments.since is None else parse_instant(arguments.since, "--since", now_ms),
        now_ms if arguments.until is None else parse_instant(arguments.until, "--until", now_ms),
    )
    if span[0] >= span[1]:
        raise InputError("--since", f"--since must lie before --until, {instant_text(span[1])}")
    if arguments.format == "parquet" and arguments.output is None:
        raise InputError("--output", "parquet is no text: name a file with --output")
    key = InstrumentKey(arguments.venue, arguments.symbol)
    history = HistoryStore(place, read_only=True)
    try:
        extract = read_field(history, key, arguments.field, arguments.timeframe, span)
    finally:
        history.close()
    data = to_parquet(extract) if arguments.format == "parquet" else to_csv(extract).encode()
    _deliver(data, arguments.output)
    return 0


def _of_the_whole(place: Path | str, arguments: argparse.Namespace, now_ms: int) -> str:
    """Forget what is to be forgotten, and say how large the history is."""
    if arguments.forget_before is None:
        history = HistoryStore(place, read_only=True)
        said = ""
    else:
        before_ms = parse_instant(arguments.forget_before, "--forget-before", now_ms)
        if before_ms > now_ms:
            raise InputError("--forget-before", "--forget-before lies in the future")
        HistoryStore(place, read_only=True).close()
        history = HistoryStore(place)
        said = f"{history.forget_before(before_ms):,} rows before {instant_text(before_ms)} gone\n"
    try:
        return said + size_text(history.size())
    finally:
        history.close()


def size_text(size: HistorySize) -> str:
    """One line a kind, as columns, and the total in front. Times in UTC."""
    lines = [f"{size.disk_bytes:,} bytes on the disk"]
    lines += [
        f"{f'{one.kind} {one.timeframe}'.strip():<36} {one.contracts:>5} contracts"
        f" {one.rows:>12,} rows {one.body_bytes:>14,} bytes"
        f"  {instant_text(one.first_ms)} to {instant_text(one.last_ms)}"
        for one in size.kinds
    ]
    return "\n".join(lines) + "\n"


def parse_instant(text: str, name: str, now_ms: int) -> int:
    """The instant (ms UTC) that `text` says: a date, a date and time, or how long ago."""
    back = _BACK.fullmatch(text.strip())
    if back is not None:
        return now_ms - int(back[1]) * _UNIT_MS[back[2]]
    try:
        instant = datetime.fromisoformat(text.strip())
    except ValueError:
        raise InputError(
            name,
            f'{name} "{text}" is no instant; allowed is a UTC date and time such as '
            '"2024-08-04 12:00", or 30m, 24h, 7d for so long ago',
        ) from None
    if instant.tzinfo is None:
        instant = instant.replace(tzinfo=UTC)
    return round(instant.timestamp() * 1000)


def read_field(
    history: HistoryStore,
    key: InstrumentKey,
    name: str,
    timeframe: str | None,
    span: tuple[int, int],
) -> Extract:
    """The rows of a field in [since, until); raises InputError where nothing is stored.

    Without a timeframe it is what was polled, or the one series of a field that is not polled.
    """
    field = FIELDS.get(name)
    if field is None:
        raise InputError("--field", f'--field "{name}" is unknown; allowed are {_listed(FIELDS)}')
    if field.polled is not None and timeframe is None:
        columns: tuple[str, ...] = ("time_ms", *field.figures)
        rows = history.read_polled(key, field.polled, *span, columns)
    elif field.series is not None:
        columns = SERIES_COLUMNS[field.series]
        step = timeframe or _only_step(history, key, name, field.series)
        rows = history.read(key, field.series, step, *span)
    else:
        raise InputError("--timeframe", f"{name} is only kept as polled; leave out --timeframe")
    if not len(rows):
        raise InputError("--field", _what_there_is(history, key, _asked(name, timeframe)))
    return Extract(columns, rows)


def to_csv(extract: Extract) -> str:
    """Comma-separated text: a header, times in ISO 8601, an unrecorded cell empty."""
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("time", *extract.columns[1:]))
    for time_ms, *cells in extract.rows.tolist():
        writer.writerow((instant_text(int(time_ms)), *("" if c != c else repr(c) for c in cells)))
    return text.getvalue()


def to_parquet(extract: Extract) -> bytes:
    """A Parquet file: `time` as a UTC timestamp in ms, the rest float64, null where unrecorded."""
    # Arrow takes longer to load than the whole command otherwise runs.
    import pyarrow as pa
    from pyarrow import parquet

    times = pa.array(extract.rows[:, 0].astype("int64"), pa.timestamp("ms", tz="UTC"))
    columns = [
        pa.array(extract.rows[:, place], from_pandas=True)
        for place in range(1, len(extract.columns))
    ]
    table = pa.table([times, *columns], names=["time", *extract.columns[1:]])
    sink = pa.BufferOutputStream()
    parquet.write_table(table, sink)
    return bytes(sink.getvalue())


def instant_text(time_ms: int) -> str:
    """ISO 8601 with milliseconds: "2024-08-04T12:00:00.000Z"."""
    instant = datetime.fromtimestamp(time_ms / 1000, UTC)
    return instant.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _only_step(history: HistoryStore, key: InstrumentKey, name: str, kind: SeriesKind) -> str:
    steps = [
        series.timeframe
        for series in history.series()
        if series.key == key and series.kind == kind.value
    ]
    if len(steps) > 1:
        raise InputError(
            "--timeframe", f"--timeframe is missing; {name} is kept at {_listed(steps)}"
        )
    return steps[0] if steps else AS_POLLED


def _asked(name: str, timeframe: str | None) -> str:
    return f"{name} --timeframe {timeframe}" if timeframe else name


def _what_there_is(history: HistoryStore, key: InstrumentKey, asked: str) -> str:
    """One sentence for when nothing was found, with what would have been."""
    stored = history.series()
    kept = _names(series for series in stored if series.key == key)
    whose = f"{key.symbol} at {key.venue}"
    if asked in kept:
        return f"{asked} of {whose} has nothing recorded in that span"
    if kept:
        return f"{asked} of {whose} was never recorded; recorded are {_listed(kept)}"
    at_venue = sorted({series.key.symbol for series in stored if series.key.venue == key.venue})
    if at_venue:
        return f"{whose} was never recorded; recorded are {_listed(at_venue)}"
    venues = sorted({series.key.venue for series in stored})
    there = f"recorded are {_listed(venues)}" if venues else "nothing is yet; see liqline record"
    return f'nothing was recorded at venue "{key.venue}"; {there}'


def _names(stored: Iterable[StoredSeries]) -> list[str]:
    """What to ask for to get these series."""
    names = set()
    for series in stored:
        for name, field in FIELDS.items():
            if field.polled is not None and series.kind == field.polled.value:
                names.add(name)
            if field.series is not None and series.kind == field.series.value:
                names.add(name if field.polled is None else _asked(name, series.timeframe))
    return sorted(names)


def _listed(names: Iterable[str], most: int = 12) -> str:
    every = list(names)
    more = f" and {len(every) - most} more" if len(every) > most else ""
    return ", ".join(every[:most]) + more


def _deliver(data: bytes, output: Path | None) -> None:
    if output is not None:
        write_atomically(output, data)
        return
    try:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        # Whoever read has enough, as with `| head`; what Python flushes at exit goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        raise StoreError(f"standard output cannot be written: {reason(error)}") from error
