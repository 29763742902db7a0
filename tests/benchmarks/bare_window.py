"""The peer of the window benchmarks: a bare PySide6 window, measured by the same instruments.

`python -m tests.benchmarks.bare_window SECONDS` shows an empty window for that time and prints
the line that `liqline --timings` prints, with null where an empty window has nothing to say.
"""

from __future__ import annotations

import sys

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QMainWindow

from widgets.timings import FIRST_PAINT, FirstPaint, Timings

WINDOW_SIZE = (1600, 1000)


def main(seconds: float) -> None:
    """Show the empty window, then print what was measured."""
    app = QApplication(sys.argv[:1])
    window = QMainWindow()
    window.resize(*WINDOW_SIZE)
    timings = Timings(window)

    def painted() -> None:
        timings.mark(FIRST_PAINT)
        timings.heartbeat.start()

    first_paint = FirstPaint(window)
    first_paint.done.connect(painted)
    QTimer.singleShot(round(seconds * 1000), app.quit)
    window.show()
    app.exec()
    sys.stdout.write(timings.report() + "\n")


if __name__ == "__main__":
    main(float(sys.argv[1]))
