"""Holds a Python process to loopback: any other address is refused and written down.

`hold()` is called by conftest.py for the test process and by `on_start/sitecustomize.py` for
every Python that a test starts. An audit hook sees all ways out (connect, connect_ex, sendto,
name look-up) in all threads; writing the attempt down lets the guard fail a test whose code
swallowed the refusal.
"""

from __future__ import annotations

import ipaddress
import os
import socket
import sys
from pathlib import Path

ATTEMPTS_FILE_VARIABLE = "LIQLINE_TEST_NETWORK_ATTEMPTS"
_WORDS = {
    "socket.connect": "connect to",
    "socket.sendto": "send to",
    "socket.sendmsg": "send to",
    "socket.bind": "listen on",
    "socket.getaddrinfo": "look up",
    "socket.gethostbyname": "look up",
    "socket.gethostbyaddr": "look up",
}


class NetworkRefusedError(OSError):
    """A test reached for an address outside this machine."""


def is_loopback(host: object) -> bool:
    """Whether `host`, a name or an address as sockets take it, stays on this machine."""
    name = host.decode("ascii", "replace") if isinstance(host, bytes) else host
    if name is None or name == "localhost":
        return True
    try:
        return ipaddress.ip_address(str(name)).is_loopback
    except ValueError:
        return False


def _host_asked_for(args: tuple[object, ...]) -> object:
    """The host in the arguments of one of the events above; None for other kinds of socket."""
    if not hasattr(args[0], "family"):
        return args[0]
    sock, address = args[0], args[-1]
    if sock.family in {socket.AF_INET, socket.AF_INET6} and isinstance(address, tuple):
        return address[0]
    return None


def _refuse_other_hosts(event: str, args: tuple[object, ...]) -> None:
    if event not in _WORDS or is_loopback(host := _host_asked_for(args)):
        return
    attempt = f"refused to {_WORDS[event]} {host!r}"
    with Path(os.environ[ATTEMPTS_FILE_VARIABLE]).open("a", encoding="utf-8") as attempts:
        attempts.write(attempt + "\n")
    raise NetworkRefusedError(attempt)


def hold() -> None:
    """From now on this process reaches only loopback; it cannot be undone."""
    sys.addaudithook(_refuse_other_hosts)
