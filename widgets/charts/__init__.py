"""Charts on one shared time axis: pyqtgraph's view boxes and mouse, items of our own."""

import os

# pyqtgraph takes the first binding it finds installed unless it is told before its import.
os.environ["PYQTGRAPH_QT_LIB"] = "PySide6"
