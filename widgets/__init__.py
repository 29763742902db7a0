"""The window: Qt only; asks the dashboard package, never a venue."""

import sys

import PySide6.QtCore  # noqa: F401 (brings in what is set below)


def _leave_sources_unread() -> None:
    """Keep PySide6 from reading the source of every module that is imported from now on.

    It looks there for its own name, to know for whom a `__feature__` may be switched on. Nobody
    here switches one, so each module may count as one that uses PySide6: without this the first
    picture comes 10 ms later, imports behind it hold the loop, and 20 MB of sources are kept.
    """
    feature = sys.modules.get("shibokensupport.feature")
    if hasattr(feature, "_mod_uses_pyside"):
        feature._mod_uses_pyside = lambda _module: True  # type: ignore[union-attr]  # hasattr saw it


_leave_sources_unread()
