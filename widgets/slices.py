"""Work done piece by piece, so that the window answers between two pieces."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QObject, QTimer, Signal


def all_at_once(pieces: Iterator[object]) -> None:
    """Take every piece now, where nobody waits for the window."""
    for _piece in pieces:
        pass


class Slices(QObject):
    """Takes the next piece each time the event loop has nothing else to do.

    `done` tells that the last piece was taken, `failed` carries the exception that ended the work.
    """

    done = Signal()
    failed = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pieces: Iterator[object] = iter(())
        self._timer = QTimer(self)
        self._timer.setInterval(0)
        self._timer.timeout.connect(self._take)

    def start(self, pieces: Iterator[object]) -> None:
        """Take these pieces from now on."""
        self._pieces = pieces
        self._timer.start()

    @property
    def working(self) -> bool:
        """Whether pieces are left."""
        return self._timer.isActive()

    def stop(self) -> None:
        """Leave out the pieces that are left."""
        self._timer.stop()

    def _take(self) -> None:
        try:
            next(self._pieces)
        except StopIteration:
            self._timer.stop()
            self.done.emit()
        except Exception as error:  # noqa: BLE001 (whoever waits for the work raises it)
            self._timer.stop()
            self.failed.emit(error)
