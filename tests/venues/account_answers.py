"""A venue of the made-up recording on loopback that also tells of accounts, as documented.

The shapes are those of the venues' documents: hyperliquid.gitbook.io (clearinghouseState),
developers.binance.com (positionRisk and balance V2, apiRestrictions), bybit-exchange.github.io
(v5 query-api, account/info, wallet-balance, position/list), www.okx.com/docs-v5
(account/config, positions, balance), www.bitget.com/api-doc (account info, all-position, accounts)
and www.gate.com/docs (futures positions, accounts). Figures are made up to be checked by hand.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from dashboard.market.access_key import AccessKey
from dashboard.market.holdings import Holdings
from dashboard.replay.clock import ReplayClock
from dashboard.replay.server import Fault, ReplayServer
from dashboard.venues.accounts import find_account_call
from dashboard.venues.accounts.ask import fetch_account
from dashboard.venues.catalogue import CATALOGUE
from dashboard.venues.ccxt_source import CcxtSource
from tests.replay.made_up import END_MS, HOUR_MS, START_MS, made_up_recording

ADDRESS = "0x31ca8395cf837de08b24da3f660e77761dfb974b"
KEY = AccessKey("key-6f1c", "secret-9a20d7", "passphrase-44")
NOW_MS = START_MS + 60 * HOUR_MS

_INFO = "api.hyperliquid.xyz POST /info"
HYPERLIQUID: Mapping[str, Any] = {
    f"{_INFO} clearinghouseState": {
        "assetPositions": [
            {
                "position": {
                    "coin": "BTC",
                    "cumFunding": {"allTime": "5.1", "sinceChange": "0.0", "sinceOpen": "5.1"},
                    "entryPx": "36000.0",
                    "leverage": {"type": "cross", "value": 20},
                    "liquidationPx": "30123.4",
                    "marginUsed": "910.0",
                    "maxLeverage": 40,
                    "positionValue": "18200.0",
                    "returnOnEquity": "0.22",
                    "szi": "-0.5",
                    "unrealizedPnl": "-200.0",
                },
                "type": "oneWay",
            }
        ],
        "crossMaintenanceMarginUsed": "227.5",
        "crossMarginSummary": {
            "accountValue": "4800.0",
            "totalMarginUsed": "910.0",
            "totalNtlPos": "18200.0",
            "totalRawUsd": "23000.0",
        },
        "marginSummary": {
            "accountValue": "4800.0",
            "totalMarginUsed": "910.0",
            "totalNtlPos": "18200.0",
            "totalRawUsd": "23000.0",
        },
        "time": 1704261007014,
        "withdrawable": "3890.0",
    },
    f"{_INFO} userAbstraction": "default",
}

BINANCE: Mapping[str, Any] = {
    "api.binance.com GET /sapi/v1/account/apiRestrictions": {
        "ipRestrict": False,
        "createTime": 1698645219000,
        "enableInternalTransfer": False,
        "enableFutures": False,
        "enablePortfolioMarginTrading": False,
        "enableVanillaOptions": False,
        "permitsUniversalTransfer": False,
        "enableReading": True,
        "enableSpotAndMarginTrading": False,
        "enableWithdrawals": False,
        "enableMargin": False,
    },
    "fapi.binance.com GET /fapi/v2/positionRisk": [
        {
            "entryPrice": "36000.0",
            "breakEvenPrice": "36014.4",
            "marginType": "isolated",
            "isAutoAddMargin": "false",
            "isolatedMargin": "1925.0",
            "leverage": "10",
            "liquidationPrice": "32000",
            "markPrice": "36250.0",
            "maxNotionalValue": "20000000",
            "positionAmt": "0.500",
            "notional": "18125.0",
            "isolatedWallet": "1800.0",
            "symbol": "BTCUSDT",
            "unRealizedProfit": "125.0",
            "positionSide": "BOTH",
            "updateTime": 1625474304765,
        },
        {"symbol": "ETHUSDT", "positionAmt": "0.000", "positionSide": "BOTH"},
    ],
    "fapi.binance.com GET /fapi/v2/balance": [
        {
            "accountAlias": "SgsR",
            "asset": "USDT",
            "balance": "7300.5",
            "crossWalletBalance": "5500.5",
            "crossUnPnl": "0.0",
            "availableBalance": "5500.5",
            "maxWithdrawAmount": "5500.5",
            "marginAvailable": True,
            "updateTime": 1617939110373,
        },
        {"asset": "BNB", "balance": "2.5", "crossWalletBalance": "2.5", "crossUnPnl": "0"},
        {"asset": "ETH", "balance": "0", "crossWalletBalance": "0", "crossUnPnl": "0"},
    ],
}

_BYBIT_POSITION = {
    "positionIdx": 0,
    "riskId": 1,
    "symbol": "BTCUSDT",
    "side": "Sell",
    "size": "0.25",
    "avgPrice": "36500",
    "positionValue": "9125",
    "tradeMode": 0,
    "leverage": "5",
    "markPrice": "36400",
    "liqPrice": "",
    "positionIM": "1825",
    "positionMM": "45",
    "positionBalance": "",
    "unrealisedPnl": "25",
    "stopLoss": "",
    "takeProfit": "",
}
BYBIT: Mapping[str, Any] = {
    "api.bybit.com GET /v5/user/query-api": {
        "retCode": 0,
        "retMsg": "",
        "result": {
            "id": "13770661",
            "note": "read",
            "apiKey": "XXXXXX",
            "readOnly": 1,
            "permissions": {
                "ContractTrade": ["Order", "Position"],
                "Spot": ["SpotTrade"],
                "Wallet": [],
                "Options": [],
            },
            "uta": 1,
        },
        "time": 1676891757649,
    },
    "api.bybit.com GET /v5/account/info": {
        "retCode": 0,
        "retMsg": "OK",
        "result": {
            "marginMode": "REGULAR_MARGIN",
            "updatedTime": "1697078946000",
            "unifiedMarginStatus": 5,
        },
    },
    "api.bybit.com GET /v5/account/wallet-balance": {
        "retCode": 0,
        "retMsg": "OK",
        "result": {
            "list": [
                {
                    "accountType": "UNIFIED",
                    "totalEquity": "3310",
                    "coin": [
                        {"coin": "USDT", "equity": "3025.5", "walletBalance": "3000.5"},
                        {"coin": "BTC", "equity": "0.01", "walletBalance": "0.01"},
                    ],
                }
            ]
        },
    },
    "api.bybit.com GET /v5/position/list": {
        "retCode": 0,
        "retMsg": "OK",
        "result": {"nextPageCursor": "", "category": "linear", "list": [_BYBIT_POSITION]},
        "time": 1672280219169,
    },
}

OKX: Mapping[str, Any] = {
    "www.okx.com GET /api/v5/account/config": {
        "code": "0",
        "msg": "",
        "data": [
            {
                "acctLv": "2",
                "perm": "read_only",
                "posMode": "long_short_mode",
                "uid": "44705892343619584",
                "label": "v5 test",
            }
        ],
    },
    "www.okx.com GET /api/v5/account/positions": {
        "code": "0",
        "msg": "",
        "data": [
            {
                "instId": "BTC-USDT-SWAP",
                "instType": "SWAP",
                "mgnMode": "isolated",
                "posSide": "short",
                "pos": "12",
                "avgPx": "36100.5",
                "lever": "4",
                "margin": "1083.0",
                "upl": "-3.5",
                "liqPx": "45000",
            },
            {
                "instId": "BTC-USDT-SWAP",
                "instType": "SWAP",
                "mgnMode": "cross",
                "posSide": "long",
                "pos": "3",
                "avgPx": "35900",
                "lever": "3",
                "margin": "",
                "upl": "8.5",
            },
        ],
    },
    "www.okx.com GET /api/v5/account/balance": {
        "code": "0",
        "msg": "",
        "data": [
            {
                "totalEq": "3084",
                "details": [
                    {
                        "ccy": "USDT",
                        "eq": "3088.0",
                        "cashBal": "2000.0",
                        "isoEq": "1079.5",
                        "upl": "5.0",
                        "isoUpl": "-3.5",
                    }
                ],
            }
        ],
    },
}
BITGET: Mapping[str, Any] = {
    "api.bitget.com GET /api/v2/spot/account/info": {
        "code": "00000",
        "msg": "success",
        "data": {"userId": "1", "authorities": ["coor", "cpor", "stor"], "parentId": 1},
    },
    "api.bitget.com GET /api/v2/mix/position/all-position": {
        "code": "00000",
        "msg": "success",
        "data": [
            {
                "marginCoin": "USDT",
                "symbol": "BTCUSDT",
                "holdSide": "long",
                "marginSize": "900.0",
                "total": "0.5",
                "leverage": "20",
                "openPriceAvg": "36000",
                "marginMode": "isolated",
                "posMode": "hedge_mode",
                "unrealizedPL": "15",
            },
            {
                "marginCoin": "USDT",
                "symbol": "BTCUSDT",
                "holdSide": "short",
                "marginSize": "360.0",
                "total": "0.1",
                "leverage": "10",
                "openPriceAvg": "36100",
                "marginMode": "crossed",
                "posMode": "hedge_mode",
                "unrealizedPL": "5",
            },
        ],
    },
    "api.bitget.com GET /api/v2/mix/account/accounts": {
        "code": "00000",
        "msg": "success",
        "data": [
            {
                "marginCoin": "USDT",
                "available": "4000",
                "accountEquity": "5920",
                "unrealizedPL": "20",
                "crossedUnrealizedPL": None,
            }
        ],
    },
}

GATE: Mapping[str, Any] = {
    "api.gateio.ws GET /api/v4/futures/usdt/positions": [
        {
            "contract": "BTC_USDT",
            "size": -300,
            "leverage": "0",
            "cross_leverage_limit": "12",
            "mode": "single",
            "entry_price": "36030.3",
            "margin": "90",
            "unrealised_pnl": "2",
        },
        {"contract": "ETH_USDT", "size": 0, "leverage": "5", "mode": "single"},
    ],
    "api.gateio.ws GET /api/v4/futures/usdt/accounts": {
        "total": "1250.75",
        "unrealised_pnl": "2",
        "position_margin": "90",
        "order_margin": "0",
        "available": "1160.75",
        "currency": "USDT",
        "in_dual_mode": False,
    },
}
ANSWERS: Mapping[str, Mapping[str, Any]] = {
    "hyperliquid": HYPERLIQUID,
    "binanceusdm": BINANCE,
    "bybit": BYBIT,
    "okx": OKX,
    "bitget": BITGET,
    "gate": GATE,
}


def told(answers: Mapping[str, Any]) -> dict[str, Fault]:
    """Answers as the replay server gives them in place of its own."""
    return {
        endpoint: answer
        if isinstance(answer, Fault)
        else Fault(status=200, body=json.dumps(answer).encode())
        for endpoint, answer in answers.items()
    }


@asynccontextmanager
async def account_server(answers: Mapping[str, Any]) -> AsyncIterator[tuple[ReplayServer, str]]:
    """The recorded market with these answers about accounts, and the base URL of it."""
    clock = ReplayClock(START_MS, END_MS, 1.0, NOW_MS)
    server = ReplayServer(made_up_recording(tuple(ANSWERS)), clock)
    server.faults.update(told(answers))
    url = await server.start()
    try:
        yield server, url
    finally:
        await server.stop()


async def ask(
    venue: str, owner: str, key: AccessKey | None = None, **changed: Any
) -> tuple[Holdings, ReplayServer]:
    """What `venue` tells of an account; `changed` are answers by the end of their endpoint."""
    answers = dict(ANSWERS[venue])
    for end, answer in changed.items():
        (endpoint,) = [name for name in answers if name.endswith(end)]
        answers[endpoint] = answer
    async with account_server(answers) as (server, url):
        source = CcxtSource(CATALOGUE[venue], lambda: NOW_MS, address=url)
        try:
            await source.open()
            await source.load_instruments()
            return await fetch_account(source, find_account_call(venue), owner, key), server
        finally:
            await source.close()
