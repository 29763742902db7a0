"""Make the bundled recordings from the recorded market series beside the repository.

    python -m tools.make_recordings [--to DIRECTORY]

Reads `../shared/market` and `../shared/answers`; what each file is and which may be shipped is
said in `resources/recordings/SOURCES.md`. The same series always give the same figures.
"""

from __future__ import annotations

import argparse
import functools
import sys
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from dashboard.market.readings import SeriesKind
from dashboard.replay.recording import SUFFIX, RecordedMarket, Recording, Series, write_recording
from tools.recorded_listings import (
    PRICES,
    SHARED,
    binance_listing,
    bybit_listing,
    hyperliquid_listing,
    okx_contract_size,
    okx_listing,
)

REPOSITORY = Path(__file__).resolve().parent.parent
BUNDLED = REPOSITORY / "resources" / "recordings"

MINUTE_MS = 60_000
HOUR_MS = 3_600_000
CRASH = "A_coherent_binance_1h_2024-06-19_2024-08-19"
CANDLES, FUNDING, OPEN_INTEREST = "G_xvenue_candles_1h", "G_xvenue_funding", "G_xvenue_oi_1h"
MINUTES = "J_klines_1m_binance_2025-05-04_06-03"

Columns = dict[str, NDArray[Any]]

BY_HOUR = (
    "Recorded by the hour: within an hour, prices, mark price, open interest and ratio stand at "
    "the last recorded moment."
)
NO_PREDICTION = (
    "Predicted funding rates were not recorded: where a venue gives the predicted rate, the last "
    "settled one is shown."
)
LISTED = (
    "Price ticks and amount steps are the largest steps that all recorded prices and volumes are "
    "multiples of; contract sizes are the venues' own."
)


def _ms(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


@functools.cache
def _table(name: str) -> Columns:
    """The columns of a series file; `time_ms` in place of `ts`, words as objects."""
    table = pq.read_table(SHARED / "market" / f"{name}.parquet")
    columns: Columns = {}
    for field in table.schema:
        column = table.column(field.name)
        if pa.types.is_dictionary(field.type):
            columns[field.name] = np.array(column.to_pylist(), dtype=object)
        elif pa.types.is_timestamp(field.type):
            columns["time_ms"] = column.cast(pa.timestamp("ms")).cast(pa.int64()).to_numpy()
        else:
            columns[field.name] = column.to_numpy()
    return columns


def _where(columns: Columns, **words: str) -> Columns:
    chosen = np.ones(len(columns["time_ms"]), dtype=bool)
    for name, word in words.items():
        chosen &= columns[name] == word
    return {name: column[chosen] for name, column in columns.items()}


def _cleaned(name: str, column: NDArray[Any]) -> NDArray[np.float64]:
    """Volumes to 8 decimals and rates to 15 digits: their recorders left the noise of sums."""
    values = column.astype(np.float64)
    if name == "rate":
        return np.array([float(f"{value:.15g}") for value in values])
    return np.round(values, 8) if name.endswith("volume") else values


class Recorder:
    """Cuts series to the span of one recording, in ms UTC, both ends included."""

    def __init__(self, starts_ms: int, ends_ms: int) -> None:
        self.starts_ms = starts_ms
        self.ends_ms = ends_ms

    def bars(
        self, kind: SeriesKind, step_ms: int, time_ms: NDArray[Any], columns: Columns
    ) -> list[Series]:
        """Bars that open and end within the span."""
        return self._series(kind, step_ms, time_ms, columns, self.ends_ms - step_ms)

    def samples(
        self, kind: SeriesKind, step_ms: int, time_ms: NDArray[Any], columns: Columns
    ) -> list[Series]:
        """Samples stamped within the span."""
        return self._series(kind, step_ms, time_ms, columns, self.ends_ms)

    def _series(
        self,
        kind: SeriesKind,
        step_ms: int,
        time_ms: NDArray[Any],
        columns: Columns,
        last_ms: int,
    ) -> list[Series]:
        """One series without the rows that were not recorded; none where nothing was."""
        rows = (time_ms >= self.starts_ms) & (time_ms <= last_ms)
        for column in columns.values():
            rows &= np.isfinite(column)
        if not rows.any():
            return []
        return [
            Series(
                kind=kind,
                step_ms=step_ms,
                time_ms=time_ms[rows].astype(np.int64),
                columns={name: _cleaned(name, column[rows]) for name, column in columns.items()},
            )
        ]


def _funding_hours(fundings: list[Series]) -> int | None:
    """The usual distance of two settlements; every distance is a multiple of it."""
    if not fundings:
        return None
    distances = np.diff(fundings[0].time_ms)
    interval_ms = Counter(distances.tolist()).most_common(1)[0][0]
    if np.any(distances % interval_ms) or interval_ms % HOUR_MS:
        raise ValueError("funding was settled at changing intervals")
    return int(interval_ms // HOUR_MS)


def _settlements(recorder: Recorder, columns: Columns, rate: str = "funding_rate") -> list[Series]:
    found = recorder.samples(
        SeriesKind.FUNDING, HOUR_MS, columns["time_ms"], {"rate": columns[rate]}
    )
    hours = _funding_hours(found)
    if hours is None:
        return []
    rates = {"rate": columns[rate]}
    return recorder.samples(SeriesKind.FUNDING, hours * HOUR_MS, columns["time_ms"], rates)


def _hyperliquid_listing(base: str, _: list[Series]) -> dict[str, Any]:
    own = _where(_table(CANDLES), venue="hyperliquid", symbol=base)
    return hyperliquid_listing(base, own["volume"])


Listing = Callable[[str, list[Series]], dict[str, Any]]
VENUES: Mapping[str, tuple[str, str, str, Listing]] = {
    "binance": ("binanceusdm", "{base}USDT", "{base}/USDT:USDT", binance_listing),
    "bybit": ("bybit", "{base}USDT", "{base}/USDT:USDT", bybit_listing),
    "okx": ("okx", "{base}-USDT-SWAP", "{base}/USDT:USDT", okx_listing),
    "hyperliquid": ("hyperliquid", "{base}", "{base}/USDC:USDC", _hyperliquid_listing),
    "kraken": ("krakenfutures", "{base}", "{base}", lambda *_: {}),
    "dydx": ("dydx", "{base}", "{base}", lambda *_: {}),
    "lighter": ("lighter", "{base}", "{base}", lambda *_: {}),
}
"""Recorder's word for a venue: catalogue id, market id, unified symbol, listing entry. Where no
dialect serves a venue, its series are kept under the coin."""


def _market(venue: str, base: str, series: list[Series]) -> RecordedMarket:
    catalogue_id, market_id, symbol, listing = VENUES[venue]
    hours = _funding_hours([s for s in series if s.kind is SeriesKind.FUNDING])
    entry = listing(base, [s for s in series if s.kind is SeriesKind.CANDLES])
    if catalogue_id == "bybit" and hours is not None:
        entry["fundingInterval"] = hours * 60
    return RecordedMarket(
        venue=catalogue_id,
        market_id=market_id.format(base=base),
        symbol=symbol.format(base=base),
        listing=entry,
        funding_interval_hours=hours,
        series=tuple(series),
    )


def _crash_open_interest(recorder: Recorder, table: Columns) -> list[Series]:
    """Samples at each bar's open, and at the end of a bar that no bar follows."""
    opens, closes, times = table["oi_open"], table["oi_close"], table["time_ms"]
    ends = times + HOUR_MS
    followed = np.isin(ends, times[np.isfinite(opens)])
    all_times = np.concatenate([times, ends[~followed]])
    coins = np.concatenate([opens, closes[~followed]])
    order = np.argsort(all_times)
    columns = {"coin": coins[order]}
    return recorder.samples(SeriesKind.OPEN_INTEREST, HOUR_MS, all_times[order], columns)


def _crash_market(recorder: Recorder, table: Columns, base: str) -> RecordedMarket:
    own = _where(table, symbol=f"{base}USDT")
    times = own["time_ms"]
    traded = ("volume", "buy_volume", "trades")
    ratio = {
        "ratio": own["lsr"],
        "long_fraction": np.round(own["long_pct"] / 100.0, 6),
        "short_fraction": np.round(own["short_pct"] / 100.0, 6),
    }
    forced = {"long_coin": own["liq_long"], "short_coin": own["liq_short"]}
    marks = {name: own[f"mark_{name}"] for name in PRICES}
    series = [
        *recorder.bars(
            SeriesKind.CANDLES, HOUR_MS, times, {name: own[name] for name in PRICES + traded}
        ),
        *recorder.bars(SeriesKind.MARK_CANDLES, HOUR_MS, times, marks),
        *_crash_open_interest(recorder, own),
        *recorder.samples(SeriesKind.LONG_SHORT_RATIO, HOUR_MS, times, ratio),
        *_settlements(recorder, own),
        *recorder.bars(SeriesKind.LIQUIDATIONS, HOUR_MS, times, forced),
    ]
    return _market("binance", base, series)


def crash() -> Recording:
    """Binance through the crash of 2024-08-05."""
    recorder = Recorder(_ms("2024-06-19T21:00"), _ms("2024-08-19T22:00"))
    table = _table(CRASH)
    return Recording(
        name="crash-2024-08",
        title="August 2024 crash, Binance",
        starts_ms=recorder.starts_ms,
        ends_ms=recorder.ends_ms,
        default_start_ms=_ms("2024-08-04T12:00"),
        default_speed=120.0,
        venues=("binanceusdm",),
        provenance=(
            "Hourly price, open interest, global long/short account ratio and liquidations of "
            "Binance USD-M BTC, ETH, SOL: denizyts/Coinalyze-Backtester. Funding rates and mark "
            "prices: figures of Binance. Contract listings: Binance exchangeInfo of 2021-07-21."
        ),
        licence="MIT (denizyts/Coinalyze-Backtester); funding and mark prices are bare figures",
        notes=(
            BY_HOUR,
            NO_PREDICTION,
            "Mark prices were recorded for BTC and ETH, not for SOL; index prices, top-trader "
            "ratios and quote volumes were not recorded.",
            "Open interest in USDT is recorded open interest times the mark price recorded at the "
            "same moment; the taker ratio is recorded taker buy volume over the rest.",
            "Missing: SOL's candles and open interest of 2024-07-19 10:00 and 11:00 UTC, two to "
            "four hours of the long/short ratio on that day, 73 bars of liquidations.",
            LISTED,
        ),
        markets=tuple(_crash_market(recorder, table, base) for base in ("BTC", "ETH", "SOL")),
    )


def _in_coin(venue: str, base: str, volume: NDArray[np.float64]) -> NDArray[np.float64]:
    """Volume in base coin: OKX's was recorded in contracts, the smallest lot is 0.0001 BTC."""
    return volume if venue != "okx" else np.round(volume * okx_contract_size(base), 4)


def _venue_series(recorder: Recorder, venue: str, base: str) -> list[Series]:
    candles = _where(_table(CANDLES), venue=venue, symbol=base)
    funding = _where(_table(FUNDING), venue=venue, symbol=base)
    interest = _where(_table(OPEN_INTEREST), venue=venue, symbol=base)
    prices = {name: candles[name] for name in PRICES}
    volume = {"volume": _in_coin(venue, base, candles["volume"])}
    dollars = {"usd": interest["oi_usd"]}
    return [
        *recorder.bars(SeriesKind.CANDLES, HOUR_MS, candles["time_ms"], prices | volume),
        *recorder.samples(SeriesKind.OPEN_INTEREST, HOUR_MS, interest["time_ms"], dollars),
        *_settlements(recorder, funding),
    ]


def _minute_candles(recorder: Recorder, base: str) -> list[Series]:
    own = _where(_table(MINUTES), symbol=f"{base}USDT")
    columns = {name: own[name] for name in (*PRICES, "volume")}
    return recorder.bars(SeriesKind.CANDLES, MINUTE_MS, own["time_ms"], columns)


def _across_venues(
    recorder: Recorder, *, minutes_of: tuple[str, ...]
) -> tuple[RecordedMarket, ...]:
    """What was recorded of four coins on each venue in the span."""
    markets = []
    for venue in VENUES:
        for base in ("BTC", "ETH", "SOL", "DOGE"):
            series = _venue_series(recorder, venue, base)
            if venue == "binance" and base in minutes_of:
                at = sum(s.kind is SeriesKind.CANDLES for s in series)
                series[at:at] = _minute_candles(recorder, base)
            if series:
                markets.append(_market(venue, base, series))
    return tuple(markets)


CROSS_VENUE_NOTES = (
    NO_PREDICTION,
    "Mark and index prices, long/short ratios and quote volumes were not recorded.",
    "Open interest was recorded in USD for {open_interest} only; a venue that answers in coin "
    "shows it only where its own price was recorded at the same moment.",
    LISTED,
)


def _cross_venue_notes(open_interest: str) -> tuple[str, ...]:
    return tuple(note.format(open_interest=open_interest) for note in CROSS_VENUE_NOTES)


def may() -> Recording:
    """May 2025: the four venues recorded then, Binance by the minute from 05-04 15:33."""
    recorder = Recorder(_ms("2025-05-01T00:00"), _ms("2025-06-01T00:00"))
    markets = _across_venues(recorder, minutes_of=("BTC", "ETH", "SOL"))
    return Recording(
        name="four-venues-2025-05",
        title="May 2025, four venues",
        starts_ms=recorder.starts_ms,
        ends_ms=recorder.ends_ms,
        default_start_ms=_ms("2025-05-09T00:00"),
        default_speed=120.0,
        venues=tuple(dict.fromkeys(market.venue for market in markets)),
        provenance=(
            "Hourly candles (Binance, Bybit), funding (Binance, Bybit, Hyperliquid, Kraken) and "
            "open interest (Hyperliquid) of BTC, ETH, SOL, DOGE: 0xknxwledge/"
            "group-m-finm33150-final. 1 min candles of Binance BTC, ETH, SOL: typhonun/"
            "DcaTpStrategy. Listings: Binance exchangeInfo of 2021-07-21, Hyperliquid margin tiers."
        ),
        licence="Unlicense (0xknxwledge/group-m-finm33150-final), MIT (typhonun/DcaTpStrategy)",
        notes=(
            "Recorded by the hour, and by the minute for the prices of BTC, ETH and SOL on Binance "
            "from 2025-05-04 15:33 UTC; in between the last recorded moment stands.",
            "Hyperliquid and Kraken: no prices were recorded in this month.",
            *_cross_venue_notes("Hyperliquid"),
        ),
        markets=markets,
    )


def seven_venues() -> Recording:
    """The two weeks of 2026 in which all seven venues were recorded."""
    recorder = Recorder(_ms("2026-02-20T04:00"), _ms("2026-03-05T11:00"))
    markets = _across_venues(recorder, minutes_of=())
    return Recording(
        name="seven-venues-2026-02",
        title="February 2026, seven venues",
        starts_ms=recorder.starts_ms,
        ends_ms=recorder.ends_ms,
        default_start_ms=_ms("2026-02-28T00:00"),
        default_speed=120.0,
        venues=tuple(dict.fromkeys(market.venue for market in markets)),
        provenance=(
            "Hourly candles (Binance, Bybit, OKX, Kraken, dYdX), funding (all seven) and open "
            "interest (Hyperliquid, Lighter) of BTC, ETH, SOL, DOGE: 0xknxwledge/"
            "group-m-finm33150-final. Listings: Binance exchangeInfo of 2021-07-21, OKX "
            "instruments of 2022, Hyperliquid margin tiers."
        ),
        licence="Unlicense (0xknxwledge/group-m-finm33150-final)",
        notes=(
            BY_HOUR,
            "Hyperliquid and Lighter: no prices were recorded in these weeks.",
            *_cross_venue_notes("Hyperliquid and Lighter"),
        ),
        markets=markets,
    )


RECORDINGS: tuple[Callable[[], Recording], ...] = (crash, may, seven_venues)


def main() -> int:
    """Write the recordings and say how large they are."""
    parser = argparse.ArgumentParser(description="Make the bundled recordings.")
    parser.add_argument("--to", type=Path, default=BUNDLED, metavar="DIRECTORY")
    folder: Path = parser.parse_args().to
    if not (SHARED / "market").is_dir():
        print(f"The recorded market series are not at {SHARED / 'market'}.", file=sys.stderr)
        return 2
    folder.mkdir(parents=True, exist_ok=True)
    for make in RECORDINGS:
        recording = make()
        path = folder / f"{recording.name}{SUFFIX}"
        write_recording(path, recording)
        print(f"{path.name}: {path.stat().st_size:,} bytes, {len(recording.markets)} markets")
    return 0


if __name__ == "__main__":
    sys.exit(main())
