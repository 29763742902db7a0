"""Makes ccxt's exchange objects and keeps ccxt's own habits in check."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections.abc import Callable
from types import ModuleType
from typing import Any

import aiohttp

from dashboard.venues.entry import Entry
from dashboard.venues.lean_ccxt import exchange_module, stream_module

_one_import_at_a_time = threading.Lock()
"""ccxt's packages import each other; two threads that import parts of it wait for one another."""


async def open_exchange(
    entry: Entry,
    session: aiohttp.ClientSession,
    now_ms: Callable[[], int],
    loopback_url: str | None,
    timeout_s: float,
) -> Any:
    """ccxt's exchange object of `entry`, which sends through `session`.

    Its throttle is off (it counts wall-clock time and undercounts), its clock is `now_ms`, and
    with `loopback_url` every address leads there, the venue's host as first path segment.
    """
    exchange_class = getattr(await _import_module(entry.ccxt_id), entry.ccxt_id)
    exchange = exchange_class(
        {
            "session": session,
            "enableRateLimit": False,
            "timeout": int(timeout_s * 1000),
            "options": dict(entry.options),
            "enableLastHttpResponse": False,
            "enableLastJsonResponse": False,
        }
    )
    exchange.has["fetchCurrencies"] = False
    exchange.milliseconds = now_ms
    exchange.timeout_on_exit = 0
    if loopback_url is not None:
        exchange.urls["api"] = to_loopback(exchange.urls["api"], loopback_url)
    return exchange


async def open_stream_exchange(
    entry: Entry, session: aiohttp.ClientSession, loopback_url: str | None
) -> Any:
    """ccxt.pro's exchange object of `entry`, which connects through `session`.

    `loopback_url` is as in open_exchange. Markets are to be lent to it.
    """
    module = await _import_module(entry.ccxt_id, stream_module)
    exchange = getattr(module, entry.ccxt_id)(
        {
            "session": session,
            "enableRateLimit": False,
            "options": dict(entry.options),
            "newUpdates": True,
        }
    )
    exchange.timeout_on_exit = 0
    if loopback_url is not None:
        exchange.urls["api"] = to_loopback(exchange.urls["api"], loopback_url)
    return exchange


async def _import_module(
    ccxt_id: str, import_it: Callable[[str], ModuleType] = exchange_module
) -> ModuleType:
    """ccxt's module of an exchange, imported on a thread: it takes long, and a stop must not wait.

    The thread is a daemon, because a program that ends does not wait for an import either.
    """
    logging.getLogger("ccxt").setLevel(logging.WARNING)  # at DEBUG it logs headers and bodies
    loop = asyncio.get_running_loop()
    imported: asyncio.Future[ModuleType] = loop.create_future()

    def hand_over(module: ModuleType | None, error: Exception | None) -> None:
        if imported.cancelled():
            return
        if module is not None:
            imported.set_result(module)
        elif error is not None:
            imported.set_exception(error)

    def work() -> None:
        module, failure = None, None
        try:
            with _one_import_at_a_time:
                module = import_it(ccxt_id)
        except ImportError as error:
            failure = error
        with contextlib.suppress(RuntimeError):  # the loop has ended: nobody waits
            loop.call_soon_threadsafe(hand_over, module, failure)

    threading.Thread(target=work, name="import ccxt", daemon=True).start()
    return await imported


def to_loopback(urls: Any, base_url: str) -> Any:
    """`urls`, a ccxt table of addresses, with every host made the first path segment of a base.

    A websocket address keeps its scheme's kind.
    """
    if isinstance(urls, dict):
        return {name: to_loopback(url, base_url) for name, url in urls.items()}
    if not isinstance(urls, str):
        return urls
    scheme, _, rest = urls.partition("://")
    base = base_url.rstrip("/")
    if scheme.startswith("ws"):
        base = "ws" + base.removeprefix("http")
    return f"{base}/{rest}"
