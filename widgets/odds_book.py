"""The odds that the feed fitted, by contract, ready to be asked in a paint."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from PySide6.QtCore import QObject

from dashboard.errors import InputError
from dashboard.feed.frames import OddsFit, OddsScore
from dashboard.feed.odds_wire import base_of, fit_of
from dashboard.market.instrument import InstrumentKey
from dashboard.risk.odds.base_rates import BaseRates
from dashboard.risk.odds.tail import Tail
from dashboard.risk.touch import TouchFit
from widgets.slices import Slices


@dataclass(frozen=True, slots=True)
class KnownOdds:
    """A contract's fit, what its bars are and its base rates, or the `reason` why there is none."""

    fit: TouchFit | None = None
    source: str = ""
    reason: str = ""
    base: BaseRates | None = None


LOADING = KnownOdds(reason="the hourly candles are loading")


class OddsBook(QObject):
    """Keeps the newest fit of each contract, and what came of earlier forecasts.

    A fit is put in order piece by piece before it is known, so that whoever asks it first, in the
    middle of a frame, does not wait for that.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._known: dict[InstrumentKey, KnownOdds] = {}
        self._waiting: dict[InstrumentKey, KnownOdds] = {}
        self._slices = Slices(self)
        self._slices.failed.connect(_raise)
        self.score: OddsScore | None = None

    @property
    def known(self) -> Mapping[InstrumentKey, KnownOdds]:
        """What is known, by contract."""
        return self._known

    def take(self, frame: OddsFit) -> None:
        """Keep a fit; a failure does not replace one."""
        key = InstrumentKey(frame.venue, frame.symbol)
        try:
            self._waiting[key] = KnownOdds(fit_of(frame), frame.source, base=base_of(frame))
        except InputError as error:
            held = self._known.get(key)
            if held is None or held.fit is None:
                self._known[key] = KnownOdds(reason=error.user_message)
            return
        if not self._slices.working:
            self._slices.start(self._put_in_order())

    def _put_in_order(self) -> Iterator[None]:
        while self._waiting:
            key = next(iter(self._waiting))
            known = self._waiting.pop(key)
            for tail in _tails(known.fit):
                tail.put_in_order()
                yield
            self._known[key] = known

    def take_score(self, frame: OddsScore) -> None:
        """Keep what came of the forecasts."""
        self.score = frame

    def forget(self) -> None:
        """Drop all, as after a seek: they know what lies in the future now."""
        self._slices.stop()
        self._waiting.clear()
        self._known.clear()
        self.score = None


def _tails(fit: TouchFit | None) -> list[Tail]:
    return [] if fit is None else [tail for one in fit.horizons for tail in one.tails.values()]


def _raise(error: Exception) -> None:
    raise error
