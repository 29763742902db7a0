"""Answers of venues that are asked for leverage tiers, and a server that gives them.

Listings and first tiers are the samples that ccxt 4.5.90 keeps in its source; the later tiers are
made up in their form.
"""

from __future__ import annotations

import json

from aiohttp import web

GATE_CONTRACT = {
    "name": "BTC_USDT",
    "type": "direct",
    "quanto_multiplier": "0.0001",
    "maintenance_rate": "0.005",
    "mark_price": "37985.6",
    "funding_rate": "0.002053",
    "order_price_round": "0.1",
    "order_size_min": 1,
    "order_size_max": 1000000,
    "leverage_min": "1",
    "leverage_max": "100",
    "maker_fee_rate": "-0.00025",
    "taker_fee_rate": "0.00075",
    "in_delisting": False,
}
GATE_FIRST = {
    "maintenance_rate": "0.004",
    "tier": 1,
    "initial_rate": "0.008",
    "leverage_max": "125",
    "risk_limit": "1000000",
}
GATE_SECOND = {
    "maintenance_rate": "0.005",
    "tier": 2,
    "initial_rate": "0.01",
    "leverage_max": "100",
    "risk_limit": "2000000",
}

BITGET_CONTRACT = {
    "symbol": "BTCUSDT",
    "baseCoin": "BTC",
    "quoteCoin": "USDT",
    "supportMarginCoins": ["USDT"],
    "symbolType": "perpetual",
    "symbolStatus": "normal",
    "pricePlace": "1",
    "priceEndStep": "1",
    "volumePlace": "3",
    "sizeMultiplier": "0.001",
    "minTradeNum": "0.001",
}
BITGET_FIRST = {
    "symbol": "BTCUSDT",
    "level": "1",
    "startUnit": "0",
    "endUnit": "150000",
    "leverage": "125",
    "keepMarginRate": "0.004",
}
BITGET_SECOND = BITGET_FIRST | {
    "level": "2",
    "startUnit": "150000",
    "endUnit": "900000",
    "leverage": "100",
    "keepMarginRate": "0.005",
}

KUCOIN_CONTRACT = {
    "symbol": "ETHUSDTM",
    "type": "FFWCSX",
    "baseCurrency": "ETH",
    "quoteCurrency": "USDT",
    "settleCurrency": "USDT",
    "isInverse": False,
    "status": "Open",
    "multiplier": 0.01,
    "tickSize": 0.05,
    "lotSize": 1,
    "maxOrderQty": 1000000,
    "maxPrice": 1000000.0,
    "nextFundingRateTime": 22035720,
}
KUCOIN_FIRST = {
    "symbol": "ETHUSDTM",
    "level": 1,
    "maxRiskLimit": 300000,
    "minRiskLimit": 0,
    "maxLeverage": 100,
    "initialMargin": 0.01,
    "maintainMargin": 0.005,
}
KUCOIN_SECOND = KUCOIN_FIRST | {
    "level": 2,
    "maxRiskLimit": 1000000,
    "minRiskLimit": 300000,
    "maxLeverage": 50,
    "maintainMargin": 0.01,
}

OKX_CONTRACT = {
    "instId": "BTC-USDT-SWAP",
    "instType": "SWAP",
    "instFamily": "BTC-USDT",
    "uly": "BTC-USDT",
    "settleCcy": "USDT",
    "ctType": "linear",
    "ctVal": "0.01",
    "ctMult": "1",
    "ctValCcy": "BTC",
    "lever": "125",
    "tickSz": "0.1",
    "lotSz": "1",
    "minSz": "1",
    "state": "live",
}
OKX_FIRST = {"tier": "1", "minSz": "0", "maxSz": "500", "mmr": "0.03", "maxLever": "10"}


def gate(*tiers: object) -> object:
    """Gate's answer with these tiers."""
    return list(tiers)


def bitget(*tiers: object) -> object:
    """Bitget's answer with these tiers."""
    return {"code": "00000", "msg": "success", "requestTime": 1700290724614, "data": list(tiers)}


def kucoin(*tiers: object) -> object:
    """KuCoin's answer with these tiers."""
    return {"code": "200000", "data": list(tiers)}


ANSWERS: dict[str, object] = {
    "/api.gateio.ws/api/v4/futures/usdt/contracts": [GATE_CONTRACT],
    "/api.gateio.ws/api/v4/futures/usdt/risk_limit_tiers?contract=BTC_USDT": gate(
        GATE_FIRST, GATE_SECOND
    ),
    "/api.bitget.com/api/v2/mix/market/contracts?productType=USDT-FUTURES": bitget(BITGET_CONTRACT),
    "/api.bitget.com/api/v2/mix/market/query-position-lever"
    "?productType=USDT-FUTURES&symbol=BTCUSDT": bitget(BITGET_FIRST, BITGET_SECOND),
    "/www.okx.com/api/v5/public/instruments?instType=SWAP": {"code": "0", "data": [OKX_CONTRACT]},
    "/www.okx.com/api/v5/public/position-tiers?instType=SWAP&tdMode=isolated&instFamily=BTC-USDT": {
        "code": "0",
        "data": [OKX_FIRST],
    },
    "/api-futures.kucoin.com/api/v1/contracts/active": kucoin(KUCOIN_CONTRACT),
    "/api-futures.kucoin.com/api/v1/contracts/risk-limit/ETHUSDTM": kucoin(
        KUCOIN_FIRST, KUCOIN_SECOND
    ),
}


async def recorded(request: web.Request) -> web.StreamResponse:
    """The recorded answer to a question; Bitget lists nothing of its other product types."""
    question = request.path_qs
    if question in ANSWERS:
        answer = ANSWERS[question]
    elif request.path.endswith("/mix/market/contracts"):
        answer = bitget()
    else:
        return web.Response(status=404, text="{}")
    return web.Response(text=json.dumps(answer), content_type="application/json")
