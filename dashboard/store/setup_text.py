"""Balances and watch-lists as JSON and CSV, each of which reads back to exactly the same."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Annotated, Any, TypeVar

import msgspec

from dashboard.errors import InputError
from dashboard.market.account import Balance
from dashboard.market.instrument import InstrumentKey
from dashboard.store.csv_cells import (
    lines_under,
    read_text_cell,
    refuse_halves,
    text_cell,
    written,
)
from dashboard.tradeline.number import quote

BALANCES_FORMAT = "liqline balances 1"
LISTS_FORMAT = "liqline watch-lists 1"
MOST_BYTES = 8_000_000
MOST_ROWS = 20_000
LONGEST_LIST_NAME = 40
_LONGEST_TEXT = 100
_BALANCE_COLUMNS = ("venue", "coin", "amount", "haircut")
_LIST_COLUMNS = ("list", "venue", "symbol")
_NONE = ""

WatchLists = Mapping[str, tuple[InstrumentKey, ...]]
"""Contracts by the name of their list, both in the trader's order."""
T = TypeVar("T")
_Name = Annotated[str, msgspec.Meta(min_length=1, max_length=_LONGEST_TEXT)]


class _BalanceRow(msgspec.Struct, forbid_unknown_fields=True):
    venue: _Name
    coin: _Name
    amount: float
    haircut: float


class _BalanceFile(msgspec.Struct, forbid_unknown_fields=True):
    format: str
    balances: list[_BalanceRow]


class _ContractRow(msgspec.Struct, forbid_unknown_fields=True):
    venue: _Name
    symbol: _Name


class _ListRow(msgspec.Struct, forbid_unknown_fields=True):
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_LIST_NAME)]
    contracts: list[_ContractRow]


class _ListFile(msgspec.Struct, forbid_unknown_fields=True):
    format: str
    lists: list[_ListRow]


def balances_to_json(balances: Iterable[Balance]) -> str:
    """The balances, indented for the eye."""
    return _json({"format": BALANCES_FORMAT, "balances": list(balances)})


def balances_from_json(text: str) -> tuple[Balance, ...]:
    """The balances of such a text; raises InputError with what is wrong in it."""
    body = _decoded(text, _BalanceFile, BALANCES_FORMAT, "balances")
    return _checked_balances(
        Balance(venue=row.venue, coin=row.coin, amount=row.amount, haircut=row.haircut)
        for row in body.balances
    )


def balances_to_csv(balances: Iterable[Balance]) -> str:
    """A line per balance under a header; amounts are in the coin, the haircut is a fraction."""
    lines = (
        (text_cell(one.venue), text_cell(one.coin), _number(one.amount), _number(one.haircut))
        for one in balances
    )
    return written([_BALANCE_COLUMNS, *lines])


def balances_from_csv(text: str) -> tuple[Balance, ...]:
    """The balances of such a text; raises InputError with the line that is wrong."""
    _check_size(text)
    return _checked_balances(
        Balance(
            venue=_text(number, "venue", line[0]),
            coin=_text(number, "coin", line[1]),
            amount=_read_number(number, "amount", line[2]),
            haircut=_read_number(number, "haircut", line[3]),
        )
        for number, line in lines_under(_BALANCE_COLUMNS, text, "exported balances")
    )


def lists_to_json(lists: WatchLists) -> str:
    """The watch-lists, indented for the eye."""
    rows = [
        {"name": name, "contracts": [{"venue": k.venue, "symbol": k.symbol} for k in keys]}
        for name, keys in lists.items()
    ]
    return _json({"format": LISTS_FORMAT, "lists": rows})


def lists_from_json(text: str) -> WatchLists:
    """The watch-lists of such a text; raises InputError with what is wrong in it."""
    body = _decoded(text, _ListFile, LISTS_FORMAT, "watch-lists")
    found: dict[str, tuple[InstrumentKey, ...]] = {}
    for row in body.lists:
        if row.name in found:
            raise InputError("file", f"two watch-lists have the name {quote(row.name)}")
        keys = [InstrumentKey(one.venue, one.symbol) for one in row.contracts]
        found[row.name] = _unique(row.name, keys)
    return _counted(found)


def lists_to_csv(lists: WatchLists) -> str:
    """A line per contract under a header; an empty list is a line without contract."""
    lines = [
        (text_cell(name), text_cell(key.venue), text_cell(key.symbol))
        for name, keys in lists.items()
        for key in keys
    ]
    lines += [(text_cell(name), _NONE, _NONE) for name, keys in lists.items() if not keys]
    order = {text_cell(name): place for place, name in enumerate(lists)}
    lines.sort(key=lambda line: order[line[0]])
    return written([_LIST_COLUMNS, *lines])


def lists_from_csv(text: str) -> WatchLists:
    """The watch-lists of such a text; raises InputError with the line that is wrong."""
    _check_size(text)
    found: dict[str, list[InstrumentKey]] = {}
    for number, line in lines_under(_LIST_COLUMNS, text, "exported watch-lists"):
        keys = found.setdefault(_text(number, "list", line[0], LONGEST_LIST_NAME), [])
        if line[1:] != [_NONE, _NONE]:
            keys.append(
                InstrumentKey(_text(number, "venue", line[1]), _text(number, "symbol", line[2]))
            )
    return _counted({name: _unique(name, keys) for name, keys in found.items()})


BALANCE_READERS: dict[str, Callable[[str], tuple[Balance, ...]]] = {
    ".json": balances_from_json,
    ".csv": balances_from_csv,
}
BALANCE_WRITERS: dict[str, Callable[[Iterable[Balance]], str]] = {
    ".json": balances_to_json,
    ".csv": balances_to_csv,
}
LIST_READERS: dict[str, Callable[[str], WatchLists]] = {
    ".json": lists_from_json,
    ".csv": lists_from_csv,
}
LIST_WRITERS: dict[str, Callable[[WatchLists], str]] = {
    ".json": lists_to_json,
    ".csv": lists_to_csv,
}
"""By the ending of the file's name."""


def _json(body: object) -> str:
    return msgspec.json.format(msgspec.json.encode(body).decode(), indent=2) + "\n"


def _decoded(text: str, of_type: type[T], wanted: str, what: str) -> T:
    _check_size(text)
    try:
        body: Any = msgspec.json.decode(text, type=of_type)
    except (msgspec.MsgspecError, RecursionError, UnicodeError) as error:
        raise InputError("file", f"the file holds no {what} of Liqline: {error}") from error
    if body.format != wanted:
        raise InputError("file", f"the file is {quote(body.format)}; {quote(wanted)} is allowed")
    held: T = body
    return held


def _check_size(text: str) -> None:
    if len(text) > MOST_BYTES:
        raise InputError("file", f"the file is larger than {MOST_BYTES // 1_000_000} MB")
    refuse_halves(text)


def _checked_balances(balances: Iterable[Balance]) -> tuple[Balance, ...]:
    found: dict[tuple[str, str], Balance] = {}
    for one in balances:
        where = f"balance of {quote(one.coin)} at {quote(one.venue)}"
        if (one.venue, one.coin) in found:
            raise InputError("file", f"there are two: {where}")
        if not math.isfinite(one.amount):
            raise InputError("file", f"{where}: amount must be a number, not {one.amount}")
        if not 0.0 <= one.haircut <= 1.0:
            raise InputError(
                "file", f"{where}: haircut must be a fraction from 0 to 1, not {one.haircut:g}"
            )
        found[one.venue, one.coin] = one
    _check_rows(len(found))
    return tuple(found.values())


def _unique(name: str, keys: list[InstrumentKey]) -> tuple[InstrumentKey, ...]:
    if len(set(keys)) != len(keys):
        twice = next(key for place, key in enumerate(keys) if key in keys[:place])
        raise InputError("file", f"watch-list {quote(name)} names {quote(twice.symbol)} twice")
    return tuple(keys)


def _counted(lists: dict[str, tuple[InstrumentKey, ...]]) -> WatchLists:
    _check_rows(sum(map(len, lists.values())))
    return lists


def _check_rows(count: int) -> None:
    if count > MOST_ROWS:
        raise InputError("file", f"the file has more than {MOST_ROWS} rows")


def _text(number: int, column: str, cell: str, longest: int = _LONGEST_TEXT) -> str:
    text = read_text_cell(cell)
    if not 0 < len(text) <= longest:
        raise InputError(
            "file", f"line {number}, column {column}: 1 to {longest} characters are allowed"
        )
    return text


def _number(value: float) -> str:
    return msgspec.json.encode(value).decode()


def _read_number(line: int, column: str, cell: str) -> float:
    try:
        return msgspec.json.decode(cell, type=float)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise InputError(
            "file", f"line {line}, column {column}: {quote(cell)} is no number"
        ) from error
