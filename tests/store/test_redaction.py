"""Nothing that looks like a key is written to a log."""

from __future__ import annotations

import logging

import pytest

from dashboard.store.redaction import HIDDEN, RedactingFormatter, redacted

CANARY = "canary0Key1Of2Nobody3"
LONG = "A1b2C3d4" * 8


@pytest.mark.parametrize(
    "text",
    [
        f"https://fapi.binance.com/fapi/v2/account?timestamp=1&signature={CANARY}",
        f"{{'X-MBX-APIKEY': '{CANARY}'}}",
        f'{{"apiKey": "{CANARY}", "x": 1}}',
        f"OK-ACCESS-PASSPHRASE: {CANARY}",
        f"OK-ACCESS-SIGN={CANARY}",
        f"secret: {CANARY}",
        f"password={CANARY}&user=x",
        f"Authorization: Bearer {CANARY}",
        f"postgresql://desk:{CANARY}@db/history",
        f"apiKey%3D{CANARY}",
        f"the key {LONG} was refused".replace(LONG, LONG),
    ],
)
def test_a_key_is_hidden_wherever_it_stands(text: str) -> None:
    assert CANARY not in redacted(text)
    assert LONG not in redacted(text)
    assert HIDDEN in redacted(text)


@pytest.mark.parametrize(
    "text",
    [
        "binanceusdm: the mark price of BTC/USDT:USDT at bybit went from 60000 to 6 at once",
        'the book "/home/me/.local/share/liqline/book.sqlite3" is damaged',
        "bybit answered with 12 contracts where 400 were listed before",
        "GET /fapi/v1/premiumIndex?symbol=1000PEPEUSDT",
        "https://api.bybit.com/v5/market/tickers?category=linear",
    ],
)
def test_what_helps_to_understand_a_fault_stays(text: str) -> None:
    assert redacted(text) == text


def test_a_traceback_is_redacted_too() -> None:
    error = ValueError(f"signature={CANARY}")
    caught = (ValueError, error, None)
    record = logging.LogRecord("x", logging.ERROR, __file__, 1, "broke", (), caught)
    text = RedactingFormatter("%(message)s").format(record)
    assert "ValueError: signature=***" in text
    assert CANARY not in text
