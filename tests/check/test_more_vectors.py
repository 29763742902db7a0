"""Further prices that venues reported or that others publish, through `liqline check --json`.

more_vectors.json has the inputs as a line of the command takes them, with the source of each. All
were gathered apart from the rules, which were not fitted to them. Agreement is to one tick or one
basis point, whichever is larger. `account` are the twelve positions of one recorded wallet.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.check.lines import answer

HELD = json.loads(Path(__file__).with_name("more_vectors.json").read_text("utf-8"))
VECTORS: list[dict[str, Any]] = HELD["vectors"]
ONE_BASIS_POINT = 1e-4


def line_of(vector: dict[str, Any]) -> dict[str, Any]:
    """The line to ask; a position of the recorded account stands beside the eleven others."""
    line: dict[str, Any] = vector["line"]
    if not vector.get("in_account"):
        return line
    others = list(HELD["account"])
    (own,) = (held for held in others if held["symbol"] == line["symbol"])
    others.remove(own)
    return {**own, **line, "other_positions": others}


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_vector(vector: dict[str, Any]) -> None:
    said = answer(line_of(vector))
    expected = vector["expected"]
    if expected is None:
        assert said["liquidation_status"] == "none"
        return
    price = said[vector.get("figure", "liquidation_price")]
    assert price == pytest.approx(expected, rel=ONE_BASIS_POINT, abs=vector["tick"])


def test_no_vector_is_there_twice() -> None:
    assert len({vector["name"] for vector in VECTORS}) == len(VECTORS) >= 60
