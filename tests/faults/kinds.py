"""Every fault that a venue's answers are given, by name, with its row of docs/faults.md.

`Effect` says what must come of it: FAILED, the question fails and no value comes; GONE, no value
comes and the reason is said; TRUE, a value that comes is the true one; DOUBTED, a value that is
not the true one is refused or marked.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import math
import random
import re
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from tests.faults.proxy import Passing, Serve

PAGE = b"<html><head><title>502</title></head><body>" + b"x" * 20_000 + b"</body></html>"
MARK = re.compile(r"(?i)^(mark_?p(rice|x)?|p)$")
PRICE = re.compile(r"(?i)^(mark|last|index|oracle|mid)_?(p(rice|x|r)?)?$|^lastPr$|^close$")
VOLUME = re.compile(r"(?i)^(volume.*|.*vol(ume)?.*|turnover24h|quoteVolume|dayNtlVlm)$")
INTEREST = re.compile(
    r"(?i)^(openInterest(Value)?|oi|oiCcy|oiUsd|holdingAmount|total_size|"
    r"position_size|sumOpenInterest.*)$"
)
STAMP = re.compile(r"^(time|ts|closeTime|timestamp|systemTime|updateTime|requestTime|T|t|E)$")
IDENTITY = re.compile(r"^(symbol|instId|contract|name|pair|coin)$")
DAY_MS = 86_400_000


class Effect(StrEnum):
    """What must come of a fault."""

    FAILED = "failed"
    GONE = "gone"
    TRUE = "true"
    DOUBTED = "doubted"


@dataclass(frozen=True)
class Kind:
    """One fault: its name, its row, what it does and what must come of it."""

    name: str
    row: str
    serve: Serve
    effect: Effect


def body(text: bytes, status: int = 200, content_type: str = "application/json", **h: str) -> Serve:
    """Another body, whole."""

    async def serve(passing: Passing) -> None:
        await passing.reply(text, status=status, content_type=content_type, **h)

    return serve


def rewritten(change: Callable[[Any], Any]) -> Serve:
    """The true answer with its decoded JSON changed."""

    async def serve(passing: Passing) -> None:
        try:
            answer = json.loads(passing.body)
        except ValueError:
            await passing.reply()
            return
        await passing.reply(json.dumps(change(answer)).encode())

    return serve


def retold(change: Callable[[bytes], bytes]) -> Serve:
    """The true answer with its text changed."""

    async def serve(passing: Passing) -> None:
        await passing.reply(change(passing.body))

    return serve


def each(answer: Any, named: re.Pattern[str], change: Callable[[Any], Any]) -> Any:
    """`answer` with every value whose field is `named` changed."""
    if isinstance(answer, dict):
        return {
            name: change(value)
            if named.match(name) and not isinstance(value, dict | list)
            else each(value, named, change)
            for name, value in answer.items()
        }
    if isinstance(answer, list):
        return [each(value, named, change) for value in answer]
    return answer


def leaves(answer: Any, change: Callable[[Any], Any]) -> Any:
    """`answer` with every number, or text of one, changed."""
    if isinstance(answer, dict):
        return {name: leaves(value, change) for name, value in answer.items()}
    if isinstance(answer, list):
        return [leaves(value, change) for value in answer]
    return change(answer) if as_number(answer) is not None else answer


def as_number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return float(value)
    except ValueError:
        return None


def times(factor: float) -> Callable[[Any], Any]:
    """A number, or text of one, so many times as large, in its own type."""

    def change(value: Any) -> Any:
        number = as_number(value)
        if number is None:
            return value
        return repr(number * factor) if isinstance(value, str) else number * factor

    return change


def later(by_ms: int) -> Callable[[Any], Any]:
    """A stamp in ms or in seconds, moved."""

    def change(value: Any) -> Any:
        number = as_number(value)
        if number is None or number < 1e9:
            return value
        moved = number + (by_ms if number > 1e11 else by_ms / 1000)
        return str(round(moved)) if isinstance(value, str) else round(moved)

    return change


def in_seconds(value: Any) -> Any:
    number = as_number(value)
    if number is None or number < 1e11:
        return value
    return str(round(number / 1000)) if isinstance(value, str) else round(number / 1000)


def other_type(value: Any) -> Any:
    """A number as text, a text as number."""
    if not isinstance(value, str):
        return str(value)
    number = float(value)
    return value if not math.isfinite(number) else int(number) if number.is_integer() else number


def renamed(answer: Any) -> Any:
    if isinstance(answer, dict):
        return {f"{name}V2": renamed(value) for name, value in answer.items()}
    if isinstance(answer, list):
        return [renamed(value) for value in answer]
    return answer


def swapped(answer: Any) -> Any:
    """Prices and amounts in each other's places."""
    if isinstance(answer, dict):
        price = next((name for name in answer if PRICE.match(name)), None)
        amount = next((n for n in answer if VOLUME.match(n) or INTEREST.match(n)), None)
        new = {name: swapped(value) for name, value in answer.items()}
        numbers = as_number(answer.get(price)), as_number(answer.get(amount))
        # Two of one size cannot be told apart by anyone.
        if all(numbers) and max(numbers) > 20 * min(numbers):
            new[price], new[amount] = answer[amount], answer[price]
        return new
    if isinstance(answer, list):
        return [swapped(value) for value in answer]
    return answer


def another_symbol(value: Any) -> Any:
    return value.replace("BTC", "ETH") if isinstance(value, str) else value


def twice(answer: Any) -> Any:
    """Every contract's row twice: behind it an older one with prices a thousandfold."""
    if isinstance(answer, dict):
        return {name: twice(value) for name, value in answer.items()}
    if not isinstance(answer, list):
        return answer
    rows = [twice(value) for value in answer]
    if not all(isinstance(row, dict) and any(map(IDENTITY.match, row)) for row in rows):
        return rows
    older = [each(each(row, PRICE, times(1000.0)), STAMP, later(-60_000)) for row in rows]
    return [one for pair in zip(rows, older, strict=True) for one in pair]


def duplicated(text: bytes) -> bytes:
    """Each mark price twice in its object, the second a thousand times the first."""
    pattern = rb'("(?:markPrice|markPx|mark_price)":)("?)([0-9.]+)("?)'
    return re.sub(pattern, rb"\1\2\3\4,\1\2\g<3>e3\4", text)


def token(text: str) -> Serve:
    """The JSON token `text` where each price stands."""
    pattern = rb'("(?:mark|last|index)_?P(?:rice|x|r)?":)"?[0-9.]+"?'

    def change(answer: bytes) -> bytes:
        return re.sub(pattern, rb"\g<1>" + text.encode(), answer, flags=re.IGNORECASE)

    return retold(change)


async def delayed(passing: Passing) -> None:
    await asyncio.sleep(0.05)
    await passing.reply()


async def dripped(passing: Passing) -> None:
    """A byte at a time, slower than anyone waits for."""
    passing.writer.write(passing.head(len(passing.body)))
    for at in range(len(passing.body)):
        passing.writer.write(passing.body[at : at + 1])
        await passing.writer.drain()
        await asyncio.sleep(1.0)


async def hung(passing: Passing) -> None:
    await passing.given_up()


async def cut(passing: Passing) -> None:
    """Half of what was announced, then a plain end."""
    passing.writer.write(passing.head(len(passing.body)) + passing.body[: len(passing.body) // 2])
    await passing.writer.drain()


async def reset(passing: Passing) -> None:
    passing.reset()


async def reset_midway(passing: Passing) -> None:
    passing.writer.write(passing.head(len(passing.body)) + passing.body[: len(passing.body) // 2])
    await passing.writer.drain()
    passing.reset()


async def endless(passing: Passing) -> None:
    """500 MB of JSON, or as much of it as is taken."""
    megabyte = b"[" + b"1," * (2**19 - 1) + b"1"
    passing.writer.write(passing.head(500 * len(megabyte)))
    for _ in range(500):
        passing.writer.write(megabyte)
        await passing.writer.drain()


async def bad_gzip(passing: Passing) -> None:
    await passing.reply(b"\x1f\x8b\x08nonsense", Content_Encoding="gzip")


async def long_header(passing: Passing) -> None:
    await passing.reply(X_Long="x" * 20_000)


async def mislabelled(passing: Passing) -> None:
    await passing.reply(content_type="text/plain")


async def bombed(passing: Passing) -> None:
    await passing.reply(_BOMB, Content_Encoding="gzip")


async def banned(passing: Passing) -> None:
    until_ms = time.time_ns() // 1_000_000 + 120_000
    text = f'{{"code":-1003,"msg":"Way too many requests; IP banned until {until_ms}."}}'
    await passing.reply(text.encode(), status=418)


async def date_off(passing: Passing) -> None:
    """The true answer of a server whose clock is 90 s ahead."""
    passing.date_off_s += 90.0
    await passing.reply()


def toxic() -> Serve:
    """A bad line: late, a kilobyte at a time, and one answer of twenty is a reset."""
    dice = random.Random(24)  # noqa: S311 (a seeded line)

    async def serve(passing: Passing) -> None:
        if dice.random() < 0.05:
            passing.reset()
            return
        await asyncio.sleep(0.03)
        await thin(passing)

    return serve


async def thin(passing: Passing) -> None:
    """A kilobyte every few milliseconds."""
    passing.writer.write(passing.head(len(passing.body)))
    for at in range(0, len(passing.body), 1_000):
        passing.writer.write(passing.body[at : at + 1_000])
        await passing.writer.drain()
        await asyncio.sleep(0.005)


def flaky() -> Serve:
    """Every third answer is a reset."""
    counted = itertools.count(1)

    async def serve(passing: Passing) -> None:
        if next(counted) % 3 == 0:
            passing.reset()
        else:
            await passing.reply()

    return serve


def frozen() -> Serve:
    """The first answer to each question again and again, stamps and all."""
    kept: dict[str, bytes] = {}

    async def serve(passing: Passing) -> None:
        about = passing.path.split("?")[0] + passing.asked
        await passing.reply(kept.setdefault(about, passing.body))

    return serve


def _bomb() -> bytes:
    packer = zlib.compressobj(wbits=31)
    return b"".join([packer.compress(b" " * 2**20) for _ in range(64)]) + packer.flush()


_BOMB = _bomb()
DEEP = b"[" * 100_000 + b"]" * 100_000

FAILED, GONE, TRUE, DOUBTED = Effect.FAILED, Effect.GONE, Effect.TRUE, Effect.DOUBTED
KINDS: tuple[Kind, ...] = (
    Kind("html-200", "N1", body(PAGE, content_type="text/html"), FAILED),
    Kind("empty-200", "N1", body(b""), FAILED),
    Kind("null-200", "N1", body(b"null"), FAILED),
    Kind("truncated-json", "N1", retold(lambda text: text[: len(text) // 2]), FAILED),
    Kind("empty-list", "N2", body(b"[]"), FAILED),
    Kind("nan-token", "N3", token("NaN"), TRUE),
    Kind("null-fields", "N4", token("null"), TRUE),
    Kind("list-fields", "N4", token("[1]"), TRUE),
    Kind("nan-text", "N5", token('"NaN"'), TRUE),
    Kind("infinity", "N5", token("Infinity"), TRUE),
    Kind("huge", "N5", token("1e400"), TRUE),
    Kind("minus-zero", "N5", token("-0"), TRUE),
    Kind("400-digits", "N5", token('"' + "9" * 400 + '"'), TRUE),
    Kind("price-zero", "N6", token("0"), TRUE),
    Kind("price-negative", "N6", token("-5.0"), TRUE),
    Kind("mark-x1000", "N6", rewritten(lambda a: each(a, MARK, times(1000.0))), DOUBTED),
    Kind("prices-x1000", "N6", rewritten(lambda a: each(a, PRICE, times(1000.0))), DOUBTED),
    Kind("negative-interest", "N6", rewritten(lambda a: each(a, INTEREST, times(-1.0))), TRUE),
    Kind("duplicate-keys", "N7", retold(duplicated), DOUBTED),
    Kind("duplicate-rows", "N7", rewritten(twice), DOUBTED),
    Kind("another-symbol", "N8", rewritten(lambda a: each(a, IDENTITY, another_symbol)), TRUE),
    Kind("old-stamps", "N10", rewritten(lambda a: each(a, STAMP, later(-DAY_MS))), DOUBTED),
    Kind("future-stamps", "N10", rewritten(lambda a: each(a, STAMP, later(DAY_MS))), TRUE),
    Kind("stamps-in-seconds", "N10", rewritten(lambda a: each(a, STAMP, in_seconds)), TRUE),
    Kind("no-stamps", "N10", rewritten(lambda a: each(a, STAMP, lambda _: "abc")), TRUE),
    Kind("out-of-order", "N11", rewritten(lambda a: each(a, STAMP, later(-30_000))), DOUBTED),
    Kind("429-retry-after", "N13", body(b"slow", 429, Retry_After="7"), FAILED),
    Kind("429-bare", "N13", body(b"slow", 429), FAILED),
    Kind("418-ban", "N14", banned, FAILED),
    Kind("403", "N15", body(b"forbidden", 403), FAILED),
    Kind("451", "N15", body(b"not here", 451), FAILED),
    Kind("500", "N16", body(b"{}", 500), FAILED),
    Kind("502-html", "N16", body(PAGE, 502, "text/html"), FAILED),
    Kind("503-html", "N16", body(PAGE, 503, "text/html"), FAILED),
    Kind("reset", "N17", reset, FAILED),
    Kind("reset-midway", "N17", reset_midway, FAILED),
    Kind("cut-midway", "N17", cut, FAILED),
    Kind("bad-gzip", "N17", bad_gzip, FAILED),
    Kind("long-header", "N17", long_header, FAILED),
    Kind("delay", "N18", delayed, TRUE),
    Kind("drip", "N18", dripped, FAILED),
    Kind("hang", "N18", hung, FAILED),
    Kind("thin-link", "N24", thin, TRUE),
    Kind("toxic-link", "N24", toxic(), TRUE),
    Kind("redirect", "N21", body(b"", 307, Location="https://elsewhere.example/stolen"), FAILED),
    Kind("date-off", "N12", date_off, TRUE),
    Kind("flaky-link", "N24", flaky(), TRUE),
    Kind("500-mb", "N20", endless, FAILED),
    Kind("gzip-bomb", "N20", bombed, FAILED),
    Kind("deep-json", "N20", body(DEEP), FAILED),
    Kind("strings-for-numbers", "N4", rewritten(lambda a: leaves(a, other_type)), TRUE),
    Kind("renamed-fields", "N4", rewritten(renamed), GONE),
    Kind("swapped-fields", "N6", rewritten(swapped), DOUBTED),
    Kind("wrong-content-type", "N1", mislabelled, TRUE),
)
