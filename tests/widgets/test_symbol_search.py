"""What a typed symbol means."""

from __future__ import annotations

import pytest

from dashboard.errors import InputError
from dashboard.market.instrument import InstrumentKey
from tests.widgets.market_samples import BTC, BYBIT_BTC, INSTRUMENTS, VENUES, instrument
from widgets.models.symbol_search import resolve, resolve_many, suggest

OKX_SOL = InstrumentKey("okx", "SOL/USDT:USDT")


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("btc", BTC),
        ("BTCUSDT", BTC),
        ("  BTC/USDT:USDT ", BTC),
        ("binanceusdm BTC/USDT:USDT", BTC),
        ("binance btc", BTC),
        ("bybit btcusdt", BYBIT_BTC),
        ("btc bybit", BYBIT_BTC),
        ("OKX SOL-USDT-SWAP", OKX_SOL),
        ("okx 1000pepe", InstrumentKey("okx", "1000PEPE/USDT:USDT")),
    ],
)
def test_text_means_a_contract(text: str, key: InstrumentKey) -> None:
    assert resolve(text, INSTRUMENTS, VENUES) == key


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "type a symbol"),
        ("okx xyz", 'okx: symbol "xyz" is not listed'),
        ("xyz", 'symbol "xyz" is not listed (asked: binanceusdm, bybit, okx)'),
        ("kraken btc", '"kraken" is no enabled venue; enabled are binanceusdm, bybit, okx'),
        ("<b>", "is no contract name"),
    ],
)
def test_text_that_means_none_is_refused_in_one_sentence(text: str, said: str) -> None:
    with pytest.raises(InputError) as refusal:
        resolve(text, INSTRUMENTS, VENUES)
    assert said in refusal.value.user_message
    assert "\n" not in refusal.value.user_message


def test_contracts_that_have_not_arrived_are_no_reason_to_say_unlisted() -> None:
    with pytest.raises(InputError, match="no contracts of okx were listed; the status bar"):
        resolve("okx btc", [instrument("bybit", "BTC")], VENUES)
    with pytest.raises(InputError, match="nothing was listed by binanceusdm, okx"):
        resolve("eth", [instrument("bybit", "BTC")], VENUES)


def test_suggestions_start_with_the_likeliest() -> None:
    listed = [
        *INSTRUMENTS,
        instrument("binanceusdm", "BTCDOM"),
        instrument("binanceusdm", "BTC", "USDC"),
        instrument("kraken", "BTC"),
    ]
    found = [entry.key for entry in suggest("btc", listed, VENUES)]
    assert found[:2] == [BTC, InstrumentKey("binanceusdm", "BTC/USDC:USDC")]
    assert found[-1] == InstrumentKey("binanceusdm", "BTCDOM/USDT:USDT")
    assert all(key.venue in VENUES for key in found)


def test_suggestions_keep_to_the_venue_that_was_typed() -> None:
    assert [entry.venue for entry in suggest("okx pepe", INSTRUMENTS, VENUES)] == ["okx"]
    assert suggest("", INSTRUMENTS, VENUES) == []
    assert len(suggest("u", INSTRUMENTS, VENUES, limit=2)) <= 2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("okx sol", "okx is not in this recording, which has binanceusdm"),
        ("doge", 'symbol "doge" is not in this recording, which has BTC, ETH'),
        ("binance doge", 'symbol "doge" is not in this recording, which has BTC, ETH of'),
        ("<b>", "is no contract name"),
        ("", "type a symbol"),
    ],
)
def test_a_recording_is_not_taken_for_what_the_venue_lists(text: str, said: str) -> None:
    recorded = [instrument("binanceusdm", "BTC"), instrument("binanceusdm", "ETH")]
    with pytest.raises(InputError) as refusal:
        resolve(text, recorded, VENUES, recorded=True)
    assert said in refusal.value.user_message
    assert "not listed" not in refusal.value.user_message


def test_of_a_recording_nothing_is_said_before_it_has_arrived() -> None:
    with pytest.raises(InputError, match="no contracts of okx were listed"):
        resolve("okx sol", [], VENUES, recorded=True)


def test_words_behind_a_venue_are_looked_for_at_that_venue_alone() -> None:
    assert resolve_many("okx sol 1000pepe", INSTRUMENTS, VENUES)[0] == [
        OKX_SOL,
        InstrumentKey("okx", "1000PEPE/USDT:USDT"),
    ]
    recorded = [instrument("binanceusdm", "SOL")]
    found, faults = resolve_many("okx sol", recorded, VENUES, recorded=True)
    assert (found, len(faults)) == ([], 1)
