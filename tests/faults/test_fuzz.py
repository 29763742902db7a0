"""A few thousand broken inputs; `python -m tests.faults.fuzz` gives a million."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import pytest

from tests.faults import fuzz, guided
from tests.faults.mutants import Mutants


def test_no_parser_breaks_hangs_or_lets_nan_out() -> None:
    assert fuzz.run(8_000, seed=8) == []


def breaks(text: str) -> float:
    """A parser with two faults."""
    if "x" in text:
        raise ZeroDivisionError
    return float("nan") if "@" in text else 1.0


PLANTED = fuzz.Target("planted", 1.0, Mutants.text, ["ax", "b@", "c"], breaks)


def test_a_find_is_found() -> None:
    dice = Mutants(3)
    made = [PLANTED.change(dice, PLANTED.seeds) for _ in range(50)]
    finds = {find.what for given in made if (find := fuzz.judged(PLANTED, given))}
    assert finds == {"ZeroDivisionError: ", "NaN came out"}


def test_a_find_of_the_led_ends_the_run_and_is_kept(tmp_path: Path) -> None:
    led = guided.Led(PLANTED, tmp_path, fuzz.judged)
    led.read(b"quiet")
    with pytest.raises(RuntimeError, match="NaN came out"):
        led.read(b"b@")
    assert pickle.loads((tmp_path / guided.FINDS).read_bytes()) == ["b@"]  # noqa: S301 (ours)


@pytest.mark.parametrize("given", ["\ud800 é", b"\x00\xff", [{"a": [1.5, None, 10**400]}]])
def test_an_input_stands_its_way_through_the_engine(given: Any) -> None:
    assert guided.from_bytes(guided.to_bytes(given), given) == given


def test_what_is_led_stays_readable_and_within_its_length(tmp_path: Path) -> None:
    answers = [{"price": "1.5", "rows": [[1, 2], [3, 4]]}]
    target = fuzz.Target("planted", 1.0, Mutants.answer, [answers], lambda _: None)
    led, dice, made = guided.Led(target, tmp_path, fuzz.judged), Mutants(3), set()
    for _ in range(60):
        changed = led.change(guided.to_bytes(answers), 400, dice, lambda data, most: data[:most])
        assert len(changed) <= 400
        made.add(changed)
    assert len(made) > 10


def test_without_the_engine_a_sentence_says_what_is_missing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(guided, "is_there", lambda: False)
    monkeypatch.setattr("sys.argv", ["fuzz", "--engine", "atheris"])
    with pytest.raises(SystemExit):
        fuzz.main()
    assert guided.ABSENT in capsys.readouterr().err


@pytest.mark.skipif(not guided.is_there(), reason="atheris is not installed")
def test_the_engine_reaches_further_than_the_seeds(tmp_path: Path) -> None:
    number = next(one for one in fuzz.targets(tmp_path) if one.name == "number")
    reached, finds = guided.lead(number, 2_000, 8, tmp_path)
    assert finds == []
    assert int(reached.split()[-2]) > len(number.seeds)
