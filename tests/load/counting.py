"""What each venue counts for a request, from its documentation and not from our catalogue."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple

from dashboard.replay.wire import VenueRequest

LEAST_WINDOW_REQUESTS = 2
"""Half of a budget of one request is one in twice the window.

In a single window of such a budget (Bitget's ratio: one request a second) there is one request or
none, all of it or nothing; that it is at most half used shows over two windows.
"""


class Limit(NamedTuple):
    """`most` units of weight in any `window_s` seconds."""

    most: int
    window_s: float


class Charge(NamedTuple):
    """Units of weight off a budget of that name."""

    budget: str
    limit: Limit
    weight: int


class Heard(NamedTuple):
    """A request as the server saw it, at a recorded moment in seconds."""

    at_s: float
    host: str
    request: VenueRequest


class Peak(NamedTuple):
    """The fullest window of a budget."""

    host: str
    budget: str
    share: float
    at_s: float


_BINANCE_WEIGHT = Limit(2400, 60.0)
_BINANCE_STATISTICS = Limit(1000, 300.0)
_BINANCE_FUNDING = Limit(500, 300.0)


def _klines_weight(request: VenueRequest) -> int:
    limit = int(request.query.get("limit", "500"))
    return next(w for most, w in ((99, 1), (499, 2), (1000, 5), (1500, 10)) if limit <= most)


def _binance(request: VenueRequest) -> list[Charge]:
    path = request.path
    if path.startswith("/futures/data/"):
        return [Charge("statistics", _BINANCE_STATISTICS, 1)]
    name = path.split("/v1/")[-1]
    if name in {"fundingRate", "fundingInfo"}:
        return [Charge("funding", _BINANCE_FUNDING, 1)]
    whole = "symbol" not in request.query
    weight = {"premiumIndex": 10 if whole else 1, "ticker/24hr": 40 if whole else 1}.get(name, 1)
    if name.endswith(("klines", "Klines")):
        weight = _klines_weight(request)
    return [Charge("weight", _BINANCE_WEIGHT, weight)]


def _bybit(_request: VenueRequest) -> list[Charge]:
    return [Charge("requests", Limit(600, 5.0), 1)]


_OKX_PER_TWO_SECONDS = {
    "instruments": 20,
    "mark-price": 10,
    "open-interest": 20,
    "funding-rate": 10,
    "funding-rate-history": 10,
    "index-tickers": 20,
    "tickers": 20,
    "candles": 40,
    "history-candles": 20,
    "mark-price-candles": 20,
    "history-mark-price-candles": 10,
    "position-tiers": 10,
    "open-interest-history": 10,
    "long-short-account-ratio-contract": 5,
}


def _okx(request: VenueRequest) -> list[Charge]:
    name = request.path.rsplit("/", 1)[-1]
    return [Charge(name, Limit(_OKX_PER_TWO_SECONDS.get(name, 5), 2.0), 1)]


def _gate(request: VenueRequest) -> list[Charge]:
    name = request.path.split("/futures/usdt/")[-1].split("/", 1)[0]
    return [Charge(name, Limit(200, 10.0), 1)]


_BITGET_SLOW = frozenset({"account-long-short", "position-long-short", "long-short"})


def _bitget(request: VenueRequest) -> list[Charge]:
    name = request.path.rsplit("/", 1)[-1]
    limit = Limit(10 if name == "query-position-lever" else 20, 1.0)
    if name in _BITGET_SLOW:
        limit = Limit(1, 1.0)
    return [Charge(name, limit, 1), Charge("all", Limit(6000, 60.0), 1)]


def _hyperliquid(request: VenueRequest) -> list[Charge]:
    return [Charge("weight", Limit(1200, 60.0), 20)]


COUNTING: Mapping[str, Callable[[VenueRequest], list[Charge]]] = {
    "fapi.binance.com": _binance,
    "dapi.binance.com": _binance,
    "api.bybit.com": _bybit,
    "www.okx.com": _okx,
    "api.gateio.ws": _gate,
    "api.bitget.com": _bitget,
    "api.hyperliquid.xyz": _hyperliquid,
}
HOST_OF = {
    "binanceusdm": "fapi.binance.com",
    "binancecoinm": "dapi.binance.com",
    "bybit": "api.bybit.com",
    "okx": "www.okx.com",
    "gate": "api.gateio.ws",
    "bitget": "api.bitget.com",
    "hyperliquid": "api.hyperliquid.xyz",
}


def peaks(log: Iterable[Heard]) -> Iterator[Peak]:
    """The fullest window of every budget, as a share of what the venue allows."""
    spent: dict[tuple[str, str, Limit], list[tuple[float, int]]] = defaultdict(list)
    for heard in log:
        for charge in COUNTING[heard.host](heard.request):
            spent[heard.host, charge.budget, charge.limit].append((heard.at_s, charge.weight))
    for (host, budget, limit), charges in spent.items():
        yield fullest(host, budget, limit, charges)


def fullest(host: str, budget: str, limit: Limit, charges: Iterable[tuple[float, int]]) -> Peak:
    """The window that ends with a charge and holds most."""
    stretch = max(1.0, LEAST_WINDOW_REQUESTS / limit.most)
    most, window_s = limit.most * stretch, limit.window_s * stretch
    inside: list[tuple[float, int]] = []
    total, peak = 0, Peak(host, budget, 0.0, 0.0)
    first = 0
    for at_s, weight in sorted(charges):
        inside.append((at_s, weight))
        total += weight
        while inside[first][0] <= at_s - window_s:
            total -= inside[first][1]
            first += 1
        if total / most > peak.share:
            peak = Peak(host, budget, total / most, at_s)
    return peak
