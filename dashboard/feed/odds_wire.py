"""Fits of odds as frames and back; excursions travel as float32, which is finer than any price."""

from __future__ import annotations

import numpy as np

from dashboard.errors import InputError
from dashboard.feed.frames import OddsFit, OddsHorizon
from dashboard.market.instrument import InstrumentKey
from dashboard.risk.odds.bars import FloatArray
from dashboard.risk.odds.excursions import Way
from dashboard.risk.odds.order import Steps
from dashboard.risk.odds.tail import Tail
from dashboard.risk.touch import HorizonFit, Method, TouchFit


def frame_of(key: InstrumentKey, fit: TouchFit, source: str) -> OddsFit:
    """The frame that carries a fit of one contract; `source` says what the bars are."""
    return OddsFit(
        venue=key.venue,
        symbol=key.symbol,
        method=fit.method.value,
        note=fit.note,
        source=source,
        since_ms=fit.since_ms,
        made_ms=fit.made_ms,
        bars=fit.bars,
        pooled=any(one.tails[Way.DOWN].pooled for one in fit.horizons),
        horizons=[_packed(one) for one in fit.horizons],
        sigma_h=0.0 if fit.steps is None else fit.steps.sigma_h,
        steps=b"" if fit.steps is None else _bytes(fit.steps.moves),
    )


def fit_of(frame: OddsFit) -> TouchFit:
    """The fit that a frame carries; raises InputError, with the reason, where it carries none."""
    if not frame.horizons:
        raise InputError("odds", frame.reason or "no odds are known")
    return TouchFit(
        Method(frame.method),
        tuple(_unpacked(one, pooled=frame.pooled) for one in frame.horizons),
        frame.since_ms,
        frame.made_ms,
        frame.bars,
        frame.note,
        Steps(_floats(frame.steps).reshape(-1, 3), frame.sigma_h) if frame.steps else None,
    )


def _packed(one: HorizonFit) -> OddsHorizon:
    down, up = one.tails[Way.DOWN], one.tails[Way.UP]
    return OddsHorizon(
        one.hours, one.sigma, down.count, down.effective, _bytes(down.z), _bytes(up.z)
    )


def _bytes(z: FloatArray) -> bytes:
    return z.astype("<f4").tobytes()


def _floats(packed: bytes) -> FloatArray:
    return np.frombuffer(packed, dtype="<f4").astype(np.float64)


def _unpacked(one: OddsHorizon, *, pooled: bool) -> HorizonFit:
    tails = {
        way: Tail(
            _floats(packed),
            one.hours,
            one.effective,
            one.count,
            pooled,
        )
        for way, packed in ((Way.DOWN, one.down), (Way.UP, one.up))
    }
    return HorizonFit(one.hours, one.sigma, tails)
