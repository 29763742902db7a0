"""`liqline check`: the risk of one position, or of JSON Lines, without a window."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any, BinaryIO

from dashboard.check.card import card
from dashboard.check.case import case_of
from dashboard.check.request import MAX_LINE_BYTES, Request, SideWord, check_request
from dashboard.check.stream import answer_lines
from dashboard.errors import InputError
from dashboard.market.account import Side
from dashboard.market.instrument import ContractKind, TierTables
from dashboard.risk.assess import assess
from dashboard.store.paths import find_places
from dashboard.store.tiers import load_tiers
from dashboard.tradeline.line import EXAMPLE, TradeLine, parse_trade_line
from dashboard.tradeline.number import parse_number

_EXIT_FAILED_LINES = 1

_NUMBERS = {
    "mark": ("PRICE", "mark price, which liquidation acts on"),
    "funding": ("RATE", "predicted funding rate per interval, as a fraction (0.0001 is 0.01 %%)"),
    "interval": ("HOURS", "hours between two funding payments"),
    "mmr": ("RATE", "maintenance margin rate instead of the tier table, as a fraction"),
    "maintenance-amount": ("AMOUNT", "the maintenance deduction that belongs to --mmr"),
    "taker-fee": ("RATE", "taker fee, as a fraction"),
    "contract-size": ("SIZE", "what one contract is: coins (linear) or quote currency (inverse)"),
    "margin": ("AMOUNT", "isolated margin where it is not notional / leverage"),
}


def add_parser(subparsers: Any) -> None:
    """Add `check` and its options to the program's subparsers (an argparse object)."""
    parser = subparsers.add_parser(
        "check",
        help="risk of one position, without a window",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Say where a position is liquidated, what funding does to it and whether its "
        "stop holds,\nby the venue's own rule and tiers. Nothing is fetched and nothing is kept.",
        epilog=f'for example:\n  liqline check "{EXAMPLE}" \\\n'
        "      --venue binanceusdm --mark 63000 --funding 0.0001 --interval 8\n\n"
        "exit status: 0 answered, 1 a line of --json could not be understood, 2 wrong arguments",
    )
    parser.add_argument("line", nargs="?", metavar="LINE", help="a trade line, in quotes")
    parser.add_argument("--venue", help="the venue's id, such as binanceusdm, bybit, okx")
    parser.add_argument(
        "--kind",
        choices=[kind.value for kind in ContractKind],
        help="where the symbol leaves open how profit is settled",
    )
    for name, (unit, meaning) in _NUMBERS.items():
        parser.add_argument(f"--{name}", metavar=unit, help=meaning)
    parser.add_argument(
        "--rule-date", metavar="DATE", help="use the venue rule of this day (default: today)"
    )
    parser.add_argument(
        "--json",
        action="store_true",
        help="read JSON Lines on standard input, answer each with a line of JSON (docs/check.md)",
    )
    parser.add_argument(
        "--data-dir", type=Path, metavar="DIR", help="where imported tier tables are kept"
    )


def run(arguments: argparse.Namespace) -> int:
    """Answer on standard output; raises InputError where the arguments make no position."""
    now_ms = time.time_ns() // 1_000_000
    tiers = load_tiers(find_places(arguments.data_dir).data)
    if arguments.json:
        return _run_lines(arguments, tiers, now_ms)
    sys.stdout.write(_card(arguments, tiers, now_ms))
    return 0


def _run_lines(arguments: argparse.Namespace, tiers: TierTables, now_ms: int) -> int:
    given = [name for name in _alone_options() if getattr(arguments, name) is not None]
    if given:
        name = given[0] if given[0] == "line" else f"--{given[0].replace('_', '-')}"
        raise InputError(name, f"{name} does not go with --json: each line says everything itself")
    lines = bounded_lines(sys.stdin.buffer)
    try:
        understood = answer_lines(lines, sys.stdout.buffer, tiers, now_ms)
    except BrokenPipeError:
        # The reader has gone, such as `head`; Python would complain once more at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _EXIT_FAILED_LINES
    return 0 if understood else _EXIT_FAILED_LINES


def _alone_options() -> tuple[str, ...]:
    return ("line", "venue", "kind", "rule_date", *(name.replace("-", "_") for name in _NUMBERS))


def bounded_lines(stream: BinaryIO) -> Iterator[bytes]:
    """The lines of a stream; of one that is too long only its first part, so that none is held."""
    while line := stream.readline(MAX_LINE_BYTES + 1):
        yield line
        rest = line if len(line) > MAX_LINE_BYTES else b""
        while rest and not rest.endswith(b"\n"):
            rest = stream.readline(MAX_LINE_BYTES)


def _card(arguments: argparse.Namespace, tiers: TierTables, now_ms: int) -> str:
    if arguments.line is None:
        raise InputError("LINE", f'a trade line is missing; write one such as "{EXAMPLE}"')
    if arguments.venue is None:
        raise InputError("--venue", "--venue is missing; its rule decides, such as binanceusdm")
    request = _request(parse_trade_line(arguments.line), arguments)
    check_request(request)
    case = case_of(request, tiers, now_ms)
    report = assess(case.book, case.snapshot, case.tiers, case.now_ms)
    return card(report.positions[0], case.warnings, case.now_ms)


def _request(line: TradeLine, arguments: argparse.Namespace) -> Request:
    mark = _number(arguments, "mark")
    entry = mark if line.entry_price is None else line.entry_price
    if entry is None:
        raise InputError("--mark", "--mark is missing: the trade line enters at market")
    if line.size is None:
        raise InputError("size", "size by risk needs the account behind it; write the size itself")
    if line.venue not in (None, arguments.venue):
        raise InputError(
            "--venue", f"--venue is {arguments.venue} but the trade line names {line.venue}"
        )
    return Request(
        venue=arguments.venue,
        symbol=line.symbol,
        kind=None if arguments.kind is None else ContractKind(arguments.kind),
        side=SideWord.LONG if line.side is Side.LONG else SideWord.SHORT,
        entry_price=entry,
        size=line.size,
        size_unit=line.size_unit,
        contract_size=_number(arguments, "contract-size"),
        leverage=line.leverage,
        margin_mode=line.margin_mode,
        margin=_number(arguments, "margin"),
        extra_margin=line.extra_margin or None,
        wallet_balance=line.wallet_balance,
        maintenance_margin_rate=_number(arguments, "mmr"),
        maintenance_amount=_number(arguments, "maintenance-amount"),
        taker_fee=_number(arguments, "taker-fee"),
        mark_price=mark,
        funding_rate=_number(arguments, "funding"),
        funding_interval_hours=_number(arguments, "interval"),
        stop_price=line.stop_price,
        take_profit_price=line.take_profit_price,
        rule_date=_day(arguments.rule_date),
    )


def _number(arguments: argparse.Namespace, name: str) -> float | None:
    text = getattr(arguments, name.replace("-", "_"))
    return None if text is None else parse_number(text, f"--{name}")


def _day(text: str | None) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InputError(
            "--rule-date", f'--rule-date must be a date such as 2026-05-27, not "{text}"'
        ) from None
