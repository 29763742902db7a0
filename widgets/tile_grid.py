"""A few figures with their names, in as many columns as have room."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QSizePolicy, QWidget

from widgets.models.account import Tile
from widgets.plain import PlainLabel, tooltip
from widgets.theme import Role, set_role

_WIDE_FROM_PX = 310


class TileGrid(QWidget):
    """Shows tiles; the hint of each stands on its name and its figure."""

    def __init__(self, count: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.labels = [(PlainLabel(), PlainLabel()) for _number in range(count)]
        self._columns = 0
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(6)
        self._grid.setVerticalSpacing(1)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        for name, figure in self.labels:
            set_role(name, Role.MUTED)
            set_role(figure, Role.HEADING)
        self._place(2)

    def show_tiles(self, tiles: Sequence[Tile]) -> None:
        """Show as many tiles as there are places."""
        for tile, (name, figure) in zip(tiles, self.labels, strict=True):
            if figure.text() != tile.text or name.text() != tile.title:
                name.setText(tile.title)
                figure.setText(tile.text)
            for label in (name, figure):
                label.setToolTip(tooltip(tile.hint))

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 (Qt's name)
        """One below the other where two do not stand side by side."""
        super().resizeEvent(event)
        self._place(2 if self.width() >= _WIDE_FROM_PX else 1)

    def _place(self, columns: int) -> None:
        if columns == self._columns:
            return
        self._columns = columns
        for number, pair in enumerate(self.labels):
            row, column = divmod(number, columns)
            for at, label in enumerate(pair):
                self._grid.addWidget(label, row, 2 * column + at)
        self._grid.setColumnStretch(1, 1)
        self._grid.setColumnStretch(3, columns - 1)
