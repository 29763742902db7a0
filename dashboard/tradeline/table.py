"""Pasted text as a table: rows of cells, split by tabs, by a CSV delimiter or by wide gaps."""

from __future__ import annotations

import csv
import io
import re
from typing import NamedTuple

MAX_CHARACTERS = 200_000
MAX_ROWS = 500
_WIDE_GAP = re.compile(r" {2,}|\t")
_ENDS = re.compile(r"\r\n|[\n\r\x0b\x0c\x85\u2028\u2029]")
_GROUPED = re.compile(r"(?<![\d.,])[1-9]\d{0,2}(?:,\d{3})+(?:\.\d+)?(?![\d.,])")
_DECIMAL_COMMA = re.compile(r"(?<![\d.,])\d+,(?!\d{3}(?!\d))\d+(?![\d.,])|\d\.\d{3},\d")


class Row(NamedTuple):
    """One line of pasted text: its number from 1, the text as it was, its cells without margins."""

    number: int
    text: str
    cells: tuple[str, ...]


def split_table(text: str) -> list[Row]:
    """The rows of `text` that hold anything, MAX_ROWS at most."""
    numbered = enumerate(lines_of(text), start=1)
    lines = [(number, line) for number, line in numbered if line.strip()][:MAX_ROWS]
    delimiter = _delimiter([line for _, line in lines])
    return [Row(number, line.strip(), _cells(line, delimiter)) for number, line in lines]


def lines_of(text: str) -> list[str]:
    """The lines of `text` as they are numbered, up to MAX_CHARACTERS."""
    return _ENDS.split(text[:MAX_CHARACTERS])


def commas_group(text: str) -> bool:
    """Whether the commas of `text` set thousands apart, as some number in it shows.

    Exchanges write 64,200.50; a lone 64,200 beside such a number is then no decimal.
    """
    grouped = [m[0] for m in _GROUPED.finditer(text[:MAX_CHARACTERS])]
    shown = any("." in number or number.count(",") > 1 for number in grouped)
    return shown and _DECIMAL_COMMA.search(text[:MAX_CHARACTERS]) is None


def _delimiter(lines: list[str]) -> str:
    """The tab, or the CSV delimiter that all rows hold; "" for wide gaps."""
    if any("\t" in line.strip() for line in lines):
        return "\t"
    if all(len(_WIDE_GAP.findall(line.strip())) >= _LEAST_DELIMITERS for line in lines):
        return ""
    for delimiter in (";", ","):
        counts = [len(_split(line, delimiter)) - 1 for line in lines]
        if counts and min(counts) >= _LEAST_DELIMITERS:
            return delimiter
    return ""


_LEAST_DELIMITERS = 2
"""A position is a symbol, a size and a price at least."""


def _cells(line: str, delimiter: str) -> tuple[str, ...]:
    parts = _split(line, delimiter) if delimiter else _WIDE_GAP.split(line.strip())
    return tuple(part.strip() for part in parts)


def _split(line: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader(io.StringIO(line), delimiter=delimiter), [])
    except csv.Error:
        return line.split(delimiter)
