"""The pins: every package once per marker, each with hashes, no address, the faulty Qt left out."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
FILES = ("requirements.txt", "requirements-test.txt")


def pins(file: str) -> dict[Requirement, int]:
    """Each pinned requirement of a file with its number of hashes."""
    text = (ROOT / file).read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    split = [line.split(" --hash=sha256:") for line in lines]
    return {Requirement(parts[0]): len(parts) - 1 for parts in split}


def test_pins_carry_no_address_and_no_option() -> None:
    for file in FILES:
        lines = (ROOT / file).read_text(encoding="utf-8").splitlines()
        allowed = r"#.*|[a-z0-9-]+==\S+( ; [^/:]+)? \\|    --hash=sha256:[0-9a-f]{64}( \\)?"
        assert [line for line in lines if not re.fullmatch(allowed, line)] == []
        assert "//" not in "".join(lines)


@pytest.mark.parametrize("file", FILES)
def test_every_pin_has_a_hash(file: str) -> None:
    assert min(pins(file).values()) > 0


def test_test_pins_hold_the_program_at_the_same_versions() -> None:
    assert {str(pin) for pin in pins("requirements.txt")} <= {
        str(pin) for pin in pins("requirements-test.txt")
    }


@pytest.mark.parametrize("python_version", ["3.11", "3.12", "3.13", "3.14"])
@pytest.mark.parametrize("system", ["linux", "darwin", "win32"])
def test_pins_fulfil_what_the_project_asks_for(python_version: str, system: str) -> None:
    machine = {"linux": "x86_64", "darwin": "arm64", "win32": "AMD64"}[system]
    target = {
        "python_version": python_version,
        "python_full_version": f"{python_version}.0",
        "sys_platform": system,
        "platform_machine": machine,
        "implementation_name": "cpython",
    }
    chosen = {
        pin.name.lower(): next(iter(pin.specifier)).version
        for pin in pins("requirements-test.txt")
        if pin.marker is None or pin.marker.evaluate(target)
    }
    asked = PROJECT["dependencies"] + PROJECT["optional-dependencies"]["test"]
    for requirement in map(Requirement, asked):
        assert requirement.specifier.contains(chosen[requirement.name.lower()]), requirement


def test_faulty_qt_is_ruled_out() -> None:
    asked = [Requirement(text) for text in PROJECT["dependencies"]]
    (qt,) = [requirement for requirement in asked if requirement.name == "PySide6-Essentials"]
    assert not qt.specifier.contains("6.12.0")
    assert qt.specifier.contains("6.11.3")
