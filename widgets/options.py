"""What the command line asks of the window, and the window of its feed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from dashboard.store.paths import Places


@dataclass(frozen=True, slots=True, kw_only=True)
class AppOptions:
    """What the command line asked for; None means the usual.

    `recording` is a name or path and None for the live venues; no `venues` are those of the
    settings; `size` is in pixels; `fast_interval_s` is that of the settings;
    `venue_urls` are texts VENUE=URL; `safe` is a start in a folder of its own that goes with it.
    """

    recording: str | None = None
    at_ms: int | None = None
    speed: float | None = None
    replay_port: int | None = None
    venues: Sequence[str] = ()
    data_dir: Path | None = None
    theme: str | None = None
    size: tuple[int, int] | None = None
    offscreen: bool = False
    screenshot: Path | None = None
    quit_after_s: float | None = None
    timings: bool = False
    fast_interval_s: float | None = None
    venue_urls: Sequence[str] = ()
    safe: bool = False


def feed_arguments(options: AppOptions, places: Places) -> list[str]:
    """The command line of the feed for what was asked of the window."""
    at = None if options.at_ms is None else datetime.fromtimestamp(options.at_ms / 1000, UTC)
    named = {
        "--data-dir": None if options.data_dir is None else places.data,
        "--recording": options.recording,
        "--at": None if at is None else at.isoformat(),
        "--speed": options.speed,
        "--replay-port": options.replay_port,
        "--every": options.fast_interval_s,
    }
    given = [(name, str(value)) for name, value in named.items() if value is not None]
    given += [("--venue-url", text) for text in options.venue_urls]
    return [word for pair in given for word in pair]
