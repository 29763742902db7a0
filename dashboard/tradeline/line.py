"""The trade line: `long btc 0.5 @64200 x10 iso sl 62000 tp 68000`.

    side symbol size (@price | market) [xN] (iso | cross) [sl price] [tp price]
    [+margin amount] [wallet amount]

Side, symbol and size come first, in this order; the rest in any order, each once. The size is in
coins (0.5), quote currency (30k$) or contracts (120ct). Numbers are read by `number.py`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple, TypeVar

from dashboard.errors import InputError
from dashboard.market.account import MarginMode, Side, SizeUnit
from dashboard.tradeline.number import parse_not_negative, parse_positive, parse_size, quote
from dashboard.tradeline.symbol import read_symbol

T = TypeVar("T")

MAX_LINE_CHARACTERS = 300
EXAMPLE = "long btc 0.5 @64200 x10 iso sl 62000 tp 68000"

# Only plain blanks part words: prices copied from this program hold thin spaces.
_WORD = re.compile(r"[^ \t\r\n]+")
_LEVERAGE = re.compile(r"[xX×](?P<after>.*)|(?P<before>[^a-zA-Z]+)[xX×]")
_SIZE_UNITS = {
    "ct": SizeUnit.CONTRACTS,
    "$": SizeUnit.QUOTE,
    "usd": SizeUnit.QUOTE,
    "usdt": SizeUnit.QUOTE,
    "usdc": SizeUnit.QUOTE,
}
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

    `size` is positive and in `size_unit`; prices are in quote currency, `extra_margin` and
    `wallet_balance` in the settle currency.
    """

    side: Side
    symbol: str
    size: float
    size_unit: SizeUnit
    entry_price: float | None
    margin_mode: MarginMode
    leverage: float | None = None
    stop_price: float | None = None
    take_profit_price: float | None = None
    extra_margin: float = 0.0
    wallet_balance: float | None = None


class _Word(NamedTuple):
    text: str
    start: int
    end: int


def parse_trade_line(text: str) -> TradeLine:
    """The trade that `text` says; raises TradeLineError, which points at the wrong word."""
    if len(text) > MAX_LINE_CHARACTERS:
        raise TradeLineError(
            "trade_line",
            f"the trade line has {len(text)} characters; at most {MAX_LINE_CHARACTERS} are read",
            MAX_LINE_CHARACTERS,
            len(text),
        )
    words = _Words(text)
    side = _read_leading(words, "side", _side)
    symbol = _read_leading(words, "symbol", _symbol)
    size, size_unit = _read_leading(words, "size", _size)
    parts = _read_parts(words)
    _check_complete(parts, len(text))
    line = TradeLine(side=side, symbol=symbol, size=size, size_unit=size_unit, **parts)
    _check_exits(line, len(text))
    return line


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


def _read_leading(words: _Words, field: str, reader: Callable[[str], T]) -> T:
    word = words.need(field, f"{field} is missing; a line reads like: {EXAMPLE}")
    return _read(word, field, reader)


def _side(text: str) -> Side:
    side = _SIDES.get(text.lower())
    if side is None:
        raise InputError("side", f"side must be long or short, not {quote(text)}")
    return side


def _symbol(text: str) -> str:
    read_symbol(text)
    return text


def _size(text: str) -> tuple[float, SizeUnit]:
    lowered = text.lower()
    for ending, unit in _SIZE_UNITS.items():
        if lowered.endswith(ending):
            return parse_size(text[: -len(ending)]), unit
    return parse_size(text), SizeUnit.BASE


def _price(text: str) -> float | None:
    return None if text.lower() == "market" else parse_positive(text, "entry price")


def _read_parts(words: _Words) -> dict[str, Any]:
    """The values of all words after the size, by field of TradeLine."""
    parts: dict[str, Any] = {}
    while (word := words.take()) is not None:
        field, value = _read_part(word, words)
        if field in parts:
            name = _NAMES[field]
            message = f"{name} stands twice, the second time as {quote(word.text)}; write it once"
            raise TradeLineError(field, message, word.start, word.end)
        parts[field] = value
    return parts


def _read_part(word: _Word, words: _Words) -> tuple[str, Any]:
    lowered = word.text.lower()
    if lowered in _MODES:
        return "margin_mode", _MODES[lowered]
    if lowered in _AMOUNTS:
        field, reader = _AMOUNTS[lowered]
        lack = f"{word.text} needs a number after it"
        return field, _read(words.need(field, lack), field, partial(reader, field=_NAMES[field]))
    if lowered.startswith("@") or lowered == "market":
        return "entry_price", _read_entry(word, words)
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


def _check_exits(line: TradeLine, end: int) -> None:
    stop, target = line.stop_price, line.take_profit_price
    if stop is None or target is None or line.side * (target - stop) > 0.0:
        return
    place, side = ("below", "long") if line.side is Side.LONG else ("above", "short")
    message = f"stop price {stop:g} must lie {place} take-profit price {target:g} for a {side}"
    raise TradeLineError("stop_price", message, end, end)


_AMOUNTS: dict[str, tuple[str, Callable[..., float]]] = {
    "sl": ("stop_price", parse_positive),
    "tp": ("take_profit_price", parse_positive),
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
}
_ALLOWED = "@price or market, x10, iso or cross, sl, tp, +margin, wallet"
