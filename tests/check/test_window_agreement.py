"""The same position in the window and in `check --json`: figure by figure, at the usual venues."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dashboard.check.answer import FIGURES, answer_of
from dashboard.market.account import Book
from dashboard.market.instrument import Instrument, InstrumentKey, TierTables, TierUnit
from dashboard.market.readings import MarkPrice
from dashboard.market.snapshot import Snapshot
from dashboard.risk.assess import assess
from dashboard.risk.report import RiskReport
from tests.check.lines import NOW_MS, answer
from tests.risk.builders import funding, instrument, tables_of, tiers_of
from tests.widgets.market_samples import update
from widgets.models.draft import draft_of

DOCUMENT = Path(__file__).parents[2] / "docs" / "check.md"
ROWS = tiers_of((0.0, 0.004, 0.0), (100_000.0, 0.01, 0.0))
CONTRACTS = {
    "binanceusdm": (1.0, "USDT"),
    "bybit": (1.0, "USDT"),
    "okx": (0.01, "USDT"),
    "hyperliquid": (1.0, "USDC"),
    "gate": (0.0001, "USDT"),
    "bitget": (1.0, "USDT"),
    "kucoinfutures": (0.001, "USDT"),
}
"""Base coins a contract and quote currency, by venue."""
MARK = 63_000.0


def listed(venue: str) -> Instrument:
    size, quote = CONTRACTS[venue]
    return instrument("BTC", venue=venue, quote=quote, contract_size=size)


def in_window(line: str, of: Instrument) -> dict[str, Any]:
    """What the card copies as JSON for a typed line."""
    unit = TierUnit.CONTRACTS if of.venue == "okx" else TierUnit.QUOTE
    tables = tables_of(of, ROWS, unit)

    def risk_of(snapshot: Snapshot, book: Book, now_ms: int) -> RiskReport:
        return assess(book, snapshot, TierTables(tables.tables), now_ms)

    snapshot = Snapshot(instruments={of.key: of})
    origin = {"venue": of.venue, "symbol": of.symbol, "endpoint": "test"}
    times = {"venue_ms": NOW_MS, "received_ms": NOW_MS}
    snapshot.merge([MarkPrice(**origin, **times, mark=MARK)])  # type: ignore[arg-type]
    snapshot.merge([replace(funding(of, 0.0001), **times)])  # type: ignore[arg-type]
    shown = update(InstrumentKey(of.venue, of.symbol), snapshot=snapshot, now_ms=NOW_MS)
    draft = draft_of(line, shown, (of.venue,), risk_of)
    assert draft.position is not None, draft.fault
    risk = risk_of(snapshot, Book(positions=(draft.position,)), NOW_MS).positions[0]
    return answer_of(risk)


def on_command_line(of: Instrument, **more: Any) -> dict[str, Any]:
    return answer(
        {
            "venue": of.venue,
            "symbol": of.symbol,
            "entry_price": 64_200,
            "contract_size": of.contract_size,
            "leverage": 10,
            "margin_mode": "isolated",
            "mark_price": MARK,
            "funding_rate": 0.0001,
            "funding_interval_hours": 8,
            "tiers": [
                {"floor": row.floor, "cap": None if row is ROWS[-1] else row.cap, "mmr": row.mmr}
                for row in ROWS
            ],
            **more,
        }
    )


@pytest.mark.parametrize("venue", CONTRACTS)
@pytest.mark.parametrize(
    ("line", "more"),
    [
        ("long btc 0.5 @64200 x10 iso sl 62000", {"side": "long", "stop_price": 62_000}),
        ("short btc 3 @64200 x10 iso sl 66000", {"side": "short", "stop_price": 66_000, "size": 3}),
        ("long btc 120ct @64200 x10 iso", {"size": 120, "size_unit": "contracts"}),
    ],
)
def test_window_and_command_give_the_same_figures(
    venue: str, line: str, more: dict[str, Any]
) -> None:
    of = listed(venue)
    shown = in_window(line, of)
    told = on_command_line(of, **{"side": "long", "size": 0.5, "size_unit": "base", **more})
    assert {name: told[name] is None for name in FIGURES} == {
        name: shown[name] is None for name in FIGURES
    }
    known = [name for name in FIGURES if told[name] is not None]
    assert len(known) >= len(FIGURES) - 1  # funding that is received liquidates nobody
    for held, other in ((told, shown), (told["stop"] or {}, shown["stop"] or {})):
        for name in known if held is told else held:
            assert held[name] == pytest.approx(other[name], rel=1e-12), name
    assert told["liquidation_status"] == shown["liquidation_status"]
    assert told["receipt"]["worked"] == shown["receipt"]["worked"]


def test_every_field_of_an_answer_is_in_the_document() -> None:
    output = DOCUMENT.read_text(encoding="utf-8").partition("### Output")[2]
    told = on_command_line(listed("okx"), side="long", size=1, size_unit="contracts")
    assert [name for name in told if f"`{name}`" not in output] == []
    assert [name for name in told["receipt"] if f"`{name}`" not in output] == []


def sizes(**more: Any) -> list[tuple[str, str]]:
    told = on_command_line(listed("okx"), side="long", **more)
    inputs = told["receipt"]["inputs"]
    return [(i["value"], i["source"]) for i in inputs if i["name"] in ("size", "quantity")]


def test_a_contracts_size_is_named_with_its_unit_and_only_where_it_counts() -> None:
    assert sizes(size=50, size_unit="contracts") == [
        ("50 contracts", "entered"),
        ("0.5 BTC", "contract size: one contract is 0.01 BTC"),
    ]
    assert sizes(size=0.5, size_unit="base")[1] == ("0.5 BTC", "the size itself")
    assert sizes(size=32_100, size_unit="quote")[1] == ("0.5 BTC", "the size at the entry price")


def test_an_inverse_contract_is_counted_in_quote_currency() -> None:
    told = answer(
        {
            "venue": "okx", "symbol": "BTC-USD-SWAP", "side": "long", "entry_price": 64_200,
            "size": 50, "size_unit": "contracts", "contract_size": 100, "leverage": 10,
            "margin_mode": "isolated", "maintenance_margin_rate": 0.004,
        }
    )  # fmt: skip
    quantity = next(i for i in told["receipt"]["inputs"] if i["name"] == "quantity")
    assert quantity["value"] == "5,000 USD"
    assert quantity["source"] == "contract size: one contract is 100 USD"
