"""Hourly mark candles from a Parquet file: columns ts, open, high, low, close, and maybe symbol."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from dashboard.errors import InputError
from dashboard.risk.odds.bars import FloatArray, IntArray, RawBars

PRICES = ("open", "high", "low", "close")
MARK_PREFIX = "mark_"
_EARLIEST_MS, _LATEST_MS = 1_230_000_000_000, 4_102_444_800_000
_UNITS_PER_MS = (0.001, 1.0, 1e3, 1e6)
"""Seconds, milliseconds, microseconds and nanoseconds: of these years, no two can be confused."""
_MOST_NAMED = 8
MAX_FILE_BYTES = 512 * 1024 * 1024
MAX_ROWS = 20_000_000
"""A thousand contracts for two years by the hour."""


def read_candles(path: Path, symbols: Sequence[str] = ()) -> dict[str, RawBars]:
    """The bars of each symbol of a file, or of those named, in the order of the file.

    Mark prices are taken where there are columns with the prefix `mark_`. Raises InputError
    where the file cannot be read, lacks a column or has nothing of a symbol.
    """
    frame = _read(path)
    names = _columns(frame, path)
    if "symbol" not in frame.columns:
        name = symbols[0] if symbols else path.stem
        if len(symbols) > 1:
            raise InputError("--symbol", "the file has no column symbol: name one symbol at most")
        return {name: _raw(frame, names)}
    there = {str(name): str(name) for name in frame["symbol"].dropna().unique()}
    if not there:
        raise InputError("--candles", f'"{path}" has no bars')
    chosen = [_find(name, list(there)) for name in symbols] or list(there)
    column = frame["symbol"].astype(str)
    return {name: _raw(frame[column == name], names) for name in dict.fromkeys(chosen)}


def _read(path: Path) -> Any:
    # pandas takes half a second to load, and other commands do without it.
    import pyarrow as pa
    import pyarrow.parquet as pq

    if not path.is_file():
        raise InputError("--candles", f'--candles: there is no file "{path}"')
    try:
        _refuse_too_large(path, pq.read_metadata(path).num_rows)
        # What pandas wrote of itself into a file need not be true, and an index is a column, too.
        return pq.read_table(path, partitioning=None).to_pandas(ignore_metadata=True)
    except (OSError, ValueError, pa.ArrowException) as error:
        raise InputError(
            "--candles", f'--candles: "{path}" is no Parquet file', detail=repr(error)
        ) from error


def _refuse_too_large(path: Path, rows: int) -> None:
    """A small file may unpack to any number of rows, which its head says."""
    size = path.stat().st_size
    if size > MAX_FILE_BYTES or rows > MAX_ROWS:
        raise InputError(
            "--candles",
            f'--candles: "{path}" has {size:,} bytes and {rows:,} rows; allowed are '
            f"{MAX_FILE_BYTES:,} and {MAX_ROWS:,}",
        )


def _columns(frame: Any, path: Path) -> dict[str, str]:
    marked = all(f"{MARK_PREFIX}{name}" in frame.columns for name in PRICES)
    names = {name: f"{MARK_PREFIX}{name}" if marked else name for name in PRICES}
    needed = ("ts", *names.values())
    missing = [name for name in needed if name not in frame.columns]
    if missing:
        raise InputError(
            "--candles",
            f'--candles: "{path}" lacks {", ".join(missing)}; columns ts, open, high, low, close '
            "are needed (or mark_open and so on), and symbol where there are several",
        )
    if len(frame) == 0:
        raise InputError("--candles", f'--candles: "{path}" has no bars')
    if "venue" in frame.columns and frame["venue"].nunique() > 1:
        listed = ", ".join(map(str, frame["venue"].dropna().unique()[:_MOST_NAMED]))
        raise InputError("--candles", f'--candles: "{path}" mixes venues ({listed}): keep one')
    return names


def _find(wanted: str, there: Sequence[str]) -> str:
    """The file's own name of a symbol: BTCUSDT for BTC/USDT:USDT or btcusdt."""
    plain = wanted.split(":")[0].replace("/", "").upper()
    for name in there:
        if name == wanted or name.split(":")[0].replace("/", "").upper() == plain:
            return name
    more = f" and {len(there) - _MOST_NAMED} more" if len(there) > _MOST_NAMED else ""
    listed = ", ".join(there[:_MOST_NAMED]) + more
    raise InputError("--symbol", f'--symbol "{wanted}" is not in the file; there are {listed}')


def _raw(frame: Any, names: dict[str, str]) -> RawBars:
    opened, high, low, close = (_numbers(frame, names[name]) for name in PRICES)
    recorded = "volume" in frame.columns and frame["volume"].notna().any()
    volume = _numbers(frame, "volume") if recorded else None
    return RawBars(_times(frame["ts"]), opened, high, low, close, volume)


def _numbers(frame: Any, column: str) -> FloatArray:
    try:
        return np.asarray(frame[column].to_numpy(dtype="float64", na_value=np.nan))
    except (TypeError, ValueError) as error:
        raise InputError(
            "--candles", f"--candles: column {column} holds something that is no number"
        ) from error


def _times(column: Any) -> IntArray:
    import pandas as pd

    if column.isna().any():
        raise InputError("--candles", "--candles: a bar has no ts")
    numeric = pd.to_numeric(column, errors="coerce") if _is_plain(column) else None
    if numeric is not None and numeric.notna().all():
        times = _milliseconds(numeric.to_numpy(dtype="float64"))
    else:
        try:
            stamps = pd.to_datetime(column, utc=True, format="ISO8601")
        except (ValueError, TypeError, OverflowError) as error:
            raise InputError(
                "--candles", "--candles: column ts holds something that is no time"
            ) from error
        times = stamps.dt.tz_localize(None).to_numpy(dtype="datetime64[ms]").astype("float64")
    if not ((times >= _EARLIEST_MS) & (times < _LATEST_MS)).all():
        raise InputError(
            "--candles",
            "--candles: ts must be a UTC time after 2008, or milliseconds (seconds, microseconds, "
            "nanoseconds) since 1970",
        )
    return np.asarray(times, dtype=np.int64)


def _is_plain(column: Any) -> bool:
    """Whether a column may hold numbers: times of its own kind would turn into some."""
    import pandas as pd

    kinds = pd.api.types
    return bool(kinds.is_numeric_dtype(column) or kinds.is_string_dtype(column))


def _milliseconds(times: FloatArray) -> FloatArray:
    """Times since 1970 in ms, from the unit in which all of them lie in the years allowed."""
    for unit in _UNITS_PER_MS:
        scaled = np.round(times / unit)
        if ((scaled >= _EARLIEST_MS) & (scaled < _LATEST_MS)).all():
            return np.asarray(scaled)
    return times
