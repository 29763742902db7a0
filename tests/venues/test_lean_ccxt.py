"""ccxt imported lean works as ccxt imported whole, in a process of its own each time."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from dashboard.venues.catalogue import CATALOGUE

ROOT = Path(__file__).resolve().parents[2]
OPEN_ALL = """
import asyncio
from dashboard.venues import lean_ccxt
{before}
from dashboard.venues.catalogue import CATALOGUE
from dashboard.venues.ccxt_source import CcxtSource
async def main():
    sources = [CcxtSource(entry, lambda: 0, loopback_url="http://127.0.0.1:9/x")
               for entry in CATALOGUE.values()]
    await asyncio.gather(*(source.open() for source in sources))
    for source in sources:
        try:
            await source.load_instruments()
        except Exception as error:
            print(type(error).__name__, error)
        await source.close()
asyncio.run(main())
import sys
print("all" if "ccxt.async_support.kraken" in sys.modules else "few")
"""
REFUSED = "VenueDownError 127.0.0.1:9 refused the connection\n" * len(CATALOGUE)


def run(before: str, code: str = OPEN_ALL) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code.format(before=before)],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.stderr == ""
    return done.stdout


def test_every_venue_opens_and_fails_in_words_with_few_modules() -> None:
    assert run("assert lean_ccxt.install()") == REFUSED + "few\n"


def test_where_ccxt_is_imported_already_nothing_is_changed() -> None:
    assert run("import ccxt; assert not lean_ccxt.install()") == REFUSED + "all\n"


def test_where_lean_is_not_enough_the_whole_is_imported_after_all() -> None:
    spoilt = "lean_ccxt._NAMES_ARE_IN = (); assert lean_ccxt.install()"
    assert run(spoilt) == REFUSED + "all\n"


STREAM_ALL = """
from dashboard.venues import lean_ccxt
{before}
import sys
from dashboard.venues.mark_stream import STREAMS
for venue, call in STREAMS.items():
    exchange = getattr(lean_ccxt.stream_module(venue), venue)()
    assert exchange.id == venue and callable(getattr(exchange, call.method))
    assert "ws" in exchange.urls["api"]
print("all" if "ccxt.pro.kraken" in sys.modules else "few")
"""


@pytest.mark.parametrize(
    ("before", "modules"),
    [("assert lean_ccxt.install()", "few\n"), ("import ccxt, ccxt.pro", "all\n")],
)
def test_every_streaming_class_is_imported_lean_or_whole(before: str, modules: str) -> None:
    assert run(before, STREAM_ALL) == modules
