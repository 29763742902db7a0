"""`liqline odds`: how likely a price level is touched, by when."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from dashboard.check import odds_evaluation
from dashboard.check.candle_file import read_candles
from dashboard.check.history_command import parse_instant
from dashboard.errors import InputError
from dashboard.market.instrument import InstrumentKey
from dashboard.market.readings import SeriesKind
from dashboard.market.venue_url import VENUE_URL_HELP, refuse_with_recording
from dashboard.market.venues import VENUES
from dashboard.risk.odds.bars import HOUR_MS, RawBars, bars_of_rows, hourly_bars, utc_text
from dashboard.risk.odds.words import (
    NOT_IN_IT,
    REGIME,
    chance_words,
    method_words,
    odds_sentence,
    percent_words,
)
from dashboard.risk.touch import YOUNG_HOURS, Odds, TouchFit, fit_touch, touch_odds, why_no_odds
from dashboard.risk.volatility import FIT_HOURS
from dashboard.settings import venue_addresses
from dashboard.store.history import HistoryStore
from dashboard.store.paths import find_places
from dashboard.store.pooled_odds import load_pool
from dashboard.tradeline.number import parse_positive

HORIZONS = (1, 8, 24, 168)
MARK_STALE_AFTER_MS = 2 * HOUR_MS
"""The mark is that of the last closed bar here, which is an hour old at most in a whole history."""
_BACK_MS = (FIT_HOURS + 1440) * HOUR_MS


class _Source(NamedTuple):
    raw: RawBars
    words: str
    of_file: bool = False


def add_parser(subparsers: Any) -> None:
    """Add `odds` and its options to the program's subparsers (an argparse object)."""
    parser = subparsers.add_parser(
        "odds",
        help="how likely a price level is touched, by when",
        description="Say how likely the mark price touches a level within some hours, from the "
        "hourly mark candles of the history, of a file, or of the venue itself.",
    )
    parser.add_argument("--venue", metavar="ID", help="such as binanceusdm")
    parser.add_argument("--symbol", metavar="SYMBOL", help="unified, such as BTC/USDT:USDT")
    parser.add_argument("--level", metavar="PRICE", help="the level, such as a liquidation price")
    parser.add_argument(
        "--horizon", metavar="HOURS", help="one or several, with commas (default: 1,8,24,168)"
    )
    parser.add_argument("--json", action="store_true", help="a JSON line per horizon")
    parser.add_argument("--mark", metavar="PRICE", help="default: the last bar's close")
    parser.add_argument(
        "--candles", type=Path, metavar="FILE", help="take the candles of this Parquet file"
    )
    parser.add_argument(
        "--skip-gaps",
        action="store_true",
        help="with --candles: leave out gaps and hours without volume instead of refusing them",
    )
    parser.add_argument("--at", metavar="TIME", help="as of this UTC instant (default: now)")
    parser.add_argument(
        "--recording", metavar="NAME", help="what was kept while replaying this recorded market"
    )
    parser.add_argument(
        "--venue-url", action="append", default=[], metavar="VENUE=URL", help=VENUE_URL_HELP
    )
    parser.add_argument("--data-dir", type=Path, metavar="DIR", help="where the history is kept")
    odds_evaluation.add_parser(parser.add_subparsers(dest="action", metavar="evaluate"))


def run(arguments: argparse.Namespace) -> int:
    """Print the odds; raises DashboardError where none can be given."""
    if arguments.action == "evaluate":
        return odds_evaluation.run(arguments)
    refuse_with_recording(arguments.venue_url, arguments.recording)
    level = parse_positive(_needed(arguments, "level"), "--level")
    horizons = _horizons(arguments.horizon)
    now_ms = time.time_ns() // 1_000_000
    if arguments.at is not None:
        now_ms = parse_instant(arguments.at, "--at", now_ms)
    source = _source(arguments, now_ms)
    skip_gaps = arguments.skip_gaps or not source.of_file
    bars = hourly_bars(source.raw, skip_gaps=skip_gaps).known_at(now_ms)
    if source.of_file and len(bars) < YOUNG_HOURS:
        raise InputError(
            "--candles",
            f"the series has {len(bars)} hourly bars up to then; odds of a file need "
            f"{YOUNG_HOURS} or more",
        )
    fit = fit_touch(bars, load_pool(), horizons)
    reason = why_no_odds(fit, now_ms, fit.made_ms, MARK_STALE_AFTER_MS)
    if reason:
        raise InputError("--at", f"{reason}; no odds are given")
    mark = float(np.exp(bars.close[-1]))
    if arguments.mark is not None:
        mark = parse_positive(arguments.mark, "--mark")
    found = [touch_odds(fit, level, mark, hours) for hours in horizons]
    text = (
        _json(found, fit, level, mark)
        if arguments.json
        else _words(found, fit, (level, mark), source.words)
    )
    sys.stdout.write(text)
    return 0


def _needed(arguments: argparse.Namespace, name: str) -> str:
    value = getattr(arguments, name)
    if value is None:
        raise InputError(f"--{name}", f"--{name} is missing; see liqline odds --help")
    return str(value)


def _horizons(text: str | None) -> tuple[int, ...]:
    if text is None:
        return HORIZONS
    try:
        return tuple(sorted({int(part) for part in text.split(",")}))
    except ValueError:
        raise InputError(
            "--horizon", f'--horizon "{text}" is no number of hours; allowed are 1 to 720'
        ) from None


def _source(arguments: argparse.Namespace, now_ms: int) -> _Source:
    if arguments.candles is not None:
        named = [] if arguments.symbol is None else [arguments.symbol]
        series = read_candles(arguments.candles, named)
        if len(series) > 1:
            raise InputError("--symbol", f"--symbol is missing; there are {', '.join(series)}")
        return _Source(next(iter(series.values())), "mark candles of the file", of_file=True)
    key = InstrumentKey(_needed(arguments, "venue"), _needed(arguments, "symbol"))
    places = find_places(arguments.data_dir)
    address = venue_addresses(places, arguments.venue_url, VENUES).get(key.venue)
    path = places.history(arguments.recording)
    if path.is_file():
        for kind in (SeriesKind.MARK_CANDLES, SeriesKind.CANDLES):
            rows = _stored(path, key, kind, now_ms)
            if len(rows) and rows[-1, 0] + HOUR_MS + MARK_STALE_AFTER_MS >= now_ms:
                return _Source(bars_of_rows(rows), _kind_words(kind))
    if arguments.recording is not None:
        raise InputError(
            "--recording",
            f"no hourly candles of {key.symbol} were kept up to {utc_text(now_ms)}; name an "
            "instant with --at",
        )
    return asyncio.run(_fetched(key, now_ms, address))


def _stored(path: Path, key: InstrumentKey, kind: SeriesKind, now_ms: int) -> Any:
    history = HistoryStore(path, read_only=True)
    try:
        return history.read(key, kind, "1h", now_ms - _BACK_MS, now_ms - HOUR_MS + 1)
    finally:
        history.close()


async def _fetched(key: InstrumentKey, now_ms: int, address: str | None) -> _Source:
    """The candles asked of the venue itself, at `address` where given; nothing of it is kept."""
    from dashboard.venues import lean_ccxt
    from dashboard.venues.catalogue import CATALOGUE
    from dashboard.venues.ccxt_source import CcxtSource

    if key.venue not in CATALOGUE:
        raise InputError(
            "--venue",
            f'venue "{key.venue}" cannot be asked and nothing of it is stored; '
            f"allowed are {', '.join(CATALOGUE)}",
        )
    lean_ccxt.install()
    entry = CATALOGUE[key.venue]
    source = CcxtSource(entry, lambda: time.time_ns() // 1_000_000, address=address)
    source.take_doubted = lambda doubted: _complain(doubted.sentence)
    kind = SeriesKind.MARK_CANDLES
    if kind not in source.entry.series:
        kind = SeriesKind.CANDLES
    try:
        await source.open()
        await source.load_instruments()
        span = (now_ms - _BACK_MS, now_ms)
        pages = [page.rows async for page in source.fetch_series(key, kind, "1h", *span)]
    finally:
        await source.close()
    rows = np.concatenate([page for page in reversed(pages) if len(page)] or [np.empty((0, 6))])
    return _Source(bars_of_rows(rows), _kind_words(kind))


def _complain(sentence: str) -> None:
    sys.stderr.write(f"{sentence}\n")


def _kind_words(kind: SeriesKind) -> str:
    if kind is SeriesKind.MARK_CANDLES:
        return "mark candles"
    return "candles of the last price, because the venue has none of the mark price"


def _json(found: list[Odds], fit: TouchFit, level: float, mark: float) -> str:
    lines = [
        {
            "level": level,
            "mark": mark,
            "horizon_hours": odds.hours,
            "probability": None if odds.below_least else odds.probability,
            "below": odds.least_shown if odds.below_least else None,
            "interval": odds.interval,
            "n": odds.count,
            "n_effective": round(odds.effective, 1) if np.isfinite(odds.effective) else None,
            "method": fit.method.value,
            "since": utc_text(fit.since_ms),
            "until": utc_text(fit.made_ms),
            "note": fit.note,
            "words": f"{chance_words(odds)} ({percent_words(odds)})",
        }
        for odds in found
    ]
    return "".join(f"{json.dumps(line)}\n" for line in lines)


def _words(found: list[Odds], fit: TouchFit, prices: tuple[float, float], source: str) -> str:
    level, mark = prices
    lines = [f"Odds that the mark price touches {level:,.10g}, now at {mark:,.10g}:"]
    lines += [f"  {odds_sentence(odds)}" for odds in found]
    lines.append(
        f"From {fit.bars:,} hourly {source}, {utc_text(fit.since_ms)} to {utc_text(fit.made_ms)}: "
        f"{method_words(found[0])}."
    )
    if fit.note:
        lines.append(f"Note: {fit.note}.")
    lines.append(f"{NOT_IN_IT} {REGIME}")
    return "\n".join(lines) + "\n"
