"""The broken inputs of tests/faults/fuzz.py, led by what code they reach: its `--engine atheris`.

A process a target, since libFuzzer never gives its process back. Each begins with the seeds of the
target, keeps every input that reaches new lines of `dashboard`, and changes what it kept: half of
the time as `Mutants` does, so that the structure of rows and JSON stays, else byte by byte. Called
by the parent as `python -m tests.faults.guided NAME TIMES SEED FOLDER`; finds are pickled into
FOLDER, which the parent made and alone reads, and judged again there without the slow instruments.
"""

from __future__ import annotations

import importlib.util
import json
import os
import pickle
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.faults.fuzz import Find, Target
    from tests.faults.mutants import Mutants

ROOT = Path(__file__).resolve().parents[2]
LONGEST_INPUT_BYTES = 100_000
FEWEST = 2_000
"""Of each target: less than that leads nowhere."""
FINDS = "finds"
ABSENT = "--engine atheris needs the package atheris 3 (Python 3.11 to 3.13 on Linux or macOS)."
_STATE = re.compile(r"#(\d+)\s.*?cov: (\d+) ft: (\d+) corp: (\d+)")


def is_there() -> bool:
    """Whether atheris is installed; nothing of the check needs it."""
    return importlib.util.find_spec("atheris") is not None


def to_bytes(given: Any) -> bytes:
    """An input as libFuzzer keeps it: a text, bytes, or a decoded answer."""
    if isinstance(given, bytes):
        return given
    if isinstance(given, str):
        return given.encode("utf-8", "surrogatepass")
    return json.dumps(given).encode()


def from_bytes(data: bytes, like: Any) -> Any:
    """What `to_bytes` made of a seed `like` this; ValueError where that is no JSON."""
    if isinstance(like, bytes):
        return data
    if not isinstance(like, str):
        return json.loads(data)
    try:
        return data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return data.decode("utf-8", "replace")


def lead(target: Target, times: int, seed: int, folder: Path) -> tuple[str, list[Find]]:
    """Give `target` so many inputs in a process of its own; what it reached, and its finds."""
    from tests.faults import fuzz

    command = [sys.executable, "-m", "tests.faults.guided"]
    done = subprocess.run(
        [*command, target.name, str(times), str(seed), str(folder)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path[1:])},
        capture_output=True,
        text=True,
        errors="replace",
    )
    states = _STATE.findall(done.stderr)
    if done.returncode not in (0, 77) or not states:
        return done.stderr[-2_000:], [fuzz.Find(target.name, None, "the engine broke")]
    made, lines, features, kept = states[-1]
    found = folder / FINDS
    candidates = pickle.loads(found.read_bytes()) if found.exists() else []  # noqa: S301 (ours)
    found.unlink(missing_ok=True)
    finds = [find for given in candidates if (find := fuzz.judged(target, given))]
    return f"{int(made):,} inputs, {lines} branches, {features} features, {kept} kept", finds[:1]


class Led:
    """What libFuzzer calls: with an input to read, and to have one changed."""

    def __init__(
        self, target: Target, folder: Path, judged: Callable[[Target, Any], Find | None]
    ) -> None:
        self._target = target
        self._like = target.seeds[0]
        self._found = folder / FINDS
        self._judged = judged
        self._candidates: list[Any] = []

    def read(self, data: bytes) -> None:
        """Judge one input; the first that breaks a parser is kept and ends the run."""
        try:
            given = from_bytes(data, self._like)
        except (ValueError, RecursionError):
            return
        find = self._judged(self._target, given)
        if find is None:
            return
        self._candidates.append(given)
        self._found.write_bytes(pickle.dumps(self._candidates[-50:]))
        if not find.what.startswith("took"):
            raise RuntimeError(find.what)

    def change(
        self, data: bytes, most: int, mutants: Mutants, by_byte: Callable[[bytes, int], bytes]
    ) -> bytes:
        """Another input made of `data`, of at most so many bytes."""
        if mutants.dice.random() < 0.5:
            return by_byte(data, most)
        try:
            given = from_bytes(data, self._like)
        except (ValueError, RecursionError):
            return by_byte(data, most)
        others = [given, given, self._target.seeds[mutants.dice.randrange(len(self._target.seeds))]]
        return to_bytes(self._target.change(mutants, others))[:most]


def main() -> None:
    """One target in this process; libFuzzer ends it."""
    import atheris

    name, times, seed, folder = sys.argv[1], sys.argv[2], sys.argv[3], Path(sys.argv[4])
    with atheris.instrument_imports(include=["dashboard", "widgets"]):
        from tests.faults import fuzz
        from tests.faults.mutants import Mutants

    corpus = folder / "corpus"
    corpus.mkdir(exist_ok=True)
    target = next(one for one in fuzz.targets(folder) if one.name == name)
    for at, given in enumerate(target.seeds):
        (corpus / str(at)).write_bytes(to_bytes(given))
    led = Led(target, folder, fuzz.judged)

    def change(data: bytes, most: int, dice: int) -> bytes:
        return led.change(data, most, Mutants(dice), atheris.Mutate)

    options = [f"-runs={times}", f"-seed={seed}", f"-max_len={LONGEST_INPUT_BYTES}"]
    quiet = ["-timeout=30", "-rss_limit_mb=4096", f"-artifact_prefix={folder}/", "-verbosity=1"]
    atheris.Setup([sys.argv[0], *options, *quiet, str(corpus)], led.read, custom_mutator=change)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
