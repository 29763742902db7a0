"""50 positions in an account, every mark new: `python -m tests.benchmarks.account`.

The account is worked out piece by piece between other events of the window; measured are the
longest piece, which is what may hold a frame up, and all of a tick together, to the painted
picture. 40 of the positions are isolated, each a wallet of its own.
"""

from __future__ import annotations

import os

os.environ["QT_QPA_PLATFORM"] = "offscreen"

import time
from collections.abc import Callable
from statistics import median

import numpy as np
from PySide6.QtWidgets import QApplication

from tests.benchmarks.desk import FRAME_MS, VENUES, Desk
from tests.benchmarks.measure import print_figure
from widgets.panels.account import AccountPanel
from widgets.slices import all_at_once
from widgets.theme import DARK, apply

TICKS = 30


class Balances:
    """Keeps nothing: no edit is measured here."""

    def set_balance(self, balance: object) -> None:
        """Nothing is kept."""

    def delete_balance(self, venue: str, coin: str) -> None:
        """Nothing is kept."""


def main() -> None:
    """Measure ticks, and print one line each."""
    app = QApplication.instance() or QApplication([])
    if not isinstance(app, QApplication):
        raise TypeError("the process has a Qt application without widgets")
    apply(app, DARK)
    desk = Desk()
    panel = AccountPanel(Balances(), VENUES, lambda _coin: np.empty((0, 2)), DARK)
    all_at_once(panel.assemble())
    panel.resize(1100, 300)
    panel.show()
    longest, whole = [], []
    for _tick in range(TICKS):
        desk.world.tick()
        update = desk.update()
        pieces = [_took(lambda: panel.show_update(update))]  # noqa: B023 (called at once)
        while panel.working:
            pieces.append(_took(app.processEvents))
        pieces.append(_took(panel.repaint))
        longest.append(max(pieces))
        whole.append(sum(pieces))
    print_figure(
        "longest piece of a tick of the account, 50 positions",
        1_000.0 * median(longest),
        "ms",
        "one frame",
        FRAME_MS,
    )
    print_figure(
        "a tick of the account as a whole, in pieces",
        1_000.0 * median(whole),
        "ms",
        "one second",
        1_000.0,
    )
    desk.window.close()
    panel.close()


def _took(work: Callable[[], object]) -> float:
    start = time.thread_time()
    work()
    return time.thread_time() - start


if __name__ == "__main__":
    main()
