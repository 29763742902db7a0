"""The replay server: recorded markets on a loopback port, in the venues' own wire formats.

A request to `{base_url}/{host}{path}` is answered as `https://{host}{path}` would have been at
the clock's now. The base URL holds a random token, so that no other program of this machine is
answered by accident.
"""

from __future__ import annotations

import asyncio
import errno
import json
import secrets
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from aiohttp import web

from dashboard.errors import InputError
from dashboard.replay.clock import ReplayClock
from dashboard.replay.dialects.binance import BinanceDialect
from dashboard.replay.dialects.binance_coin import BinanceCoinDialect
from dashboard.replay.dialects.bitget import BitgetDialect
from dashboard.replay.dialects.bybit import BybitDialect
from dashboard.replay.dialects.gate import GateDialect
from dashboard.replay.dialects.hyperliquid import HyperliquidDialect
from dashboard.replay.dialects.okx import OkxDialect
from dashboard.replay.dialects.raw import hosts_of
from dashboard.replay.raw_session import RawSession
from dashboard.replay.recording import Recording
from dashboard.replay.tape import Tape
from dashboard.replay.wire import BytesAnswer, Dialect, RefusedError, VenueAnswer, VenueRequest

LOOPBACK = "127.0.0.1"
MAX_REQUEST_BYTES = 64 * 1024
MAX_PORT = 65535
STOP_WAITS_S = 0.1
"""How long stop() lets answers under way finish before it breaks them off."""

_DIALECTS: Mapping[str, Callable[[Mapping[str, Tape]], Dialect]] = {
    "binanceusdm": BinanceDialect,
    "binancecoinm": BinanceCoinDialect,
    "bybit": BybitDialect,
    "okx": OkxDialect,
    "gate": GateDialect,
    "bitget": BitgetDialect,
    "hyperliquid": HyperliquidDialect,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """An answer that replaces an endpoint's own, to see what a broken one does."""

    status: int = 200
    body: bytes = b""
    content_type: str = "application/json"
    delay_s: float = 0.0
    headers: Mapping[str, str] = field(default_factory=dict)


class ReplayServer:
    """Serves a recording or a raw session at the moment of `clock` on 127.0.0.1.

    The port is any free one if `port` is 0. `stamped` says that a recorded mark price has the stamp
    of its row, for a reader that knows it for a recording; a venue stamps it with the moment.

    `requests` counts answers by endpoint, "fapi.binance.com GET /fapi/v1/premiumIndex" or
    "api.hyperliquid.xyz POST /info meta"; `faults` replaces the answers of such an endpoint;
    `listener` is told host, request and recorded moment of each.
    """

    def __init__(
        self,
        recording: Recording | RawSession,
        clock: ReplayClock,
        port: int = 0,
        *,
        stamped: bool = False,
    ) -> None:
        if not 0 <= port <= MAX_PORT:
            raise InputError("port", f"port is {port}; allowed is 0 (any free one) to {MAX_PORT}")
        self.requests: Counter[str] = Counter()
        self.faults: dict[str, Fault] = {}
        self.listener: Callable[[str, VenueRequest, int], None] | None = None
        self._clock = clock
        self._port = port
        self._token = secrets.token_urlsafe(16)
        self._dialects = _dialects(recording, stamped=stamped)
        self._runner: web.AppRunner | None = None

    async def start(self) -> str:
        """Listen and give the base URL; InputError where the port is taken or not allowed."""
        application = web.Application(client_max_size=MAX_REQUEST_BYTES)
        application.router.add_route("*", f"/{self._token}/{{host}}/{{path:.*}}", self._handle)
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=STOP_WAITS_S)
        await runner.setup()
        site = web.TCPSite(runner, LOOPBACK, self._port)
        try:
            await site.start()
        except OSError as error:
            await runner.cleanup()
            raise _port_refused(self._port, error) from error
        self._runner = runner
        port = runner.addresses[0][1]
        return f"http://{LOOPBACK}:{port}/{self._token}"

    async def stop(self) -> None:
        """Close the port and every connection, at once; nothing where it is not listening."""
        runner, self._runner = self._runner, None
        if runner is not None:
            await runner.cleanup()

    async def _handle(self, request: web.Request) -> web.Response:
        host = request.match_info["host"]
        dialect = self._dialects.get(host)
        asked = VenueRequest(
            method=request.method,
            path="/" + request.match_info["path"],
            query=dict(request.query),
            body=await _json_body(request),
        )
        endpoint = asked.path if dialect is None else dialect.endpoint(asked)
        counted_as = f"{host} {asked.method} {endpoint}"
        self.requests[counted_as] += 1
        if self.listener is not None:
            self.listener(host, asked, self._clock.now_ms())
        fault = self.faults.get(counted_as)
        if fault is not None:
            await asyncio.sleep(fault.delay_s)
            return web.Response(
                status=fault.status,
                body=fault.body,
                content_type=fault.content_type,
                headers=fault.headers,
            )
        return _response(self._answer(dialect, asked))

    def _answer(self, dialect: Dialect | None, asked: VenueRequest) -> VenueAnswer | BytesAnswer:
        if dialect is None:
            return VenueAnswer({"error": "no such venue in this replay"}, 404)
        try:
            return dialect.answer(asked, self._clock.now_ms())
        except RefusedError as refused:
            return refused.answer


def _dialects(recording: Recording | RawSession, *, stamped: bool) -> dict[str, Dialect]:
    """A dialect for each venue that is spoken; one that was not recorded lists no market."""
    if isinstance(recording, RawSession):
        return dict(hosts_of(recording.answers))
    found: dict[str, Dialect] = {}
    for venue, dialect in _DIALECTS.items():
        markets = [market for market in recording.markets if market.venue == venue]
        spoken = dialect({market.market_id: Tape(market, stamped=stamped) for market in markets})
        found[spoken.host] = spoken
    return found


def _port_refused(port: int, error: OSError) -> InputError:
    why = "is taken" if error.errno == errno.EADDRINUSE else "cannot be used"
    return InputError(
        "port",
        f"port {port} {why} on {LOOPBACK}; allowed is a free port, or 0 for any",
        detail=repr(error),
    )


async def _json_body(request: web.Request) -> Mapping[str, object]:
    """The JSON object in the request's body; empty where there is none."""
    try:
        body = json.loads(await request.text() or "{}")
    except (ValueError, LookupError):
        return {}
    return body if isinstance(body, dict) else {}


def _response(answer: VenueAnswer | BytesAnswer) -> web.Response:
    if isinstance(answer, BytesAnswer):
        return web.Response(status=answer.status, body=answer.body, headers=answer.headers)
    text = json.dumps(answer.payload, separators=(",", ":"), allow_nan=False)
    return web.Response(status=answer.status, text=text, content_type="application/json")
