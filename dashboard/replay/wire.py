"""What passes between the replay server and a venue's dialect."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueRequest:
    """A request as the venue would see it: `query` of a GET, `body` of a JSON POST."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class VenueAnswer:
    """A JSON payload with its HTTP status."""

    payload: object
    status: int = 200


@dataclass(frozen=True, slots=True)
class BytesAnswer:
    """An answer as it once came: its bytes, its HTTP status and the headers that matter."""

    body: bytes
    status: int
    headers: Mapping[str, str]


class RefusedError(Exception):
    """The venue's refusal of a request, in its own format."""

    def __init__(self, payload: object, status: int) -> None:
        super().__init__(str(payload))
        self.answer = VenueAnswer(payload, status)


class Dialect(Protocol):
    """One venue's wire format over the recorded markets of that venue."""

    host: str

    def endpoint(self, request: VenueRequest) -> str:
        """What `request` is counted as: its path, and what else tells endpoints apart."""

    def answer(self, request: VenueRequest, now_ms: int) -> VenueAnswer | BytesAnswer:
        """What the venue would have answered at `now_ms`; RefusedError where it refuses."""


def number_text(value: float | None) -> str:
    """The shortest decimal text that reads back as `value`; "" for None and NaN."""
    if value is None or math.isnan(value):
        return ""
    text = repr(float(value))
    if "e" in text:
        text = np.format_float_positional(value, trim="0")
    return text.removesuffix(".0")


def known_fields(fields: Mapping[str, float | None]) -> dict[str, str]:
    """The fields as decimal text, without those that are not known."""
    return {name: text for name, value in fields.items() if (text := number_text(value))}
