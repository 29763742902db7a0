"""A hundred random deeds a second in the whole demo: `python -m tests.faults.monkey`.

Every action of the menus, clicks, keys, wheels, drags and sizes, chosen by the seed that is
printed first. Says "bad" and ends with 1 where Qt warned, Python raised, a widget was left behind
or the window did not close by itself.
"""

from __future__ import annotations

import argparse
import gc
import logging
import os
import random
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QEvent, QObject, QPoint, QPointF, Qt, QTimer
from PySide6.QtGui import QAction, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QFileDialog, QLineEdit, QMenu, QWidget
from shiboken6 import isValid

from widgets import app
from widgets.options import AppOptions
from widgets.plain import PlainLabel
from widgets.window import MainWindow

EVERY_MS = 10
SETTLE_S = 1.0
LEFT_ALONE = ("Quit", "Export...")
"""The one ends the run, the other is pyqtgraph's own, which no menu of ours shows."""
KEYS = (
    Qt.Key.Key_Tab,
    Qt.Key.Key_Return,
    Qt.Key.Key_Escape,
    Qt.Key.Key_Up,
    Qt.Key.Key_Down,
    Qt.Key.Key_Left,
    Qt.Key.Key_Right,
    Qt.Key.Key_Home,
    Qt.Key.Key_End,
    Qt.Key.Key_Delete,
    Qt.Key.Key_Space,
    Qt.Key.Key_F2,
)
TEXTS = ("long btc 0.5 @64200 x10", "<img src=x>", "-1e400", "٣", "\u202e", "eth", "0", "=1+1", "")
_MODIFIERS = (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ControlModifier)
WORST_MS = 2_000.0
"""Only against a window that stands still: a hundred deeds a second are work in themselves."""


@dataclass
class Outcome:
    """What the monkey saw."""

    deeds: Counter[str] = field(default_factory=Counter)
    complaints: list[str] = field(default_factory=list)
    left_behind: dict[str, int] = field(default_factory=dict)
    late_worst_ms: float = 0.0
    status: int | None = None

    @property
    def good(self) -> bool:
        """Whether nothing went wrong and the monkey really worked."""
        still = self.late_worst_ms > WORST_MS
        return not (self.complaints or self.left_behind or still) and self.status == 0


class Complaints(logging.Handler):
    """Collects what is logged at WARNING and above, Qt's messages and tracebacks among it."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(logging.WARNING)
        self._outcome = outcome

    def emit(self, record: logging.LogRecord) -> None:
        self._outcome.complaints.append(self.format(record)[:2_000])


class Monkey(QObject):
    """Does something random every EVERY_MS for so long, then lets the window settle and close."""

    def __init__(self, seconds: float, seed: int, outcome: Outcome, parent: QObject) -> None:
        super().__init__(parent)
        self._dice = random.Random(seed)  # noqa: S311 (deeds, no secrets)
        self._outcome = outcome
        self._seconds = seconds
        self._begin_s = 0.0
        self._beat_s = 0.0
        self._before: Counter[str] = Counter()
        self._root: QWidget | None = None
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._act)
        self._timer.start(EVERY_MS)

    def _act(self) -> None:
        window = _window()
        if window is None or not window.findChildren(QAction) or not _is_filled(window):
            return
        now_s = time.monotonic()
        if not self._begin_s:
            self._begin_s = now_s
            self._before = _top_levels()
        elif self._beat_s:
            late_ms = (now_s - self._beat_s) * 1000.0 - EVERY_MS
            self._outcome.late_worst_ms = max(self._outcome.late_worst_ms, late_ms)
        if now_s > self._begin_s + self._seconds:
            self._timer.stop()
            self._close_all(10)
            return
        if self._keep_out_of_the_way():
            return
        deed = self._dice.choice(
            (
                self._trigger,
                self._trigger,
                self._click,
                self._key,
                self._wheel,
                self._drag,
                self._type,
                self._size,
            )
        )
        self._outcome.deeds[deed.__name__] += 1
        # Not from within this timer, which stands still while a deed waits in a dialog.
        QTimer.singleShot(0, self, partial(deed, window))
        self._beat_s = now_s

    def _keep_out_of_the_way(self) -> bool:
        """Close what would wait for a hand: menus at once, dialogs after a while."""
        popup = QApplication.activePopupWidget()
        if popup is not None and self._dice.random() < 0.5:
            popup.close()
            return True
        modal = QApplication.activeModalWidget()
        patience = 1.0 if isinstance(modal, QFileDialog) else 0.05
        if isinstance(modal, QDialog) and self._dice.random() < patience:
            modal.reject()
            return True
        return False

    def _trigger(self, window: MainWindow) -> None:
        actions = [
            action
            for action in _actions(window)
            if action.isEnabled()
            and not action.isSeparator()
            and action.menu() is None
            and action.text().replace("&", "") not in LEFT_ALONE
        ]
        self._dice.choice(actions).trigger()

    def _click(self, window: MainWindow) -> None:
        widget = self._some_widget(window)
        button = self._dice.choice((Qt.MouseButton.LeftButton,) * 4 + (Qt.MouseButton.RightButton,))
        deed = self._dice.choice((QTest.mouseClick, QTest.mouseClick, QTest.mouseDClick))
        deed(widget, button, Qt.KeyboardModifier.NoModifier, self._point_in(widget))

    def _key(self, window: MainWindow) -> None:
        QTest.keyClick(QApplication.focusWidget() or window, self._dice.choice(KEYS))

    def _wheel(self, window: MainWindow) -> None:
        widget = self._some_widget(window)
        at = QPointF(self._point_in(widget))
        event = QWheelEvent(
            at,
            QPointF(widget.mapToGlobal(at.toPoint())),
            QPoint(),
            QPoint(0, self._dice.choice((-240, -120, 120, 240))),
            Qt.MouseButton.NoButton,
            self._dice.choice(_MODIFIERS),
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        QApplication.sendEvent(widget, event)

    def _drag(self, window: MainWindow) -> None:
        widget, none = self._some_widget(window), Qt.KeyboardModifier.NoModifier
        left = Qt.MouseButton.LeftButton
        QTest.mousePress(widget, left, none, self._point_in(widget))
        QTest.mouseMove(widget, self._point_in(widget))
        QTest.mouseRelease(widget, left, none, self._point_in(widget))

    def _type(self, window: MainWindow) -> None:
        fields = [one for one in window.findChildren(QLineEdit) if isValid(one) and one.isVisible()]
        if fields:
            field_ = self._dice.choice(fields)
            field_.setFocus()
            field_.insert(self._dice.choice(TEXTS))

    def _size(self, window: MainWindow) -> None:
        if self._dice.random() < 0.1:
            window.resize(self._dice.randint(700, 1_800), self._dice.randint(500, 1_100))

    def _some_widget(self, window: MainWindow) -> QWidget:
        root = QApplication.activePopupWidget() or QApplication.activeModalWidget() or window
        self._root = root  # its children's Python halves go with its own
        widgets = [
            one
            for one in root.findChildren(QWidget)
            if isValid(one) and one.isVisible() and one.isEnabled()
        ]
        widget = self._dice.choice(widgets) if widgets else root
        return widget if isValid(widget) else root

    def _point_in(self, widget: QWidget) -> QPoint:
        return QPoint(
            self._dice.randint(0, max(0, widget.width() - 1)),
            self._dice.randint(0, max(0, widget.height() - 1)),
        )

    def _close_all(self, rounds: int) -> None:
        """Close menus and dialogs, one a round, since they may be nested; then judge."""
        for popup in (QApplication.activePopupWidget(), QApplication.activeModalWidget()):
            if popup is not None:
                popup.close()
        window = _window()
        if rounds:
            QTimer.singleShot(50, self, lambda: self._close_all(rounds - 1))
            return
        if window is not None:
            for dialog in window.findChildren(QDialog):
                dialog.reject()
        QTimer.singleShot(round(SETTLE_S * 1000), self, self._judge)

    def _judge(self) -> None:
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        gc.collect()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        more = _top_levels() - self._before
        # A dock that was torn off is a window; one tool tip serves all, one list a field.
        for name in ("QDockWidget", "QTipLabel", "QListView", "QDockWidgetGroupWindow"):
            more.pop(name, None)
        self._outcome.left_behind = dict(more)
        QApplication.exit(0)


def _actions(window: MainWindow) -> list[QAction]:
    """Every action that a hand can reach: those of menus and of our own widgets."""
    owners = [window, *window.findChildren(QWidget)]
    ours = (one for one in owners if not type(one).__module__.startswith("pyqtgraph"))
    return list({id(action): action for one in ours for action in one.actions()}.values())


def _window() -> MainWindow | None:
    tops = QApplication.topLevelWidgets()
    return next((one for one in tops if isinstance(one, MainWindow) and one.isVisible()), None)


def _is_filled(window: MainWindow) -> bool:
    starting = [one for one in window.findChildren(PlainLabel) if ": starting" in one.text()]
    return not starting


def _top_levels() -> Counter[str]:
    menus = (QMenu,)
    return Counter(
        one.metaObject().className()
        for one in QApplication.topLevelWidgets()
        if not isinstance(one, menus)
    )


def run_monkey(seconds: float, seed: int, folder: Path) -> Outcome:
    """One run of the demo in `folder` with the monkey in it."""
    outcome = Outcome()
    collector = Complaints(outcome)
    show = app.Start.show

    def show_with_monkey(start: app.Start) -> None:
        show(start)
        Monkey(seconds, seed, outcome, start)

    app.Start.show = show_with_monkey  # type: ignore[method-assign]
    logging.getLogger().addHandler(collector)
    options = AppOptions(
        recording="crash-2024-08", data_dir=folder, offscreen=True, quit_after_s=seconds * 4 + 120
    )
    before = Path.cwd()
    os.chdir(folder)  # a file that a dialog writes stays here
    try:
        outcome.status = app.run(options)
    finally:
        os.chdir(before)
        logging.getLogger().removeHandler(collector)
        app.Start.show = show  # type: ignore[method-assign]
    return outcome


def main() -> int:
    """The module's command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=time.time_ns() % 1_000_000)
    options = parser.parse_args()
    sys.stdout.write(f"seed {options.seed}\n")
    sys.stdout.flush()
    with tempfile.TemporaryDirectory() as folder:
        outcome = run_monkey(options.seconds, options.seed, Path(folder))
    sys.stdout.write(
        f"{outcome.deeds.total()} deeds {dict(outcome.deeds)}, at most "
        f"{outcome.late_worst_ms:.0f} ms late, left behind {outcome.left_behind}\n"
    )
    for complaint in outcome.complaints[:20]:
        sys.stdout.write(f"{complaint}\n")
    sys.stdout.write("good\n" if outcome.good else "bad\n")
    sys.stdout.flush()
    return 0 if outcome.good else 1


if __name__ == "__main__":
    sys.exit(main())
