"""The dialog that reads pasted positions and shows each row before anything is added."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QPlainTextEdit,
    QVBoxLayout,
    QWidget,
)

from dashboard.errors import StoreError
from dashboard.market.account import Position
from dashboard.tradeline.table import lines_of
from widgets.models.draft import Assess
from widgets.models.paste_preview import COLUMNS, PreviewRow, preview_rows, row_number, summary
from widgets.models.rows import RowsModel
from widgets.plain import PlainLabel
from widgets.table import RowsView
from widgets.theme import Role, Theme, set_role
from widgets.update import Update

_TEXT_LINES = 8
_SIZE = (980, 620)


class PasteDialog(QDialog):
    """`keep` keeps the good rows, all or none of them; it raises StoreError where it cannot."""

    def __init__(
        self,
        text: str,
        update: Update,
        venues: Sequence[str],
        assess: Assess,
        keep: Callable[[Sequence[Position]], None],
        theme: Theme,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Paste positions")
        self._update = update
        self._venues = tuple(venues)
        self._assess = assess
        self._keep = keep
        self._rows: list[PreviewRow] = []
        self.text = QPlainTextEdit()
        self.venue = QComboBox()
        self.model: RowsModel[PreviewRow] = RowsModel(COLUMNS, row_number, self, theme=theme)
        self.view = RowsView(self.model, "Pasted rows", self)
        self.summary = PlainLabel(wrap=True)
        self.fault = PlainLabel(wrap=True)
        self.buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel
        )
        self._arrange()
        self.text.textChanged.connect(self._read)
        self.venue.currentIndexChanged.connect(self._read)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        self.text.setPlainText(text)
        self._read()

    @property
    def positions(self) -> list[Position]:
        """What would be added now."""
        return [row.position for row in self._rows if row.position is not None]

    def show_update(self, update: Update) -> None:
        """Take newer contracts and prices."""
        self._update = update
        self._read()

    def accept(self) -> None:
        """Add the good rows and close; bad ones stay in the text to be mended."""
        if not self.positions:
            return
        try:
            self._keep(self.positions)
        except StoreError as error:
            self.fault.setText(f"Not kept: {error.user_message}")
            return
        if all(row.position is not None for row in self._rows):
            super().accept()
            return
        kept = {row.number for row in self._rows if row.position is not None}
        lines = enumerate(lines_of(self.text.toPlainText()), start=1)
        self.text.setPlainText("\n".join(line for number, line in lines if number not in kept))
        self.fault.setText("The good rows are in the book; mend these or close.")

    def _arrange(self) -> None:
        self.resize(*_SIZE)
        self.text.setAccessibleName("Pasted text")
        self.text.setPlaceholderText(
            "Symbol   Size   Entry price   10x   isolated …   one position a row"
        )
        self.text.setTabChangesFocus(True)
        self.text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.text.setFixedHeight(_TEXT_LINES * self.fontMetrics().lineSpacing())
        self.venue.setAccessibleName("Venue of rows that name none")
        self.venue.addItems(list(self._venues))
        shown = self._update.selected
        if shown is not None and shown.venue in self._venues:
            self.venue.setCurrentText(shown.venue)
        label = PlainLabel("Venue of rows that name none")
        label.setBuddy(self.venue)
        top = QHBoxLayout()
        top.addWidget(label)
        top.addWidget(self.venue)
        top.addStretch(1)
        set_role(self.fault, Role.WARNING)
        layout = QVBoxLayout(self)
        layout.addWidget(self.text)
        layout.addLayout(top)
        layout.addWidget(self.summary)
        layout.addWidget(self.view, stretch=1)
        layout.addWidget(self.fault)
        layout.addWidget(self.buttons)

    def _read(self) -> None:
        self._rows = preview_rows(
            self.text.toPlainText(),
            self._update,
            self.venue.currentText(),
            self._venues,
            self._assess,
        )
        self.model.set_rows(self._rows)
        self.summary.setText(summary(self._rows))
        if self._rows:
            self.fault.clear()
        good = len(self.positions)
        add = self.buttons.button(QDialogButtonBox.StandardButton.Ok)
        add.setText(f"Add {good} position{'' if good == 1 else 's'}")
        add.setEnabled(good > 0)
