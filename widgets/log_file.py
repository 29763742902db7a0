"""The window's log: one file in the data directory, and the one before it."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

from PySide6.QtCore import QMessageLogContext, QtMsgType, qInstallMessageHandler

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
    """Log to `path` inside the block, Qt's messages and uncaught errors of slots too.

       A full file moves aside.
    Where the file cannot be written the log goes to standard error.
    """
    handler = _handler(path)
    handler.setFormatter(logging.Formatter(_FORMAT))
    root, own = logging.getLogger(), logging.getLogger("liqline")
    level, hook = own.level, sys.excepthook
    handle_before = qInstallMessageHandler(_on_qt_message)
    root.addHandler(handler)
    own.setLevel(logging.INFO)
    sys.excepthook = _uncaught
    try:
        yield
    finally:
        qInstallMessageHandler(handle_before)
        sys.excepthook = hook
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
