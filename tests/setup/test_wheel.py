"""What `pipx install .` installs: both packages, all resources, both commands."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BUILT_FROM = ("dashboard", "widgets", "resources")
BUILD = """
import sys
from setuptools import build_meta
build_meta.build_wheel(sys.argv[1])
"""


def shipped(folder: Path) -> set[str]:
    """The files of a source folder that a wheel must hold, relative to the repository."""
    files = (file for file in folder.rglob("*") if file.is_file())
    return {str(f.relative_to(ROOT).as_posix()) for f in files if "__pycache__" not in f.parts}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """A wheel built from a copy, so that the repository stays clean."""
    source = tmp_path_factory.mktemp("source")
    for name in BUILT_FROM:
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, source / name, ignore=ignored)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    target = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-c", BUILD, str(target)]
    done = subprocess.run(command, cwd=source, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (file,) = target.iterdir()
    return zipfile.ZipFile(file)


def test_wheel_holds_the_program_and_its_resources_and_nothing_else(wheel: zipfile.ZipFile) -> None:
    expected = set().union(*(shipped(ROOT / name) for name in BUILT_FROM))
    found = {name for name in wheel.namelist() if ".dist-info/" not in name}
    assert found == expected


def test_wheel_has_both_commands(wheel: zipfile.ZipFile) -> None:
    (name,) = [name for name in wheel.namelist() if name.endswith("entry_points.txt")]
    assert wheel.read(name).decode().split() == [
        "[console_scripts]",
        "liqline",
        "=",
        "dashboard.__main__:main",
        "[gui_scripts]",
        "liqline-gui",
        "=",
        "dashboard.__main__:main",
    ]


def test_wheel_carries_the_licence(wheel: zipfile.ZipFile) -> None:
    assert any(name.endswith("licenses/LICENSE") for name in wheel.namelist())
