"""Puts several forms of one thing on the clipboard, and lets go of them before the end."""

from __future__ import annotations

from typing import cast

from PySide6.QtCore import QMimeData
from PySide6.QtGui import QGuiApplication

_OURS = "made by Liqline"


def put(content: QMimeData) -> None:
    """Put `content` on the clipboard."""
    content.setProperty(_OURS, True)
    QGuiApplication.clipboard().setMimeData(content)


def copy_text(text: str) -> None:
    """Put plain text on the clipboard."""
    QGuiApplication.clipboard().setText(text)


def let_go() -> None:
    """Leave on the clipboard what Qt itself holds: it outlives Python and its objects.

    A picture stays as picture, a text as text.
    """
    clipboard = QGuiApplication.clipboard()
    content = cast(QMimeData | None, clipboard.mimeData())  # None while nothing was copied
    if content is None or not content.property(_OURS):
        return
    if content.hasImage():
        clipboard.setImage(clipboard.image())
    else:
        clipboard.setText(content.text())
