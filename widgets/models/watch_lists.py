"""Watch-lists as text: a CSV file of venue and symbol, and back."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from dashboard.errors import InputError
from dashboard.market.instrument import InstrumentKey
from dashboard.tradeline.number import quote

MOST_ROWS = 2_000
MOST_BYTES = 1_000_000
_HEADER = ["venue", "symbol"]


def to_csv(keys: Iterable[InstrumentKey]) -> str:
    """A line per contract under a header; venues and ccxt symbols need no quoting."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(_HEADER)
    writer.writerows(keys)
    return out.getvalue()


def from_csv(text: str) -> tuple[InstrumentKey, ...]:
    """The contracts of such a text, each once.

    Raises InputError where a line is not a venue and a symbol, with the number of the line.
    """
    if len(text) > MOST_BYTES:
        raise InputError("file", f"the file is larger than {MOST_BYTES // 1000} kB")
    keys: list[InstrumentKey] = []
    for number, row in enumerate(csv.reader(io.StringIO(text)), start=1):
        cells = [cell.strip() for cell in row]
        if not any(cells) or [cell.lower() for cell in cells] == _HEADER:
            continue
        if len(cells) != 2 or not all(cells) or not all(cell.isprintable() for cell in cells):
            raise InputError(
                "file",
                f"line {number}: a venue and a symbol are wanted, not {quote(','.join(row))}",
            )
        keys.append(InstrumentKey(cells[0].lower(), cells[1]))
        if len(keys) > MOST_ROWS:
            raise InputError("file", f"the file has more than {MOST_ROWS} contracts")
    return tuple(dict.fromkeys(keys))
