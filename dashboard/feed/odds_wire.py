"""Fits of odds as frames and back; excursions travel as float32, which is finer than any price."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
import numpy as np

from dashboard.errors import InputError
from dashboard.feed.frames import OddsBase, OddsFit, OddsHorizon, WalletAsked
from dashboard.market.instrument import InstrumentKey
from dashboard.risk.odds.bars import FloatArray
from dashboard.risk.odds.base_rates import LEVERAGES, BaseRates, State
from dashboard.risk.odds.cells import HORIZONS_H
from dashboard.risk.odds.excursions import Way
from dashboard.risk.odds.order import Steps
from dashboard.risk.odds.tail import Tail
from dashboard.risk.touch import HorizonFit, Method, TouchFit
from dashboard.risk.wallet import Wallet


def frame_of(
    key: InstrumentKey, fit: TouchFit, source: str, base: BaseRates | None = None
) -> OddsFit:
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
        base=None if base is None else _packed_base(base),
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


def base_of(frame: OddsFit) -> BaseRates | None:
    """The base rates that a frame carries, None where it has none."""
    packed = frame.base
    if packed is None:
        return None
    shape = (len(State), len(Way), len(HORIZONS_H))
    return BaseRates(
        _floats(packed.shares).reshape(*shape, len(LEVERAGES)),
        _floats(packed.counts).reshape(len(State), len(HORIZONS_H)),
        _floats(packed.rare).reshape(shape),
        State(packed.now),
        frame.since_ms,
        frame.made_ms,
    )


def wallet_asked(wallet: Wallet, keys: Mapping[str, InstrumentKey]) -> WalletAsked:
    """The part of a question that is about one wallet; see WalletAsked."""
    return WalletAsked(wallet.id, msgspec.msgpack.encode(wallet), dict(keys))


def wallet_of(asked: WalletAsked) -> Wallet:
    """The wallet that is asked about; raises InputError where the bytes hold none."""
    try:
        return msgspec.msgpack.decode(asked.packed, type=Wallet)
    except msgspec.MsgspecError as error:
        raise InputError("wallet", "the wallet could not be read", detail=repr(error)) from error


def _packed_base(base: BaseRates) -> OddsBase:
    return OddsBase(_bytes(base.shares), _bytes(base.counts), _bytes(base.rare), base.now.value)


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
