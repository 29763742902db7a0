"""The feed tells what an account holds; keys are kept in a keyring, and only those that read."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import keyring
import pytest
from keyring.backends.fail import Keyring as NoKeyring

from dashboard.feed.frames import AccountTold, AskAccount, ForgetKey, Frame
from dashboard.feed.keyring_keys import kept_key
from dashboard.feed.service import Feed
from dashboard.feed.world import LiveWorld
from dashboard.replay.server import ReplayServer
from tests.feed.memory_keyring import Memory
from tests.feed.running import running
from tests.venues.account_answers import ADDRESS, ANSWERS, KEY, account_server

PATIENCE_S = 20.0


@pytest.fixture
def memory() -> Iterator[dict[tuple[str, str], str]]:
    before = keyring.get_keyring()
    Memory.held.clear()
    keyring.set_keyring(Memory())
    yield Memory.held
    keyring.set_keyring(before)


@pytest.fixture
def no_keyring() -> Iterator[None]:
    before = keyring.get_keyring()
    keyring.set_keyring(NoKeyring())
    yield
    keyring.set_keyring(before)


def written_under(folder: Path) -> list[bytes]:
    """Everything that stands in files there."""
    return [file.read_bytes() for file in folder.rglob("*") if file.is_file()]


class Asked:
    """A feed on a loopback venue that tells of accounts."""

    def __init__(self, venue: str, url: str, folder: Path) -> None:
        self.venue = venue
        self.frames: list[Frame] = []
        self.feed = Feed(LiveWorld({venue: url}), self, folder / "history.sqlite3", folder)
        self._number = 0

    def send(self, frame: Frame) -> None:
        self.frames.append(frame)

    def drop_market(self) -> None:
        """Nothing is dropped here."""

    async def ask(self, owner: str, **fields: Any) -> AccountTold:
        self._number += 1
        self.feed.handle(AskAccount(self._number, self.venue, owner, **fields))
        return await self._answer()

    async def forget(self, owner: str) -> AccountTold:
        self._number += 1
        self.feed.handle(ForgetKey(self._number, self.venue, owner))
        return await self._answer()

    async def _answer(self) -> AccountTold:
        async with asyncio.timeout(PATIENCE_S):
            while True:
                for frame in self.frames:
                    if isinstance(frame, AccountTold) and frame.request == self._number:
                        return frame
                await asyncio.sleep(0.02)


@asynccontextmanager
async def asked(
    venue: str, folder: Path, answers: dict[str, Any] | None = None
) -> AsyncIterator[tuple[Asked, ReplayServer]]:
    async with account_server(ANSWERS[venue] if answers is None else answers) as (server, url):
        found = Asked(venue, url, folder)
        task = asyncio.create_task(found.feed.run())
        try:
            yield found, server
        finally:
            found.feed.stop()
            await task


async def test_a_public_address_is_told_without_a_key(tmp_path: Path) -> None:
    async with asked("hyperliquid", tmp_path) as (run, _):
        answer = await run.ask(ADDRESS)
    assert answer.fault == ""
    assert answer.holdings is not None
    assert [p.instrument.symbol for p in answer.holdings.positions] == ["BTC/USDC:USDC"]


async def test_what_an_account_costs_is_counted_under_the_venues_budget(tmp_path: Path) -> None:
    async with asked("hyperliquid", tmp_path) as (run, _):
        await run.ask(ADDRESS)
        (source,) = run.feed.sources
        before = source.limiter.spent()["weight"]
        await run.ask(ADDRESS)
        assert source.limiter.spent()["weight"] >= before + 22


async def test_a_wrong_address_is_one_sentence(tmp_path: Path) -> None:
    async with asked("hyperliquid", tmp_path) as (run, server):
        answer = await run.ask("0x12")
        assert 'address "0x12" is none of Hyperliquid' in answer.fault
        assert not any("clearinghouse" in endpoint for endpoint in server.requests)


async def test_a_venue_that_refuses_is_a_sentence(tmp_path: Path) -> None:
    async with asked("hyperliquid", tmp_path, {}) as (run, _):
        answer = await run.ask(ADDRESS)
    assert answer.holdings is None
    assert answer.fault.startswith("hyperliquid")


async def test_a_venue_that_cannot_be_reached_is_said_in_seconds(tmp_path: Path) -> None:
    run = Asked("hyperliquid", "http://127.0.0.1:9", tmp_path)
    task = asyncio.create_task(run.feed.run())
    answer = await run.ask(ADDRESS)
    assert "127.0.0.1:9 refused the connection" in answer.fault
    run.feed.stop()
    await task


async def test_a_recording_has_no_accounts(tmp_path: Path) -> None:
    async with running(tmp_path) as run:
        run.feed.handle(AskAccount(5, "hyperliquid", ADDRESS))
        answer = await run.until(
            lambda: next((f for f in run.frames if isinstance(f, AccountTold)), None)
        )
    assert "a recording has no accounts" in answer.fault


async def test_a_key_is_kept_in_the_keyring_and_serves_the_next_import(
    tmp_path: Path, memory: dict[tuple[str, str], str]
) -> None:
    async with asked("okx", tmp_path) as (run, _):
        first = await run.ask("main", key=KEY)
        assert first.holdings is not None
        assert "may only read; it is kept" in first.holdings.permission
        assert list(memory) == [("Liqline", "okx main")]
        again = await run.ask("main")
        assert again.holdings is not None
        assert again.holdings.positions == first.holdings.positions
        await run.forget("main")
        assert not memory
        assert "the keyring has no key" in (await run.ask("main")).fault


async def test_a_key_that_may_trade_is_refused_and_not_kept(
    tmp_path: Path, memory: dict[tuple[str, str], str]
) -> None:
    answers = dict(ANSWERS["okx"])
    name = "www.okx.com GET /api/v5/account/config"
    answers[name] = {"code": "0", "data": [{"perm": "read_only,trade"}]}
    async with asked("okx", tmp_path, answers) as (run, server):
        answer = await run.ask("main", key=KEY)
        assert "refused and not kept" in answer.fault
        assert not memory
        assert not any(endpoint.endswith("account/positions") for endpoint in server.requests)


async def test_without_a_keyring_a_key_serves_once_and_that_is_said(
    tmp_path: Path, no_keyring: None
) -> None:
    async with asked("okx", tmp_path) as (run, _):
        answer = await run.ask("main", key=KEY)
        assert answer.holdings is not None
        assert len(answer.holdings.positions) == 2
        assert "the operating system has no keyring" in answer.holdings.notes[-1]
        assert "no keyring" in (await run.ask("main")).fault


async def test_a_keyring_of_files_is_refused(tmp_path: Path) -> None:
    files = type("Plain", (Memory,), {"__module__": "keyrings.alt.file"})
    before = keyring.get_keyring()
    keyring.set_keyring(files())
    try:
        async with asked("okx", tmp_path) as (run, _):
            answer = await run.ask("main", key=KEY)
    finally:
        keyring.set_keyring(before)
    assert answer.holdings is not None
    assert "keeps passwords in files" in answer.holdings.notes[-1]
    assert not Memory.held


@pytest.mark.parametrize("venue", ["binanceusdm", "bybit", "okx", "bitget", "gate"])
async def test_nothing_that_is_written_holds_a_part_of_the_key(
    venue: str,
    tmp_path: Path,
    memory: dict[tuple[str, str], str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("DEBUG")
    async with asked(venue, tmp_path) as (run, _):
        assert (await run.ask("main", key=KEY)).holdings is not None
        assert kept_key(venue, "main") == KEY
    async with asked(venue, tmp_path, {}) as (run, _):  # the venue fails, which is logged
        assert (await run.ask("main", key=KEY)).fault
    written = [*written_under(tmp_path), caplog.text.encode()]
    for part in (KEY.key, KEY.secret, KEY.passphrase):
        assert not any(part.encode() in text for text in written)
