"""How the window was left: geometry, docks, columns; a file, never the registry."""

from __future__ import annotations

import base64
import binascii
import logging
from pathlib import Path
from typing import Any

import msgspec
from PySide6.QtCore import QByteArray

from dashboard.errors import StoreError
from dashboard.store.files import write_atomically

_log = logging.getLogger("liqline.window")


LAYOUT_VERSION = 3
"""Raise it when docks are renamed, so that an older layout is not half restored."""


class Layout(msgspec.Struct, kw_only=True):
    """One arrangement: Qt's own bytes in base64, each table's columns by the table's name."""

    geometry: str = ""
    docks: str = ""
    tables: dict[str, dict[str, Any]] = {}


class WindowState(Layout, kw_only=True):
    """What is kept: the arrangement at the end, those with names, and whether all is locked."""

    layouts: dict[str, Layout] = {}
    locked: bool = False


def load_window_state(path: Path) -> WindowState:
    """The state kept at `path`; a fresh one where there is none or it cannot be read."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=WindowState)
    except FileNotFoundError:
        return WindowState()
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
        _log.info("the window's layout at %s starts anew: %r", path, error)
        return WindowState()


def save_window_state(path: Path, state: WindowState) -> None:
    """Keep `state` at `path`; a layout that cannot be kept is no reason to hold up the end."""
    try:
        write_atomically(path, msgspec.json.encode(state))
    except StoreError as error:
        _log.info("the window's layout was not kept: %s", error.user_message)


def to_text(data: QByteArray) -> str:
    """Qt's bytes as text."""
    return base64.b64encode(bytes(data.data())).decode("ascii")


def from_text(text: str) -> QByteArray:
    """The bytes that `to_text` was given, none where the text is damaged."""
    try:
        return QByteArray(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError):
        return QByteArray()
