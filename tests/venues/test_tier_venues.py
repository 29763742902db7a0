"""Gate, Bitget and KuCoin give leverage tiers without a key."""

from __future__ import annotations

import math

import pytest

from dashboard.errors import InputError, VenueError
from dashboard.market.instrument import ContractKind, Instrument, MarginTier, TierTable, TierUnit
from dashboard.risk.margin import check_tiers
from dashboard.venues.basic import KUCOIN
from dashboard.venues.bitget import ENTRY as BITGET
from dashboard.venues.ccxt_source import CcxtSource
from dashboard.venues.entry import Budget, Entry
from dashboard.venues.fields import AnswerError
from dashboard.venues.gate import ENTRY as GATE
from dashboard.venues.limiter import Limiter
from dashboard.venues.tier_venues import TIER_VENUES, find_tier_entry
from tests.venues import tier_answers as given
from tests.venues.faulty import NOW_MS, faulty_server, text
from tests.venues.test_catalogue import exchange_class

SYMBOLS = {"gate": "BTC/USDT:USDT", "bitget": "BTC/USDT:USDT", "kucoinfutures": "ETH/USDT:USDT"}
FIRST_AND_SECOND = {
    "gate": [(0.0, 1e6, 0.004, 125.0), (1e6, 2e6, 0.005, 100.0)],
    "bitget": [(0.0, 150_000.0, 0.004, 125.0), (150_000.0, 900_000.0, 0.005, 100.0)],
    "kucoinfutures": [(0.0, 300_000.0, 0.005, 100.0), (300_000.0, 1e6, 0.01, 50.0)],
}


def instrument(entry: Entry) -> Instrument:
    return Instrument(
        venue=entry.venue,
        symbol=SYMBOLS[entry.venue],
        market_id="BTCUSDT",
        base="BTC",
        quote="USDT",
        settle="USDT",
        kind=ContractKind.LINEAR,
        contract_size=1.0,
    )


def parse(entry: Entry, answer: object) -> list[TierTable]:
    assert entry.tiers is not None
    return entry.tiers.parse([answer], [instrument(entry)], NOW_MS)


def tiers_of(entry: Entry, answer: object) -> tuple[MarginTier, ...]:
    (table,) = parse(entry, answer)
    return table.tiers


async def fetch(venue: str, url: str) -> list[TierTable]:
    source = CcxtSource(TIER_VENUES[venue], lambda: NOW_MS, loopback_url=url)
    source.limiter = Limiter({n: Budget(10**9, 1.0) for n in source.entry.budgets}, lambda: 0.0)
    await source.open()
    try:
        await source.load_instruments()
        return await source.fetch_tiers([SYMBOLS[venue]])
    finally:
        await source.close()


@pytest.mark.parametrize("venue", SYMBOLS)
async def test_tiers_come_through_ccxt(venue: str) -> None:
    async with faulty_server() as server:
        server.answer = given.recorded
        (table,) = await fetch(venue, server.url)
        hosts = {path.split("/")[1] for path in server.asked}
    assert (table.venue, table.symbol, table.unit) == (venue, SYMBOLS[venue], TierUnit.QUOTE)
    assert table.as_of_ms == NOW_MS
    rows = [(tier.floor, tier.cap, tier.mmr, tier.max_leverage) for tier in table.tiers]
    assert rows == FIRST_AND_SECOND[venue]
    assert hosts <= set(TIER_VENUES[venue].hosts)
    check_tiers(table.tiers)


@pytest.mark.parametrize("venue", SYMBOLS)
async def test_the_listing_takes_as_many_requests_as_are_charged(venue: str) -> None:
    async with faulty_server() as server:
        server.answer = given.recorded
        await fetch(venue, server.url)
        assert len(server.asked) == TIER_VENUES[venue].markets_requests + 1


@pytest.mark.parametrize("venue", SYMBOLS)
async def test_a_venue_that_is_out_of_order_is_said(venue: str) -> None:
    async with faulty_server() as server:
        server.answer = text("{}", 503)
        with pytest.raises(VenueError, match=rf"{venue} is out of order \(503\)"):
            await fetch(venue, server.url)


@pytest.mark.parametrize(
    ("entry", "answer", "tier"),
    [
        (GATE, given.gate(given.GATE_FIRST), (1e6, 0.004, 125.0)),
        (BITGET, given.bitget(given.BITGET_FIRST), (150_000.0, 0.004, 125.0)),
        (KUCOIN, given.kucoin(given.KUCOIN_FIRST), (300_000.0, 0.005, 100.0)),
    ],
    ids=SYMBOLS,
)
def test_a_recorded_tier_is_read(
    entry: Entry, answer: object, tier: tuple[float, float, float]
) -> None:
    cap, mmr, leverage = tier
    assert tiers_of(entry, answer) == (
        MarginTier(floor=0.0, cap=cap, mmr=mmr, cum=0.0, max_leverage=leverage),
    )


def test_gates_published_deductions_are_kept() -> None:
    first = given.GATE_FIRST | {"deduction": "0"}
    second = given.GATE_SECOND | {"deduction": "1000"}
    lower, upper = tiers_of(GATE, given.gate(first, second))
    assert (lower.cum, upper.cum) == (0.0, 1000.0)
    assert math.isclose(1e6 * lower.mmr - lower.cum, 1e6 * upper.mmr - upper.cum)


def test_deductions_that_are_not_all_there_do_not_count() -> None:
    second = given.GATE_SECOND | {"deduction": "1000"}
    assert [tier.cum for tier in tiers_of(GATE, given.gate(given.GATE_FIRST, second))] == [0, 0]


def test_tiers_are_ordered_by_their_bounds() -> None:
    caps = [tier.cap for tier in tiers_of(GATE, given.gate(given.GATE_SECOND, given.GATE_FIRST))]
    assert caps == [1e6, 2e6]


@pytest.mark.parametrize("field", ["risk_limit", "maintenance_rate", "leverage_max"])
@pytest.mark.parametrize("value", [None, "", "0", "-1", "x"])
def test_a_table_with_an_unreadable_tier_is_none(field: str, value: object) -> None:
    spoilt = given.GATE_SECOND | {field: value}
    with pytest.raises(AnswerError, match="a leverage tier of BTC/USDT:USDT that cannot be read"):
        parse(GATE, given.gate(given.GATE_FIRST, spoilt))


def test_no_tiers_are_no_table() -> None:
    assert parse(KUCOIN, given.kucoin()) == []


def test_an_answer_of_another_shape_is_refused() -> None:
    with pytest.raises(AnswerError, match='nothing where a list under "data" belongs'):
        parse(BITGET, {"code": "00000"})


@pytest.mark.parametrize("entry", [GATE, BITGET, KUCOIN], ids=SYMBOLS)
def test_entries_fit_ccxt_and_themselves(entry: Entry) -> None:
    assert entry.tiers is not None
    assert hasattr(exchange_class(entry), entry.tiers.method)
    assert set(entry.tiers.charges) | set(entry.markets_charges) <= set(entry.budgets)


def test_a_venue_without_public_tiers_is_refused_with_those_there_are() -> None:
    allowed = "allowed are bybit, okx, hyperliquid, gate, bitget, kucoinfutures"
    with pytest.raises(InputError, match=f'"binanceusdm" gives no .* without a key; {allowed}'):
        find_tier_entry("binanceusdm")
