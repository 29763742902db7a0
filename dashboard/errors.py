"""The errors Liqline raises on purpose: each carries a sentence for the trader."""

from __future__ import annotations


class DashboardError(Exception):
    """An expected failure.

    `user_message` is one sentence that names the field, what came and what is allowed;
    `detail` goes to the log only; `retryable` says whether the same call may succeed later.
    """

    retryable = False

    def __init__(self, user_message: str, *, detail: str = "") -> None:
        super().__init__(user_message)
        self.user_message = user_message
        self.detail = detail


class InputError(DashboardError):
    """A value from a hand, a file or the command line is not usable; `field` names which."""

    def __init__(self, field: str, user_message: str, *, detail: str = "") -> None:
        super().__init__(user_message, detail=detail)
        self.field = field


class UnlistedError(InputError):
    """A contract that is well named is not among those that were listed."""


class VenueError(DashboardError):
    """A venue could not be asked or answered with something unusable; may pass by itself."""

    retryable = True


class VenueUnavailableError(VenueError):
    """A venue that will not answer from here (region block, unknown venue): do not retry soon."""

    retryable = False


class RecordingError(DashboardError):
    """A recording is missing, cut short or not of a format this program reads."""


class StoreError(DashboardError):
    """A database or the data directory could not be opened, read or written."""


class LoadError(DashboardError):
    """A part of the program itself could not be loaded, for `error`."""

    def __init__(self, error: Exception) -> None:
        sentence = f"a part of the program could not be loaded ({error}); is memory left?"
        super().__init__(sentence, detail=repr(error))
