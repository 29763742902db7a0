"""The panels of the window, as a list: docks, menus and shortcuts are made from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from widgets.update import Update


class Panel(Protocol):
    """What the window needs of a panel, which is also a QWidget."""

    def show_update(self, update: Update) -> None:
        """Show `update`; a hidden panel returns early and catches up when shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelSpec:
    """One dock.

    `key` names it in saved layouts, `share` is its part of the height at the first start, `fast`
    panels are painted at 4 Hz and the others at 1 Hz so that their text can be read.
    """

    key: str
    title: str
    shortcut: str
    share: int
    fast: bool = False


WATCHLIST = PanelSpec(key="watchlist", title="Watch-list", shortcut="Ctrl+1", share=20)
CHARTS = PanelSpec(key="charts", title="Charts", shortcut="Ctrl+2", share=57, fast=True)
POSITIONS = PanelSpec(key="positions", title="Positions", shortcut="Ctrl+3", share=23)

PANELS = (WATCHLIST, CHARTS, POSITIONS)
"""From the top of the window down."""
