"""The panels of the window, as a list: docks, menus and shortcuts are made from it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from widgets.update import Update


class Panel(Protocol):
    """What the window needs of a panel, which is also a QWidget."""

    def show_update(self, update: Update) -> None:
        """Show `update`; a hidden panel returns early and catches up when shown."""


class Place(StrEnum):
    """Where a dock stands until the trader moves it."""

    MAIN = "main"
    """Below the one before it in the main column."""
    BOTTOM = "bottom"
    """A tab of the group that ends the main column; the first of the list is in front."""
    SIDE = "side"
    """A tab of the column at the right; the first of the list is in front."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelSpec:
    """One dock.

    `key` names it in saved layouts, `share` is its part of the height at the first start in
    percent (of tabs, that of the one in front counts; of the side column, its part of the width),
    `fast` panels are painted at 4 Hz and the others at 1 Hz so that their text can be read.
    """

    key: str
    title: str
    shortcut: str
    share: int = 0
    place: Place = Place.MAIN
    fast: bool = False


WATCHLIST = PanelSpec(key="watchlist", title="Watch-list", shortcut="Ctrl+1", share=20)
CHARTS = PanelSpec(key="charts", title="Charts", shortcut="Ctrl+2", share=57, fast=True)
POSITIONS = PanelSpec(
    key="positions", title="Positions", shortcut="Ctrl+3", share=23, place=Place.BOTTOM
)
CARD = PanelSpec(key="card", title="Risk card", shortcut="Ctrl+4", share=27, place=Place.SIDE)
WHAT_IF = PanelSpec(key="what_if", title="What if", shortcut="Ctrl+5", place=Place.SIDE)
CHANGED = PanelSpec(key="changed", title="Changed", shortcut="Ctrl+6", place=Place.BOTTOM)
ACCOUNT = PanelSpec(key="account", title="Account", shortcut="Ctrl+7", place=Place.BOTTOM)
VENUES = PanelSpec(key="venues", title="Venues", shortcut="Ctrl+8", place=Place.BOTTOM)
ALERTS = PanelSpec(key="alerts", title="Alerts", shortcut="Ctrl+9", place=Place.BOTTOM)
ODDS = PanelSpec(key="odds", title="Odds", shortcut="Ctrl+Shift+O", place=Place.BOTTOM)

PANELS = (WATCHLIST, CHARTS, POSITIONS, CARD, WHAT_IF, CHANGED, ACCOUNT, VENUES, ALERTS, ODDS)
"""In the order of menus and keys, and within each place from the top or front on."""
