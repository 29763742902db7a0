"""A short form of the loaded hour, and the counting that it is judged by."""

from __future__ import annotations

from pathlib import Path

import pytest

from dashboard.replay.wire import VenueRequest
from tests.load.budgets import BANNED, VENUES, faults, run
from tests.load.counting import COUNTING, HOST_OF, Heard, Limit, fullest, peaks

SHORT_MINUTES = 3.0


async def test_three_loaded_minutes_keep_every_budget_and_every_ban(tmp_path: Path) -> None:
    outcome = await run(SHORT_MINUTES, VENUES, tmp_path)
    assert faults(outcome) == []
    assert {heard.host for heard in outcome.log} == {HOST_OF[venue] for venue in VENUES}
    banned = [heard.at_s for heard in outcome.log if heard.host == HOST_OF[BANNED]]
    assert any(at_s <= outcome.banned_s for at_s in banned)
    assert any(at_s > outcome.ban_ended_s for at_s in banned)


def get(host: str, path: str, **query: str) -> Heard:
    return Heard(0.0, host, VenueRequest(method="GET", path=path, query=query))


@pytest.mark.parametrize(
    ("heard", "weight"),
    [
        (get("fapi.binance.com", "/fapi/v1/premiumIndex"), 10),
        (get("fapi.binance.com", "/fapi/v1/premiumIndex", symbol="BTCUSDT"), 1),
        (get("fapi.binance.com", "/fapi/v1/ticker/24hr"), 40),
        (get("fapi.binance.com", "/fapi/v1/klines", limit="499"), 2),
        (get("fapi.binance.com", "/fapi/v1/markPriceKlines", limit="1500"), 10),
        (get("dapi.binance.com", "/dapi/v1/premiumIndex"), 10),
        (get("api.hyperliquid.xyz", "/info"), 20),
    ],
)
def test_weights_are_those_of_the_venue(heard: Heard, weight: int) -> None:
    assert [charge.weight for charge in COUNTING[heard.host](heard.request)] == [weight]


def test_budgets_of_their_own_are_told_apart() -> None:
    names = ("/futures/data/openInterestHist", "/fapi/v1/fundingInfo", "/fapi/v1/openInterest")
    log = [get("fapi.binance.com", name) for name in names]
    assert {peak.budget for peak in peaks(log)} == {"statistics", "funding", "weight"}


def test_the_fullest_window_is_found_wherever_it_lies() -> None:
    charges = [(0.0, 1), (0.9, 1), (1.1, 1), (1.2, 1), (5.0, 1)]
    peak = fullest("h", "b", Limit(10, 1.0), charges)
    assert (peak.share, peak.at_s) == (0.3, 1.2)
    burst = [(float(at), 1) for at in range(10)]
    assert fullest("h", "b", Limit(1, 1.0), burst).share == 1.0
    assert fullest("h", "b", Limit(1, 1.0), burst[::2]).share == 0.5
