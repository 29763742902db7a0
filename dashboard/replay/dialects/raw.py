"""A host of a raw session: each request gets the answer that it once got, byte for byte."""

from __future__ import annotations

import bisect
import json
from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import parse_qsl, urlsplit

from dashboard.replay.raw_session import RawAnswer
from dashboard.replay.wire import BytesAnswer, RefusedError, VenueRequest

_MOMENTS = frozenset(
    {
        *("starttime", "endtime", "start", "end", "from", "to", "since", "until"),
        *("before", "after", "begin", "timestamp"),
    }
)
"""Parameters that say a moment, so that the same question is never asked twice with them."""

Question = tuple[str, str, str]


class RawHost:
    """Answers of one host, by question; of several the last that had come by then."""

    def __init__(self, host: str, answers: Iterable[RawAnswer]) -> None:
        self.host = host
        self._exact: dict[Question, list[RawAnswer]] = {}
        self._alike: dict[Question, list[RawAnswer]] = {}
        for answer in answers:
            parts = urlsplit(answer.url)
            query = dict(parse_qsl(parts.query, keep_blank_values=True))
            asked = VenueRequest(
                method=answer.method,
                path=parts.path or "/",
                query=query,
                body=_json_object(answer.asked_body),
            )
            self._exact.setdefault(_question(asked, ()), []).append(answer)
            self._alike.setdefault(_question(asked, _MOMENTS), []).append(answer)

    def endpoint(self, request: VenueRequest) -> str:
        """The path, and the type in the body where there is one."""
        kind = request.body.get("type")
        return f"{request.path} {kind}" if isinstance(kind, str) else request.path

    def answer(self, request: VenueRequest, now_ms: int) -> BytesAnswer:
        """What had been answered by `now_ms`, or was answered first; 404 where never asked."""
        found = self._exact.get(_question(request, ()))
        found = found or self._alike.get(_question(request, _MOMENTS))
        if not found:
            raise RefusedError({"error": "this session has no answer to that question"}, 404)
        answer = _standing(found, now_ms)
        return BytesAnswer(answer.body, answer.status, answer.headers)


def hosts_of(answers: Sequence[RawAnswer]) -> dict[str, RawHost]:
    """The hosts that answered."""
    by_host: dict[str, list[RawAnswer]] = {}
    for answer in answers:
        by_host.setdefault(urlsplit(answer.url).netloc, []).append(answer)
    return {host: RawHost(host, found) for host, found in by_host.items()}


def _standing(found: Sequence[RawAnswer], now_ms: int) -> RawAnswer:
    place = bisect.bisect_right(found, now_ms, key=lambda answer: answer.came_ms)
    return found[max(0, place - 1)]


def _question(request: VenueRequest, left_out: Iterable[str]) -> Question:
    omitted = frozenset(left_out)
    query = sorted((k, v) for k, v in request.query.items() if k.lower() not in omitted)
    body = _without(request.body, omitted)
    return request.method, request.path, json.dumps([query, body], sort_keys=True)


def _without(value: object, omitted: frozenset[str]) -> object:
    if not isinstance(value, Mapping):
        return value
    return {k: _without(v, omitted) for k, v in value.items() if str(k).lower() not in omitted}


def _json_object(text: str) -> Mapping[str, object]:
    try:
        body = json.loads(text or "{}")
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}
