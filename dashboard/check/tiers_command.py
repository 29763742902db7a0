"""`liqline tiers`: keep a leverage tier table that the trader has, or one that a venue gives."""

from __future__ import annotations

import argparse
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dashboard.check import tiers_fetch
from dashboard.errors import InputError
from dashboard.store.paths import find_places
from dashboard.store.tier_import import Imported, import_tiers

_MAX_NAMED = 3


def add_parser(subparsers: Any) -> None:
    """Add `tiers` and its actions to the program's subparsers (an argparse object)."""
    parser = subparsers.add_parser(
        "tiers",
        help="import or fetch leverage tier tables",
        description="Keep leverage tier tables that are newer than the bundled ones.",
    )
    actions = parser.add_subparsers(dest="action", required=True)
    importing = actions.add_parser(
        "import",
        help="keep the tables of a JSON file",
        description="Keep the tables of FILE: the JSON behind Binance's page of leverage and "
        "margin tiers, the answer of its keyed leverageBracket call, or Liqline's own form "
        "(docs/check.md). Of two tables of one contract the newer one is used.",
    )
    importing.add_argument("file", type=Path, metavar="FILE", help="a JSON file")
    importing.add_argument(
        "--as-of", metavar="DATE", help="the table's date, such as 2026-09-29 (default: the file's)"
    )
    importing.add_argument(
        "--data-dir", type=Path, metavar="DIR", help="where book, history and tables are kept"
    )
    tiers_fetch.add_parser(actions)


def run(arguments: argparse.Namespace) -> int:
    """Do what the action says; raises InputError where what was given is not usable."""
    return tiers_fetch.run(arguments) if arguments.action == "fetch" else _import(arguments)


def _import(arguments: argparse.Namespace) -> int:
    kept = import_tiers(
        arguments.file,
        find_places(arguments.data_dir).data,
        time.time_ns() // 1_000_000,
        as_of_ms=None if arguments.as_of is None else _date_ms(arguments.as_of),
    )
    sys.stdout.writelines(f"{_sentence(venue)}\n" for venue in kept)
    return 0


def _date_ms(text: str) -> int:
    try:
        day = datetime.fromisoformat(text)
    except ValueError:
        raise InputError(
            "--as-of", f'--as-of must be a date such as 2026-09-29, not "{text}"'
        ) from None
    return round((day if day.tzinfo else day.replace(tzinfo=UTC)).timestamp() * 1000)


def _sentence(kept: Imported) -> str:
    day = datetime.fromtimestamp(kept.as_of_ms / 1000, UTC).date()
    count = len(kept.symbols)
    tables = f"{count} table" if count == 1 else f"{count} tables"
    said = f"{kept.venue}: kept {tables} dated {day} ({kept.source})"
    if kept.outdated:
        said += f"; {kept.outdated} not used, because newer ones are known"
    if kept.skipped:
        named = ", ".join(kept.skipped[:_MAX_NAMED])
        more = len(kept.skipped) - _MAX_NAMED
        said += f"; not understood and left out: {named}" + (
            f" and {more} more" if more > 0 else ""
        )
    return said
