"""How the window looks: theme, pair of colours and size of text."""

from __future__ import annotations

from typing import cast

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QApplication, QMenu

from dashboard.settings import Settings
from widgets.actions import make_action
from widgets.theme import DARK, LIGHT, THEMES, Theme, apply, colour_blind_safe
from widgets.window import MainWindow

SYSTEM = "system"
FONT_SCALES = (0.8, 0.9, 1.0, 1.1, 1.25, 1.5, 1.75, 2.0)
_ANYWHERE = Qt.ShortcutContext.ApplicationShortcut


def theme_of(settings: Settings, of_start: str | None = None) -> Theme:
    """The theme that the settings ask for, on this desktop and at this moment.

    `of_start` is another theme's name that holds for this start only.
    """
    name = of_start or settings.theme
    if name == SYSTEM:
        scheme = cast(QApplication, QApplication.instance()).styleHints().colorScheme()
        theme = LIGHT if scheme == Qt.ColorScheme.Light else DARK
    else:
        theme = THEMES[name]
    return colour_blind_safe(theme) if settings.colour_blind_safe else theme


class Looks(QObject):
    """The part of the View menu that says how the window looks.

    `chosen` carries the changed settings by name; `show` dresses the window in what they ask for.
    """

    chosen = Signal(object)

    def __init__(
        self, window: MainWindow, menu: QMenu, settings: Settings, of_start: str | None = None
    ) -> None:
        super().__init__(window)
        self._window = window
        self._of_start = of_start
        self._settings = settings
        self._themes = QActionGroup(self)
        for name in (SYSTEM, *THEMES):
            action = self._add(menu, _theme_text(name), "")
            action.setCheckable(True)
            action.setChecked(name == (of_start or settings.theme))
            action.setData(name)
            self._themes.addAction(action)
        self._themes.triggered.connect(self._on_theme)
        menu.addSeparator()
        self._safe = self._add(menu, "Blue and orange instead of green and red", "")
        self._safe.setCheckable(True)
        self._safe.setChecked(settings.colour_blind_safe)
        self._safe.triggered.connect(self._on_safe)
        menu.addSeparator()
        larger = self._add(menu, "Larger text", "Ctrl+=")
        # Where plus has a key of its own, Ctrl and that key is what is pressed.
        larger.setShortcuts([*larger.shortcuts(), QKeySequence("Ctrl++")])
        larger.triggered.connect(self._larger)
        self._add(menu, "Smaller text", "Ctrl+-").triggered.connect(self._smaller)
        self._add(menu, "Text of normal size", "Ctrl+0").triggered.connect(self._normal)
        hints = cast(QApplication, QApplication.instance()).styleHints()
        hints.colorSchemeChanged.connect(self._on_system_changed)

    def show(self, settings: Settings) -> None:
        """Dress the window as `settings` say."""
        self._settings = settings
        theme = theme_of(settings, self._of_start)
        apply(cast(QApplication, QApplication.instance()), theme, settings.font_scale)
        self._window.apply_theme(theme)

    def _add(self, menu: QMenu, text: str, shortcut: str) -> QAction:
        action = make_action(self._window, text, None, shortcut, context=_ANYWHERE)
        menu.addAction(action)
        return action

    def _on_theme(self, action: QAction) -> None:
        self._of_start = None
        self.chosen.emit({"theme": action.data()})

    def _on_safe(self) -> None:
        self.chosen.emit({"colour_blind_safe": self._safe.isChecked()})

    def _larger(self) -> None:
        above = (scale for scale in FONT_SCALES if scale > self._settings.font_scale)
        self._scale(min(above, default=FONT_SCALES[-1]))

    def _smaller(self) -> None:
        below = (scale for scale in FONT_SCALES if scale < self._settings.font_scale)
        self._scale(max(below, default=FONT_SCALES[0]))

    def _normal(self) -> None:
        self._scale(1.0)

    def _scale(self, scale: float) -> None:
        self.chosen.emit({"font_scale": scale})

    def _on_system_changed(self) -> None:
        if (self._of_start or self._settings.theme) == SYSTEM:
            self.show(self._settings)


def _theme_text(name: str) -> str:
    return "Theme of the system" if name == SYSTEM else f"{name.capitalize()} theme"
