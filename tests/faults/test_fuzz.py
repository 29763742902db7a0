"""A few thousand broken inputs; `python -m tests.faults.fuzz` gives a million."""

from __future__ import annotations

from tests.faults import fuzz
from tests.faults.mutants import Mutants


def test_no_parser_breaks_hangs_or_lets_nan_out() -> None:
    assert fuzz.run(4_000, seed=8) == []


def test_a_find_is_found() -> None:
    def breaks(text: str) -> float:
        if "x" in text:
            raise ZeroDivisionError
        return float("nan") if "@" in text else 1.0

    target = fuzz.Target("planted", 1.0, lambda mutants: mutants.text(["ax", "b@", "c"]), breaks)
    finds = {find.what for _ in range(50) if (find := fuzz.judged(target, target.make(DICE)))}
    assert finds == {"ZeroDivisionError: ", "NaN came out"}


DICE = Mutants(3)
