"""The window's feed with shorter waits; its command line is that of `liqline feed`."""

from __future__ import annotations

import sys

from dashboard.__main__ import main
from dashboard.feed import streaming
from tests.faults.short_waits import shorten

EVERY_S = 2.0
BACK_OFF_S = 1.0
TIMEOUT_S = 1.0

if __name__ == "__main__":
    streaming.MOST_BACK_OFF_S = BACK_OFF_S
    shorten(
        timeout_s=TIMEOUT_S,
        back_off_s=BACK_OFF_S,
        rest_s=BACK_OFF_S,
        floor_s=EVERY_S,
        every_s=EVERY_S,
    )
    sys.argv[1:] = ["feed", *sys.argv[1:]]
    sys.exit(main())
