"""Other addresses for venues: `okx=http://127.0.0.1:8000`. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from urllib.parse import urlsplit

from dashboard.errors import InputError

VENUE_URL_HELP = (
    "ask a venue at another address, such as okx=http://127.0.0.1:8000: its requests and "
    "websockets go there with the venue's host as first part of the path (may be repeated)"
)


def refuse_with_recording(texts: Collection[str], recording: object) -> None:
    """Raise InputError where addresses are named beside a recording, which uses none."""
    if texts and recording is not None:
        raise InputError(
            "venue-url", "--venue-url is for live venues; a recording is served by this program"
        )


def venue_urls(texts: Iterable[str], venues: Collection[str] = ()) -> dict[str, str]:
    """The address of each venue that is named, the last where one is named twice.

    Raises InputError where a text is not VENUE=URL, or names none of `venues` (any where empty).
    """
    found: dict[str, str] = {}
    for text in texts:
        venue, _, url = text.partition("=")
        if not venue or not _is_base(url):
            sentence = (
                f'--venue-url is "{text}"; allowed is VENUE=URL with http or https, '
                "such as okx=http://127.0.0.1:8000"
            )
            raise InputError("venue-url", sentence)
        if venues and venue not in venues:
            allowed = ", ".join(venues)
            raise InputError("venue-url", f'venue "{venue}" is unknown; allowed are {allowed}')
        found[venue] = url.rstrip("/")
    return found


def _is_base(url: str) -> bool:
    """Whether `url` is a scheme, a host and perhaps a path, and nothing that would be lost."""
    if url != url.strip() or any(character.isspace() for character in url):
        return False
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    named = parts.scheme in {"http", "https"} and bool(parts.hostname) and port != 0
    return named and not (parts.query or parts.fragment or parts.username or parts.password)
