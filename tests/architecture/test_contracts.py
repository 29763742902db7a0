"""The import contracts of pyproject.toml catch each kind of violation, seen on planted ones."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = Path(sys.executable).parent

# Which contract breaks, by the start of its name, at which line planted in which new module.
PLANTED = {
    "dashboard.market.planted -> dashboard.store": "import dashboard.store",
    "dashboard.venues.planted -> dashboard.replay": "import dashboard.replay",
    "dashboard.store.planted -> widgets.theme": "import widgets.theme",
    "widgets.models.planted -> widgets.panels": "import widgets.panels",
    "widgets.panels.planted_too -> widgets.feed_link": "import widgets.feed_link",
    "dashboard.risk.planted -> logging": "import logging",
    "dashboard.tradeline.planted -> asyncio": "def later():\n    import asyncio",
    "dashboard.replay.planted -> PySide6": "from PySide6.QtCore import QObject",
    "dashboard.feed.planted -> ccxt": "import ccxt.async_support",
    "widgets.charts.planted -> pandas": "def later():\n    import pandas",
    "widgets.dialogs.planted -> dashboard.venues": "import dashboard.venues",
    "widgets.panels.planted -> dashboard.feed.poller": "from dashboard.feed import poller",
}
CONTRACTS = (
    "In dashboard each layer imports only those below it",
    "widgets import dashboard, never the other way",
    "In widgets: app, window, panels",
    "market, risk, tradeline, signals and alerts are pure",
    "dashboard runs without Qt",
    "ccxt is imported by dashboard.venues alone",
    "The window's process never asks a venue",
)


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    """Check the contracts on the copy in `folder`."""
    environment = os.environ | {"COLUMNS": "300", "PYTHONPATH": str(folder)}
    command = [str(SCRIPTS / "lint-imports"), "--no-logo", "--no-cache"]
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, encoding="utf-8"
    )


def copy_of_the_code(folder: Path) -> Path:
    """The two packages and their contracts, to be spoilt."""
    for package in ("dashboard", "widgets"):
        shutil.copytree(
            ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__")
        )
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


@pytest.fixture(scope="module")
def verdict(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What import-linter says about a copy with every violation planted in it."""
    folder = copy_of_the_code(tmp_path_factory.mktemp("spoilt"))
    for violation, code in PLANTED.items():
        module = violation.split(" -> ")[0]
        (folder / (module.replace(".", "/") + ".py")).write_text(code + "\n", encoding="utf-8")
    done = lint_imports(folder)
    assert done.returncode == 1
    return done.stdout


@pytest.mark.parametrize("violation", PLANTED)
def test_planted_import_is_caught(verdict: str, violation: str) -> None:
    assert f"{violation} (l." in verdict


@pytest.mark.parametrize("contract", CONTRACTS)
def test_every_contract_can_break(verdict: str, contract: str) -> None:
    judged = [line for line in verdict.splitlines() if line.startswith(contract)]
    assert " BROKEN" in judged[0]


def test_room_that_is_not_in_the_plan_is_caught(tmp_path: Path) -> None:
    folder = copy_of_the_code(tmp_path)
    (folder / "dashboard" / "helpers.py").touch()
    assert "dashboard.helpers" in lint_imports(folder).stdout


def test_ccxt_at_module_level_is_caught(tmp_path: Path) -> None:
    planted = tmp_path / "dashboard" / "venues" / "planted.py"
    planted.parent.mkdir(parents=True)
    planted.write_text('"""Planted."""\n\nimport ccxt.async_support as ccxt\n\nccxt.okx()\n')
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    done = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "--no-cache", "."],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert "TID253" in done.stdout
