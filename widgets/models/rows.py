"""The one table model: rows of any type, described by a table of columns.

It sorts itself (unknown last in both directions), keeps selections by row key, and tells the
views no more than what changed, so that a live table costs little and never jumps under the hand.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Generic, NamedTuple, TypeVar

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QBrush, QColor

from widgets.plain import tooltip
from widgets.theme import DARK, Theme

Row = TypeVar("Row")
Index = QModelIndex | QPersistentModelIndex
_NOWHERE = QModelIndex()

# Asked for every cell that is painted, so they are put together once.
_STILL = Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemNeverHasChildren
_DRAGGABLE = _STILL | Qt.ItemFlag.ItemIsDragEnabled


class Align(Enum):
    """Where a column's text stands: words left, numbers right so that their digits line up."""

    LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
    RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


@dataclass(frozen=True, slots=True, kw_only=True)
class Column(Generic[Row]):
    """One column of a table.

    `key` names it in saved layouts. `value` is what it sorts by (None is unknown), `text` what a
    cell shows, `colour` the name of a Theme token or None for plain text, `hint` a cell's tooltip
    ("" for none, made when it is wanted), `tooltip` the header's. `sample` is a text as wide as
    the column should start; a `spare` column is shown only once it was chosen. `heat` shades a
    cell from -1 (lowest) to 1 (highest), None for no shade; `picture` are values that a delegate
    draws as a small line. A `fixed` one shows only what the model's `fixed_part` of a row says.
    """

    key: str
    title: str
    value: Callable[[Row], Any]
    text: Callable[[Row], str]
    align: Align = Align.RIGHT
    tooltip: str = ""
    colour: Callable[[Row], str | None] | None = None
    hint: Callable[[Row], str] | None = None
    sample: str = ""
    spare: bool = False
    heat: Callable[[Row], float | None] | None = None
    picture: Callable[[Row], tuple[float, ...]] | None = None
    fixed: bool = False


PICTURE_ROLE = Qt.ItemDataRole.UserRole + 1
"""The values of a column's picture."""
_SHADES = 8
"""So many shades on either side of none: finer ones cannot be told apart."""
_STRONGEST_SHADE = 0.35
"""How opaque the strongest is: plain text on it keeps a contrast of 4.5."""


class _Cell(NamedTuple):
    text: str
    colour: str | None
    shade: int = 0


_Cells = list[_Cell | None]
_MOST_PAINTED = 128
"""So many rows' cells are kept to tell what changed; a screen shows fewer."""


class RowsModel(QAbstractTableModel, Generic[Row]):
    """A table of rows; `row_key` tells which row of the next `set_rows` is the same one."""

    def __init__(
        self,
        columns: Sequence[Column[Row]],
        row_key: Callable[[Row], Hashable],
        parent: QObject | None = None,
        *,
        theme: Theme = DARK,
        draggable: bool = False,
        pinned: Callable[[Row], bool] | None = None,
        fixed_part: Callable[[Row], object] | None = None,
    ) -> None:
        """`pinned` rows stand above all others whatever sorts the table.

        While `fixed_part` of a row is the same object its cells in fixed columns are the same.
        """
        super().__init__(parent)
        self._pinned = pinned
        self._fixed_part = fixed_part
        self.columns = tuple(columns)
        self._row_key = row_key
        self._draggable = draggable
        self._rows: dict[Hashable, Row] = {}
        self._own: list[Hashable] = []
        self._shown: list[Hashable] = []
        self._painted: dict[Hashable, _Cells] = {}
        self._in_sight: frozenset[int] = frozenset()
        self._sort_column = -1
        self._descending = False
        self._brushes: dict[str, QBrush] = {}
        self._colours: dict[str, QColor] = {}
        self._theme = theme

    def set_theme(self, theme: Theme) -> None:
        """Take the colours of another theme."""
        self._theme = theme
        self._brushes.clear()
        self._colours.clear()
        if self._shown:
            last = self.index(len(self._shown) - 1, len(self.columns) - 1)
            roles = [Qt.ItemDataRole.ForegroundRole, Qt.ItemDataRole.BackgroundRole]
            self.dataChanged.emit(self.index(0, 0), last, roles)

    def set_rows(self, rows: Iterable[Row]) -> None:
        """Show `rows`; their order is the table's own order, shown while no column sorts."""
        listed = list(rows)
        keys = [self._row_key(row) for row in listed]
        new = dict(zip(keys, listed, strict=True))
        if len(new) != len(keys):
            raise ValueError("two rows have the same key")
        same_rows = keys == self._own
        self._own = keys
        if not same_rows:
            self._remove_all_but(new)
        before, self._rows = self._rows, new
        target = self._sorted(keys)
        if same_rows:
            self._permute(target)
        else:
            self._arrange(target)
        self._tell_changes(before)

    def row_at(self, index: Index) -> Row | None:
        """The row of `index`, None where it points at none."""
        return self._rows[self._shown[index.row()]] if self._holds(index) else None

    def row_with(self, key: Hashable) -> Row | None:
        """The row with `key` as it is now, None where there is none."""
        return self._rows.get(key)

    def see(self, columns: Iterable[int], *, alone: bool) -> None:
        """Columns that are on the screen, `alone` or beside those told before.

        What a tick does to the others is not worked out.
        """
        seen = frozenset(columns)
        self._in_sight = seen if alone else self._in_sight | seen

    def painted(self, row: int, columns: Sequence[int]) -> list[tuple[str, QColor | None, int]]:
        """Cells of a shown row: text, colour (None for that of plain text) and shade."""
        key, colours = self._shown[row], self._colours
        held = self._painted.get(key)
        found = []
        for at in columns:
            cell = held[at] if held is not None else None
            if cell is None:
                cell = self._cell_at(key, at)
            text, token, shade = cell
            colour = None if token is None else colours.get(token) or self._colour(token)
            found.append((text, colour, shade))
        return found

    def key_of(self, row: Row) -> Hashable:
        """The key by which `row` is known."""
        return self._row_key(row)

    def place_of(self, key: Hashable) -> int | None:
        """The number of the shown row with `key`, None where there is none."""
        return self._shown.index(key) if key in self._rows else None

    def shown_keys(self) -> list[Hashable]:
        """The keys of the rows as shown, top down."""
        return list(self._shown)

    @property
    def sorted_by(self) -> Column[Row] | None:
        """The column that sorts, None in own order."""
        return self.columns[self._sort_column] if self._sort_column >= 0 else None

    # Qt's interface

    def rowCount(self, parent: Index = _NOWHERE) -> int:  # noqa: N802 (Qt's name)
        return 0 if parent.isValid() else len(self._shown)

    def columnCount(self, parent: Index = _NOWHERE) -> int:  # noqa: N802 (Qt's name)
        return 0 if parent.isValid() else len(self.columns)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not self._holds(index):
            return None
        key, column = self._shown[index.row()], self.columns[index.column()]
        cell = self._cell_at(key, index.column())
        if role == Qt.ItemDataRole.DisplayRole:
            return cell.text
        if role == Qt.ItemDataRole.ForegroundRole:
            return self._brush(cell.colour)
        if role == Qt.ItemDataRole.BackgroundRole:
            return self.shade(cell.shade)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return column.align.value
        if role == Qt.ItemDataRole.ToolTipRole and column.hint is not None:
            return tooltip(column.hint(self._rows[key])) or None
        if role == PICTURE_ROLE and column.picture is not None:
            return column.picture(self._rows[key])
        return None

    def headerData(  # noqa: N802 (Qt's name)
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> Any:
        if orientation is not Qt.Orientation.Horizontal or not 0 <= section < len(self.columns):
            return None
        column = self.columns[section]
        if role == Qt.ItemDataRole.DisplayRole:
            return column.title
        if role == Qt.ItemDataRole.ToolTipRole:
            return tooltip(column.tooltip) or None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return column.align.value
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        if not index.isValid():
            drop = Qt.ItemFlag.ItemIsDropEnabled
            return drop if self._draggable else Qt.ItemFlag.NoItemFlags
        return _DRAGGABLE if self._draggable else _STILL

    def supportedDropActions(self) -> Qt.DropAction:  # noqa: N802 (Qt's name)
        return Qt.DropAction.MoveAction

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Sort by `column`; -1 goes back to own order."""
        self._sort_column = column if 0 <= column < len(self.columns) else -1
        self._descending = order is Qt.SortOrder.DescendingOrder
        self._permute(self._sorted(self._own))

    # How rows come in

    def _holds(self, index: Index) -> bool:
        return index.isValid() and index.row() < len(self._shown)

    def _cell_at(self, key: Hashable, at: int) -> _Cell:
        """A cell, made when it is first wanted: most are not on the screen."""
        cells = self._painted.get(key)
        if cells is None:
            cells = self._painted[key] = [None] * len(self.columns)
        cell = cells[at]
        if cell is None:
            cell = cells[at] = self._cell(self.columns[at], self._rows[key])
        return cell

    @staticmethod
    def _cell(column: Column[Row], row: Row) -> _Cell:
        colour = column.colour(row) if column.colour is not None else None
        heat = column.heat(row) if column.heat is not None else None
        shade = 0 if heat is None else round(heat * _SHADES)
        # Coloured text on a coloured ground cannot be read; the sign says what its colour would.
        return _Cell(column.text(row), None if shade else colour, shade)

    def _sorted(self, keys: list[Hashable]) -> list[Hashable]:
        """`keys` (in own order) by the sort column; equal ones keep own order, unknown is last."""
        pinned, rows = self._pinned, self._rows
        if pinned is None:
            return self._by_column(keys)
        above = [key for key in keys if pinned(rows[key])]
        below = [key for key in keys if not pinned(rows[key])] if above else keys
        return self._by_column(above) + self._by_column(below)

    def _by_column(self, keys: list[Hashable]) -> list[Hashable]:
        column = self.sorted_by
        if column is None:
            return list(keys)
        known: list[Hashable] = []
        values: dict[Hashable, Any] = {}
        unknown: list[Hashable] = []
        for key in keys:
            value = column.value(self._rows[key])
            if value is None or value != value:
                unknown.append(key)
            else:
                known.append(key)
                values[key] = value
        known.sort(key=values.__getitem__, reverse=self._descending)
        return known + unknown

    def _remove_all_but(self, staying: Collection[Hashable]) -> None:
        last = len(self._shown) - 1
        while last >= 0:
            if self._shown[last] in staying:
                last -= 1
                continue
            first = last
            while first > 0 and self._shown[first - 1] not in staying:
                first -= 1
            self.beginRemoveRows(_NOWHERE, first, last)
            for key in self._shown[first : last + 1]:
                self._painted.pop(key, None)
            del self._shown[first : last + 1]
            self.endRemoveRows()
            last = first - 1

    def _arrange(self, target: list[Hashable]) -> None:
        """Bring the held rows into the order of `target` and put new ones in."""
        staying = set(self._shown)
        self._permute([key for key in target if key in staying])
        first = 0
        while first < len(target):
            if target[first] in staying:
                first += 1
                continue
            end = first + 1
            while end < len(target) and target[end] not in staying:
                end += 1
            self.beginInsertRows(_NOWHERE, first, end - 1)
            self._shown[first:first] = target[first:end]
            self.endInsertRows()
            first = end

    def _permute(self, target: list[Hashable]) -> None:
        """Show the held rows, which have the same keys, in another order."""
        if target == self._shown:
            return
        if not self.persistentIndexList():
            # Nothing follows a row; a change of the layout would paint headers and bars again.
            self._shown = target
            last = self.index(len(target) - 1, len(self.columns) - 1)
            self.dataChanged.emit(self.index(0, 0), last)
            return
        self.layoutAboutToBeChanged.emit()
        before = self.persistentIndexList()
        places = {key: place for place, key in enumerate(target)}
        after = [self.index(places[self._shown[i.row()]], i.column()) for i in before]
        self._shown = target
        self.changePersistentIndexList(before, after)
        self.layoutChanged.emit()

    def _tell_changes(self, before: Mapping[Hashable, Row]) -> None:
        """Emit a rectangle around the cells that differ from what was painted last.

        It is one for each run of columns: those that stand still need no painting. Rows that were
        never painted are not on the screen and have nothing to tell.
        """
        changed: set[int] = set()
        rows: set[Hashable] = set()
        if len(self._painted) > _MOST_PAINTED:
            self._painted.clear()
            changed.update(range(len(self.columns)))
            rows.update(self._shown[:1] + self._shown[-1:])
        for key, cells in self._painted.items():
            different = self._renewed(cells, self._rows[key], before.get(key))
            if different:
                rows.add(key)
                changed.update(different)
        if not rows:
            return
        places = [place for place, key in enumerate(self._shown) if key in rows]
        for first, last in _runs(sorted(changed)):
            self.dataChanged.emit(self.index(places[0], first), self.index(places[-1], last))

    def _renewed(self, cells: _Cells, row: Row, before: Row | None) -> list[int]:
        """Make the cells in sight again, forget the others; the columns that look different."""
        part, different = self._fixed_part, []
        same = part is not None and before is not None and part(row) is part(before)
        for at, old in enumerate(cells):
            if old is None or (same and self.columns[at].fixed):
                continue
            if at not in self._in_sight:
                cells[at] = None
                continue
            new = self._cell(self.columns[at], row)
            if new != old:
                cells[at] = new
                different.append(at)
        return different

    def _colour(self, token: str) -> QColor:
        colour = self._colours[token] = QColor(getattr(self._theme, token))
        return colour

    def shade(self, shade: int) -> QBrush | None:
        """The ground of a cell: the accent for high, the colour of warnings for low figures."""
        if not shade:
            return None
        token = f"shade {shade}"
        brush = self._brushes.get(token)
        if brush is None:
            colour = QColor(self._theme.accent if shade > 0 else self._theme.warning)
            colour.setAlphaF(_STRONGEST_SHADE * abs(shade) / _SHADES)
            brush = self._brushes[token] = QBrush(colour)
        return brush

    def _brush(self, token: str | None) -> QBrush | None:
        if token is None:
            return None
        brush = self._brushes.get(token)
        if brush is None:
            brush = self._brushes[token] = QBrush(QColor(getattr(self._theme, token)))
        return brush


def _runs(columns: list[int]) -> list[tuple[int, int]]:
    """First and last of each stretch of neighbouring numbers, which ascend."""
    runs: list[tuple[int, int]] = []
    for column in columns:
        if runs and column == runs[-1][1] + 1:
            runs[-1] = (runs[-1][0], column)
        else:
            runs.append((column, column))
    return runs
