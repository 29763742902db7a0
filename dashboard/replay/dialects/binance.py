"""Binance USD-M futures: what fapi.binance.com would have answered.

Formats and limits as in Binance's public documentation of the USD-M REST interface; the order
of rows, defaults and error codes are the venue's. Fields that were not recorded are absent from
an object and empty in a row.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from dashboard.market.readings import SeriesKind
from dashboard.replay.tape import DAY_MS, NO_ROWS, Rows, Tape
from dashboard.replay.wire import (
    RefusedError,
    VenueAnswer,
    VenueRequest,
    known_fields,
    number_text,
)

_MINUTE_MS = 60_000
_HOUR_MS = 3_600_000
_INTERVALS_MS = {
    "1m": _MINUTE_MS,
    "3m": 3 * _MINUTE_MS,
    "5m": 5 * _MINUTE_MS,
    "15m": 15 * _MINUTE_MS,
    "30m": 30 * _MINUTE_MS,
    "1h": _HOUR_MS,
    "2h": 2 * _HOUR_MS,
    "4h": 4 * _HOUR_MS,
    "6h": 6 * _HOUR_MS,
    "8h": 8 * _HOUR_MS,
    "12h": 12 * _HOUR_MS,
    "1d": DAY_MS,
}
_INTERVALS_NOT_BUILT = frozenset({"3d", "1w", "1M"})
_PERIODS = ("5m", "15m", "30m", "1h", "2h", "4h", "6h", "12h", "1d")
_STATISTICS_REACH_MS = 30 * DAY_MS
_KLINES_LIMIT, _KLINES_MAX = 500, 1500
_STATISTICS_LIMIT, _STATISTICS_MAX = 30, 500
_FUNDING_LIMIT, _FUNDING_MAX = 100, 1000


def _refused(code: int, message: str) -> RefusedError:
    return RefusedError({"code": code, "msg": message}, 400)


def _malformed(name: str) -> RefusedError:
    return _refused(
        -1102, f"Mandatory parameter '{name}' was not sent, was empty/null, or malformed."
    )


def _not_valid(name: str) -> RefusedError:
    return _refused(-1130, f"Data sent for parameter '{name}' is not valid.")


@dataclass(frozen=True, slots=True)
class Asked:
    """The parameters of one request, read as Binance reads them."""

    query: Mapping[str, str]
    now_ms: int

    def whole(self, name: str) -> int | None:
        text = self.query.get(name, "")
        if not text:
            return None
        try:
            return int(text)
        except ValueError:
            raise _not_valid(name) from None

    def limit(self, default: int, most: int) -> int:
        limit = self.whole("limit")
        if limit is None:
            return default
        if not 1 <= limit <= most:
            raise _not_valid("limit")
        return limit

    def window(self) -> tuple[int | None, int | None]:
        first_ms, last_ms = self.whole("startTime"), self.whole("endTime")
        if first_ms is not None and last_ms is not None and first_ms > last_ms:
            raise _refused(-1023, "Start time is greater than end time.")
        return first_ms, last_ms

    def oldest_in_window(self, rows: Rows, limit: int) -> Rows:
        """Klines and funding: from startTime onwards if it is given, else the latest."""
        first_ms, last_ms = self.window()
        found = rows.between(first_ms, last_ms)
        return found.newest(limit) if first_ms is None else found.oldest(limit)


class BinanceDialect:
    """fapi.binance.com over the recorded markets of `binanceusdm`, by market id."""

    host = "fapi.binance.com"
    version = "/fapi/v1"
    margined_in = "U_MARGINED"

    def __init__(self, tapes: Mapping[str, Tape]) -> None:
        self._tapes = tapes
        self._endpoints: dict[str, Callable[[Asked], object]] = {
            f"{self.version}/ping": lambda _: {},
            f"{self.version}/time": lambda asked: {"serverTime": asked.now_ms},
            f"{self.version}/exchangeInfo": self._exchange_info,
            f"{self.version}/premiumIndex": self._premium_index,
            f"{self.version}/fundingInfo": self._funding_info,
            f"{self.version}/fundingRate": self._funding_rate,
            f"{self.version}/openInterest": self._open_interest,
            f"{self.version}/klines": self._klines,
            f"{self.version}/markPriceKlines": self._mark_klines,
            f"{self.version}/indexPriceKlines": self._index_klines,
            f"{self.version}/ticker/24hr": self._ticker,
            "/futures/data/openInterestHist": self._open_interest_history,
            "/futures/data/globalLongShortAccountRatio": self._account_ratio,
            "/futures/data/topLongShortAccountRatio": self._not_recorded,
            "/futures/data/topLongShortPositionRatio": self._not_recorded,
            "/futures/data/takerlongshortRatio": self._taker_ratio,
        }

    def endpoint(self, request: VenueRequest) -> str:
        """The path."""
        return request.path

    def answer(self, request: VenueRequest, now_ms: int) -> VenueAnswer:
        """What the venue would have answered at `now_ms`."""
        endpoint = self._endpoints.get(request.path) if request.method == "GET" else None
        if endpoint is None:
            raise RefusedError(
                {"status": 404, "error": "Not Found", "path": request.path, "timestamp": now_ms},
                404,
            )
        return VenueAnswer(endpoint(Asked(request.query, now_ms)))

    def _tape(self, asked: Asked, parameter: str = "symbol") -> Tape:
        symbol = asked.query.get(parameter, "")
        if not symbol:
            raise _malformed(parameter)
        tape = self._tapes.get(symbol)
        if tape is None:
            raise _refused(-1121, "Invalid symbol.")
        return tape

    def _one_or_all(self, asked: Asked, entry: Callable[[Tape, int], object]) -> object:
        if "symbol" in asked.query:
            return entry(self._tape(asked), asked.now_ms)
        return [entry(tape, asked.now_ms) for tape in self._tapes.values()]

    def _exchange_info(self, asked: Asked) -> object:
        return {
            "timezone": "UTC",
            "serverTime": asked.now_ms,
            "futuresType": self.margined_in,
            "rateLimits": [],
            "exchangeFilters": [],
            "symbols": [tape.market.listing for tape in self._tapes.values()],
        }

    def _premium_index(self, asked: Asked) -> object:
        return self._one_or_all(asked, _premium_index_entry)

    def _funding_info(self, _: Asked) -> object:
        return [
            {
                "symbol": market_id,
                "fundingIntervalHours": tape.market.funding_interval_hours,
                "disclaimer": False,
            }
            for market_id, tape in self._tapes.items()
            if tape.market.funding_interval_hours is not None
        ]

    def _funding_rate(self, asked: Asked) -> object:
        tapes = [self._tape(asked)] if "symbol" in asked.query else list(self._tapes.values())
        limit = asked.limit(_FUNDING_LIMIT, _FUNDING_MAX)
        entries: list[tuple[int, object]] = []
        for tape in tapes:
            samples = tape.samples(SeriesKind.FUNDING, asked.now_ms)
            rows = asked.oldest_in_window(samples, limit)
            marks = tape.marks_stamped(rows.time_ms)
            for at, time_ms in enumerate(rows.time_ms):
                entry = {
                    "symbol": tape.market.market_id,
                    "fundingTime": int(time_ms),
                    "fundingRate": number_text(rows.columns["rate"][at]),
                    "markPrice": number_text(marks[at]),
                }
                entries.append((int(time_ms), entry))
        entries.sort(key=lambda stamped: stamped[0])
        kept = entries[-limit:] if asked.window()[0] is None else entries[:limit]
        return [entry for _, entry in kept]

    def _open_interest(self, asked: Asked) -> object:
        tape = self._tape(asked)
        known = tape.open_interest_coin(asked.now_ms)
        return {
            "symbol": tape.market.market_id,
            **({} if known is None else {"openInterest": number_text(known.value)}),
            "time": asked.now_ms if known is None else known.at_ms,
        }

    def _klines(self, asked: Asked) -> list[list[object]]:
        return _klines(asked, self._tape(asked), SeriesKind.CANDLES)

    def _mark_klines(self, asked: Asked) -> object:
        return _klines(asked, self._tape(asked), SeriesKind.MARK_CANDLES)

    def _index_klines(self, asked: Asked) -> object:
        self._tape(asked, "pair")
        _interval_ms(asked)
        return []

    def _ticker(self, asked: Asked) -> object:
        return self._one_or_all(asked, ticker_entry)

    def _statistics(self, asked: Asked, kind: SeriesKind) -> tuple[Tape, Rows]:
        """The rows of a /futures/data endpoint: the latest ones before endTime."""
        tape = self._tape(asked)
        period_ms = _period_ms(asked)
        if kind is SeriesKind.CANDLES:
            rows = tape.candles(kind, period_ms, asked.now_ms)
            rows = rows.between(None, asked.now_ms - period_ms)
        else:
            rows = tape.samples(kind, asked.now_ms, period_ms)
        limit = asked.limit(_STATISTICS_LIMIT, _STATISTICS_MAX)
        first_ms, last_ms = asked.window()
        reach_ms = asked.now_ms - _STATISTICS_REACH_MS
        if first_ms is not None and first_ms < reach_ms:
            raise _refused(-1130, "parameter 'startTime' is invalid.")
        return tape, rows.between(max(first_ms or 0, reach_ms), last_ms).newest(limit)

    def _open_interest_history(self, asked: Asked) -> object:
        tape, rows = self._statistics(asked, SeriesKind.OPEN_INTEREST)
        coins = rows.columns.get("coin")
        if coins is None:
            return []
        values = coins * tape.marks_stamped(rows.time_ms)
        return [
            {
                "symbol": tape.market.market_id,
                **known_fields({"sumOpenInterest": coins[at], "sumOpenInterestValue": values[at]}),
                "timestamp": int(time_ms),
            }
            for at, time_ms in enumerate(rows.time_ms)
        ]

    def _account_ratio(self, asked: Asked) -> list[dict[str, object]]:
        tape, rows = self._statistics(asked, SeriesKind.LONG_SHORT_RATIO)
        return [
            {
                "symbol": tape.market.market_id,
                "longShortRatio": number_text(rows.columns["ratio"][at]),
                "longAccount": number_text(rows.columns["long_fraction"][at]),
                "shortAccount": number_text(rows.columns["short_fraction"][at]),
                "timestamp": int(time_ms),
            }
            for at, time_ms in enumerate(rows.time_ms)
        ]

    def _not_recorded(self, asked: Asked) -> object:
        self._tape(asked)
        _period_ms(asked)
        return []

    def _taker_ratio(self, asked: Asked) -> object:
        _, rows = self._statistics(asked, SeriesKind.CANDLES)
        buys = rows.columns.get("buy_volume")
        if buys is None:
            return []
        sells = rows.columns["volume"] - buys
        with np.errstate(divide="ignore", invalid="ignore"):
            ratios = np.where(sells > 0, buys / sells, np.nan)
        return [
            {
                "buySellRatio": number_text(round(ratios[at], 4)),
                "buyVol": number_text(buys[at]),
                "sellVol": number_text(round(sells[at], 8)),
                "timestamp": int(time_ms),
            }
            for at, time_ms in enumerate(rows.time_ms)
        ]


def _interval_ms(asked: Asked) -> int | None:
    """The kline interval; None for one that is not built from recorded bars."""
    interval = asked.query.get("interval", "")
    if not interval:
        raise _malformed("interval")
    if interval in _INTERVALS_NOT_BUILT:
        return None
    if interval not in _INTERVALS_MS:
        raise _refused(-1120, "Invalid interval.")
    return _INTERVALS_MS[interval]


def _period_ms(asked: Asked) -> int:
    period = asked.query.get("period", "")
    if not period:
        raise _malformed("period")
    if period not in _PERIODS:
        raise _not_valid("period")
    return _INTERVALS_MS[period]


def _klines(asked: Asked, tape: Tape, kind: SeriesKind) -> list[list[object]]:
    step_ms = _interval_ms(asked)
    limit = asked.limit(_KLINES_LIMIT, _KLINES_MAX)
    rows = NO_ROWS if step_ms is None else tape.candles(kind, step_ms, asked.now_ms)
    rows = asked.oldest_in_window(rows, limit)
    blank = np.full(len(rows.time_ms), np.nan)
    volumes = rows.columns.get("volume", blank)
    buys = rows.columns.get("buy_volume", blank)
    trades = rows.columns.get("trades", blank)
    return [
        [
            int(time_ms),
            *(number_text(rows.columns[name][at]) for name in ("open", "high", "low", "close")),
            number_text(volumes[at]),
            int(time_ms) + (step_ms or 0) - 1,
            "",
            None if np.isnan(trades[at]) else int(trades[at]),
            number_text(buys[at]),
            "",
            "0",
        ]
        for at, time_ms in enumerate(rows.time_ms)
    ]


def _premium_index_entry(tape: Tape, now_ms: int) -> dict[str, object]:
    mark, settled = tape.mark(now_ms), tape.settled_funding(now_ms)
    next_ms = tape.next_settlement_ms(now_ms)
    return {
        "symbol": tape.market.market_id,
        **known_fields(
            {
                "markPrice": None if mark is None else mark.value,
                "lastFundingRate": None if settled is None else settled.value,
            }
        ),
        **({} if next_ms is None else {"nextFundingTime": next_ms}),
        "time": tape.mark_stamp_ms(now_ms),
    }


def ticker_entry(tape: Tape, now_ms: int) -> dict[str, object]:
    """One contract of ticker/24hr."""
    last, day = tape.price(now_ms), tape.day(now_ms)
    fields: dict[str, float | None] = {"lastPrice": None if last is None else last.value}
    if day is not None:
        fields |= {
            "priceChange": round(day.last - day.open, 8),
            "priceChangePercent": round((day.last / day.open - 1.0) * 100.0, 3),
            "openPrice": day.open,
            "highPrice": day.high,
            "lowPrice": day.low,
            "volume": day.volume,
        }
    return {
        "symbol": tape.market.market_id,
        **known_fields(fields),
        **({} if day is None else {"openTime": day.from_ms}),
        "closeTime": now_ms,
    }
