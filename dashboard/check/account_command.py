"""`liqline account`: what a public address holds, in the form that the window imports."""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from pathlib import Path
from typing import Any

from dashboard.errors import VenueError
from dashboard.market.holdings import Holdings
from dashboard.market.venue_url import VENUE_URL_HELP
from dashboard.settings import venue_addresses
from dashboard.store.book_text import WRITERS
from dashboard.store.paths import find_places
from dashboard.store.setup_text import BALANCE_WRITERS
from dashboard.venues import lean_ccxt
from dashboard.venues.accounts import ACCOUNTS, find_account_call
from dashboard.venues.accounts.ask import fetch_account
from dashboard.venues.catalogue import find_entry
from dashboard.venues.ccxt_source import CcxtSource

NOT_TOLD = 1
"""Exit status where the venue could not be asked."""
_VENUES = tuple(venue for venue, call in ACCOUNTS.items() if not call.keyed)
_ENDINGS = {"json": ".json", "csv": ".csv"}


def add_parser(subparsers: Any) -> None:
    """Add `account` to the program's subparsers (an argparse object)."""
    parser = subparsers.add_parser(
        "account",
        help="positions of a public address",
        description="Print the open positions of a public address, or its balances, as File > "
        "Import reads them. No key is used and nothing is kept.",
    )
    parser.add_argument("address", metavar="ADDRESS", help="0x and 40 hexadecimal digits")
    parser.add_argument(
        "--venue", choices=_VENUES, default=_VENUES[0], help=f"one of {', '.join(_VENUES)}"
    )
    parser.add_argument(
        "--form", choices=tuple(_ENDINGS), default="json", help="how to print (default: json)"
    )
    parser.add_argument(
        "--balances", action="store_true", help="print the balances instead of the positions"
    )
    parser.add_argument(
        "--venue-url", action="append", default=[], metavar="VENUE=URL", help=VENUE_URL_HELP
    )
    parser.add_argument(
        "--data-dir", type=Path, metavar="DIR", help="where the settings with addresses are"
    )


def run(arguments: argparse.Namespace) -> int:
    """Ask and print; NOT_TOLD where the venue could not be asked, InputError for no address."""
    find_account_call(arguments.venue).check_owner(arguments.address)
    places = find_places(arguments.data_dir)
    address = venue_addresses(places, arguments.venue_url, tuple(ACCOUNTS)).get(arguments.venue)
    lean_ccxt.install()
    try:
        told = asyncio.run(_ask(arguments.venue, arguments.address, address))
    except VenueError as error:
        sys.stderr.write(f"liqline: {error.user_message}\n")
        return NOT_TOLD
    ending = _ENDINGS[arguments.form]
    if arguments.balances:
        sys.stdout.write(BALANCE_WRITERS[ending](told.balances))
    else:
        sys.stdout.write(WRITERS[ending](told.positions))
    sys.stderr.writelines(f"liqline: {note}\n" for note in told.notes)
    return 0


async def _ask(venue: str, owner: str, address: str | None) -> Holdings:
    source = CcxtSource(find_entry(venue), _now_ms, address=address)
    try:
        await source.open()
        await source.load_instruments()
        return await fetch_account(source, find_account_call(venue), owner)
    finally:
        await source.close()


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
