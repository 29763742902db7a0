"""The buttons in the title bar of a dock: take it out of the window, close it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDockWidget, QHBoxLayout, QStyle, QToolButton, QWidget

from widgets.plain import tooltip
from widgets.theme import Role, set_role


class DockButtons(QWidget):
    """Two buttons that act on one dock."""

    def __init__(self, dock: QDockWidget) -> None:
        super().__init__()
        self._dock = dock
        self.float_button = self._button(
            QStyle.StandardPixmap.SP_TitleBarNormalButton, f"Take {dock.windowTitle()} out"
        )
        self.close_button = self._button(
            QStyle.StandardPixmap.SP_TitleBarCloseButton, f"Close {dock.windowTitle()}"
        )
        self.float_button.clicked.connect(self._toggle_floating)
        self.close_button.clicked.connect(dock.close)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
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
