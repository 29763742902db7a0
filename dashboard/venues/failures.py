"""From whatever went wrong in ccxt or on the wire to an error with a sentence, in one place.

What the wire said (status, Retry-After) is judged before ccxt's class: ccxt has one class for a
region block, a missing page and a server that is down.
"""

from __future__ import annotations

import re
import socket
import ssl
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import aiohttp
from aiohttp.http_exceptions import HttpProcessingError

from dashboard.errors import VenueError, VenueUnavailableError
from dashboard.venues.fields import AnswerError
from dashboard.venues.session import BodyTooLargeError, Exchanged, ForeignHostError

MAX_REASON_CHARACTERS = 200
DEFAULT_PAUSE_S = 30.0
DEFAULT_BAN_S = 120.0
TOO_FREQUENT_PAUSE_S = 600.0
MAX_PAUSE_S = 7 * 86_400.0

_TAG = re.compile(r"<[^<>]*>")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\s]+")
_BAN_UNTIL = re.compile(r"until (\d{13})")


class AnswerUnusableError(VenueError):
    """One question was answered with something unusable; others may be answered well."""


class VenueDownError(VenueError):
    """The venue could not be reached or did not answer: no question will fare better now."""


class VenueBusyError(VenueDownError):
    """The venue demands a pause of `pause_s` seconds; asking earlier makes it longer."""

    def __init__(self, user_message: str, pause_s: float, *, detail: str = "") -> None:
        super().__init__(user_message, detail=detail)
        self.pause_s = pause_s


def plain(text: str) -> str:
    """`text` from outside as one line: no tags, no control characters, at most 200 characters."""
    line = _CONTROL.sub(" ", _TAG.sub(" ", text)).strip()
    if len(line) <= MAX_REASON_CHARACTERS:
        return line
    return line[: MAX_REASON_CHARACTERS - 1] + "…"


def translate(error: Exception, venue: str, exchanged: Exchanged, now_ms: int) -> VenueError:
    """The error to raise instead of `error`, which a request to `venue` ended in.

    `now_ms` is the real time in ms UTC, against which ban and retry times are read.
    """
    if isinstance(error, VenueError):
        return error
    detail = plain(f"{type(error).__name__}: {error}")
    if isinstance(error, AnswerError):
        return AnswerUnusableError(f"{venue} answered with {error}", detail=detail)
    if exchanged.status is not None and exchanged.status >= 400:
        return _from_status(exchanged.status, error, venue, exchanged, now_ms)
    causes = _causes(error)
    for cause in causes:
        found = _from_cause(cause, venue, exchanged.host, detail)
        if found is not None:
            return found
    return _from_ccxt(error, venue, detail)


def not_json(venue: str) -> AnswerUnusableError:
    """The error for an answer that ccxt could not read as JSON and passed on as it was."""
    return AnswerUnusableError(f"{venue} answered with something that is not JSON")


def _from_status(
    status: int, error: Exception, venue: str, exchanged: Exchanged, now_ms: int
) -> VenueError:
    detail = plain(str(error))
    if status == 418:
        pause_s = _ban_s(str(error), now_ms) or _retry_after_s(exchanged, now_ms) or DEFAULT_BAN_S
        until = datetime.fromtimestamp(now_ms / 1000 + pause_s, UTC)
        sentence = f"{venue} has banned this address until {until:%Y-%m-%d %H:%M:%S} UTC (418)"
        return VenueBusyError(sentence, pause_s, detail=detail)
    if status == 429 or "too frequent" in detail.lower():
        usual_s = DEFAULT_PAUSE_S if status == 429 else TOO_FREQUENT_PAUSE_S
        pause_s = _ban_s(str(error), now_ms) or _retry_after_s(exchanged, now_ms) or usual_s
        sentence = f"{venue} asks to slow down ({status}): no request for {pause_s:.0f} s"
        return VenueBusyError(sentence, pause_s, detail=detail)
    if status in {403, 451}:
        sentence = f"{venue} does not serve this region or address ({status})"
        return VenueUnavailableError(sentence, detail=detail)
    if status >= 500:
        return VenueDownError(f"{venue} is out of order ({status})", detail=detail)
    if status == 404:
        return AnswerUnusableError(f"{venue} has no such page (404)", detail=detail)
    return AnswerUnusableError(f"{venue} refused the question ({status})", detail=detail)


_SENTENCES: tuple[tuple[tuple[type[BaseException], ...], type[VenueError], str], ...] = (
    ((BodyTooLargeError,), AnswerUnusableError, "{venue} answered with {cause}"),
    (
        (ForeignHostError,),
        AnswerUnusableError,
        "{venue} sent the request on to another host ({cause}): refused",
    ),
    ((TimeoutError,), VenueDownError, "{venue} did not answer in time"),
    (
        (aiohttp.ClientConnectorCertificateError, ssl.SSLCertVerificationError),
        VenueDownError,
        "the certificate of {host} was refused",
    ),
    ((aiohttp.ClientSSLError, ssl.SSLError), VenueDownError, "no secure connection to {host}"),
    (
        (aiohttp.ClientConnectorDNSError, socket.gaierror),
        VenueDownError,
        "the address of {host} is not found: is the computer online?",
    ),
    ((ConnectionRefusedError,), VenueDownError, "{host} refused the connection"),
    (
        (aiohttp.ClientPayloadError, HttpProcessingError),
        VenueDownError,
        "the answer of {venue} broke off",
    ),
    (
        (aiohttp.ClientConnectionError, ConnectionError),
        VenueDownError,
        "the connection to {venue} broke",
    ),
)
"""What each cause on the wire is called, the first that fits."""


def _from_cause(cause: BaseException, venue: str, host: str, detail: str) -> VenueError | None:
    for causes, error_class, sentence in _SENTENCES:
        if isinstance(cause, causes):
            said = sentence.format(venue=venue, host=host or venue, cause=plain(str(cause)))
            return error_class(said, detail=detail)
    return None


def _from_ccxt(error: Exception, venue: str, detail: str) -> VenueError:
    # ccxt is long imported when one of its errors arrives; its import is slow before.
    from ccxt.base import errors

    if isinstance(error, errors.DDoSProtection | errors.RateLimitExceeded):
        sentence = f"{venue} asks to slow down: no request for {DEFAULT_PAUSE_S:.0f} s"
        return VenueBusyError(sentence, DEFAULT_PAUSE_S, detail=detail)
    if isinstance(error, errors.OnMaintenance):
        return VenueDownError(f"{venue} is down for maintenance", detail=detail)
    if isinstance(error, errors.RequestTimeout):
        return VenueDownError(f"{venue} did not answer in time", detail=detail)
    if isinstance(error, errors.BadSymbol):
        return AnswerUnusableError(f"{venue} does not know this contract", detail=detail)
    if isinstance(error, errors.NetworkError):
        return VenueDownError(f"{venue} could not be asked: {detail}", detail=detail)
    if isinstance(error, errors.BaseError):
        return AnswerUnusableError(f"{venue} refused the question: {detail}", detail=detail)
    return AnswerUnusableError(f"{venue} gave an answer that cannot be read", detail=detail)


def _causes(error: BaseException) -> list[BaseException]:
    """The error and what it was raised from, outermost first, innermost judged first."""
    chain: list[BaseException] = []
    cause: BaseException | None = error
    while cause is not None and cause not in chain:
        chain.append(cause)
        nested = getattr(cause, "os_error", None)
        cause = nested if isinstance(nested, BaseException) else cause.__cause__
    return chain[::-1]


def _ban_s(text: str, now_ms: int) -> float | None:
    found = _BAN_UNTIL.search(text)
    return _usable_pause((int(found.group(1)) - now_ms) / 1000) if found else None


def _retry_after_s(exchanged: Exchanged, now_ms: int) -> float | None:
    """Retry-After as RFC 9110 has it: seconds, or a date."""
    text = exchanged.retry_after.strip()
    if text.isascii() and text.isdigit():
        return _usable_pause(float(text))
    try:
        return _usable_pause(parsedate_to_datetime(text).timestamp() - now_ms / 1000)
    except ValueError:
        return None


def _usable_pause(seconds: float) -> float | None:
    return min(seconds, MAX_PAUSE_S) if seconds > 0 else None
