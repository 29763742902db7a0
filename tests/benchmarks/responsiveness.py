"""How late the window's event loop is while a recorded market runs through it at full speed.

Run with `python -m tests.benchmarks.responsiveness`.
"""

from __future__ import annotations

from tests.benchmarks.measure import print_figure
from tests.benchmarks.window_runs import PEER, interleaved, median

SECONDS_PER_RUN = 15.0
SPEED = "600"
FIGURES = {"p50": "late_p50_ms", "p99": "late_p99_ms", "maximum": "late_max_ms"}


def main() -> None:
    """Print every figure."""
    program, peer = interleaved(SECONDS_PER_RUN, "--speed", SPEED)
    for name, figure in FIGURES.items():
        late, peer_late = median(program, figure), median(peer, figure)
        print_figure(f"loop lateness {name}", late, "ms", PEER, peer_late)


if __name__ == "__main__":
    main()
