"""`liqline odds evaluate`: how good the odds would have been on a file of candles."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from dashboard.check.candle_file import read_candles
from dashboard.check.history_command import parse_instant
from dashboard.errors import InputError
from dashboard.risk.odds.bars import HOUR_MS, hourly_bars
from dashboard.risk.odds.scores import (
    Bin,
    Score,
    bin_of,
    block_interval,
    log_losses,
    score,
)
from dashboard.risk.odds.tail import BLOCK_H
from dashboard.risk.odds.walk_forward import Forecasts, Plan, Rival, walk_forward

FOUR_TO_SIX = (0.04, 0.06)
_MOST_HOURS = 1_000_000
"""More than a century: no series is that long."""
_Number = TypeVar("_Number", int, float)


def add_parser(actions: Any) -> None:
    """Add `evaluate` to the actions of `odds` (an argparse object)."""
    plan = Plan()
    parser = actions.add_parser(
        "evaluate",
        help="score the odds, walking forward over a file of hourly mark candles",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Walk forward over hourly mark candles and score the odds that would have "
        "been said,\nbeside three simpler methods: one JSON line per method, over all symbols and "
        "both sides.\nA forecast sees no bar after its time; regressions and past excursions are "
        "renewed every --refit hours.",
        epilog="The event is that the mark's low (long) or high (short) reaches the liquidation "
        "price of an\nisolated position entered at the close, with a maintenance margin rate of "
        "0.4 %.\n`bins` are 20 bins of equal count, `says_4_to_6_percent` is the bin that traders "
        "ask about,\n`log_loss_less_than_historical` the difference to historical simulation with "
        "its 95 % interval\nby blocks of 14 days.",
    )
    parser.add_argument(
        "--candles",
        type=Path,
        required=True,
        metavar="FILE.parquet",
        help="columns ts, open, high, low, close, and symbol where there are several; "
        "mark_open and so on are taken before open",
    )
    parser.add_argument(
        "--symbol",
        action="append",
        default=[],
        metavar="S",
        help="such as BTCUSDT; several with commas or by repeating (default: all in the file)",
    )
    parser.add_argument(
        "--leverages",
        type=_list_of(float),
        default=plan.leverages,
        metavar="L,L",
        help="default: 3,5,10,20,50,100",
    )
    parser.add_argument(
        "--horizons",
        type=_list_of(int),
        default=plan.horizons,
        metavar="H,H",
        help="hours (default: 4,24,72,168)",
    )
    for flag, default, meaning in (
        ("--every", plan.every_h, "hours from one forecast to the next"),
        ("--burn-in", plan.burn_in_h, "hours of history before the first forecast"),
        ("--refit", plan.refit_h, "hours from one fit to the next"),
    ):
        parser.add_argument(
            flag, type=_whole, default=default, metavar="H", help=f"{meaning} (default: {default})"
        )
    parser.add_argument(
        "--since", metavar="DATE", help="score only forecasts made after this UTC date"
    )
    parser.add_argument(
        "--skip-gaps",
        action="store_true",
        help="leave out windows that touch a missing hour or one without volume "
        "(default: such a series is refused)",
    )


def run(arguments: argparse.Namespace) -> int:
    """Print a line per method; raises InputError where the file or an option is not usable."""
    now_ms = time.time_ns() // 1_000_000
    plan = Plan(
        leverages=arguments.leverages,
        horizons=arguments.horizons,
        every_h=arguments.every,
        burn_in_h=arguments.burn_in,
        since_ms=None
        if arguments.since is None
        else parse_instant(arguments.since, "--since", now_ms),
        refit_h=arguments.refit,
    )
    symbols = [name.strip() for text in arguments.symbol for name in text.split(",")]
    wanted = [name for name in symbols if name]
    forecasts = {}
    for name, raw in read_candles(arguments.candles, wanted).items():
        try:
            forecasts[name] = walk_forward(hourly_bars(raw, skip_gaps=arguments.skip_gaps), plan)
        except InputError as error:
            raise InputError(error.field, f"{name}: {error.user_message}") from error
    sys.stdout.writelines(f"{json.dumps(line)}\n" for line in lines(forecasts, plan))
    return 0


def lines(forecasts: Mapping[str, Forecasts], plan: Plan) -> list[dict[str, Any]]:
    """What is printed, a method each; `by_symbol` where there are several symbols."""
    every = _together(list(forecasts.values()))
    result = []
    for rival in Rival:
        line = {"method": rival.value, **_figures(every, rival)}
        line["refit_hours"] = plan.refit_h
        if len(forecasts) > 1:
            line["by_symbol"] = [
                {"symbol": name, **_figures(one, rival)} for name, one in forecasts.items()
            ]
        result.append(line)
    return result


def _figures(forecasts: Forecasts, rival: Rival) -> dict[str, Any]:
    said = forecasts.said[rival]
    figures = _score_figures(score(said, forecasts.touched))
    middle = bin_of(said, forecasts.touched, *FOUR_TO_SIX)
    figures["says_4_to_6_percent"] = None if middle is None else _bin_figures(middle)
    if rival is not Rival.HISTORICAL:
        figures["log_loss_less_than_historical"] = _against_historical(forecasts, rival)
    return figures


def _against_historical(forecasts: Forecasts, rival: Rival) -> dict[str, float]:
    losses = log_losses(forecasts.said[rival], forecasts.touched)
    differences = losses - log_losses(forecasts.said[Rival.HISTORICAL], forecasts.touched)
    low, high = block_interval(differences, forecasts.time_ms // (BLOCK_H * HOUR_MS))
    return {
        "mean": _rounded(float(differences.mean())),
        "low": _rounded(low),
        "high": _rounded(high),
    }


def _score_figures(found: Score) -> dict[str, Any]:
    return {
        "n": found.count,
        "brier": _rounded(found.brier),
        "log_loss": _rounded(found.log_loss),
        "ece": _rounded(found.ece),
        "bins": [_bin_figures(one) for one in found.bins],
    }


def _bin_figures(one: Bin) -> dict[str, Any]:
    return {
        "low": _rounded(one.low),
        "high": _rounded(one.high),
        "n": one.count,
        "predicted": _rounded(one.predicted),
        "observed": _rounded(one.observed),
        "interval": [_rounded(bound) for bound in one.interval],
    }


def _together(several: Sequence[Forecasts]) -> Forecasts:
    return Forecasts(
        {rival: np.concatenate([one.said[rival] for one in several]) for rival in Rival},
        np.concatenate([one.touched for one in several]),
        np.concatenate([one.time_ms for one in several]),
        np.concatenate([one.hours for one in several]),
    )


def _rounded(figure: float) -> float:
    return round(figure, 6)


def _list_of(kind: Callable[[str], _Number]) -> Callable[[str], tuple[_Number, ...]]:
    def parse(text: str) -> tuple[_Number, ...]:
        try:
            return tuple(dict.fromkeys(kind(part) for part in text.split(",")))
        except ValueError:
            raise argparse.ArgumentTypeError(
                f'"{text}" is no list; allowed are numbers with commas between, hours whole ones'
            ) from None

    return parse


def _whole(text: str) -> int:
    try:
        hours = int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f'"{text}" is no whole number of hours') from None
    if abs(hours) > _MOST_HOURS:
        raise argparse.ArgumentTypeError(f'"{text}" is more than {_MOST_HOURS} hours')
    return hours
