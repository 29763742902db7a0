"""The main window: docks made from the list of panels, a status bar, a layout that is kept."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any, cast

from PySide6.QtCore import QByteArray, QSize, Qt, Signal
from PySide6.QtGui import QCloseEvent, QKeyEvent, QPixmap
from PySide6.QtWidgets import (
    QDockWidget,
    QMainWindow,
    QTabBar,
    QTabWidget,
    QToolBar,
    QWidget,
)

from widgets import format as fmt
from widgets.actions import typed_text
from widgets.dock_titles import DockTitles
from widgets.full_screen import FullScreenPanel
from widgets.panel_guard import PanelGuard
from widgets.panels import PANELS, Panel, PanelSpec, Place
from widgets.picture import data_age, stamped_picture
from widgets.plain import PlainLabel
from widgets.screens import bring_on_screen
from widgets.status import StatusBar, recorded_text
from widgets.theme import Role, Theme, set_role
from widgets.window_state import LAYOUT_VERSION, Layout, WindowState, from_text, to_text

if TYPE_CHECKING:
    from widgets.table import RowsView
    from widgets.update import Update

DEFAULT_SIZE = (1600, 1000)
PROGRAM = "Liqline"
_STRIP_LINES = 3.5


class MainWindow(QMainWindow):
    """Shows panels in docks; knows nothing of feed or store."""

    closed = Signal()
    panel_added = Signal()
    theme_changed = Signal(object)
    typed = Signal(str)
    """A letter or digit that no field and no shortcut took."""

    def __init__(self, theme: Theme, panels: Sequence[PanelSpec] = PANELS) -> None:
        super().__init__()
        self.setObjectName("window")
        self.setWindowTitle(PROGRAM)
        self.setDockNestingEnabled(True)
        self.setTabPosition(Qt.DockWidgetArea.AllDockWidgetAreas, QTabWidget.TabPosition.North)
        self.resize(QSize(*DEFAULT_SIZE).boundedTo(self.screen().availableSize()))
        self.status = StatusBar()
        self.setStatusBar(self.status)
        self._strip = self._make_strip()
        self.theme = theme
        self.specs = tuple(panels)
        self.docks = {spec.key: self._make_dock(spec) for spec in self.specs}
        self.layouts: dict[str, Layout] = {}
        self.locked = False
        self._titles = DockTitles(self, self.docks.values())
        self.full_screen = FullScreenPanel(self, self.docks, self._restore_docks)
        self.guard = PanelGuard(self.docks)
        self._panels = self.guard.panels
        self._behind: set[str] = set()
        self._kept_tables: dict[str, dict[str, Any]] = {}
        self._update: Update | None = None
        self._title = PROGRAM
        self._breached = False
        self.arrange_docks()

    def set_strip(self, strip: QWidget) -> None:
        """Put the line in that always stands under the menus."""
        self._strip.clear()
        self._strip.addWidget(strip)

    def set_panel(self, spec: PanelSpec, panel: QWidget) -> None:
        """Put a panel into its dock, with its columns as they were left."""
        dock = self.docks[spec.key]
        waiting = dock.widget()
        dock.setWidget(panel)
        waiting.deleteLater()
        self._panels[spec.key] = cast(Panel, panel)
        self._titles.add_buttons(dock)
        self._restore_tables()
        self.panel_added.emit()
        if self._update is not None:
            self.guard.show(spec.key, self._update)

    def show_text(self, update: Update) -> None:
        """Show what is to be read: title, status bar and the slow panels."""
        self._update = update
        self._show_title(update)
        self.status.show_update(update)
        self._show(update, fast=False)

    def show_curves(self, update: Update) -> None:
        """Show what moves: the fast panels."""
        self._update = update
        self._show(update, fast=True)

    def show_breaches(self, texts: Sequence[str]) -> None:
        """Say in title and status bar that breaches are not acknowledged, while there are any."""
        self.status.show_breaches(texts)
        self._breached = bool(texts)
        if self._update is not None:
            self._show_title(self._update)

    def apply_theme(self, theme: Theme) -> None:
        """Take another theme and tell those that paint by themselves."""
        self.theme = theme
        self.theme_changed.emit(theme)

    def arrange_docks(self) -> None:
        """Put the docks where the list of panels says: a main column, tabs below, a side column."""
        for dock in self.docks.values():
            dock.setFloating(False)
            dock.show()
        stack = self._docks_at(Place.MAIN)
        tabs = self._docks_at(Place.BOTTOM)
        side = self._docks_at(Place.SIDE)
        column = stack + tabs[:1]
        self.addDockWidget(Qt.DockWidgetArea.TopDockWidgetArea, column[0])
        if side:
            self.splitDockWidget(column[0], side[0], Qt.Orientation.Horizontal)
        for above, below in pairwise(column):
            self.splitDockWidget(above, below, Qt.Orientation.Vertical)
        for group in (tabs, side):
            self._put_in_tabs(group)
        self._share_space(column, side[:1])
        self._hide_left_over_tabs()

    def _restore_docks(self, state: QByteArray) -> None:
        self.restoreState(state, LAYOUT_VERSION)
        self._hide_left_over_tabs()

    def _docks_at(self, place: Place) -> list[QDockWidget]:
        return [self.docks[spec.key] for spec in self.specs if spec.place is place]

    def _put_in_tabs(self, group: list[QDockWidget]) -> None:
        for dock in group[1:]:
            self.tabifyDockWidget(group[0], dock)
        for dock in group[:1]:
            dock.raise_()

    def _hide_left_over_tabs(self) -> None:
        """Hide the tab bars of arrangements that never came to be, which Qt leaves standing.

        Laying out shows again those that are used.
        """
        options = Qt.FindChildOption.FindDirectChildrenOnly
        for bar in self.findChildren(QTabBar, options=options):
            bar.setAccessibleName("Panels in tabs")
            bar.hide()
        layout = self.layout()
        if layout is not None:
            layout.invalidate()
            layout.activate()

    def _share_space(self, column: list[QDockWidget], side: list[QDockWidget]) -> None:
        shares = {spec.key: spec.share for spec in self.specs}
        heights = [shares[dock.objectName()] * self.height() // 100 for dock in column]
        self.resizeDocks(column, heights, Qt.Orientation.Vertical)
        for dock in side:
            width = shares[dock.objectName()] * self.width() // 100
            self.resizeDocks(
                [column[0], dock], [self.width() - width, width], Qt.Orientation.Horizontal
            )

    def go_to(self, key: str) -> None:
        """Show a dock and give its panel the focus."""
        dock = self.docks[key]
        dock.show()
        dock.raise_()
        panel = dock.widget()
        panel.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def picture(self, key: str | None = None) -> QPixmap:
        """A stamped picture of the panel with `key`, of the whole window without one."""
        shown = self if key is None else self.docks[key].widget()
        return stamped_picture(shown, self._caption(), self._recorded(), self.theme)

    def window_state(self) -> WindowState:
        """Everything that is kept for the next start."""
        self.full_screen.leave()
        now = self.layout_state()
        return WindowState(
            geometry=now.geometry,
            docks=now.docks,
            tables=now.tables,
            layouts=self.layouts,
            locked=self.locked,
        )

    def restore_window(self, state: WindowState) -> None:
        """Take what was kept at the last end."""
        self.layouts = dict(state.layouts)
        self.set_locked(locked=state.locked)
        self.restore_layout(state)

    def set_locked(self, *, locked: bool) -> None:
        """Keep docks where they are, or let them be moved."""
        self.locked = locked
        self._titles.lock(locked=locked)

    def layout_state(self) -> Layout:
        """Geometry, docks and columns as they are now."""
        tables = {table.objectName(): table.layout_state() for table in self._tables()}
        return Layout(
            geometry=to_text(self.saveGeometry()),
            docks=to_text(self.saveState(LAYOUT_VERSION)),
            tables={**self._kept_tables, **tables},
        )

    def restore_layout(self, state: Layout) -> None:
        """Take a kept layout; panels that come later get their columns then.

        What stood on a screen that is gone is brought back onto one that is there.
        """
        self._kept_tables = dict(state.tables)
        if state.geometry:
            self.restoreGeometry(from_text(state.geometry))
        if state.docks:
            self._restore_docks(from_text(state.docks))
        for window in (self, *filter(QDockWidget.isFloating, self.docks.values())):
            bring_on_screen(window)
        self._restore_tables()

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802 (Qt's name)
        """Closing the window ends the program; whoever runs it cleans up."""
        event.accept()
        self.closed.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 (Qt's name)
        """Tell of what is typed where nothing else wants it: a symbol, a timeframe, a command."""
        typed = typed_text(event)
        if typed:
            self.typed.emit(typed)
        else:
            super().keyPressEvent(event)

    def _restore_tables(self) -> None:
        for table in self._tables():
            kept = self._kept_tables.pop(table.objectName(), None)
            if kept is not None:
                table.restore_layout(kept)

    def _tables(self) -> list[RowsView]:
        if not self._panels:
            return []
        # Deferred: the window is painted before any panel is imported.
        from widgets.table import RowsView

        return self.findChildren(RowsView)

    def _make_strip(self) -> QToolBar:
        """Room for the trade line, as high as it will be, so that nothing moves when it comes."""
        strip = QToolBar("Trade line", self)
        strip.setObjectName("trade line")
        strip.setMovable(False)
        strip.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        strip.toggleViewAction().setEnabled(False)
        waiting = PlainLabel("Trade line: starting …")
        waiting.setMinimumHeight(round(_STRIP_LINES * self.fontMetrics().lineSpacing()))
        set_role(waiting, Role.MUTED)
        strip.addWidget(waiting)
        self.addToolBar(Qt.ToolBarArea.TopToolBarArea, strip)
        return strip

    def _make_dock(self, spec: PanelSpec) -> QDockWidget:
        dock = QDockWidget(spec.title, self)
        dock.setObjectName(spec.key)
        dock.visibilityChanged.connect(partial(self._note_visible, spec.key))
        waiting = PlainLabel(f"{spec.title}: starting …")
        waiting.setAlignment(Qt.AlignmentFlag.AlignCenter)
        set_role(waiting, Role.EMPTY)
        dock.setWidget(waiting)
        return dock

    def _note_visible(self, key: str, visible: bool) -> None:
        """Leave out docks whose tab is behind another: Qt keeps them shown, out of sight."""
        if not visible:
            self._behind.add(key)
            return
        self._behind.discard(key)
        if self._update is not None:
            self.guard.show(key, self._update)

    def _show(self, update: Update, *, fast: bool) -> None:
        for spec in self.specs:
            if spec.fast == fast and spec.key not in self._behind:
                self.guard.show(spec.key, update)

    def _show_title(self, update: Update) -> None:
        recorded = recorded_text(update.clock, update.now_ms)
        breached = "BREACHED" if self._breached else ""
        parts = [breached, recorded, _selected_name(update), PROGRAM]
        title = "  ·  ".join(filter(None, parts))
        if title != self._title:
            self._title = title
            self.setWindowTitle(title)

    def _caption(self) -> str:
        if self._update is None:
            return PROGRAM
        update, key = self._update, self._update.selected
        age = "" if key is None else data_age(update, key)
        parts = [_selected_name(update), fmt.instant(update.now_ms), age, PROGRAM]
        return "  ·  ".join(filter(None, parts))

    def _recorded(self) -> str:
        return (
            "" if self._update is None else recorded_text(self._update.clock, self._update.now_ms)
        )


def _selected_name(update: Update) -> str:
    key = update.selected
    return "" if key is None else f"{fmt.symbol_name(key)} {key.venue}"
