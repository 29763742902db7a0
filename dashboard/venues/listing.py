"""Which contracts a venue lists: what was seen last time, and what is gone for good.

Venues leave contracts out of a listing by mistake. One is taken for delisted only after it was
absent from several good listings with time between them; until then it stays as it was known.
Pure.
"""

from __future__ import annotations

from collections.abc import Iterable

from dashboard.market.instrument import Instrument

ABSENCES_BELIEVED = 3
LEAST_BETWEEN_ABSENCES_S = 600.0


class Contracts:
    """The contracts of one venue by unified symbol, over all its listings so far."""

    def __init__(self) -> None:
        self.current: dict[str, Instrument] = {}
        self.delisted: set[str] = set()
        self._absences: dict[str, tuple[int, float]] = {}

    @property
    def doubtful(self) -> bool:
        """Whether a contract was absent lately and is not taken for delisted yet."""
        return bool(self._absences)

    def take(self, found: Iterable[Instrument], now_s: float) -> list[str]:
        """Take a good listing that came at `now_s`; the symbols that are delisted by it."""
        listed = {instrument.symbol: instrument for instrument in found}
        gone: list[str] = []
        for symbol in [symbol for symbol in self.current if symbol not in listed]:
            times, last_s = self._absences.get(symbol, (0, -LEAST_BETWEEN_ABSENCES_S))
            if now_s < last_s + LEAST_BETWEEN_ABSENCES_S:
                continue
            if times + 1 >= ABSENCES_BELIEVED:
                gone.append(symbol)
                del self.current[symbol]
                self._absences.pop(symbol, None)
            else:
                self._absences[symbol] = (times + 1, now_s)
        for symbol in listed:
            self._absences.pop(symbol, None)
        self.current |= listed
        self.delisted |= set(gone)
        self.delisted -= set(listed)
        return gone
