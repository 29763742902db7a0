"""`liqline tiers fetch` against a venue on loopback: what it keeps, says and returns."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from dashboard.check import tiers_fetch
from dashboard.cli import main
from dashboard.market.instrument import InstrumentKey, TierUnit
from dashboard.store.tiers import load_tiers
from dashboard.venues import lean_ccxt
from dashboard.venues.ccxt_source import CcxtSource
from tests.venues import tier_answers as given
from tests.venues.faulty import FaultyServer, faulty_server, text

BTC = InstrumentKey("gate", "BTC/USDT:USDT")


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultyServer]:
    """A venue on loopback, served from a thread, because the command runs a loop of its own."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    context = faulty_server()
    running = asyncio.run_coroutine_threadsafe(context.__aenter__(), loop).result()
    running.answer = given.recorded
    monkeypatch.setattr(tiers_fetch, "CcxtSource", partial(CcxtSource, loopback_url=running.url))
    # it would leave ccxt's packages stripped for the other tests of this process
    monkeypatch.setattr(lean_ccxt, "install", lambda: False)
    yield running
    asyncio.run_coroutine_threadsafe(context.__aexit__(None, None, None), loop).result()
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


def fetch(folder: Path, venue: str = "gate", symbols: str = "BTC/USDT:USDT") -> int:
    argv = ["tiers", "fetch", "--venue", venue, "--symbols", symbols, "--data-dir", str(folder)]
    return main(argv, lambda _: 99)


def said(capsys: pytest.CaptureFixture[str]) -> tuple[str, str]:
    out, err = capsys.readouterr()
    return out, err


def test_tiers_are_kept_with_their_date(
    server: FaultyServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert fetch(tmp_path) == 0
    assert said(capsys) == ("gate BTC/USDT:USDT: 2 tiers, kept\n", "")
    table = load_tiers(tmp_path).find(BTC)
    assert table is not None
    assert [tier.cap for tier in table.tiers] == [1e6, 2e6]
    assert table.source == "Gate /futures/{settle}/risk_limit_tiers"
    assert table.as_of_ms is not None
    assert table.as_of_ms > 1_700_000_000_000


def test_a_venue_may_be_named_as_usual(
    server: FaultyServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert fetch(tmp_path, "KuCoin", "ETH/USDT:USDT") == 0
    assert said(capsys) == ("kucoinfutures ETH/USDT:USDT: 2 tiers, kept\n", "")


def test_tiers_that_the_feed_fetches_can_be_fetched_too(
    server: FaultyServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert fetch(tmp_path, "okx") == 0
    assert said(capsys) == ("okx BTC/USDT:USDT: 1 tier, kept\n", "")
    table = load_tiers(tmp_path).find(InstrumentKey("okx", "BTC/USDT:USDT"))
    assert table is not None
    assert table.unit is TierUnit.CONTRACTS


def test_a_contract_without_tiers_is_said(
    server: FaultyServer,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    question = "/api-futures.kucoin.com/api/v1/contracts/risk-limit/ETHUSDTM"
    monkeypatch.setitem(given.ANSWERS, question, given.kucoin())
    assert fetch(tmp_path, "kucoinfutures", "ETH/USDT:USDT") == 1
    sentence = "liqline: kucoinfutures gave no leverage tiers of ETH/USDT:USDT\n"
    assert said(capsys) == ("", sentence)


def test_a_table_with_falling_rates_is_not_kept(
    server: FaultyServer,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    question = "/api.gateio.ws/api/v4/futures/usdt/risk_limit_tiers?contract=BTC_USDT"
    falling = given.GATE_SECOND | {"maintenance_rate": "0.003"}
    monkeypatch.setitem(given.ANSWERS, question, given.gate(given.GATE_FIRST, falling))
    assert fetch(tmp_path) == 1
    out, err = said(capsys)
    assert out == ""
    assert err.startswith("liqline: gate answered with leverage tiers of BTC/USDT:USDT that do not")
    assert "maintenance rates must not fall: tier 2 has mmr 0.003 after 0.004" in err
    assert load_tiers(tmp_path).find(BTC) is None


def test_a_contract_that_is_not_listed_is_refused(
    server: FaultyServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert fetch(tmp_path, symbols="BTC/USDT:USDT,NO/USDT:USDT") == 2
    assert said(capsys) == ("", "liqline: gate does not list NO/USDT:USDT\n")


def test_a_venue_that_does_not_answer_is_said(
    server: FaultyServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    server.answer = text("{}", 503)
    assert fetch(tmp_path) == 1
    assert said(capsys) == ("", "liqline: gate is out of order (503)\n")


@pytest.mark.parametrize(
    ("venue", "symbols", "sentence"),
    [
        ("bitmex", "BTC/USDT:USDT", 'venue "bitmex" gives no leverage tiers without a key'),
        ("binance", "BTC/USDT:USDT", 'venue "binanceusdm" gives no leverage tiers without a key'),
        ("gate", " , ", "--symbols names nothing"),
    ],
)
def test_wrong_arguments_are_one_sentence_and_status_2(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    venue: str,
    symbols: str,
    sentence: str,
) -> None:
    assert fetch(tmp_path, venue, symbols) == 2
    out, err = said(capsys)
    assert (out, err.count("\n")) == ("", 1)
    assert err.startswith(f"liqline: {sentence}")
