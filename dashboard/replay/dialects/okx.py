"""OKX v5 swaps: what www.okx.com would have answered.

Formats and limits as in OKX's public v5 documentation. Rows come newest first, `after` asks for
older rows and `before` for newer ones; errors are HTTP 200 with a `code`. Volumes and open
interest are in contracts and in coin (contracts times contract size). Fields that were not
recorded are empty.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from dashboard.market.readings import SeriesKind
from dashboard.replay.tape import DAY_MS, HOUR_MS, NO_ROWS, Rows, Tape
from dashboard.replay.wire import RefusedError, VenueAnswer, VenueRequest, number_text

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
    "6HUTC": (6 * HOUR_MS, 0),
    "12HUTC": (12 * HOUR_MS, 0),
    "1DUTC": (DAY_MS, 0),
}
_BARS_NOT_BUILT = frozenset(
    {"2D", "3D", "1W", "1M", "3M", "2DUTC", "3DUTC", "1WUTC", "1MUTC", "3MUTC"}
)
_PERIODS_MS = {name: step_ms for name, (step_ms, offset_ms) in _BARS.items() if not offset_ms} | {
    "6H": 6 * HOUR_MS,
    "12H": 12 * HOUR_MS,
    "1D": DAY_MS,
}
_CANDLES_LIMIT, _CANDLES_MAX, _MARK_CANDLES_MAX = 100, 300, 100
_STATISTICS_LIMIT, _STATISTICS_MAX = 100, 100
_FUNDING_LIMIT, _FUNDING_MAX = 400, 400
_INSTRUMENT_TYPES = frozenset({"SPOT", "MARGIN", "SWAP", "FUTURES", "OPTION"})


def _refused(code: str, message: str, status: int = 200) -> RefusedError:
    return RefusedError({"code": code, "msg": message, "data": []}, status)


def _parameter_error(name: str) -> RefusedError:
    return _refused("51000", f"Parameter {name} error")


@dataclass(frozen=True, slots=True)
class _Asked:
    """The parameters of one request, read as OKX reads them."""

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

    def limit(self, default: int, most: int) -> int:
        """OKX cuts a limit that is too large instead of refusing it."""
        limit = self.whole("limit")
        if limit is None:
            return default
        if limit < 1:
            raise _parameter_error("limit")
        return min(limit, most)

    def page(self, rows: Rows, limit: int, *, newer: str, older: str) -> list[int]:
        """The latest rows stamped after `newer` and before `older`, newest first, as numbers."""
        after_ms, before_ms = self.whole(newer), self.whole(older)
        start = 0 if after_ms is None else int(np.searchsorted(rows.time_ms, after_ms, "right"))
        stop = len(rows.time_ms)
        if before_ms is not None:
            stop = int(np.searchsorted(rows.time_ms, before_ms))
        return list(range(max(start, stop - limit), stop))[::-1]


class OkxDialect:
    """www.okx.com over the recorded swaps of `okx`, by instrument id."""

    host = "www.okx.com"

    def __init__(self, tapes: Mapping[str, Tape]) -> None:
        self._tapes = tapes
        candles = self._candles(SeriesKind.CANDLES, _CANDLES_MAX)
        mark_candles = self._candles(SeriesKind.MARK_CANDLES, _MARK_CANDLES_MAX)
        self._endpoints: dict[str, Callable[[_Asked], list[object]]] = {
            "/api/v5/public/time": lambda asked: [{"ts": str(asked.now_ms)}],
            "/api/v5/public/instruments": self._instruments,
            "/api/v5/public/open-interest": self._open_interest,
            "/api/v5/public/funding-rate": self._funding_rate,
            "/api/v5/public/funding-rate-history": self._funding_history,
            "/api/v5/public/mark-price": self._mark_price,
            "/api/v5/public/position-tiers": self._position_tiers,
            "/api/v5/market/tickers": self._tickers,
            "/api/v5/market/ticker": self._ticker,
            "/api/v5/market/candles": candles,
            "/api/v5/market/history-candles": candles,
            "/api/v5/market/mark-price-candles": mark_candles,
            "/api/v5/market/history-mark-price-candles": mark_candles,
            "/api/v5/rubik/stat/contracts/open-interest-history": self._open_interest_history,
            "/api/v5/rubik/stat/contracts/long-short-account-ratio-contract": self._account_ratio,
        }

    def endpoint(self, request: VenueRequest) -> str:
        """The path."""
        return request.path

    def answer(self, request: VenueRequest, now_ms: int) -> VenueAnswer:
        """What the venue would have answered at `now_ms`."""
        endpoint = self._endpoints.get(request.path) if request.method == "GET" else None
        if endpoint is None:
            raise _refused("404", "Not Found", 404)
        data = endpoint(_Asked(request.query, now_ms))
        return VenueAnswer({"code": "0", "msg": "", "data": data})

    def _tape(self, asked: _Asked) -> Tape:
        instrument_id = asked.query.get("instId", "")
        if not instrument_id:
            raise _refused("50014", "Parameter instId can not be empty", 400)
        tape = self._tapes.get(instrument_id)
        if tape is None:
            raise _refused(
                "51001", "Instrument ID, Instrument ID code, or Spread ID doesn't exist."
            )
        return tape

    def _of_type(self, asked: _Asked) -> list[Tape]:
        """The swaps, narrowed to instId, uly or instFamily if given; none of other types."""
        instrument_type = asked.query.get("instType", "")
        if instrument_type not in _INSTRUMENT_TYPES:
            raise _parameter_error("instType")
        if asked.query.get("instId", ""):
            return [self._tape(asked)]
        if instrument_type != "SWAP":
            return []
        family = asked.query.get("instFamily", "") or asked.query.get("uly", "")
        tapes = self._tapes.values()
        return [t for t in tapes if family in {"", t.market.listing["instFamily"]}]

    def _instruments(self, asked: _Asked) -> list[object]:
        return [tape.market.listing for tape in self._of_type(asked)]

    def _open_interest(self, asked: _Asked) -> list[object]:
        entries: list[object] = []
        for tape in self._of_type(asked):
            coin, mark = tape.open_interest_coin(asked.now_ms), tape.mark(asked.now_ms)
            value = None if mark is None or coin is None else coin.value * mark.value
            entries.append(
                {
                    "instType": "SWAP",
                    "instId": tape.market.market_id,
                    "oi": number_text(None if coin is None else _contracts(tape, coin.value)),
                    "oiCcy": number_text(None if coin is None else coin.value),
                    "oiUsd": number_text(value),
                    "ts": str(asked.now_ms),
                }
            )
        return entries

    def _funding_rate(self, asked: _Asked) -> list[object]:
        everything = asked.query.get("instId", "") == "ANY"
        tapes = list(self._tapes.values()) if everything else [self._tape(asked)]
        return [_funding_entry(tape, asked.now_ms) for tape in tapes]

    def _funding_history(self, asked: _Asked) -> list[object]:
        tape = self._tape(asked)
        rows = tape.samples(SeriesKind.FUNDING, asked.now_ms)
        limit = asked.limit(_FUNDING_LIMIT, _FUNDING_MAX)
        return [
            {
                "instType": "SWAP",
                "instId": tape.market.market_id,
                "fundingRate": "",
                "realizedRate": number_text(rows.columns["rate"][at]),
                "fundingTime": str(int(rows.time_ms[at])),
            }
            for at in asked.page(rows, limit, newer="before", older="after")
        ]

    def _mark_price(self, asked: _Asked) -> list[object]:
        marks = [(tape, tape.mark(asked.now_ms)) for tape in self._of_type(asked)]
        return [
            {
                "instType": "SWAP",
                "instId": tape.market.market_id,
                "markPx": number_text(None if mark is None else mark.value),
                "ts": str(asked.now_ms),
            }
            for tape, mark in marks
        ]

    def _position_tiers(self, asked: _Asked) -> list[object]:
        self._of_type(asked)
        return []

    def _tickers(self, asked: _Asked) -> list[object]:
        return [_ticker_entry(tape, asked.now_ms) for tape in self._of_type(asked)]

    def _ticker(self, asked: _Asked) -> list[object]:
        return [_ticker_entry(self._tape(asked), asked.now_ms)]

    def _candles(self, kind: SeriesKind, most: int) -> Callable[[_Asked], list[object]]:
        def rows_of(asked: _Asked) -> list[object]:
            tape = self._tape(asked)
            bar = _bar(asked)
            rows = NO_ROWS if bar is None else tape.candles(kind, bar[0], asked.now_ms, bar[1])
            page = asked.page(
                rows, asked.limit(_CANDLES_LIMIT, most), newer="before", older="after"
            )
            step_ms = 0 if bar is None else bar[0]
            return [_candle(tape, kind, rows, at, asked.now_ms - step_ms) for at in page]

        return rows_of

    def _open_interest_history(self, asked: _Asked) -> list[object]:
        tape, rows = self._statistics(asked, SeriesKind.OPEN_INTEREST)
        coins = rows.columns.get("coin")
        if coins is None:
            return []
        values = coins * tape.marks_stamped(rows.time_ms)
        return [
            [
                str(int(rows.time_ms[at])),
                number_text(_contracts(tape, float(coins[at]))),
                number_text(coins[at]),
                number_text(values[at]),
            ]
            for at in self._statistics_page(asked, rows)
        ]

    def _account_ratio(self, asked: _Asked) -> list[object]:
        _, rows = self._statistics(asked, SeriesKind.LONG_SHORT_RATIO)
        return [
            [str(int(rows.time_ms[at])), number_text(rows.columns["ratio"][at])]
            for at in self._statistics_page(asked, rows)
        ]

    def _statistics(self, asked: _Asked, kind: SeriesKind) -> tuple[Tape, Rows]:
        tape = self._tape(asked)
        period_ms = _PERIODS_MS.get(asked.query.get("period", "5m").replace("utc", "UTC"))
        if period_ms is None:
            raise _parameter_error("period")
        return tape, tape.samples(kind, asked.now_ms, period_ms)

    def _statistics_page(self, asked: _Asked, rows: Rows) -> list[int]:
        limit = asked.limit(_STATISTICS_LIMIT, _STATISTICS_MAX)
        return asked.page(rows, limit, newer="begin", older="end")


def _contracts(tape: Tape, coin: float) -> float:
    return round(coin / float(tape.market.listing["ctVal"]), 8)


def _bar(asked: _Asked) -> tuple[int, int] | None:
    """Length and offset of the bar asked for; None for one that is not built."""
    bar = asked.query.get("bar", "1m").replace("utc", "UTC")
    if bar in _BARS_NOT_BUILT:
        return None
    if bar not in _BARS:
        raise _parameter_error("bar")
    return _BARS[bar]


def _candle(tape: Tape, kind: SeriesKind, rows: Rows, at: int, newest_ms: int) -> list[str]:
    """One row; its last cell says whether the bar is complete (opened by `newest_ms`)."""
    prices = [number_text(rows.columns[name][at]) for name in ("open", "high", "low", "close")]
    volumes: list[str] = []
    if kind is SeriesKind.CANDLES:
        coin = float(rows.columns["volume"][at])
        volumes = [number_text(_contracts(tape, coin)), number_text(coin), ""]
    confirmed = "1" if rows.time_ms[at] <= newest_ms else "0"
    return [str(int(rows.time_ms[at])), *prices, *volumes, confirmed]


def _funding_entry(tape: Tape, now_ms: int) -> dict[str, str]:
    settled, next_ms = tape.settled_funding(now_ms), tape.next_settlement_ms(now_ms)
    hours = tape.market.funding_interval_hours
    rate = number_text(None if settled is None else settled.value)
    after_ms = None if next_ms is None or hours is None else next_ms + hours * HOUR_MS
    return {
        "instType": "SWAP",
        "instId": tape.market.market_id,
        "method": "current_period",
        "fundingRate": rate,
        "nextFundingRate": "",
        "fundingTime": "" if next_ms is None else str(next_ms),
        "nextFundingTime": "" if after_ms is None else str(after_ms),
        "settState": "settled",
        "settFundingRate": rate,
        "ts": str(now_ms),
    }


def _ticker_entry(tape: Tape, now_ms: int) -> dict[str, str]:
    last, day = tape.price(now_ms), tape.day(now_ms)
    volume = None if day is None else day.volume
    return {
        "instType": "SWAP",
        "instId": tape.market.market_id,
        "last": number_text(None if last is None else last.value),
        "lastSz": "",
        "askPx": "",
        "askSz": "",
        "bidPx": "",
        "bidSz": "",
        "open24h": number_text(None if day is None else day.open),
        "high24h": number_text(None if day is None else day.high),
        "low24h": number_text(None if day is None else day.low),
        "volCcy24h": number_text(volume),
        "vol24h": number_text(None if volume is None else _contracts(tape, volume)),
        "ts": str(now_ms),
    }
