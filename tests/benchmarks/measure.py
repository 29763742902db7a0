"""How the benchmarks time things and what they print.

Every figure is a median over interleaved rounds (each round runs every candidate once, in turn),
so that a busy neighbour slows all candidates alike. Standard output carries one JSON object a
line and nothing else: `{"name", "value", "unit", "peer", "peer_value", "ratio"}`, where `ratio`
is value / peer_value (for times: below 1 is faster than the peer).
"""

from __future__ import annotations

import gc
import json
import statistics
import sys
import time
from collections.abc import Callable, Mapping

MIN_ROUNDS = 5

Candidate = Callable[[], object]


def thread_seconds(work: Candidate, calls: int) -> float:
    """CPU time of this thread per call of `work`, in seconds, over `calls` calls."""
    started = time.thread_time()
    for _ in range(calls):
        work()
    return (time.thread_time() - started) / calls


def wall_seconds(work: Candidate, calls: int) -> float:
    """Elapsed time per call of `work`, in seconds; for work that other processes do."""
    started = time.perf_counter()
    for _ in range(calls):
        work()
    return (time.perf_counter() - started) / calls


def interleaved_rounds(
    candidates: Mapping[str, Candidate],
    *,
    rounds: int = 7,
    calls: int = 1,
    timer: Callable[[Candidate, int], float] = thread_seconds,
) -> dict[str, list[float]]:
    """Seconds per call of each candidate, one value a round, after one unmeasured round."""
    if rounds < MIN_ROUNDS:
        raise ValueError(f"rounds must be at least {MIN_ROUNDS}, not {rounds}")
    for work in candidates.values():
        work()
    gc.collect()
    gc.disable()
    try:
        seconds: dict[str, list[float]] = {name: [] for name in candidates}
        for _ in range(rounds):
            for name, work in candidates.items():
                seconds[name].append(timer(work, calls))
    finally:
        gc.enable()
    return seconds


def medians(rounds: Mapping[str, list[float]]) -> dict[str, float]:
    """The median of each candidate's rounds."""
    return {name: statistics.median(values) for name, values in rounds.items()}


def print_figure(
    name: str,
    value: float,
    unit: str,
    peer: str | None = None,
    peer_value: float | None = None,
) -> None:
    """Print one figure as a JSON line; `peer` says in words what `peer_value` measures."""
    ratio = value / peer_value if peer_value else None
    figure = {
        "name": name,
        "value": value,
        "unit": unit,
        "peer": peer,
        "peer_value": peer_value,
        "ratio": ratio,
    }
    sys.stdout.write(json.dumps(figure) + "\n")
    sys.stdout.flush()
