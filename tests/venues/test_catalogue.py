"""Every row of the catalogue fits ccxt and itself; a typed venue that is none is refused."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from dashboard.errors import InputError
from dashboard.market.readings import TIMEFRAMES_MS, ReadingKind, SeriesKind
from dashboard.venues.catalogue import CATALOGUE, find_entry
from dashboard.venues.entry import Entry
from dashboard.venues.exchange import to_loopback

ENTRIES = list(CATALOGUE.values())
BASE = "http://127.0.0.1:8000/token"


@pytest.fixture(params=ENTRIES, ids=[entry.venue for entry in ENTRIES])
def entry(request: pytest.FixtureRequest) -> Entry:
    return request.param  # type: ignore[no-any-return]


def exchange_class(entry: Entry) -> type:
    import ccxt.async_support

    return getattr(ccxt.async_support, entry.ccxt_id)  # type: ignore[no-any-return]


def test_every_method_is_one_of_ccxts(entry: Entry) -> None:
    methods = {call.method for call in entry.calls}
    methods |= {series.method for series in entry.series.values()}
    methods |= {s.older_method for s in entry.series.values() if s.older_method is not None}
    methods |= {entry.tiers.method} if entry.tiers else set()
    assert [m for m in methods if not hasattr(exchange_class(entry), m)] == []


def test_every_charge_has_its_budget(entry: Entry) -> None:
    charged = [*entry.calls, *entry.series.values(), *([entry.tiers] if entry.tiers else [])]
    names = {name for priced in charged for name in priced.charges} | set(entry.markets_charges)
    assert names <= set(entry.budgets)


def test_every_kind_of_reading_is_asked_once_or_explained(entry: Entry) -> None:
    for contracts in entry.contract_kinds:
        concerned = [call for call in entry.calls if call.contracts in {None, contracts}]
        asked = [kind for call in concerned for kind in call.kinds]
        assert len(asked) == len(set(asked))
        assert set(asked) | set(entry.not_offered) == set(ReadingKind)
        assert not set(asked) & set(entry.not_offered)


def test_every_series_is_offered_or_explained_for_every_timeframe(entry: Entry) -> None:
    assert set(entry.series) | set(entry.series_not_offered) == set(SeriesKind)
    assert not set(entry.series) & set(entry.series_not_offered)
    for series in entry.series.values():
        assert set(series.periods) == set(TIMEFRAMES_MS)


def test_steps_are_never_finer_than_asked(entry: Entry) -> None:
    for kind, series in entry.series.items():
        for timeframe, period in series.periods.items():
            if kind is not SeriesKind.FUNDING:
                assert period.step_ms >= TIMEFRAMES_MS[timeframe]


def test_the_hosts_are_where_ccxt_sends_the_calls(entry: Entry) -> None:
    exchange = exchange_class(entry)()
    addresses = [exchange.implode_hostname(url) for url in _texts(exchange.urls["api"])]
    hosts = {urlsplit(address).netloc for address in addresses}
    named = exchange.urls.get("hostnames", {})
    hosts |= set(named.values())
    assert set(entry.hosts) <= hosts


def _texts(urls: object) -> list[str]:
    if isinstance(urls, dict):
        return [text for url in urls.values() for text in _texts(url)]
    return [urls] if isinstance(urls, str) else []


def test_addresses_lead_to_loopback_with_the_host_as_first_segment() -> None:
    urls = {"a": "https://fapi.x.com/fapi/v1", "b": {"ws": "wss://{hostname}/ws"}, "c": None}
    assert to_loopback(urls, BASE) == {
        "a": f"{BASE}/fapi.x.com/fapi/v1",
        "b": {"ws": "ws://127.0.0.1:8000/token/{hostname}/ws"},
        "c": None,
    }


def test_an_unknown_venue_is_refused_with_those_there_are() -> None:
    with pytest.raises(
        InputError, match='"bitmex" is unknown; allowed are binanceusdm, binancecoinm'
    ):
        find_entry("bitmex")
