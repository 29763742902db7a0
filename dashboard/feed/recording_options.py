"""The command line's options that choose a recorded market."""

from __future__ import annotations

import argparse
from argparse import Namespace
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from dashboard.errors import InputError
from dashboard.feed.schedule import FAST_INTERVAL_S, FASTEST_INTERVAL_S
from dashboard.market.venue_url import VENUE_URL_HELP

if TYPE_CHECKING:
    from dashboard.feed.world import World


def add_recording_options(parser: argparse.ArgumentParser) -> None:
    """Add --recording, --at, --speed and --replay-port."""
    group = parser.add_argument_group("recorded market")
    group.add_argument("--recording", metavar="NAME", help="a recording, by name or path")
    group.add_argument(
        "--at", metavar="TIME", help='UTC instant to start at, such as "2024-08-04 12:00"'
    )
    group.add_argument("--speed", type=float, metavar="N", help="recorded seconds per second")
    group.add_argument(
        "--replay-port", type=int, default=0, metavar="PORT", help="loopback port (default: any)"
    )


def add_interval_option(parser: argparse.ArgumentParser) -> None:
    """Add --every, how often the fast questions are asked."""
    parser.add_argument(
        "--every",
        dest="fast_interval_s",
        type=float,
        default=FAST_INTERVAL_S,
        metavar="SECONDS",
        help="how often prices, funding and open interest are asked: 2 to 10 (default: 10)",
    )


def add_venue_url_option(parser: argparse.ArgumentParser) -> None:
    """Add --venue-url, other addresses for venues."""
    parser.add_argument(
        "--venue-url", action="append", default=[], metavar="VENUE=URL", help=VENUE_URL_HELP
    )


def checked_interval_s(options: Namespace) -> float:
    """What --every says; InputError where it is out of bounds."""
    seconds = float(options.fast_interval_s)
    if not FASTEST_INTERVAL_S <= seconds <= FAST_INTERVAL_S:
        allowed = f"{FASTEST_INTERVAL_S:g} to {FAST_INTERVAL_S:g} seconds"
        raise InputError("every", f"--every is {seconds:g}; allowed is {allowed}")
    return seconds


def chosen_world(options: Namespace, addresses: Mapping[str, str] | None = None) -> World:
    """The world the options name: a recording, or the live venues (at `addresses`) without one.

    Raises InputError or RecordingError where they cannot be used.
    """
    # Deferred: the options must be readable before anything heavy is imported.
    from dashboard.feed.world import LiveWorld, ReplayWorld
    from dashboard.replay.raw_session import is_raw_session, read_raw_session
    from dashboard.replay.recording import load_recording

    if options.recording is None:
        return LiveWorld(addresses)
    path = Path(options.recording)
    recorded = read_raw_session(path) if is_raw_session(path) else load_recording(options.recording)
    return ReplayWorld(
        recorded,
        at_ms=None if options.at is None else instant_ms(options.at),
        speed=options.speed,
        port=options.replay_port,
    )


def instant_ms(text: str) -> int:
    """A UTC date and time as ms UTC; raises InputError where it is none."""
    try:
        instant = datetime.fromisoformat(text)
    except ValueError as error:
        sentence = f'time "{text}" is no instant; allowed is one such as "2024-08-04 12:00"'
        raise InputError("at", sentence) from error
    aware = instant if instant.tzinfo is not None else instant.replace(tzinfo=UTC)
    return round(aware.timestamp() * 1000)
