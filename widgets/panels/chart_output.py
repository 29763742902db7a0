"""What leaves a chart: values, pictures and rows, to the clipboard or a file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QBuffer, QIODevice, QMimeData, QObject, Signal
from PySide6.QtGui import QGuiApplication, QPixmap
from PySide6.QtWidgets import QFileDialog, QWidget

from dashboard.market.instrument import InstrumentKey
from widgets import clipboard
from widgets import format as fmt
from widgets.charts.contract_chart import ContractChart
from widgets.charts.export import chart_columns, csv_text
from widgets.picture import data_age, stamped_picture
from widgets.theme import Theme
from widgets.update import Update


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a picture or a file must say: what it shows, when, how old, whether recorded."""

    update: Update
    key: InstrumentKey
    timeframe: str

    @property
    def caption(self) -> str:
        """Symbol, venue, timeframe, moment in UTC and the age of the price."""
        moment, age = fmt.instant(self.update.now_ms), data_age(self.update, self.key)
        return "  ·  ".join((self.key.symbol, self.key.venue, self.timeframe, moment, age))

    @property
    def recorded(self) -> str:
        """Which recording it is from, empty where it is live."""
        return recorded_text(self.update)

    @property
    def file_name(self) -> str:
        """A name for a file, of letters, digits and dashes."""
        name = f"{fmt.symbol_name(self.key)}-{self.key.venue}-{self.timeframe}"
        return "".join(letter if letter.isalnum() or letter == "-" else "-" for letter in name)


def recorded_text(update: Update) -> str:
    """The words by which a recording is known everywhere, empty where data is live."""
    recording = update.clock.recording
    return "" if recording is None else f"RECORDED  {recording}  {fmt.day(update.now_ms)}"


class ChartOutput(QObject):
    """Copies and exports; `said` carries a sentence on how it went."""

    said = Signal(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._window = parent

    def copy_text(self, text: str) -> None:
        """Copy a text as it is shown."""
        QGuiApplication.clipboard().setText(text)
        self.said.emit(f"copied {text}")

    def copy_picture(self, chart: ContractChart, stamp: Stamp, theme: Theme) -> None:
        """Copy the chart as PNG, its caption and legends beside it as text."""
        picture = stamped_picture(chart, stamp.caption, stamp.recorded, theme)
        content = QMimeData()
        content.setImageData(picture.toImage())
        content.setData("image/png", _png(picture))
        legends = [pane.legend.text for pane in chart.panes]
        content.setText("\n".join(filter(None, (stamp.caption, stamp.recorded, *legends))))
        clipboard.put(content)
        self.said.emit("picture copied")

    def export(self, chart: ContractChart, stamp: Stamp) -> None:
        """Ask where to, and write what is in view as CSV."""
        name = f"{stamp.file_name}.csv"
        chosen, _ = QFileDialog.getSaveFileName(
            self._window, "Export the chart's rows", name, "CSV (*.csv)"
        )
        if chosen:
            self.write(chart, Path(chosen), stamp)

    def write(self, chart: ContractChart, path: Path, stamp: Stamp) -> None:
        """Write what is in view as CSV and say how it went."""
        shown = {
            name: held
            for one in chart.contract_panes
            for name, held in one.columns().items()
            if held is not chart.series.candles
        }
        view = chart.time_range
        about = "  ".join(filter(None, (stamp.caption, stamp.recorded)))
        columns = chart_columns(chart.series, shown)
        text = csv_text(columns, view.start_ms, view.end_ms, about)
        try:
            path.write_text(text, encoding="utf-8")
        except OSError as error:
            self.said.emit(f"the rows could not be saved: {error.strerror or error}")
            return
        self.said.emit(f"rows saved as {path}")


def _png(picture: QPixmap) -> bytes:
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    picture.save(buffer, "PNG")
    return bytes(buffer.data().data())
