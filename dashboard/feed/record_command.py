"""`liqline record`: polls venues into the history, without a window."""

from __future__ import annotations

import argparse
import asyncio
import re
import sys
from argparse import Namespace
from pathlib import Path
from typing import Any

from dashboard import __version__
from dashboard.errors import InputError
from dashboard.feed.recording_options import (
    add_interval_option,
    add_recording_options,
    add_venue_url_option,
    checked_interval_s,
    chosen_world,
)
from dashboard.market.venue_url import refuse_with_recording

_DURATION = re.compile(r"(\d{1,6}(?:\.\d{1,3})?)(s|m|h|d)", re.ASCII)
MOST_BACK_FILL_DAYS = 3_650
_UNIT_S = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}


def add_parser(subparsers: Any) -> None:
    """Add the command to the command line."""
    parser = subparsers.add_parser(
        "record",
        help="poll venues into the history, no window",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Polls venues into the history until it is told to stop (Ctrl-C), and prints "
        "one line of progress a minute.",
        epilog="example:\n  liqline record --venues binanceusdm,okx --symbols btc,eth --for 8h",
    )
    parser.add_argument(
        "--venues", required=True, metavar="A,B", help="venues to ask, by id, such as binanceusdm"
    )
    parser.add_argument(
        "--symbols", required=True, metavar="X,Y", help="contracts: btc, BTCUSDT, BTC/USDT:USDT"
    )
    parser.add_argument(
        "--for", dest="duration", metavar="TIME", help="end by itself after 90s, 30m, 1h or 2d"
    )
    parser.add_argument(
        "--raw", type=Path, metavar="FILE", help="also keep the venues' answers as they came"
    )
    parser.add_argument(
        "--backfill",
        type=int,
        metavar="DAYS",
        help="also fetch the past: hourly candles, open interest, ratios and funding of so many "
        "days; what is stored already is not asked again",
    )
    parser.add_argument("--data-dir", type=Path, metavar="DIR", help="where the history is kept")
    add_interval_option(parser)
    add_venue_url_option(parser)
    add_recording_options(parser)


def run(options: Namespace) -> int:
    """Record until stopped; 0 after a clean stop. InputError and StoreError get out."""
    from dashboard.feed.headless import record
    from dashboard.feed.log_file import log_to
    from dashboard.feed.raw_recorder import RawRecorder
    from dashboard.settings import history_place, venue_addresses
    from dashboard.store.paths import find_places
    from dashboard.venues import lean_ccxt
    from dashboard.venues.catalogue import CATALOGUE, find_entry

    refuse_with_recording(options.venue_url, options.recording)
    venues = _names("venues", options.venues)
    symbols = _names("symbols", options.symbols)
    for venue in venues:
        find_entry(venue)
    duration_s = None if options.duration is None else duration_of(options.duration)
    back_fill_days = _checked_days(options.backfill)
    fast_interval_s = checked_interval_s(options)
    places = find_places(options.data_dir)
    world = chosen_world(options, venue_addresses(places, options.venue_url, tuple(CATALOGUE)))
    places.prepare()
    log_to(places.logs)
    lean_ccxt.install()
    raw = None if options.raw is None else RawRecorder(options.raw, __version__, _say)
    try:
        asyncio.run(
            record(
                world,
                venues,
                symbols,
                history=history_place(places, options.recording),
                data_dir=places.data if options.recording is None else None,
                duration_s=duration_s,
                fast_interval_s=fast_interval_s,
                raw=raw,
                back_fill_days=back_fill_days,
                say=_say,
            )
        )
    finally:
        if raw is not None:
            raw.close()
            _say(f"{raw.kept} answers are kept in {options.raw}")
    return 0


def duration_of(text: str) -> float:
    """Seconds of a duration such as 90s, 30m, 1h or 2d; raises InputError where it is none."""
    match = _DURATION.fullmatch(text)
    seconds = float(match[1]) * _UNIT_S[match[2]] if match else 0.0
    if seconds <= 0:
        raise InputError("for", f'--for is "{text}"; allowed is a time such as 90s, 30m, 1h or 2d')
    return seconds


def _checked_days(days: int | None) -> int | None:
    if days is not None and not 1 <= days <= MOST_BACK_FILL_DAYS:
        allowed = f"allowed is 1 to {MOST_BACK_FILL_DAYS} days"
        raise InputError("backfill", f"--backfill is {days}; {allowed}")
    return days


def _names(field: str, text: str) -> list[str]:
    names = list(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
    if not names:
        raise InputError(field, f"--{field} names nothing; allowed are names with commas between")
    return names


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
