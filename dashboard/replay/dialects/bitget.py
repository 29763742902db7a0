"""Bitget USDT-M futures: what api.bitget.com would have answered.

Formats and limits as in Bitget's public documentation of the v2 mix interface. Amounts are in
coin, times are milliseconds in text. Of the account ratio the venue's own `longShortAccountRatio`
is a hundredth of what it says it is (0.0138 for 0.58 to 0.42); it is written so here, too. Fields
that were not recorded are empty.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from dashboard.market.readings import SeriesKind
from dashboard.replay.tape import DAY_MS, HOUR_MS, Rows, Tape
from dashboard.replay.wire import RefusedError, VenueAnswer, VenueRequest, number_text

_ROOT = "/api/v2/mix/market/"
_RECORDED = "USDT-FUTURES"
_PRODUCTS = frozenset({_RECORDED, "COIN-FUTURES", "USDC-FUTURES"}) | frozenset(
    {"SUSDT-FUTURES", "SCOIN-FUTURES", "SUSDC-FUTURES"}
)
_MINUTE_MS = 60_000
_HONG_KONG_MS = -8 * HOUR_MS
"""Where bars of 6 h and longer open without the suffix utc: midnight at UTC+8."""
_BARS: dict[str, tuple[int, int]] = {
    "1m": (_MINUTE_MS, 0),
    "3m": (3 * _MINUTE_MS, 0),
    "5m": (5 * _MINUTE_MS, 0),
    "15m": (15 * _MINUTE_MS, 0),
    "30m": (30 * _MINUTE_MS, 0),
    "1H": (HOUR_MS, 0),
    "2H": (2 * HOUR_MS, 0),
    "4H": (4 * HOUR_MS, 0),
    "6H": (6 * HOUR_MS, _HONG_KONG_MS),
    "12H": (12 * HOUR_MS, _HONG_KONG_MS),
    "1D": (DAY_MS, _HONG_KONG_MS),
    "6Hutc": (6 * HOUR_MS, 0),
    "12Hutc": (12 * HOUR_MS, 0),
    "1Dutc": (DAY_MS, 0),
}
_BARS_NOT_BUILT = frozenset({"3D", "1W", "1M", "3Dutc", "1Wutc", "1Mutc"})
_PERIODS_MS = {
    "5m": 5 * _MINUTE_MS,
    "15m": 15 * _MINUTE_MS,
    "30m": 30 * _MINUTE_MS,
    "1h": HOUR_MS,
    "2h": 2 * HOUR_MS,
    "4h": 4 * HOUR_MS,
    "6h": 6 * HOUR_MS,
    "12h": 12 * HOUR_MS,
    "1d": DAY_MS,
    "1Dutc": DAY_MS,
}
_LINES = {"MARKET": SeriesKind.CANDLES, "MARK": SeriesKind.MARK_CANDLES, "INDEX": None}
"""What `kLineType` of the candles means; index prices were not recorded."""
_CANDLES_LIMIT, _CANDLES_MAX, _HISTORY_MAX = 100, 1000, 200
_FUNDING_PAGE, _FUNDING_MAX = 20, 100
_RATIO_ROWS = 30


def _refused(code: str, message: str) -> RefusedError:
    return RefusedError({"code": code, "msg": message, "requestTime": 0, "data": None}, 400)


def _parameter_error(name: str) -> RefusedError:
    return _refused("40017", f"Parameter verification failed {name}")


@dataclass(frozen=True, slots=True)
class _Asked:
    """The parameters of one request, read as Bitget reads them."""

    query: Mapping[str, str]
    now_ms: int

    def whole(self, name: str) -> int | None:
        text = self.query.get(name, "")
        if not text:
            return None
        try:
            return int(text)
        except ValueError:
            raise _parameter_error(name) from None

    def positive(self, name: str, default: int, most: int) -> int:
        value = self.whole(name)
        if value is None:
            return default
        if value < 1:
            raise _parameter_error(name)
        return min(value, most)


class BitgetDialect:
    """api.bitget.com over the recorded USDT-settled perpetuals of `bitget`, by symbol."""

    host = "api.bitget.com"

    def __init__(self, tapes: Mapping[str, Tape]) -> None:
        self._tapes = tapes
        recent = self._candles(SeriesKind.CANDLES, _CANDLES_MAX)
        self._endpoints: dict[str, Callable[[_Asked], object]] = {
            "contracts": lambda asked: [tape.market.listing for tape in self._of_product(asked)],
            "tickers": lambda asked: [_ticker(t, asked.now_ms) for t in self._of_product(asked)],
            "ticker": lambda asked: [_ticker(self._tape(asked), asked.now_ms)],
            "symbol-price": lambda asked: [_prices(self._tape(asked), asked.now_ms)],
            "open-interest": self._open_interest,
            "current-fund-rate": lambda asked: [
                _funding(tape, asked.now_ms) for tape in self._of_product(asked)
            ],
            "funding-time": lambda asked: [_funding_time(self._tape(asked), asked.now_ms)],
            "history-fund-rate": self._funding_history,
            "account-long-short": self._account_ratio,
            "position-long-short": self._not_recorded,
            "long-short": self._not_recorded,
            "candles": recent,
            "history-candles": self._candles(SeriesKind.CANDLES, _HISTORY_MAX),
            "history-mark-candles": self._candles(SeriesKind.MARK_CANDLES, _HISTORY_MAX),
            "history-index-candles": self._not_recorded,
            "query-position-lever": self._not_recorded,
        }

    def endpoint(self, request: VenueRequest) -> str:
        """The path."""
        return request.path

    def answer(self, request: VenueRequest, now_ms: int) -> VenueAnswer:
        """What the venue would have answered at `now_ms`."""
        asked = _Asked(request.query, now_ms)
        if request.method == "GET" and request.path == "/api/v2/public/time":
            return _said(asked, {"serverTime": str(now_ms)})
        name = request.path.removeprefix(_ROOT)
        known = request.method == "GET" and request.path.startswith(_ROOT)
        endpoint = self._endpoints.get(name) if known else None
        if endpoint is None:
            body = {"code": "40404", "msg": "Request URL NOT FOUND", "requestTime": now_ms}
            raise RefusedError(body | {"data": None}, 404)
        return _said(asked, endpoint(asked))

    def _of_product(self, asked: _Asked) -> list[Tape]:
        product = asked.query.get("productType", "").upper()
        if product not in _PRODUCTS:
            raise _parameter_error("productType")
        if product != _RECORDED:
            return []
        return [self._tape(asked)] if asked.query.get("symbol") else list(self._tapes.values())

    def _tape(self, asked: _Asked) -> Tape:
        symbol = asked.query.get("symbol", "")
        tape = self._tapes.get(symbol.upper())
        if tape is None:
            raise _refused("40034", f"Parameter {symbol or 'symbol'} does not exist")
        return tape

    def _open_interest(self, asked: _Asked) -> object:
        tape = self._tape(asked)
        coin = tape.open_interest_coin(asked.now_ms)
        size = number_text(None if coin is None else coin.value)
        listed = [{"symbol": tape.market.market_id, "size": size}]
        return {"openInterestList": listed, "ts": str(asked.now_ms)}

    def _funding_history(self, asked: _Asked) -> object:
        tape = self._tape(asked)
        rows = tape.samples(SeriesKind.FUNDING, asked.now_ms)
        size = asked.positive("pageSize", _FUNDING_PAGE, _FUNDING_MAX)
        skipped = (asked.positive("pageNo", 1, 10_000) - 1) * size
        newest_first = range(len(rows.time_ms) - 1, -1, -1)[skipped : skipped + size]
        return [
            {
                "symbol": tape.market.market_id,
                "fundingRate": number_text(rows.columns["rate"][at]),
                "fundingTime": str(int(rows.time_ms[at])),
            }
            for at in newest_first
        ]

    def _account_ratio(self, asked: _Asked) -> object:
        period_ms = _PERIODS_MS.get(asked.query.get("period", "5m"))
        if period_ms is None:
            raise _parameter_error("period")
        rows = self._tape(asked).samples(SeriesKind.LONG_SHORT_RATIO, asked.now_ms, period_ms)
        rows = rows.newest(_RATIO_ROWS)
        return [
            {
                "longAccountRatio": number_text(rows.columns["long_fraction"][at]),
                "shortAccountRatio": number_text(rows.columns["short_fraction"][at]),
                "longShortAccountRatio": number_text(round(rows.columns["ratio"][at] / 100.0, 4)),
                "ts": str(int(time_ms)),
            }
            for at, time_ms in enumerate(rows.time_ms)
        ]

    def _candles(self, kind: SeriesKind, most: int) -> Callable[[_Asked], object]:
        def rows_of(asked: _Asked) -> object:
            tape, bar = self._tape(asked), _bar(asked)
            line = asked.query.get("kLineType", "MARKET").upper()
            if line not in _LINES:
                raise _parameter_error("kLineType")
            shown = _LINES[line] if kind is SeriesKind.CANDLES else kind
            if bar is None or shown is None:
                return []
            rows = tape.candles(shown, bar[0], asked.now_ms, bar[1])
            first_ms, end_ms = asked.whole("startTime"), asked.whole("endTime")
            rows = rows.between(first_ms, None if end_ms is None else end_ms - 1)
            return _candle_rows(rows.newest(asked.positive("limit", _CANDLES_LIMIT, most)))

        return rows_of

    def _not_recorded(self, asked: _Asked) -> object:
        self._tape(asked)
        return []


def _said(asked: _Asked, data: object) -> VenueAnswer:
    return VenueAnswer(
        {"code": "00000", "msg": "success", "requestTime": asked.now_ms, "data": data}
    )


def _bar(asked: _Asked) -> tuple[int, int] | None:
    """Length and offset of the bar asked for; None for one that is not built."""
    bar = asked.query.get("granularity", "")
    if bar in _BARS_NOT_BUILT:
        return None
    if bar not in _BARS:
        raise _parameter_error("granularity")
    return _BARS[bar]


def _candle_rows(rows: Rows) -> list[object]:
    volumes = rows.columns.get("volume", np.full(len(rows.time_ms), np.nan))
    return [
        [
            str(int(time_ms)),
            *(number_text(rows.columns[name][at]) for name in ("open", "high", "low", "close")),
            number_text(volumes[at]),
            "",
        ]
        for at, time_ms in enumerate(rows.time_ms)
    ]


def _prices(tape: Tape, now_ms: int) -> dict[str, str]:
    last, mark = tape.price(now_ms), tape.mark(now_ms)
    return {
        "symbol": tape.market.market_id,
        "price": number_text(None if last is None else last.value),
        "indexPrice": "",
        "markPrice": number_text(None if mark is None else mark.value),
        "ts": str(now_ms),
    }


def _ticker(tape: Tape, now_ms: int) -> dict[str, str]:
    last, day, mark = tape.price(now_ms), tape.day(now_ms), tape.mark(now_ms)
    settled, coin = tape.settled_funding(now_ms), tape.open_interest_coin(now_ms)
    change = None if day is None else round(day.last / day.open - 1.0, 5)
    return {
        "symbol": tape.market.market_id,
        "lastPr": number_text(None if last is None else last.value),
        "high24h": number_text(None if day is None else day.high),
        "low24h": number_text(None if day is None else day.low),
        "open24h": number_text(None if day is None else day.open),
        "change24h": number_text(change),
        "baseVolume": number_text(None if day is None else day.volume),
        "quoteVolume": "",
        "indexPrice": "",
        "markPrice": number_text(None if mark is None else mark.value),
        "fundingRate": number_text(None if settled is None else settled.value),
        "holdingAmount": number_text(None if coin is None else coin.value),
        "ts": str(now_ms),
    }


def _funding(tape: Tape, now_ms: int) -> dict[str, str]:
    settled, next_ms = tape.settled_funding(now_ms), tape.next_settlement_ms(now_ms)
    hours = tape.market.funding_interval_hours
    return {
        "symbol": tape.market.market_id,
        "fundingRate": number_text(None if settled is None else settled.value),
        "fundingRateInterval": "" if hours is None else str(hours),
        "nextUpdate": "" if next_ms is None else str(next_ms),
        "minFundingRate": "",
        "maxFundingRate": "",
    }


def _funding_time(tape: Tape, now_ms: int) -> dict[str, str]:
    next_ms, hours = tape.next_settlement_ms(now_ms), tape.market.funding_interval_hours
    return {
        "symbol": tape.market.market_id,
        "nextFundingTime": "" if next_ms is None else str(next_ms),
        "ratePeriod": "" if hours is None else str(hours),
    }
