"""Recordings: files with the figures a venue published, and how they are read and written.

A recording is a ZIP of NumPy's .npy arrays, one per column, beside a `manifest.json`; any tool
that opens .npz files can read it. The directory of a ZIP stands at its end and each member
carries a CRC-32, so a file that was cut short or damaged is noticed. Nothing in it is executed:
arrays of int64 and float64 only, no pickles.
"""

from __future__ import annotations

import importlib.resources
import io
import json
import struct
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dashboard.errors import RecordingError
from dashboard.market.readings import SeriesKind

FORMAT = "liqline-recording"
FORMAT_VERSION = 1
SUFFIX = ".npz"
MANIFEST = "manifest.json"
MAX_UNPACKED_BYTES = 512 * 1024 * 1024

TIME = "time_ms"
_FAULTS = (
    OSError,
    EOFError,
    KeyError,
    TypeError,
    ValueError,
    RuntimeError,
    ArithmeticError,
    struct.error,
    zipfile.BadZipFile,
    zlib.error,
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Series:
    """One recorded series of a market.

    `time_ms` is strictly ascending; for candles and liquidations it is the bar's open, `step_ms`
    the bar's length; for samples (open interest, ratio, funding) it is the moment itself and
    `step_ms` the usual distance. Every cell is finite: what was not recorded has no row.
    """

    kind: SeriesKind
    step_ms: int
    time_ms: NDArray[np.int64]
    columns: Mapping[str, NDArray[np.float64]]

    @property
    def ends_ms(self) -> int:
        """The moment until which the last row stands."""
        return int(self.time_ms[-1]) + self.step_ms


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RecordedMarket:
    """What was recorded of one contract.

    `venue` is a catalogue id, `market_id` the venue's own name, `symbol` ccxt's unified one.
    `listing` has the venue's own words for the contract (tick, step, contract size); `series`
    are sorted from long to short bars within a kind.
    """

    venue: str
    market_id: str
    symbol: str
    listing: Mapping[str, Any]
    funding_interval_hours: int | None
    series: tuple[Series, ...]

    def of_kind(self, kind: SeriesKind) -> tuple[Series, ...]:
        """The series of `kind`, long bars first; empty where none was recorded."""
        return tuple(series for series in self.series if series.kind is kind)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingInfo:
    """What a list of recordings shows; times in ms UTC."""

    name: str
    title: str
    starts_ms: int
    ends_ms: int
    default_start_ms: int
    default_speed: float
    venues: tuple[str, ...]
    provenance: str
    licence: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording(RecordingInfo):
    """A recording with its series. `notes` say what was not recorded and what stands in."""

    markets: tuple[RecordedMarket, ...] = field(default=(), repr=False)

    def market(self, venue: str, market_id: str) -> RecordedMarket | None:
        """The market of that name, None where it was not recorded."""
        for market in self.markets:
            if (market.venue, market.market_id) == (venue, market_id):
                return market
        return None


def _bundled() -> Traversable:
    return importlib.resources.files("resources").joinpath("recordings")


def _bundled_files() -> dict[str, Traversable]:
    folder = _bundled()
    files = folder.iterdir() if folder.is_dir() else iter(())
    found = {file.name.removesuffix(SUFFIX): file for file in files if file.name.endswith(SUFFIX)}
    return dict(sorted(found.items()))


def list_recordings() -> list[RecordingInfo]:
    """The bundled recordings by name, without their series; RecordingError where damaged."""
    return [_read(file, name, with_series=False) for name, file in _bundled_files().items()]


def load_recording(name_or_path: str | Path) -> Recording:
    """The bundled recording of that name, or the one in the file at that path.

    RecordingError where it is missing, cut short, damaged or of another format.
    """
    bundled = _bundled_files()
    file: Traversable = bundled.get(str(name_or_path)) or Path(name_or_path)
    return _read(file, str(name_or_path), with_series=True)


def _refusal(named: str, reason: str, detail: str = "") -> RecordingError:
    names = ", ".join(_bundled_files()) or "none bundled"
    return RecordingError(
        f"recording {named!r} {reason}; allowed is a recording file or one of: {names}",
        detail=detail,
    )


def _read(file: Traversable, named: str, *, with_series: bool) -> Recording:
    try:
        with file.open("rb") as stream, zipfile.ZipFile(stream) as archive:
            return _parsed(archive, with_series=with_series)
    except FileNotFoundError as error:
        raise _refusal(named, "does not exist", repr(error)) from error
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise _refusal(named, "is cut short, damaged or no recording", repr(error)) from error
    except _FAULTS as error:
        raise _refusal(named, "cannot be read", repr(error)) from error


def _parsed(archive: zipfile.ZipFile, *, with_series: bool) -> Recording:
    if sum(member.file_size for member in archive.infolist()) > MAX_UNPACKED_BYTES:
        raise ValueError("unpacks to more than a recording may hold")
    manifest = json.loads(archive.read(MANIFEST))
    if (manifest["format"], manifest["version"]) != (FORMAT, FORMAT_VERSION):
        raise ValueError("a format or version that this program does not read")
    starts_ms, ends_ms = int(manifest["starts_ms"]), int(manifest["ends_ms"])
    default_start_ms = int(manifest["default_start_ms"])
    if not starts_ms <= default_start_ms <= ends_ms:
        raise ValueError("the default start lies outside the recording")
    markets = manifest["markets"]
    return Recording(
        name=str(manifest["name"]),
        title=str(manifest["title"]),
        starts_ms=starts_ms,
        ends_ms=ends_ms,
        default_start_ms=default_start_ms,
        default_speed=float(manifest["default_speed"]),
        venues=tuple(dict.fromkeys(str(market["venue"]) for market in markets)),
        provenance=str(manifest["provenance"]),
        licence=str(manifest["licence"]),
        notes=tuple(str(note) for note in manifest["notes"]),
        markets=tuple(_market(archive, market) for market in markets) if with_series else (),
    )


def _market(archive: zipfile.ZipFile, market: Mapping[str, Any]) -> RecordedMarket:
    hours = market["funding_interval_hours"]
    return RecordedMarket(
        venue=str(market["venue"]),
        market_id=str(market["market_id"]),
        symbol=str(market["symbol"]),
        listing=dict(market["listing"]),
        funding_interval_hours=None if hours is None else int(hours),
        series=tuple(_series(archive, market, series) for series in market["series"]),
    )


def _member(market: Mapping[str, Any], kind: str, step_ms: int, column: str) -> str:
    return f"{market['venue']}/{market['market_id']}/{kind}-{step_ms}/{column}.npy"


def _series(
    archive: zipfile.ZipFile, market: Mapping[str, Any], series: Mapping[str, Any]
) -> Series:
    kind, step_ms = SeriesKind(series["kind"]), int(series["step_ms"])

    def column(name: str, dtype: str) -> NDArray[Any]:
        return _array(archive.read(_member(market, kind.value, step_ms, name)), np.dtype(dtype))

    time_ms = column(TIME, "<i8")
    columns = {str(name): column(str(name), "<f8") for name in series["columns"]}
    if step_ms <= 0 or not len(time_ms) or not np.all(np.diff(time_ms) > 0):
        raise ValueError(f"the {kind.value} times do not ascend")
    if any(c.shape != time_ms.shape or not np.isfinite(c).all() for c in columns.values()):
        raise ValueError(f"a {kind.value} column has missing cells")
    return Series(kind=kind, step_ms=step_ms, time_ms=time_ms, columns=columns)


def _array(data: bytes, dtype: np.dtype[Any]) -> NDArray[Any]:
    """The one-dimensional array in .npy `data`; its header is checked before it is believed."""
    stream = io.BytesIO(data)
    if np.lib.format.read_magic(stream) != (1, 0):
        raise ValueError("an array of another .npy version")
    shape, _, found = np.lib.format.read_array_header_1_0(stream)
    body = data[stream.tell() :]
    if found != dtype or shape != (len(body) // dtype.itemsize,):
        raise ValueError("an array of another type or length")
    return np.frombuffer(body, dtype=dtype)


def write_recording(path: Path, recording: Recording) -> None:
    """Write `recording` to `path`; the same recording always gives the same bytes."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        _write_member(archive, MANIFEST, json.dumps(_manifest(recording), indent=1).encode())
        for name, column in _columns(recording.markets):
            stream = io.BytesIO()
            np.lib.format.write_array(stream, column, version=(1, 0), allow_pickle=False)
            _write_member(archive, name, stream.getvalue())


def _write_member(archive: zipfile.ZipFile, name: str, data: bytes) -> None:
    member = zipfile.ZipInfo(name)  # dated 1980, so that equal content gives equal files
    member.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(member, data, compresslevel=9)


def _columns(markets: Iterable[RecordedMarket]) -> Iterable[tuple[str, NDArray[Any]]]:
    for market in markets:
        names = {"venue": market.venue, "market_id": market.market_id}
        for series in market.series:
            at = series.kind.value, series.step_ms
            yield _member(names, *at, TIME), np.asarray(series.time_ms, dtype="<i8")
            for name, column in series.columns.items():
                yield _member(names, *at, name), np.asarray(column, dtype="<f8")


def _manifest(recording: Recording) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "version": FORMAT_VERSION,
        "name": recording.name,
        "title": recording.title,
        "starts_ms": recording.starts_ms,
        "ends_ms": recording.ends_ms,
        "default_start_ms": recording.default_start_ms,
        "default_speed": recording.default_speed,
        "provenance": recording.provenance,
        "licence": recording.licence,
        "notes": list(recording.notes),
        "markets": [_market_manifest(market) for market in recording.markets],
    }


def _market_manifest(market: RecordedMarket) -> dict[str, Any]:
    return {
        "venue": market.venue,
        "market_id": market.market_id,
        "symbol": market.symbol,
        "funding_interval_hours": market.funding_interval_hours,
        "listing": dict(market.listing),
        "series": [
            {"kind": s.kind.value, "step_ms": s.step_ms, "columns": list(s.columns)}
            for s in market.series
        ],
    }
