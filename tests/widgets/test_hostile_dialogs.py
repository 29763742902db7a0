"""Every dialog of the program, filled with words that Qt would take for markup, shows them as text.

The dialogs are found in the program itself, so that a new one without a way to be made here fails.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable
from dataclasses import replace

import pytest
from PySide6.QtCore import QAbstractItemModel, Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QApplication,
    QComboBox,
    QDialog,
    QGroupBox,
    QHeaderView,
    QLabel,
    QPlainTextEdit,
    QWidget,
)
from pytestqt.qtbot import QtBot

import widgets
from dashboard.market.account import Position
from dashboard.store.history import HistorySize, KindSize
from tests.widgets.market_samples import NOW_MS, VENUES
from tests.widgets.position_samples import LONG
from tests.widgets.test_draft import UPDATE, risk_of
from tests.widgets.test_hostile_text import TRACER, assert_plain
from widgets.about import AboutDialog
from widgets.actions import make_action
from widgets.dialogs.account_import import ADDRESS_VENUES, KEY_VENUES, AccountImportDialog
from widgets.dialogs.closing import ClosingDialog
from widgets.dialogs.diagnostics import DiagnosticsDialog
from widgets.dialogs.history import HistoryDialog
from widgets.dialogs.import_preview import ImportPreview
from widgets.dialogs.palette import CommandPalette
from widgets.dialogs.paste import PasteDialog
from widgets.dialogs.position import PositionDialog
from widgets.dialogs.shortcuts import ShortcutsDialog
from widgets.models.commands import Command
from widgets.shortcuts import Shortcuts
from widgets.theme import DARK

MARKED = f"{TRACER}\n<b>more</b>"
HOSTILE: Position = replace(LONG, note=TRACER, tags=(TRACER,), id=TRACER)


def keep(*_: object) -> None:
    """Nothing is kept."""


def _account(parent: QWidget, *, keyed: bool = False) -> AccountImportDialog:
    venues = KEY_VENUES if keyed else ADDRESS_VENUES
    dialog = AccountImportDialog(venues, [(venues[0].venue, TRACER)], DARK, parent)
    dialog.show_fault(TRACER)
    return dialog


def _closing(parent: QWidget) -> ClosingDialog:
    dialog = ClosingDialog(HOSTILE, 60_000.0, NOW_MS, keep, parent)
    dialog.price.setText(TRACER)
    dialog.accept()
    return dialog


def _history(parent: QWidget) -> HistoryDialog:
    size = HistorySize(1, [KindSize(TRACER, TRACER, 1, 1, 1, NOW_MS, NOW_MS)])
    return HistoryDialog(lambda: size, 0, keep, parent, why_fixed=TRACER)


def _paste(parent: QWidget) -> PasteDialog:
    text = f"Symbol\tSize\tEntry Price\n{TRACER}\t{TRACER}\t1\n"
    return PasteDialog(text, UPDATE, VENUES, risk_of, keep, DARK, parent)


def _position(parent: QWidget) -> PositionDialog:
    dialog = PositionDialog(UPDATE, VENUES, risk_of, keep, HOSTILE, parent)
    dialog.fault.setText(TRACER)
    return dialog


def _shortcuts(parent: QWidget) -> ShortcutsDialog:
    make_action(parent, TRACER, None, "Ctrl+Q")
    make_action(parent, "Other", None, "Ctrl+W")
    shortcuts = Shortcuts(parent, {})
    shortcuts.apply()
    dialog = ShortcutsDialog(shortcuts, parent)
    dialog.message.setText(TRACER)
    return dialog


MAKERS: dict[type[QDialog], Callable[[QWidget], QDialog]] = {
    AboutDialog: AboutDialog,
    AccountImportDialog: _account,
    ClosingDialog: _closing,
    CommandPalette: lambda parent: CommandPalette(
        lambda _: [Command(text=TRACER, run=keep, keys=TRACER, kind=TRACER)], parent
    ),
    DiagnosticsDialog: lambda parent: DiagnosticsDialog(
        lambda _: TRACER, TRACER, lambda: TRACER, parent
    ),
    HistoryDialog: _history,
    ImportPreview: lambda parent: ImportPreview(TRACER, TRACER, [TRACER], parent),
    PasteDialog: _paste,
    PositionDialog: _position,
    ShortcutsDialog: _shortcuts,
}
NOTHING_FROM_OUTSIDE = {AboutDialog}


def dialogs_of_the_program() -> set[type[QDialog]]:
    """Every dialog class that any module of the window defines."""
    found: set[type[QDialog]] = set()
    for info in pkgutil.walk_packages(widgets.__path__, "widgets."):
        module = importlib.import_module(info.name)
        found |= {
            one
            for _, one in inspect.getmembers(module, inspect.isclass)
            if issubclass(one, QDialog) and one.__module__ == info.name
        }
    return found


def shown_texts(root: QWidget) -> list[str]:
    """What labels, buttons, lists, tables and text fields show."""
    texts: list[str] = []
    for widget in [root, *root.findChildren(QWidget)]:
        if isinstance(widget, QLabel | QAbstractButton):
            texts.append(widget.text())
        elif isinstance(widget, QGroupBox):
            texts.append(widget.title())
        elif isinstance(widget, QPlainTextEdit):
            texts.append(widget.toPlainText())
        elif isinstance(widget, QComboBox):
            texts += [widget.itemText(at) for at in range(widget.count())]
        elif isinstance(widget, QAbstractItemView) and widget.model() is not None:
            texts += cells(widget.model(), Qt.ItemDataRole.DisplayRole)
    return texts


def cells(model: QAbstractItemModel, role: Qt.ItemDataRole) -> list[str]:
    """What a model says for a role, of cells and of heads."""
    across, down = range(model.columnCount()), range(model.rowCount())
    said = [model.index(row, at).data(role) for row in down for at in across]
    said += [model.headerData(at, Qt.Orientation.Horizontal, role) for at in across]
    return [text for text in said if isinstance(text, str)]


def assert_tips_are_escaped(root: QWidget) -> None:
    """No tip of a cell or head would load a picture; delegates draw text alone."""
    for view in root.findChildren(QAbstractItemView):
        if view.model() is not None and not isinstance(view, QHeaderView):
            for tip in cells(view.model(), Qt.ItemDataRole.ToolTipRole):
                assert "<img" not in tip
        assert "html" not in type(view.itemDelegate()).__name__.lower()


@pytest.fixture
def parent(qtbot: QtBot) -> QWidget:
    made = QWidget()
    qtbot.addWidget(made)
    return made


def test_every_dialog_of_the_program_is_looked_at() -> None:
    assert dialogs_of_the_program() == set(MAKERS)


@pytest.mark.parametrize("kind", MAKERS, ids=lambda kind: kind.__name__)
def test_a_dialog_shows_words_from_outside_as_they_are(
    kind: type[QDialog], parent: QWidget, qtbot: QtBot
) -> None:
    dialog = MAKERS[kind](parent)
    dialog.show()
    if isinstance(dialog, HistoryDialog):
        qtbot.waitUntil(lambda: dialog.table.rowCount() == 1)
    QApplication.processEvents()
    assert type(dialog) is kind
    assert_plain(dialog)
    assert_tips_are_escaped(dialog)
    shown = "\n".join([dialog.windowTitle(), *shown_texts(dialog)])
    assert kind in NOTHING_FROM_OUTSIDE or "<img src=" in shown
    dialog.close()


def test_the_dialog_for_a_key_shows_words_from_outside_as_they_are(parent: QWidget) -> None:
    dialog = _account(parent, keyed=True)
    dialog.show()
    assert_plain(dialog)
    assert TRACER in "\n".join(shown_texts(dialog))
    dialog.close()
