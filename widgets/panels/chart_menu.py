"""The menus of the charts: which panes there are, and what a right click offers."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QWidget

from dashboard.market.instrument import InstrumentKey
from widgets import format as fmt
from widgets.charts.contract_chart import ContractChart
from widgets.charts.contract_panes import PANE_TYPES, ContractPane, PaneKind
from widgets.charts.template import DEFAULT_TEMPLATE

_TALLER = 1.3

Choice = tuple[str, Callable[[], object]]


def fill_panes_menu(menu: QMenu, chart: ContractChart) -> None:
    """Every kind of pane, ticked where it is shown, and the way back to the usual ones."""
    menu.clear()
    shown = {one.kind for one in chart.contract_panes}
    for kind in PANE_TYPES:
        action = menu.addAction(f"Pane: {kind.value}")
        action.setCheckable(True)
        action.setChecked(kind in shown)
        action.setEnabled(kind is not PaneKind.PRICE)
        change = chart.remove_pane if kind in shown else chart.add_pane
        _on(action, change, kind)
    menu.addSeparator()
    usual = menu.addAction("Show the usual panes")
    _on(usual, _usual_panes, chart)


def _usual_panes(chart: ContractChart) -> None:
    chart.set_template(DEFAULT_TEMPLATE)
    chart.template_changed.emit()


def pane_menu(
    parent: QWidget,
    chart: ContractChart,
    one: ContractPane,
    choices: Iterable[Choice],
    candidates: Iterable[InstrumentKey],
) -> QMenu:
    """What can be done with one pane: `choices` at the mouse, then its options and its place."""
    menu = QMenu(parent)
    for text, slot in choices:
        _on(menu.addAction(text), slot)
    menu.addSeparator()
    for option, allowed in one.choices.items():
        below = menu.addMenu(option.capitalize() if option.islower() else option)
        for choice in allowed:
            action = below.addAction(choice)
            action.setCheckable(True)
            action.setChecked(one.options[option] == choice)
            _on(action, chart.choose, one.kind, option, choice)
    if one.kind in (PaneKind.PRICE, PaneKind.OPEN_INTEREST, PaneKind.SPREAD):
        _add_comparisons(menu.addMenu("Compare"), chart, candidates)
    menu.addSeparator()
    kinds = [held.kind for held in chart.contract_panes]
    place = kinds.index(one.kind)
    up = menu.addAction("Move pane up")
    up.setEnabled(place > 0)
    _on(up, chart.move_pane, one.kind, -1)
    down = menu.addAction("Move pane down")
    down.setEnabled(place < len(kinds) - 1)
    _on(down, chart.move_pane, one.kind, 1)
    _on(menu.addAction("Make pane taller"), chart.scale_pane, one.kind, _TALLER)
    _on(menu.addAction("Make pane lower"), chart.scale_pane, one.kind, 1.0 / _TALLER)
    remove = menu.addAction("Remove pane")
    remove.setEnabled(one.kind is not PaneKind.PRICE)
    _on(remove, chart.remove_pane, one.kind)
    return menu


def _add_comparisons(
    menu: QMenu, chart: ContractChart, candidates: Iterable[InstrumentKey]
) -> None:
    compared = chart.compared
    for key in dict.fromkeys((*compared, *candidates)):
        action = menu.addAction(f"{fmt.symbol_name(key)} {key.venue}".replace("&", "&&"))
        action.setCheckable(True)
        action.setChecked(key in compared)
        kept = tuple(held for held in compared if held != key)
        wanted = kept if key in compared else (*compared, key)
        _on(action, chart.compare, wanted)
    if compared:
        menu.addSeparator()
        _on(menu.addAction("Compare nothing"), chart.compare, ())
    menu.setEnabled(not menu.isEmpty())


def _on(action: QAction, slot: Callable[..., object], *arguments: object) -> None:
    """Call `slot` when the action is chosen, whether it is checked or not."""
    action.triggered.connect(lambda *_: slot(*arguments))
