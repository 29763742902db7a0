"""What came of the odds that were said: the picture, the bins, and each contract and horizon."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QSplitter,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from dashboard.feed.frames import OddsScore
from dashboard.market.instrument import InstrumentKey
from dashboard.risk.odds.scorecard import Group
from dashboard.risk.odds.scores import Bin
from dashboard.risk.odds.words import span_words
from widgets import format as fmt
from widgets.models.rows import RowsModel
from widgets.models.scorecard import (
    BASE_RATE,
    BIN_COLUMNS,
    GROUP_COLUMNS,
    HORIZONS,
    OVERLAP,
    bin_key,
    count_words,
    group_key,
    score_view,
    tested_words,
)
from widgets.plain import ElidedLabel, tooltip
from widgets.reliability_chart import ReliabilityChart
from widgets.table import RowsView
from widgets.theme import Role, Theme, set_role
from widgets.update import Update

_SPLIT_PX = [300, 480]


class ScorecardPart(QWidget):
    """Shows all forecasts, or those of a contract and a horizon that are chosen above."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._score: OddsScore | None = None
        self._now_ms = 0
        self._shown: tuple[OddsScore | None, object, object] | None = None
        self.contract = QComboBox()
        self.horizon = QComboBox()
        self.sentence = ElidedLabel()
        self.count = ElidedLabel()
        self.chart = ReliabilityChart(theme)
        self.bins: RowsModel[Bin] = RowsModel(BIN_COLUMNS, bin_key, self, theme=theme)
        self.groups: RowsModel[Group] = RowsModel(GROUP_COLUMNS, group_key, self, theme=theme)
        self.tabs = QTabWidget()
        self._fill_choices()
        self._arrange()
        for choice in (self.contract, self.horizon):
            choice.currentIndexChanged.connect(self._show)

    def apply_theme(self, theme: Theme) -> None:
        """Take the colours of another theme."""
        self.chart.apply_theme(theme)
        self.bins.set_theme(theme)
        self.groups.set_theme(theme)

    def show_update(self, update: Update) -> None:
        """Show what came of the forecasts."""
        self._score, self._now_ms = update.score, update.now_ms
        self._show()

    def _show(self) -> None:
        key, hours = self.contract.currentData(), self.horizon.currentData()
        wanted = (self._score, key, hours)
        if wanted == self._shown:
            return
        chosen = None if key is None else InstrumentKey(*key)
        view = score_view(self._score, chosen, hours, self._now_ms)
        # What is still waited for is told anew each time.
        self._shown = wanted if view.bins else None
        self._offer(view.contracts)
        self.sentence.setText(view.head)
        self.sentence.setToolTip(tooltip(f"{view.head}\n{BASE_RATE}\n{OVERLAP}"))
        counted = f"{count_words(self._score)} {tested_words()}".strip()
        self.count.setText(counted)
        self.count.setToolTip(tooltip(counted))
        self.chart.show_bins(view.bins, view.tested)
        # Until there is anything of its own the table tells what the hollow marks do.
        self.tabs.setTabText(0, "By what it said" if view.bins else "Test on the past")
        self.bins.set_rows(view.bins or view.tested)
        self.groups.set_rows(view.groups)

    def _offer(self, contracts: tuple[InstrumentKey, ...]) -> None:
        offered = [None, *contracts]
        if offered == [self.contract.itemData(at) for at in range(self.contract.count())]:
            return
        chosen = self.contract.currentData()
        with QSignalBlocker(self.contract):
            while self.contract.count() > 1:
                self.contract.removeItem(1)
            for key in contracts:
                self.contract.addItem(fmt.symbol_name(key), key)
            self.contract.setCurrentIndex(max(0, self.contract.findData(chosen)))

    def _fill_choices(self) -> None:
        self.contract.addItem("All contracts", None)
        self.contract.setAccessibleName("Contract of the scorecard")
        self.contract.view().setAccessibleName("Contracts")
        self.contract.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.horizon.addItem("All horizons", None)
        for hours in HORIZONS:
            self.horizon.addItem(f"within {span_words(hours)}", hours)
        self.horizon.setAccessibleName("Horizon of the scorecard")
        self.horizon.view().setAccessibleName("Horizons")

    def _arrange(self) -> None:
        self.tabs.setDocumentMode(True)
        self.tabs.setAccessibleName("Tables of the scorecard")
        self.tabs.tabBar().setAccessibleName("Tables of the scorecard")
        self.tabs.addTab(RowsView(self.bins, "Scorecard bins", self), "By what it said")
        self.tabs.addTab(RowsView(self.groups, "Scorecard contracts", self), "By coin and horizon")
        split = QSplitter(Qt.Orientation.Horizontal)
        split.setChildrenCollapsible(False)
        split.addWidget(self.chart)
        split.addWidget(self.tabs)
        split.setSizes(_SPLIT_PX)
        head = QHBoxLayout()
        head.addWidget(self.contract)
        head.addWidget(self.horizon)
        head.addWidget(self.sentence, stretch=1)
        set_role(self.count, Role.MUTED)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 4, 6, 2)
        layout.setSpacing(3)
        layout.addLayout(head)
        layout.addWidget(split, stretch=1)
        layout.addWidget(self.count)
