"""run.py's installation takes the pins as they are, whatever newer releases there are by now."""

from __future__ import annotations

import hashlib
import subprocess
import venv
import zipfile
from pathlib import Path

import pytest

import run


def write_wheel(folder: Path, name: str, version: str, *lines: str) -> str:
    """Write a wheel that holds nothing but its metadata; returns its pin with its hash."""
    path = folder / f"{name}-{version}-py3-none-any.whl"
    info = f"{name}-{version}.dist-info"
    metadata = "\n".join(["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}", *lines])
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr(f"{info}/METADATA", metadata + "\n")
        wheel.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        wheel.writestr(f"{info}/RECORD", f"{info}/METADATA,,\n{info}/WHEEL,,\n{info}/RECORD,,\n")
    return f"{name}=={version} --hash=sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"


def test_newer_release_of_a_dependency_with_an_extra_is_not_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf = tmp_path / "shelf"
    shelf.mkdir()
    pins = [
        write_wheel(shelf, "upper", "1.0", "Requires-Dist: lower[extra]>=1.0"),
        write_wheel(shelf, "lower", "1.0", "Provides-Extra: extra"),
    ]
    write_wheel(shelf, "lower", "2.0", "Provides-Extra: extra")
    file = tmp_path / "requirements.txt"
    file.write_text("\n".join(pins), encoding="utf-8")
    monkeypatch.setattr(run, "VENV", tmp_path / "venv")
    monkeypatch.setattr(
        run, "PYTHON", tmp_path / "venv" / run.PYTHON.relative_to(run.ROOT / ".venv")
    )
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(shelf))
    monkeypatch.setenv("PIP_CONFIG_FILE", str(tmp_path / "no-such-file"))
    venv.create(run.VENV, with_pip=True)
    run.install_packages(file)
    command = [str(run.PYTHON), "-m", "pip", "list", "--format=freeze"]
    listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert {"upper==1.0", "lower==1.0"} <= set(listed.splitlines())
