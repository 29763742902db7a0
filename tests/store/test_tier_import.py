"""Leverage tiers from a venue's page, a keyed call or our own form."""

from __future__ import annotations

import copy
import json
import os
from pathlib import Path
from typing import Any

import pytest

from dashboard.check import tiers_command
from dashboard.cli import main
from dashboard.errors import InputError
from dashboard.market.instrument import InstrumentKey, MarginTier, TierTables, TierUnit
from dashboard.store import tier_import
from dashboard.store.tier_import import import_tiers
from dashboard.store.tiers import load_tiers

NOW_MS = 1_800_000_000_000
BEFORE_MS = NOW_MS - 1_000

KEYED: list[dict[str, Any]] = [
    {
        "symbol": "BTCUSDT",
        "notionalCoef": 1.5,
        "brackets": [
            {"bracket": 1, "initialLeverage": 125, "notionalCap": 50_000, "notionalFloor": 0,
             "maintMarginRatio": 0.004, "cum": 0.0},
            {"bracket": 2, "initialLeverage": 100, "notionalCap": 250_000, "notionalFloor": 50_000,
             "maintMarginRatio": 0.005, "cum": 50.0},
        ],
    },
    {
        "symbol": "NEWCOINUSDC",
        "brackets": [
            {"bracket": 1, "initialLeverage": 5, "notionalCap": 9_223_372_036_854_775_807,
             "notionalFloor": 0, "maintMarginRatio": 0.1, "cum": 0.0},
        ],
    },
]  # fmt: skip
KEYED_COIN = [
    {
        "symbol": "BTCUSD_PERP",
        "brackets": [
            {"bracket": 1, "initialLeverage": 125, "qtyCap": 5, "qtyFloor": 0,
             "maintMarginRatio": 0.004, "cum": 0.0},
            {"bracket": 2, "initialLeverage": 100, "qtyCap": 10, "qtyFloor": 5,
             "maintMarginRatio": 0.005, "cum": 0.005},
        ],
    },
]  # fmt: skip
PAGE = {
    "code": "000000",
    "data": {
        "brackets": [
            {
                "symbol": "ETHUSDT",
                "updateTime": 1_755_585_384_254,
                "notionalLimit": 100,
                "riskBrackets": [
                    {"bracketSeq": 2, "bracketNotionalFloor": 50_000, "bracketNotionalCap": 600_000,
                     "bracketMaintenanceMarginRate": 0.005, "cumFastMaintenanceAmount": 50,
                     "minOpenPosLeverage": 76, "maxOpenPosLeverage": 100},
                    {"bracketSeq": 1, "bracketNotionalFloor": 0, "bracketNotionalCap": 50_000,
                     "bracketMaintenanceMarginRate": 0.004, "cumFastMaintenanceAmount": 0,
                     "minOpenPosLeverage": 101, "maxOpenPosLeverage": 125},
                ],
            }
        ]
    },
}  # fmt: skip
OWN = {
    "venue": "Bybit",
    "as_of": "2026-09-29",
    "source": "a page",
    "unit": "quote notional",
    "symbols": {
        "BTC/USDT:USDT": [
            {"floor": 0, "cap": 2_000_000, "mmr": 0.005, "cum": 0, "max_leverage": 100},
            {"floor": 2_000_000, "cap": None, "mmr": 0.01, "cum": 10_000},
        ]
    },
}
TWO_TIERS = (
    MarginTier(floor=0.0, cap=50_000.0, mmr=0.004, cum=0.0, max_leverage=125.0),
    MarginTier(floor=50_000.0, cap=250_000.0, mmr=0.005, cum=50.0, max_leverage=100.0),
)


def written(folder: Path, content: object, name: str = "tiers.json") -> Path:
    path = folder / name
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    os.utime(path, (BEFORE_MS / 1000, BEFORE_MS / 1000))
    return path


def imported(folder: Path, content: object, **options: int) -> TierTables:
    import_tiers(written(folder, content), folder, NOW_MS, **options)
    return load_tiers(folder)


class TestForms:
    def test_binances_keyed_call(self, tmp_path: Path) -> None:
        found = imported(tmp_path, KEYED).find(InstrumentKey("binanceusdm", "BTC/USDT:USDT"))
        assert found is not None
        assert found.tiers == TWO_TIERS
        assert found.unit is TierUnit.QUOTE
        assert found.as_of_ms == BEFORE_MS
        assert found.source == "Binance leverage brackets, imported from tiers.json"

    def test_a_contract_that_is_not_bundled_is_cut_at_its_quote(self, tmp_path: Path) -> None:
        found = imported(tmp_path, KEYED).find(InstrumentKey("binanceusdm", "NEWCOIN/USDC:USDC"))
        assert found is not None
        assert found.tiers == (MarginTier(floor=0.0, mmr=0.1, cum=0.0, max_leverage=5.0),)

    def test_the_keyed_call_for_one_symbol(self, tmp_path: Path) -> None:
        found = imported(tmp_path, KEYED[0]).find(InstrumentKey("binanceusdm", "BTC/USDT:USDT"))
        assert found is not None
        assert found.tiers == TWO_TIERS

    def test_coin_margined_bounds_count_coins(self, tmp_path: Path) -> None:
        found = imported(tmp_path, KEYED_COIN).find(InstrumentKey("binancecoinm", "BTC/USD:BTC"))
        assert found is not None
        assert found.unit is TierUnit.COIN
        assert [tier.floor for tier in found.tiers] == [0.0, 5.0]

    def test_binances_page_in_any_order_of_rows(self, tmp_path: Path) -> None:
        found = imported(tmp_path, PAGE).find(InstrumentKey("binanceusdm", "ETH/USDT:USDT"))
        assert found is not None
        assert [tier.max_leverage for tier in found.tiers] == [125.0, 100.0]
        assert found.tiers[1].cum == 50.0

    def test_the_page_without_its_inner_wrapping(self, tmp_path: Path) -> None:
        bare = {"data": PAGE["data"]["brackets"]}
        found = imported(tmp_path, bare).find(InstrumentKey("binanceusdm", "ETH/USDT:USDT"))
        assert found is not None

    def test_our_own_form(self, tmp_path: Path) -> None:
        found = imported(tmp_path, OWN).find(InstrumentKey("bybit", "BTC/USDT:USDT"))
        assert found is not None
        assert found.source == "a page"
        assert found.as_of_ms == 1_790_640_000_000
        assert found.tiers[1] == MarginTier(floor=2e6, mmr=0.01, cum=10_000.0)

    def test_a_date_with_its_zone_is_taken_as_written(self, tmp_path: Path) -> None:
        tables = imported(tmp_path, {**OWN, "as_of": "2026-09-29T02:00:00+02:00"})
        found = tables.find(InstrumentKey("bybit", "BTC/USDT:USDT"))
        assert found is not None
        assert found.as_of_ms == 1_790_640_000_000

    def test_a_given_date_replaces_the_files(self, tmp_path: Path) -> None:
        for content, venue in ((OWN, "bybit"), (KEYED, "binanceusdm")):
            tables = imported(tmp_path, content, as_of_ms=NOW_MS)
            found = tables.find(InstrumentKey(venue, "BTC/USDT:USDT"))
            assert found is not None
            assert found.as_of_ms == NOW_MS

    @pytest.mark.parametrize(
        ("market_id", "venue", "symbol"),
        [
            ("BTCUSDT_261225", "binanceusdm", "BTC/USDT:USDT-261225"),
            ("XYZUSDT_270326", "binanceusdm", "XYZ/USDT:USDT-270326"),
            ("ETHBTC", "binanceusdm", "ETH/BTC:BTC"),
            ("ETHUSD_PERP", "binancecoinm", "ETH/USD:ETH"),
            ("ETHUSD_261225", "binancecoinm", "ETH/USD:ETH-261225"),
        ],
    )
    def test_ids_become_unified_symbols(
        self, tmp_path: Path, market_id: str, venue: str, symbol: str
    ) -> None:
        content = copy.deepcopy(KEYED_COIN if venue == "binancecoinm" else KEYED[:1])
        content[0]["symbol"] = market_id
        assert imported(tmp_path, content).find(InstrumentKey(venue, symbol)) is not None


class TestRefused:
    @pytest.mark.parametrize(
        ("content", "field", "message"),
        [
            ("", "file", "is not JSON"),
            ("<html>", "file", "is not JSON"),
            ("[" * 100_000, "file", "is not JSON"),
            ('{"a": NaN}', "file", "is not JSON"),
            ("{}", "file", "is no table of tiers"),
            ("[1]", "file", "is no table of tiers"),
            ("null", "file", "is no table of tiers"),
            ('"text"', "file", "is no table of tiers"),
            ("[]", "file", "holds no table of a contract that is known here"),
            ({**OWN, "symbols": {}}, "file", "holds no table"),
            ({**OWN, "unit": "apples"}, "unit", 'not "apples"'),
            ({**OWN, "unit": ""}, "unit", 'not ""'),
            ({**OWN, "as_of": "yesterday"}, "as_of", "as_of must be a date"),
            ({**OWN, "as_of": None}, "as_of", "as_of must be a date"),
            ({**OWN, "as_of": "2031-01-01"}, "as_of", "lies in the future"),
            ({"data": {"brackets": [{"symbol": 5}]}}, "file", "is no table of tiers"),
        ],
    )
    def test_what_is_no_tier_file(
        self, tmp_path: Path, content: object, field: str, message: str
    ) -> None:
        with pytest.raises(InputError, match=message) as caught:
            imported(tmp_path, content)
        assert caught.value.field == field
        assert not (tmp_path / "tiers").exists()

    def test_bytes_that_are_no_text(self, tmp_path: Path) -> None:
        path = tmp_path / "tiers.json"
        path.write_bytes(b'{"venue": "\xff"}')
        with pytest.raises(InputError, match="is not JSON"):
            import_tiers(path, tmp_path, NOW_MS)

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"floor": 1_900_000}, "tiers must join"),
            ({"floor": 2_100_000}, "tiers must join"),
            ({"mmr": 0.001}, "maintenance rates must not fall"),
            ({"mmr": 0.0}, "mmr of tier 2 must lie between 0 and 1"),
            ({"mmr": "nan"}, "mmr of tier 2 must lie between 0 and 1"),
            ({"cap": 1}, "cap of tier 2 must be above its floor"),
            ({"max_leverage": -1}, "max_leverage of tier 2"),
        ],
    )
    def test_tables_with_gaps_or_falling_rates(
        self, tmp_path: Path, change: dict[str, Any], message: str
    ) -> None:
        content = copy.deepcopy(OWN)
        content["symbols"]["BTC/USDT:USDT"][1].update(change)  # type: ignore[index]
        with pytest.raises(InputError, match=f"BTC/USDT:USDT: {message}") as caught:
            imported(tmp_path, content)
        assert caught.value.field == "tiers"

    def test_a_bracket_without_bounds(self, tmp_path: Path) -> None:
        content = copy.deepcopy(KEYED)
        del content[0]["brackets"][1]["notionalFloor"]
        with pytest.raises(InputError, match="neither notionalFloor nor qtyFloor"):
            imported(tmp_path, content)

    def test_a_file_that_is_not_there(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match="cannot be read: no such file"):
            import_tiers(tmp_path / "none.json", tmp_path, NOW_MS)

    def test_a_file_too_large_to_be_a_tier_table_is_not_read(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(tier_import, "MAX_FILE_BYTES", 1_000)
        with pytest.raises(InputError, match=r"bytes; at most 1,000 are read"):
            imported(tmp_path, " " * 1_001)


class TestCommand:
    def run(self, capsys: pytest.CaptureFixture[str], *argv: str) -> tuple[int, str, str]:
        status = main(["tiers", "import", *argv], lambda _: 99)
        out, err = capsys.readouterr()
        return status, out, err

    def test_it_says_what_was_kept(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        path = written(tmp_path, OWN)
        status, out, err = self.run(capsys, str(path), "--data-dir", str(tmp_path))
        assert (status, err) == (0, "")
        assert out == "bybit: kept 1 table dated 2026-09-29 (a page)\n"

    def test_it_says_what_was_left_out(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        strange = [{**KEYED[0], "symbol": f"STRANGE{n}"} for n in range(5)]
        path = written(tmp_path, [*KEYED, *strange])
        arguments = ("--data-dir", str(tmp_path), "--as-of", "2024-01-01")
        status, out, _ = self.run(capsys, str(path), *arguments)
        assert status == 0
        assert "binanceusdm: kept 2 tables dated 2024-01-01" in out
        assert "; 1 not used, because newer ones are known" in out
        assert "left out: STRANGE0, STRANGE1, STRANGE2 and 2 more" in out

    @pytest.mark.parametrize(
        ("name", "options", "message"),
        [
            ("none.json", (), "cannot be read"),
            ("tiers.json", ("--as-of", "soon"), '--as-of must be a date such as 2026-09-29'),
            ("tiers.json", ("--as-of", "2040-01-01"), "lies in the future"),
        ],
    )  # fmt: skip
    def test_what_is_refused_is_one_sentence_and_status_2(
        self,
        tmp_path: Path,
        capsys: pytest.CaptureFixture[str],
        name: str,
        options: tuple[str, ...],
        message: str,
    ) -> None:
        written(tmp_path, OWN)
        path = str(tmp_path / name)
        status, out, err = self.run(capsys, path, "--data-dir", str(tmp_path), *options)
        assert (status, out) == (2, "")
        assert err.startswith("liqline: ")
        assert message in err
        assert err.count("\n") == 1

    def test_a_single_unknown_id_is_named(self) -> None:
        kept = tier_import.Imported(
            venue="binanceusdm", symbols=("A",), as_of_ms=0, source="s", skipped=("B",)
        )
        assert tiers_command._sentence(kept).endswith("left out: B")
