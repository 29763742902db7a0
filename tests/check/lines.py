"""Requests to `liqline check --json`, made and answered in the test's own process."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from dashboard.check.stream import answer_lines
from dashboard.market.instrument import TierTables
from dashboard.store.tiers import load_tiers

NOW_MS = int(datetime(2026, 10, 10, tzinfo=UTC).timestamp() * 1000)
BUNDLED = load_tiers(None)

LONG: dict[str, Any] = {
    "venue": "binanceusdm",
    "symbol": "btc",
    "side": "long",
    "entry_price": 64_200,
    "size": 0.5,
    "size_unit": "base",
    "leverage": 10,
    "margin_mode": "isolated",
}
CROSS: dict[str, Any] = {
    **{name: value for name, value in LONG.items() if name != "leverage"},
    "margin_mode": "cross",
    "wallet_balance": 5_000,
}


def answers(*lines: str | Mapping[str, Any], tiers: TierTables = BUNDLED) -> list[dict[str, Any]]:
    """What is answered to lines, each given as text or as an object."""
    texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    out = io.BytesIO()
    answer_lines((f"{text}\n".encode() for text in texts), out, tiers, NOW_MS)
    return [json.loads(line) for line in out.getvalue().splitlines()]


def answer(line: str | Mapping[str, Any], **options: TierTables) -> dict[str, Any]:
    """What is answered to one line."""
    (only,) = answers(line, **options)
    return only
