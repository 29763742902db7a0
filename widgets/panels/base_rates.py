"""What leverage did in the past of the selected contract, as one picture."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from dashboard.risk.odds.excursions import Way
from widgets import format as fmt
from widgets.base_rates_view import BaseRatesView
from widgets.models.base_rates import SIDES, example_words, rare_words, source_words, thirds_words
from widgets.odds_book import LOADING, KnownOdds
from widgets.plain import PlainLabel
from widgets.scrolled import scrolled
from widgets.theme import Role, Theme, set_role
from widgets.update import Update

_PICTURE, _EMPTY = 0, 1
_RARE_HOURS = (24, 168)
_WORDS_PX = 205


class BaseRatesPart(QWidget):
    """The picture with its sentence; long or short is chosen above it."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._known: KnownOdds = LOADING
        self._name = ""
        self.side = QComboBox()
        self.side.setAccessibleName("Long or short")
        self.side.view().setAccessibleName("Long or short")
        for way, name in SIDES.items():
            self.side.addItem(f"{name.capitalize()}s", way)
        self.sentence = PlainLabel(wrap=True)
        self.picture = BaseRatesView(theme)
        self.source = PlainLabel(wrap=True)
        self.empty = PlainLabel(wrap=True)
        self._stack = QStackedWidget()
        self.side.currentIndexChanged.connect(self._show)
        self._arrange()

    @property
    def way(self) -> Way:
        """The side that is chosen, by where its liquidation lies."""
        return Way.DOWN if self.side.currentIndex() == 0 else Way.UP

    def apply_theme(self, theme: Theme) -> None:
        """Take the colours of another theme."""
        self.picture.apply_theme(theme)

    def show_update(self, update: Update) -> None:
        """Show the base rates of the selected contract."""
        key = update.selected
        self._known = KnownOdds() if key is None else update.odds.get(key, LOADING)
        self._name = "" if key is None else fmt.symbol_name(key)
        self._show()

    def _show(self) -> None:
        rates = self._known.base
        self._stack.setCurrentIndex(_EMPTY if rates is None else _PICTURE)
        self.picture.show_rates(rates, self.way)
        if rates is None:
            self.empty.setText(_why_empty(self._name, self._known))
            return
        words = example_words(rates, self.way, self._name)
        rare = " ".join(rare_words(rates, self.way, hours) for hours in _RARE_HOURS)
        source = source_words(rates, self._known.source)
        self.sentence.setText(words)
        self.source.setText(f"{thirds_words(rates)} {rare} {source}".strip())

    def _arrange(self) -> None:
        full = QWidget()
        inside = QHBoxLayout(full)
        inside.setContentsMargins(6, 4, 6, 2)
        inside.setSpacing(6)
        words = QWidget()
        column = QVBoxLayout(words)
        column.setContentsMargins(0, 0, 4, 0)
        column.setSpacing(4)
        column.addWidget(self.side)
        column.addWidget(self.sentence)
        set_role(self.source, Role.MUTED)
        column.addWidget(self.source)
        column.addStretch(1)
        # Beside the picture, which needs all of a low dock's height.
        beside = scrolled(words)
        beside.setFixedWidth(_WORDS_PX)
        inside.addWidget(beside)
        inside.addWidget(self.picture, stretch=1)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        set_role(self.empty, Role.EMPTY)
        self._stack.addWidget(full)
        self._stack.addWidget(self.empty)
        self._stack.setCurrentIndex(_EMPTY)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._stack)


def _why_empty(name: str, known: KnownOdds) -> str:
    if not name:
        return "Select a contract: how often each leverage was liquidated in its past stands here."
    return f"No base rates of {name}: {known.reason or 'there is no history yet'}."
