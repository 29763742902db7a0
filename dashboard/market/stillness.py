"""Finding out a venue that repeats its last mark prices under a live clock. Pure.

A mark price moves with its index every few seconds. One that does not for two minutes is frozen
where another venue's mark of the same coin moved meanwhile, or where nothing of its venue moved.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from dashboard.market.instrument import InstrumentKey

FROZEN_AFTER_MS = 110_000
PEERS_MOVED = 0.002
"""As a fraction of what a peer's mark was when this one stood still."""
LEAST_CONTRACTS = 2


@dataclass(slots=True)
class _Still:
    value: float
    since_ms: int
    seen_ms: int
    peers: dict[InstrumentKey, float] = field(default_factory=dict)


class Stillness:
    """Remembers since when each mark price has not moved."""

    def __init__(self) -> None:
        self._held: dict[InstrumentKey, _Still] = {}

    def forget(self) -> None:
        """Begin anew, as after a seek of a recording's clock."""
        self._held.clear()

    def note(
        self, key: InstrumentKey, mark: float, peers: Mapping[InstrumentKey, float], now_ms: int
    ) -> tuple[int, str]:
        """Take a mark price in; how long it has been frozen in ms and why, else 0 and "".

        `peers` are the marks of the same coin at other venues that may be trusted now.
        """
        still = self._held.get(key)
        if still is None or still.value != mark:
            self._held[key] = _Still(mark, now_ms, now_ms, dict(peers))
            return 0, ""
        still.seen_ms = now_ms
        for peer, value in peers.items():
            still.peers.setdefault(peer, value)
        stood_ms = now_ms - still.since_ms
        if stood_ms < FROZEN_AFTER_MS:
            return 0, ""
        moved = _moved(still.peers, peers)
        if moved is not None:
            peer, share = moved
            return stood_ms, (
                f"has not moved for {stood_ms // 1000} s while {peer.venue} moved by {share:.2%}"
            )
        count = self._all_still(key.venue, now_ms)
        if count >= LEAST_CONTRACTS:
            return stood_ms, (
                f"has not moved for {stood_ms // 1000} s, nor has any of the {count} asked of "
                f"{key.venue}"
            )
        return 0, ""

    def _all_still(self, venue: str, now_ms: int) -> int:
        """How many contracts of a venue stand still, 0 where one of them moves."""
        recent = [
            still
            for key, still in self._held.items()
            if key.venue == venue and now_ms - still.seen_ms < FROZEN_AFTER_MS
        ]
        frozen = all(now_ms - still.since_ms >= FROZEN_AFTER_MS for still in recent)
        return len(recent) if frozen else 0


def _moved(
    before: Mapping[InstrumentKey, float], now: Mapping[InstrumentKey, float]
) -> tuple[InstrumentKey, float] | None:
    """The peer that moved most since then, and by what fraction, where it is far enough."""
    moves: Iterable[tuple[float, InstrumentKey]] = (
        (abs(value / before[peer] - 1.0), peer) for peer, value in now.items() if peer in before
    )
    share, peer = max(moves, default=(0.0, None))
    return None if peer is None or share < PEERS_MOVED else (peer, share)
