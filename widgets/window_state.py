"""How the window was left: geometry, docks, columns; a file, never the registry."""

from __future__ import annotations

import base64
import binascii
import json
import logging
from collections.abc import ItemsView
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from PySide6.QtCore import QByteArray

from dashboard.errors import StoreError
from dashboard.store.files import read_small_json, write_atomically

_log = logging.getLogger("liqline.window")


LAYOUT_VERSION = 3
"""Raise it when docks are renamed, so that an older layout is not half restored."""


@dataclass(kw_only=True)
class Layout:
    """One arrangement: Qt's own bytes in base64, each table's columns by the table's name."""

    geometry: str = ""
    docks: str = ""
    tables: dict[str, dict[str, Any]] = field(default_factory=dict)


@dataclass(kw_only=True)
class WindowState(Layout):
    """What is kept: the arrangement at the end, those with names, and whether all is locked."""

    layouts: dict[str, Layout] = field(default_factory=dict)
    locked: bool = False


def load_window_state(path: Path) -> WindowState:
    """The state kept at `path`; a fresh one where there is none or it cannot be read."""
    try:
        return _window_state(read_small_json(path))
    except FileNotFoundError:
        return WindowState()
    except (OSError, ValueError) as error:
        _log.info("the window's layout at %s starts anew: %r", path, error)
        return WindowState()


def save_window_state(path: Path, state: WindowState) -> None:
    """Keep `state` at `path`; a layout that cannot be kept is no reason to hold up the end."""
    try:
        write_atomically(path, json.dumps(asdict(state)).encode())
    except StoreError as error:
        _log.info("the window's layout was not kept: %s", error.user_message)


# Read by hand: this file is read before the first picture, and msgspec costs it 12 ms to import.
def _window_state(entry: object) -> WindowState:
    state = _object(entry)
    layouts = {name: Layout(**_layout(_object(kept))) for name, kept in _part(state, "layouts")}
    return WindowState(**_layout(state), layouts=layouts, locked=state.get("locked") is True)


def _layout(state: dict[str, Any]) -> dict[str, Any]:
    texts = {name: state.get(name, "") for name in ("geometry", "docks")}
    if not all(isinstance(text, str) for text in texts.values()):
        raise ValueError("geometry and docks are text")
    return texts | {"tables": {name: _object(table) for name, table in _part(state, "tables")}}


def _part(state: dict[str, Any], name: str) -> ItemsView[str, Any]:
    return _object(state.get(name, {})).items()


def _object(entry: object) -> dict[str, Any]:
    if not isinstance(entry, dict):
        raise ValueError(f"a JSON object is expected, not {type(entry).__name__}")  # noqa: TRY004 (the file is wrong, not the call)
    return entry


def to_text(data: QByteArray) -> str:
    """Qt's bytes as text."""
    return base64.b64encode(bytes(data.data())).decode("ascii")


def from_text(text: str) -> QByteArray:
    """The bytes that `to_text` was given, none where the text is damaged."""
    try:
        return QByteArray(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError):
        return QByteArray()
