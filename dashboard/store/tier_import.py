"""Leverage tiers from a file that the trader has: a venue's page, a keyed call, or our own form.

Understood are, as JSON:

- Binance's keyed call `leverageBracket` (USD-M and COIN-M), for one symbol or for all;
- the answer behind Binance's public page of leverage and margin tiers (`riskBrackets`);
- `{"venue", "as_of", "source", "unit", "symbols": {symbol: [{"floor", "cap", "mmr", "cum",
  "max_leverage"}]}}` with unified symbols and unit "quote", "coin" or "contracts".

Binance's own forms carry no date: the file's own is taken, or the one that the caller gives.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from dashboard.errors import InputError
from dashboard.market.instrument import MarginTier, TierTable, TierTables, TierUnit
from dashboard.risk.margin import check_tiers
from dashboard.risk.venue_rules import venue_id
from dashboard.store.binance_symbols import SymbolsOfBinance
from dashboard.store.files import reason
from dashboard.store.tiers import IMPORTED, load_tiers, save_tiers

MAX_FILE_BYTES = 16 * 1024 * 1024
"""Ten times the largest table that a venue publishes."""

_NO_CAP = 1e18
"""A cap this large stands for none: Binance has printed the largest 64-bit integer."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What an import kept of one venue.

    `outdated` of the tables are older than others that are known and so are not used; `skipped`
    are contract ids that no symbol is known for.
    """

    venue: str
    symbols: tuple[str, ...]
    as_of_ms: int
    source: str
    outdated: int = 0
    skipped: tuple[str, ...] = ()


class _Row(msgspec.Struct):
    floor: float
    cap: float | None
    mmr: float
    cum: float = 0.0
    max_leverage: float | None = None


class _OwnForm(msgspec.Struct):
    venue: str
    source: str
    unit: str
    symbols: dict[str, list[_Row]]
    as_of: str | None = None
    asof: str | None = None


class _KeyedRow(msgspec.Struct, rename="camel"):
    maint_margin_ratio: float
    cum: float
    initial_leverage: float
    notional_floor: float | None = None
    notional_cap: float | None = None
    qty_floor: float | None = None
    qty_cap: float | None = None


class _KeyedContract(msgspec.Struct):
    symbol: str
    brackets: list[_KeyedRow]


class _PageRow(msgspec.Struct, rename="camel"):
    bracket_notional_floor: float
    bracket_notional_cap: float
    bracket_maintenance_margin_rate: float
    cum_fast_maintenance_amount: float
    max_open_pos_leverage: float


class _PageContract(msgspec.Struct, rename="camel"):
    symbol: str
    risk_brackets: list[_PageRow]


def import_tiers(
    file: Path, data_dir: Path, now_ms: int, *, as_of_ms: int | None = None
) -> tuple[Imported, ...]:
    """Keep the tables of `file` in `data_dir`; answers one entry for each venue in it.

    `as_of_ms` overrides the file's date. Raises InputError where the file is not such JSON, is
    larger than MAX_FILE_BYTES, is dated after `now_ms` or holds a table with gaps or falling
    rates (then nothing is kept); StoreError where it cannot be kept.
    """
    content, written_ms = _read(file)
    tables, skipped = _tables(content, file, as_of_ms, min(written_ms, now_ms))
    if not tables:
        raise InputError("file", f"{file} holds no table of a contract that is known here")
    for table in tables:
        _check(table, now_ms)
    save_tiers(tables, data_dir, IMPORTED)
    return tuple(_summary(tables, skipped, load_tiers(data_dir)))


def _read(file: Path) -> tuple[Any, int]:
    """The file's JSON and when it was last written."""
    try:
        status = file.stat()
        if status.st_size > MAX_FILE_BYTES:
            raise InputError(
                "file",
                f"{file} has {status.st_size:,} bytes; at most {MAX_FILE_BYTES:,} are read",
            )
        data = file.read_bytes()
    except OSError as error:
        raise InputError("file", f"{file} cannot be read: {reason(error)}") from error
    try:
        return msgspec.json.decode(data), round(status.st_mtime * 1000)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InputError("file", f"{file} is not JSON: {error}") from error


def _tables(
    content: Any, file: Path, as_of_ms: int | None, written_ms: int
) -> tuple[list[TierTable], tuple[str, ...]]:
    if isinstance(content, dict) and "symbols" in content:
        return _own_tables(_convert(content, _OwnForm, file), as_of_ms), ()
    dated_ms = written_ms if as_of_ms is None else as_of_ms
    contracts = _binance_contracts(content, file)
    source = f"Binance leverage brackets, imported from {file.name}"
    symbols = SymbolsOfBinance()
    tables: list[TierTable] = []
    skipped: list[str] = []
    for market_id, rows in contracts:
        place = symbols.find(market_id)
        if place is None:
            skipped.append(market_id)
            continue
        venue, symbol = place
        unit = TierUnit.COIN if venue == symbols.inverse_venue else TierUnit.QUOTE
        tables.append(_table(venue, symbol, rows, unit, dated_ms, source))
    return tables, tuple(skipped)


def _binance_contracts(content: Any, file: Path) -> Iterator[tuple[str, list[_Row]]]:
    """Market ids and rows of either of Binance's forms."""
    page = content.get("data") if isinstance(content, dict) else None
    if page is not None:
        listed = page.get("brackets") if isinstance(page, dict) else page
        for contract in _convert(listed, list[_PageContract], file):
            yield contract.symbol, [_page_row(row) for row in contract.risk_brackets]
        return
    keyed = content if isinstance(content, list) else [content]
    for held in _convert(keyed, list[_KeyedContract], file):
        yield held.symbol, [_keyed_row(row) for row in held.brackets]


def _page_row(row: _PageRow) -> _Row:
    return _Row(
        floor=row.bracket_notional_floor,
        cap=row.bracket_notional_cap,
        mmr=row.bracket_maintenance_margin_rate,
        cum=row.cum_fast_maintenance_amount,
        max_leverage=row.max_open_pos_leverage,
    )


def _keyed_row(row: _KeyedRow) -> _Row:
    floor = row.qty_floor if row.notional_floor is None else row.notional_floor
    cap = row.qty_cap if row.notional_cap is None else row.notional_cap
    if floor is None:
        raise InputError("tiers", "tiers have a bracket with neither notionalFloor nor qtyFloor")
    return _Row(floor, cap, row.maint_margin_ratio, row.cum, row.initial_leverage)


def _own_tables(form: _OwnForm, as_of_ms: int | None) -> list[TierTable]:
    unit = _unit(form.unit)
    dated_ms = _instant_ms(form.as_of or form.asof) if as_of_ms is None else as_of_ms
    venue = venue_id(form.venue)
    return [
        _table(venue, symbol, rows, unit, dated_ms, form.source)
        for symbol, rows in form.symbols.items()
    ]


def _unit(text: str) -> TierUnit:
    """The unit that a text begins with: "quote notional" is "quote"."""
    word = text.split()[0] if text.split() else text
    try:
        return TierUnit(word)
    except ValueError:
        raise InputError("unit", f'unit must be quote, coin or contracts, not "{text}"') from None


def _instant_ms(text: str | None) -> int:
    try:
        instant = datetime.fromisoformat(text or "")
    except ValueError:
        raise InputError(
            "as_of", f'as_of must be a date such as 2026-09-29, not "{text}"'
        ) from None
    if instant.tzinfo is None:
        instant = instant.replace(tzinfo=UTC)
    return round(instant.timestamp() * 1000)


def _table(
    venue: str, symbol: str, rows: Sequence[_Row], unit: TierUnit, as_of_ms: int, source: str
) -> TierTable:
    tiers = [
        MarginTier(
            floor=row.floor,
            cap=math.inf if row.cap is None or row.cap >= _NO_CAP else row.cap,
            mmr=row.mmr,
            cum=row.cum,
            max_leverage=row.max_leverage,
        )
        for row in rows
    ]
    tiers.sort(key=lambda tier: tier.floor)
    return TierTable(
        venue=venue,
        symbol=symbol,
        tiers=tuple(tiers),
        unit=unit,
        as_of_ms=as_of_ms,
        source=source,
    )


def _check(table: TierTable, now_ms: int) -> None:
    try:
        check_tiers(table.tiers)
    except InputError as error:
        raise InputError(error.field, f"{table.symbol}: {error.user_message}") from error
    if table.as_of_ms is not None and table.as_of_ms > now_ms:
        day = datetime.fromtimestamp(table.as_of_ms / 1000, UTC).date()
        raise InputError("as_of", f"as_of {day} lies in the future; tiers of today are the newest")


def _convert(content: Any, form: type[T], file: Path) -> T:
    try:
        return msgspec.convert(content, form, strict=False)
    except msgspec.ValidationError as error:
        raise InputError("file", f"{file} is no table of tiers: {error}") from error


def _summary(
    tables: Sequence[TierTable], skipped: tuple[str, ...], known: TierTables
) -> Iterator[Imported]:
    by_venue: dict[str, list[TierTable]] = {}
    for table in tables:
        by_venue.setdefault(table.venue, []).append(table)
    for venue, members in by_venue.items():
        used = [known.find(table.key) == table for table in members]
        yield Imported(
            venue=venue,
            symbols=tuple(table.symbol for table in members),
            as_of_ms=members[0].as_of_ms or 0,
            source=members[0].source,
            outdated=used.count(False),
            skipped=skipped,
        )
