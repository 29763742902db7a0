"""`python -m dashboard` and the `liqline` command: the one place that knows the window."""

from __future__ import annotations

import gc
import sys
from argparse import Namespace

from dashboard import cli
from dashboard.errors import LoadError


def main() -> int:
    """Run the command line of this process and return its exit status."""
    return cli.main(sys.argv[1:], _open_window)


def _open_window(arguments: Namespace) -> int:
    # Nothing of a start is garbage, and looking for some costs the first picture 8 ms; the window
    # turns this on again when it is complete.
    gc.disable()
    # Deferred so that the commands without a window start without Qt.
    try:
        from widgets.app import AppOptions, run
    except (ImportError, MemoryError) as error:
        raise LoadError(error) from error

    return run(
        AppOptions(
            recording=arguments.recording,
            at_ms=arguments.at_ms,
            speed=arguments.speed,
            replay_port=arguments.replay_port,
            venues=arguments.venues,
            venue_urls=arguments.venue_url,
            data_dir=arguments.data_dir,
            theme=arguments.theme,
            size=arguments.size,
            offscreen=arguments.offscreen,
            screenshot=arguments.screenshot,
            quit_after_s=arguments.quit_after,
            timings=arguments.timings,
            safe=arguments.safe_mode,
        )
    )


if __name__ == "__main__":
    sys.exit(main())
