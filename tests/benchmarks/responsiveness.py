"""How late the window's event loop is while many markets run through it.

`python -m tests.benchmarks.responsiveness [--contracts N] [--seconds S]`: a load recording (one
market's recorded series under other names, so for load only) with 100 contracts on each of five
venues at 60x, all of them watched, loading included. Lateness is held against the same window with
three contracts at 1x (idle), dropped frames and the net maximum are said as they are, with those of
a bare window beside them. Net lateness leaves out the time in which other processes held the
processor.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from dashboard.replay.recording import write_recording
from dashboard.venues.catalogue import CATALOGUE
from tests.benchmarks.measure import print_figure
from tests.benchmarks.window_runs import PEER, median, rounds_of, run_peer, run_program
from tests.load.market import load_market

VENUES = ("binanceusdm", "bybit", "okx", "hyperliquid", "gate")
CONTRACTS = 100
SECONDS_PER_RUN = 20.0
SPEED = "60"
IDLE = "the same window, idle"
AGAINST_IDLE = {
    "lateness p50": "late_p50_ms",
    "lateness p99": "late_p99_ms",
    "net lateness p99": "late_net_p99_ms",
}
AGAINST_BARE = {
    "lateness maximum": ("late_max_ms", "ms"),
    "net lateness maximum": ("late_net_max_ms", "ms"),
    "dropped frames": ("dropped_frames", "frames"),
}


def main(contracts: int, seconds: float) -> None:
    """Print every figure."""
    venues = [venue for venue in VENUES if venue in CATALOGUE]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "load.npz"
        write_recording(path, load_market(venues, contracts))
        options = ("--recording", str(path), "--speed", SPEED, "--venues", ",".join(venues))
        loaded, idle, bare = rounds_of(
            lambda: run_program(seconds, *options),
            lambda: run_program(seconds, "--speed", "1"),
            lambda: run_peer(seconds),
        )
    where = f"{contracts} contracts x {len(venues)} venues"
    for name, figure in AGAINST_IDLE.items():
        print_figure(f"{name}, {where}", median(loaded, figure), "ms", IDLE, median(idle, figure))
    for name, (figure, unit) in AGAINST_BARE.items():
        print_figure(f"{name}, {where}", median(loaded, figure), unit, PEER, median(bare, figure))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--contracts", type=int, default=CONTRACTS)
    parser.add_argument("--seconds", type=float, default=SECONDS_PER_RUN)
    chosen = parser.parse_args()
    main(chosen.contracts, chosen.seconds)
