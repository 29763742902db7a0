"""run.py's installation takes the pins as they are: their releases, and files with their hashes."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import venv
import zipfile
from pathlib import Path
from typing import NamedTuple

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


class Wheel(NamedTuple):
    """Where a wheel lies, where it would go, and the file with its pin."""

    shelf: Path
    taken: Path
    pins: Path


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


@pytest.fixture
def wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Wheel:
    """A wheel and its pin, which run.py would install into `taken`."""
    made = Wheel(tmp_path / "shelf", tmp_path / "taken", tmp_path / "requirements.txt")
    made.shelf.mkdir()
    made.pins.write_text(write_wheel(made.shelf, "upper", "1.0"), encoding="utf-8")
    monkeypatch.setattr(run, "VENV", made.taken)
    monkeypatch.setattr(run, "PYTHON", Path(sys.executable))
    monkeypatch.setenv("PIP_TARGET", str(made.taken))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(made.shelf))
    monkeypatch.setenv("PIP_CONFIG_FILE", str(tmp_path / "no-such-file"))
    return made


def test_file_with_the_hash_of_its_pin_is_taken(wheel: Wheel) -> None:
    run.install_packages(wheel.pins)
    assert (wheel.taken / "upper-1.0.dist-info").is_dir()


def test_file_with_another_hash_than_its_pin_is_refused(
    wheel: Wheel, capfd: pytest.CaptureFixture[str]
) -> None:
    write_wheel(wheel.shelf, "upper", "1.0", "Summary: not what was pinned")
    with pytest.raises(SystemExit, match="Installing the packages failed"):
        run.install_packages(wheel.pins)
    assert not wheel.taken.exists()
    assert "DO NOT MATCH THE HASHES" in capfd.readouterr().err
