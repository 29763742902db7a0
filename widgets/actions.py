"""Actions by one recipe: each has a text, a slot and most a shortcut that menus and help show."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QWidget


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
