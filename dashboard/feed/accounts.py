"""Answers what an account holds: by public address, or with a key that may only read."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Protocol, TypeVar, cast

from dashboard.errors import DashboardError, InputError, VenueError
from dashboard.feed.frames import AccountTold, AskAccount, ForgetKey
from dashboard.feed.keyring_keys import KeyringError, forget_key, keep_key, kept_key
from dashboard.feed.poller import VenuePoller
from dashboard.market.access_key import AccessKey
from dashboard.market.holdings import Holdings
from dashboard.venues.accounts import find_account_call
from dashboard.venues.accounts.ask import fetch_account

FAILURE_LIMIT_S = 3.0
"""So long a venue that failed may take to answer after all."""
LISTING_LIMIT_S = 40.0
KEYRING_LIMIT_S = 60.0
"""So long a keyring may wait for the user to unlock it."""

_log = logging.getLogger("liqline.feed")
T = TypeVar("T")


class MarketTold(Protocol):
    """What is asked of a feed's world here."""

    recording: str | None


class Accounts:
    """Asks accounts of the venues whose pollers `poller` gives, and tells `send` what they hold."""

    def __init__(
        self,
        poller: Callable[[str], VenuePoller],
        send: Callable[[AccountTold], None],
        world: MarketTold,
    ) -> None:
        self._poller = poller
        self._send = send
        self._world = world

    async def tell(self, command: AskAccount) -> None:
        """Send what an account holds, or a sentence why not."""
        told: Holdings | None = None
        fault = ""
        try:
            told = await self._holdings(command)
        except DashboardError as error:
            fault = error.user_message
            _log.info("account at %s: %s (%s)", command.venue, fault, error.detail)
        self._send(AccountTold(command.request, command.venue, command.owner, told, fault))

    async def forget(self, command: ForgetKey) -> None:
        """Take a key out of the keyring, and say where that is not possible."""
        fault = ""
        try:
            await _on_thread(lambda: forget_key(command.venue, command.owner))
        except KeyringError as error:
            fault = error.user_message
        self._send(AccountTold(command.request, command.venue, command.owner, None, fault))

    async def _holdings(self, command: AskAccount) -> Holdings:
        if self._world.recording is not None:
            raise InputError(
                "account",
                "a recording has no accounts; start Liqline without --demo or --recording",
            )
        venue, owner = command.venue, command.owner
        call = find_account_call(venue)
        call.check_owner(owner)
        poller = self._poller(venue)
        key = command.key
        if call.keyed and key is None:
            key = await _on_thread(lambda: kept_key(venue, owner))
        await _listed(poller, venue)
        told = await fetch_account(poller.source, call, owner, key)
        return await self._kept(told, command.key) if call.keyed else told

    async def _kept(self, told: Holdings, key: AccessKey | None) -> Holdings:
        """Keep a key that was typed; where that is not possible it was used this once."""
        if key is None:
            return told
        try:
            await _on_thread(lambda: keep_key(told.venue, told.owner, key))
        except KeyringError as error:
            note = f"the key was used once and not kept: {error.user_message}"
            return replace(told, notes=(*told.notes, note))
        return replace(told, permission=f"{told.permission}; it is kept in the system's keyring")


async def _listed(poller: VenuePoller, venue: str) -> None:
    """Wait for the venue's contracts, which are asked for at once; VenueError where none come."""
    if not poller.listed.is_set():
        poller.ask_again()
    for limit_s in (FAILURE_LIMIT_S, LISTING_LIMIT_S):
        try:
            async with asyncio.timeout(limit_s):
                await poller.listed.wait()
                return
        except TimeoutError:
            trouble = poller.trouble()
        if trouble:
            raise VenueError(trouble)
    raise VenueError(f"the contracts of {venue} are not listed yet; ask again")


async def _on_thread(work: Callable[[], T]) -> T:
    """Do `work`, which may wait for the user, on a thread that no stop waits for."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()

    def hand_over(result: T | None, error: Exception | None) -> None:
        if done.cancelled():
            return
        if error is not None:
            done.set_exception(error)
        else:
            done.set_result(cast(T, result))

    def run() -> None:
        result, failure = None, None
        try:
            result = work()
        except Exception as error:  # noqa: BLE001 (handed on to the waiting task)
            failure = error
        with contextlib.suppress(RuntimeError):  # the loop has ended: nobody waits
            loop.call_soon_threadsafe(hand_over, result, failure)

    threading.Thread(target=run, name="keyring", daemon=True).start()
    try:
        async with asyncio.timeout(KEYRING_LIMIT_S):
            return await done
    except TimeoutError:
        raise KeyringError(f"the keyring did not answer within {KEYRING_LIMIT_S:.0f} s") from None
