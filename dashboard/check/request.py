"""What a line of `liqline check --json` may say, and the sentence where it says it wrongly.

A line is decoded into `Request`. Numbers are JSON numbers; what is absent or null is not said.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import Any

import msgspec

from dashboard.errors import InputError
from dashboard.market.account import MarginMode, SizeUnit
from dashboard.market.instrument import ContractKind
from dashboard.tradeline.number import shortened

MAX_LINE_BYTES = 1024 * 1024
MAX_OTHER_POSITIONS = 1_000
MAX_TIERS = 1_000
LARGEST_NUMBER = 1e18
SMALLEST_NUMBER = 1e-18
"""Beyond any price, size or balance; products of a few such numbers are still finite."""


class SideWord(StrEnum):
    """A side as it is written."""

    LONG = "long"
    SHORT = "short"


class TierRow(msgspec.Struct, frozen=True, kw_only=True):
    """One row of a leverage tier table; `cap` null is no end, `cum` absent is derived."""

    floor: float
    cap: float | None = None
    mmr: float
    cum: float | None = None
    max_leverage: float | None = None


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """One position and what is known around it; units are in docs/check.md."""

    venue: str | None = None
    symbol: str | None = None
    kind: ContractKind | None = None
    side: SideWord | None = None
    entry_price: float | None = None
    size: float | None = None
    size_unit: SizeUnit | None = None
    contract_size: float | None = None
    leverage: float | None = None
    margin_mode: MarginMode | None = None
    margin: float | None = None
    extra_margin: float | None = None
    wallet_balance: float | None = None
    maintenance_margin_rate: float | None = None
    maintenance_amount: float | None = None
    tiers: list[TierRow] | None = None
    taker_fee: float | None = None
    mark_price: float | None = None
    funding_rate: float | None = None
    funding_interval_hours: float | None = None
    stop_price: float | None = None
    take_profit_price: float | None = None
    rule_date: date | None = None
    other_positions: list[Request] | None = None
    other_unrealised_pnl: float | None = None
    other_maintenance: float | None = None


KNOWN_FIELDS = frozenset(field.name for field in msgspec.structs.fields(Request))

_ABOVE_ZERO = (
    "entry_price",
    "size",
    "contract_size",
    "leverage",
    "margin",
    "maintenance_margin_rate",
    "mark_price",
    "funding_interval_hours",
    "stop_price",
    "take_profit_price",
)
_NOT_NEGATIVE = ("extra_margin", "maintenance_amount", "taker_fee", "other_maintenance")
_FRACTIONS = ("maintenance_margin_rate", "taker_fee", "funding_rate")
_ANY_NUMBER = ("wallet_balance", "funding_rate", "other_unrealised_pnl")
_ALLOWED = {
    "venue": "a text",
    "symbol": "a text",
    "kind": "linear or inverse",
    "side": "long or short",
    "size_unit": "base, contracts or quote",
    "margin_mode": "isolated or cross",
    "rule_date": "a date such as 2026-05-27",
    "tiers": "a list of rows with floor, cap, mmr, cum and max_leverage",
    "other_positions": "a list of positions",
}
_REQUIRED = {
    "venue": "a venue's id such as binanceusdm",
    "side": "long or short",
    "entry_price": "a price",
    "size": "a number",
    "size_unit": "base, contracts or quote",
    "margin_mode": "isolated or cross",
}


def read_request(line: bytes) -> tuple[Request, tuple[str, ...]]:
    """The request that a line of JSON holds, and the names in it that mean nothing here.

    Raises InputError where the line is too long, is not JSON or has a field of a wrong type.
    """
    if len(line) > MAX_LINE_BYTES:
        raise InputError(
            "line", f"the line has {len(line):,} bytes; at most {MAX_LINE_BYTES:,} are read"
        )
    content = _decoded(line.removeprefix(codecs.BOM_UTF8))
    if not isinstance(content, dict):
        raise InputError("line", "the line must be a JSON object with the fields of a position")
    return _converted(content), tuple(sorted(content.keys() - KNOWN_FIELDS))


def _decoded(line: bytes) -> Any:
    try:
        return msgspec.json.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        # Python's own reader takes NaN and Infinity, so that the field can be named below.
        try:
            return json.loads(line)
        except (ValueError, RecursionError):
            raise InputError("line", f"the line is not JSON: {error}") from error


def _converted(content: dict[str, Any]) -> Request:
    try:
        return msgspec.convert(content, Request)
    except msgspec.ValidationError as error:
        message, _, place = str(error).partition(" - at `$")
        path = place.strip("`.")
        if not path or "missing" in message:
            raise InputError(path or "line", f"{path or 'the line'}: {message.lower()}") from error
        name = path.rpartition(".")[2].partition("[")[0]
        value = shortened(msgspec.json.encode(_value_at(content, path)).decode())
        allowed = _ALLOWED.get(name, "a number")
        raise InputError(path, f"{path} must be {allowed}, not {value}") from error


def _value_at(content: Any, path: str) -> Any:
    """What stands at a path such as other_positions[0].side."""
    for step in re.findall(r"[^.\[\]]+", path):
        content = content[int(step) if isinstance(content, list) else step]
    return content


def check_request(request: Request) -> None:
    """Raise InputError for the first field that is missing, out of range or contradicts another.

    The other positions are checked with it, under names such as other_positions[0].size.
    """
    _check_alone(request, _REQUIRED, "")
    if request.margin_mode is MarginMode.ISOLATED:
        if request.leverage is None and request.margin is None:
            raise InputError(
                "leverage", "leverage is missing: an isolated position needs leverage or margin"
            )
    elif request.wallet_balance is None:
        raise InputError(
            "wallet_balance", "wallet_balance is missing: a cross position stands on the wallet"
        )
    elif request.wallet_balance <= 0.0 and not _has_others(request):
        raise InputError(
            "wallet_balance",
            "wallet_balance must be above 0 where no other position or profit stands on the "
            f"wallet, not {request.wallet_balance:g}",
        )
    others = request.other_positions or ()
    if len(others) > MAX_OTHER_POSITIONS:
        raise InputError(
            "other_positions",
            f"other_positions has {len(others):,} entries; at most {MAX_OTHER_POSITIONS:,} "
            "are read",
        )
    for number, other in enumerate(others):
        _check_other(other, f"other_positions[{number}].")


def _has_others(request: Request) -> bool:
    """Whether something besides the position itself can hold up its wallet."""
    return bool(request.other_positions or request.other_unrealised_pnl)


_REQUIRED_OF_OTHERS = {
    name: allowed for name, allowed in _REQUIRED.items() if name not in ("venue", "margin_mode")
}


def _check_other(other: Request, prefix: str) -> None:
    _check_alone(other, _REQUIRED_OF_OTHERS, prefix)
    if other.margin_mode is MarginMode.ISOLATED:
        raise InputError(
            f"{prefix}margin_mode",
            f"{prefix}margin_mode must be cross: an isolated position shares no wallet",
        )
    if other.other_positions is not None:
        raise InputError(
            f"{prefix}other_positions", f"{prefix}other_positions must stand in the line itself"
        )


def _check_alone(request: Request, names: Mapping[str, str], prefix: str) -> None:
    """What can be said of a position without looking at its margin or at others."""
    _require(request, names, prefix)
    if request.symbol is None and request.kind is None:
        raise InputError(
            f"{prefix}symbol",
            f"{prefix}symbol is missing; without it kind must be linear or inverse",
        )
    _check_numbers(request, prefix)
    _check_rates(request, prefix)


def _require(request: Request, names: Mapping[str, str], prefix: str) -> None:
    for name, allowed in names.items():
        if getattr(request, name) in (None, ""):
            raise InputError(prefix + name, f"{prefix}{name} is missing; it must be {allowed}")


def _check_numbers(request: Request, prefix: str) -> None:
    for name in (*_ABOVE_ZERO, *_NOT_NEGATIVE, *_ANY_NUMBER):
        value = getattr(request, name)
        fault = None if value is None else _fault(name, value)
        if fault:
            raise InputError(prefix + name, f"{prefix}{name} must be {fault}, not {value:g}")


def _fault(name: str, value: float) -> str:
    """What the number should have been; empty where it is usable."""
    if not abs(value) <= LARGEST_NUMBER:
        return f"a number up to {LARGEST_NUMBER:g}"
    if name in _ABOVE_ZERO and value <= 0.0:
        return "above 0"
    if name in _ABOVE_ZERO and value < SMALLEST_NUMBER:
        return f"at least {SMALLEST_NUMBER:g}"
    if name in _NOT_NEGATIVE and value < 0.0:
        return "0 or more"
    if name in _FRACTIONS and abs(value) >= 1.0:
        return "a fraction below 1 (0.01 is 1 %)"
    return ""


def _check_rates(request: Request, prefix: str) -> None:
    if request.maintenance_amount and request.maintenance_margin_rate is None:
        raise InputError(
            f"{prefix}maintenance_amount",
            f"{prefix}maintenance_amount needs maintenance_margin_rate beside it",
        )
    rows = request.tiers
    if rows is None:
        return
    if len(rows) > MAX_TIERS:
        raise InputError(
            f"{prefix}tiers",
            f"{prefix}tiers has {len(rows):,} rows; at most {MAX_TIERS:,} are read",
        )
    given = [row.cum is not None for row in rows]
    if any(given) and not all(given[1:]):
        raise InputError(f"{prefix}tiers", f"{prefix}tiers must have cum in every row or in none")
