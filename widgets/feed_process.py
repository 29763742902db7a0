"""The feed as a child process: started, listened to, and started again when it dies.

Nothing here waits. Whatever the child does (dies, hangs, writes garbage, floods) the window keeps
painting; `lost` says what happened within a second and the next start follows by itself.
"""

from __future__ import annotations

import logging
import os
import sys
import time
from collections import deque
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QObject, QProcess, QProcessEnvironment, QTimer, Signal

import dashboard
from dashboard.feed.frames import (
    FRAME_VERSION,
    Command,
    Frame,
    FrameError,
    FrameSplitter,
    Hello,
    Stop,
    decode,
    encode,
)

_log = logging.getLogger("liqline.window")

FIRST_FRAME_LIMIT_S = 60.0
"""A first start may compile ccxt's bytecode before the feed can say anything."""
SILENCE_LIMIT_S = 20.0
"""The feed sends its clock once a second; importing ccxt without bytecode holds it up for 13 s."""
CHECK_EVERY_MS = 1_000
STOOD_STILL_S = 5.0
"""A check that comes so much too late tells that this process stood still."""
BACK_OFF_S = (0.25, 1.0, 2.0, 5.0, 10.0, 30.0)
STEADY_AFTER_S = 60.0
"""A feed that ran this long starts again without the back-off it had earned before."""
STOP_LIMIT_MS = 2_000
_KILL_LIMIT_MS = 1_000
_SLICE_S = 0.008
"""Longest time spent on frames before the window may paint again."""


def feed_program(arguments: Sequence[str]) -> tuple[str, list[str]]:
    """Program and arguments of the feed: this same executable, as `liqline feed`."""
    if getattr(sys, "frozen", False):
        return sys.executable, ["feed", *arguments]
    return sys.executable, ["-m", "dashboard", "feed", *arguments]


class FeedProcess(QObject):
    """Runs the feed and hands on its frames, the first of each run being its Hello."""

    frame_arrived = Signal(object)
    lost = Signal(str)

    def __init__(self, program: tuple[str, list[str]], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._program = program
        self._process: QProcess | None = None
        self._splitter = FrameSplitter()
        self._waiting: deque[tuple[int, bytes]] = deque()
        self._greeted = False
        self._failures = 0
        self._started_s = 0.0
        self._heard_s = 0.0
        self._checked_s = 0.0
        self._drain_timer = self._timer(self._drain)
        self._restart_timer = self._timer(self.start)
        self._silence_timer = self._timer(self._check_silence, every_ms=CHECK_EVERY_MS)

    @property
    def pid(self) -> int:
        """The child's process id, 0 while there is none."""
        return self._process.processId() if self._process is not None else 0

    def start(self) -> None:
        """Start the feed; one that runs is left alone."""
        if self._process is not None:
            return
        process = QProcess(self)
        process.setProcessEnvironment(_environment())
        process.setProcessChannelMode(QProcess.ProcessChannelMode.ForwardedErrorChannel)
        process.readyReadStandardOutput.connect(self._read)
        process.finished.connect(self._on_finished)
        process.errorOccurred.connect(self._on_error)
        self._process = process
        self._splitter = FrameSplitter()
        self._waiting.clear()
        self._greeted = False
        self._started_s = self._heard_s = self._checked_s = time.monotonic()
        self._silence_timer.start()
        process.start(*self._program)

    def send(self, command: Command) -> None:
        """Write a command; before a feed's Hello it is dropped, for that is when all is asked."""
        if self._process is not None and self._greeted:
            self._process.write(encode(command))

    def close(self) -> None:
        """Ask the feed to stop, end it when it does not within 2 s; no signal comes after this."""
        self._restart_timer.stop()
        self._silence_timer.stop()
        self._drain_timer.stop()
        self._waiting.clear()
        process, self._process = self._process, None
        if process is not None:
            process.blockSignals(True)
            process.write(encode(Stop()))
            process.closeWriteChannel()
            if not process.waitForFinished(STOP_LIMIT_MS):
                _log.info("the feed did not stop within %d ms and is ended", STOP_LIMIT_MS)
        for child in self.findChildren(QProcess):
            if child.state() is not QProcess.ProcessState.NotRunning:
                child.kill()
                child.waitForFinished(_KILL_LIMIT_MS)

    def _timer(self, slot: object, *, every_ms: int = 0) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(every_ms == 0)
        timer.setInterval(every_ms)
        timer.timeout.connect(slot)
        return timer

    def _read(self) -> None:
        if self._process is None:
            return
        data = self._process.readAllStandardOutput().data()
        self._heard_s = time.monotonic()
        try:
            self._waiting.extend(self._splitter.feed(bytes(data)))
        except FrameError as error:
            self._give_up(f"the feed sent what is no frame: {error.user_message}")
            return
        if not self._drain_timer.isActive():
            self._drain()

    def _drain(self) -> None:
        """Hand on waiting frames for one time slice; the rest after the window had its turn."""
        end_s = time.monotonic() + _SLICE_S
        while self._waiting:
            kind, body = self._waiting.popleft()
            try:
                frame = decode(kind, body)
                self._hand_on(frame)
            except FrameError as error:
                _log.info("unreadable frame: %s", error.detail or error)
                self._give_up(f"the feed sent what is no frame: {error.user_message}")
                return
            if self._waiting and time.monotonic() > end_s:
                self._drain_timer.start()
                return

    def _hand_on(self, frame: Frame) -> None:
        if not self._greeted:
            if not isinstance(frame, Hello) or frame.frame_version != FRAME_VERSION:
                raise FrameError("it does not speak this program's version")
            self._greeted = True
        self.frame_arrived.emit(frame)

    def _check_silence(self) -> None:
        now_s = time.monotonic()
        late_s = now_s - self._checked_s - CHECK_EVERY_MS / 1000.0
        self._checked_s = now_s
        if late_s > STOOD_STILL_S:  # what the feed said meanwhile waits to be read
            self._heard_s = now_s
        limit_s = SILENCE_LIMIT_S if self._greeted else FIRST_FRAME_LIMIT_S
        if now_s - self._heard_s > limit_s:
            self._give_up(f"the feed said nothing for {limit_s:.0f} s")

    def _on_finished(self, code: int, status: QProcess.ExitStatus) -> None:
        self._read()
        while self._waiting:
            self._drain()
        if status is QProcess.ExitStatus.CrashExit:
            self._give_up("the feed was ended from outside or crashed")
        else:
            self._give_up(f"the feed ended with exit code {code}")

    def _on_error(self, error: QProcess.ProcessError) -> None:
        if error is QProcess.ProcessError.FailedToStart and self._process is not None:
            self._give_up(f"the feed could not be started: {self._process.errorString()}")

    def _give_up(self, reason: str) -> None:
        """Let go of this run, say why, and set the time of the next."""
        process, self._process = self._process, None
        if process is None:
            return
        self._silence_timer.stop()
        self._drain_timer.stop()
        self._waiting.clear()
        _let_end(process)
        if time.monotonic() - self._started_s > STEADY_AFTER_S:
            self._failures = 0
        wait_s = BACK_OFF_S[min(self._failures, len(BACK_OFF_S) - 1)]
        self._failures += 1
        _log.info("%s; next start in %g s", reason, wait_s)
        self._restart_timer.start(round(wait_s * 1000))
        self.lost.emit(reason)


def _let_end(process: QProcess) -> None:
    """Kill without waiting, and delete the object once the process is gone."""
    process.readyReadStandardOutput.disconnect()
    process.finished.disconnect()
    process.errorOccurred.disconnect()
    if process.state() is QProcess.ProcessState.NotRunning:
        process.deleteLater()
        return
    process.finished.connect(process.deleteLater)
    process.kill()


def _environment() -> QProcessEnvironment:
    """This environment, in which the child finds the very code that this window runs."""
    environment = QProcessEnvironment.systemEnvironment()
    root = str(Path(dashboard.__file__).resolve().parent.parent)
    paths = [root, *filter(None, environment.value("PYTHONPATH").split(os.pathsep))]
    environment.insert("PYTHONPATH", os.pathsep.join(dict.fromkeys(paths)))
    return environment
