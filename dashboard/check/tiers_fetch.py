"""`liqline tiers fetch`: keep leverage tiers that a venue publishes without a key."""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dashboard.errors import InputError, VenueError
from dashboard.market.instrument import TierTable
from dashboard.market.venue_url import VENUE_URL_HELP
from dashboard.risk.venue_rules.table import venue_id
from dashboard.settings import venue_addresses
from dashboard.store.paths import find_places
from dashboard.store.tiers import IMPORTED, save_tiers
from dashboard.venues import lean_ccxt
from dashboard.venues.ccxt_source import CcxtSource
from dashboard.venues.entry import Entry
from dashboard.venues.tier_venues import TIER_VENUES, find_tier_entry

NOT_FETCHED = 1
"""Exit status where the venue could not be asked or its tiers are not usable."""


def add_parser(actions: Any) -> None:
    """Add `fetch` to the actions of `tiers` (an argparse object)."""
    fetching = actions.add_parser(
        "fetch",
        help="keep the tables that a venue publishes without a key",
        description="Ask a venue for the leverage tiers of linear perpetual contracts and keep "
        "them with their date. Of two tables of one contract the newer one is used.",
    )
    fetching.add_argument(
        "--venue", required=True, metavar="NAME", help=f"one of {', '.join(TIER_VENUES)}"
    )
    fetching.add_argument(
        "--symbols", required=True, metavar="X,Y", help="contracts, such as BTC/USDT:USDT"
    )
    fetching.add_argument(
        "--venue-url", action="append", default=[], metavar="VENUE=URL", help=VENUE_URL_HELP
    )
    fetching.add_argument(
        "--data-dir", type=Path, metavar="DIR", help="where book, history and tables are kept"
    )


def run(arguments: argparse.Namespace) -> int:
    """Fetch, keep, and say so per contract; NOT_FETCHED where a contract has no usable tiers.

    Raises InputError for a venue that gives no tiers and for a contract that it does not list.
    """
    entry = find_tier_entry(venue_id(arguments.venue))
    symbols = _symbols(arguments.symbols)
    places = find_places(arguments.data_dir)
    data_dir = places.data
    address = venue_addresses(places, arguments.venue_url, tuple(TIER_VENUES)).get(entry.venue)
    lean_ccxt.install()
    try:
        tables = asyncio.run(_ask(entry, symbols, address))
    except VenueError as error:
        return _refuse(error.user_message)
    by_symbol = {table.symbol: table for table in tables}
    return max(_keep(entry, symbol, by_symbol.get(symbol), data_dir) for symbol in symbols)


async def _ask(entry: Entry, symbols: Sequence[str], address: str | None) -> list[TierTable]:
    source = CcxtSource(entry, lambda: time.time_ns() // 1_000_000, address=address)
    try:
        await source.open()
        await source.load_instruments()
        return await source.fetch_tiers(symbols)
    finally:
        await source.close()


def _keep(entry: Entry, symbol: str, table: TierTable | None, data_dir: Path) -> int:
    if table is None:
        return _refuse(f"{entry.venue} gave no leverage tiers of {symbol}")
    try:
        # not the feed's file: a window that runs meanwhile writes that one
        save_tiers([table], data_dir, IMPORTED)
    except InputError as error:
        return _refuse(f"{entry.venue} {error.user_message}")
    count = "1 tier" if len(table.tiers) == 1 else f"{len(table.tiers)} tiers"
    sys.stdout.write(f"{entry.venue} {symbol}: {count}, kept\n")
    return 0


def _refuse(sentence: str) -> int:
    sys.stderr.write(f"liqline: {sentence}\n")
    return NOT_FETCHED


def _symbols(text: str) -> list[str]:
    names = list(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
    if not names:
        raise InputError(
            "symbols", "--symbols names nothing; allowed are names with commas between"
        )
    return names
