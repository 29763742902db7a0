"""What is imported behind the first picture, and in which steps."""

from __future__ import annotations

from typing import NamedTuple


class ImportStep(NamedTuple):
    """`module` is imported in the GUI's thread, after what makes that short.

    `beside` are modules without Qt, which a thread imports while the window goes on. `warmed` are
    PySide6 modules whose types, made when they are first asked for, are made slice by slice;
    the modules of the packages `gathered`, but for those whose name has a word of `without` in it,
    are imported one after the other, each in a slice of its own.
    Between the modules of the packages `breathed` the loop is served.
    """

    module: str
    beside: tuple[str, ...] = ()
    warmed: tuple[str, ...] = ()
    gathered: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    breathed: tuple[str, ...] = ()


FEED = "widgets.feed_process"
PROGRAM = "widgets.program"
CHARTS = "widgets.panels.charts"
BEHIND = "widgets.behind"
_LATER = ("account", "alert", "base_rates", "changed", "odds", "scorecard", "venues")
"""Parts of the names of what stands behind other tabs."""
IMPORTS = (
    ImportStep(FEED, beside=("dashboard.feed.frames",)),
    ImportStep(
        PROGRAM,
        beside=(
            "numpy",
            "dashboard.risk.assess",
            "dashboard.store.book",
            "dashboard.store.history",
            "dashboard.store.tiers",
            "dashboard.tradeline",
        ),
        warmed=("PySide6.QtCore", "PySide6.QtGui", "PySide6.QtWidgets"),
        gathered=("widgets.models", "widgets.dialogs", "widgets.panels"),
        without=("chart", *_LATER),
    ),
    ImportStep(
        CHARTS,
        beside=("multiprocessing", "xml.etree.ElementTree", "pydoc"),
        breathed=("pyqtgraph",),
    ),
    ImportStep(BEHIND, gathered=("widgets.models", "widgets.dialogs", "widgets.panels")),
)
