"""How long the window takes to be there, to show a number, and to show them all.

Run with `python -m tests.benchmarks.startup`.
"""

from __future__ import annotations

from tests.benchmarks.measure import print_figure
from tests.benchmarks.window_runs import PEER, interleaved, median

SECONDS_PER_RUN = 8.0


def main() -> None:
    """Print every figure."""
    program, peer = interleaved(SECONDS_PER_RUN)
    painted = median(peer, "first_paint_s")
    print_figure("first paint", median(program, "first_paint_s"), "s", PEER, painted)
    print_figure("first reading", median(program, "first_reading_s"), "s", PEER, painted)
    print_figure("all rows fresh", median(program, "all_fresh_s"), "s", PEER, painted)
    memory = "peak_resident_mb"
    print_figure("peak resident memory", median(program, memory), "MB", PEER, median(peer, memory))


if __name__ == "__main__":
    main()
