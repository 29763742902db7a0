"""Actions by one recipe: each has a text, a slot and most a shortcut that menus and help show."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QCalendarWidget, QWidget


def make_action(
    owner: QWidget,
    text: str,
    slot: Callable[..., Any] | None,
    shortcut: str = "",
    *,
    context: Qt.ShortcutContext = Qt.ShortcutContext.WidgetWithChildrenShortcut,
) -> QAction:
    """An action of `owner`, whose shortcut works while the focus is inside it or as `context` says.

    `slot` is a bound method of a QObject, so that the connection ends with the object; None where
    a QActionGroup tells of it.
    """
    action = QAction(text, owner)
    if shortcut:
        action.setShortcut(QKeySequence(shortcut))
    action.setShortcutContext(context)
    if slot is not None:
        action.triggered.connect(slot)
    owner.addAction(action)
    return action


def plain_text(action: QAction) -> str:
    """What an action is called: its text without mnemonic and dots."""
    parts = [part.replace("&", "") for part in action.text().split("&&")]
    return "&".join(parts).rstrip("…")


def typed_text(event: QKeyEvent) -> str:
    """The letter or digit that a key press typed; "" for a command key or a combination."""
    combined = event.modifiers() & ~(
        Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.KeypadModifier
    )
    return event.text() if event.text().isalnum() and not combined.value else ""


def actions_below(root: QWidget) -> list[QAction]:
    """The actions of our own below `root` that do something.

    Not those that no widget owns, pyqtgraph's, nor a calendar's months, Qt's.
    """
    return [
        action
        for action in root.findChildren(QAction)
        if plain_text(action)
        and action.menu() is None
        and not action.isSeparator()
        and isinstance(action.parent(), QWidget)
        and not _is_in_calendar(action)
    ]


def _is_in_calendar(action: QAction) -> bool:
    above: QObject | None = action.parent()
    while above is not None and not isinstance(above, QCalendarWidget):
        above = above.parent()
    return above is not None
