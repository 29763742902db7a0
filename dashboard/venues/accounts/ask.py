"""Asks a venue about one account, through the same doors and budgets as about the market.

With a key the venue is first asked what the key may do; one that may do more than read is refused
before it is used for anything else.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from dashboard.errors import InputError, VenueError
from dashboard.market.access_key import AccessKey
from dashboard.market.holdings import Holdings
from dashboard.venues.accounts.call import AccountAsk, AccountCall, AccountQuestion, Permission
from dashboard.venues.ccxt_source import REQUEST_TIMEOUT_S, CcxtSource
from dashboard.venues.exchange import open_exchange
from dashboard.venues.failures import AnswerUnusableError

_SIGNATURE = re.compile(r"(signature=)[^&\s]+")


class KeyRefusedError(VenueError):
    """The key may do more than read, or the venue does not accept it; it is not to be kept."""

    retryable = False


async def fetch_account(
    source: CcxtSource, call: AccountCall, owner: str, key: AccessKey | None = None
) -> Holdings:
    """What the account of `owner` holds; the contracts of `source` are listed by now.

    Raises InputError for an address that is none or a key that is missing, KeyRefusedError, and
    VenueError where the venue cannot be asked.
    """
    call.check_owner(owner)
    if not call.keyed:
        answers = [await _answer(source, None, question, owner) for question in call.questions]
        return source.read(lambda: call.parse(_about(source, owner), answers))
    if key is None or not key.key or not key.secret or (call.passphrase and not key.passphrase):
        parts = "key, secret and passphrase" if call.passphrase else "key and secret"
        raise InputError("key", f"{source.entry.venue} needs {parts}")
    return await _fetch_keyed(source, call, owner, key)


async def _fetch_keyed(
    source: CcxtSource, call: AccountCall, owner: str, key: AccessKey
) -> Holdings:
    session = source.open_own_session(call.hosts)
    try:
        exchange = await open_exchange(
            source.entry, session, source.now_ms, source.base_url, REQUEST_TIMEOUT_S
        )
        exchange.apiKey, exchange.secret, exchange.password = key.key, key.secret, key.passphrase
        source.lend_markets(exchange)
        try:
            permission = await _permission(source, exchange, call, owner)
            _refuse_excess(source.entry.venue, permission)
            answers = [
                await _answer(source, exchange, question, owner) for question in call.questions
            ]
        finally:
            await exchange.close()
    except VenueError as error:
        raise _without_key(error, source.entry.venue, key) from None
    finally:
        await session.close()
    told = source.read(lambda: call.parse(_about(source, owner), answers))
    return replace(told, permission=_permission_words(call, source.entry.venue))


def _permission_words(call: AccountCall, venue: str) -> str:
    if call.permission is None:
        return (
            f"{venue} does not say what a key may do: make sure yourself that this one only reads"
        )
    return f"{venue} says that the key may only read"


def _about(source: CcxtSource, owner: str) -> AccountAsk:
    listed = {instrument.market_id: instrument for instrument in source.instruments.values()}
    return AccountAsk(venue=source.entry.venue, owner=owner, listed=listed)


async def _answer(
    source: CcxtSource, exchange: Any, question: AccountQuestion, owner: str
) -> object:
    params = question.params(owner)
    try:
        return await source.ask(
            question.method, params, question.charges, exchange, text=question.text, urgent=True
        )
    except AnswerUnusableError:
        if question.optional:
            return None
        raise


async def _permission(
    source: CcxtSource, exchange: Any, call: AccountCall, owner: str
) -> Permission:
    if call.permission is None:
        return Permission()
    answer = await _answer(source, exchange, call.permission, owner)
    return source.read(lambda: call.read_permission(answer))


def _refuse_excess(venue: str, permission: Permission) -> None:
    if permission.excess:
        raise KeyRefusedError(
            f"the key is refused and not kept: {venue} says that it may also "
            f"{', '.join(permission.excess)}; make one that may only read"
        )
    if not permission.can_read:
        raise KeyRefusedError(f"the key is of no use: {venue} says that it may not read")


def _without_key(error: VenueError, venue: str, key: AccessKey) -> VenueError:
    """The error in words without any part of the key, and said of the key where it is about it."""
    from ccxt.base import errors

    detail = _SIGNATURE.sub(r"\1***", key.redacted(error.detail))
    if isinstance(error.__cause__, errors.AuthenticationError):
        return KeyRefusedError(
            f"{venue} does not accept the key: it is misspelt, expired or not allowed from here",
            detail=detail,
        )
    error.detail = detail
    error.__cause__ = None
    return error
