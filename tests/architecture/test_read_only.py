"""The program only reads: no call that trades, moves money or changes an account is named in it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

IMPLICIT = re.compile(r"[a-z][A-Za-z0-9]*?(Get|Post|Put|Delete|Patch)[A-Z][A-Za-z0-9]*")
"""How ccxt names its methods after a venue's paths, such as fapiPrivateV2GetBalance."""
READS_BY_POST = frozenset({"publicPostInfo"})
"""Hyperliquid answers every question to a POST; what changes something is sent elsewhere."""
WRITES = re.compile(
    r"(create|cancel|edit|close|add|reduce|set|borrow|repay|transfer|withdraw|deposit|redeem|sign)_?"
    r"(all_?|multiple_?|batch_?|market_?|limit_?|stop_?|trailing_?|cross_?|isolated_?)*"
    r"(orders?|positions?|margin|leverage|position_?mode|margin_?mode|funds?|money|asset|out)"
    r"(_ws|_after)?"
    r"|withdraw|transfer|send_?asset|repay|borrow",
    re.IGNORECASE,
)
OWN_WORDS = frozenset({"close_position", "add_position", "add_margin"})
"""Edits of the trader's own book, which goes nowhere."""


def named(text: str) -> Iterator[str]:
    """Every attribute that is taken or called, and every text that is one word."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.Constant) and _is_word(node.value):
            yield str(node.value)


def _is_word(value: object) -> bool:
    return isinstance(value, str) and value.isidentifier()


def writing(text: str) -> set[str]:
    """The names in `text` that would change something at a venue."""
    found = set()
    for name in named(text):
        implicit = IMPLICIT.fullmatch(name)
        if implicit and implicit[1] != "Get" and name not in READS_BY_POST:
            found.add(name)
        if WRITES.fullmatch(name) and name not in OWN_WORDS:
            found.add(name)
    return found


def test_no_part_names_a_call_that_changes_something_at_a_venue() -> None:
    files = [*(ROOT / "dashboard").rglob("*.py"), *(ROOT / "widgets").rglob("*.py")]
    found = {
        str(file.relative_to(ROOT)): names
        for file in files
        if (names := writing(file.read_text(encoding="utf-8")))
    }
    assert not found


@pytest.mark.parametrize(
    "planted",
    [
        "exchange.create_order('BTC')",
        "exchange.createOrder('BTC')",
        "getattr(exchange, 'cancelAllOrders')()",
        "exchange.set_leverage(5)",
        "exchange.setMarginMode('cross')",
        "exchange.withdraw('USDT', 1)",
        "exchange.transfer('USDT', 1)",
        "ask(method='fapiPrivatePostOrder')",
        "ask(method='privatePostV5OrderCreate')",
        "ask(method='privateDeleteOrder')",
        "ask(method='privatePostExchange')",
    ],
)
def test_a_planted_call_is_caught(planted: str) -> None:
    assert writing(planted)


@pytest.mark.parametrize(
    "read", ["ask(method='fapiPrivateV2GetBalance')", "ask(method='publicPostInfo')"]
)
def test_reading_is_none(read: str) -> None:
    assert not writing(read)


LINKS = {"QDesktopServices", "openUrl", "webbrowser", "setOpenExternalLinks"}
"""What would have something open outside of the window, where a text from outside said so."""


def links(text: str) -> set[str]:
    """The names in `text` by which a link is opened."""
    imported = {
        name.name
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in node.names
    }
    return LINKS & {*imported, *named(text)}


def test_no_part_opens_a_link() -> None:
    files = [*(ROOT / "dashboard").rglob("*.py"), *(ROOT / "widgets").rglob("*.py")]
    assert not {file for file in files if links(file.read_text(encoding="utf-8"))}


@pytest.mark.parametrize(
    "planted",
    ["import webbrowser", "QDesktopServices.openUrl(url)", "label.setOpenExternalLinks(1)"],
)
def test_a_planted_link_is_caught(planted: str) -> None:
    assert links(planted)
