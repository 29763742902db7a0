"""The bar over the watch-list: what to add, which list, what of it is shown."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QMenu,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QWidget,
)

from widgets.clearing_field import ClearingField
from widgets.models.watch_filter import HELP
from widgets.plain import ElidedLabel, tooltip
from widgets.theme import Role, set_role

_FIELD_WIDTH_PX = 230
_FILTER_WIDTH_PX = 230
_LEAST_WIDTH_PX = 80
_LIST_CHARACTERS = 6


class WatchBar(QWidget):
    """Fields and buttons; `list_chosen` carries the name of the list that a hand chose."""

    list_chosen = Signal(str)

    def __init__(self, venues: Sequence[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.field = ClearingField()
        self.field.setClearButtonEnabled(False)
        self.field.setPlaceholderText("Add: btc, ETHUSDT, okx sol, BTC ETH SOL …")
        self.field.setAccessibleName("Add symbols to the watch-list")
        self.field.setToolTip(
            tooltip(
                "A coin, a venue's own symbol, or a venue and a symbol; Enter adds it.\n"
                "Several at once: BTC ETH SOL, or a pasted column.\n"
                f"Enabled venues: {', '.join(venues)}"
            )
        )
        self.lists = QComboBox()
        self.lists.setAccessibleName("Watch-list that is shown")
        self.lists.view().setAccessibleName("Watch-lists")
        self.lists.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.lists.setMinimumContentsLength(_LIST_CHARACTERS)
        self.list_menu = QMenu(self)
        self.list_menu.setAccessibleName("Watch-list menu")
        self.list_button = QToolButton()
        self.list_button.setText("Lists")
        self.list_button.setAccessibleName("New, renamed, deleted, imported and exported lists")
        self.list_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.list_button.setMenu(self.list_menu)
        self.filter = ClearingField()
        self.filter.setPlaceholderText("Filter: funding > 0.05% and oi_24h > 10%")
        self.filter.setAccessibleName("Filter of the watch-list")
        self.filter.setToolTip(tooltip(HELP))
        self.message = ElidedLabel()
        set_role(self.message, Role.WARNING)
        self.remove_button = QPushButton("Remove")
        self.remove_button.setAccessibleName("Remove the selected contract from the watch-list")
        self.remove_button.setEnabled(False)
        self._arrange()
        self.lists.textActivated.connect(self.list_chosen)

    def show_lists(self, names: Sequence[str], shown: str) -> None:
        """Offer these lists, `shown` being the one that is shown."""
        with QSignalBlocker(self.lists):
            held = [self.lists.itemText(at) for at in range(self.lists.count())]
            if held != list(names):
                self.lists.clear()
                self.lists.addItems(list(names))
            self.lists.setCurrentText(shown)

    def say(self, sentence: str, role: Role = Role.WARNING) -> None:
        """Show a sentence in the bar; it is whole on hover."""
        set_role(self.message, role)
        self.message.setText(sentence)
        self.message.setToolTip(tooltip(sentence))

    def _arrange(self) -> None:
        layout = QHBoxLayout(self)
        layout.setContentsMargins(6, 0, 6, 4)
        layout.setSpacing(6)
        for field, width in ((self.field, _FIELD_WIDTH_PX), (self.filter, _FILTER_WIDTH_PX)):
            field.setMinimumWidth(_LEAST_WIDTH_PX)
            field.setMaximumWidth(width)
            field.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        layout.addWidget(self.field, stretch=3)
        layout.addWidget(self.lists)
        layout.addWidget(self.list_button)
        layout.addWidget(self.filter, stretch=3)
        layout.addWidget(self.message, stretch=2)
        layout.addWidget(self.remove_button, alignment=Qt.AlignmentFlag.AlignRight)
