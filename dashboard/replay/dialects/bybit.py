"""Bybit v5 linear contracts: what api.bybit.com would have answered.

Formats and limits as in Bybit's public v5 documentation. Rows come newest first and statistics
end at `endTime`; errors are HTTP 200 with a `retCode`. Fields that were not recorded are empty.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from dashboard.market.readings import SeriesKind
from dashboard.replay.tape import DAY_MS, HOUR_MS, NO_ROWS, Rows, Tape
from dashboard.replay.wire import RefusedError, VenueAnswer, VenueRequest, number_text

_MINUTE_MS = 60_000
_INTERVALS_MS = {
    **{str(minutes): minutes * _MINUTE_MS for minutes in (1, 3, 5, 15, 30, 60, 120, 240, 360, 720)},
    "D": DAY_MS,
}
_INTERVALS_NOT_BUILT = frozenset({"W", "M"})
_PERIODS_MS = {
    "5min": 5 * _MINUTE_MS,
    "15min": 15 * _MINUTE_MS,
    "30min": 30 * _MINUTE_MS,
    "1h": HOUR_MS,
    "4h": 4 * HOUR_MS,
    "1d": DAY_MS,
}
_KLINE_LIMIT, _KLINE_MAX = 200, 1000
_OPEN_INTEREST_LIMIT, _OPEN_INTEREST_MAX = 50, 200
_RATIO_LIMIT, _RATIO_MAX = 50, 500
_FUNDING_LIMIT, _FUNDING_MAX = 200, 200


def _refused(message: str) -> RefusedError:
    payload = {"retCode": 10001, "retMsg": message, "result": {}, "retExtInfo": {}}
    return RefusedError(payload, 200)


@dataclass(frozen=True, slots=True)
class _Asked:
    """The parameters of one request, read as Bybit reads them."""

    query: Mapping[str, str]
    now_ms: int

    def whole(self, name: str) -> int | None:
        text = self.query.get(name, "")
        if not text:
            return None
        try:
            return int(text)
        except ValueError:
            raise _refused(f"params error: {name} invalid") from None

    def limit(self, default: int, most: int) -> int:
        """Bybit cuts a limit that is too large instead of refusing it."""
        limit = self.whole("limit")
        return default if limit is None else min(max(limit, 1), most)

    def choice(self, name: str, choices: Mapping[str, int]) -> int:
        chosen = choices.get(self.query.get(name, ""))
        if chosen is None:
            raise _refused(f"params error: {name} invalid")
        return chosen


class BybitDialect:
    """api.bybit.com over the recorded linear markets of `bybit`, by market id."""

    host = "api.bybit.com"

    def __init__(self, tapes: Mapping[str, Tape]) -> None:
        self._tapes = tapes
        self._endpoints: dict[str, Callable[[_Asked], object]] = {
            "/v5/market/time": _time,
            "/v5/market/instruments-info": self._instruments,
            "/v5/market/tickers": self._tickers,
            "/v5/market/open-interest": self._open_interest,
            "/v5/market/account-ratio": self._account_ratio,
            "/v5/market/funding/history": self._funding_history,
            "/v5/market/kline": self._kline,
            "/v5/market/mark-price-kline": self._mark_kline,
            "/v5/market/index-price-kline": self._index_kline,
            "/v5/market/risk-limit": self._risk_limit,
        }

    def endpoint(self, request: VenueRequest) -> str:
        """The path."""
        return request.path

    def answer(self, request: VenueRequest, now_ms: int) -> VenueAnswer:
        """What the venue would have answered at `now_ms`."""
        endpoint = self._endpoints.get(request.path) if request.method == "GET" else None
        if endpoint is None:
            raise RefusedError("404 page not found", 404)
        result = endpoint(_Asked(request.query, now_ms))
        payload = {"retCode": 0, "retMsg": "OK", "result": result, "retExtInfo": {}, "time": now_ms}
        return VenueAnswer(payload)

    def _listed(self, asked: _Asked) -> list[Tape]:
        """The markets of the category asked for, narrowed to `symbol` if it is given."""
        category = asked.query.get("category", "")
        if category not in {"linear", "inverse", "spot", "option"}:
            raise _refused("params error: category only support linear, inverse, spot, option")
        symbol = asked.query.get("symbol", "")
        if symbol:
            return [self._tape(asked)]
        return list(self._tapes.values()) if category == "linear" else []

    def _tape(self, asked: _Asked) -> Tape:
        tape = self._tapes.get(asked.query.get("symbol", ""))
        if tape is None or asked.query.get("category", "linear") != "linear":
            raise _refused("params error: symbol invalid")
        return tape

    def _instruments(self, asked: _Asked) -> object:
        status = asked.query.get("status", "")
        listed = [
            tape.market.listing
            for tape in self._listed(asked)
            if status in {"", tape.market.listing["status"]}
        ]
        category = asked.query["category"]
        return {"category": category, "list": listed, "nextPageCursor": ""}

    def _tickers(self, asked: _Asked) -> object:
        tickers = [_ticker(tape, asked.now_ms) for tape in self._listed(asked)]
        return {"category": asked.query["category"], "list": tickers}

    def _open_interest(self, asked: _Asked) -> object:
        tape = self._tape(asked)
        period_ms = asked.choice("intervalTime", _PERIODS_MS)
        rows = tape.samples(SeriesKind.OPEN_INTEREST, asked.now_ms, period_ms)
        if "coin" not in rows.columns:
            rows = NO_ROWS
        rows = _until_end_time(rows, asked)
        limit = asked.limit(_OPEN_INTEREST_LIMIT, _OPEN_INTEREST_MAX)
        return {
            "symbol": tape.market.market_id,
            "category": "linear",
            "list": [
                {
                    "openInterest": number_text(rows.columns["coin"][at]),
                    "timestamp": str(int(rows.time_ms[at])),
                }
                for at in _newest_first(rows, limit)
            ],
            "nextPageCursor": "",
        }

    def _account_ratio(self, asked: _Asked) -> object:
        tape = self._tape(asked)
        period_ms = asked.choice("period", _PERIODS_MS)
        rows = tape.samples(SeriesKind.LONG_SHORT_RATIO, asked.now_ms, period_ms)
        rows = _until_end_time(rows, asked)
        return {
            "list": [
                {
                    "symbol": tape.market.market_id,
                    "buyRatio": number_text(rows.columns["long_fraction"][at]),
                    "sellRatio": number_text(rows.columns["short_fraction"][at]),
                    "timestamp": str(int(rows.time_ms[at])),
                }
                for at in _newest_first(rows, asked.limit(_RATIO_LIMIT, _RATIO_MAX))
            ],
            "nextPageCursor": "",
        }

    def _funding_history(self, asked: _Asked) -> object:
        tape = self._tape(asked)
        if asked.whole("startTime") is not None and asked.whole("endTime") is None:
            raise _refused("params error: endTime is required with startTime")
        rows = _until_end_time(tape.samples(SeriesKind.FUNDING, asked.now_ms), asked)
        return {
            "category": "linear",
            "list": [
                {
                    "symbol": tape.market.market_id,
                    "fundingRate": number_text(rows.columns["rate"][at]),
                    "fundingRateTimestamp": str(int(rows.time_ms[at])),
                }
                for at in _newest_first(rows, asked.limit(_FUNDING_LIMIT, _FUNDING_MAX))
            ],
        }

    def _kline(self, asked: _Asked) -> object:
        rows = self._candles(asked, SeriesKind.CANDLES)
        volumes = rows.columns.get("volume", np.full(len(rows.time_ms), np.nan))
        return self._kline_result(asked, rows, lambda at: [number_text(volumes[at]), ""])

    def _mark_kline(self, asked: _Asked) -> object:
        rows = self._candles(asked, SeriesKind.MARK_CANDLES)
        return self._kline_result(asked, rows, lambda _: [])

    def _index_kline(self, asked: _Asked) -> object:
        return self._kline_result(asked, NO_ROWS, lambda _: [])

    def _candles(self, asked: _Asked, kind: SeriesKind) -> Rows:
        tape = self._tape(asked)
        if asked.query.get("interval", "") in _INTERVALS_NOT_BUILT:
            return NO_ROWS
        step_ms = asked.choice("interval", _INTERVALS_MS)
        rows = tape.candles(kind, step_ms, asked.now_ms)
        first_ms, last_ms = asked.whole("start"), asked.whole("end")
        rows = rows.between(first_ms, last_ms)
        limit = asked.limit(_KLINE_LIMIT, _KLINE_MAX)
        only_start = first_ms is not None and last_ms is None
        return rows.oldest(limit) if only_start else rows.newest(limit)

    def _kline_result(
        self, asked: _Asked, rows: Rows, behind: Callable[[int], list[str]]
    ) -> object:
        prices = ("open", "high", "low", "close")
        return {
            "category": "linear",
            "symbol": self._tape(asked).market.market_id,
            "list": [
                [
                    str(int(rows.time_ms[at])),
                    *(number_text(rows.columns[name][at]) for name in prices),
                    *behind(at),
                ]
                for at in _newest_first(rows, len(rows.time_ms))
            ],
        }

    def _risk_limit(self, asked: _Asked) -> object:
        self._listed(asked)
        return {"category": asked.query["category"], "list": [], "nextPageCursor": ""}


def _time(asked: _Asked) -> object:
    return {
        "timeSecond": str(asked.now_ms // 1000),
        "timeNano": str(asked.now_ms * 1_000_000),
    }


def _until_end_time(rows: Rows, asked: _Asked) -> Rows:
    """The window of a statistic; a lone startTime is ignored, as the venue does."""
    first_ms, last_ms = asked.whole("startTime"), asked.whole("endTime")
    return rows.between(None if last_ms is None else first_ms, last_ms)


def _newest_first(rows: Rows, limit: int) -> range:
    count = len(rows.time_ms)
    return range(count - 1, max(-1, count - 1 - limit), -1)


def _ticker(tape: Tape, now_ms: int) -> dict[str, str]:
    last, day = tape.price(now_ms), tape.day(now_ms)
    hour_ago, mark = tape.price(now_ms - HOUR_MS), tape.mark(now_ms)
    coin, settled = tape.open_interest_coin(now_ms), tape.settled_funding(now_ms)
    next_ms, hours = tape.next_settlement_ms(now_ms), tape.market.funding_interval_hours
    value = None if coin is None or mark is None else coin.value * mark.value
    return {
        "symbol": tape.market.market_id,
        "lastPrice": number_text(None if last is None else last.value),
        "indexPrice": "",
        "markPrice": number_text(None if mark is None else mark.value),
        "prevPrice24h": number_text(None if day is None else day.open),
        "price24hPcnt": number_text(None if day is None else round(day.last / day.open - 1.0, 6)),
        "highPrice24h": number_text(None if day is None else day.high),
        "lowPrice24h": number_text(None if day is None else day.low),
        "prevPrice1h": number_text(None if hour_ago is None else hour_ago.value),
        "openInterest": number_text(None if coin is None else coin.value),
        "openInterestValue": number_text(value),
        "turnover24h": "",
        "volume24h": number_text(None if day is None else day.volume),
        "fundingRate": number_text(None if settled is None else settled.value),
        "nextFundingTime": "" if next_ms is None else str(next_ms),
        "fundingIntervalHour": "" if hours is None else str(hours),
        "predictedDeliveryPrice": "",
        "basisRate": "",
        "deliveryFeeRate": "",
        "deliveryTime": "0",
        "bid1Price": "",
        "bid1Size": "",
        "ask1Price": "",
        "ask1Size": "",
    }
