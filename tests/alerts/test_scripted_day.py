"""The crash of August 2024 with five positions: the exact alerts with their times, twice.

The recording is of Binance alone. The two positions at Bybit are given the mark prices and
funding of Binance's contract of the same coin, and Bybit's feed is cut from 03:00 to 04:00 UTC.
Marks are of recorded hours, so that a price is known from its hour's opening on. A minute of the
market is one look, which at 600x is ten looks a second.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime
from functools import cache

import numpy as np

from dashboard.alerts.attribution import Attribution, Moment
from dashboard.alerts.limits import Limits
from dashboard.alerts.machine import Alert
from dashboard.alerts.rules import COOL_DOWN_MS, MEASURED, AlertKind
from dashboard.alerts.watch import Look, Watch
from dashboard.market.account import Balance, Book
from dashboard.market.instrument import Instrument, InstrumentKey
from dashboard.market.readings import FundingRate, IntervalSource, MarkPrice, SeriesKind
from dashboard.market.snapshot import Snapshot
from dashboard.replay.recording import load_recording
from dashboard.replay.tape import Tape
from dashboard.risk.assess import assess
from dashboard.risk.true_range import hourly_moves
from tests.risk.builders import CROSS, NO_TIERS, SHORT, instrument, position

START = int(datetime(2024, 8, 4, 12, tzinfo=UTC).timestamp()) * 1000
HOUR_MS = 3_600_000
MINUTE_MS = 60_000
LOST_HOUR = 15
BTC, ETH = instrument("BTC"), instrument("ETH")
BYBIT_BTC, BYBIT_ETH = instrument("BTC", venue="bybit"), instrument("ETH", venue="bybit")
CONTRACTS = (BTC, ETH, BYBIT_BTC, BYBIT_ETH)
OWN_RATE = {"maintenance_margin_rate": 0.005, "taker_fee": 0.0005}
BOOK = Book(
    positions=(
        position(size=1.0, entry=60_500.0, of=BTC, leverage=8.0, name="btc 8x", **OWN_RATE),
        position(
            size=10.0,
            entry=2_900.0,
            of=ETH,
            leverage=5.0,
            stop_price=2_300.0,
            name="eth 5x",
            **OWN_RATE,
        ),
        position(SHORT, 0.5, 60_500.0, of=BTC, mode=CROSS, name="btc short", **OWN_RATE),
        position(size=0.5, entry=60_500.0, of=BYBIT_BTC, mode=CROSS, name="bybit btc", **OWN_RATE),
        position(size=8.0, entry=2_900.0, of=BYBIT_ETH, mode=CROSS, name="bybit eth", **OWN_RATE),
    ),
    balances=(
        Balance(venue="binanceusdm", coin="USDT", amount=8_000.0),
        Balance(venue="bybit", coin="USDT", amount=9_000.0),
    ),
)
LIMITS = Limits(daily_loss=5_000.0, venue_share=0.9)


@cache
def tapes() -> dict[str, Tape]:
    recording = load_recording("crash-2024-08")
    found = {base: recording.market("binanceusdm", f"{base}USDT") for base in ("BTC", "ETH")}
    return {base: Tape(market) for base, market in found.items() if market is not None}


def readings(contract: Instrument, now_ms: int) -> tuple[MarkPrice, FundingRate]:
    tape = tapes()[contract.base]
    mark, rate = tape.mark(now_ms), tape.settled_funding(now_ms)
    assert mark is not None
    assert rate is not None
    return (
        MarkPrice(
            venue=contract.venue,
            symbol=contract.symbol,
            endpoint="recording",
            venue_ms=mark.at_ms,
            received_ms=now_ms,
            mark=mark.value,
        ),
        FundingRate(
            venue=contract.venue,
            symbol=contract.symbol,
            endpoint="recording",
            venue_ms=rate.at_ms,
            received_ms=now_ms,
            predicted=rate.value,
            interval_hours=8.0,
            interval_source=IntervalSource.VENUE,
        ),
    )


@cache
def ranges(hour: int) -> dict[InstrumentKey, float]:
    """ATR(14, 1 h) by contract in the hour that began `hour` hours after the start."""
    found: dict[InstrumentKey, float] = {}
    now_ms = START + hour * HOUR_MS
    for contract in CONTRACTS:
        rows = tapes()[contract.base].candles(SeriesKind.MARK_CANDLES, HOUR_MS, now_ms)
        columns = [rows.columns[name] for name in ("open", "high", "low", "close")]
        moves = hourly_moves(np.column_stack([rows.time_ms, *columns]), now_ms)
        if moves.atr is not None:
            found[contract.key] = moves.atr
    return found


class Checked(Watch):
    """A watch that keeps every attribution that its alerts were explained by."""

    def __init__(self) -> None:
        super().__init__(limits=LIMITS)
        self.attributions: list[Attribution] = []

    def explain(self, position_id: str, figure: str, now: Moment) -> Attribution | None:
        found = super().explain(position_id, figure, now)
        if found is not None:
            self.attributions.append(found)
        return found


@cache
def day(run: int) -> tuple[tuple[Alert, ...], tuple[Attribution, ...]]:
    """All alerts of the day; `run` makes it run again."""
    watch, snapshot, told = Checked(), Snapshot(), list[Alert]()
    for minute in range(24 * 60 + 1):
        now_ms, hour = START + minute * MINUTE_MS, minute // 60
        for contract in CONTRACTS:
            if not (contract.venue == "bybit" and hour == LOST_HOUR):
                snapshot.merge(readings(contract, now_ms))
        report = assess(BOOK, snapshot, NO_TIERS, now_ms)
        told += watch.look(
            Look(book=BOOK, snapshot=snapshot, tiers=NO_TIERS, report=report, atr=ranges(hour))
        )
    return tuple(told), tuple(watch.attributions)


def single(alerts: tuple[Alert, ...]) -> list[Alert]:
    return [part for alert in alerts for part in (alert.parts or (alert,))]


def lines(alerts: tuple[Alert, ...]) -> list[str]:
    """A line for each alert, and an indented one for each that a summary stands for."""
    found: list[str] = []
    for alert in alerts:
        at = f"{datetime.fromtimestamp(alert.at_ms / 1000, UTC):%d %H:%M}"
        found.append(
            f"{at} {alert.rule_id or f'{len(alert.parts)} alerts'} {alert.subject}".strip()
        )
        found += [f"  {part.rule_id} {part.subject}".rstrip() for part in alert.parts]
    return found


EXPECTED = """\
04 12:00 stop eth 5x
04 16:00 near btc 8x
04 18:00 limit cool-off after a loss/
04 18:00 limit daily loss/
04 22:00 limit daily loss/
05 00:00 sign binanceusdm ETH/USDT:USDT
05 00:00 sign bybit ETH/USDT:USDT
05 01:00 limit cool-off after a loss/
05 01:00 limit daily loss/
05 01:00 near eth 5x
05 02:00 15 alerts
  breached eth 5x
  very near btc 8x
  very near bybit btc
  limit largest leverage/btc 8x
  limit largest leverage/bybit btc
  limit least distance in ATR/btc 8x
  limit least distance in ATR/bybit eth
  limit least distance in ATR/eth 5x
  limit least distance/btc 8x
  limit least distance/bybit btc
  limit least distance/eth 5x
  near bybit eth
  near in ATR btc 8x
  near in ATR bybit btc
  near in ATR bybit eth
05 03:00 5 alerts
  ratio eth 5x
  very near eth 5x
  limit largest leverage/eth 5x
  limit least distance in ATR/bybit btc
  near in ATR eth 5x
05 03:01 feed bybit BTC/USDT:USDT
05 03:01 feed bybit ETH/USDT:USDT
05 04:00 breached eth 5x
05 04:00 very near bybit eth
05 04:00 limit least distance/bybit eth
05 05:00 very near btc 8x
05 05:00 very near eth 5x
05 05:00 near in ATR btc 8x
05 05:00 near in ATR eth 5x
05 06:00 8 alerts
  breached btc 8x
  breached eth 5x
  very near bybit btc
  very near bybit eth
  limit cool-off after a loss/
  limit largest leverage/bybit eth
  near in ATR bybit btc
  near in ATR bybit eth
05 07:00 breached bybit btc
05 07:00 breached bybit eth
05 08:00 6 alerts
  very near bybit btc
  very near bybit eth
  very near eth 5x
  near in ATR bybit btc
  near in ATR bybit eth
  near in ATR eth 5x
05 09:00 breached eth 5x
05 10:00 very near bybit btc
05 10:00 very near bybit eth
05 10:00 near in ATR bybit btc
05 10:00 near in ATR bybit eth
05 11:00 breached bybit btc
05 11:00 breached bybit eth
"""


def test_list_is_exact_with_its_times() -> None:
    assert "\n".join(lines(day(1)[0])) == EXPECTED.strip("\n")


def test_second_run_gives_the_same_list_to_the_last_digit() -> None:
    assert day(2) == day(1)


def test_nothing_is_told_twice_within_its_window() -> None:
    told: dict[str, tuple[int, float | None]] = {}
    for alert in single(day(1)[0]):
        name = f"{alert.rule_id} {alert.subject}"
        if name in told:
            at_ms, value = told[name]
            twice_as_bad = alert.kind in MEASURED and value is not None
            assert alert.at_ms - at_ms >= COOL_DOWN_MS or twice_as_bad, name
        told[name] = (alert.at_ms, alert.value)


def test_lost_feed_is_told_of_its_positions_and_of_no_other() -> None:
    lost = [alert.text for alert in single(day(1)[0]) if alert.kind is AlertKind.FEED_LOST]
    assert lost == [
        f"{base}/USDT, bybit: feed lost while a position is open (the last mark price is 120 s old)"
        for base in ("BTC", "ETH")
    ]


def test_attributions_sum_to_their_change() -> None:
    found = day(1)[1]
    assert len(found) > 10
    for one in found:
        change = one.now - one.before
        assert abs(math.fsum(one.parts.values()) - change) <= 1e-9
    explained = [alert for alert in single(day(1)[0]) if alert.kind is AlertKind.DISTANCE]
    assert any("other positions" in alert.cause for alert in explained)
    assert all("price" in alert.cause for alert in explained if alert.cause)
