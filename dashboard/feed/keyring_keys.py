"""Keys of accounts in the operating system's keyring, and nowhere else.

A keyring may ask the user to unlock it, so that every call here may take long: these run on a
thread. The `keyring` package would also take backends that keep passwords in files; those are
refused.
"""

from __future__ import annotations

from typing import Any

import msgspec

from dashboard.errors import DashboardError
from dashboard.market.access_key import AccessKey

SERVICE = "Liqline"
_FILE_BACKENDS = "keyrings.alt"


class KeyringError(DashboardError):
    """The keyring is missing or refuses; the sentence says which."""


def keep_key(venue: str, owner: str, key: AccessKey) -> None:
    """Keep a key under the account's name; raises KeyringError where it cannot be."""
    body = msgspec.json.encode(key).decode()
    _with_keyring(lambda keyring: keyring.set_password(SERVICE, _name(venue, owner), body))


def kept_key(venue: str, owner: str) -> AccessKey:
    """The key of an account; raises KeyringError where there is none or it cannot be had."""
    body = _with_keyring(lambda keyring: keyring.get_password(SERVICE, _name(venue, owner)))
    if body is None:
        raise KeyringError(f'the keyring has no key of the account "{owner}" at {venue}; type it')
    try:
        return msgspec.json.decode(body, type=AccessKey)
    except msgspec.MsgspecError:
        # without the cause: its text may hold a part of the key
        raise KeyringError(f'the key of "{owner}" in the keyring cannot be read') from None


def forget_key(venue: str, owner: str) -> None:
    """Take a key out of the keyring; one that is not there is no error."""

    def forget(keyring: Any) -> None:
        if keyring.get_password(SERVICE, _name(venue, owner)) is not None:
            keyring.delete_password(SERVICE, _name(venue, owner))

    _with_keyring(forget)


def _with_keyring(use: Any) -> Any:
    # Deferred: it loads every backend there is, and most starts never need one.
    import keyring
    from keyring import errors

    try:
        _refuse_files(keyring.get_keyring())
        return use(keyring)
    except errors.NoKeyringError:
        raise KeyringError(
            "the operating system has no keyring that can be used here, and a key is kept nowhere "
            "else"
        ) from None
    except errors.KeyringError as error:
        raise KeyringError(
            "the keyring refused: it may be locked", detail=type(error).__name__
        ) from None


def _refuse_files(backend: Any) -> None:
    """Raise KeyringError where the first backend to be asked keeps passwords in files."""
    backends = getattr(backend, "backends", None) or [backend]
    if type(backends[0]).__module__.startswith(_FILE_BACKENDS):
        raise KeyringError("this keyring keeps passwords in files, which no key is written to")


def _name(venue: str, owner: str) -> str:
    return f"{venue} {owner}"
