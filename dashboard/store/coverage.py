"""Spans of time that were already fetched, as sorted, disjoint [since, until) pairs in ms UTC."""

from __future__ import annotations

from collections.abc import Sequence

Span = tuple[int, int]


def united(spans: Sequence[Span], new: Span) -> list[Span]:
    """`spans` with `new` taken in; spans that touch become one."""
    since, until = new
    if since >= until:
        return list(spans)
    apart = []
    for span in spans:
        if span[1] < since or span[0] > until:
            apart.append(span)
        else:
            since, until = min(since, span[0]), max(until, span[1])
    return sorted([*apart, (since, until)])


def without(spans: Sequence[Span], gone: Span) -> list[Span]:
    """`spans` with `gone` cut out."""
    left = [(since, min(until, gone[0])) for since, until in spans]
    right = [(max(since, gone[1]), until) for since, until in spans]
    return sorted({span for span in (*left, *right) if span[0] < span[1]})


def missing(spans: Sequence[Span], wanted: Span) -> list[Span]:
    """The parts of `wanted` that no span covers, oldest first."""
    gaps = [wanted] if wanted[0] < wanted[1] else []
    for span in spans:
        gaps = without(gaps, span)
    return gaps
