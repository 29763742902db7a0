"""Alerts outside the window: tray icon, desktop notification and sound, as far as there are any."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap
from PySide6.QtWidgets import QSystemTrayIcon

from dashboard.alerts.rules import Severity
from widgets.plain import for_the_desktop
from widgets.sounds import Sounds
from widgets.theme import Theme

if TYPE_CHECKING:
    from dashboard.alerts.machine import Alert
    from dashboard.store.alert_ledger import Manners

NO_TRAY = "no tray on this desktop: alerts show in the window alone"
RECORDED = "recorded market: alerts show in the window alone, without sound"
_ICON_PX = 32
_SHOWN_MS = 10_000


def disturbs(severity: Severity, manners: Manners) -> bool:
    """Whether an alert may sound and pop up."""
    passes = severity is Severity.CRITICAL and manners.critical_pass
    return passes or not manners.quiet


class Notices(QObject):
    """Tells alerts outside the window; `clicked` asks for the window.

    `reason` says why there is no notification, "" where there is. Of a recorded market nothing
    is told outside: what happened long ago must not look like news.
    """

    clicked = Signal()

    def __init__(self, theme: Theme, *, recorded: bool, parent: QObject) -> None:
        super().__init__(parent)
        self._sounds = Sounds()
        self._recorded = recorded
        self._theme = theme
        self._worst: Severity | None = None
        self._tray: QSystemTrayIcon | None = None
        self.reason = RECORDED if recorded else ""
        if not recorded and QSystemTrayIcon.isSystemTrayAvailable():
            self._tray = QSystemTrayIcon(self._icon(), self)
            self._tray.setToolTip("Liqline")
            self._tray.activated.connect(self.clicked)
            self._tray.messageClicked.connect(self.clicked)
            self._tray.show()
        elif not recorded:
            self.reason = NO_TRAY

    def tell(self, alert: Alert, manners: Manners) -> None:
        """Sound and pop up, as far as manners allow."""
        if self._recorded or not disturbs(alert.severity, manners):
            return
        if manners.sound:
            self._sounds.play(alert.severity)
        if self._tray is not None:
            icon = QSystemTrayIcon.MessageIcon.Warning
            if alert.severity is Severity.CRITICAL:
                icon = QSystemTrayIcon.MessageIcon.Critical
            text = f"{alert.text}\n{alert.cause}".strip()
            self._tray.showMessage("Liqline", for_the_desktop(text), icon, _SHOWN_MS)

    def show_worst(self, worst: Severity | None, count: int) -> None:
        """Colour the tray icon by the worst alert that is not acknowledged, None for none."""
        if self._tray is None:
            return
        self._tray.setToolTip(f"Liqline: {count} alerts" if count else "Liqline: all quiet")
        if worst is not self._worst:
            self._worst = worst
            self._tray.setIcon(self._icon())

    def close(self) -> None:
        """Take the icon away."""
        if self._tray is not None:
            self._tray.hide()
        self._sounds.close()

    def _icon(self) -> QIcon:
        token = {Severity.CRITICAL: "danger", Severity.WARNING: "warning"}
        name = "profit" if self._worst is None else token.get(self._worst, "accent")
        picture = QPixmap(_ICON_PX, _ICON_PX)
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(getattr(self._theme, name)))
        painter.drawEllipse(3, 3, _ICON_PX - 6, _ICON_PX - 6)
        painter.end()
        return QIcon(picture)
