"""What the trader set: a small JSON file that may be edited by hand and never stops the start."""

from __future__ import annotations

import re
import typing
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from dashboard.market.venue_url import venue_urls
from dashboard.market.venues import WATCHED_VENUES
from dashboard.store.files import read_small, reason, write_atomically
from dashboard.store.paths import Places

if TYPE_CHECKING:
    import msgspec

MOST_HISTORY_DAYS = 36_500
_VENUE_ID = "^[a-z0-9]{1,40}$"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Every setting with its default and, in its type, what is allowed.

    `theme` "system" follows the desktop's; `colour_blind_safe` has blue and orange instead of green
    and red; `font_scale` multiplies the size of all text.
    `venues` are the ids of those that the window asks, the preferred first; `shortcuts` are the
    trader's own keys by the texts of the actions, "" for none. `fast_interval_s` is how often
    prices, funding and open interest are asked, in seconds of market time. `history` is the
    PostgreSQL URL of a history that a desk shares, "" for a file of one's own; `history_days` is
    how long it is kept, 0 for ever. `venue_urls` are
    other addresses by venue, at which it is asked instead of its own.
    """

    theme: Literal["system", "dark", "light", "high contrast"] = "dark"
    colour_blind_safe: bool = False
    font_scale: Annotated[float, msgspec.Meta(ge=0.7, le=2.0)] = 1.0
    fast_interval_s: Annotated[float, msgspec.Meta(ge=2.0, le=10.0)] = 10.0
    venues: Annotated[
        tuple[Annotated[str, msgspec.Meta(pattern=_VENUE_ID)], ...], msgspec.Meta(min_length=1)
    ] = WATCHED_VENUES
    venue_urls: dict[
        Annotated[str, msgspec.Meta(pattern=_VENUE_ID)],
        Annotated[str, msgspec.Meta(pattern=r"^https?://[^\s?#@]+$")],
    ] = field(default_factory=dict)
    history_days: Annotated[int, msgspec.Meta(ge=0, le=MOST_HISTORY_DAYS)] = 0
    history: Annotated[str, msgspec.Meta(pattern=r"^(postgresql(\+psycopg)?://\S+)?$")] = ""
    shortcuts: dict[str, str] = field(default_factory=dict)


_WHO_IS_AT = re.compile(r"://\S*@")
"""Name and password in a URL, which no sentence may hold."""


def history_place(places: Places, recording: str | None) -> Path | str:
    """Where the history is: the desk's PostgreSQL URL of the settings, else a file.

    What is replayed of a recording never goes to the desk.
    """
    url = load_settings(places.settings)[0].history
    return url if url and recording is None else places.history(recording)


def venue_addresses(
    places: Places, asked: Sequence[str] = (), venues: Collection[str] = ()
) -> dict[str, str]:
    """Other addresses by venue: those of the settings, and before them what a command line asked.

    Raises InputError where that cannot be read.
    """
    return load_settings(places.settings)[0].venue_urls | venue_urls(asked, venues)


# msgspec and difflib are imported where they are used: a start without a settings file, which is
# the usual one, paints its first picture 15 ms earlier.
def load_settings(path: Path) -> tuple[Settings, tuple[str, ...]]:
    """The settings at `path`, and a sentence about each part of the file that is not usable.

    What is good is kept, the rest has its default; without a file everything has.
    """
    try:
        content = read_small(path)
    except FileNotFoundError:
        return Settings(), ()
    except OSError as error:
        return Settings(), (f'settings "{path}" cannot be read: {reason(error)}',)
    import msgspec

    try:
        entries = msgspec.json.decode(content, type=dict[str, Any])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        return Settings(), (f'settings "{path}" are no JSON object and are not used: {error}',)
    good: dict[str, Any] = {}
    complaints: list[str] = []
    for name, value in entries.items():
        complaint = _take(name, value, good)
        if complaint:
            complaints.append(f'settings "{path}": {complaint}')
    return Settings(**good), tuple(complaints)


def save_settings(settings: Settings, path: Path) -> None:
    """Replace the file at `path`; raises StoreError, and the old file stays, where it cannot be."""
    import msgspec

    text = msgspec.json.format(msgspec.json.encode(asdict(settings)), indent=2)
    write_atomically(path, text + b"\n")


@cache
def _types() -> dict[str, Any]:
    import msgspec

    return typing.get_type_hints(Settings, localns={"msgspec": msgspec}, include_extras=True)


def _take(name: str, value: object, good: dict[str, Any]) -> str:
    """Put a usable entry into `good`, else say why it is none."""
    import difflib

    import msgspec

    types = _types()
    if name not in types:
        near = difflib.get_close_matches(name, types, n=1)
        meant = f'; did you mean "{near[0]}"?' if near else ""
        return f'"{name}" is no setting{meant}'
    try:
        good[name] = msgspec.convert(value, types[name])
    except msgspec.ValidationError as error:
        shown = _WHO_IS_AT.sub("://***@", msgspec.json.encode(value).decode())[:60]
        default = getattr(Settings(), name)
        return f'"{name}" is {shown}, which is not used ({error}); {default!r} holds'
    return ""
