"""A layout that was kept on two screens, opened again where one of them is gone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
WIDTH, HEIGHT = 1920, 1080

SAVE = """
import sys
from pathlib import Path
from widgets.theme import DARK, apply, make_application
from widgets.window import MainWindow
from widgets.window_state import save_window_state
app = make_application(["liqline"])
apply(app, DARK)
window = MainWindow(DARK)
window.show()
window.setGeometry(2000, 100, 1200, 800)
dock = window.docks["watchlist"]
dock.setFloating(True)
dock.setGeometry(3000, 300, 500, 400)
app.processEvents()
print(len(app.screens()), window.geometry().x(), dock.geometry().x())
save_window_state(Path(sys.argv[1]), window.window_state())
"""

RESTORE = """
import json, sys
from pathlib import Path
from widgets.theme import DARK, apply, make_application
from widgets.window import MainWindow
from widgets.window_state import load_window_state
app = make_application(["liqline"])
apply(app, DARK)
window = MainWindow(DARK)
window.restore_window(load_window_state(Path(sys.argv[1])))
window.show()
app.processEvents()
dock = window.docks["watchlist"]
seen = [(*w.geometry().getRect(), w.isVisible()) for w in (window, dock)]
print(json.dumps({"screens": len(app.screens()), "floats": dock.isFloating(), "seen": seen}))
"""


def run_on(screens: int, folder: Path, code: str) -> str:
    """What `code` prints on so many screens that stand side by side."""
    config = folder / f"{screens}.json"
    each = [
        {"name": f"screen {n}", "x": n * WIDTH, "y": 0, "width": WIDTH, "height": HEIGHT}
        for n in range(screens)
    ]
    config.write_text(json.dumps({"screens": each}), encoding="ascii")
    done = subprocess.run(
        [sys.executable, "-c", code, str(folder / "window.state")],
        cwd=ROOT,
        env={**os.environ, "QT_QPA_PLATFORM": f"offscreen:configfile={config}"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.skipif(os.name == "nt", reason="the off-screen platform's file has no drive letters")
def test_windows_of_a_screen_that_is_gone_come_back_onto_the_one_that_is_left(
    tmp_path: Path,
) -> None:
    assert run_on(2, tmp_path, SAVE).split() == ["2", "2000", "3000"]
    told = json.loads(run_on(1, tmp_path, RESTORE))
    assert (told["screens"], told["floats"]) == (1, True)
    for x, y, width, height, visible in told["seen"]:
        assert visible
        assert 0 <= x <= WIDTH - width
        assert 0 <= y <= HEIGHT - height


@pytest.mark.skipif(os.name == "nt", reason="the off-screen platform's file has no drive letters")
def test_windows_of_two_screens_stay_where_both_are_there(tmp_path: Path) -> None:
    run_on(2, tmp_path, SAVE)
    told = json.loads(run_on(2, tmp_path, RESTORE))
    assert [place[0] for place in told["seen"]] == [2000, 3000]
