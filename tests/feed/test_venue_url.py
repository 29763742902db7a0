"""--venue-url: a venue's requests go to the address, its host as first part of the path."""

from __future__ import annotations

import contextlib
import json
from argparse import Namespace
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from dashboard import cli
from dashboard.errors import InputError, VenueError
from dashboard.feed.recording_options import chosen_world
from dashboard.settings import venue_addresses
from dashboard.store.paths import find_places
from dashboard.venues.catalogue import CATALOGUE
from dashboard.venues.ccxt_source import CcxtSource


@pytest.mark.parametrize("venue", CATALOGUE)
async def test_a_venue_is_asked_at_its_other_address(venue: str) -> None:
    asked: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        asked.append(request.path)
        return web.json_response([])

    application = web.Application()
    application.router.add_route("*", "/{path:.*}", answer)
    async with TestServer(application) as server:
        address = f"http://127.0.0.1:{server.port}/door"
        source = CcxtSource(CATALOGUE[venue], lambda: 1_750_000_000_000, address=address)
        assert not source.on_loopback
        await source.open()
        # What the empty list is taken for is another matter: only the way there counts.
        first = source.entry.calls[0]
        with contextlib.suppress(VenueError):
            await (source.load_instruments() if source.entry.basic else source.poll(first, []))
        await source.close()
    assert asked
    assert all(path.startswith(f"/door/{CATALOGUE[venue].hosts[0]}/") for path in asked)


def test_the_settings_name_addresses_and_the_command_line_comes_first(tmp_path: Path) -> None:
    places = find_places(tmp_path)
    places.prepare()
    kept = {"venue_urls": {"okx": "http://127.0.0.1:1", "gate": "http://127.0.0.1:2"}}
    places.settings.write_text(json.dumps(kept), encoding="utf-8")
    found = venue_addresses(places, ["okx=http://127.0.0.1:3"])
    assert found == {"okx": "http://127.0.0.1:3", "gate": "http://127.0.0.1:2"}
    world = chosen_world(Namespace(recording=None), found)
    assert world.addresses == found


def test_the_window_refuses_what_it_cannot_use() -> None:
    with pytest.raises(InputError, match='"kraken" is unknown'):
        cli._window_arguments(["--venue-url", "kraken=http://127.0.0.1:1"])
    with pytest.raises(InputError, match="for live venues"):
        cli._window_arguments(["--demo", "--venue-url", "okx=http://127.0.0.1:1"])
