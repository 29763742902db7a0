"""The mark price of a contract where it is fit to be entered at, else why not."""

from __future__ import annotations

from dashboard.market.instrument import InstrumentKey
from dashboard.market.readings import ReadingKind
from dashboard.market.snapshot import Freshness, freshness
from widgets import format as fmt
from widgets.update import Update


def usable_mark(update: Update, key: InstrumentKey) -> tuple[float | None, str]:
    """The mark price and "", or None and the reason."""
    snapshot, kind = update.snapshot, ReadingKind.MARK_PRICE
    reading = snapshot.marks.get(key)
    if reading is None:
        return None, snapshot.why_missing(key, kind)
    age_ms = update.now_ms - reading.as_of_ms
    if freshness(kind, reading.as_of_ms, update.now_ms, snapshot.speed) is Freshness.EXPIRED:
        return None, f"the last mark price is {fmt.age(age_ms)} old"
    if reading.mark is None:
        return None, f"{key.venue} gives no mark price"
    if reading.doubt:
        return None, f"the mark price is suspect: it {reading.doubt}"
    return reading.mark, ""
