"""Gate perpetual futures: what api.gateio.ws would have answered.

Formats and limits as in Gate's public documentation of the APIv4 futures interface. Times are in
seconds; open interest and volumes are in contracts, `quanto_multiplier` coins each. Fields that
were not recorded are absent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from dashboard.market.readings import SeriesKind
from dashboard.replay.tape import DAY_MS, HOUR_MS, NO_ROWS, Rows, Tape
from dashboard.replay.wire import (
    RefusedError,
    VenueAnswer,
    VenueRequest,
    known_fields,
    number_text,
)

_ROOT = "/api/v4/futures/"
_SETTLED_IN = "usdt"
_OTHER_SETTLEMENTS = frozenset({"btc", "usd"})
_MINUTE_MS = 60_000
_INTERVALS_MS = {
    "1m": _MINUTE_MS,
    "5m": 5 * _MINUTE_MS,
    "15m": 15 * _MINUTE_MS,
    "30m": 30 * _MINUTE_MS,
    "1h": HOUR_MS,
    "4h": 4 * HOUR_MS,
    "8h": 8 * HOUR_MS,
    "1d": DAY_MS,
}
_INTERVALS_NOT_BUILT = frozenset({"10s", "30s", "7d", "30d", "1w"})
_STATISTICS_INTERVALS = frozenset({"5m", "15m", "30m", "1h", "4h", "1d"})
_CANDLES_LIMIT, _CANDLES_MAX = 100, 2000
_STATISTICS_LIMIT, _STATISTICS_MAX = 30, 100
_FUNDING_LIMIT, _FUNDING_MAX = 100, 1000


def _refused(label: str, message: str, status: int = 400) -> RefusedError:
    return RefusedError({"label": label, "message": message}, status)


def _invalid(name: str) -> RefusedError:
    return _refused("INVALID_PARAM_VALUE", f"Invalid request parameter `{name}` value")


@dataclass(frozen=True, slots=True)
class _Asked:
    """The parameters of one request, read as Gate reads them."""

    query: Mapping[str, str]
    now_ms: int

    def whole(self, name: str) -> int | None:
        text = self.query.get(name, "")
        if not text:
            return None
        try:
            return int(text)
        except ValueError:
            raise _invalid(name) from None

    def limit(self, default: int, most: int) -> int:
        limit = self.whole("limit")
        if limit is None:
            return default
        if not 1 <= limit <= most:
            raise _invalid("limit")
        return limit

    def span(self, rows: Rows, most: int) -> Rows:
        """The rows of [from, to], oldest first, at most `most`; the latest where no `from` is."""
        first_s, last_s = self.whole("from"), self.whole("to")
        found = rows.between(
            None if first_s is None else first_s * 1000, None if last_s is None else last_s * 1000
        )
        return found.newest(most) if first_s is None else found.oldest(most)

    def interval_ms(self, allowed: Mapping[str, int], default: str) -> int | None:
        """The interval asked for; None for one that is not built."""
        interval = self.query.get("interval", default)
        if interval in _INTERVALS_NOT_BUILT:
            return None
        if interval not in allowed:
            raise _invalid("interval")
        return allowed[interval]


class GateDialect:
    """api.gateio.ws over the recorded USDT-settled perpetuals of `gate`, by contract name."""

    host = "api.gateio.ws"

    def __init__(self, tapes: Mapping[str, Tape]) -> None:
        self._tapes = tapes
        self._endpoints: dict[str, Callable[[_Asked], object]] = {
            "contracts": self._contracts,
            "tickers": self._tickers,
            "contract_stats": self._statistics,
            "candlesticks": self._candlesticks,
            "funding_rate": self._funding_rate,
            "liq_orders": self._nothing_recorded,
            "risk_limit_tiers": self._nothing_recorded,
        }

    def endpoint(self, request: VenueRequest) -> str:
        """The path."""
        return request.path

    def answer(self, request: VenueRequest, now_ms: int) -> VenueAnswer:
        """What the venue would have answered at `now_ms`."""
        if request.method != "GET" or not request.path.startswith(_ROOT):
            raise _refused("NOT_FOUND", "Resource not found", 404)
        settle, _, rest = request.path.removeprefix(_ROOT).partition("/")
        name, _, contract = rest.partition("/")
        endpoint = self._endpoints.get(name)
        if endpoint is None or settle not in {_SETTLED_IN, *_OTHER_SETTLEMENTS}:
            raise _refused("NOT_FOUND", "Resource not found", 404)
        asked = _Asked(request.query, now_ms)
        if settle != _SETTLED_IN:
            return VenueAnswer([])
        if contract:
            return VenueAnswer(_contract(self._tape(contract), now_ms))
        return VenueAnswer(endpoint(asked))

    def _tape(self, name: str) -> Tape:
        if not name:
            raise _refused("MISSING_REQUIRED_PARAM", "Missing required parameter: contract")
        tape = self._tapes.get(name)
        if tape is None:
            raise _refused("CONTRACT_NOT_FOUND", "contract not found")
        return tape

    def _asked_tape(self, asked: _Asked) -> Tape:
        return self._tape(asked.query.get("contract", ""))

    def _contracts(self, asked: _Asked) -> object:
        return [_contract(tape, asked.now_ms) for tape in self._tapes.values()]

    def _tickers(self, asked: _Asked) -> object:
        one = asked.query.get("contract", "")
        tapes = [self._tape(one)] if one else self._tapes.values()
        return [_ticker(tape, asked.now_ms) for tape in tapes]

    def _statistics(self, asked: _Asked) -> object:
        tape = self._asked_tape(asked)
        allowed = {name: _INTERVALS_MS[name] for name in _STATISTICS_INTERVALS}
        step_ms = asked.interval_ms(allowed, "5m")
        limit = asked.limit(_STATISTICS_LIMIT, _STATISTICS_MAX)
        interest, ratios = NO_ROWS, NO_ROWS
        if step_ms is not None:
            interest = tape.samples(SeriesKind.OPEN_INTEREST, asked.now_ms, step_ms)
            ratios = tape.samples(SeriesKind.LONG_SHORT_RATIO, asked.now_ms, step_ms)
        times = Rows(np.union1d(interest.time_ms, ratios.time_ms).astype(np.int64), {})
        coins, ratio = _by_time(interest, "coin"), _by_time(ratios, "ratio")
        size, kept = _size(tape), asked.span(times, limit).time_ms
        entries: list[object] = []
        for time_ms, mark in zip(kept.tolist(), tape.marks_stamped(kept).tolist(), strict=True):
            coin = coins.get(time_ms)
            entries.append(
                {
                    "time": time_ms // 1000,
                    **known_fields({"lsr_account": ratio.get(time_ms), "mark_price": mark}),
                    **known_fields(
                        {
                            "open_interest": None if coin is None else round(coin / size),
                            "open_interest_usd": None if coin is None else coin * mark,
                        }
                    ),
                }
            )
        return entries

    def _candlesticks(self, asked: _Asked) -> object:
        name = asked.query.get("contract", "")
        step_ms = asked.interval_ms(_INTERVALS_MS, "5m")
        if ("from" in asked.query or "to" in asked.query) and "limit" in asked.query:
            raise _invalid("limit")
        limit = asked.limit(_CANDLES_LIMIT, _CANDLES_MAX)
        if "from" in asked.query:
            limit = _CANDLES_MAX
        if name.startswith("index_"):
            self._tape(name.removeprefix("index_"))
            return []
        kind = SeriesKind.MARK_CANDLES if name.startswith("mark_") else SeriesKind.CANDLES
        tape = self._tape(name.removeprefix("mark_"))
        rows = NO_ROWS if step_ms is None else tape.candles(kind, step_ms, asked.now_ms)
        return _candles(tape, asked.span(rows, limit))

    def _funding_rate(self, asked: _Asked) -> object:
        tape = self._asked_tape(asked)
        limit = asked.limit(_FUNDING_LIMIT, _FUNDING_MAX)
        first_s, last_s = asked.whole("from"), asked.whole("to")
        rows = tape.samples(SeriesKind.FUNDING, asked.now_ms).between(
            None if first_s is None else first_s * 1000, None if last_s is None else last_s * 1000
        )
        rates = rows.newest(limit)
        return [
            {"r": number_text(rates.columns["rate"][at]), "t": int(rates.time_ms[at]) // 1000}
            for at in reversed(range(len(rates.time_ms)))
        ]

    def _nothing_recorded(self, asked: _Asked) -> object:
        if asked.query.get("contract"):
            self._asked_tape(asked)
        return []


def _size(tape: Tape) -> float:
    """Coins a contract; a multiplier of 0 stands for one coin, as at Gate."""
    return float(tape.market.listing["quanto_multiplier"]) or 1.0


def _by_time(rows: Rows, column: str) -> dict[int, float]:
    values = rows.columns.get(column)
    return {} if values is None else dict(zip(rows.time_ms.tolist(), values.tolist(), strict=True))


def _contract(tape: Tape, now_ms: int) -> dict[str, object]:
    settled, next_ms = tape.settled_funding(now_ms), tape.next_settlement_ms(now_ms)
    last, mark = tape.price(now_ms), tape.mark(now_ms)
    coin, hours = tape.open_interest_coin(now_ms), tape.market.funding_interval_hours
    return {
        **tape.market.listing,
        **known_fields(
            {
                "last_price": None if last is None else last.value,
                "mark_price": None if mark is None else mark.value,
                "funding_rate": None if settled is None else settled.value,
            }
        ),
        **({} if next_ms is None else {"funding_next_apply": next_ms // 1000}),
        **({} if hours is None else {"funding_interval": hours * HOUR_MS // 1000}),
        **({} if coin is None else {"position_size": round(coin.value / _size(tape))}),
    }


def _ticker(tape: Tape, now_ms: int) -> dict[str, object]:
    last, day, mark = tape.price(now_ms), tape.day(now_ms), tape.mark(now_ms)
    settled, coin = tape.settled_funding(now_ms), tape.open_interest_coin(now_ms)
    size = None if coin is None else round(coin.value / _size(tape))
    fields: dict[str, float | None] = {
        "last": None if last is None else last.value,
        "mark_price": None if mark is None else mark.value,
        "funding_rate": None if settled is None else settled.value,
        "total_size": size,
    }
    if day is not None:
        contracts = None if day.volume is None else round(day.volume / _size(tape))
        fields |= {
            "change_percentage": round((day.last / day.open - 1.0) * 100.0, 2),
            "high_24h": day.high,
            "low_24h": day.low,
            "volume_24h": contracts,
            "volume_24h_base": day.volume,
        }
    return {"contract": tape.market.market_id, **known_fields(fields)}


def _candles(tape: Tape, rows: Rows) -> list[object]:
    volumes = rows.columns.get("volume")
    entries: list[object] = []
    for at, time_ms in enumerate(rows.time_ms):
        coins = np.nan if volumes is None else float(volumes[at])
        prices = {name[0]: rows.columns[name][at] for name in ("open", "high", "low", "close")}
        size = {} if np.isnan(coins) else {"v": round(coins / _size(tape))}
        entries.append({"t": int(time_ms) // 1000, **size, **known_fields(prices)})
    return entries
