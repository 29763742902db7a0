"""`liqline feed`: the window's feed process. Not for hands: it speaks frames.

Commands come as frames on standard input, news go as frames to standard output; the end of the
input, Stop, SIGTERM and SIGINT end it.
"""

from __future__ import annotations

import os
from argparse import Namespace
from pathlib import Path
from typing import Any

from dashboard import __version__
from dashboard.feed.recording_options import (
    add_interval_option,
    add_recording_options,
    add_venue_url_option,
)


def add_parser(subparsers: Any) -> None:
    """Add the command to the command line."""
    parser = subparsers.add_parser("feed", help="the window's feed process")
    parser.add_argument("--data-dir", type=Path, metavar="DIR", help="where the history is kept")
    add_interval_option(parser)
    add_venue_url_option(parser)
    add_recording_options(parser)


def run(options: Namespace) -> int:
    """Say hello, then import what is heavy and serve until the window has enough."""
    from dashboard.feed.frames import FRAME_VERSION, Hello, encode
    from dashboard.feed.pipes import claim_stdout

    write = claim_stdout()
    write(encode(Hello(FRAME_VERSION, __version__, os.getpid())))
    from dashboard.feed.process import serve

    return serve(options, write)
