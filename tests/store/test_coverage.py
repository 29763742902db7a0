"""Spans that were fetched stay sorted and disjoint and tell what is still missing."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dashboard.store.coverage import Span, missing, united, without

SPANS = st.tuples(st.integers(0, 30), st.integers(0, 30)).map(lambda pair: (min(pair), max(pair)))


def instants(spans: list[Span]) -> set[int]:
    return {instant for since, until in spans for instant in range(since, until)}


def made_of(parts: list[Span]) -> list[Span]:
    spans: list[Span] = []
    for part in parts:
        spans = united(spans, part)
    return spans


@given(st.lists(SPANS, max_size=6))
def test_a_union_holds_every_part_and_touches_nowhere(parts: list[Span]) -> None:
    spans = made_of(parts)
    assert instants(spans) == instants(parts)
    assert all(spans[at][1] < spans[at + 1][0] for at in range(len(spans) - 1))


@given(st.lists(SPANS, max_size=6), SPANS)
def test_what_is_cut_out_is_gone_and_nothing_else(parts: list[Span], gone: Span) -> None:
    assert instants(without(made_of(parts), gone)) == instants(parts) - instants([gone])


@given(st.lists(SPANS, max_size=6), SPANS)
def test_what_is_missing_completes_the_span(parts: list[Span], wanted: Span) -> None:
    spans = made_of(parts)
    assert instants(missing(spans, wanted)) == instants([wanted]) - instants(spans)


def test_gaps_come_oldest_first() -> None:
    assert missing([(10, 20), (30, 40)], (0, 50)) == [(0, 10), (20, 30), (40, 50)]
    assert missing([], (5, 5)) == []
