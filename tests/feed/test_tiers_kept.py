"""Tiers that a venue publishes go to the window and, from live venues, into the data directory."""

from __future__ import annotations

from pathlib import Path

from dashboard.feed.frames import Fault, Frame, Tiers
from dashboard.feed.service import Feed
from dashboard.feed.world import LiveWorld
from dashboard.market.instrument import InstrumentKey, MarginTier, TierTable, TierUnit
from dashboard.store.tiers import load_tiers

TABLE = TierTable(
    venue="okx",
    symbol="NEW/USDT:USDT",
    tiers=(MarginTier(floor=0.0, cap=500.0, mmr=0.03, max_leverage=10.0),),
    unit=TierUnit.CONTRACTS,
    as_of_ms=1_722_772_800_000,
    source="OKX /api/v5/public/position-tiers",
)


class Sink:
    """Keeps frames."""

    def __init__(self) -> None:
        self.frames: list[Frame] = []

    def send(self, frame: Frame) -> None:
        self.frames.append(frame)

    def drop_market(self) -> None:
        """Nothing waits."""


def test_tiers_are_passed_on_and_kept(tmp_path: Path) -> None:
    sink = Sink()
    Feed(LiveWorld(), sink, tmp_path / "h.sqlite3", tmp_path).send(Tiers([TABLE]))
    assert sink.frames == [Tiers([TABLE])]
    assert load_tiers(tmp_path).find(InstrumentKey("okx", "NEW/USDT:USDT")) == TABLE


def test_tiers_of_a_recording_are_passed_on_only(tmp_path: Path) -> None:
    sink = Sink()
    Feed(LiveWorld(), sink, tmp_path / "h.sqlite3", None).send(Tiers([TABLE]))
    assert sink.frames == [Tiers([TABLE])]
    assert list(tmp_path.iterdir()) == []


def test_tiers_that_cannot_be_kept_are_a_fault_in_words(tmp_path: Path) -> None:
    sink, blocked = Sink(), tmp_path / "file"
    blocked.write_text("")
    Feed(LiveWorld(), sink, tmp_path / "h.sqlite3", blocked).send(Tiers([TABLE]))
    assert isinstance(sink.frames[-1], Fault)
