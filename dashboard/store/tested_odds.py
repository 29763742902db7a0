"""The bundled figures of how the odds did in a test on the past of other coins."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from dashboard.risk.odds.cells import Cell

FILE = "odds/tested.json"


class TestedOdds(NamedTuple):
    """Counts as in the scorecard, of no contract, side or distance, and what they are from."""

    cells: tuple[Cell, ...]
    source: str


@cache
def load_tested() -> TestedOdds:
    """The figures that `tools.make_tested_odds` wrote."""
    data = json.loads((files("resources") / FILE).read_text(encoding="utf-8"))
    cells = (
        Cell("", "", hours, "", 0, number, cases, said, touched, squares)
        for hours, number, cases, said, touched, squares in data["cells"]
    )
    return TestedOdds(tuple(cell for cell in cells if cell.cases), data["source"])
