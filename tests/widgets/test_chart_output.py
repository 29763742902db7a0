"""What leaves a chart: the value at the mouse, a stamped picture, rows as CSV; and typed times."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QFileDialog
from pytestqt.qtbot import QtBot

from dashboard.feed.frames import Clock
from tests.widgets.chart_samples import HOUR
from tests.widgets.hands import move
from tests.widgets.market_samples import BTC, BYBIT_BTC, ETH, NOW_MS, update
from tests.widgets.test_chart_panes import Desk, States
from widgets import format as fmt
from widgets.panels.chart_output import Stamp


@pytest.fixture
def desk(qtbot: QtBot) -> Iterator[Desk]:
    made = Desk(qtbot, States())
    made.panel.activateWindow()
    qtbot.waitActive(made.panel)
    made.chart.setFocus()
    yield made
    QApplication.processEvents()


def test_ctrl_c_copies_the_value_under_the_mouse(desk: Desk, qtbot: QtBot) -> None:
    pane = desk.chart.price.pane
    y = float(round(pane.geometry().top() + pane.y_of(61_000.0)))
    move(desk.chart, QPointF(300.0, y))
    qtbot.keyClick(desk.chart, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    expected = fmt.price(pane.value_of(y - pane.geometry().top()), 0.1)
    assert QGuiApplication.clipboard().text() == expected


def test_a_copied_picture_says_what_when_how_old_and_that_it_was_recorded(desk: Desk) -> None:
    clock = Clock(now_ms=NOW_MS, speed=1.0, paused=False, recording="August 2024 crash")
    desk.show(clock=clock)
    desk.panel.copy_picture()
    content = QGuiApplication.clipboard().mimeData()
    assert content.hasImage()
    assert bytes(content.data("image/png").data()).startswith(b"\x89PNG")
    text = content.text()
    for words in ("BTC/USDT:USDT", "binanceusdm", "1h", fmt.instant(NOW_MS), "data of now"):
        assert words in text
    assert "RECORDED  August 2024 crash" in text
    assert desk.chart.price.pane.legend.text in text


def test_a_stamp_tells_the_age_of_what_is_shown() -> None:
    made = update(BTC, now_ms=NOW_MS + 90_000)
    assert "data 1\N{NARROW NO-BREAK SPACE}min old" in Stamp(made, BTC, "1h").caption
    assert "unknown age" in Stamp(made, BYBIT_BTC, "1h").caption
    assert Stamp(made, BTC, "1h").recorded == ""
    assert Stamp(made, BTC, "1h").file_name == "BTC-USDT-binanceusdm-1h"


def test_exported_rows_read_back_equal(desk: Desk, tmp_path: Path) -> None:
    desk.chart.compare((BYBIT_BTC,))
    desk.answer()
    path = tmp_path / "rows.csv"
    desk.panel.output.write(desk.chart, path, Stamp(update(BTC), BTC, "1h"))
    about, *lines = path.read_text(encoding="utf-8").splitlines()
    assert about.startswith("# BTC/USDT:USDT · binanceusdm · 1h")
    table = list(csv.DictReader(io.StringIO("\n".join(lines))))
    view, held = desk.chart.time_range, desk.chart.series.candles
    first, stop = held.span(view.start_ms, view.end_ms)
    filled = [row for row in table if row["close"]]
    assert [int(row["time_ms"]) for row in filled] == held.times[first:stop].tolist()
    for place, name in enumerate(("open", "high", "low", "close"), 1):
        written = [float(row[name]) for row in filled]
        np.testing.assert_array_equal(written, held.column(place)[first:stop])
    times = [int(row["time_ms"]) for row in table]
    assert times == sorted(set(times))
    assert filled[0]["time_utc"] == fmt.instant(int(filled[0]["time_ms"]), seconds=True)[:19]
    at = {int(row["time_ms"]): row for row in table}
    funding = desk.chart.series.fundings
    for time, rate in zip(funding.times.tolist(), funding.low.tolist(), strict=True):
        if view.start_ms <= time <= view.end_ms:
            assert float(at[int(time)]["funding"]) == rate
    assert not any(math.isnan(float(cell)) for row in filled for cell in [row["close"]])


def test_export_asks_for_a_file_and_says_where_it_went_wrong(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    desk.panel.output.said.connect(said.append)
    for target, words in ((tmp_path / "a.csv", "rows saved as"), (tmp_path, "could not be saved")):
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, to=target: (str(to), ""))
        desk.panel.export_csv()
        assert words in said[-1]


def test_a_typed_time_is_shown_and_older_history_is_asked_until_it_is_there(
    desk: Desk, qtbot: QtBot
) -> None:
    wanted = NOW_MS - 1_000 * HOUR
    qtbot.keyClick(desk.chart, Qt.Key.Key_G)
    assert desk.panel.go_to.hasFocus()
    qtbot.keyClicks(desk.panel.go_to, fmt.instant(wanted).removesuffix(" UTC"))
    qtbot.keyClick(desk.panel.go_to, Qt.Key.Key_Return)
    view = desk.chart.time_range
    assert 0.5 * (view.start_ms + view.end_ms) == pytest.approx(wanted)
    assert desk.panel.go_to.text() == ""
    qtbot.waitUntil(lambda: bool(desk.asked), timeout=2_000)
    assert desk.asked[-1].since_ms <= view.start_ms
    unloaded = desk.chart.price.pane.unloaded
    assert unloaded.loading
    desk.answer()
    assert desk.chart.time_range == view
    assert desk.chart.price.pane.has_data


@pytest.mark.parametrize(
    ("typed", "words"), [("soon", "not understood"), ("2031-01-01", "not come")]
)
def test_a_time_that_cannot_be_shown_stays_typed_and_is_explained(
    desk: Desk, qtbot: QtBot, typed: str, words: str
) -> None:
    before = desk.chart.time_range
    desk.panel.go_to.setText(typed)
    qtbot.keyClick(desk.panel.go_to, Qt.Key.Key_Return)
    assert desk.panel.go_to.text() == typed
    assert words in desk.panel._said.text()
    assert desk.chart.time_range == before


def test_keys_go_back_and_forward_through_views(desk: Desk, qtbot: QtBot) -> None:
    first = desk.chart.time_range
    qtbot.keyClick(desk.chart, Qt.Key.Key_Left)
    second = desk.chart.time_range
    alt = Qt.KeyboardModifier.AltModifier
    qtbot.keyClick(desk.chart, Qt.Key.Key_Left, alt)
    assert desk.chart.time_range == first
    qtbot.keyClick(desk.chart, Qt.Key.Key_Right, alt)
    assert desk.chart.time_range == second


def test_another_contract_has_views_of_its_own(desk: Desk, qtbot: QtBot) -> None:
    qtbot.keyClick(desk.chart, Qt.Key.Key_Left)
    desk.show(selected=ETH)
    before = desk.chart.time_range
    desk.chart.go_back()
    assert desk.chart.time_range == before
