"""The main job, whole: the August 2024 crash through ccxt, past a liquidation."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from dashboard.market.account import BreachSource
from dashboard.market.instrument import InstrumentKey
from dashboard.risk.report import PositionRisk
from dashboard.store.paths import find_places
from dashboard.store.tiers import load_tiers
from widgets.app import AppOptions, run
from widgets.dialogs.position import PositionDialog
from widgets.dialogs.position_form import Field
from widgets.panels.charts import ChartsPanel
from widgets.panels.positions import PositionsPanel
from widgets.panels.watchlist import WatchlistPanel
from widgets.window import MainWindow

BTC = InstrumentKey("binanceusdm", "BTC/USDT:USDT")
NOTE = "entered by hand"
ENTRY, LEVERAGE, QUANTITY = 64_400.0, 10.0, 0.5
SPEED = 1200.0
"""From noon the mark falls through this position's liquidation at 18:00, 18 real seconds on."""

PATIENCE_S = 100.0
RECORDED = (
    "mark",
    "change_24h",
    "open_interest_coin",
    "open_interest_usd",
    "open_interest_change_1h",
    "open_interest_change_24h",
    "long_short_ratio",
    "long_fraction",
    "funding",
    "funding_8h",
    "funding_apr",
    "next_funding",
)
"""Columns of the watch-list whose figures the recording has and time moves."""

PANES = ("price", "mark", "open interest", "long/short ratio", "funding")
LEAST_BARS = 24
Drawn = dict[str, tuple[int, tuple[float, ...]]]
W = TypeVar("W", bound=QWidget)


def found(kind: type[W]) -> W | None:
    """The widget of a kind in the window, None while it is not there."""
    windows = (w for w in QApplication.topLevelWidgets() if isinstance(w, MainWindow))
    window = next(windows, None)
    return None if window is None else window.findChild(kind)


def watched() -> dict[str, str]:
    """The texts of BTC's line in the watch-list by column; empty while there is none."""
    panel = found(WatchlistPanel)
    if panel is None:
        return {}
    model = panel.model
    rows = [n for n in range(model.rowCount()) if model.row_at(model.index(n, 0)).key == BTC]
    return {
        column.key: str(model.data(model.index(row, number)))
        for row in rows
        for number, column in enumerate(model.columns)
    }


def drawn() -> Drawn:
    """How many rows each pane draws, and the last; empty before there are charts."""
    panel = found(ChartsPanel)
    if panel is None:
        return {}
    series = panel.chart.series
    panes = {
        "price": series.candles,
        "mark": series.marks,
        "open interest": series.open_interest_coin,
        "long/short ratio": series.ratios,
        "funding": series.fundings,
    }
    lasts = {name: (held.size, held.last()) for name, held in panes.items()}
    return {name: (size, last) for name, (size, last) in lasts.items() if last is not None}


def entered() -> tuple[PositionRisk, str] | None:
    """The entered position's risk and the text of its distance, None while not shown."""
    panel = found(PositionsPanel)
    if panel is None:
        return None
    model = panel.model
    column = [column.key for column in model.columns].index("distance")
    for place in range(model.rowCount()):
        row = model.row_at(model.index(place, 0))
        if row is not None and row.risk.position.note == NOTE:
            return row.risk, str(model.data(model.index(place, column)))
    return None


def enter_position() -> None:
    """Open the form and type the position in."""
    panel = found(PositionsPanel)
    assert panel is not None
    panel.add_button.click()
    dialog = found(PositionDialog)
    assert dialog is not None
    texts = {
        Field.SYMBOL: BTC.symbol,
        Field.SIZE: f"{QUANTITY:g}",
        Field.ENTRY: f"{ENTRY:g}",
        Field.LEVERAGE: f"{LEVERAGE:g}",
        Field.NOTE: NOTE,
    }
    for field, text in texts.items():
        line = dialog.fields.lines[field]
        line.clear()
        QTest.keyClicks(line, text)
    dialog.accept()


class CrashDay:
    """Follows the window through the day: enters the position, then notes until it is breached."""

    def __init__(self) -> None:
        self.first: tuple[dict[str, str], Drawn] = ({}, {})
        self.last = self.first
        self.seen: list[tuple[PositionRisk, str]] = []
        self.emptied: list[str] = []
        self.failure: Exception | None = None
        self._step: Callable[[], None] = self._wait_for_figures
        self._timer = QTimer()
        self._timer.setInterval(50)
        self._timer.timeout.connect(self._look)
        self._timer.start()

    def stop(self) -> None:
        self._timer.stop()

    def _look(self) -> None:
        try:
            self._step()
        except Exception as error:  # noqa: BLE001 (raised again outside Qt's loop)
            self.failure = error
            QApplication.quit()

    def _wait_for_figures(self) -> None:
        texts, panes = watched(), drawn()
        known = texts and all(texts[key] != "n/a" for key in RECORDED)
        if known and len(panes) == len(PANES) and panes["price"][0] >= LEAST_BARS:
            self.first = texts, panes
            self._step = self._watch
            enter_position()

    def _watch(self) -> None:
        shown = entered()
        if shown is None:
            return
        self.seen.append(shown)
        self.last = watched(), drawn()
        self.emptied += [f"{pane} at {self._moment()}" for pane in PANES if self._is_empty(pane)]
        breached = any("breached" in text for _, text in self.seen)
        if breached and not self.standing():
            QApplication.quit()

    def standing(self) -> list[str]:
        """Columns and panes that have come no further since the position was entered."""
        columns = [key for key in RECORDED if self.last[0][key] in ("n/a", self.first[0][key])]
        return columns + [pane for pane in PANES if not self._has_moved(pane)]

    def _has_moved(self, pane: str) -> bool:
        """Whether the pane's last row is a later one than when the position was entered."""
        return not self._is_empty(pane) and self.last[1][pane][1][0] > self.first[1][pane][1][0]

    def _is_empty(self, pane: str) -> bool:
        return pane not in self.last[1]

    def _moment(self) -> str:
        """Recorded time of the charts and the contract and timeframe they show."""
        panel = found(ChartsPanel)
        if panel is None:
            return "a moment without charts"
        return f"{panel.chart.now_ms:.0f} of {panel.pointing.key} {panel.timeframe}"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("crash")


@pytest.fixture(scope="module")
def day(folder: Path, qapp: QApplication) -> CrashDay:
    """The day, lived through once."""
    day = CrashDay()
    try:
        options = AppOptions(
            recording="crash-2024-08",
            speed=SPEED,
            venues=("binanceusdm", "okx"),
            data_dir=folder,
            quit_after_s=PATIENCE_S,
        )
        assert run(options) == 0
    finally:
        day.stop()
    if day.failure is not None:
        raise day.failure
    assert day.seen, f"the position never showed: {watched()}"
    return day


def test_every_recorded_figure_and_every_pane_moves(day: CrashDay) -> None:
    assert day.standing() == []


def test_no_pane_goes_empty_on_the_way(day: CrashDay) -> None:
    assert day.emptied == []


def test_liquidation_price_is_the_venues_formula(day: CrashDay) -> None:
    table = load_tiers(None).find(BTC)
    assert table is not None
    margin = ENTRY * QUANTITY / LEVERAGE
    prices = [
        (margin + tier.cum - QUANTITY * ENTRY) / (QUANTITY * tier.mmr - QUANTITY)
        for tier in table.tiers
        if tier.floor <= 0.9 * QUANTITY * ENTRY < tier.cap
    ]
    for risk, _ in day.seen:
        assert [risk.liquidation_price] == pytest.approx(prices, rel=1e-9)


def test_row_reads_breached_from_the_first_crossing_on_and_never_before(day: CrashDay) -> None:
    was = False
    for risk, text in day.seen:
        assert risk.mark_price is not None
        assert risk.liquidation_price is not None
        of_an_hour = risk.breach is not None and risk.breach.source is BreachSource.HOURLY
        was = was or of_an_hour or risk.mark_price <= risk.liquidation_price
        assert was == ("breached" in text)
        assert was == (risk.distance is None)
    assert any("breached" in text for _, text in day.seen)
    assert "breached" not in day.seen[0][1]


def test_the_day_leaves_no_warning_in_the_logs(day: CrashDay, folder: Path) -> None:
    places = find_places(folder)
    assert places.log.parent == folder
    said = [line for log in folder.glob("*.log") for line in log.read_text("utf-8").splitlines()]
    words = {word for line in said for word in line.split()}
    assert not {"WARNING", "ERROR", "CRITICAL", "Traceback"} & words
