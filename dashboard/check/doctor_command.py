"""`liqline doctor`: looks over an installation, changes nothing and asks nobody."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import Any

from dashboard.check.doctor import as_text, examine
from dashboard.store.paths import find_places


def add_parser(subparsers: Any) -> None:
    """Add `doctor` to the program's subparsers (an argparse object)."""
    parser = subparsers.add_parser(
        "doctor",
        help="look over book, history, settings and log",
        description="Print versions, directories, the soundness of the databases, settings that "
        "are not used, pauses that venues demanded and the last errors of the log; no keys and no "
        "positions. Lines that begin with ! need attention; the exit status is then 1.",
    )
    parser.add_argument(
        "--data-dir", type=Path, metavar="DIR", help="where book, history and log are kept"
    )


def run(arguments: argparse.Namespace) -> int:
    """Print what was found; 1 where something is the matter."""
    lines = list(examine(find_places(arguments.data_dir), time.time_ns() // 1_000_000))
    sys.stdout.write(as_text(lines) + "\n")
    return 1 if any(line.bad for line in lines) else 0
