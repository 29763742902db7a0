"""How much memory monstrous answers cost: `python -m tests.faults.memory`, a process of its own.

Four venues are asked through the proxy while it answers with 500 MB, a gzip bomb and JSON nested
100,000 deep. Prints a JSON line: by venue and fault the megabytes that the peak of resident memory
rose by, the seconds it took, and what was said.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from pathlib import Path

from tests.faults.feeds import SIX
from tests.faults.kinds import KINDS
from tests.faults.test_answers import asked

MONSTROUS = [kind for kind in KINDS if kind.row == "N20"]


def peak_mb() -> float:
    """The most memory that was resident since `forget_peak`, MB."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def forget_peak() -> None:
    """Have the peak begin at what is resident now."""
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


async def measure() -> dict[str, tuple[float, float, str]]:
    """Each fault at each venue."""
    found: dict[str, tuple[float, float, str]] = {}
    for venue in SIX[:4]:
        async with asked(venue) as desk:
            await desk.poll()
            for kind in MONSTROUS:
                desk.put(kind)
                forget_peak()
                before_mb, began_s = peak_mb(), time.monotonic()
                _, failures = await desk.poll()
                took_s = (time.monotonic() - began_s) / max(1, desk.proxy.count(kind.name))
                said = " ".join(failure.user_message for failure in failures)
                found[f"{kind.name} {venue}"] = peak_mb() - before_mb, round(took_s, 2), said
                desk.proxy.clear()
    return found


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asyncio.run(measure())) + "\n")
