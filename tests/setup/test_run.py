"""run.py makes the environment once, recovers a half-made one, and says what is missing."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import run

ROOT = Path(__file__).resolve().parents[2]
HOLD_THE_LOCK = """
import run, sys
print("waiting", flush=True)
with run.one_at_a_time():
    print("in", flush=True)
    sys.stdin.readline()
    print("out", flush=True)
"""


class Workshop:
    """Stands in for venv and pip: writes down what it was asked to do, and may be cut short."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.fails = False

    def create(self, folder: Path, **options: object) -> None:
        self.done.append("create")
        folder.mkdir(exist_ok=True)

    def install(self, pins: Path) -> None:
        self.done.append(f"install {pins.name}")
        if self.fails:
            raise KeyboardInterrupt


@pytest.fixture
def workshop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workshop:
    shop = Workshop()
    for name in ("PINS", "TEST_PINS"):
        path = tmp_path / getattr(run, name).name
        path.write_text(f"{name} one", encoding="utf-8")
        monkeypatch.setattr(run, name, path)
    monkeypatch.setattr(run, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(run, "STAMP", tmp_path / ".venv" / "installed")
    monkeypatch.setattr("venv.create", shop.create)
    monkeypatch.setattr(run, "install_packages", shop.install)
    return shop


def test_first_use_makes_the_environment_and_the_next_uses_it(workshop: Workshop) -> None:
    run.make_environment([run.PINS])
    run.make_environment([run.PINS])
    assert workshop.done == ["create", "install requirements.txt"]


def test_test_pins_come_on_top(workshop: Workshop) -> None:
    run.make_environment([run.PINS])
    run.make_environment([run.PINS, run.TEST_PINS])
    run.make_environment([run.PINS])
    assert workshop.done == [
        "create",
        "install requirements.txt",
        "install requirements-test.txt",
    ]


def test_changed_pins_are_installed(workshop: Workshop) -> None:
    run.make_environment([run.PINS])
    run.PINS.write_text("two", encoding="utf-8")
    run.make_environment([run.PINS])
    assert workshop.done[1:] == ["install requirements.txt"] * 2


def test_another_python_starts_anew(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    run.make_environment([run.PINS])
    monkeypatch.setattr("platform.python_version", lambda: "3.11.99")
    run.make_environment([run.PINS])
    assert workshop.done == ["create", "install requirements.txt"] * 2


@pytest.mark.parametrize("already_made", [False, True])
def test_interrupted_installation_starts_anew(workshop: Workshop, already_made: bool) -> None:
    if already_made:
        run.make_environment([run.PINS])
    run.PINS.write_text("two", encoding="utf-8")
    workshop.fails = True
    with pytest.raises(KeyboardInterrupt):
        run.make_environment([run.PINS])
    workshop.fails = False
    workshop.done.clear()
    run.make_environment([run.PINS])
    assert workshop.done == ["create", "install requirements.txt"]


def start_holder() -> subprocess.Popen[str]:
    """A process that takes run.py's lock and holds it until it is sent a line."""
    return subprocess.Popen(
        [sys.executable, "-c", HOLD_THE_LOCK],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def test_two_starts_take_turns(tmp_path: Path) -> None:
    with start_holder() as first:
        assert [first.stdout.readline() for _ in range(2)] == ["waiting\n", "in\n"]
        with start_holder() as second:
            assert second.stdout.readline() == "waiting\n"
            with pytest.raises(subprocess.TimeoutExpired):
                second.wait(0.3)
            assert first.communicate("go\n")[0] == "out\n"
            assert second.communicate("go\n")[0] == "in\nout\n"


def ask_to_install(monkeypatch: pytest.MonkeyPatch, *, user_id: int, apt: str | None) -> str:
    """What run.py ends with where every library is missing."""
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(run, "can_load", lambda library: False)
    monkeypatch.setattr("os.geteuid", lambda: user_id, raising=False)
    monkeypatch.setattr("shutil.which", lambda name: apt)
    monkeypatch.setenv("DISPLAY", ":0")
    with pytest.raises(SystemExit) as ended:
        run.install_system_packages(for_qt=True)
    return str(ended.value)


def test_missing_libraries_are_named_in_one_line_to_paste(monkeypatch: pytest.MonkeyPatch) -> None:
    words = ask_to_install(monkeypatch, user_id=1000, apt="/usr/bin/apt-get").splitlines()
    assert words[-1].strip() == (
        "sudo apt-get update && sudo apt-get install -y --no-install-recommends"
        " libglib2.0-0 libgl1 libegl1 libfontconfig1 libxkbcommon0 libdbus-1-3"
        " libxcb-cursor0 libxcb-icccm4 libxcb-keysyms1 libxkbcommon-x11-0 libxcb-shape0"
    )


def test_other_systems_are_told_what_to_look_for(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "libegl1" in ask_to_install(monkeypatch, user_id=0, apt=None)


def test_failing_apt_is_quoted(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(command: list[str], **options: object) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess(command, 100, "", "E: no network\n")

    monkeypatch.setattr("subprocess.run", fail)
    words = ask_to_install(monkeypatch, user_id=0, apt="/usr/bin/apt-get")
    assert words == "E: no network\n`apt-get update` failed, see above."


def test_commands_without_a_window_need_no_library_of_qt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "can_load", lambda library: False)
    assert run.missing_system_packages(for_qt=False) == []


@pytest.mark.parametrize(
    ("arguments", "opens"),
    [
        (["--demo"], True),
        (["--venues", "okx"], True),
        (["--demo", "--offscreen", "--screenshot", "x.png"], False),
        (["--help"], False),
        (["check", "long btc 1 @ 60000 x10 iso"], False),
    ],
)
def test_only_a_window_needs_a_screen(arguments: list[str], opens: bool) -> None:
    assert run.opens_window(arguments) is opens


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """Call run.main and return what it would start."""

    def call(*arguments: str, **variables: str) -> list[str]:
        commands: list[list[str]] = []
        monkeypatch.setattr(sys, "platform", "linux")
        for name in ("install_system_packages", "make_environment"):
            monkeypatch.setattr(run, name, lambda *ignored, **options: None)
        monkeypatch.setattr(run, "start", lambda command: commands.append(command) or 0)
        for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
            monkeypatch.delenv(name, raising=False)
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        assert run.main(list(arguments)) == 0
        return commands[0]

    return call


def test_without_options_the_recorded_market_opens(started: Callable[..., list[str]]) -> None:
    assert started(DISPLAY=":0") == ["-m", "dashboard", "--demo"]


def test_without_a_screen_the_window_becomes_a_picture(
    started: Callable[..., list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    picture = str(Path("liqline.png").resolve())
    assert started()[3:] == ["--offscreen", "--screenshot", picture]
    assert picture in capsys.readouterr().out


@pytest.mark.parametrize("wanted", [["--screenshot", "x.png"], ["--screenshot=x.png"]])
def test_wanted_picture_needs_no_screen(
    started: Callable[..., list[str]], wanted: list[str]
) -> None:
    shown = ["--demo", *wanted]
    assert started(*shown) == ["-m", "dashboard", *shown, "--offscreen"]


def test_commands_are_passed_on_as_they_are(started: Callable[..., list[str]]) -> None:
    assert started("check", "--json") == ["-m", "dashboard", "check", "--json"]


def test_program_runs_with_this_code_and_keeps_bytecode(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    variables = run.environment()
    assert "PYTHONDONTWRITEBYTECODE" not in variables
    assert variables["PYTHONPATH"] == str(ROOT)


def test_old_python_is_refused_in_one_sentence() -> None:
    pretend = "import sys, runpy; sys.version_info = (3, 10, 4); runpy.run_path('run.py')"
    done = subprocess.run([sys.executable, "-c", pretend], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.startswith("Liqline runs on Python 3.11 to 3.14; this is Python ")


def test_old_python_can_read_as_far_as_that_sentence() -> None:
    source = (ROOT / "run.py").read_text(encoding="utf-8")
    ast.parse(source, feature_version=(3, 7))


def test_ci_runs_exactly_the_line_of_the_readme() -> None:
    line = "python3 run.py test"
    assert (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()[-1] == line
    readme = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    assert any(text.split("#")[0].strip() == line for text in readme)


IGNORING = "import signal, time; signal.signal(signal.SIGINT, signal.SIG_IGN); time.sleep(600)"


@pytest.mark.parametrize(
    ("line", "beside", "status"),
    [
        ("pass", "print('beside was good')", 0),
        ("pass", "raise SystemExit(3)", 3),
        ("raise SystemExit(2)", "import time; time.sleep(600)", 2),
        ("import time; time.sleep(0.5); raise SystemExit(2)", IGNORING, 2),
    ],
    ids=["both good", "what ran beside failed", "a check failed", "and what ran beside goes on"],
)
def test_check_waits_for_what_runs_beside_it_unless_it_failed_before(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    line: str,
    beside: str,
    status: int,
) -> None:
    monkeypatch.setattr(run, "CHECKS", [line])
    monkeypatch.setattr(run, "BESIDE", beside)
    monkeypatch.setattr(run, "END_LIMIT_S", 1)
    monkeypatch.setattr(run, "tool", lambda given: [sys.executable, "-c", given])
    assert run.check() == status
    assert ("beside was good" in capsys.readouterr().out) is (status == 0)
