"""What `liqline check` answers: the figures of one position in the fields of docs/check.md."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from dashboard.market.instrument import MarginTier
from dashboard.risk.report import PositionRisk, Receipt

FIGURES = (
    "liquidation_price",
    "bankruptcy_price",
    "notional",
    "initial_margin",
    "maintenance_margin",
    "maintenance_margin_rate",
    "margin_ratio",
    "unrealised_pnl",
    "roi",
    "distance",
    "distance_fraction",
    "effective_leverage",
    "funding_per_interval",
    "funding_per_day",
    "funding_fraction_of_margin_per_day",
    "funding_apr",
    "hours_to_liquidation_by_funding",
    "break_even_price",
)
"""The numbers of an answer, in their order; each is a figure of PositionRisk of the same name."""

_FIRST = FIGURES[0]
_encoder = msgspec.json.Encoder()


def answer_of(risk: PositionRisk, warnings: Iterable[str] = ()) -> dict[str, Any]:
    """The answer for one position; what is not known is null and a warning says why."""
    numbers = {name: _finite(getattr(risk, name)) for name in FIGURES}
    stop = risk.stop
    return {
        _FIRST: numbers.pop(_FIRST),
        "liquidation_status": risk.status.value,
        **numbers,
        "stop": None
        if stop is None
        else {
            "price": stop.price,
            "before_liquidation": stop.before_liquidation,
            "buffer_fraction": _finite(stop.buffer_fraction),
        },
        "warnings": [*warnings, *risk.warnings, *_unknown(risk.missing)],
        "receipt": _receipt(_telling(risk)),
    }


def encoded(answer: Mapping[str, Any]) -> bytes:
    """One line of JSON with its line end."""
    return _encoder.encode(answer) + b"\n"


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def _unknown(missing: Mapping[str, str]) -> Iterator[str]:
    """One sentence a reason, naming the figures of an answer that it leaves unknown."""
    figures: dict[str, list[str]] = {}
    for name in (*FIGURES, "stop"):
        if name in missing:
            figures.setdefault(missing[name], []).append(name)
    for reason, names in figures.items():
        yield f"{', '.join(names)}: null, because {reason}"


def _telling(risk: PositionRisk) -> Receipt | None:
    """The receipt of the liquidation price; where there is none, of what it would come from."""
    for name in (_FIRST, "maintenance_margin", "initial_margin"):
        if name in risk.receipts:
            return risk.receipts[name]
    return None


def _receipt(receipt: Receipt | None) -> dict[str, Any] | None:
    if receipt is None:
        return None
    return {
        "figure": receipt.figure,
        "rule": receipt.rule,
        "rule_valid_from": receipt.rule_valid_from,
        "document": receipt.document,
        "confirmed": receipt.confirmed,
        "formula": receipt.formula,
        "worked": receipt.worked,
        "inputs": [
            {"name": i.name, "value": i.value, "source": i.source, "age_ms": i.age_ms}
            for i in receipt.inputs
        ],
        "tier_number": receipt.tier_number,
        "tier": _tier(receipt.tier),
        "tiers_source": receipt.tiers_source,
        "tiers_date": _day(receipt.tiers_as_of_ms),
        "band": receipt.band,
    }


def _tier(tier: MarginTier | None) -> dict[str, float | None] | None:
    if tier is None:
        return None
    return {
        "floor": tier.floor,
        "cap": _finite(tier.cap),
        "mmr": tier.mmr,
        "cum": tier.cum,
        "max_leverage": tier.max_leverage,
    }


def _day(instant_ms: int | None) -> str | None:
    if instant_ms is None:
        return None
    return datetime.fromtimestamp(instant_ms / 1000, UTC).date().isoformat()
