"""`liqline account` against a venue on loopback: what it prints is what the window imports."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from dashboard.cli import main
from dashboard.market.account import Balance
from dashboard.store.book_text import READERS
from dashboard.store.setup_text import BALANCE_READERS
from dashboard.venues import lean_ccxt
from tests.venues.account_answers import ADDRESS
from tests.venues.served_accounts import Served


@pytest.fixture
def url(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    served = Served("hyperliquid")
    # it would leave ccxt's packages stripped for the other tests of this process
    monkeypatch.setattr(lean_ccxt, "install", lambda: False)
    yield f"hyperliquid={served.url}"
    served.close()


def ask(*options: str) -> int:
    return main(["account", *options], lambda _: 99)


@pytest.mark.parametrize("form", ["json", "csv"])
def test_positions_are_printed_as_they_are_imported(
    url: str, form: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ask(ADDRESS, "--form", form, "--venue-url", url) == 0
    printed, said = capsys.readouterr()
    (position,) = READERS[f".{form}"](printed)
    assert (position.instrument.symbol, position.size) == ("BTC/USDC:USDC", 0.5)
    assert said == ""


def test_balances_are_printed_where_they_are_wanted(
    url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ask(ADDRESS, "--balances", "--venue-url", url) == 0
    told = BALANCE_READERS[".json"](capsys.readouterr().out)
    assert told == (Balance(venue="hyperliquid", coin="USDC", amount=5_000.0),)


def test_a_wrong_address_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert ask("0x12") == 2
    assert capsys.readouterr().err == (
        'liqline: address "0x12" is none of Hyperliquid; allowed is 0x and 40 hexadecimal digits\n'
    )


def test_a_venue_that_cannot_be_asked_is_one_sentence(
    url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ask(ADDRESS, "--venue-url", "hyperliquid=http://127.0.0.1:9") == 1
    assert "refused the connection" in capsys.readouterr().err
