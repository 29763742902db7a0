"""Write resources/tiers/ from the gathered tables in ../shared/tiers.

    python -m tools.make_tiers

Many contracts share one table, so a table is written once and symbols point at it. Rows are
[cap, mmr, cum, max_leverage]; a row's floor is the cap of the row before it, null means none.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
GATHERED = ROOT.parent / "shared" / "tiers"
TARGET = ROOT / "resources" / "tiers"

# Where only the year of a page's copy is known the sheet is dated to the start of what is
# possible, so that its age is never understated.
SHEETS: dict[str, dict[str, str]] = {
    "binanceusdm": {
        "file": "binanceusdm_2026-09.json",
        "as_of": "2026-09-29T00:00:00Z",
        "unit": "quote",
        "source": "Binance USD-M leverage brackets of 2026-09-29, gathered by freqtrade 2026.9",
    },
    "hyperliquid": {
        "file": "hyperliquid_docs.json",
        "as_of": "2025-01-01T00:00:00Z",
        "unit": "quote",
        "source": "Hyperliquid docs, trading/margin-tiers, a copy of 2025 (day unknown)",
    },
    "krakenfutures": {
        "file": "krakenfutures_inverse_docs.json",
        "as_of": "2023-01-01T00:00:00Z",
        "unit": "contracts",
        "source": "Kraken support 15579128794772, inverse margin schedule (day unknown)",
    },
}
KRAKEN_SYMBOLS = {"PI_XBTUSD": "BTC/USD:BTC", "PI_ETHUSD": "ETH/USD:ETH"}

Row = list[float | None]


def main() -> int:
    """Write one file a venue and print what each holds."""
    TARGET.mkdir(parents=True, exist_ok=True)
    for venue, sheet in SHEETS.items():
        gathered = json.loads((GATHERED / sheet["file"]).read_text(encoding="utf-8"))["symbols"]
        tables: list[list[Row]] = []
        symbols: dict[str, int] = {}
        for name, tiers in sorted(gathered.items()):
            rows = table_rows(tiers)
            if rows not in tables:
                tables.append(rows)
            symbols[unified_symbol(venue, name)] = tables.index(rows)
        target = TARGET / f"{venue}.json"
        target.write_text(sheet_text(venue, sheet, tables, symbols), encoding="utf-8")
        size = target.stat().st_size
        print(f"{target.name}: {len(symbols)} symbols, {len(tables)} tables, {size} bytes")
    return 0


def unified_symbol(venue: str, name: str) -> str:
    """The symbol that ccxt gives a contract whose table is filed under `name`."""
    if venue == "hyperliquid":
        return f"{name.upper()}/USDC:USDC"
    if venue == "krakenfutures":
        return KRAKEN_SYMBOLS[name]
    return name


def table_rows(tiers: list[dict[str, Any]]) -> list[Row]:
    """The compact rows of a table; raises ValueError where its bounds do not meet."""
    floors = [0.0, *(tier["cap"] for tier in tiers[:-1])]
    if floors != [tier["floor"] for tier in tiers]:
        raise ValueError(f"the rows do not meet: {tiers}")
    return [
        [_plain(tier["cap"]), tier["mmr"], _plain(float(f"{tier['cum']:.15g}")), _leverage(tier)]
        for tier in tiers
    ]


def _plain(value: float | None) -> float | None:
    return int(value) if value is not None and value == int(value) else value


def _leverage(tier: dict[str, Any]) -> float | None:
    return _plain(tier["max_leverage"])


def sheet_text(
    venue: str, sheet: dict[str, str], tables: list[list[Row]], symbols: dict[str, int]
) -> str:
    """The file's text: one table and one symbol a line, so that a diff shows what changed."""

    def compact(value: object) -> str:
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False)

    table_lines = ",\n".join(compact(table) for table in tables)
    symbol_lines = ",\n".join(
        f"{compact(symbol)}:{index}" for symbol, index in sorted(symbols.items())
    )
    return (
        f'{{"format":1,"sheets":[{{"venue":{compact(venue)},"as_of":{compact(sheet["as_of"])},\n'
        f'"source":{compact(sheet["source"])},\n"unit":{compact(sheet["unit"])},\n'
        f'"tables":[\n{table_lines}\n],\n"symbols":{{\n{symbol_lines}\n}}}}]}}\n'
    )


if __name__ == "__main__":
    sys.exit(main())
