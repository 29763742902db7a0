"""Actions by one recipe: each has a text, a slot and most a shortcut that menus and help show."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
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


def shortcut_table(root: QWidget) -> list[tuple[str, str]]:
    """What each shortcut below `root` does, as (keys, text), sorted by text."""
    found: dict[str, str] = {}
    for action in root.findChildren(QAction):
        keys = ", ".join(
            sequence.toString(QKeySequence.SequenceFormat.NativeText)
            for sequence in action.shortcuts()
        )
        if keys and action.text():
            found.setdefault(keys, action.text().replace("&", "").rstrip("…"))
    return sorted(found.items(), key=lambda pair: pair[1].lower())
