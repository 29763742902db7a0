"""One place asks other computers and one listens, on loopback: nothing leaves any other way."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MODULES = frozenset(
    {
        "ftplib",
        "http.client",
        "http.server",
        "httpx",
        "imaplib",
        "poplib",
        "requests",
        "smtplib",
        "socketserver",
        "ssl.create_server",
        "telnetlib",
        "urllib.request",
        "urllib3",
        "webbrowser",
        "websockets",
        "xmlrpc",
    }
)
"""Ways out, or in, that no part uses."""
AT_HOME = {
    "ClientSession": "dashboard/venues/session.py",
    "TCPConnector": "dashboard/venues/session.py",
    "TCPSite": "dashboard/replay/server.py",
    "QLocalServer": "widgets/one_window.py",
    "QLocalSocket": "widgets/one_window.py",
}
"""What asks or listens, and the one file that may make it."""
NEVER = frozenset(
    {
        "QNetworkAccessManager",
        "QSslSocket",
        "QTcpServer",
        "QTcpSocket",
        "QUdpSocket",
        "QWebSocket",
        "SockSite",
        "UnixSite",
        "create_connection",
        "create_datagram_endpoint",
        "create_server",
        "getaddrinfo",
        "open_connection",
        "run_app",
        "socket.socket",
        "start_server",
        "start_unix_server",
    }
)
PLANTED = (
    "import urllib.request",
    "from http.client import HTTPSConnection",
    "import requests",
    "session = aiohttp.ClientSession()",
    "server = await asyncio.start_server(answer, '0.0.0.0', 80)",
    "site = web.TCPSite(runner, '0.0.0.0', 80)",
    "there = socket.socket()",
    "asker = QNetworkAccessManager(self)",
)


def breaches(source: str, file: str) -> list[str]:
    """The lines that ask or listen where this file may not."""
    return [
        f"{getattr(node, 'lineno', 0)}: {ast.unparse(node)[:80]}"
        for node in ast.walk(ast.parse(source))
        if _breaks(node, file)
    ]


def _breaks(node: ast.AST, file: str) -> bool:
    if isinstance(node, ast.Import):
        return any(_is_way_out(alias.name) for alias in node.names)
    if isinstance(node, ast.ImportFrom):
        whole = [f"{node.module}.{alias.name}" for alias in node.names]
        return any(map(_is_way_out, [node.module or "", *whole]))
    if not isinstance(node, ast.Call):
        return False
    called = ast.unparse(node.func)
    name = called.rpartition(".")[2]
    return called in NEVER or name in NEVER or AT_HOME.get(name, file) != file


def _is_way_out(module: str) -> bool:
    return any(module == way or module.startswith(f"{way}.") for way in MODULES)


FILES = [
    str(path.relative_to(ROOT))
    for folder in ("dashboard", "widgets", "resources")
    for path in sorted((ROOT / folder).rglob("*.py"))
]


@pytest.mark.parametrize("file", FILES)
def test_no_part_asks_or_listens_but_those_that_may(file: str) -> None:
    assert breaches((ROOT / file).read_text(encoding="utf-8"), file) == []


@pytest.mark.parametrize("line", PLANTED)
def test_planted_way_out_is_caught(line: str) -> None:
    source = f"async def ask():\n    {line}\n"
    assert breaches(source, "dashboard/market/readings.py") != []


def test_what_listens_is_on_loopback_or_for_this_user_alone() -> None:
    server = (ROOT / AT_HOME["TCPSite"]).read_text(encoding="utf-8")
    assert 'LOOPBACK = "127.0.0.1"' in server
    assert "web.TCPSite(runner, LOOPBACK, self._port)" in server
    assert "secrets.token_urlsafe(16)" in server
    bell = (ROOT / AT_HOME["QLocalServer"]).read_text(encoding="utf-8")
    assert "SocketOption.UserAccessOption" in bell
