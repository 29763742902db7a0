"""The feed's two ends of pipe: frames out on standard output, commands in on standard input.

Asyncio's pipe transports do not exist everywhere, so plain threads read and write. Standard
output is taken away from everybody else first: a stray print would be read as a frame.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
from collections.abc import Callable

from dashboard.errors import DashboardError
from dashboard.feed.frames import Command, FrameError, FrameSplitter, Stop, decode_command

_READ_BYTES = 64 * 1024
_log = logging.getLogger("liqline.feed")


def claim_stdout() -> Callable[[bytes], None]:
    """A function that writes to standard output; all other writing goes to standard error."""
    frames = os.dup(1)
    os.set_inheritable(frames, False)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    if sys.platform == "win32":
        import msvcrt

        msvcrt.setmode(frames, os.O_BINARY)
        msvcrt.setmode(0, os.O_BINARY)

    def write(data: bytes) -> None:
        view = memoryview(data)
        while view:
            view = view[os.write(frames, view) :]

    return write


class Inbox:
    """Reads commands on a thread and hands them to `handle` through `call_soon`.

    The end of the input means that the window is gone: it is handed on as Stop. The thread is a
    daemon, because a read that waits cannot be interrupted.
    """

    def __init__(
        self,
        handle: Callable[[Command], None],
        refuse: Callable[[str], None],
        call_soon: Callable[..., object],
        descriptor: int = 0,
    ) -> None:
        self._handle = handle
        self._refuse = refuse
        self._call_soon = call_soon
        self._descriptor = descriptor
        self._splitter = FrameSplitter()
        threading.Thread(target=self._run, name="commands in", daemon=True).start()

    def _run(self) -> None:
        try:
            while data := os.read(self._descriptor, _READ_BYTES):
                self._take(data)
        except (OSError, FrameError) as error:
            _log.info("the commands ended: %s", error)
        self._pass_on(self._handle, Stop())

    def _take(self, data: bytes) -> None:
        for kind, body in self._splitter.feed(data):
            try:
                self._pass_on(self._handle, decode_command(kind, body))
            except DashboardError as error:
                self._pass_on(self._refuse, error.user_message)

    def _pass_on(self, receive: Callable[..., None], what: object) -> None:
        try:
            self._call_soon(receive, what)
        except RuntimeError:
            _log.debug("a command came after the end: %r", what)
