"""What the documents say is there: files they link to, rooms they name, lines they show."""

from __future__ import annotations

import argparse
import importlib
import re
import shlex
from pathlib import Path

import pytest

from dashboard import cli

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md")
README = (ROOT / "README.md").read_text(encoding="utf-8")
LINES = re.findall(r"^\| `liqline ?([^`]*)`", README, flags=re.MULTILINE)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_linked_files_exist(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    linked = re.findall(r"\]\((?!https?:)([^)#]+)\)", text)
    assert [path for path in linked if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("line", LINES)
def test_shown_line_is_understood(line: str) -> None:
    words = shlex.split(line)
    if words and words[0] in cli.COMMANDS:
        parser = argparse.ArgumentParser()
        module = importlib.import_module(cli.COMMANDS[words[0]].module)
        module.add_parser(parser.add_subparsers())
        parser.parse_args(words)
    else:
        cli.window_parser().parse_args(words)


def test_every_command_is_shown() -> None:
    shown = {shlex.split(line)[0] for line in LINES if line}
    assert {name for name, command in cli.COMMANDS.items() if not command.hidden} <= shown


def test_every_room_is_on_the_plan() -> None:
    plan = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    rooms = {path.parent.name for path in (ROOT / "dashboard").glob("*/__init__.py")}
    named = set(re.findall(r"^\| `dashboard/(\w+)`", plan, flags=re.MULTILINE))
    assert rooms == named
