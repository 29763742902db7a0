"""Typed lines as the window understands them: the exact position, or the word that is wrong."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from dashboard.market.account import Balance, Book, MarginMode, Position, Side, SizeUnit
from dashboard.market.snapshot import Snapshot
from dashboard.risk.assess import assess
from dashboard.risk.report import RiskReport
from dashboard.store.tiers import load_tiers
from dashboard.tradeline.line import EXAMPLE
from tests.widgets import market_samples
from tests.widgets.market_samples import BTC, BYBIT_BTC, ETH, NOW_MS, VENUES
from widgets.models.completion import completion_at
from widgets.models.draft import DRAFT_ID, draft_of
from widgets.update import Update

TIERS = load_tiers(None)
UPDATE = market_samples.update(BTC, ETH, BYBIT_BTC, selected=BTC)
MARK = 61_234.5
INSTRUMENTS = {(i.venue, i.base): i for i in market_samples.INSTRUMENTS}


def risk_of(snapshot: Snapshot, book: Book, now_ms: int) -> RiskReport:
    return assess(book, snapshot, TIERS, now_ms)


def read(text: str, update: Update = UPDATE) -> Any:
    return draft_of(text, update, VENUES, risk_of)


def position(base: str = "BTC", venue: str = "binanceusdm", **changes: Any) -> Position:
    usual: dict[str, Any] = {
        "side": Side.LONG,
        "size": 0.5,
        "size_unit": SizeUnit.BASE,
        "entry_price": MARK,
        "margin_mode": MarginMode.ISOLATED,
        "leverage": 10.0,
    }
    instrument = INSTRUMENTS[venue, base]
    fields = {**usual, **changes}
    return Position(id=DRAFT_ID, instrument=instrument, opened_ms=NOW_MS, **fields)


SHORT, CROSS = {"side": Side.SHORT}, {"margin_mode": MarginMode.CROSS, "leverage": None}
EXACT: list[tuple[str, Position]] = [
    ("long btc 0.5 @ market x10 iso sl 58000 tp 68000",
     position(stop_price=58_000.0, take_profit_price=68_000.0)),
    ("long btc 0.5 market x10 iso", position()),
    ("long btc 0.5 @64200 x10 iso", position(entry_price=64_200.0)),
    ("long btc 0.5 @64,200.50 10x isolated", position(entry_price=64_200.5)),
    ("long btc 0.5 @64\u2009200,5 10x isolated", position(entry_price=64_200.5)),
    ("long btc 0,5 @64.2k ×10 iso", position(entry_price=64_200.0)),
    ("short btc 0.5 mkt x10 iso", position(**SHORT)),
    ("short BTCUSDT 1000usdt mkt x10 iso",
     position(size=1_000.0, size_unit=SizeUnit.QUOTE, **SHORT)),
    ("short btc 30k$ mark x10 iso", position(size=30_000.0, size_unit=SizeUnit.QUOTE, **SHORT)),
    ("long btc 12 contracts mkt x10 iso", position(size=12.0, size_unit=SizeUnit.CONTRACTS)),
    ("long btc 0.5 btc mkt x10 iso", position()),
    ("long btc 0.5 mkt cross", position(**CROSS)),
    ("long btc 0.5 mkt cross x3", position(**{**CROSS, "leverage": 3.0})),
    ("long bybit:btc 0.5 mkt x10 iso", position(venue="bybit")),
    ("long bybit btc 0.5 mkt x10 iso", position(venue="bybit")),
    ("long btc 0.5 mkt x10 iso bybit", position(venue="bybit")),
    ("long okx btc 0.5 @64200 x10 iso", position(venue="okx", entry_price=64_200.0)),
    ("long eth 2 mkt x5 iso +margin 50",
     position("ETH", size=2.0, leverage=5.0, extra_margin=50.0)),
    ("long 1000pepe 1M @0.012 x5 iso",
     position("1000PEPE", size=1e6, leverage=5.0, entry_price=0.012)),
]  # fmt: skip

WRONG = [
    ("buy btc", "buy", "side must be long or short"),
    ("long nope 0.5 mkt x10 iso", "nope", 'symbol "nope" is not listed'),
    ("long bybit:nope 0.5 mkt x10 iso", "bybit:nope", "(asked: bybit)"),
    ("long sol 0.5 market x10 iso", "market", "entry price is market but no mark price"),
    ("long sol 0.5 @ market x10 iso", "@", "write @ and a price"),
    ("long btc 9" + "0" * 20 + " mkt x10 iso", "9" + "0" * 20, "size must lie between"),
    ("long btc 0.5 @64,200 x10 iso", "@64,200", "could be 64.200 or 64200"),
    ("long btc 0.5 mkt x\u22125 iso", "x\u22125", "leverage must be above 0"),
    ("long btc 0.5 mkt x10 iso <b>now</b>", "<b>now</b>", "is not understood"),
    ("long btc 2% risk mkt x10 iso sl 58000 ", "2%", "size by risk needs the account"),
    ("long btc 2% risk mkt x10 iso sl 65000 wallet 1000", "2%", "stop_price must lie below"),
]

MISSING = [
    ("long", "symbol is missing"),
    ("long btc", "size is missing"),
    ("long btc 0.5", "entry price is missing"),
    ("long btc 0.5 mkt", "margin mode is missing"),
    ("long btc 0.5 mkt iso", "leverage is missing"),
    ("long btc 2% risk mkt x10 iso", "stop price is missing"),
]


@pytest.mark.parametrize(("text", "meant"), EXACT, ids=[text for text, _ in EXACT])
def test_a_line_is_exactly_this_position(text: str, meant: Position) -> None:
    draft = read(text)
    assert draft.fault == ""
    assert draft.position == meant


@pytest.mark.parametrize(("text", "word", "sentence"), WRONG, ids=[text for text, *_ in WRONG])
def test_a_wrong_word_is_framed_with_its_sentence(text: str, word: str, sentence: str) -> None:
    draft = read(text)
    assert draft.position is None
    assert text[draft.start : draft.end] == word
    assert sentence in draft.fault
    assert draft.wrong


@pytest.mark.parametrize(("text", "sentence"), MISSING)
def test_what_is_only_missing_is_not_called_wrong(text: str, sentence: str) -> None:
    draft = read(text)
    assert sentence in draft.fault
    assert not draft.wrong


def test_a_size_by_risk_loses_no_more_than_that_at_the_stop() -> None:
    draft = read("long btc 1% risk @60000 x10 iso sl 58000 wallet 10000")
    held = draft.position
    unit = 2_000.0 + 0.0005 * 118_000.0
    assert held.size == pytest.approx(100.0 / unit)
    stepped = replace(INSTRUMENTS["binanceusdm", "BTC"], amount_step=0.001)
    snapshot = market_samples.snapshot(BTC)
    snapshot.list_instruments([stepped])
    update = market_samples.update(snapshot=snapshot)
    text = "long btc 1% risk @60000 x10 iso sl 58000 wallet "
    assert read(text + "10000", update).position.size == 0.048
    assert "less than the smallest step" in read(text + "1", update).fault


def test_a_size_by_risk_takes_the_balance_of_the_book() -> None:
    book = Book(balances=(Balance(venue="binanceusdm", coin="USDT", amount=10_000.0),))
    update = market_samples.update(BTC, selected=BTC, book=book)
    text = "long btc 1% risk @60000 x10 iso sl 58000"
    assert read(text, update).position == read(text + " wallet 10000").position


def test_a_wallet_of_a_cross_line_is_a_balance_of_its_venue() -> None:
    draft = read("long btc 0.5 mkt cross wallet 9000")
    assert draft.balance == Balance(venue="binanceusdm", coin="USDT", amount=9_000.0)
    assert read("long btc 0.5 mkt x10 iso wallet 9000").balance is None


def test_without_any_listing_a_contract_is_taken_by_its_name_where_that_says_enough() -> None:
    update = market_samples.update(snapshot=Snapshot())
    draft = read("long btc 0.5 @64200 x10 iso", update)
    assert draft.position.instrument.key == BTC
    assert "has not listed its contracts" in draft.note
    assert "needs the contract size" in read("long btc 5ct @64200 x10 iso", update).fault
    assert "okx has not listed" in read("long okx btc 0.5 @64200 x10 iso", update).fault


def test_the_contract_that_the_window_shows_decides_the_venue() -> None:
    update = market_samples.update(BYBIT_BTC, selected=BYBIT_BTC)
    assert read("long btc 0.5 mkt x10 iso", update).position.instrument.key == BYBIT_BTC


@given(
    st.text(max_size=120)
    | st.lists(
        st.sampled_from(
            [*EXAMPLE.split(), "market", "cross", "okx:", "okx:btc", "bybit", "2%", "risk", "eth",
             "wallet", "9" * 300, "\u202e", "<b>", "1,5", "\u22121", "x10", "1000pepe", "3ct", "0"]
        ),
        max_size=12,
    ).map(" ".join)
)  # fmt: skip
def test_any_line_is_a_position_or_a_sentence(text: str) -> None:
    draft = read(text)
    assert (draft.position is None) == bool(draft.fault)
    assert 0 <= draft.start <= draft.end <= len(text)
    assert draft.fault.isprintable()


COMPLETED = [
    ("l", ("long",)),
    ("s", ("short",)),
    ("long bt", ("btc",)),
    ("long by", ("bybit",)),
    ("long ok", ("okx",)),
    ("long okx:et", ("okx:eth",)),
    ("long bybit s", ("sol",)),
    ("long bybit:", ()),
    ("long ", ()),
    ("long btc 0", ()),
    ("long btc 0.5 m", ("market",)),
    ("long btc 0.5 mkt i", ("iso",)),
    ("long btc 0.5 mkt cr", ("cross",)),
    ("long btc 0.5 mkt by", ("bybit",)),
    ("long okx btc 0.5 w", ("wallet",)),
    ("long btc 0.5 mkt iso", ()),
    ("", ()),
    ("x", ()),
]


@pytest.mark.parametrize(("text", "options"), COMPLETED)
def test_tab_has_these_to_offer(text: str, options: tuple[str, ...]) -> None:
    found = completion_at(text, len(text), market_samples.INSTRUMENTS, VENUES)
    assert found.options == options
    assert text[found.start : found.end] == (text.split(" ")[-1])


def test_a_line_of_a_contract_that_a_recording_lacks_says_that() -> None:
    recorded = replace(UPDATE, clock=structs.replace(UPDATE.clock, recording="crash"))
    assert "is not in this recording, which has" in read("long doge 5 @0.1 x5 iso", recorded).fault
    listed = {one.key: one for one in recorded.snapshot.instruments.values() if one.venue != "okx"}
    recorded = replace(recorded, snapshot=replace(recorded.snapshot, instruments=listed))
    assert "okx is not in this recording" in read("long okx btc 1 @60000 x5 iso", recorded).fault
    listed = {one.key: one for one in listed.values() if one.venue != "bybit"}
    recorded = replace(recorded, snapshot=replace(recorded.snapshot, instruments=listed))
    assert "bybit is not in this recording" in read("long bybit btc 1 @60000 x5 iso", recorded).note
