"""The window's log: one file in the data directory, and the one before it."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

from PySide6.QtCore import QMessageLogContext, QtMsgType, qInstallMessageHandler

from dashboard.store.redaction import RedactingFormatter

MAX_LOG_BYTES = 2_000_000
_FORMAT = "%(asctime)s %(levelname)s %(name)s %(message)s"

_LEVELS = {
    QtMsgType.QtDebugMsg: logging.DEBUG,
    QtMsgType.QtInfoMsg: logging.INFO,
    QtMsgType.QtWarningMsg: logging.WARNING,
}
_NOTHING_TO_LOG = "This plugin does not support "
"""Said by the off-screen platform of size hints, raising and grabbing."""

_log = logging.getLogger("liqline.window")


@contextmanager
def logging_to(path: Path) -> Iterator[None]:
    """Log to `path` inside the block; Qt's messages, uncaught errors of slots and threads too.

    A full file moves aside.
    Where the file cannot be written the log goes to standard error.
    """
    handler = _handler(path)
    handler.setFormatter(RedactingFormatter(_FORMAT))
    root, own = logging.getLogger(), logging.getLogger("liqline")
    level, hook = own.level, sys.excepthook
    thread_hook, lost_hook = threading.excepthook, sys.unraisablehook
    handle_before = qInstallMessageHandler(_on_qt_message)
    root.addHandler(handler)
    own.setLevel(logging.INFO)
    sys.excepthook = _uncaught
    threading.excepthook = _uncaught_in_thread
    sys.unraisablehook = _unraisable
    try:
        yield
    finally:
        qInstallMessageHandler(handle_before)
        sys.excepthook = hook
        threading.excepthook, sys.unraisablehook = thread_hook, lost_hook
        own.setLevel(level)
        root.removeHandler(handler)
        handler.close()


def _handler(path: Path) -> logging.Handler:
    try:
        if path.exists() and path.stat().st_size > MAX_LOG_BYTES:
            path.replace(path.with_suffix(".1.log"))
        return logging.FileHandler(path, encoding="utf-8", delay=True)
    except OSError:
        return logging.StreamHandler(sys.stderr)


def _on_qt_message(kind: QtMsgType, _context: QMessageLogContext, message: str | None) -> None:
    if message and not message.startswith(_NOTHING_TO_LOG):
        _log.log(_LEVELS.get(kind, logging.ERROR), "Qt: %s", message)


def _uncaught(
    kind: type[BaseException], error: BaseException, traceback: TracebackType | None
) -> None:
    _log.error("uncaught", exc_info=(kind, error, traceback))
    sys.__excepthook__(kind, error, traceback)


def _uncaught_in_thread(caught: threading.ExceptHookArgs) -> None:
    error = caught.exc_value or caught.exc_type()
    name = caught.thread.name if caught.thread is not None else "?"
    _log.error(
        "uncaught in thread %s", name, exc_info=(caught.exc_type, error, caught.exc_traceback)
    )


def _unraisable(lost: sys.UnraisableHookArgs) -> None:
    error = lost.exc_value or lost.exc_type()
    where = type(lost.object).__name__
    _log.error("uncaught in %s", where, exc_info=(lost.exc_type, error, lost.exc_traceback))
