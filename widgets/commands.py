"""Where the command palette's commands come from: the window's actions and the contracts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget

from dashboard.market.instrument import InstrumentKey
from dashboard.market.snapshot import Snapshot
from widgets.actions import actions_below as actions_below
from widgets.actions import make_action, plain_text
from widgets.dialogs.palette import CommandPalette
from widgets.models.commands import Command
from widgets.models.symbol_search import suggest
from widgets.window import MainWindow


class Commands(QObject):
    """Opens the palette, by its key or by a letter typed where no field takes it."""

    contract_wanted = Signal(object)

    def __init__(
        self, window: MainWindow, snapshot: Callable[[], Snapshot], venues: Sequence[str]
    ) -> None:
        super().__init__(window)
        self._window = window
        self._snapshot = snapshot
        self._venues = tuple(venues)
        self._open: CommandPalette | None = None
        action = make_action(
            window, "Commands…", self.open, context=Qt.ShortcutContext.ApplicationShortcut
        )
        action.setShortcuts([QKeySequence("Ctrl+K"), QKeySequence("Ctrl+P")])
        window.typed.connect(self.open_with)

    def open(self) -> None:
        """Show the palette with everything there is."""
        self.open_with("")

    def open_with(self, typed: str) -> None:
        """Show the palette for what has been typed already."""
        if self._open is not None:
            return
        self._open = CommandPalette(self._commands, self._window, typed)
        self._open.finished.connect(self._on_closed)
        self._open.open()

    def _on_closed(self) -> None:
        self._open = None

    def _commands(self, typed: str) -> list[Command]:
        return [*action_commands(self._window), *self._contracts(typed)]

    def _contracts(self, typed: str) -> list[Command]:
        """The contracts that the text may mean, named so that the text is found in them."""
        instruments = self._snapshot().instruments.values()
        return [
            Command(
                text=f"{instrument.base} {instrument.symbol} {instrument.venue}",
                run=partial(self._want, instrument.key),
                kind="contract",
            )
            for instrument in suggest(typed, instruments, self._venues)
        ]

    def _want(self, key: InstrumentKey) -> None:
        self.contract_wanted.emit(key)


def action_commands(root: QWidget) -> list[Command]:
    """Every action below `root` that can be done now, each once, sorted by its text."""
    found: dict[str, Command] = {}
    for action in actions_below(root):
        if action.isEnabled():
            text = plain_text(action)
            found.setdefault(
                text, Command(text=text, run=action.trigger, keys=keys_of(action), kind="command")
            )
    return [found[text] for text in sorted(found, key=str.casefold)]


def keys_of(action: QAction) -> str:
    """The shortcuts of an action as they are written on this system."""
    form = QKeySequence.SequenceFormat.NativeText
    return ", ".join(sequence.toString(form) for sequence in action.shortcuts())
