"""Bundled leverage tiers, and newer ones kept beside them."""

from __future__ import annotations

import json
import math
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dashboard.errors import InputError, StoreError
from dashboard.market.instrument import InstrumentKey, MarginTier, TierTable, TierUnit
from dashboard.risk.margin import check_tiers, is_continuous
from dashboard.store.paths import find_places
from dashboard.store.tiers import FETCHED, IMPORTED, load_tiers, read_sheets, save_tiers

GATHERED = Path(__file__).parents[3] / "shared" / "tiers"
BTC = InstrumentKey("binanceusdm", "BTC/USDT:USDT")
DAY_MS = 86_400_000


def table(
    as_of_ms: int | None, mmr: float = 0.01, symbol: str = "BTC/USDT:USDT", venue: str = "bybit"
) -> TierTable:
    tiers = (
        MarginTier(floor=0.0, cap=1e6, mmr=mmr, max_leverage=50.0),
        MarginTier(floor=1e6, cap=math.inf, mmr=2 * mmr, cum=1e6 * mmr),
    )
    return TierTable(
        venue=venue,
        symbol=symbol,
        tiers=tiers,
        unit=TierUnit.QUOTE,
        as_of_ms=as_of_ms,
        source="a test",
    )


class TestBundled:
    def test_binances_table_is_there_with_source_and_date(self) -> None:
        found = load_tiers(None).find(BTC)
        assert found is not None
        assert found.tiers[0] == MarginTier(
            floor=0.0, cap=300_000.0, mmr=0.004, cum=0.0, max_leverage=150.0
        )
        assert found.tiers[1].floor == 300_000.0
        assert found.unit is TierUnit.QUOTE
        assert found.as_of_ms == datetime(2026, 9, 29, tzinfo=UTC).timestamp() * 1000
        assert "Binance USD-M leverage brackets" in found.source

    def test_every_bundled_table_is_usable(self) -> None:
        tables = load_tiers(None).tables
        assert {key.venue for key in tables} == {"binanceusdm", "hyperliquid", "krakenfutures"}
        assert sum(key.venue == "binanceusdm" for key in tables) == 907
        assert len(tables) == 907 + 39 + 2
        for held in tables.values():
            check_tiers(held.tiers)
            assert is_continuous(held.tiers)
            assert held.source
            assert held.as_of_ms is not None

    @pytest.mark.skipif(not GATHERED.exists(), reason="the gathered tables are not shipped")
    def test_it_says_what_was_gathered(self) -> None:
        tables = load_tiers(None).tables
        gathered = json.loads((GATHERED / "binanceusdm_2026-09.json").read_text())["symbols"]
        assert len(gathered) == 907
        for symbol, rows in gathered.items():
            assert tables[InstrumentKey("binanceusdm", symbol)].tiers == tuple(
                MarginTier(**row) for row in rows
            )

    def test_other_venues_are_filed_under_unified_symbols(self) -> None:
        tables = load_tiers(None)
        pepe = tables.find(InstrumentKey("hyperliquid", "KPEPE/USDC:USDC"))
        kraken = tables.find(InstrumentKey("krakenfutures", "BTC/USD:BTC"))
        assert pepe is not None
        assert pepe.tiers[1].cum == 1_000_000.0
        assert kraken is not None
        assert kraken.unit is TierUnit.CONTRACTS

    def test_an_unknown_contract_has_no_table(self) -> None:
        assert load_tiers(None).find(InstrumentKey("binanceusdm", "NOPE/USDT:USDT")) is None

    def test_a_table_is_built_once(self) -> None:
        tables = load_tiers(None)
        assert tables.find(BTC) is tables.find(BTC)


class TestKept:
    def test_what_is_saved_is_found_again(self, tmp_path: Path) -> None:
        saved = [table(DAY_MS), table(DAY_MS, symbol="ETH/USDT:USDT"), table(2 * DAY_MS, 0.02, "X")]
        save_tiers(saved, tmp_path)
        found = load_tiers(tmp_path)
        assert [found.find(held.key) for held in saved] == saved
        assert found.find(BTC) == load_tiers(None).find(BTC)

    def test_they_lie_where_the_places_say(self, tmp_path: Path) -> None:
        places = find_places(tmp_path)
        save_tiers([table(DAY_MS)], places.data)
        assert [file.name for file in places.tiers.iterdir()] == [FETCHED]

    def test_the_newest_date_wins_in_any_order_and_file(self, tmp_path: Path) -> None:
        old, new = table(DAY_MS, 0.01), table(2 * DAY_MS, 0.02)
        save_tiers([new], tmp_path, IMPORTED)
        save_tiers([old], tmp_path, FETCHED)
        assert load_tiers(tmp_path).find(old.key) == new
        save_tiers([old], tmp_path, IMPORTED)
        assert load_tiers(tmp_path).find(old.key) == new
        newest = table(3 * DAY_MS, 0.03)
        save_tiers([newest], tmp_path, FETCHED)
        assert load_tiers(tmp_path).find(old.key) == newest

    def test_a_table_newer_than_the_bundled_one_replaces_it_and_an_older_one_does_not(
        self, tmp_path: Path
    ) -> None:
        now_ms = time.time_ns() // 1_000_000
        for as_of_ms, expected in ((DAY_MS, False), (now_ms, True)):
            own = table(as_of_ms, venue=BTC.venue)
            save_tiers([own], tmp_path)
            assert (load_tiers(tmp_path).find(BTC) == own) is expected

    def test_other_tables_stay_when_one_is_saved(self, tmp_path: Path) -> None:
        first, second = table(DAY_MS), table(DAY_MS, symbol="ETH/USDT:USDT")
        save_tiers([first], tmp_path)
        save_tiers([second], tmp_path)
        found = load_tiers(tmp_path)
        assert (found.find(first.key), found.find(second.key)) == (first, second)

    def test_unusable_tables_are_named_and_the_others_kept(self, tmp_path: Path) -> None:
        good = table(2 * DAY_MS, symbol="GOOD")
        bad = [
            replace(table(2 * DAY_MS, symbol=name), tiers=table(0).tiers[::-1])
            for name in ("BAD", "WORSE")
        ]
        message = r"^BAD: tiers must start at a floor of 0, .*: not kept \(and 1 more\)$"
        with pytest.raises(InputError, match=message) as caught:
            save_tiers([bad[0], good, bad[1]], tmp_path)
        assert caught.value.field == "tiers"
        found = load_tiers(tmp_path)
        assert found.find(good.key) == good
        assert found.find(bad[0].key) is None

    def test_a_table_without_a_date_is_not_kept(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match="have no date") as caught:
            save_tiers([table(None)], tmp_path)
        assert caught.value.field == "as_of"

    @pytest.mark.expects_log("cannot be read")
    def test_a_damaged_file_is_left_out_and_logged(self, tmp_path: Path) -> None:
        save_tiers([table(DAY_MS)], tmp_path)
        path = tmp_path / "tiers" / FETCHED
        path.write_bytes(path.read_bytes()[:-20])
        assert load_tiers(tmp_path).find(table(0).key) is None
        assert load_tiers(tmp_path).find(BTC) is not None

    @pytest.mark.parametrize(
        ("text", "reason"),
        [
            ("", "cannot be read"),
            ("[]", "cannot be read"),
            ('{"format": 2, "sheets": []}', "have format 2; this program reads 1"),
            (
                '{"format": 1, "sheets": [{"venue": "a", "as_of": "2026-01-01T00:00:00Z", '
                '"source": "", "unit": "quote", "tables": [], "symbols": {"x": 0}}]}',
                "name a table that is not there",
            ),
        ],
    )
    def test_a_file_of_another_form_is_refused(
        self, tmp_path: Path, text: str, reason: str
    ) -> None:
        path = tmp_path / "sheets.json"
        path.write_text(text)
        with pytest.raises(StoreError, match=reason):
            read_sheets(path)

    def test_a_data_directory_that_is_a_file_is_named(self, tmp_path: Path) -> None:
        place = tmp_path / "file"
        place.write_text("")
        with pytest.raises(StoreError, match="could not be made"):
            save_tiers([table(DAY_MS)], place)
