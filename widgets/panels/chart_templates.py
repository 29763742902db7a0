"""Each symbol's panes, kept from start to start."""

from __future__ import annotations

from typing import Protocol

from dashboard.market.instrument import InstrumentKey
from widgets.charts.template import ChartTemplate, from_text, to_text

_STATE = "chart panes of "


class StateKeeper(Protocol):
    """Keeps small texts by name; writing may raise StoreError."""

    def state(self, name: str) -> str | None:
        """The text under `name`, None where there is none."""

    def set_state(self, name: str, value: str) -> None:
        """Leave a text for the next start."""


class ChartTemplates:
    """Templates by symbol: the same panes at every venue of it."""

    def __init__(self, keeper: StateKeeper) -> None:
        self._keeper = keeper

    def of(self, key: InstrumentKey) -> ChartTemplate:
        """The panes that were chosen for a contract's symbol, else the usual ones."""
        kept = from_text(self._keeper.state(_STATE + key.symbol))
        compared = tuple(other for other in kept.compared if other != key)
        return ChartTemplate(kept.panes, compared)

    def keep(self, key: InstrumentKey, template: ChartTemplate) -> None:
        """Keep the panes of a contract's symbol; raises StoreError."""
        self._keeper.set_state(_STATE + key.symbol, to_text(template))
