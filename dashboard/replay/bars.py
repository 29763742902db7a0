"""Candle arithmetic on recorded bars: longer bars from shorter, and what covers a span.

Pure: takes and returns `Series`. A longer bar exists only where each of its shorter bars was
recorded, so that no high, low or volume is claimed that nobody saw.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dashboard.replay.recording import Series

_VOLUME_DECIMALS = 8
"""What sums of volumes are rounded to, so that the noise of adding does not reach a figure."""


class Span(NamedTuple):
    """Recorded bars put end to end from a start to `until_ms`; `volume` is None without any."""

    until_ms: int
    open: float
    high: float
    low: float
    close: float
    volume: float | None


def bar_start(at_ms: int, step_ms: int, offset_ms: int = 0) -> int:
    """The open time of the bar of length `step_ms` that holds `at_ms`."""
    return (at_ms - offset_ms) // step_ms * step_ms + offset_ms


def resample(series: Series, step_ms: int, offset_ms: int = 0) -> Series | None:
    """Bars of `step_ms` from shorter ones; None where no bar is complete.

    Bars open at multiples of `step_ms` after `offset_ms`; `step_ms` is a multiple of the
    series' own.
    """
    of_bar = (series.time_ms - offset_ms) // step_ms
    firsts = np.flatnonzero(np.diff(of_bar, prepend=of_bar[0] - 1))
    counts = np.diff(firsts, append=len(of_bar))
    complete = counts == step_ms // series.step_ms
    if not complete.any():
        return None
    lasts = firsts + counts - 1
    columns: dict[str, NDArray[np.float64]] = {}
    for name, column in series.columns.items():
        match name:
            case "open":
                bars = column[firsts]
            case "close":
                bars = column[lasts]
            case "high":
                bars = np.maximum.reduceat(column, firsts)
            case "low":
                bars = np.minimum.reduceat(column, firsts)
            case _:
                bars = np.add.reduceat(column, firsts).round(_VOLUME_DECIMALS)
        columns[name] = bars[complete]
    time_ms = of_bar[firsts][complete] * step_ms + offset_ms
    return Series(kind=series.kind, step_ms=step_ms, time_ms=time_ms, columns=columns)


def merge(parts: Sequence[Series]) -> Series:
    """The rows of all `parts` by time, in the columns that all have; earlier parts win."""
    time_ms = np.concatenate([part.time_ms for part in parts])
    times, rows = np.unique(time_ms, return_index=True)
    shared = [name for name in parts[0].columns if all(name in part.columns for part in parts)]
    columns = {
        name: np.concatenate([part.columns[name] for part in parts])[rows] for name in shared
    }
    return Series(kind=parts[0].kind, step_ms=parts[0].step_ms, time_ms=times, columns=columns)


def complete_bars(recorded: Sequence[Series], step_ms: int, offset_ms: int = 0) -> Series | None:
    """All bars of `step_ms` that `recorded` (one kind, long bars first) holds or adds up to."""
    parts = []
    for series in recorded:
        if series.step_ms == step_ms and not offset_ms % step_ms:
            parts.append(series)
        elif series.step_ms < step_ms and step_ms % series.step_ms == 0:
            made = resample(series, step_ms, offset_ms)
            parts += [made] if made is not None else []
    return merge(parts) if parts else None


def row_at(series: Series, at_ms: int) -> int | None:
    """The row of `series` stamped exactly `at_ms`."""
    row = int(np.searchsorted(series.time_ms, at_ms))
    return row if row < len(series.time_ms) and series.time_ms[row] == at_ms else None


def _longest_bar(
    recorded: Sequence[Series], from_ms: int, now_ms: int, below_ms: int | None
) -> tuple[Series, int] | None:
    for series in recorded:
        too_long = below_ms is not None and series.step_ms >= below_ms
        if too_long or from_ms + series.step_ms > now_ms:
            continue
        row = row_at(series, from_ms)
        if row is not None:
            return series, row
    return None


def cover(
    recorded: Sequence[Series], from_ms: int, now_ms: int, below_ms: int | None = None
) -> Span | None:
    """What was known at `now_ms` of the span that starts at `from_ms`.

    Put together from the longest bars that were complete by then (all shorter than `below_ms`
    if given) and, at its end, the open of the bar that was running. None where a bar in between
    was not recorded.
    """
    at_ms = from_ms
    prices: list[float] = []
    highs: list[float] = []
    lows: list[float] = []
    volumes: list[float] = []
    while (found := _longest_bar(recorded, at_ms, now_ms, below_ms)) is not None:
        series, row = found
        prices += [float(series.columns["open"][row]), float(series.columns["close"][row])]
        highs.append(float(series.columns["high"][row]))
        lows.append(float(series.columns["low"][row]))
        volumes += [float(series.columns["volume"][row])] if "volume" in series.columns else []
        at_ms += series.step_ms
    running = _open_at(recorded, at_ms)
    if at_ms <= now_ms and running is not None:
        prices.append(running)
    elif at_ms != now_ms or not prices:
        return None
    return Span(
        until_ms=at_ms,
        open=prices[0],
        high=max([*highs, prices[-1]]),
        low=min([*lows, prices[-1]]),
        close=prices[-1],
        volume=round(math.fsum(volumes), _VOLUME_DECIMALS) if volumes else None,
    )


def _open_at(recorded: Sequence[Series], at_ms: int) -> float | None:
    for series in recorded:
        row = row_at(series, at_ms)
        if row is not None:
            return float(series.columns["open"][row])
    return None
