"""A hundred random deeds a second in the whole demo: `python -m tests.faults.monkey`.

Every action of menus and palette, clicks, keys, wheels, drags and sizes, chosen by the seed that is
printed first. Says "bad" and ends with 1 where Qt warned, Python raised, a widget was left behind,
the window stood still or did not close by itself; after half a minute or more also where the pace
was not kept or an action was never triggered.
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
from widgets.actions import plain_text
from widgets.commands import actions_below
from widgets.options import AppOptions
from widgets.plain import PlainLabel
from widgets.window import MainWindow

PER_SECOND = 100
LOOKS_EVERY_MS = 5
SETTLE_S = 1.0
WHOLE_S = 30.0
"""Shorter than this there is no time for every action."""
PACE_SLACK = 1.02
LEFT_ALONE = {"Quit"}
"""Ends the run."""
ALWAYS_OFF = {"Pane: price", "Trade line"}
"""What is always shown: a chart without prices is none, and the line has no other way back."""
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
LAZILY_MADE = 30
"""Of one class: what Qt makes at the first use of each table, field or dock and then keeps."""
WORST_MS = 2_000.0
"""Only against a window that stands still: a hundred deeds a second are work in themselves."""


@dataclass
class Outcome:
    """What the monkey saw."""

    seconds: float
    deeds: Counter[str] = field(default_factory=Counter)
    complaints: list[str] = field(default_factory=list)
    left_behind: dict[str, int] = field(default_factory=dict)
    took_s: float = 0.0
    late_ms: list[float] = field(default_factory=list)
    actions: set[str] = field(default_factory=set)
    triggered: Counter[str] = field(default_factory=Counter)
    status: int | None = None

    @property
    def late_worst_ms(self) -> float:
        """The longest that the window's loop did not turn."""
        return max(self.late_ms, default=0.0)

    @property
    def never_triggered(self) -> set[str]:
        """The actions of the menus and of the palette that were left out."""
        return self.actions - self.triggered.keys() - LEFT_ALONE - ALWAYS_OFF

    @property
    def wrong(self) -> list[str]:
        """What went wrong, and whether the monkey really worked."""
        found = []
        if self.complaints:
            found.append(f"{len(self.complaints)} complaints")
        if self.left_behind:
            found.append(f"left behind {self.left_behind}")
        if self.late_worst_ms > WORST_MS:
            found.append("the window stood still")
        if self.status != 0:
            found.append(f"ended with {self.status}")
        if self.seconds >= WHOLE_S:
            if self.never_triggered:
                found.append(f"never triggered: {', '.join(sorted(self.never_triggered))}")
            if self.took_s > self.seconds * PACE_SLACK:
                found.append(f"took {self.took_s:.1f} s")
        return found


class Complaints(logging.Handler):
    """Collects what is logged at WARNING and above, Qt's messages and tracebacks among it."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(logging.WARNING)
        self._outcome = outcome

    def emit(self, record: logging.LogRecord) -> None:
        self._outcome.complaints.append(self.format(record)[:2_000])


class Monkey(QObject):
    """Does PER_SECOND random things for so long, then lets the window settle and close.

    What a long deed took is caught up with, a deed in each turn of the loop.
    """

    def __init__(self, seed: int, outcome: Outcome, parent: QObject) -> None:
        super().__init__(parent)
        self._dice = random.Random(seed)  # noqa: S311 (deeds, no secrets)
        self._outcome = outcome
        self._begin_s = 0.0
        self._beat_s = 0.0
        self._before: Counter[str] = Counter()
        self._inside_before: Counter[str] = Counter()
        self._root: QWidget | None = None
        self._actions: list[QAction] = []
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._act)
        self._timer.start(LOOKS_EVERY_MS)

    def _act(self) -> None:
        now_s = time.monotonic()
        if not self._begin_s:
            window = _window()
            if window is None or not window.findChildren(QAction) or not _is_filled(window):
                return
            self._begin_s = now_s
            self._before, self._inside_before = _top_levels(), _widgets()
            self._outcome.actions = {name_of(action) for action in actions_below(window)}
        else:
            self._outcome.late_ms.append((now_s - self._beat_s) * 1000.0 - LOOKS_EVERY_MS)
        self._beat_s = now_s
        done, took_s = self._outcome.deeds.total(), now_s - self._begin_s
        if done >= self._outcome.seconds * PER_SECOND:
            self._outcome.took_s = took_s
            self._timer.stop()
            self._close_all(10)
        elif took_s * PER_SECOND >= done:
            self._do_something()

    def _do_something(self) -> None:
        window = _window()
        if window is None or self._keep_out_of_the_way():
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
            )
        )
        if self._dice.random() < 0.0125:
            deed = self._size
        self._outcome.deeds[deed.__name__.strip("_")] += 1
        # Not from within this timer, which stands still while a deed waits in a dialog.
        QTimer.singleShot(0, self, partial(deed, window))

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
        """Any action that can be done now, every other time one that was not done yet."""
        done = self._outcome.triggered
        if done.total() % 20 == 0:
            self._actions = reachable(window)
        able = [one for one in self._actions if isValid(one) and one.isEnabled()]
        fresh = [one for one in able if name_of(one) not in done]
        action = self._dice.choice(fresh if fresh and self._dice.random() < 0.5 else able)
        done[name_of(action)] += 1
        action.trigger()

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
        inside = _widgets() - self._inside_before
        lazy = {name: count for name, count in inside.items() if count > LAZILY_MADE}
        self._outcome.left_behind = dict(more) | lazy
        QApplication.exit(0)


def name_of(action: QAction) -> str:
    """What an action is called in the palette."""
    return plain_text(action)


def reachable(window: MainWindow) -> list[QAction]:
    """Every action that a hand can reach, now or at another time: of menus, keys and palette."""
    owners = [window, *window.findChildren(QWidget)]
    ours = (one for one in owners if not type(one).__module__.startswith("pyqtgraph"))
    found = {id(action): action for one in ours for action in one.actions()}
    found |= {id(action): action for action in actions_below(window)}
    return [
        action
        for action in found.values()
        if name_of(action) not in {"", *LEFT_ALONE}
        and not action.isSeparator()
        and action.menu() is None
    ]


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


def _widgets() -> Counter[str]:
    return Counter(one.metaObject().className() for one in QApplication.allWidgets())


def run_monkey(seconds: float, seed: int, folder: Path) -> Outcome:
    """One run of the demo in `folder` with the monkey in it."""
    outcome = Outcome(seconds)
    collector = Complaints(outcome)
    show = app.Start.show

    def show_with_monkey(start: app.Start) -> None:
        show(start)
        Monkey(seed, outcome, start)

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
    late = sorted(outcome.late_ms)
    sys.stdout.write(
        f"{outcome.deeds.total()} deeds in {outcome.took_s:.1f} s {dict(outcome.deeds)}, "
        f"{len(outcome.triggered)} actions, "
        f"late by at most {outcome.late_worst_ms:.0f} ms, "
        f"by {late[len(late) * 99 // 100]:.0f} ms at the 99th percentile\n"
    )
    for complaint in outcome.complaints[:20]:
        sys.stdout.write(f"{complaint}\n")
    sys.stdout.write(f"bad: {'; '.join(outcome.wrong)}\n" if outcome.wrong else "good\n")
    sys.stdout.flush()
    return 1 if outcome.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
