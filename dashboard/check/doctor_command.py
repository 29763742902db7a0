"""`liqline doctor`: looks over an installation, changes nothing and asks nobody."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dashboard.check.doctor import Line, as_text, examine
from dashboard.errors import InputError
from dashboard.settings import load_settings
from dashboard.store.paths import Places, find_places
from dashboard.venues.hosts import hosts_of


def add_parser(subparsers: Any) -> None:
    """Add `doctor` to the program's subparsers (an argparse object)."""
    parser = subparsers.add_parser(
        "doctor",
        help="look over book, history, settings and log",
        description="Print versions, directories, the soundness of the databases, settings that "
        "are not used, pauses that venues demanded and the last errors of the log; no keys and no "
        "positions. Lines that begin with ! need attention; the exit status is then 1.",
    )
    parser.add_argument(
        "--data-dir", type=Path, metavar="DIR", help="where book, history and log are kept"
    )


def run(arguments: argparse.Namespace) -> int:
    """Print what was found; 1 where something is the matter."""
    places = find_places(arguments.data_dir)
    lines = list(examine(places, time.time_ns() // 1_000_000))
    lines += _hosts(places)
    sys.stdout.write(as_text(lines) + "\n")
    return 1 if any(line.bad for line in lines) else 0


def _hosts(places: Places) -> Iterator[Line]:
    """Which hosts the enabled venues may be asked at; no other is."""
    settings, _ = load_settings(places.settings)
    for venue in settings.venues:
        try:
            hosts = hosts_of(venue, settings.venue_urls.get(venue))
        except InputError as error:
            yield Line("hosts", error.user_message, bad=True)
            continue
        yield Line("hosts", f"{venue} is asked at {', '.join(sorted(hosts))}")
