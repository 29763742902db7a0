"""Title bars of docks: a name and two buttons, and nothing where a tab already says the name."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QDockWidget, QHBoxLayout, QMainWindow, QWidget

from widgets.plain import ElidedLabel
from widgets.theme import Role, set_role

if TYPE_CHECKING:
    from widgets.dock_buttons import DockButtons

_HEIGHT_WITH_BUTTONS = 23
"""In pixels, kept from the first so that no panel moves when the buttons come."""


class DockTitle(QWidget):
    """The name of a dock, with buttons to take it out of the window and to close it.

    The buttons come with the dock's panel: the first picture is there earlier without them.
    """

    def __init__(self, dock: QDockWidget) -> None:
        super().__init__(dock)
        self._dock = dock
        self._has_buttons_shown = True
        self.name = ElidedLabel(dock.windowTitle())
        self.buttons: DockButtons | None = None
        set_role(self.name, Role.DOCK_TITLE)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(8, 1, 4, 1)
        layout.setSpacing(2)
        layout.addWidget(self.name, stretch=1)
        self.setMinimumHeight(_HEIGHT_WITH_BUTTONS)
        self._layout = layout

    def add_buttons(self) -> None:
        """Make the buttons, once."""
        if self.buttons is None:
            from widgets.dock_buttons import DockButtons

            self.buttons = DockButtons(self._dock)
            self._layout.addWidget(self.buttons)
            self.buttons.setVisible(self._has_buttons_shown)

    def show_buttons(self, *, shown: bool) -> None:
        """Show the buttons, those still to come too, or hide them."""
        self._has_buttons_shown = shown
        if self.buttons is not None:
            self.buttons.setVisible(shown)


class DockTitles(QObject):
    """Gives docks their titles, and takes them away while docks are tabs or may not be moved."""

    def __init__(self, window: QMainWindow, docks: Iterable[QDockWidget]) -> None:
        super().__init__(window)
        self._window = window
        self._titles = {dock: DockTitle(dock) for dock in docks}
        self._none = {dock: QWidget(dock) for dock in self._titles}
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.timeout.connect(self.refresh)
        for dock, title in self._titles.items():
            dock.setTitleBarWidget(title)
            self._none[dock].setFixedHeight(0)
            self._none[dock].hide()
            for signal in (dock.dockLocationChanged, dock.topLevelChanged, dock.visibilityChanged):
                signal.connect(self._later.start)

    def lock(self, *, locked: bool) -> None:
        """Keep docks from being moved, taken out and closed, or allow it again."""
        kinds = QDockWidget.DockWidgetFeature
        free = kinds.DockWidgetClosable | kinds.DockWidgetMovable | kinds.DockWidgetFloatable
        for dock, title in self._titles.items():
            dock.setFeatures(kinds.NoDockWidgetFeatures if locked else free)
            title.show_buttons(shown=not locked)

    def add_buttons(self, dock: QDockWidget) -> None:
        """Give the title of `dock` its buttons."""
        self._titles[dock].add_buttons()

    def refresh(self) -> None:
        """Show a title on each dock but those whose tab says it."""
        for dock, title in self._titles.items():
            in_tabs = not dock.isFloating() and bool(self._window.tabifiedDockWidgets(dock))
            wanted = self._none[dock] if in_tabs else title
            if dock.titleBarWidget() is not wanted:
                dock.titleBarWidget().hide()
                dock.setTitleBarWidget(wanted)
                wanted.show()
