"""The history's page: what it takes on the disk, what of, and how long it is kept."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QHeaderView,
    QLineEdit,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from dashboard.errors import InputError, StoreError
from dashboard.settings import MOST_HISTORY_DAYS
from dashboard.tradeline.number import parse_positive, quote
from widgets import format as fmt
from widgets.plain import PlainLabel
from widgets.theme import Role, set_role

if TYPE_CHECKING:
    from dashboard.store.history import HistorySize

_LOOK_MS = 50
_SIZE = (820, 460)
_HEAD = ("What", "Step", "Contracts", "Rows", "Size", "From", "To")
_NUMBERS = frozenset({2, 3, 4})
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_LEAST_COLUMN_PX = 90
_FOR_EVER = "Nothing is ever removed unless you set so here."


class HistoryDialog(QDialog):
    """Shows `measure()`, found on a thread, and asks for how many days the history is kept.

    `keep` takes the days, 0 for ever. `why_fixed` says why they cannot be changed, "" where they
    can.
    """

    def __init__(
        self,
        measure: Callable[[], HistorySize],
        days: int,
        keep: Callable[[int], None],
        parent: QWidget | None = None,
        *,
        why_fixed: str = "",
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("History")
        self.resize(*_SIZE)
        self._keep = keep
        self.total = PlainLabel("measuring the history …")
        set_role(self.total, Role.HEADING)
        self.table = QTableWidget(0, len(_HEAD))
        self.table.setAccessibleName("What the history holds")
        self.table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.table.setShowGrid(False)
        self.table.verticalHeader().hide()
        for column, title in enumerate(_HEAD):
            head = QTableWidgetItem(title)
            head.setTextAlignment(_RIGHT if column in _NUMBERS else _LEFT)
            self.table.setHorizontalHeaderItem(column, head)
        self.table.horizontalHeader().setMinimumSectionSize(_LEAST_COLUMN_PX)
        self.table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.days = QLineEdit(str(days) if days else "")
        self.days.setAccessibleName("Days that the history is kept; empty for ever")
        self.days.setPlaceholderText("for ever")
        self.days.setMaximumWidth(140)
        self.days.setEnabled(not why_fixed)
        self.message = PlainLabel(why_fixed or ("" if days else _FOR_EVER), wrap=True)
        set_role(self.message, Role.MUTED)
        self._arrange()
        self._found: queue.SimpleQueue[HistorySize | str] = queue.SimpleQueue()
        self._look = QTimer(self)
        self._look.setInterval(_LOOK_MS)
        self._look.timeout.connect(self._show_found)
        self._look.start()
        threading.Thread(target=self._measure, args=(measure,), daemon=True).start()

    def accept(self) -> None:
        """Keep the days that are typed; the dialog stays where they are none."""
        try:
            days = days_of(self.days.text())
        except InputError as error:
            self.message.setText(error.user_message)
            set_role(self.message, Role.DANGER)
            return
        if self.days.isEnabled():
            self._keep(days)
        super().accept()

    def _arrange(self) -> None:
        buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Save | QDialogButtonBox.StandardButton.Cancel
        )
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        label = PlainLabel("Keep it for so many days:")
        kept = QHBoxLayout()
        kept.addWidget(label)
        kept.addWidget(self.days)
        kept.addWidget(PlainLabel("Older rows are then removed for good, once a day."))
        kept.addStretch(1)
        layout = QVBoxLayout(self)
        layout.addWidget(self.total)
        layout.addWidget(self.table, 1)
        layout.addLayout(kept)
        layout.addWidget(self.message)
        layout.addWidget(buttons)

    def _measure(self, measure: Callable[[], HistorySize]) -> None:
        try:
            self._found.put(measure())
        except StoreError as error:
            self._found.put(error.user_message)

    def _show_found(self) -> None:
        try:
            found = self._found.get_nowait()
        except queue.Empty:
            return
        self._look.stop()
        if isinstance(found, str):
            self.total.setText(found)
            return
        self.total.setText(f"{bytes_text(found.disk_bytes)} on the disk")
        self.table.setRowCount(len(found.kinds))
        for row, one in enumerate(found.kinds):
            cells = (
                one.kind.replace("_", " "),
                one.timeframe or "as polled",
                f"{one.contracts:,}",
                f"{one.rows:,}",
                bytes_text(one.body_bytes),
                fmt.instant(one.first_ms),
                fmt.instant(one.last_ms),
            )
            for column, text in enumerate(cells):
                item = QTableWidgetItem(text)
                if column in _NUMBERS:
                    item.setTextAlignment(_RIGHT)
                self.table.setItem(row, column, item)


def days_of(text: str) -> int:
    """The days that are typed, 0 where the field is empty; raises InputError otherwise."""
    if not text.strip():
        return 0
    days = parse_positive(text, "days")
    if days != int(days) or not 1 <= days <= MOST_HISTORY_DAYS:
        allowed = f"allowed is a whole number of 1 to {MOST_HISTORY_DAYS:,}, or nothing for ever"
        raise InputError("days", f"days is {quote(text)}; {allowed}")
    return int(days)


def bytes_text(count: int) -> str:
    """A size for people: 812 B, 14.2 kB, 3.1 MB."""
    if count < 1_000:
        return f"{count} B"
    for unit, size in (("kB", 1e3), ("MB", 1e6), ("GB", 1e9)):
        if count < size * 1_000 or unit == "GB":
            return f"{count / size:,.1f} {unit}"
    raise AssertionError("every size has its unit")
