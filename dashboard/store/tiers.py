"""Leverage tier tables: bundled, imported from a file, and fetched by the feed.

The bundled sheets lie in resources/tiers, the others in the data directory's `tiers` folder, in
two files so that each has one writer: `imported.json` (the trader) and `fetched.json` (the feed).
Of two tables of one contract the newer one holds.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import msgspec

import resources
from dashboard.errors import InputError, StoreError
from dashboard.market.instrument import (
    InstrumentKey,
    MarginTier,
    TierTable,
    TierTables,
    TierUnit,
)
from dashboard.risk.margin import check_tiers
from dashboard.store.files import read_small, reason, write_atomically
from dashboard.store.paths import TIERS_FOLDER

FORMAT = 1
MOST_SHEET_BYTES = 64 * 1024 * 1024
"""All tables of all venues in one file of this program."""
IMPORTED = "imported.json"
FETCHED = "fetched.json"
_BUNDLED = "tiers"

Row = tuple[float | None, float, float, float | None]
"""cap, mmr, cum, max_leverage; the floor is the cap of the row before, null means none."""

_log = logging.getLogger("liqline.store")


class Sheet(msgspec.Struct, frozen=True):
    """Tables of one venue, source and date; `symbols` points into `tables`."""

    venue: str
    as_of: datetime
    source: str
    unit: TierUnit
    tables: list[list[Row]]
    symbols: dict[str, int]

    @property
    def as_of_ms(self) -> int:
        return round(self.as_of.timestamp() * 1000)


class SheetFile(msgspec.Struct, frozen=True):
    """The one file format of tiers that this program writes."""

    format: int
    sheets: list[Sheet]


_decoder = msgspec.json.Decoder(SheetFile)


class _SheetTables(Mapping[InstrumentKey, TierTable]):
    """Tier tables by contract that are built when asked for; the newest sheet wins."""

    def __init__(self, sheets: Iterable[Sheet]) -> None:
        self._places: dict[InstrumentKey, tuple[Sheet, int]] = {}
        self._built: dict[InstrumentKey, TierTable] = {}
        for sheet in sorted(sheets, key=lambda sheet: sheet.as_of):
            for symbol, index in sheet.symbols.items():
                self._places[InstrumentKey(sheet.venue, symbol)] = (sheet, index)

    def __getitem__(self, key: InstrumentKey) -> TierTable:
        table = self._built.get(key)
        if table is None:
            sheet, index = self._places[key]
            table = self._built[key] = _table(sheet, key.symbol, sheet.tables[index])
        return table

    def __iter__(self) -> Iterator[InstrumentKey]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)


def load_tiers(data_dir: Path | None) -> TierTables:
    """All known tables: the bundled ones, and those kept in `data_dir` where it is given.

    A kept file that cannot be read is left out and logged; a bundled one raises StoreError.
    """
    sheets: list[Sheet] = []
    for path in sorted(_bundled_folder().glob("*.json")):
        sheets += read_sheets(path)
    if data_dir is not None:
        for name in (FETCHED, IMPORTED):
            sheets += _kept_sheets(data_dir / TIERS_FOLDER / name)
    return TierTables(_SheetTables(sheets))


def save_tiers(tables: Iterable[TierTable], data_dir: Path, name: str = FETCHED) -> None:
    """Keep tables in `data_dir`, beside those kept before; of one contract the newer stays.

    `name` is the file: FETCHED for the feed, IMPORTED for the trader. Raises InputError where a
    table has gaps, falling rates or no date, after the others have been kept; StoreError where
    the file cannot be written.
    """
    path = data_dir / TIERS_FOLDER / name
    kept: dict[InstrumentKey, TierTable] = dict(_SheetTables(_kept_sheets(path)))
    faults: list[InputError] = []
    for table in tables:
        try:
            _keep(table, kept)
        except InputError as error:
            faults.append(error)
    _write(path, kept.values())
    if faults:
        first = faults[0]
        more = "" if len(faults) == 1 else f" (and {len(faults) - 1} more)"
        raise InputError(first.field, f"{first.user_message}: not kept{more}")


def _keep(table: TierTable, kept: dict[InstrumentKey, TierTable]) -> None:
    try:
        check_tiers(table.tiers)
    except InputError as error:
        raise InputError(error.field, f"{table.symbol}: {error.user_message}") from error
    held = kept.get(table.key)
    if held is None or _instant(held) <= _instant(table):
        kept[table.key] = table


def _write(path: Path, tables: Iterable[TierTable]) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(
            f"{path.parent} could not be made: {reason(error)}", detail=repr(error)
        ) from error
    write_atomically(path, msgspec.json.encode(SheetFile(FORMAT, _sheets(tables))))


def read_sheets(path: Path) -> list[Sheet]:
    """The sheets of a file that this program wrote; raises StoreError where it is damaged."""
    try:
        file = _decoder.decode(read_small(path, MOST_SHEET_BYTES))
    except (OSError, msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise StoreError(f"the tier tables in {path} cannot be read", detail=repr(error)) from error
    if file.format != FORMAT:
        raise StoreError(
            f"the tier tables in {path} have format {file.format}; this program reads {FORMAT}"
        )
    for sheet in file.sheets:
        if not all(0 <= index < len(sheet.tables) for index in sheet.symbols.values()):
            raise StoreError(f"the tier tables in {path} name a table that is not there")
    return file.sheets


def _bundled_folder() -> Path:
    return Path(resources.__path__[0]) / _BUNDLED


def _kept_sheets(path: Path) -> list[Sheet]:
    if not path.exists():
        return []
    try:
        return read_sheets(path)
    except StoreError as error:
        _log.warning("%s (%s)", error.user_message, error.detail)
        return []


def _table(sheet: Sheet, symbol: str, rows: list[Row]) -> TierTable:
    tiers: list[MarginTier] = []
    floor = 0.0
    for cap, mmr, cum, max_leverage in rows:
        top = math.inf if cap is None else cap
        tiers.append(MarginTier(floor=floor, cap=top, mmr=mmr, cum=cum, max_leverage=max_leverage))
        floor = top
    return TierTable(
        venue=sheet.venue,
        symbol=symbol,
        tiers=tuple(tiers),
        unit=sheet.unit,
        as_of_ms=sheet.as_of_ms,
        source=sheet.source,
    )


def _instant(table: TierTable) -> int:
    if table.as_of_ms is None:
        raise InputError(
            "as_of", f"the tiers of {table.symbol} have no date; only dated tables are kept"
        )
    return table.as_of_ms


def _sheets(tables: Iterable[TierTable]) -> list[Sheet]:
    """The tables grouped into sheets of one venue, date, source and unit."""
    groups: dict[tuple[str, int, str, TierUnit], list[TierTable]] = {}
    for table in tables:
        group = (table.venue, _instant(table), table.source, table.unit)
        groups.setdefault(group, []).append(table)
    return [_sheet(*group, members) for group, members in groups.items()]


def _sheet(
    venue: str, as_of_ms: int, source: str, unit: TierUnit, members: list[TierTable]
) -> Sheet:
    places: dict[tuple[Row, ...], int] = {}
    symbols = {table.symbol: places.setdefault(_rows(table), len(places)) for table in members}
    return Sheet(
        venue=venue,
        as_of=datetime.fromtimestamp(as_of_ms / 1000, UTC),
        source=source,
        unit=unit,
        tables=[list(rows) for rows in places],
        symbols=symbols,
    )


def _rows(table: TierTable) -> tuple[Row, ...]:
    return tuple(
        (None if tier.cap == math.inf else tier.cap, tier.mmr, tier.cum, tier.max_leverage)
        for tier in table.tiers
    )
