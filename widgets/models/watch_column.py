"""The recipe of a watch-list column that shows figures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from dashboard.signals.standing import ENOUGH_SAMPLES, Standing
from widgets import format as fmt
from widgets.models.rows import Column
from widgets.models.watch_row import Figure, WatchRow

LATE_MARK = "*"
"""Stands before a figure that is late, so that its colour does not stand alone."""

Pick = Callable[[WatchRow], Figure]


def standing_text(stands: Standing | None) -> str:
    """Where a figure stands in its own past, in words; "" where nothing is known of that."""
    if stands is None:
        return ""
    told = f"above {fmt.percent(stands.rank, 0)} of its own {stands.samples} past values"
    return told if stands.is_founded else f"{told}: no colour under {ENOUGH_SAMPLES}"


def same(text: Callable[[float], str]) -> Callable[[WatchRow], Callable[[float], str]]:
    """A way of writing figures that does not depend on the row."""

    def of_row(_row: WatchRow) -> Callable[[float], str]:
        return text

    return of_row


Heat = Callable[[WatchRow], Standing | None]


def _unheated(_row: WatchRow) -> Standing | None:
    return None


@dataclass(frozen=True, slots=True)
class _Figures:
    """What the cells of one column of figures show."""

    pick: Pick
    write: Callable[[WatchRow], Callable[[float], str]]
    token: Callable[[float], str | None] | None
    heat: Heat

    def value(self, row: WatchRow) -> float | None:
        return self.pick(row).value

    def text(self, row: WatchRow) -> str:
        figure = self.pick(row)
        if figure.value is None:
            return fmt.NA
        written = self.write(row)(figure.value)
        return LATE_MARK + written if figure.late else written

    def colour(self, row: WatchRow) -> str | None:
        figure = self.pick(row)
        if figure.value is None:
            return "text_muted"
        if figure.late:
            return "warning"
        return self.token(figure.value) if self.token is not None else None

    def hint(self, row: WatchRow) -> str:
        figure = self.pick(row)
        if figure.value is None:
            return f"n/a: {figure.note}"
        return "\n".join(filter(None, (standing_text(self.heat(row)), figure.note)))

    def shade(self, row: WatchRow) -> float | None:
        stands = self.heat(row)
        if stands is None or not stands.is_founded or self.pick(row).late:
            return None
        return stands.heat


def figure_column(
    key: str,
    title: str,
    pick: Pick,
    write: Callable[[WatchRow], Callable[[float], str]],
    *,
    sample: str,
    tooltip: str,
    token: Callable[[float], str | None] | None = None,
    spare: bool = False,
    heat: Heat = _unheated,
) -> Column[WatchRow]:
    """A column of figures: late ones are marked, unknown ones are n/a with the reason on hover.

    `heat` says where the figure stands in its own past: a founded standing shades the cell, and
    any is told on hover with its number of samples.
    """
    figures = _Figures(pick, write, token, heat)
    return Column(
        key=key,
        title=title,
        value=figures.value,
        text=figures.text,
        colour=figures.colour,
        hint=figures.hint,
        tooltip=tooltip,
        sample=sample,
        spare=spare,
        heat=figures.shade if heat is not _unheated else None,
    )
