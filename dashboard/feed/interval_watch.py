"""Notices when a venue changes how often a contract's funding is settled, and writes it down.

A change moves what a position pays a day, and venues make it without a word. The last known
intervals are kept over restarts, so that a change made meanwhile is noticed, too.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Mapping
from pathlib import Path

from dashboard.errors import StoreError
from dashboard.feed.frames import IntervalChanged
from dashboard.market.instrument import InstrumentKey
from dashboard.market.readings import FundingRate, IntervalSource, Reading
from dashboard.store.files import read_small_json, write_atomically
from dashboard.venues.fields import interval_hours, mapping, number

CHANGES_KEPT = 1_000

_log = logging.getLogger("liqline.feed")


class IntervalWatch:
    """The funding intervals that venues told, in the JSON file at `path`; None keeps nothing.

    What was inferred from settlements is no word of the venue: a lost settlement looks like a
    longer interval.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._hours: dict[InstrumentKey, float] = {}
        self.changes: list[IntervalChanged] = []
        if path is not None:
            try:
                self._read(mapping(read_small_json(path)))
            except (OSError, ValueError) as error:  # a lost file is a first start
                _log.debug("no funding intervals of before: %r", error)

    def take(self, readings: Iterable[Reading]) -> list[IntervalChanged]:
        """The changes that these readings show, which are written down."""
        found, before = [], len(self._hours)
        for reading in readings:
            if not isinstance(reading, FundingRate) or reading.doubt:
                continue
            hours = reading.interval_hours
            if hours is None or reading.interval_source is not IntervalSource.VENUE:
                continue
            known = self._hours.get(reading.key)
            self._hours[reading.key] = hours
            if known not in (None, hours):
                found.append(
                    IntervalChanged(*reading.key, known, hours, reading.received_ms),
                )
        if found:
            self.changes = (self.changes + found)[-CHANGES_KEPT:]
        if found or len(self._hours) > before:
            self._keep()
        return found

    def _read(self, kept: Mapping[str, object]) -> None:
        for venue, contracts in mapping(kept.get("hours")).items():
            for symbol, value in mapping(contracts).items():
                hours = interval_hours(value)
                if hours is not None:
                    self._hours[InstrumentKey(venue, symbol)] = hours
        rows = kept.get("changes")
        for row in rows if isinstance(rows, list) else []:
            change = _change_of(row)
            if change is not None:
                self.changes.append(change)

    def _keep(self) -> None:
        """Write down what is known; a disk that fails costs the memory of it only."""
        if self._path is None:
            return
        hours: dict[str, dict[str, float]] = {}
        for key, value in self._hours.items():
            hours.setdefault(key.venue, {})[key.symbol] = value
        rows = [
            [one.venue, one.symbol, one.before_hours, one.hours, one.at_ms] for one in self.changes
        ]
        try:
            write_atomically(self._path, json.dumps({"hours": hours, "changes": rows}).encode())
        except StoreError as error:
            _log.info("%s (%s)", error.user_message, error.detail)


def _change_of(row: object) -> IntervalChanged | None:
    if not isinstance(row, list) or len(row) != 5:
        return None
    venue, symbol, *figures = row
    before, hours = interval_hours(figures[0]), interval_hours(figures[1])
    at_ms = number(figures[2])
    if not isinstance(venue, str) or not isinstance(symbol, str):
        return None
    if before is None or hours is None or at_ms is None:
        return None
    return IntervalChanged(venue, symbol, before, hours, int(at_ms))
