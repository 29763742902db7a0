"""The peer of the window benchmarks: a bare PySide6 window, measured by the same instruments.

`python -m tests.benchmarks.bare_window SECONDS` shows an empty window for that time and prints
the line that `liqline --timings` prints, with null where an empty window has nothing to say. With
`charts` after the seconds four empty plots of pyqtgraph fill it: the least that any window with
charts of pyqtgraph takes.
"""

from __future__ import annotations

import sys

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QMainWindow, QWidget

from widgets.timings import FIRST_PAINT, FirstPaint, Timings

WINDOW_SIZE = (1600, 1000)
CHARTS = "charts"
_PLOTS = 4


def main(seconds: float, *, charts: bool) -> None:
    """Show the window, then print what was measured."""
    app = QApplication(sys.argv[:1])
    window = QMainWindow()
    window.resize(*WINDOW_SIZE)
    timings = Timings(window)

    def painted() -> None:
        timings.mark(FIRST_PAINT)
        timings.heartbeat.start()

    first_paint = FirstPaint(_plots_in(window) if charts else window)
    first_paint.done.connect(painted)
    QTimer.singleShot(round(seconds * 1000), app.quit)
    window.show()
    app.exec()
    sys.stdout.write(timings.report() + "\n")


def _plots_in(window: QMainWindow) -> QWidget:
    """What the plots are painted on, once they fill the window."""
    # Deferred: the empty window must not pay for it.
    import pyqtgraph as pg

    layout = pg.GraphicsLayoutWidget()
    for row in range(_PLOTS):
        layout.addPlot(row=row, col=0)
    window.setCentralWidget(layout)
    return layout.viewport()


if __name__ == "__main__":
    main(float(sys.argv[1]), charts=CHARTS in sys.argv[2:])
