"""One window a data directory: a second start brings the first window to the front and ends."""

from __future__ import annotations

import hashlib
from pathlib import Path

from PySide6.QtCore import QLockFile, QObject, Signal
from PySide6.QtNetwork import QLocalServer, QLocalSocket

ANSWER_LIMIT_MS = 1_000
_RAISE = b"raise\n"
_MAX_WORDS = 64


class Doorbell(QObject):
    """Listens for later starts on the same data directory, of this user only."""

    rung = Signal()

    def __init__(self, lock: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._server = QLocalServer(self)
        self._server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        self._server.setMaxPendingConnections(4)
        self._server.newConnection.connect(self._answer)
        name = _name(lock)
        if not self._server.listen(name):
            # Only the lock's owner comes here, so what is in the way was left by a crash.
            QLocalServer.removeServer(name)
            self._server.listen(name)

    def close(self) -> None:
        """Listen no more."""
        self._server.close()

    def _answer(self) -> None:
        if not self._server.hasPendingConnections():
            return
        caller = self._server.nextPendingConnection()
        caller.setReadBufferSize(_MAX_WORDS)
        caller.readyRead.connect(self._ring)
        caller.disconnected.connect(caller.deleteLater)

    def _ring(self) -> None:
        caller = self.sender()
        if isinstance(caller, QLocalSocket) and caller.readAll().data() == _RAISE:
            caller.write(_RAISE)
            caller.flush()
            self.rung.emit()


def ring(lock: Path) -> bool:
    """Ask the window that holds `lock` to come to the front; whether it answered."""
    caller = QLocalSocket()
    caller.connectToServer(_name(lock))
    if not caller.waitForConnected(ANSWER_LIMIT_MS):
        return False
    caller.write(_RAISE)
    answered = caller.waitForReadyRead(ANSWER_LIMIT_MS) and caller.readAll().data() == _RAISE
    caller.disconnectFromServer()
    return answered


def owner_of(lock: QLockFile) -> str:
    """Who holds a lock, in words that follow a name; "" where that is unknown."""
    info = lock.getLockInfo()
    # PySide gives (known, pid, host, program) or (pid, host, program).
    numbers = [part for part in info if isinstance(part, int) and not isinstance(part, bool)]
    return f" (process {numbers[-1]})" if numbers and numbers[-1] > 0 else ""


def _name(lock: Path) -> str:
    """A name for the socket; the path itself may be longer than sockets allow."""
    return "liqline-" + hashlib.sha256(str(lock.absolute()).encode()).hexdigest()[:24]
