"""The text of the diagnostics: what the running window knows of its feed and venues."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from dashboard.feed.frames import Refusals, VenueStatus
from dashboard.market.account import Position
from dashboard.market.clock_offset import counted_ms
from widgets import format as fmt

RAW_SHOWN = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningState:
    """What the window measured of itself and its feed; ages in ms, memory in MB."""

    now_ms: int
    feed_pid: int
    feed_starts: int
    feed_lost: str
    statuses: Mapping[str, VenueStatus] = field(default_factory=dict)
    refusals: Mapping[str, Refusals] = field(default_factory=dict)
    faults: Iterable[str] = ()
    late_worst_ms: float = 0.0
    memory_mb: float | None = None
    gathered: int = 0


def running_text(state: RunningState) -> str:
    """The state as lines to be read and copied."""
    lines = [
        f"feed: {state.feed_lost or f'process {state.feed_pid}'}, "
        f"started {state.feed_starts} time{'' if state.feed_starts == 1 else 's'}",
        f"window: at most {state.late_worst_ms:.0f} ms late since this was opened"
        + ("" if state.memory_mb is None else f", {state.memory_mb:.0f} MB at most"),
    ]
    for venue, status in sorted(state.statuses.items()):
        lines.append(f"{venue}: {status.state}, {status.text}{_more(status, state.now_ms)}")
    for venue, refusals in sorted(state.refusals.items()):
        lines += _refused(venue, refusals)
    lines += [f"said: {fault}" for fault in state.faults]
    return "\n".join(lines)


def clock_sentence(status: VenueStatus) -> str:
    """By how much this computer's clock differs from a venue's, "" where it hardly does."""
    ahead_ms = counted_ms(status.clock_ahead_ms)
    if not ahead_ms:
        return ""
    way = "ahead of" if ahead_ms > 0 else "behind"
    return f"this computer's clock is {abs(ahead_ms) / 1000:.0f} s {way} that of {status.venue}"


def positions_text(positions: Iterable[Position]) -> str:
    """The positions as lines, for a report whose writer wants them in it."""
    return "\n".join(
        f"{one.instrument.venue} {one.instrument.symbol} {one.side.name.lower()} {one.size:.10g} "
        f"{one.size_unit} @{one.entry_price:.10g} {one.margin_mode}"
        for one in positions
    )


def _more(status: VenueStatus, now_ms: int) -> str:
    parts = [status.prices_text, status.budget_text, clock_sentence(status)]
    if status.received_ms:
        parts.insert(0, f"last answer {fmt.age(max(0, now_ms - status.received_ms))} ago")
    told = "; ".join(filter(None, parts))
    return f"; {told}" if told else ""


def _refused(venue: str, refusals: Refusals) -> list[str]:
    counts = ", ".join(f"{rule} {count}" for rule, count in sorted(refusals.counts.items()))
    lines = [f"{venue} readings: {counts}"]
    for one in refusals.latest[-RAW_SHOWN:]:
        lines.append(f"  {fmt.instant(one.at_ms)} {one.sentence}")
        if one.raw:
            lines.append(f"    it said {one.raw}")
    return lines
