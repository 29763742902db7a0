"""The panes of a contract's chart: which there are, and how each is made."""

from __future__ import annotations

from widgets.charts.contract_panes.base import ContractPane, Others, PaneKind, Scene
from widgets.charts.contract_panes.funding import FundingPane
from widgets.charts.contract_panes.interest import InterestPane
from widgets.charts.contract_panes.others import (
    BasisPane,
    LiquidationPane,
    SpreadPane,
    VolatilityPane,
    VolumePane,
)
from widgets.charts.contract_panes.price import PricePane
from widgets.charts.contract_panes.ratios import RatioPane

__all__ = ["PANE_TYPES", "ContractPane", "Others", "PaneKind", "Scene"]

PANE_TYPES: dict[PaneKind, type[ContractPane]] = {
    pane.kind: pane
    for pane in (
        PricePane,
        InterestPane,
        RatioPane,
        FundingPane,
        BasisPane,
        LiquidationPane,
        VolumePane,
        VolatilityPane,
        SpreadPane,
    )
}
"""In the order in which menus list them."""
