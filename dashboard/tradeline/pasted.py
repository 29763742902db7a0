"""Rows pasted from an exchange's position table, a CSV file or a list of trade lines.

Cells are found by the header where one was pasted, else by what they look like: the symbol cell
comes first, then the size; the entry price follows, behind the position's value where the venue
shows that. Whatever does not say a position clearly becomes a sentence, and the other rows stand.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from dashboard.errors import InputError
from dashboard.market.account import MarginMode, Side, SizeUnit
from dashboard.market.venues import VENUES
from dashboard.tradeline.line import TradeLine, parse_trade_line
from dashboard.tradeline.number import parse_number, parse_positive, parse_size, quote
from dashboard.tradeline.symbol import read_symbol
from dashboard.tradeline.table import Row, commas_group, split_table
from dashboard.tradeline.venue import venue_named

VALUE_TOLERANCE = 0.25
"""How far size x entry and the value that a venue shows at mark may differ, as a fraction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PastedRow:
    """One pasted row: the trade it says, or in `fault` why it says none.

    `margin` is what stands behind an isolated position, in the settle currency, where the row
    says it and no leverage: venues count unrealised profit in that column, so that it is the worse
    source. A `line` without a venue is of the chosen one.
    """

    number: int
    text: str
    line: TradeLine | None = None
    margin: float | None = None
    fault: str = ""


def read_pasted(text: str, venues: Sequence[str] = VENUES) -> list[PastedRow]:
    """What each row of `text` says; a header row and empty rows are left out."""
    rows = split_table(text)
    if not rows:
        return []
    header = _header(rows[0].cells)
    grouped = commas_group(text)
    return [
        _read_row(row, header, venues, grouped=grouped) for row in (rows[1:] if header else rows)
    ]


_SYMBOL, _SIZE, _ENTRY, _SIDE, _LEVERAGE, _MODE, _MARGIN, _STOP, _TARGET, _VENUE, _EXITS = (
    "symbol", "size", "entry price", "side", "leverage", "margin mode", "margin",
    "stop price", "take-profit price", "venue", "exits",
)  # fmt: skip
_TITLES: Mapping[str, str] = {
    title: column
    for column, titles in {
        _SYMBOL: "symbol contract contracts coin instrument market pair asset",
        _SIZE: "size qty quantity amount position contracts(qty) positionamt position_amt",
        _ENTRY: "entryprice entry avgentryprice avgopenprice averageopenprice avgprice openprice "
        "averageentryprice avgpx entrypx",
        _SIDE: "side direction positionside posside",
        _LEVERAGE: "leverage lever lev",
        _MODE: "marginmode margintype mode mgnmode",
        _MARGIN: "margin positionmargin isolatedmargin im initialmargin",
        _STOP: "stop stoploss stopprice sl",
        _TARGET: "takeprofit target tp takeprofitprice",
        _VENUE: "venue exchange",
        _EXITS: "tp/sl",
    }.items()
    for title in titles.split()
}
_NEEDED = (_SYMBOL, _SIZE, _ENTRY)
_UNITS = {"usdt": SizeUnit.QUOTE, "usdc": SizeUnit.QUOTE, "usd": SizeUnit.QUOTE,
          "$": SizeUnit.QUOTE, "cont": SizeUnit.CONTRACTS, "conts": SizeUnit.CONTRACTS,
          "contracts": SizeUnit.CONTRACTS, "contract": SizeUnit.CONTRACTS,
          "ct": SizeUnit.CONTRACTS}  # fmt: skip
_SIDES = {"long": Side.LONG, "buy": Side.LONG, "short": Side.SHORT, "sell": Side.SHORT}
_MODES = {"cross": MarginMode.CROSS, "crossed": MarginMode.CROSS,
          "isolated": MarginMode.ISOLATED, "iso": MarginMode.ISOLATED}  # fmt: skip
_AMOUNT = re.compile(r"([$]?)([^A-Za-z$]*[0-9][^A-Za-z$(]*)([A-Za-z0-9$]*)\b.*", re.DOTALL)
_TIMES = re.compile(r"(?<![A-Za-z0-9])([0-9]+(?:[.,][0-9]+)?)\s?[xX×](?![A-Za-z0-9])")
_WORDS = re.compile(r"[A-Za-z]+")
_LONE_GROUPS = re.compile(r"(?<![\d.,])([1-9]\d{0,2}(?:,\d{3})+)(?![\d.,])")


def _header(cells: Sequence[str]) -> dict[str, int]:
    """Which cell holds what, empty where the row is no header."""
    found: dict[str, int] = {}
    for place, cell in enumerate(cells):
        title = re.sub(r"[\s._-]+|\(.*\)$", "", cell.lower())
        column = _TITLES.get(title)
        if column is not None:
            found.setdefault(column, place)
    return found if all(column in found for column in _NEEDED) else {}


def _read_row(
    row: Row, header: Mapping[str, int], venues: Sequence[str], *, grouped: bool
) -> PastedRow:
    try:
        if _is_line(row):
            return PastedRow(
                number=row.number, text=row.text, line=parse_trade_line(row.text, venues)
            )
        cells = [_LONE_GROUPS.sub(_ungrouped, cell) if grouped else cell for cell in row.cells]
        line, margin = _Reader(cells, header, venues).read()
    except InputError as error:
        return PastedRow(number=row.number, text=row.text, fault=error.user_message)
    return PastedRow(number=row.number, text=row.text, line=line, margin=margin)


def _is_line(row: Row) -> bool:
    first = row.text.split(maxsplit=1)[0].lower()
    return len(row.cells) == 1 and first in ("long", "short")


def _ungrouped(match: re.Match[str]) -> str:
    return match[0].replace(",", "")


class _Reader:
    """Reads the cells of one row."""

    def __init__(
        self, cells: Sequence[str], header: Mapping[str, int], venues: Sequence[str]
    ) -> None:
        self._cells = cells
        self._header = header
        self._venues = venues
        self._all = " ".join(cells)

    def read(self) -> tuple[TradeLine, float | None]:
        """The trade and the margin of the row; raises InputError with what is unclear."""
        venue, symbol, symbol_at = self._symbol()
        size_at = self._place(_SIZE, symbol_at + 1)
        size, unit = _amount(self._cell(size_at, _SIZE), _SIZE)
        side = self._side(size)
        entry = self._entry(size_at, abs(size), unit)
        mode = self._mode()
        leverage = self._leverage()
        margin = self._margin() if mode is MarginMode.ISOLATED and leverage is None else None
        if mode is MarginMode.ISOLATED and leverage is None and margin is None:
            raise InputError(
                _LEVERAGE, "leverage is missing; an isolated position needs it, such as 10x"
            )
        if size == 0.0:
            raise InputError(_SIZE, "size must be above 0: this row holds no position")
        line = TradeLine(
            side=side,
            symbol=symbol,
            size=abs(size),
            size_unit=unit,
            entry_price=entry,
            margin_mode=mode,
            leverage=leverage,
            venue=venue,
        )
        return self._with_exits(line), margin

    def _place(self, column: str, otherwise: int) -> int:
        return self._header.get(column, otherwise)

    def _cell(self, place: int, name: str) -> str:
        cell = self._cells[place] if 0 <= place < len(self._cells) else ""
        if not cell:
            raise InputError(name, f"{name} is missing in this row")
        return cell

    def _optional(self, column: str) -> str:
        place = self._header.get(column, -1)
        cell = self._cells[place] if 0 <= place < len(self._cells) else ""
        return "" if cell in _NOTHING else cell

    def _symbol(self) -> tuple[str | None, str, int]:
        """Venue, symbol and the place of its cell."""
        place = self._place(_SYMBOL, 0)
        words = self._cell(place, _SYMBOL).split()
        venue = self._venue(words[0])
        if venue is not None and _SYMBOL not in self._header:
            rest = words[1:]
            if not rest:
                place += 1
                rest = self._cell(place, _SYMBOL).split()
            words = rest
        symbol = _symbol_word(words)
        read_symbol(symbol)
        return self._named_venue() or venue, symbol, place

    def _named_venue(self) -> str | None:
        named = self._optional(_VENUE)
        if not named:
            return None
        venue = venue_named(named, self._venues)
        if venue is None:
            known = ", ".join(self._venues)
            raise InputError(_VENUE, f"venue {quote(named)} is not known; known are {known}")
        return venue

    def _venue(self, word: str) -> str | None:
        return venue_named(word, self._venues)

    def _side(self, size: float) -> Side:
        words = self._optional(_SIDE) or self._all
        sides = {_SIDES[w] for w in _lower_words(words) if w in _SIDES}
        if len(sides) > 1:
            raise InputError(_SIDE, "side is unclear: the row says long and short")
        if sides:
            side = sides.pop()
            if size < 0.0 and side is Side.LONG:
                raise InputError(
                    _SIDE, "side is unclear: the row says long but its size is below 0"
                )
            return side
        return Side.SHORT if size < 0.0 else Side.LONG

    def _entry(self, size_at: int, size: float, unit: SizeUnit) -> float:
        if _ENTRY in self._header:
            return _price(self._cell(self._header[_ENTRY], _ENTRY), _ENTRY)
        cell = self._cells[size_at + 1] if size_at + 1 < len(self._cells) else ""
        if not cell:
            raise InputError(_ENTRY, "entry price is missing behind the size")
        first, _ = _amount(cell, _ENTRY)
        second = _maybe_amount("".join(self._cells[size_at + 2 : size_at + 3]))
        if second is not None and unit is SizeUnit.BASE and _is_value(first, size, second):
            return second
        return _price(cell, _ENTRY)

    def _mode(self) -> MarginMode:
        words = self._optional(_MODE) or self._all
        modes = {_MODES[word] for word in _lower_words(words) if word in _MODES}
        if len(modes) > 1:
            raise InputError(_MODE, "margin mode is unclear: the row says cross and isolated")
        if not modes:
            raise InputError(
                _MODE, "margin mode is missing: the row says neither cross nor isolated"
            )
        return modes.pop()

    def _leverage(self) -> float | None:
        cell = self._optional(_LEVERAGE)
        if cell:
            return parse_positive(cell.rstrip("xX×"), _LEVERAGE)
        found = _TIMES.search(self._all)
        return None if found is None else parse_positive(found[1], _LEVERAGE)

    def _margin(self) -> float | None:
        cell = self._optional(_MARGIN)
        if not cell:
            return None
        amount = _maybe_amount(cell)
        return amount if amount is not None and amount > 0.0 else None

    def _with_exits(self, line: TradeLine) -> TradeLine:
        stop, target = self._optional(_STOP), self._optional(_TARGET)
        both = self._optional(_EXITS).split("/")
        if len(both) == _BOTH:
            target, stop = (part.strip() for part in both)
        return replace(
            line,
            stop_price=None if stop in _NOTHING else _price(stop, _STOP),
            take_profit_price=None if target in _NOTHING else _price(target, _TARGET),
        )


_BOTH = 2
_NOTHING = frozenset({"", "-", "--", "\N{EN DASH}", "\N{EM DASH}", "n/a", "N/A", "Add", "View"})


def _lower_words(text: str) -> list[str]:
    return [word.lower() for word in _WORDS.findall(text)]


def _symbol_word(words: Sequence[str]) -> str:
    """The symbol of a cell such as "BTCUSDT Perp 10x" or "BTC-USDT-SWAP"."""
    if not words:
        raise InputError(_SYMBOL, "symbol is missing in this row")
    return re.sub(r"(?i)(?<=.)(?:perpetual|perp)$", "", words[0])


def _amount(cell: str, name: str) -> tuple[float, SizeUnit]:
    """A signed size with its unit: "-0.500 BTC", "$3,000", "12 Cont"."""
    match = _AMOUNT.fullmatch(cell)
    if match is None:
        raise InputError(name, f"{name} {quote(cell)} is not a number")
    dollar, number, unit = match.groups()
    value = _signed(number.strip(), unit, name)
    return value, _UNITS.get("$" if dollar else unit.lower(), SizeUnit.BASE)


def _signed(number: str, unit: str, name: str) -> float:
    value = parse_number(number, name, copied=True)
    if unit in ("k", "K", "M") and value:
        return (1.0 if value > 0.0 else -1.0) * parse_size(f"{abs(value):.15g}{unit}", name)
    return value


def _maybe_amount(cell: str) -> float | None:
    """The number of a cell, None where it holds none that can be read in one way."""
    try:
        return _amount(cell, "number")[0]
    except InputError:
        return None


def _price(cell: str, name: str) -> float:
    value, _ = _amount(cell, name)
    if value <= 0.0:
        raise InputError(name, f"{name} must be above 0, not {quote(cell)}")
    return value


def _is_value(first: float, size: float, second: float) -> bool:
    """Whether `first` is what `size` is worth at about the price `second`."""
    worth = size * abs(second)
    return worth > 0.0 and abs(abs(first) / worth - 1.0) <= VALUE_TOLERANCE
