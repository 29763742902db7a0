"""Tells the window and the log what the door refused, with the venue's own words."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence

import msgspec

from dashboard.feed.door import Door, Refusal
from dashboard.feed.frames import Refusals, Refused
from dashboard.market.candles import RowRule, RowsDoubted
from dashboard.market.plausibility import Rule

KEPT_A_VENUE = 20
LOGGED_EVERY_MS = 60_000
MAX_RAW_CHARACTERS = 2_000
_MOST_PARTS_LOOKED_AT = 20_000

_log = logging.getLogger("liqline.feed")


class Doubts:
    """What was refused lately. `answer_of` gives a venue's last answer by endpoint, or None."""

    def __init__(
        self,
        door: Door,
        send: Callable[[Refusals], None],
        answer_of: Callable[[str, str], object],
        market_id_of: Callable[[Refusal], str],
        now_ms: Callable[[], int],
    ) -> None:
        self._door = door
        self._send = send
        self._answer_of = answer_of
        self._market_id_of = market_id_of
        self._now_ms = now_ms
        self._latest: dict[str, deque[Refused]] = {}
        self._logged: dict[tuple[str, Rule | RowRule], int] = {}

    def take(self, refusals: Sequence[Refusal]) -> None:
        """Log and tell; the same rule of the same venue is logged at most once a minute."""
        told: dict[str, list[Refused]] = {}
        for refusal in refusals:
            reading = refusal.reading
            said = f"{refusal.trust.value}: {refusal.sentence}"
            self._log((reading.venue, refusal.rule), reading.received_ms, said)
            answer = self._answer_of(reading.venue, reading.endpoint)
            raw = row_about(answer, self._market_id_of(refusal))
            refused = Refused(reading.received_ms, refusal.sentence, raw)
            told.setdefault(reading.venue, []).append(refused)
        for venue, refused_now in told.items():
            self._tell(venue, *refused_now)

    def take_rows(self, doubted: RowsDoubted) -> None:
        """Log and tell of rows of a history; the same rule at most once a minute."""
        venue, now_ms = doubted.key.venue, self._now_ms()
        self._door.count_rows(doubted)
        for rule in doubted.counts:
            self._log((venue, rule), now_ms, doubted.sentence)
        raw = msgspec.json.encode(list(doubted.example)).decode()
        self._tell(venue, Refused(now_ms, doubted.sentence, raw[:MAX_RAW_CHARACTERS]))

    def _tell(self, venue: str, *refused: Refused) -> None:
        latest = self._latest.setdefault(venue, deque(maxlen=KEPT_A_VENUE))
        latest.extend(refused)
        self._send(Refusals(venue, dict(self._door.counts[venue]), list(latest)))

    def _log(self, about: tuple[str, Rule | RowRule], now_ms: int, sentence: str) -> None:
        before_ms = self._logged.get(about)
        if before_ms is None or not 0 <= now_ms - before_ms < LOGGED_EVERY_MS:
            self._logged[about] = now_ms
            _log.info("%s", sentence)


def row_about(answer: object, market_id: str) -> str:
    """The innermost object of a decoded answer that names the contract, as JSON text.

    The beginning of the whole answer where none does, "" where there is no answer.
    """
    if answer is None:
        return ""
    found: object = answer
    for count, part in enumerate(_objects(answer)):
        if market_id in part.values() or count > _MOST_PARTS_LOOKED_AT:
            found = part
            break
    try:
        return msgspec.json.encode(found).decode()[:MAX_RAW_CHARACTERS]
    except (RecursionError, ValueError, TypeError):
        return "an answer that cannot be written down"


def _objects(answer: object) -> Iterator[Mapping[str, object]]:
    """Every object in a decoded answer, without recursion: answers may be nested deeply."""
    waiting = deque([answer])
    while waiting:
        part = waiting.popleft()
        if isinstance(part, dict):
            if not any(isinstance(value, dict | list) for value in part.values()):
                yield part
            waiting.extend(part.values())
        elif isinstance(part, list):
            waiting.extend(part)
