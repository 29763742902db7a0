"""The HTTP session of one venue: answers have a size limit, and only known hosts are asked.

ccxt's own session reads a body of any size into memory and follows a redirect anywhere.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Collection, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cache
from urllib.parse import urlsplit

import aiohttp
import certifi
from aiohttp.client_middlewares import ClientHandlerType, ClientMiddlewareType

MAX_BODY_BYTES = 8 * 1024 * 1024
_CHUNK_BYTES = 64 * 1024


@dataclass(slots=True)
class Exchanged:
    """What came back on the wire for the request of the current task, whatever ccxt made of it."""

    host: str = ""
    status: int | None = None
    retry_after: str = ""
    date: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


_ASKED_BODY: ContextVar[str] = ContextVar("asked_body", default="")
EXCHANGED: ContextVar[Exchanged | None] = ContextVar("exchanged", default=None)


@dataclass(frozen=True, slots=True)
class WireAnswer:
    """An answer as it came over the wire, unpacked, with the request that it answers."""

    method: str
    url: str
    asked_body: str
    asked_headers: tuple[str, ...]
    status: int
    headers: Mapping[str, str]
    body: bytes


Witness = Callable[[WireAnswer], None]
"""Told of every answer, in full."""


class BodyTooLargeError(aiohttp.ClientPayloadError):
    """An answer is larger than MAX_BODY_BYTES; what came of it was dropped."""


class ForeignHostError(aiohttp.ClientConnectionError):
    """A request or a redirect would have gone to a host that is not the venue's."""


class CappedResponse(aiohttp.ClientResponse):
    """A response whose body is refused as soon as it passes MAX_BODY_BYTES, unpacked."""

    async def read(self) -> bytes:
        """The body; raises BodyTooLargeError, having closed the connection."""
        if self._body is None:
            body = bytearray()
            async for chunk in self.content.iter_chunked(_CHUNK_BYTES):
                body += chunk
                if len(body) > MAX_BODY_BYTES:
                    self.close()
                    body.clear()  # the error's traceback holds this frame, and whoever holds it
                    raise BodyTooLargeError(f"more than {MAX_BODY_BYTES // 2**20} MB")
            self._body = bytes(body)
        return await super().read()


def _told_to(witness: Witness) -> type[CappedResponse]:
    """A capped response that also tells `witness` what came."""

    class WitnessedResponse(CappedResponse):
        async def read(self) -> bytes:
            first = self._body is None
            body = await super().read()
            if first:
                asked = self.request_info
                witness(
                    WireAnswer(
                        self.method,
                        str(asked.url),
                        _ASKED_BODY.get(),
                        tuple(asked.headers),
                        self.status,
                        self.headers,
                        body,
                    )
                )
            return body

    return WitnessedResponse


def open_session(
    hosts: Collection[str], kept_headers: Collection[str] = (), witness: Witness | None = None
) -> aiohttp.ClientSession:
    """A session that asks `hosts` ("name" or "name:port") and nobody else.

    `kept_headers` are noted of each answer, `witness` is told of each. Proxies of the environment
    are not used, cookies not kept.
    """
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(ssl=_tls(), enable_cleanup_closed=True, limit=16),
        response_class=CappedResponse if witness is None else _told_to(witness),
        middlewares=(_watch(frozenset(hosts), tuple(kept_headers)),),
        cookie_jar=aiohttp.DummyCookieJar(),
        trust_env=False,
    )


def host_of(url: str) -> str:
    """The host of `url`, with its port where one is written."""
    return urlsplit(url).netloc


def _watch(hosts: frozenset[str], kept_headers: tuple[str, ...]) -> ClientMiddlewareType:
    async def middleware(
        request: aiohttp.ClientRequest, handler: ClientHandlerType
    ) -> aiohttp.ClientResponse:
        # not `authority`, which writes the usual port out and so is never a name alone
        host = request.url.host_port_subcomponent
        exchanged = EXCHANGED.get() or Exchanged()
        if host not in hosts:
            raise ForeignHostError(host)
        exchanged.host = host
        _ASKED_BODY.set(request.body.decode(errors="replace") if request.body else "")
        response = await handler(request)
        exchanged.status = response.status
        exchanged.retry_after = response.headers.get("Retry-After", "")
        exchanged.date = response.headers.get("Date", "")
        exchanged.headers = {name: response.headers.get(name, "") for name in kept_headers}
        return response

    return middleware


@cache
def _tls() -> ssl.SSLContext:
    """Certificates of the system and of the certifi bundle, which macOS Pythons rely on."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context
