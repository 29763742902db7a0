"""How long the window takes to be there, to show a number, and to show them all.

Run with `python -m tests.benchmarks.startup`.
"""

from __future__ import annotations

from tests.benchmarks.measure import print_figure
from tests.benchmarks.window_runs import (
    CHARTS_PEER,
    PEER,
    median,
    rounds_of,
    run_charts_peer,
    run_peer,
    run_program,
)

SECONDS_PER_RUN = 25.0
PEER_SECONDS = 2.0


def main() -> None:
    """Print every figure."""
    program, peer, plots = rounds_of(
        lambda: run_program(SECONDS_PER_RUN),
        lambda: run_peer(PEER_SECONDS),
        lambda: run_charts_peer(PEER_SECONDS),
    )
    plotted = median(plots, "first_paint_s")
    painted, memory = median(peer, "first_paint_s"), median(peer, "peak_resident_mb")
    print_figure("first paint", median(program, "first_paint_s"), "s", PEER, painted)
    charts = median(program, "charts_paint_s")
    print_figure("charts painted", charts, "s", PEER, painted)
    print_figure("charts painted", charts, "s", CHARTS_PEER, plotted)
    print_figure(CHARTS_PEER, plotted, "s", PEER, painted)
    print_figure("peak resident memory", median(program, "peak_resident_mb"), "MB", PEER, memory)
    print_figure("first reading", median(program, "first_reading_s"), "s", PEER, painted)
    print_figure("all rows fresh", median(program, "all_fresh_s"), "s", PEER, painted)


if __name__ == "__main__":
    main()
