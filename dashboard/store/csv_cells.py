"""Text in cells of CSV files, kept from being a formula, and the lines of such files."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from dashboard.errors import InputError

_TRIGGERS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠", "'")
LINE_END = "\r\n"


def text_cell(text: str) -> str:
    """A text as a cell; what a spreadsheet could take for a formula has an apostrophe before it.

    An empty text is an apostrophe alone, so that it is not taken for a missing one.
    """
    return f"'{text}" if text.startswith(_TRIGGERS) or text == "" else text


def read_text_cell(cell: str) -> str:
    """The text of such a cell."""
    return cell.removeprefix("'")


def written(lines: Iterable[Sequence[str]]) -> str:
    """The lines as CSV."""
    out = io.StringIO()
    csv.writer(out, lineterminator=LINE_END).writerows(lines)
    return out.getvalue()


def lines_under(header: Sequence[str], text: str, what: str) -> list[tuple[int, list[str]]]:
    """The lines below `header` with their numbers, empty ones left out.

    Raises InputError where the text is no CSV or its first line names other columns than those of
    `what`, and where a line has another number of cells.
    """
    try:
        lines = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error as error:
        raise InputError("file", f"the file is no CSV: {error}") from error
    if not lines or lines[0] != list(header):
        raise InputError("file", f"the first line does not name the columns of {what}")
    found = [(number, line) for number, line in enumerate(lines[1:], start=2) if line]
    for number, line in found:
        if len(line) != len(header):
            raise InputError(
                "file", f"line {number} has {len(line)} cells; {len(header)} are allowed"
            )
    return found


def refuse_halves(text: str) -> None:
    """Raise InputError where `text` has half a character, which no file and no store can hold."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise InputError("file", f"character {error.start + 1} is half of one") from error
