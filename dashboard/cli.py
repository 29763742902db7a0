"""The command line: arguments in, exit status out, nothing else.

Exit status: 0 done, 1 done with failures that were printed, 2 the command could not be understood.
"""

from __future__ import annotations

import argparse
import importlib
import logging
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

from dashboard import __version__
from dashboard.errors import DashboardError, InputError
from dashboard.market.venue_url import VENUE_URL_HELP, refuse_with_recording, venue_urls
from dashboard.market.venues import VENUES, WATCHED_VENUES

DEFAULT_RECORDING = "crash-2024-08"
BUNDLED_RECORDINGS = (DEFAULT_RECORDING, "four-venues-2025-05", "seven-venues-2026-02")
EXIT_USAGE = 2


@dataclass(frozen=True, slots=True)
class Command:
    """A subcommand: the module that has its `add_parser` and `run`, and its line of help."""

    module: str
    summary: str
    hidden: bool = False


COMMANDS: dict[str, Command] = {
    "check": Command("dashboard.check.command", "risk of one position, without a window"),
    "account": Command("dashboard.check.account_command", "positions of a public address"),
    "odds": Command("dashboard.check.odds_command", "how likely a price is touched, by when"),
    "record": Command("dashboard.feed.record_command", "poll venues into the history, no window"),
    "history": Command(
        "dashboard.check.history_command", "print recorded series as CSV or Parquet"
    ),
    "tiers": Command("dashboard.check.tiers_command", "import or fetch leverage tier tables"),
    "doctor": Command("dashboard.check.doctor_command", "look over book, history and settings"),
    "feed": Command("dashboard.feed.feed_command", "the window's feed process", hidden=True),
}


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one sentence, as every other refusal does; usage is for --help."""

    def error(self, message: str) -> NoReturn:
        self.exit(EXIT_USAGE, f"{self.prog}: {message.removeprefix('argument ')}\n")


def main(argv: Sequence[str], open_window: Callable[[argparse.Namespace], int]) -> int:
    """Run what `argv` (without the program's name) asks for and return the exit status."""
    try:
        if argv and argv[0] in COMMANDS:
            return _run_command(argv)
        return open_window(_window_arguments(argv))
    except DashboardError as error:
        logging.getLogger("liqline").info("refused: %s", error.detail or error, exc_info=error)
        print(f"liqline: {error.user_message}", file=sys.stderr)
        return EXIT_USAGE


def _run_command(argv: Sequence[str]) -> int:
    module = importlib.import_module(COMMANDS[argv[0]].module)
    parser = _Parser(prog="liqline")
    module.add_parser(parser.add_subparsers(dest="command", required=True))
    arguments = parser.parse_args(argv)
    try:
        status = int(module.run(arguments))
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read has enough, as with `| head`; what Python flushes at exit goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return status


def _window_arguments(argv: Sequence[str]) -> argparse.Namespace:
    options = window_parser().parse_args(argv)
    if options.safe_mode and (options.data_dir or options.venue_url):
        flag = "--data-dir" if options.data_dir else "--venue-url"
        raise InputError(flag, f"{flag} does not go with --safe-mode, which leaves all that out")
    if (options.demo or options.safe_mode) and options.recording is None:
        options.recording = DEFAULT_RECORDING
    refuse_with_recording(options.venue_url, options.recording)
    venue_urls(options.venue_url, VENUES)
    if options.recording is None:
        for name in ("at_ms", "speed", "replay_port"):
            if getattr(options, name) is not None:
                flag = "--" + name.removesuffix("_ms").replace("_", "-")
                raise InputError(
                    flag, f"{flag} needs --demo or --recording: a live market has no clock to set"
                )
    return options


def window_parser() -> argparse.ArgumentParser:
    """The parser of the window's options; its help also lists the commands."""
    listed = [(name, command.summary) for name, command in COMMANDS.items() if not command.hidden]
    width = max(len(name) for name, _ in listed)
    commands = "\n".join(f"  {name:<{width}}  {summary}" for name, summary in listed)
    parser = _Parser(
        prog="liqline",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Risk dashboard for crypto perpetual futures: how far from liquidation, "
        "and what funding costs.\nWithout options it opens the window on the live venues.",
        epilog=f"commands (each has its own --help):\n{commands}",
    )
    parser.add_argument("--version", action="version", version=f"liqline {__version__}")
    _add_recording_options(parser)
    window = parser.add_argument_group("window")
    window.add_argument(
        "--venues",
        type=_venues,
        default=(),
        metavar="A,B",
        help=f"venues to ask, of {','.join(VENUES)} (default: those of the settings, or "
        f"{','.join(WATCHED_VENUES)})",
    )
    window.add_argument(
        "--venue-url", action="append", default=[], metavar="VENUE=URL", help=VENUE_URL_HELP
    )
    window.add_argument(
        "--data-dir", type=Path, metavar="DIR", help="where book, history and log are kept"
    )
    window.add_argument(
        "--safe-mode",
        action="store_true",
        help="where no start succeeds: the recorded market in a folder that goes with the window; "
        "your book, settings and layout are left alone and no venue is asked",
    )
    window.add_argument(
        "--theme",
        choices=("system", "dark", "light", "high contrast"),
        help="colours, for this start only",
    )
    window.add_argument(
        "--size", type=_window_size, metavar="WxH", help="window size in pixels, such as 1600x1000"
    )
    window.add_argument(
        "--offscreen", action="store_true", help="render without a screen (with --screenshot)"
    )
    window.add_argument(
        "--screenshot", type=Path, metavar="FILE", help="save the filled window as PNG and end"
    )
    window.add_argument(
        "--quit-after", type=_seconds, metavar="SECONDS", help="end by itself after this time"
    )
    window.add_argument(
        "--timings", action="store_true", help="print one JSON line of measured times on exit"
    )
    return parser


def _add_recording_options(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("recorded market")
    group.add_argument(
        "--demo",
        action="store_true",
        help="replay a recorded market with example positions; needs no internet",
    )
    group.add_argument(
        "--recording",
        metavar="NAME",
        help=f"which recording, by name ({', '.join(BUNDLED_RECORDINGS)}) or path "
        f"(default: {DEFAULT_RECORDING})",
    )
    group.add_argument(
        "--at",
        dest="at_ms",
        type=_instant_ms,
        metavar="TIME",
        help='UTC instant to start at, such as "2024-08-04 12:00"',
    )
    group.add_argument(
        "--speed", type=_speed, metavar="N", help="recorded seconds per second, 1 to 3600"
    )
    group.add_argument(
        "--replay-port", type=int, metavar="PORT", help="loopback port of the replay (default: any)"
    )


def _instant_ms(text: str) -> int:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f'"{text}" is no instant; allowed is a UTC date and time such as "2024-08-04 12:00"'
        ) from None
    if instant.tzinfo is None:
        instant = instant.replace(tzinfo=UTC)
    return round(instant.timestamp() * 1000)


def _venues(text: str) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
    if not names:
        raise argparse.ArgumentTypeError("no venue named; allowed are ids such as binanceusdm,okx")
    for name in names:
        if name not in VENUES:
            allowed = ", ".join(VENUES)
            raise argparse.ArgumentTypeError(f'venue "{name}" is unknown; allowed are {allowed}')
    return names


def _speed(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f'"{text}" is no speed; allowed is a number from 1 to 3600'
        ) from None


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 < seconds < 1e7:
        raise argparse.ArgumentTypeError(
            f'"{text}" is no time; allowed is a number of seconds above 0'
        )
    return seconds


def _window_size(text: str) -> tuple[int, int]:
    width, _, height = text.partition("x")
    if not (width.isascii() and width.isdigit() and height.isascii() and height.isdigit()):
        raise argparse.ArgumentTypeError(
            f'"{text}" is no size; allowed is WIDTHxHEIGHT, such as 1600x1000'
        )
    if not (640 <= int(width) <= 16_384 and 480 <= int(height) <= 16_384):
        raise argparse.ArgumentTypeError(
            f'"{text}" is out of range; allowed is 640x480 to 16384x16384'
        )
    return int(width), int(height)
