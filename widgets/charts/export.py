"""Rows of a chart as CSV: one line per time, a column per series; plain numbers, UTC. Pure."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping
from datetime import UTC, datetime

import numpy as np

from widgets.charts.contract_series import ContractSeries
from widgets.charts.series import TimeSeries

CANDLE_COLUMNS = ("open", "high", "low", "close", "volume")


def chart_columns(
    series: ContractSeries, shown: Mapping[str, TimeSeries]
) -> dict[str, tuple[TimeSeries, int]]:
    """The candles' columns and those of `shown`: a series and which of its columns."""
    columns = {name: (series.candles, place) for place, name in enumerate(CANDLE_COLUMNS, 1)}
    columns.update({name.replace(" ", "_"): (held, 1) for name, held in shown.items()})
    return columns


def csv_text(
    columns: Mapping[str, tuple[TimeSeries, int]], start_ms: float, end_ms: float, about: str
) -> str:
    """Rows within [start_ms, end_ms] of all columns, times united; what is unknown is empty.

    `about` stands above the header, after a "#". Numbers are written so that they read back equal.
    """
    spans = {name: held.span(start_ms, end_ms) for name, (held, _) in columns.items()}
    times = sorted(
        {
            float(time)
            for name, (held, _) in columns.items()
            for time in held.times[slice(*spans[name])]
        }
    )
    cells = {
        name: dict(
            zip(
                held.times[slice(*spans[name])].tolist(),
                held.column(place)[slice(*spans[name])].tolist(),
                strict=True,
            )
        )
        for name, (held, place) in columns.items()
    }
    out = io.StringIO()
    out.write(f"# {' '.join(about.split())}\n")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("time_ms", "time_utc", *columns))
    for time in times:
        row = (_cell(values.get(time)) for values in cells.values())
        writer.writerow((round(time), _utc(time), *row))
    return out.getvalue()


def _cell(value: float | None) -> str:
    return "" if value is None or math.isnan(value) else repr(float(np.float64(value)))


def _utc(time_ms: float) -> str:
    return datetime.fromtimestamp(time_ms / 1000.0, UTC).strftime("%Y-%m-%d %H:%M:%S")
