"""The Help menu's dialog on what this program is made of."""

from __future__ import annotations

import platform

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QPlainTextEdit,
    QVBoxLayout,
    QWidget,
)

from dashboard import __version__
from widgets.plain import PlainLabel
from widgets.theme import Role, set_role

_LICENCES = (
    ("PySide6-Essentials", "Qt for Python, LGPL-3.0"),
    ("pyqtgraph", "charts, MIT"),
    ("ccxt", "venues, MIT"),
    ("aiohttp", "network, Apache-2.0"),
    ("msgspec", "messages, BSD-3-Clause"),
    ("numpy", "arrays, BSD-3-Clause"),
    ("pandas", "tables, BSD-3-Clause"),
    ("pyarrow", "Parquet, Apache-2.0"),
    ("platformdirs", "directories, MIT"),
    ("keyring", "the system's keyring, MIT"),
    ("QtAwesome", "icons, MIT"),
)
_WHAT_IT_IS = (
    "A risk dashboard for perpetual-futures positions. It reads public market data, needs no "
    "account or key, sends nothing about you and places no orders. Its figures are estimates: "
    "what your venue shows is what counts."
)


class AboutDialog(QDialog):
    """Version, licences, and what the figures are worth."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("About Liqline")
        heading = PlainLabel(f"Liqline {__version__}", selectable=True)
        set_role(heading, Role.HEADING)
        licences = QPlainTextEdit(licence_text())
        licences.setReadOnly(True)
        licences.setAccessibleName("Versions and licences")
        licences.setMinimumSize(460, 220)
        layout = QVBoxLayout(self)
        layout.addWidget(heading)
        layout.addWidget(PlainLabel(_WHAT_IT_IS, wrap=True))
        layout.addWidget(licences)
        layout.addWidget(_close_button(self))


def licence_text() -> str:
    """Versions and licences of what the program stands on, one a line."""
    lines = [
        f"Liqline {__version__}, MIT",
        f"Python {platform.python_version()}, PSF-2.0",
    ]
    lines += [f"{name} {_version(name)}, {licence}" for name, licence in _LICENCES]
    return "\n".join(lines)


def _version(name: str) -> str:
    # Deferred: it costs the start 30 ms for a dialog that is seldom opened.
    from importlib import metadata

    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "(version unknown)"


def _close_button(dialog: QDialog) -> QDialogButtonBox:
    buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
    buttons.rejected.connect(dialog.reject)
    return buttons
