"""The feed process's main: pipes, log, signals and one event loop around the Feed."""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
import sys
from argparse import Namespace
from collections.abc import Callable

from dashboard.errors import DashboardError
from dashboard.feed.frames import Fault
from dashboard.feed.log_file import log_to
from dashboard.feed.outbox import Outbox
from dashboard.feed.pipes import Inbox
from dashboard.feed.recording_options import checked_interval_s, chosen_world
from dashboard.feed.service import Feed
from dashboard.settings import history_place, venue_addresses
from dashboard.store.paths import Places, find_places
from dashboard.venues import lean_ccxt

FLUSH_LIMIT_S = 0.4
EXIT_BROKEN, EXIT_REFUSED = 1, 2

_log = logging.getLogger("liqline.feed")


def serve(options: Namespace, write: Callable[[bytes], None]) -> int:
    """Serve the window until it stops us or is gone; the exit status.

    What makes it impossible to go on is sent as a fatal Fault.
    """
    places = find_places(options.data_dir)
    log_to(places.logs)
    stopper = Stopper()
    outbox = Outbox(write, on_broken=stopper.stop)
    status = 0
    try:
        asyncio.run(_serve(options, places, outbox, stopper))
    except DashboardError as error:
        _log.error("%s (%s)", error.user_message, error.detail)
        outbox.send(Fault(error.user_message, fatal=True))
        status = EXIT_REFUSED
    except Exception as error:  # noqa: BLE001 (logged, said, and the status tells)
        _log.exception("the feed broke")
        outbox.send(Fault(f"the feed broke: {type(error).__name__}; the log has more", fatal=True))
        status = EXIT_BROKEN
    outbox.close(FLUSH_LIMIT_S)
    # Everything is closed; to look for garbage in ccxt's thousand modules would only take time.
    gc.disable()
    gc.freeze()
    return status


async def _serve(options: Namespace, places: Places, outbox: Outbox, stopper: Stopper) -> None:
    lean_ccxt.install()
    world = chosen_world(options, venue_addresses(places, options.venue_url))
    # A recording's tiers carry its own date and would pass for today's, its bans are nobody's.
    data_dir = places.data if world.recording is None else None
    history = history_place(places, options.recording)
    interval_s = checked_interval_s(options)
    feed = Feed(world, outbox, history, data_dir, fast_interval_s=interval_s, odds=True)
    stopper.attach(feed.stop)
    loop = asyncio.get_running_loop()
    Inbox(feed.handle, lambda text: outbox.send(Fault(text)), loop.call_soon_threadsafe)
    await feed.run()


class Stopper:
    """Brings a wish to stop, from any thread or a signal, into the event loop."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: Callable[[], None] = lambda: None
        self._wished = False

    def attach(self, stop: Callable[[], None]) -> None:
        """Call `stop` in the running loop when a stop is wished, also by SIGTERM or SIGINT."""
        self._loop = asyncio.get_running_loop()
        self._stop = stop
        for number in (signal.SIGTERM, signal.SIGINT):
            if sys.platform == "win32":
                signal.signal(number, lambda *_: self.stop())
            else:
                self._loop.add_signal_handler(number, self.stop)
        if self._wished:
            stop()

    def stop(self) -> None:
        """Wish to stop; may be called at any time, from any thread."""
        self._wished = True
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._stop)
