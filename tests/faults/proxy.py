"""A proxy on loopback between ccxt and the replay server, which breaks what passes through it.

It speaks HTTP/1.1 over plain sockets, so that it can do to a connection what a server library
never would: drip, cut, reset, hang. `served` counts each fault by venue host.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from urllib.parse import urlsplit

import aiohttp

LOOPBACK = "127.0.0.1"


@dataclass
class Passing:
    """One request on its way, the true answer to it, and the socket that waits for one."""

    host: str
    path: str
    status: int
    content_type: str
    body: bytes
    writer: asyncio.StreamWriter
    reader: asyncio.StreamReader
    asked: str = ""
    date_off_s: float = 0.0

    async def reply(
        self,
        body: bytes | None = None,
        *,
        status: int | None = None,
        content_type: str | None = None,
        **headers: str,
    ) -> None:
        """Send an answer, the true one where nothing else is given."""
        told = self.body if body is None else body
        self.writer.write(self.head(len(told), status, content_type, **headers) + told)
        await self.writer.drain()

    def head(
        self,
        length: int | None,
        status: int | None = None,
        content_type: str | None = None,
        **headers: str,
    ) -> bytes:
        """The head of an answer that announces `length` bytes."""
        lines = [
            f"HTTP/1.1 {status or self.status} X",
            f"Content-Type: {content_type or self.content_type}",
            f"Date: {formatdate(time.time() + self.date_off_s, usegmt=True)}",
            "Connection: close",
            *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items()),
        ]
        if length is not None:
            lines.append(f"Content-Length: {length}")
        return ("\r\n".join(lines) + "\r\n\r\n").encode()

    async def given_up(self) -> None:
        """Wait until whoever asked closes the connection."""
        await self.reader.read()

    def reset(self) -> None:
        """Break the connection off as a crashed peer does: with RST, not FIN."""
        sock = self.writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()


Serve = Callable[[Passing], Awaitable[None]]
Fault = tuple[str, Serve]
"""A fault by its name."""


@dataclass
class FaultProxy:
    """Passes requests on to `upstream`; `faults` says by venue host what is done to answers.

    `only` narrows the faults to paths that hold one of these texts. `pick` says for a host what is
    done to this one answer, None for nothing.
    """

    upstream: str
    faults: dict[str, Fault] = field(default_factory=dict)
    only: tuple[str, ...] = ("",)
    pick: Callable[[str], Fault | None] | None = None
    served: Counter[tuple[str, str]] = field(default_factory=Counter)
    asked: Counter[str] = field(default_factory=Counter)
    asked_s: list[tuple[str, float]] = field(default_factory=list)
    """Which host was asked when, on the clock of time.monotonic()."""
    errors: list[str] = field(default_factory=list)
    url: str = ""
    date_off_s: float = 0.0
    """By how much the Date header is ahead of this computer's clock."""
    stream_url: str = ""
    """Where websockets are led to; "" answers them as any other request."""
    drops: tuple[str, float] = ("", 0.0)
    """The name of the fault that breaks every websocket, and after how many seconds."""
    _port: int = 0
    _session: aiohttp.ClientSession | None = None
    _server: asyncio.Server | None = None
    _open: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def under_way(self) -> int:
        """How many connections are open."""
        return len(self._open)

    def put(self, host: str, name: str, serve: Serve) -> None:
        """From now on answer for `host` with this fault."""
        self.faults[host] = name, serve

    def clear(self) -> None:
        """From now on pass everything through."""
        self.faults.clear()
        self.only = ("",)

    def count(self, name: str) -> int:
        """How often that fault was served, to whomever."""
        return sum(count for (_, served), count in self.served.items() if served == name)

    async def start(self) -> None:
        """Listen on any free port of loopback."""
        self._session = aiohttp.ClientSession(trust_env=False, auto_decompress=True)
        await self.listen()

    async def listen(self) -> None:
        """Take connections, again at the same port where it was refused for a while."""
        if self._server is None:
            self._server = await asyncio.start_server(self._accept, LOOPBACK, self._port)
            self._port = self._server.sockets[0].getsockname()[1]
            self.url = f"http://{LOOPBACK}:{self._port}{urlsplit(self.upstream).path}"

    def refuse(self) -> None:
        """Close the port, so that whoever connects is refused."""
        if self._server is not None:
            self._server.close()
            self._server = None

    async def stop(self) -> None:
        """Stop listening and drop every connection."""
        self.refuse()
        for task in list(self._open):
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)
        if self._session is not None:
            await self._session.close()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        try:
            await self._answer(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        except Exception as error:  # noqa: BLE001 (shown by the test that looks at it)
            self.errors.append(repr(error))
        finally:
            self._open.discard(task)
            writer.close()
            with contextlib.suppress(ConnectionError, asyncio.CancelledError):
                await writer.wait_closed()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        request, *lines = head.split("\r\n")
        method, target, _ = request.split(" ")
        headers = dict(line.split(": ", 1) for line in lines if line)
        length = int(next((v for n, v in headers.items() if n.lower() == "content-length"), "0"))
        body = await reader.readexactly(length)
        base = urlsplit(self.upstream).path
        path = target.removeprefix(base).lstrip("/")
        host = path.split("/", 1)[0]
        self.asked[host] += 1
        self.asked_s.append((host, time.monotonic()))
        if self.stream_url and any(n.lower() == "upgrade" for n in headers):
            await self._lead(head.encode(), host, reader, writer)
            return
        assert self._session is not None
        upstream = self.upstream.removesuffix(base) + target
        kept = {n: v for n, v in headers.items() if n.lower() == "content-type"}
        async with self._session.request(method, upstream, data=body, headers=kept) as response:
            passing = Passing(
                host,
                path,
                response.status,
                response.content_type,
                await response.read(),
                writer,
                reader,
                body.decode(),
                self.date_off_s,
            )
        fault = self.faults.get(host) or (self.pick(host) if self.pick else None)
        if fault is None or not any(part in path + body.decode() for part in self.only):
            await passing.reply()
            return
        name, serve = fault
        self.served[host, name] += 1
        await serve(passing)

    async def _lead(
        self,
        head: bytes,
        host: str,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        """Lead a websocket to its server, and break it off after a while where that is wanted."""
        there = urlsplit(self.stream_url)
        their_reader, their_writer = await asyncio.open_connection(there.hostname, there.port)
        their_writer.write(head)
        ways = [
            asyncio.create_task(_pipe(reader, their_writer)),
            asyncio.create_task(_pipe(their_reader, writer)),
        ]
        name, after_s = self.drops
        try:
            await asyncio.wait(ways, timeout=after_s or None, return_when=asyncio.FIRST_COMPLETED)
            if name:
                self.served[host, name] += 1
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            their_writer.close()


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Pass on what comes until either end is closed."""
    while data := await reader.read(65_536):
        writer.write(data)
        await writer.drain()


@asynccontextmanager
async def fault_proxy(upstream: str) -> AsyncIterator[FaultProxy]:
    """A running proxy in front of `upstream`, a base URL of a replay server."""
    proxy = FaultProxy(upstream)
    await proxy.start()
    try:
        yield proxy
    finally:
        await proxy.stop()
    assert proxy.errors == []
