"""Small random changes to texts, bytes and decoded answers, all from one seeded dice."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Sequence
from typing import Any

NASTY = (
    *"\x00\t\r\n\"'`<>&;|,.:/\\{}[]()=+-*@%#~^ ",
    "\ufeff",
    "\u202e",
    "\u2066",
    "\u200b",
    "\u0661",
    "\uff11",
    "\u2212",
    "\u00a0",
    "\U0001f4a5",
    "\ud800",
    "é",
    "İ",
)
NUMBERS = (
    "0",
    "-0",
    "1e400",
    "-1e308",
    "nan",
    "NaN",
    "inf",
    "-Infinity",
    "9" * 400,
    "1_000",
    "1,234.5",
    "1.234,5",
    "0x10",
    "1e-400",
    "00",
    ".",
    "1e",
    "--1",
    "١٢",
    "1k",
    "1m",
    "1e5",
)
WORDS = (
    "long",
    "short",
    "btc",
    "@",
    "x10",
    "iso",
    "cross",
    "sl",
    "tp",
    "risk",
    "=HYPERLINK(1)",
    "<img src=x>",
    "null",
    "true",
    "../../x",
    "%s%n",
    "{0}",
    "and",
    "not",
)
VALUES: tuple[Any, ...] = (
    None,
    True,
    False,
    "",
    "abc",
    "NaN",
    "Infinity",
    "1e400",
    "9" * 400,
    0,
    -1,
    "-5",
    1e308,
    -1e308,
    10**400,
    [],
    {},
    [[]],
    {"a": {}},
    "0",
    1.7e12,
    "x" * 1000,
    float("nan"),
    float("inf"),
)


class Mutants:
    """Makes changed copies; the same seed makes the same ones."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)  # noqa: S311 (inputs, no secrets)

    def text(self, seeds: Sequence[str]) -> str:  # noqa: C901 (one case a change)
        """A changed copy of one of the texts."""
        dice = self.dice
        text = dice.choice(seeds)
        inner = self._inner(text)
        if inner is not None:
            return json.dumps(self.answer([inner]))[:20_000]
        for _ in range(dice.choice((1, 1, 2, 3, 8))):
            at, to = sorted((dice.randint(0, len(text)), dice.randint(0, len(text))))
            match dice.randrange(8):
                case 0:
                    text = text[:at] + text[to:]
                case 1:
                    text = text[:at] + dice.choice(NASTY) + text[at:]
                case 2:
                    text = text[:at] + dice.choice(NUMBERS) + text[at:]
                case 3:
                    text = text[:at] + " " + dice.choice(WORDS) + " " + text[at:]
                case 4:
                    text = text[:to] + text[at:to] * dice.choice((1, 2, 9)) + text[to:]
                case 5:
                    text = text[:at] + dice.choice(seeds)[at:]
                case 6:
                    text = text[: min(to, at + 3)]
                case _:
                    text = text[:at] + text[at:to][::-1] + text[to:]
        return text[:20_000]

    def data(self, seeds: Sequence[bytes]) -> bytes:
        """A changed copy of one of the byte strings."""
        dice = self.dice
        data = bytearray(dice.choice(seeds))
        inner = self._inner(data)
        if inner is not None:
            return json.dumps(self.answer([inner])).encode()
        for _ in range(dice.choice((1, 1, 2, 6))):
            at = dice.randint(0, len(data))
            match dice.randrange(5):
                case 0:
                    del data[at : at + dice.randint(1, 40)]
                case 1:
                    data[at:at] = dice.randbytes(dice.randint(1, 12))
                case 2:
                    data[at : at + 1] = dice.randbytes(1)
                case 3:
                    data[at : at + 4] = dice.choice(
                        (b"\x00" * 4, b"\xff" * 4, b"\x01\x00\x00\x00", b"\x00\x00\x00\x04")
                    )
                case _:
                    del data[at:]
        return bytes(data)

    def answer(self, seeds: Sequence[Any]) -> Any:
        """A changed copy of one of the decoded answers."""
        answer = copy.deepcopy(self.dice.choice(seeds))
        for _ in range(self.dice.choice((1, 1, 1, 2, 5))):
            answer = self._changed(answer)
        return answer

    def _inner(self, given: str | bytes | bytearray) -> Any:
        """What an input means as JSON, every other time; None for no object or list."""
        if given[:1] not in ("{", "[", b"{", b"[") or self.dice.random() < 0.5:
            return None
        try:
            return json.loads(given)
        except (ValueError, RecursionError):
            return None

    def _changed(self, value: Any) -> Any:  # noqa: C901 (one case a change)
        dice = self.dice
        if isinstance(value, dict) and value and dice.random() < 0.95:
            name = dice.choice(list(value))
            match dice.randrange(12):
                case 0:
                    del value[name]
                case 1:
                    value[f"{name}V2"] = value.pop(name)
                case 2:
                    other = dice.choice(list(value))
                    value[name], value[other] = value[other], value[name]
                case _:
                    value[name] = self._changed(value[name])
            return value
        if isinstance(value, list) and value and dice.random() < 0.95:
            at = dice.randrange(len(value))
            match dice.randrange(12):
                case 0:
                    del value[at]
                case 1:
                    value.append(copy.deepcopy(value[at]))
                case 2:
                    value.reverse()
                case _:
                    value[at] = self._changed(value[at])
            return value
        return copy.deepcopy(dice.choice(VALUES))
