"""Rules of the source text that no linter knows, each seen to catch a planted line."""

from __future__ import annotations

import re
import subprocess
import sys
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("dashboard", "widgets", "resources", "tests", "tools")

# Venues list contracts under Chinese names, which nobody takes for Latin.
OWN_LETTERS = ("LATIN ", "CJK ")

# A rule's pattern, where it holds, and the one file that is free of it.
ONLY_IN_ONE_PLACE = {
    "colour": (
        r"""["']#[0-9a-fA-F]{3,8}["']|\bQColor\(\s*["'\d]|\bmkColor\(\s*["'\d]""",
        "theme.py",
    ),
    "style sheet": (r"\.setStyleSheet\(", "theme.py"),
    "rich text label": (r"\bQLabel\(", "plain.py"),
    "locale number field": (r"\bQ(Double)?SpinBox\(", ""),
}
PLANTED = {
    "colour": 'pen = "#ff0000"',
    "style sheet": "self.setStyleSheet(text)",
    "rich text label": "label = QLabel(name)",
    "locale number field": "field = QDoubleSpinBox()",
}


def breaches(rule: str, text: str) -> list[str]:
    """The lines of `text` that break a rule of ONLY_IN_ONE_PLACE."""
    return [line for line in text.splitlines() if re.search(ONLY_IN_ONE_PLACE[rule][0], line)]


def disguised(text: str) -> list[str]:
    """Characters that read as something else: invisible ones, and letters that look Latin."""
    return [char for char in set(text) if not char.isascii() and _is_disguised(char)]


def _is_disguised(char: str) -> bool:
    category = unicodedata.category(char)
    may_look_latin = category[0] == "L" and not unicodedata.name(char).startswith(OWN_LETTERS)
    return may_look_latin or category in {"Cf", "Co", "Cn", "Cc"}


def python_files(*folders: str) -> Iterator[Path]:
    """Every Python file under these folders of the repository."""
    for folder in folders:
        yield from (ROOT / folder).rglob("*.py")


@pytest.mark.parametrize("rule", ONLY_IN_ONE_PLACE)
def test_each_thing_stands_in_its_one_place(rule: str) -> None:
    home = ONLY_IN_ONE_PLACE[rule][1]
    found = {
        str(file.relative_to(ROOT)): lines
        for file in python_files("widgets")
        if file.name != home and (lines := breaches(rule, file.read_text(encoding="utf-8")))
    }
    assert not found


@pytest.mark.parametrize("rule", PLANTED)
def test_planted_line_is_caught(rule: str) -> None:
    assert breaches(rule, PLANTED[rule])


def test_source_holds_no_disguised_character() -> None:
    texts = {file: file.read_text(encoding="utf-8") for file in python_files(*FOLDERS)}
    found = {
        str(file.relative_to(ROOT)): found
        for file, text in texts.items()
        if (found := disguised(text))
    }
    assert not found


@pytest.mark.parametrize("codepoint", [0x202E, 0x2066, 0x200B, 0x0430, 0x03BF, 0x00AD])
def test_planted_character_is_caught(codepoint: int) -> None:
    assert disguised(f"risk{chr(codepoint)}") == [chr(codepoint)]


@pytest.mark.parametrize("text", ["−1.5 × 10³ ≥ 4:1 …", "▲▼ “plain” – text", "thin\u2009space"])
def test_typography_is_no_disguise(text: str) -> None:
    assert not disguised(text)


UNSAFE = {
    "S301": "import pickle\n\nVALUE = pickle.loads(b'')\n",
    "S307": "VALUE = eval('1')\n",
    "S602": "import subprocess\n\nsubprocess.run('ls', shell=True, check=True)\n",
    "S501": "import requests\n\nrequests.get('https://x.invalid', verify=False, timeout=1)\n",
}


@pytest.mark.parametrize("rule", UNSAFE)
@pytest.mark.parametrize("file", ["dashboard/planted.py", "tests/planted.py", "run.py"])
def test_lint_finds_what_bandit_would(rule: str, file: str) -> None:
    command = [sys.executable, "-m", "ruff", "check", "--quiet", "--output-format=concise"]
    found = subprocess.run(
        [*command, "--stdin-filename", file, "-"],
        input=UNSAFE[rule],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert f" {rule} " in found.stdout, found.stdout + found.stderr
