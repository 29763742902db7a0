"""The selected coin over its venues: open interest, funding and price side by side."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from dashboard.market.instrument import InstrumentKey
from widgets.models.rows import RowsModel
from widgets.models.venues import (
    VENUE_COLUMNS,
    VenueRow,
    coin_contracts,
    coin_view,
    shares_of,
    shares_said,
    title_hint,
    title_line,
    venue_row_key,
)
from widgets.plain import ElidedLabel, PlainLabel, tooltip
from widgets.share_bar import ShareBar
from widgets.table import RowsView
from widgets.theme import Role, Theme, set_role
from widgets.update import Update

_TABLE, _EMPTY = 0, 1


class VenuesPanel(QWidget):
    """Shows what every venue says of the selected coin.

    While the panel is visible `wanted` names the contracts that it needs polled, and
    `wanted_changed` tells of another set; a hidden panel needs none. A line that is chosen by hand
    is told by `selected`.
    """

    wanted_changed = Signal()
    selected = Signal(object)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.wanted: tuple[InstrumentKey, ...] = ()
        self._latest: Update | None = None
        self.model: RowsModel[VenueRow] = RowsModel(VENUE_COLUMNS, venue_row_key, self, theme=theme)
        self.view = RowsView(self.model, "Venues", self)
        self.title = ElidedLabel()
        self.bar = ShareBar(theme)
        self.bar.setAccessibleName("Shares of open interest by venue")
        self.empty = PlainLabel(wrap=True)
        self._stack = QStackedWidget()
        self._arrange()
        self.view.activated.connect(self._on_activated)

    def apply_theme(self, theme: Theme) -> None:
        """Take the colours of another theme."""
        self.model.set_theme(theme)
        self.bar.apply_theme(theme)

    def show_update(self, update: Update) -> None:
        """Show the selected coin; a hidden panel waits until it is shown."""
        self._latest = update
        if not self.isVisible():
            return
        self._want(coin_contracts(update))
        view = coin_view(update)
        self._stack.setCurrentIndex(_EMPTY if view is None else _TABLE)
        if view is None:
            self.empty.setText(
                "Nothing to compare yet.\nSelect a contract that its venue lists: what every "
                "other venue says of the coin stands here."
            )
            return
        self.title.setText(title_line(view))
        self.title.setToolTip(tooltip(f"{title_line(view)}\n{title_hint(view)}"))
        shares = shares_of(view)
        self.bar.show_shares(shares, shares_said(shares))
        self.bar.setVisible(bool(shares))
        self.model.set_rows(view.rows)

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 (Qt's name)
        """Catch up on what came while hidden."""
        super().showEvent(event)
        if self._latest is not None:
            self.show_update(self._latest)

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802 (Qt's name)
        """Need nothing polled any more."""
        super().hideEvent(event)
        self._want(())

    def _want(self, keys: tuple[InstrumentKey, ...]) -> None:
        if set(keys) != set(self.wanted):
            self.wanted = keys
            self.wanted_changed.emit()

    def _on_activated(self) -> None:
        chosen = self.view.selected_key()
        if chosen is not None:
            self.selected.emit(chosen)

    def _arrange(self) -> None:
        full = QWidget()
        inside = QVBoxLayout(full)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(4)
        head = QVBoxLayout()
        head.setContentsMargins(6, 4, 6, 0)
        head.setSpacing(4)
        head.addWidget(self.title)
        head.addWidget(self.bar)
        inside.addLayout(head)
        inside.addWidget(self.view, stretch=1)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        set_role(self.empty, Role.EMPTY)
        self._stack.addWidget(full)
        self._stack.addWidget(self.empty)
        self._stack.setCurrentIndex(_EMPTY)
        self.setFocusProxy(self.view)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._stack)
