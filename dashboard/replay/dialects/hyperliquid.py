"""Hyperliquid perpetuals: what POST /info of api.hyperliquid.xyz would have answered.

Formats and limits as in Hyperliquid's public documentation of the info endpoint. The open
interest of a context is in coin; fields that were not recorded are absent, and null where the
venue itself writes null for a market without quotes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from dashboard.market.readings import SeriesKind
from dashboard.replay.tape import DAY_MS, HOUR_MS, NO_ROWS, Tape
from dashboard.replay.wire import (
    RefusedError,
    VenueAnswer,
    VenueRequest,
    known_fields,
    number_text,
)

_MINUTE_MS = 60_000
_INTERVALS_MS = {
    "1m": _MINUTE_MS,
    "3m": 3 * _MINUTE_MS,
    "5m": 5 * _MINUTE_MS,
    "15m": 15 * _MINUTE_MS,
    "30m": 30 * _MINUTE_MS,
    "1h": HOUR_MS,
    "2h": 2 * HOUR_MS,
    "4h": 4 * HOUR_MS,
    "8h": 8 * HOUR_MS,
    "12h": 12 * HOUR_MS,
    "1d": DAY_MS,
}
_INTERVALS_NOT_BUILT = frozenset({"3d", "1w", "1M"})
_CANDLES_MAX = 5000
_FUNDING_MAX = 500


def _not_deserialized() -> RefusedError:
    return RefusedError("Failed to deserialize the JSON body into the target type", 422)


class HyperliquidDialect:
    """api.hyperliquid.xyz over the recorded perpetuals of `hyperliquid`, by coin."""

    host = "api.hyperliquid.xyz"

    def __init__(self, tapes: Mapping[str, Tape]) -> None:
        self._tapes = tapes
        self._types: dict[str, Callable[[Mapping[str, object], int], object]] = {
            "meta": self._meta,
            "metaAndAssetCtxs": self._meta_and_contexts,
            "fundingHistory": self._funding_history,
            "candleSnapshot": self._candle_snapshot,
            "exchangeStatus": lambda _body, now_ms: {"specialStatuses": None, "time": now_ms},
            "perpDexs": lambda _body, _now_ms: [None],
            "spotMeta": lambda _body, _now_ms: {"tokens": [], "universe": []},
            "spotMetaAndAssetCtxs": lambda _body, _now_ms: [{"tokens": [], "universe": []}, []],
        }

    def endpoint(self, request: VenueRequest) -> str:
        """The path and the type in the body: "/info metaAndAssetCtxs"."""
        kind = request.body.get("type")
        return f"{request.path} {kind}" if isinstance(kind, str) else request.path

    def answer(self, request: VenueRequest, now_ms: int) -> VenueAnswer:
        """What the venue would have answered at `now_ms`."""
        if (request.method, request.path) != ("POST", "/info"):
            raise RefusedError(None, 404)
        kind = request.body.get("type")
        answer = self._types.get(kind) if isinstance(kind, str) else None
        if answer is None:
            raise _not_deserialized()
        return VenueAnswer(answer(request.body, now_ms))

    def _tape(self, body: Mapping[str, object]) -> Tape:
        coin = body.get("coin")
        if not isinstance(coin, str):
            raise _not_deserialized()
        tape = self._tapes.get(coin)
        if tape is None:
            raise RefusedError(None, 500)
        return tape

    def _meta(self, body: Mapping[str, object], _now_ms: int) -> object:
        listed = [] if body.get("dex") else list(self._tapes.values())
        return {"universe": [tape.market.listing for tape in listed]}

    def _meta_and_contexts(self, body: Mapping[str, object], now_ms: int) -> object:
        listed = [] if body.get("dex") else list(self._tapes.values())
        return [self._meta(body, now_ms), [_context(tape, now_ms) for tape in listed]]

    def _funding_history(self, body: Mapping[str, object], now_ms: int) -> object:
        tape = self._tape(body)
        rows = tape.samples(SeriesKind.FUNDING, now_ms)
        rows = rows.between(_whole(body, "startTime"), _whole_or_none(body, "endTime"))
        rows = rows.oldest(_FUNDING_MAX)
        return [
            {
                "coin": tape.market.market_id,
                "fundingRate": number_text(rows.columns["rate"][at]),
                "time": int(time_ms),
            }
            for at, time_ms in enumerate(rows.time_ms)
        ]

    def _candle_snapshot(self, body: Mapping[str, object], now_ms: int) -> object:
        asked = body.get("req")
        if not isinstance(asked, dict):
            raise _not_deserialized()
        tape, interval = self._tape(asked), asked.get("interval")
        step_ms = _INTERVALS_MS.get(str(interval))
        if step_ms is None and interval not in _INTERVALS_NOT_BUILT:
            raise _not_deserialized()
        rows = NO_ROWS if step_ms is None else tape.candles(SeriesKind.CANDLES, step_ms, now_ms)
        rows = rows.between(_whole(asked, "startTime"), _whole_or_none(asked, "endTime"))
        rows = rows.newest(_CANDLES_MAX)
        volumes = rows.columns.get("volume", np.full(len(rows.time_ms), np.nan))
        return [
            {
                "t": int(time_ms),
                "T": int(time_ms) + (step_ms or 0) - 1,
                "s": tape.market.market_id,
                "i": interval,
                "o": number_text(rows.columns["open"][at]),
                "c": number_text(rows.columns["close"][at]),
                "h": number_text(rows.columns["high"][at]),
                "l": number_text(rows.columns["low"][at]),
                "v": number_text(volumes[at]),
            }
            for at, time_ms in enumerate(rows.time_ms)
        ]


def _whole_or_none(body: Mapping[str, object], name: str) -> int | None:
    value = body.get(name)
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool):
        raise _not_deserialized()
    return value


def _whole(body: Mapping[str, object], name: str) -> int:
    value = _whole_or_none(body, name)
    if value is None:
        raise _not_deserialized()
    return value


def _context(tape: Tape, now_ms: int) -> dict[str, object]:
    settled, coin = tape.settled_funding(now_ms), tape.open_interest_coin(now_ms)
    mark, day = tape.mark(now_ms), tape.day(now_ms)
    return {
        **known_fields(
            {
                "funding": None if settled is None else settled.value,
                "openInterest": None if coin is None else coin.value,
                "prevDayPx": None if day is None else day.open,
                "markPx": None if mark is None else mark.value,
                "dayBaseVlm": None if day is None else day.volume,
            }
        ),
        "premium": None,
        "midPx": None,
        "impactPxs": None,
    }
