"""The pins: every package once per marker, each with hashes, no address, the faulty Qt left out."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

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
    extras = PROJECT["optional-dependencies"]
    asked = PROJECT["dependencies"] + extras["desk"] + extras["test"]
    assert PROJECT["name"] + "[desk]" in asked
    for requirement in map(Requirement, asked):
        if requirement.name == PROJECT["name"]:
            continue
        assert requirement.specifier.contains(chosen[requirement.name.lower()]), requirement


@pytest.mark.parametrize("file", FILES)
def test_pins_name_all_that_is_needed_since_pip_looks_for_nothing_else(file: str) -> None:
    here = [pin for pin in pins(file) if pin.marker is None or pin.marker.evaluate()]
    chosen = {canonicalize_name(pin.name): next(iter(pin.specifier)).version for pin in here}
    extras = {name: {""} for name in chosen}
    waiting = [Requirement(name) for name in chosen]
    while waiting:
        asked = waiting.pop()
        name = canonicalize_name(asked.name)
        assert name in chosen, f"{asked} has no pin in {file}"
        assert asked.specifier.contains(chosen[name]), asked
        for text in _requirements_of(name):
            need = Requirement(text)
            wanted = extras[name] | asked.extras
            if need.marker is None or any(need.marker.evaluate({"extra": e}) for e in wanted):
                known = extras.get(canonicalize_name(need.name), set())
                if not need.extras <= known or canonicalize_name(need.name) not in chosen:
                    waiting.append(need)
                known |= need.extras


def _requirements_of(name: str) -> list[str]:
    try:
        return distribution(name).requires or []
    except PackageNotFoundError:
        pytest.fail(f"{name} is pinned for this machine, but run.py did not install it")


def test_faulty_qt_is_ruled_out() -> None:
    asked = [Requirement(text) for text in PROJECT["dependencies"]]
    (qt,) = [requirement for requirement in asked if requirement.name == "PySide6-Essentials"]
    assert not qt.specifier.contains("6.12.0")
    assert qt.specifier.contains("6.11.3")
