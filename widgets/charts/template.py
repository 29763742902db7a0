"""Which panes a contract's chart has, how high and with which options, as a text that is kept.

Pure. What a newer or older version wrote and this one does not know is left out.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from dashboard.market.instrument import InstrumentKey
from widgets.charts.contract_panes import PANE_TYPES, PaneKind

_LEAST_SHARE, _MOST_SHARE = 0.05, 50.0
_VERSION = 1


@dataclass(frozen=True, slots=True)
class PaneChoice:
    """One pane: its part of the height, and the options that are not the usual ones."""

    kind: PaneKind
    share: float
    options: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ChartTemplate:
    """The panes from the top down, and the contracts that are compared."""

    panes: tuple[PaneChoice, ...]
    compared: tuple[InstrumentKey, ...] = ()


def _usual(*kinds: PaneKind) -> ChartTemplate:
    return ChartTemplate(tuple(PaneChoice(kind, PANE_TYPES[kind].share) for kind in kinds))


DEFAULT_TEMPLATE = _usual(
    PaneKind.PRICE, PaneKind.OPEN_INTEREST, PaneKind.LONG_SHORT, PaneKind.FUNDING
)


def to_text(template: ChartTemplate) -> str:
    """The template as JSON."""
    panes = [
        {"kind": pane.kind.value, "share": round(pane.share, 4), "options": dict(pane.options)}
        for pane in template.panes
    ]
    compared = [list(key) for key in template.compared]
    return json.dumps({"version": _VERSION, "panes": panes, "compared": compared})


def from_text(text: str | None) -> ChartTemplate:
    """The template in a text; the default one where it is none or shows no price."""
    try:
        held = json.loads(text) if text else {}
        panes = tuple(filter(None, map(_pane, held.get("panes", ()))))
        compared = tuple(filter(None, map(_key, held.get("compared", ()))))
    except (ValueError, TypeError, AttributeError, RecursionError):
        return DEFAULT_TEMPLATE
    once = tuple({pane.kind: pane for pane in panes}.values())
    if PaneKind.PRICE not in {pane.kind for pane in once}:
        return DEFAULT_TEMPLATE
    return ChartTemplate(once, tuple(dict.fromkeys(compared)))


def _pane(held: Any) -> PaneChoice | None:
    if not isinstance(held, dict) or held.get("kind") not in set(PaneKind):
        return None
    kind = PaneKind(held["kind"])
    share = held.get("share")
    if not isinstance(share, int | float) or not -math.inf < share < math.inf:
        share = PANE_TYPES[kind].share
    wanted = held.get("options")
    options = wanted if isinstance(wanted, dict) else {}
    allowed = PANE_TYPES[kind].choices
    known = {name: choice for name, choice in options.items() if choice in allowed.get(name, ())}
    return PaneChoice(kind, float(min(max(share, _LEAST_SHARE), _MOST_SHARE)), known)


def _key(held: Any) -> InstrumentKey | None:
    if isinstance(held, list) and len(held) == 2 and all(isinstance(part, str) for part in held):
        return InstrumentKey(*held)
    return None
