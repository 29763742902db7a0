"""The account: what it is worth, which move ends it, who goes first, and the balances behind it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QSplitter,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from dashboard.risk.account_rows import wallets_of
from dashboard.risk.held_wallets import HeldWallets
from dashboard.risk.stress import DeathRow
from dashboard.risk.totals import totals
from dashboard.signals.past import HOUR_MS
from dashboard.signals.standing import Floats
from widgets.balance_editor import BalanceEditor, BalanceKeeper
from widgets.frontier_chart import FrontierChart
from widgets.matrix_view import MatrixView
from widgets.models.account import (
    ALL_WALLETS,
    DEATH_COLUMNS,
    AccountPicture,
    Measured,
    betas_hint,
    betas_words,
    death_key,
    hedge_words,
    measure,
    standing_words,
    stress_words,
    tiles,
    work_out,
)
from widgets.models.rows import RowsModel
from widgets.plain import ElidedLabel, PlainLabel, tooltip
from widgets.scrolled import scrolled
from widgets.slices import Slices
from widgets.table import RowsView
from widgets.theme import Role, Theme, set_role
from widgets.tile_grid import TileGrid
from widgets.update import Update

_MEASURED, _ALIKE = 0, 1
_TILES = 8
_NO_HEDGE = (
    "Among the wallets counted no coin is long in one and short in another by a like amount."
)
_SPLIT_PX = [270, 370, 390]
_LEAST_FIGURES_PX, _LEAST_TABS_PX = 240, 190
_Wanted = tuple[HeldWallets, Measured, bool, str, bool]


class AccountPanel(QWidget):
    """Shows the account of a report; balances go to the keeper, `book_changed` tells of them.

    `closes` gives a coin's hourly closes. The wallets are worked out anew only where they or the
    betas changed, piece by piece, and not while the panel is hidden.
    """

    book_changed = Signal()

    def __init__(
        self,
        keeper: BalanceKeeper,
        venues: Sequence[str],
        closes: Callable[[str], Floats],
        theme: Theme,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._closes = closes
        self._latest: Update | None = None
        self._held = HeldWallets()
        self._measured = Measured()
        self._measured_at: tuple[int, tuple[str, ...]] = (-1, ())
        self._wanted: _Wanted | None = None
        self.picture = AccountPicture()
        self.tiles = TileGrid(_TILES, self)
        self.sentence = ElidedLabel(parent=self)
        self.notes = ElidedLabel(parent=self)
        self.subject = QComboBox(self)
        self.betas = QComboBox(self)
        self.chart = FrontierChart(theme, self)
        self.matrix = MatrixView(theme, self)
        self.deaths: RowsModel[DeathRow] = RowsModel(DEATH_COLUMNS, death_key, self, theme=theme)
        self.deaths_view = RowsView(self.deaths, "Order of death", self)
        self.balances = BalanceEditor(keeper, venues, theme, self)
        self.hedges = PlainLabel(parent=self, wrap=True, selectable=True)
        self.tabs = QTabWidget(self)
        self._slices = Slices(self)
        self._slices.failed.connect(_raise)
        self._fill_choices()
        self.setFocusProxy(self.deaths_view)

    def assemble(self) -> Iterator[None]:
        """Put the parts in, piece by piece: together they cost more than a frame."""
        yield from self._fill_tabs()
        self._arrange()
        self.balances.edited.connect(self.book_changed)
        for choice in (self.subject, self.betas):
            choice.currentIndexChanged.connect(self._refresh)

    @property
    def working(self) -> bool:
        """Whether figures of what was shown last are still being worked out."""
        return self._slices.working

    def apply_theme(self, theme: Theme) -> None:
        """Take the colours of another theme."""
        self.chart.apply_theme(theme)
        self.matrix.apply_theme(theme)
        self.deaths.set_theme(theme)
        self.balances.apply_theme(theme)

    def show_update(self, update: Update) -> None:
        """Show the account of `update`; a hidden panel waits until it is shown."""
        self._latest = update
        if self.isVisible():
            self._refresh()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 (Qt's name)
        """Catch up on what came while hidden."""
        super().showEvent(event)
        self._refresh()

    def _refresh(self) -> None:
        update = self._latest
        if update is None:
            return
        held = wallets_of(update.report)
        self.balances.show_balances(update.book.balances)
        self.tiles.show_tiles(tiles(totals(update.report.positions, held)))
        self._note(held, update)
        self._measure(held, update)
        self._offer_wallets(held)
        self._work_out(held)

    def _measure(self, held: HeldWallets, update: Update) -> None:
        """Measure the betas anew once an hour, and while some are not known yet."""
        names = tuple(sorted({leg.coin for one in held.wallets for leg in one.legs}))
        at = (update.now_ms // HOUR_MS, names)
        if at == self._measured_at and not self._measured.why:
            return
        self._measured_at = at
        self._measured = measure(held, self._closes)
        self.betas.setItemText(_MEASURED, betas_words(self._measured))
        self.betas.setToolTip(tooltip(betas_hint(self._measured)))

    def _offer_wallets(self, held: HeldWallets) -> None:
        offered = [("All wallets", ALL_WALLETS), *((o.title, o.wallet.id) for o in held.known)]
        present = [
            (self.subject.itemText(at), self.subject.itemData(at))
            for at in range(self.subject.count())
        ]
        if offered == present:
            return
        chosen = self.subject.currentData()
        with QSignalBlocker(self.subject):
            self.subject.clear()
            for title, name in offered:
                self.subject.addItem(title, name)
            self.subject.setCurrentIndex(max(0, self.subject.findData(chosen)))

    def _work_out(self, held: HeldWallets) -> None:
        alike = self.betas.currentIndex() == _ALIKE or self._measured.values is None
        subject = self.subject.currentData() or ALL_WALLETS
        measured = self._measured.values is not None
        wanted = (held, self._measured, alike, subject, measured)
        if wanted == self._wanted:
            return
        self._wanted, self._held = wanted, held
        self._slices.start(
            work_out(
                held, self._measured.values, alike=alike, subject=subject, take=self._take_picture
            )
        )

    def _take_picture(self, picture: AccountPicture) -> None:
        self.picture = picture
        some = bool(self._held.known)
        self.chart.show_frontier(picture.frontier if some else None)
        self.matrix.show_matrix(picture.matrix if some else None)
        words = stress_words(picture.stress, measured=self._measured.values is not None)
        self.sentence.setText(words)
        self.sentence.setToolTip(tooltip(words))
        hedged = "\n\n".join(hedge_words(pair) for pair in picture.pairs)
        self.hedges.setText(hedged or _NO_HEDGE)
        name = f"Hedges ({len(picture.pairs)})" if picture.pairs else "Hedges"
        self.tabs.setTabText(self.tabs.count() - 1, name)
        self.deaths.set_rows((*picture.past, *picture.down, *picture.up))

    def _note(self, held: HeldWallets, update: Update) -> None:
        words = standing_words(
            held,
            as_of_ms=update.report.now_ms,
            now_ms=update.now_ms,
            feed_lost=update.feed_lost,
        )
        self.notes.setText(words.replace("\n", " "))
        self.notes.setToolTip(tooltip(words))
        self.notes.setVisible(bool(words))

    def _fill_choices(self) -> None:
        self.subject.addItem("All wallets", ALL_WALLETS)
        self.subject.setAccessibleName("Wallet that the frontier shows")
        self.subject.view().setAccessibleName("Wallets")
        self.betas.addItems([betas_words(self._measured), "all alike"])
        self.betas.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.betas.setAccessibleName("How coins move together")
        self.betas.view().setAccessibleName("Betas or all alike")
        self.tabs.setAccessibleName("Parts of the account")
        self.tabs.tabBar().setAccessibleName("Parts of the account")
        self.tabs.setDocumentMode(True)
        self.tabs.setMinimumWidth(_LEAST_TABS_PX)
        self.subject.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.subject.setMinimumContentsLength(5)

    def _fill_tabs(self) -> Iterator[None]:
        self.tabs.addTab(self.deaths_view, "Order")
        self.tabs.setTabToolTip(0, tooltip("Order of death: which wallet goes first"))
        self.tabs.addTab(self.matrix, "Matrix")
        self.tabs.setTabToolTip(1, tooltip("Equity when Bitcoin moves one way, the others another"))
        yield
        self.tabs.addTab(scrolled(self.balances), "Balances")
        self.hedges.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.hedges.setContentsMargins(8, 6, 8, 6)
        self.tabs.addTab(scrolled(self.hedges), "Hedges")
        yield

    def _arrange(self) -> None:
        split = QSplitter(Qt.Orientation.Horizontal)
        split.setChildrenCollapsible(False)
        for number, part in enumerate((scrolled(self._figures()), self.chart, self.tabs)):
            split.addWidget(part)
            split.setStretchFactor(number, 1)
        split.setSizes(_SPLIT_PX)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        self.sentence.setContentsMargins(8, 4, 8, 2)
        layout.addWidget(self.sentence)
        set_role(self.notes, Role.WARNING)
        self.notes.setContentsMargins(8, 0, 8, 2)
        self.notes.hide()
        layout.addWidget(self.notes)
        layout.addWidget(split, stretch=1)

    def _figures(self) -> QWidget:
        """The left part: choices and tiles."""
        part = QWidget()
        part.setMinimumWidth(_LEAST_FIGURES_PX)
        layout = QVBoxLayout(part)
        layout.setContentsMargins(6, 4, 6, 4)
        layout.setSpacing(4)
        choices = QHBoxLayout()
        choices.addWidget(self.subject, stretch=1)
        choices.addWidget(self.betas)
        layout.addLayout(choices)
        layout.addWidget(self.tiles)
        layout.addStretch(1)
        return part


def _raise(error: Exception) -> None:
    raise error
