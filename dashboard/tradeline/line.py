"""The trade line: `long btc 0.5 @64200 x10 iso sl 62000 tp 68000`.

    side [venue] symbol size (@price | market) [xN] (iso | cross) [sl price] [tp price]
    [+margin amount] [wallet amount] [venue]

Side, symbol and size come first, in this order; the rest in any order, each once. The venue is a
word of its own or stands before the symbol (`okx:btc`). The size is in coins (0.5), quote currency
(30k$), contracts (120ct) or what the stop may cost (2% risk). Numbers are read by `number.py`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple, TypeVar

from dashboard.errors import InputError
from dashboard.market.account import MarginMode, Side, SizeUnit
from dashboard.market.venues import VENUES
from dashboard.tradeline.number import (
    parse_not_negative,
    parse_positive,
    parse_price,
    parse_size,
    quote,
    scaled,
)
from dashboard.tradeline.symbol import read_symbol
from dashboard.tradeline.venue import venue_named

T = TypeVar("T")

MAX_LINE_CHARACTERS = 300
EXAMPLE = "long btc 0.5 @64200 x10 iso sl 62000 tp 68000"

# Only plain blanks part words: prices copied from this program hold thin spaces.
_WORD = re.compile(r"[^ \t\r\n]+")
_LEVERAGE = re.compile(r"[xX×](?P<after>.*)|(?P<before>[^a-zA-Z]+)[xX×]")
_SIZE_UNITS = {
    "contracts": SizeUnit.CONTRACTS,
    "contract": SizeUnit.CONTRACTS,
    "cts": SizeUnit.CONTRACTS,
    "ct": SizeUnit.CONTRACTS,
    "$": SizeUnit.QUOTE,
    "usdt": SizeUnit.QUOTE,
    "usdc": SizeUnit.QUOTE,
    "usd": SizeUnit.QUOTE,
    "coins": SizeUnit.BASE,
    "coin": SizeUnit.BASE,
}
"""What may follow the number of a size, the longer word before one that it ends in."""

_MARKET = frozenset({"market", "mkt", "mark"})
_SIDES = {"long": Side.LONG, "short": Side.SHORT}
_MODES = {
    "iso": MarginMode.ISOLATED,
    "isolated": MarginMode.ISOLATED,
    "cross": MarginMode.CROSS,
}


class TradeLineError(InputError):
    """A trade line that is not understood; `start` and `end` frame the wrong word.

    They are character offsets into the line; at its end both are the line's length. `field` is
    a field of TradeLine, or "trade_line" where the word belongs to none.
    """

    def __init__(self, field: str, user_message: str, start: int, end: int) -> None:
        super().__init__(field, user_message)
        self.start = start
        self.end = end


@dataclass(frozen=True, slots=True, kw_only=True)
class TradeLine:
    """A trade as typed. `entry_price` None means at market; None elsewhere means not said.

    `size` is positive and in `size_unit`; it is None where the trade is to be as large as
    `risk_fraction` of the account allows to lose at the stop. Prices are in quote currency,
    `extra_margin` and `wallet_balance` in the settle currency. `venue` is a catalogue id.
    """

    side: Side
    symbol: str
    size: float | None
    size_unit: SizeUnit
    entry_price: float | None
    margin_mode: MarginMode
    leverage: float | None = None
    stop_price: float | None = None
    take_profit_price: float | None = None
    extra_margin: float = 0.0
    wallet_balance: float | None = None
    venue: str | None = None
    risk_fraction: float | None = None


class _Word(NamedTuple):
    text: str
    start: int
    end: int


def parse_trade_line(text: str, venues: Sequence[str] = VENUES) -> TradeLine:
    """The trade that `text` says; raises TradeLineError, which points at the wrong word.

    `venues` are those that it may name.
    """
    if len(text) > MAX_LINE_CHARACTERS:
        raise TradeLineError(
            "trade_line",
            f"the trade line has {len(text)} characters; at most {MAX_LINE_CHARACTERS} are read",
            MAX_LINE_CHARACTERS,
            len(text),
        )
    return _Parser(text, venues).parse()


class _Words:
    """The words of a line, taken one by one."""

    def __init__(self, text: str) -> None:
        self.end = len(text)
        self._words = [_Word(m[0], m.start(), m.end()) for m in _WORD.finditer(text)]
        self._taken = 0

    def take(self) -> _Word | None:
        """The next word, None at the end of the line."""
        if self._taken == len(self._words):
            return None
        self._taken += 1
        return self._words[self._taken - 1]

    def peek(self, ahead: int = 0) -> str:
        """The text of a word that was not taken yet, "" beyond the end."""
        place = self._taken + ahead
        return self._words[place].text if place < len(self._words) else ""

    def need(self, field: str, lack: str) -> _Word:
        """The next word, which must be there; `lack` is the sentence where it is not."""
        word = self.take()
        if word is None:
            raise TradeLineError(field, lack, self.end, self.end)
        return word


def _read(word: _Word, field: str, reader: Callable[[str], T]) -> T:
    """What `reader` makes of `word`; its InputError becomes one that points at the word."""
    try:
        return reader(word.text)
    except InputError as error:
        raise TradeLineError(field, error.user_message, word.start, word.end) from error


class _Parser:
    """Reads one line from its first word to its last."""

    def __init__(self, text: str, venues: Sequence[str]) -> None:
        self._words = _Words(text)
        self._venues = venues
        self._parts: dict[str, Any] = {}

    def parse(self) -> TradeLine:
        side = self._read_leading("side", _side)
        if self._venue_stands_first():
            self._parts["venue"] = venue_named(self._words.need("venue", "").text, self._venues)
        symbol = self._read_leading("symbol", self._symbol)
        size, size_unit = self._size(symbol)
        while (word := self._words.take()) is not None:
            self._put(word, *self._part(word))
        end = self._words.end
        _check_complete(self._parts, end)
        line = TradeLine(side=side, symbol=symbol, size=size, size_unit=size_unit, **self._parts)
        _check_exits(line, end)
        return line

    def _put(self, word: _Word, field: str, value: object) -> None:
        if field in self._parts:
            name = _NAMES[field]
            message = f"{name} stands twice, the second time as {quote(word.text)}; write it once"
            raise TradeLineError(field, message, word.start, word.end)
        self._parts[field] = value

    def _read_leading(self, field: str, reader: Callable[[str], T]) -> T:
        word = self._words.need(field, f"{field} is missing; a line reads like: {EXAMPLE}")
        return _read(word, field, reader)

    def _venue_stands_first(self) -> bool:
        """Whether the next word is a venue and the one after it the symbol: GATE is a coin too."""
        after = self._words.peek(1)
        if venue_named(self._words.peek(), self._venues) is None or not after:
            return False
        try:
            _size(after)
        except InputError:
            return not after.startswith("@")
        return False

    def _symbol(self, text: str) -> str:
        head, colon, rest = text.partition(":")
        if colon and "/" not in head:
            venue = venue_named(head, self._venues)
            if venue is None:
                known = ", ".join(self._venues)
                raise InputError("venue", f"venue {quote(head)} is not known; known are {known}")
            if self._parts.get("venue", venue) != venue:
                raise InputError("venue", f"venue stands twice, as {self._parts['venue']} too")
            self._parts["venue"] = venue
            text = rest
        read_symbol(text)
        return text

    def _size(self, symbol: str) -> tuple[float | None, SizeUnit]:
        word = self._words.need("size", f"size is missing; a line reads like: {EXAMPLE}")
        if word.text.lower() == "risk" or "%" in word.text:
            self._parts["risk_fraction"] = self._risk(word)
            return None, SizeUnit.BASE
        size, unit = _read(word, "size", _size)
        following = self._words.peek().lower()
        if following in _SIZE_UNITS and not word.text.lower().endswith(tuple(_SIZE_UNITS)):
            self._words.take()
            return size, _SIZE_UNITS[following]
        if following == symbol.lower():
            self._words.take()
        return size, unit

    def _risk(self, word: _Word) -> float:
        """The fraction of `2% risk`, `2%risk` or `risk 2%`."""
        if word.text.lower() == "risk":
            word = self._words.need("size", "risk needs a share of the account, such as 2%")
        elif self._words.peek().lower() == "risk":
            self._words.take()
        elif not word.text.lower().endswith("risk"):
            message = (
                f"size {quote(word.text)} is a share of nothing; write 2% risk for a size that "
                "costs 2% of the account at the stop"
            )
            raise TradeLineError("size", message, word.start, word.end)
        return _read(word, "size", _risk_fraction)

    def _part(self, word: _Word) -> tuple[str, Any]:
        lowered = word.text.lower()
        if lowered in _MODES:
            return "margin_mode", _MODES[lowered]
        if lowered in _AMOUNTS:
            field, reader = _AMOUNTS[lowered]
            following = self._words.need(field, f"{word.text} needs a number after it")
            return field, _read(following, field, partial(reader, field=_NAMES[field]))
        if lowered.startswith("@") or lowered in _MARKET:
            return "entry_price", _read_entry(word, self._words)
        venue = venue_named(lowered, self._venues)
        if venue is not None:
            return "venue", venue
        return _read_leverage(word)


def _side(text: str) -> Side:
    side = _SIDES.get(text.lower())
    if side is None:
        raise InputError("side", f"side must be long or short, not {quote(text)}")
    return side


def _size(text: str) -> tuple[float, SizeUnit]:
    lowered = text.lower()
    for ending, unit in _SIZE_UNITS.items():
        if lowered.endswith(ending):
            return parse_size(text[: -len(ending)]), unit
    return parse_size(text), SizeUnit.BASE


def _risk_fraction(text: str) -> float:
    number = text.lower().removesuffix("risk").removesuffix("%")
    percent = parse_positive(number, "risk")
    if percent >= _MOST_RISK_PERCENT:
        raise InputError(
            "size", f"risk must be below {_MOST_RISK_PERCENT:g}% of the account, not {quote(text)}"
        )
    return scaled(percent, -2)


_MOST_RISK_PERCENT = 100.0


def _price(text: str) -> float | None:
    return None if text.lower() in _MARKET else parse_price(text, "entry price")


def _read_leverage(word: _Word) -> tuple[str, float]:
    leverage = _LEVERAGE.fullmatch(word.text)
    if leverage is not None:
        number = leverage["after"] or leverage["before"] or ""
        return "leverage", _read(word._replace(text=number), "leverage", _leverage)
    raise TradeLineError(
        "trade_line",
        f"{quote(word.text)} is not understood; after the size come {_ALLOWED}",
        word.start,
        word.end,
    )


def _read_entry(word: _Word, words: _Words) -> float | None:
    price = word._replace(text=word.text.removeprefix("@"))
    if not price.text:
        price = words.need("entry_price", "@ needs a price after it, or market")
    return _read(price, "entry_price", _price)


def _leverage(text: str) -> float:
    return parse_positive(text, "leverage")


def _check_complete(parts: Mapping[str, Any], end: int) -> None:
    if "entry_price" not in parts:
        message = "entry price is missing; write @ and a price, or market"
        raise TradeLineError("entry_price", message, end, end)
    mode = parts.get("margin_mode")
    if mode is None:
        message = "margin mode is missing; write iso or cross"
        raise TradeLineError("margin_mode", message, end, end)
    if mode is MarginMode.ISOLATED and "leverage" not in parts:
        message = "leverage is missing; iso needs it, such as x10"
        raise TradeLineError("leverage", message, end, end)
    if "risk_fraction" in parts and "stop_price" not in parts:
        message = "stop price is missing; a size by risk needs it, such as sl 62000"
        raise TradeLineError("stop_price", message, end, end)


def _check_exits(line: TradeLine, end: int) -> None:
    stop, target = line.stop_price, line.take_profit_price
    if stop is None or target is None or line.side * (target - stop) > 0.0:
        return
    place, side = ("below", "long") if line.side is Side.LONG else ("above", "short")
    message = (
        f"stop price {stop:.12g} must lie {place} take-profit price {target:.12g} for a {side}"
    )
    raise TradeLineError("stop_price", message, end, end)


_AMOUNTS: dict[str, tuple[str, Callable[..., float]]] = {
    "sl": ("stop_price", parse_price),
    "stop": ("stop_price", parse_price),
    "tp": ("take_profit_price", parse_price),
    "target": ("take_profit_price", parse_price),
    "+margin": ("extra_margin", parse_not_negative),
    "wallet": ("wallet_balance", parse_not_negative),
}
_NAMES = {
    "entry_price": "entry price",
    "leverage": "leverage",
    "margin_mode": "margin mode",
    "stop_price": "stop price",
    "take_profit_price": "take-profit price",
    "extra_margin": "extra margin",
    "wallet_balance": "wallet balance",
    "venue": "venue",
}
_ALLOWED = "@price or market, x10, iso or cross, sl, tp, +margin, wallet or a venue"
