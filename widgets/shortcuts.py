"""The trader's own keys: which action has which, where two would clash, and back again."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget

from widgets.actions import actions_below, plain_text

_DEFAULTS = "default keys"
_PORTABLE = QKeySequence.SequenceFormat.PortableText
_EVERYWHERE = (Qt.ShortcutContext.ApplicationShortcut, Qt.ShortcutContext.WindowShortcut)


class Shortcuts(QObject):
    """Gives the actions below `root` the keys in `chosen`, by the actions' plain texts.

    "" as keys takes an action's keys away. `changed` carries the new mapping, for the settings.
    """

    changed = Signal(object)

    def __init__(self, root: QWidget, chosen: Mapping[str, str]) -> None:
        super().__init__(root)
        self._root = root
        self._chosen = dict(chosen)

    def actions(self) -> dict[str, QAction]:
        """Every action that can have keys, by its plain text, sorted."""
        found: dict[str, QAction] = {}
        for action in actions_below(self._root):
            found.setdefault(plain_text(action), action)
        return dict(sorted(found.items(), key=lambda item: item[0].casefold()))

    def apply(self) -> None:
        """Give the chosen keys to the actions there are by now."""
        for text, action in self.actions().items():
            if action.property(_DEFAULTS) is None:
                action.setProperty(
                    _DEFAULTS, QKeySequence.listToString(action.shortcuts(), _PORTABLE)
                )
            keys = self._chosen.get(text, action.property(_DEFAULTS))
            action.setShortcuts(QKeySequence.listFromString(keys, _PORTABLE))

    def clashes(self, text: str, keys: QKeySequence) -> list[str]:
        """The texts of the actions that have `keys` where the action `text` would have them too."""
        actions = self.actions()
        action = actions[text]
        return [
            other_text
            for other_text, other in actions.items()
            if other is not action and keys in other.shortcuts() and _meet(action, other)
        ]

    def choose(self, text: str, keys: QKeySequence) -> None:
        """Give an action other keys; actions that clash with it lose theirs."""
        for other in self.clashes(text, keys):
            self._chosen[other] = ""
        self._chosen[text] = keys.toString(_PORTABLE)
        self._keep()

    def reset(self, text: str) -> None:
        """Give an action its first keys again."""
        self._chosen.pop(text, None)
        self._keep()

    def reset_all(self) -> None:
        """Give every action its first keys again."""
        self._chosen.clear()
        self._keep()

    def _keep(self) -> None:
        self.apply()
        self.changed.emit(dict(self._chosen))


def _meet(one: QAction, other: QAction) -> bool:
    """Whether one press of a key could mean either action."""
    if one.shortcutContext() in _EVERYWHERE or other.shortcutContext() in _EVERYWHERE:
        return True
    first, second = one.parent(), other.parent()
    if not (isinstance(first, QWidget) and isinstance(second, QWidget)):
        return True
    return first is second or first.isAncestorOf(second) or second.isAncestorOf(first)
