"""Title bars of docks: a name and two buttons, and nothing where a tab already says the name."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtWidgets import QDockWidget, QHBoxLayout, QMainWindow, QStyle, QToolButton, QWidget

from widgets.plain import ElidedLabel, tooltip
from widgets.theme import Role, set_role


class DockTitle(QWidget):
    """The name of a dock, with buttons to take it out of the window and to close it."""

    def __init__(self, dock: QDockWidget) -> None:
        super().__init__(dock)
        self._dock = dock
        self.name = ElidedLabel(dock.windowTitle())
        set_role(self.name, Role.DOCK_TITLE)
        self.float_button = self._button(
            QStyle.StandardPixmap.SP_TitleBarNormalButton, f"Take {dock.windowTitle()} out"
        )
        self.close_button = self._button(
            QStyle.StandardPixmap.SP_TitleBarCloseButton, f"Close {dock.windowTitle()}"
        )
        self.float_button.clicked.connect(self._toggle_floating)
        self.close_button.clicked.connect(dock.close)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(8, 1, 4, 1)
        layout.setSpacing(2)
        layout.addWidget(self.name, stretch=1)
        layout.addWidget(self.float_button)
        layout.addWidget(self.close_button)

    def _toggle_floating(self) -> None:
        self._dock.setFloating(not self._dock.isFloating())

    def _button(self, picture: QStyle.StandardPixmap, name: str) -> QToolButton:
        button = QToolButton()
        button.setIcon(self.style().standardIcon(picture))
        button.setAutoRaise(True)
        button.setAccessibleName(name)
        button.setToolTip(tooltip(name))
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        set_role(button, Role.DOCK_TITLE)
        return button


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
            title.float_button.setVisible(not locked)
            title.close_button.setVisible(not locked)

    def refresh(self) -> None:
        """Show a title on each dock but those whose tab says it."""
        for dock, title in self._titles.items():
            in_tabs = not dock.isFloating() and bool(self._window.tabifiedDockWidgets(dock))
            wanted = self._none[dock] if in_tabs else title
            if dock.titleBarWidget() is not wanted:
                dock.titleBarWidget().hide()
                dock.setTitleBarWidget(wanted)
                wanted.show()
