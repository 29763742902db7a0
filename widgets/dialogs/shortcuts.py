"""The sheet of all keys, where each action can be given others."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QSortFilterProxyModel, Qt
from PySide6.QtGui import QKeySequence, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QHeaderView,
    QKeySequenceEdit,
    QLineEdit,
    QPushButton,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from widgets.plain import PlainLabel
from widgets.shortcuts import Shortcuts
from widgets.theme import Role, set_role

_SIZE = (620, 560)
_NATIVE = QKeySequence.SequenceFormat.NativeText
_ACTION, _KEYS = range(2)


class ShortcutsDialog(QDialog):
    """Every action with its keys; a chosen one takes the keys that are pressed in the field."""

    def __init__(self, shortcuts: Shortcuts, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Keyboard shortcuts")
        self.resize(*_SIZE)
        self._shortcuts = shortcuts
        self._model = QStandardItemModel(self)
        self._filtered = QSortFilterProxyModel(self)
        self._filtered.setSourceModel(self._model)
        self._filtered.setFilterKeyColumn(-1)
        self._filtered.setFilterCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.search = QLineEdit()
        self.search.setPlaceholderText("Find an action or a key")
        self.search.setAccessibleName("Find an action or a key")
        self.table = self._make_table()
        self.keys = QKeySequenceEdit()
        self.keys.setAccessibleName("New keys of the chosen action")
        self.keys.setMaximumSequenceLength(1)
        self.set_button = QPushButton("Set keys")
        self.reset_button = QPushButton("Default")
        self.reset_all_button = QPushButton("All defaults")
        self.message = PlainLabel(wrap=True)
        set_role(self.message, Role.MUTED)
        self._arrange()
        self._connect()
        self._fill()

    def chosen(self) -> str:
        """The text of the chosen action, "" without one."""
        index = self.table.currentIndex()
        return str(index.siblingAtColumn(_ACTION).data()) if index.isValid() else ""

    def choose(self, text: str) -> None:
        """Choose the action with this text."""
        for row in range(self._filtered.rowCount()):
            index = self._filtered.index(row, _ACTION)
            if index.data() == text:
                self.table.setCurrentIndex(index)

    def _make_table(self) -> QTableView:
        table = QTableView()
        table.setAccessibleName("Actions and their keys")
        table.setModel(self._filtered)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setTabKeyNavigation(False)
        table.setShowGrid(False)
        table.verticalHeader().hide()
        return table

    def _arrange(self) -> None:
        row = QHBoxLayout()
        row.addWidget(self.keys, stretch=1)
        for button in (self.set_button, self.reset_button, self.reset_all_button):
            button.setAutoDefault(False)
            row.addWidget(button)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addWidget(self.search)
        layout.addWidget(self.table, stretch=1)
        layout.addLayout(row)
        layout.addWidget(self.message)
        layout.addWidget(buttons)

    def _connect(self) -> None:
        self.search.textChanged.connect(self._filtered.setFilterFixedString)
        self.table.selectionModel().currentRowChanged.connect(self._on_chosen)
        self.keys.keySequenceChanged.connect(self._on_keys)
        self.set_button.clicked.connect(self._set)
        self.reset_button.clicked.connect(self._reset)
        self.reset_all_button.clicked.connect(self._reset_all)

    def _fill(self) -> None:
        text = self.chosen()
        self._model.clear()
        self._model.setHorizontalHeaderLabels(["Action", "Keys"])
        for name, action in self._shortcuts.actions().items():
            keys = ", ".join(keys.toString(_NATIVE) for keys in action.shortcuts())
            self._model.appendRow([QStandardItem(name), QStandardItem(keys)])
        header = self.table.horizontalHeader()
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setSectionResizeMode(_ACTION, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(_KEYS, QHeaderView.ResizeMode.ResizeToContents)
        self.choose(text)
        self._on_keys(self.keys.keySequence())

    def _on_chosen(self, _now: QModelIndex, _before: QModelIndex) -> None:
        self._on_keys(self.keys.keySequence())

    def _on_keys(self, keys: QKeySequence) -> None:
        """Say what giving these keys to the chosen action would do."""
        text = self.chosen()
        for button in (self.set_button, self.reset_button):
            button.setEnabled(bool(text))
        self.set_button.setText("Set keys" if not keys.isEmpty() else "Remove keys")
        clashes = self._shortcuts.clashes(text, keys) if text and not keys.isEmpty() else []
        set_role(self.message, Role.WARNING if clashes else Role.MUTED)
        if clashes:
            shown = keys.toString(_NATIVE)
            self.message.setText(f"{shown} belongs to {', '.join(clashes)}, which would lose it.")
        elif text:
            self.message.setText(f"Press the new keys of “{text}” in the field, then Set keys.")
        else:
            self.message.setText("Choose an action to give it other keys.")

    def _set(self) -> None:
        self._shortcuts.choose(self.chosen(), self.keys.keySequence())
        self.keys.clear()
        self._fill()

    def _reset(self) -> None:
        self._shortcuts.reset(self.chosen())
        self._fill()

    def _reset_all(self) -> None:
        self._shortcuts.reset_all()
        self._fill()
