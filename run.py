"""Set Liqline up and start it, with nothing but Python 3.11 or newer.

    python3 run.py              open the window on the recorded market
    python3 run.py OPTIONS      the same as `liqline OPTIONS`; --help lists them
    python3 run.py test         run the whole check

The first use makes `.venv` from pins with hashes; it is redone only when they or Python change.
"""

import contextlib
import ctypes
import hashlib
import importlib.util
import os
import platform
import shlex
import shutil
import signal
import subprocess
import sys
import venv
from collections.abc import Iterator
from pathlib import Path

if not (3, 11) <= sys.version_info < (3, 15):
    sys.exit(f"Liqline runs on Python 3.11 to 3.14; this is Python {platform.python_version()}.")

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
STAMP = VENV / "installed"
PINS = ROOT / "requirements.txt"
TEST_PINS = ROOT / "requirements-test.txt"

# What Qt's wheels load from the system, and the Debian package that has it.
OFFSCREEN_LIBRARIES = {
    "libglib-2.0.so.0": "libglib2.0-0",
    "libGL.so.1": "libgl1",
    "libEGL.so.1": "libegl1",
    "libfontconfig.so.1": "libfontconfig1",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libdbus-1.so.3": "libdbus-1-3",
}
SCREEN_LIBRARIES = {
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxcb-shape.so.0": "libxcb-shape0",
}
CHECKS = [
    "ruff format --check .",
    "ruff check .",
    "mypy",
    "lint-imports --no-logo --no-cache",
    # More workers than most machines have cores: most tests wait for sockets, processes and clocks.
    "pytest -n 4 --dist worksteal --cov=dashboard/risk --cov-branch"
    " --cov-report=term-missing:skip-covered --cov-fail-under=100",
]
BESIDE = "pytest -q -m beside tests/faults"  # two minutes that take hardly any processor
END_LIMIT_S = 20
DROPPED_VARIABLES = {"PYTHONDONTWRITEBYTECODE", "PYTHONHOME", "PYTHONSTARTUP"}


def main(arguments: list[str]) -> int:
    """Set up what is missing, then do what `arguments` ask for."""
    arguments = arguments or ["--demo"]
    testing = arguments[0] == "test"
    install_system_packages(for_qt=testing or arguments[0].startswith("-"))
    with one_at_a_time():
        make_environment([PINS, TEST_PINS] if testing else [PINS])
    if testing:
        return check()
    if opens_window(arguments) and not has_screen():
        arguments = as_picture(arguments)
    return start(["-m", "dashboard", *arguments])


def say(line: str) -> None:
    """Print a line of progress at once."""
    print(line, flush=True)


def has_screen() -> bool:
    """Whether a window can be shown: elsewhere than on Linux that is taken for granted."""
    variables = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    return sys.platform != "linux" or any(os.environ.get(name) for name in variables)


def opens_window(arguments: list[str]) -> bool:
    """Whether Liqline's `arguments` open a window on the screen."""
    without = {"-h", "--help", "--version", "--offscreen"}
    return arguments[0].startswith("-") and without.isdisjoint(arguments)


def as_picture(arguments: list[str]) -> list[str]:
    """The arguments that render the window to a picture instead of opening it."""
    if any(argument.startswith("--screenshot") for argument in arguments):
        return [*arguments, "--offscreen"]
    picture = Path("liqline.png").resolve()
    say(f"There is no screen here: the window is rendered to {picture}")
    return [*arguments, "--offscreen", "--screenshot", str(picture)]


def missing_system_packages(*, for_qt: bool) -> list[str]:
    """The Debian packages for what Python lacks here, and Qt where it is wanted."""
    importlib.invalidate_caches()
    has_pip = importlib.util.find_spec("ensurepip") is not None
    missing = [] if has_pip else [f"python3.{sys.version_info.minor}-venv"]
    if sys.platform != "linux" or not for_qt:
        return missing
    on_screen = bool(os.environ.get("DISPLAY")) or os.geteuid() == 0
    libraries = OFFSCREEN_LIBRARIES | (SCREEN_LIBRARIES if on_screen else {})
    return missing + [package for name, package in libraries.items() if not can_load(name)]


def can_load(library: str) -> bool:
    """Whether the system's loader finds a shared library."""
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def install_system_packages(*, for_qt: bool) -> None:
    """Install what Qt and Python lack where that is allowed, else say how and end."""
    missing = missing_system_packages(for_qt=for_qt)
    if not missing:
        return
    install = ["apt-get", "install", "-y", "--no-install-recommends", *missing]
    if shutil.which("apt-get") is None:
        sys.exit(f"This system lacks what these Debian packages hold: {' '.join(missing)}.")
    if os.geteuid() != 0:
        line = f"sudo apt-get update && sudo {shlex.join(install)}"
        sys.exit(f"System packages are missing. This line installs them:\n  {line}")
    say(f"Installing system packages: {' '.join(missing)}")
    quiet = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    for command in (["apt-get", "update"], install):
        done = subprocess.run(command, env=quiet, capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit(f"{done.stdout}{done.stderr}`{shlex.join(command)}` failed, see above.")


@contextlib.contextmanager
def one_at_a_time() -> Iterator[None]:
    """Hold a lock that ends with this process, so that two starts do not make one .venv."""
    try:
        file = (ROOT / ".venv.lock").open("w")
    except OSError as error:
        sys.exit(f"{ROOT} cannot be written to, but .venv is made there: {error.strerror}.")
    with file as lock:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(lock.fileno(), msvcrt.LK_LOCK, 1)
        else:
            import fcntl

            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def make_environment(pins: list[Path]) -> None:
    """Bring .venv to exactly these pins; the stamp is there only while .venv is whole."""
    interpreter = f"{platform.python_version()} {sys.base_prefix} {ROOT}"
    wanted = [hashlib.sha256(file.read_bytes()).hexdigest() for file in pins]
    stamped = STAMP.read_text("utf-8").splitlines() if STAMP.is_file() else []
    if stamped[:1] == [interpreter] and set(wanted) <= set(stamped):
        return
    STAMP.unlink(missing_ok=True)
    if stamped[:1] != [interpreter]:
        say(f"Making {VENV} with Python {platform.python_version()}")
        venv.create(VENV, clear=True, with_pip=True, symlinks=os.name != "nt")
    install_packages(pins[-1])
    STAMP.write_text("\n".join([interpreter, *wanted]), "utf-8")


def install_packages(pins: Path) -> None:
    """Install what a requirements file pins, each file checked against its hash.

    The file names every package, transitive ones too, so pip need not look for any: older ones
    than 23.3 ask for the newest release of a dependency with an extra and then refuse it.
    """
    say(f"Installing the packages of {pins.name} (about 600 MB on disk)")
    options = ["--require-hashes", "--no-deps", "--only-binary=:all:", "--no-compile"]
    quiet = ["--disable-pip-version-check", "--no-input", "--progress-bar=off", "-r", str(pins)]
    command = [str(PYTHON), "-m", "pip", "install", *options, *quiet]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as pip:
        for line in pip.stdout or ():
            if line.startswith(("Collecting", "Installing")):
                say("  " + line.strip()[:90])
    if pip.returncode:
        sys.exit("Installing the packages failed, see above. Run the same line again to go on.")
    say("Compiling them, so that every later start is fast")
    unused = r"[/\\](tests?|pro|examples)[/\\]"
    compiling = ["-m", "compileall", "-qq", "-j", "0", "-x", unused, str(VENV)]
    subprocess.run([str(PYTHON), *compiling], check=False)


def environment() -> dict[str, str]:
    """What Liqline's processes run in: the code of this folder, and bytecode kept."""
    kept = {name: value for name, value in os.environ.items() if name not in DROPPED_VARIABLES}
    return kept | {"PYTHONPATH": str(ROOT), "PYTHONSAFEPATH": "1"}


def start(arguments: list[str]) -> int:
    """Become the environment's Python, so that signals reach the program itself."""
    command = [str(PYTHON), *arguments]
    if os.name != "nt":
        os.execve(PYTHON, command, environment())
    with contextlib.suppress(KeyboardInterrupt):
        return subprocess.call(command, env=environment())
    return 130


def check() -> int:
    """Run every check, up to the first that fails; the tests come last, the long ones beside."""
    told = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    with subprocess.Popen(tool(BESIDE), cwd=ROOT, env=environment(), **told) as beside:
        for line in CHECKS:
            say(f"== {line}")
            status = subprocess.call(tool(line), cwd=ROOT, env=environment())
            if status:
                beside.send_signal(signal.SIGTERM if os.name == "nt" else signal.SIGINT)
                # A shell has what it starts in the background ignore the interrupt.
                with contextlib.suppress(subprocess.TimeoutExpired):
                    beside.wait(END_LIMIT_S)
                beside.kill()
                return status
        say(f"== {BESIDE}")
        say(beside.communicate()[0])
    return beside.returncode


def tool(line: str) -> list[str]:
    """The command for a line of CHECKS, whose first word is a tool of the environment."""
    name, *arguments = line.split()
    return [str(PYTHON.parent / name), *arguments]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
