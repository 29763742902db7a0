"""docs/faults.md names tests that are there, and every row of the catalogue once."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.faults.kinds import KINDS

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "faults.md").read_text(encoding="utf-8")
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", TEXT)))
CATALOGUE = [
    *(f"N{row}" for row in range(1, 25)),
    *(f"T{row}" for row in range(1, 8)),
    *(f"S{row}" for row in range(1, 11)),
    *(f"U{row}" for row in range(1, 14)),
]


@pytest.mark.parametrize(("file", "test"), NAMED)
def test_every_named_test_is_there(file: str, test: str) -> None:
    source = (ROOT / file).read_text(encoding="utf-8")
    assert re.search(rf"^\s*(?:async )?def {test}\(", source, re.MULTILINE), f"{file}::{test}"


def test_every_row_of_the_catalogue_has_its_place() -> None:
    rows = set(re.findall(r"^\| ([NTSU]\d+) \|", TEXT, re.MULTILINE))
    assert rows == set(CATALOGUE)


def test_every_fault_of_the_proxy_is_of_a_row() -> None:
    assert {kind.row for kind in KINDS} <= set(CATALOGUE)
    assert len({kind.name for kind in KINDS}) == len(KINDS)


def test_every_row_of_the_catalogue_names_a_test() -> None:
    assert set(re.findall(r"^\| ([NTSU]\d+) \|.*::test_", TEXT, re.MULTILINE)) == set(CATALOGUE)
