"""The odds that the feed fitted, by contract, ready to be asked in a paint."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from PySide6.QtCore import QObject

from dashboard.errors import InputError
from dashboard.feed.frames import OddsFit, OddsScore
from dashboard.feed.odds_wire import base_of, fit_of
from dashboard.market.instrument import InstrumentKey
from dashboard.risk.odds.base_rates import BaseRates
from dashboard.risk.touch import TouchFit


@dataclass(frozen=True, slots=True)
class KnownOdds:
    """A contract's fit, what its bars are and its base rates, or the `reason` why there is none."""

    fit: TouchFit | None = None
    source: str = ""
    reason: str = ""
    base: BaseRates | None = None


LOADING = KnownOdds(reason="the hourly candles are loading")


class OddsBook(QObject):
    """Keeps the newest fit of each contract, and what came of earlier forecasts."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._known: dict[InstrumentKey, KnownOdds] = {}
        self.score: OddsScore | None = None

    @property
    def known(self) -> Mapping[InstrumentKey, KnownOdds]:
        """What is known, by contract."""
        return self._known

    def take(self, frame: OddsFit) -> None:
        """Keep a fit; a failure does not replace one."""
        key = InstrumentKey(frame.venue, frame.symbol)
        try:
            self._known[key] = KnownOdds(fit_of(frame), frame.source, base=base_of(frame))
        except InputError as error:
            held = self._known.get(key)
            if held is None or held.fit is None:
                self._known[key] = KnownOdds(reason=error.user_message)

    def take_score(self, frame: OddsScore) -> None:
        """Keep what came of the forecasts."""
        self.score = frame

    def forget(self) -> None:
        """Drop all, as after a seek: they know what lies in the future now."""
        self._known.clear()
        self.score = None
