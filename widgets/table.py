"""The one table view: whole rows, sorting with a way back, columns the trader arranges."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from PySide6.QtCore import QEvent, QPoint, QSize, Qt, Signal
from PySide6.QtGui import (
    QAction,
    QContextMenuEvent,
    QDropEvent,
    QFontMetrics,
    QKeyEvent,
    QKeySequence,
    QPainter,
    QPaintEvent,
    QPalette,
    QResizeEvent,
)
from PySide6.QtWidgets import (
    QAbstractItemDelegate,
    QAbstractItemView,
    QHeaderView,
    QMenu,
    QTableView,
    QWidget,
)

from widgets.actions import typed_text
from widgets.clipboard import copy_text
from widgets.format import as_typed
from widgets.models.rows import Column, RowsModel
from widgets.table_painter import TablePainter

_CELL_PADDING_PX = 8
_ROW_PADDING_PX = 8
_MIN_COLUMN_PX = 28
_MAX_STRETCH = 1.6
_LEAST_ROWS = 3
_LONGEST_IN_MENU = 32


class RowsView(QTableView):
    """Shows a RowsModel; `name` is what a screen reader says and what saved layouts go by."""

    row_dropped = Signal(object, int)
    """A row (its key) was dropped before the row of this number as shown."""

    def __init__(self, model: RowsModel[Any], name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName(name)
        self.setModel(model)
        self._rows = model
        self._fitting = False
        self._arranged = False
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        # The ground is filled here, so that Qt need not paint all that lies below first.
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self._painter = TablePainter(self, model)
        self._set_up_headers()
        with self._by_program():
            for section, column in enumerate(model.columns):
                self.setColumnHidden(section, column.spare)
        self.fit_columns()

    def fit_columns(self) -> None:
        """Give every column the width of its title and sample, and a share of what is to spare.

        Where not all have room, those that do fill the width and none is cut at the edge.
        """
        widths = self._needed_widths()
        room, fitting = self.viewport().width(), list(widths)
        while fitting[1:] and sum(widths[section] for section in fitting) > room:
            fitting.pop()
        stretch = min(max(1.0, room / sum(widths[at] for at in fitting)), _MAX_STRETCH)
        widths |= {section: int(widths[section] * stretch) for section in fitting}
        if len(fitting) < len(widths):
            widths[fitting[-1]] += max(0, room - sum(widths[section] for section in fitting))
        with self._by_program():
            for section, width in widths.items():
                self.setColumnWidth(section, width)

    def _needed_widths(self) -> dict[int, int]:
        """What each shown column needs, from the left."""
        header = self.horizontalHeader()
        sections = [header.logicalIndex(place) for place in range(header.count())]
        return {
            section: self._needed_width(self._rows.columns[section])
            for section in sections
            if not self.isColumnHidden(section)
        }

    def minimumSizeHint(self) -> QSize:  # noqa: N802 (Qt's name)
        """Room for a few whole rows under the header, with the scroll bar."""
        header, bar = self.horizontalHeader(), self.horizontalScrollBar()
        rows = _LEAST_ROWS * self.verticalHeader().defaultSectionSize()
        frame = 2 * self.frameWidth()
        height = header.sizeHint().height() + rows + bar.sizeHint().height() + frame
        return QSize(super().minimumSizeHint().width(), height)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 (Qt's name)
        """Paint all cells at once; while a row is dragged Qt does, with its drop mark."""
        dragging = self.state() is QAbstractItemView.State.DraggingState
        ground = self.palette().brush(QPalette.ColorRole.Base)
        painter = QPainter(self.viewport())
        for exposed in event.region():  # type: ignore[attr-defined]  # PySide's stubs lack it
            painter.fillRect(exposed, ground)
            if not dragging:
                self._painter.paint(painter, exposed)
        painter.end()
        if dragging:
            super().paintEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 (Qt's name)
        """Fit the columns until a hand has changed one."""
        super().resizeEvent(event)
        if not self._arranged:
            self.fit_columns()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:  # noqa: N802 (Qt's name)
        """Offer what can be done with the row under the mouse, and its figures to copy."""
        menu = self.cell_menu(event.pos())
        if menu.isEmpty():
            menu.deleteLater()
            return
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(event.globalPos())

    def cell_menu(self, point: QPoint) -> QMenu:
        """The actions of the table, and copying of the cell at `point`, of its row and of all."""
        menu = QMenu(self)
        menu.addActions(self.actions())
        index = self.indexAt(point)
        if index.isValid():
            value, row = self._copied(index.row(), [index.column()]), index.row()
            menu.addSeparator()
            if value:
                copy = menu.addAction(f"Copy {_short(value)}".replace("&", "&&"))
                copy.triggered.connect(lambda: copy_text(value))
            menu.addAction("Copy row").triggered.connect(lambda: copy_text(self._row_text(row)))
            menu.addAction("Copy table").triggered.connect(lambda: copy_text(self.table_text()))
        return menu

    def table_text(self) -> str:
        """What is shown, for a spreadsheet: titles and rows, tabs between the figures."""
        titles = "\t".join(self._rows.columns[section].title for section in self._shown_columns())
        rows = [self._row_text(row) for row in range(self._rows.rowCount())]
        return "\n".join([titles, *rows])

    def _row_text(self, row: int) -> str:
        return self._copied(row, self._shown_columns())

    def _copied(self, row: int, sections: Sequence[int]) -> str:
        shown = (self._rows.index(row, section).data() for section in sections)
        return "\t".join(" ".join(as_typed(str(text or "")).split()) for text in shown)

    def _shown_columns(self) -> list[int]:
        """The columns on show that have words or figures, from the left."""
        return [
            section
            for section in self._needed_widths()
            if self._rows.columns[section].picture is None
        ]

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 (Qt's name)
        """Leave letters and digits to the window: a jump to a line that begins so is no use."""
        if event.matches(QKeySequence.StandardKey.Copy) and self.currentIndex().isValid():
            copy_text(self._row_text(self.currentIndex().row()))
        elif typed_text(event):
            event.ignore()
        else:
            super().keyPressEvent(event)

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 (Qt's name)
        """Give rows and columns the room that text of another size needs."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._set_row_height()
            if not self._arranged:
                self.fit_columns()

    @contextmanager
    def _by_program(self) -> Iterator[None]:
        """Inside, no change of a width counts as the trader's."""
        before, self._fitting = self._fitting, True
        try:
            yield
        finally:
            self._fitting = before

    def _on_section_resized(self) -> None:
        self._arranged = self._arranged or not self._fitting

    def draw_pictures(self, delegate: QAbstractItemDelegate) -> None:
        """Have `delegate` paint the columns that have a picture."""
        for section, column in enumerate(self._rows.columns):
            if column.picture is not None:
                self.setItemDelegateForColumn(section, delegate)

    def allow_drag(self) -> None:
        """Let rows be dragged; `row_dropped` tells where to. Works in own order only."""
        self.setDragEnabled(True)
        self.setAcceptDrops(True)
        self.setDropIndicatorShown(True)
        self.setDragDropOverwriteMode(False)
        self.setDragDropMode(QAbstractItemView.DragDropMode.InternalMove)

    def selected_key(self) -> Any:
        """The key of the selected row, None without one."""
        chosen = self.selectionModel().selectedRows()
        row = self._rows.row_at(chosen[0]) if chosen else None
        return None if row is None else self._rows.key_of(row)

    def select_key(self, key: object) -> None:
        """Select the row with `key` where it is shown."""
        place = self._rows.place_of(key)
        if place is not None:
            self.selectRow(place)

    def layout_state(self) -> dict[str, Any]:
        """Order, widths, hidden columns and sorting, by column key."""
        header = self.horizontalHeader()
        sections = [header.logicalIndex(place) for place in range(header.count())]
        sorted_by = self._rows.sorted_by
        return {
            "columns": [
                [self._rows.columns[at].key, header.sectionSize(at), header.isSectionHidden(at)]
                for at in sections
            ],
            "arranged": self._arranged,
            "sorted_by": None if sorted_by is None else sorted_by.key,
            "descending": header.sortIndicatorOrder() is Qt.SortOrder.DescendingOrder,
        }

    def restore_layout(self, state: Mapping[str, Any]) -> None:
        """Take what `layout_state` gave; columns that no longer exist are passed over.

        One that did not exist then stands beside its neighbour, where it would stand at first.
        """
        sections = {column.key: at for at, column in enumerate(self._rows.columns)}
        known = [entry for entry in _entries(state) if entry[0] in sections]
        header = self.horizontalHeader()
        self._arranged = state.get("arranged") is True
        with self._by_program():
            for place, (key, width, hidden) in enumerate(known):
                section = sections[key]
                header.moveSection(header.visualIndex(section), place)
                header.setSectionHidden(section, hidden)
                if self._arranged and not hidden:
                    header.resizeSection(section, max(_MIN_COLUMN_PX, width))
            self._place_new({key for key, _width, _hidden in known})
        section = sections.get(str(state.get("sorted_by")), -1)
        descending = state.get("descending") is True
        order = Qt.SortOrder.DescendingOrder if descending else Qt.SortOrder.AscendingOrder
        self.sortByColumn(section, order)

    def _place_new(self, known: set[str]) -> None:
        """Put each column that is not among `known` right of its left neighbour."""
        header = self.horizontalHeader()
        for section, column in enumerate(self._rows.columns):
            if known and section and column.key not in known:
                place, beside = header.visualIndex(section), header.visualIndex(section - 1)
                header.moveSection(place, beside + int(place > beside))

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802 (Qt's name)
        """Say where a row was dropped; whoever owns the order moves it."""
        if event.source() is not self:
            event.ignore()
            return
        # Not passed on to Qt, which would write into the model; the owner of the order moves it.
        event.accept()
        key = self.selected_key()
        if key is not None:
            self.row_dropped.emit(key, self._drop_place(event.position().toPoint()))

    def _drop_place(self, point: QPoint) -> int:
        index = self.indexAt(point)
        if not index.isValid():
            return self._rows.rowCount()
        below = point.y() > self.visualRect(index).center().y()
        return index.row() + int(below)

    def _set_row_height(self) -> None:
        height = QFontMetrics(self.font()).height() + _ROW_PADDING_PX
        self.verticalHeader().setDefaultSectionSize(height)

    def _set_up_headers(self) -> None:
        self.verticalHeader().hide()
        self._set_row_height()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header = self.horizontalHeader()
        header.setSectionsMovable(True)
        header.setHighlightSections(False)
        header.setMinimumSectionSize(_MIN_COLUMN_PX)
        header.setSortIndicatorClearable(True)
        header.setSortIndicator(-1, Qt.SortOrder.DescendingOrder)
        header.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        header.sectionResized.connect(self._on_section_resized)
        header.customContextMenuRequested.connect(self._show_column_menu)
        self.setSortingEnabled(True)
        self.sortByColumn(-1, Qt.SortOrder.AscendingOrder)

    def _needed_width(self, column: Column[Any]) -> int:
        metrics = QFontMetrics(self.font())
        header = QFontMetrics(self.horizontalHeader().font())
        title = header.horizontalAdvance(column.title)
        return max(title, metrics.horizontalAdvance(column.sample)) + _CELL_PADDING_PX

    def _show_column_menu(self, point: QPoint) -> None:
        menu = self.column_menu()
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(self.horizontalHeader().mapToGlobal(point))

    def column_menu(self) -> QMenu:
        """A menu that shows and hides columns; the first one always stays."""
        menu = QMenu(self)
        for section, column in enumerate(self._rows.columns[1:], start=1):
            action = QAction(column.title, menu, checkable=True)
            action.setChecked(not self.isColumnHidden(section))
            action.setData(section)
            menu.addAction(action)
        menu.triggered.connect(self._toggle_column)
        return menu

    def _toggle_column(self, action: QAction) -> None:
        section = int(action.data())
        with self._by_program():
            self.setColumnHidden(section, not action.isChecked())
            if action.isChecked():
                self.setColumnWidth(section, self._needed_width(self._rows.columns[section]))
        if not self._arranged:
            self.fit_columns()


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_IN_MENU else f"{text[:_LONGEST_IN_MENU].rstrip()}…"


def _entries(state: Mapping[str, Any]) -> Sequence[tuple[str, int, bool]]:
    """The well-formed column entries of a saved layout; a damaged one is dropped."""
    entries = state.get("columns")
    return [
        (entry[0], entry[1], entry[2])
        for entry in (entries if isinstance(entries, list) else [])
        if isinstance(entry, list)
        and len(entry) == 3
        and isinstance(entry[0], str)
        and isinstance(entry[1], int)
        and isinstance(entry[2], bool)
    ]
