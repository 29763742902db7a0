"""The figures of one line of the watch-list, and how far each may be trusted."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dashboard.market.readings import (
    IntervalSource,
    LongShortRatio,
    RatioSeries,
    ReadingKind,
    Unavailable,
)
from dashboard.market.snapshot import Snapshot
from tests.venues.asking import call_of, contract, read
from tests.widgets.market_samples import BTC, ETH, NOW_MS, funding, snapshot
from widgets.models.watch_past import PAST_COLUMNS, TREND
from widgets.models.watch_row import WatchRow, watch_row
from widgets.models.watchlist import COLUMNS

MINUTE_MS = 60_000


def cells(row: WatchRow) -> dict[str, str]:
    return {
        column.key: column.text(row).replace("\N{NARROW NO-BREAK SPACE}", " ") for column in COLUMNS
    }


def hint(row: WatchRow, key: str) -> str:
    column = next(column for column in COLUMNS if column.key == key)
    return column.hint(row) if column.hint is not None else ""


def unavailable(kind: ReadingKind, reason: str, *, permanent: bool = False) -> Unavailable:
    return Unavailable(
        venue=BTC.venue,
        symbol=BTC.symbol,
        endpoint="test",
        venue_ms=None,
        received_ms=NOW_MS,
        kind=kind,
        reason=reason,
        permanent=permanent,
    )


def test_every_column_of_a_fresh_line() -> None:
    shown = cells(watch_row(snapshot(BTC), BTC, NOW_MS))
    past = {column.key for column in PAST_COLUMNS} | {TREND.key}
    assert {shown.pop(key) for key in past} == {"n/a"}
    assert shown == {
        "symbol": "BTC/USDT",
        "venue": "binanceusdm",
        "mark": "61 234.5",
        "last": "61 235.5",
        "change_24h": "▼ −3.21%",
        "open_interest_coin": "80.0 K",
        "open_interest_usd": "4.90 B",
        "open_interest_change_1h": "+1.27%",
        "open_interest_change_24h": "−9.09%",
        "long_short_ratio": "1.50",
        "long_fraction": "60.0%",
        "funding": "−0.0100%",
        "funding_8h": "−0.0200%",
        "funding_apr": "−21.90%",
        "interval": "4 h",
        "next_funding": "2:00:00",
        "basis": "−0.050%",
        "age": "now",
    }


def test_line_of_an_unknown_contract_is_na_with_reasons() -> None:
    row = watch_row(Snapshot(), BTC, NOW_MS)
    shown = cells(row)
    assert {shown[key] for key in shown if key not in ("symbol", "venue")} == {"n/a"}
    assert hint(row, "mark") == "n/a: no mark price received yet from binanceusdm"
    assert "have not arrived yet" in hint(row, "symbol")


def test_late_figures_are_marked_and_expired_ones_are_gone() -> None:
    market = snapshot(BTC)
    late = watch_row(market, BTC, NOW_MS + 20_000)
    assert cells(late)["mark"] == "*61 234.5"
    assert cells(late)["funding"] == "−0.0100%"
    assert hint(late, "mark").startswith(
        "late: mark price received 20 s ago".replace(" s", "\N{NARROW NO-BREAK SPACE}s")
    )
    expired = watch_row(market, BTC, NOW_MS + 2 * MINUTE_MS)
    assert cells(expired)["mark"] == cells(expired)["basis"] == cells(expired)["age"] == "n/a"
    assert "too old to use" in hint(expired, "mark")
    assert cells(expired)["funding"] == "*−0.0100%"


def test_suspect_figure_is_marked_with_its_doubt_and_an_old_one_by_the_age_of_its_value() -> None:
    market = snapshot(BTC)
    market.marks[BTC] = replace(market.marks[BTC], doubt="went from 1 to 61234.5 at once")
    row = watch_row(market, BTC, NOW_MS)
    assert cells(row)["mark"] == "*61 234.5"
    assert hint(row, "mark").startswith("suspect: it went from 1 to 61234.5 at once")
    market.marks[BTC] = replace(market.marks[BTC], doubt="", lag_ms=70_000)
    row = watch_row(market, BTC, NOW_MS)
    assert cells(row)["mark"] == "n/a"
    assert "as it was 1" in hint(row, "mark")


def test_change_of_open_interest_is_as_late_as_the_older_of_its_two_inputs() -> None:
    market = snapshot(BTC)
    now = market.open_interests[BTC]
    market.open_interests[BTC] = replace(now, received_ms=NOW_MS - 2 * MINUTE_MS)
    assert cells(watch_row(market, BTC, NOW_MS))["open_interest_change_1h"].startswith("*")


def test_limits_count_in_real_time_when_a_recording_runs_fast() -> None:
    market = snapshot(BTC)
    market.speed = 120.0
    assert cells(watch_row(market, BTC, NOW_MS + 20 * MINUTE_MS))["mark"] == "61 234.5"


def test_one_missing_reading_leaves_the_others_alone() -> None:
    market = snapshot(BTC)
    whole = cells(watch_row(market, BTC, NOW_MS))
    market.open_interests.clear()
    market.merge([unavailable(ReadingKind.OPEN_INTEREST, "binanceusdm answered HTTP 500")])
    row = watch_row(market, BTC, NOW_MS)
    shown = cells(row)
    gone = {key for key in shown if shown[key] != whole[key]}
    assert gone == {
        "open_interest_coin",
        "open_interest_usd",
        "open_interest_change_1h",
        "open_interest_change_24h",
    }
    assert hint(row, "open_interest_coin") == "n/a: binanceusdm answered HTTP 500"


def test_failed_fetch_is_said_beside_the_figure_held() -> None:
    market = snapshot(BTC)
    market.missing[BTC, ReadingKind.MARK_PRICE] = unavailable(ReadingKind.MARK_PRICE, "HTTP 503")
    row = watch_row(market, BTC, NOW_MS)
    assert cells(row)["mark"] == "61 234.5"
    assert "since then: HTTP 503" in hint(row, "mark")


def test_rate_of_a_recording_is_said_to_be_settled_and_not_predicted() -> None:
    assert "not recorded" not in hint(watch_row(snapshot(BTC), BTC, NOW_MS), "funding")
    row = watch_row(snapshot(BTC), BTC, NOW_MS, recorded=True)
    assert "predicted rates were not recorded" in hint(row, "funding")


def test_what_the_venue_left_out_is_na_with_that_reason() -> None:
    market = snapshot(BTC)
    reading = funding(BTC)
    market.merge([replace(reading, interval_hours=None, interval_source=IntervalSource.UNKNOWN)])
    row = watch_row(market, BTC, NOW_MS)
    assert cells(row)["funding"] == "−0.0100%"
    assert cells(row)["funding_8h"] == cells(row)["funding_apr"] == cells(row)["interval"] == "n/a"
    assert "the funding interval is not known" in hint(row, "funding_apr")


def test_inferred_interval_is_marked() -> None:
    market = snapshot(BTC)
    market.merge([replace(funding(BTC), interval_source=IntervalSource.INFERRED)])
    assert cells(watch_row(market, BTC, NOW_MS))["interval"] == "~4 h"


def test_other_ratios_are_on_hover_and_never_in_the_column() -> None:
    market = snapshot(BTC)
    top = LongShortRatio(
        venue=BTC.venue,
        symbol=BTC.symbol,
        endpoint="test",
        venue_ms=NOW_MS,
        received_ms=NOW_MS,
        series=RatioSeries.TOP_POSITIONS,
        ratio=0.77,
        long_fraction=0.435,
    )
    market.merge([top])
    row = watch_row(market, BTC, NOW_MS)
    assert cells(row)["long_short_ratio"] == "1.50"
    assert "top-trader positions: 0.77, 43.5% long (long over short" in hint(
        row, "long_short_ratio"
    )


def test_the_venues_own_definition_of_the_ratio_is_on_hover() -> None:
    row = watch_row(snapshot(BTC), BTC, NOW_MS)
    assert "binanceusdm counts accounts that are net long" in hint(row, "long_short_ratio")
    assert "binanceusdm counts accounts that are net long" in hint(row, "long_fraction")


def test_an_hourly_rate_of_hyperliquid_is_told_per_8_h_and_per_year() -> None:
    """0.05 % each hour is 0.40 % in 8 h and 438 % a year."""
    context = {"funding": "0.0005", "markPx": "100", "oraclePx": "100", "openInterest": "1"}
    answer = [{"universe": [{"name": "SOL"}]}, [context]]
    sol = contract("hyperliquid", "SOL", symbol="SOL/USDC:USDC", quote="USDC", settle="USDC")
    call = call_of("hyperliquid", "metaAndAssetCtxs")
    market = Snapshot()
    market.list_instruments([sol])
    market.merge(read(call, [answer], sol, NOW_MS).readings)
    shown = cells(watch_row(market, sol.key, NOW_MS))
    assert (shown["funding_8h"], shown["funding_apr"]) == ("+0.4000%", "+438.00%")
    assert shown["interval"] == "1 h"


def test_readings_of_the_session_before_stand_until_live_ones_come() -> None:
    before = snapshot(BTC, ETH, received_ms=NOW_MS - 14 * 60 * MINUTE_MS)
    row = watch_row(Snapshot(), BTC, NOW_MS, before)
    assert cells(row)["mark"] == "*61 234.50"
    assert cells(row)["age"] == "*14 h"
    assert "from the session before" in hint(row, "mark")
    live = snapshot(BTC)
    assert cells(watch_row(live, BTC, NOW_MS, before))["mark"] == "61 234.5"
    live.marks.clear()
    live.merge([unavailable(ReadingKind.MARK_PRICE, "not offered", permanent=True)])
    assert cells(watch_row(live, BTC, NOW_MS, before))["mark"] == "n/a"


@pytest.mark.parametrize("column", COLUMNS, ids=[column.key for column in COLUMNS])
def test_every_column_is_explained_and_has_room_for_its_sample(column: object) -> None:
    assert getattr(column, "tooltip", "")
    assert getattr(column, "sample", "")


def test_the_next_settlement_is_counted_down_by_the_venues_clock() -> None:
    market = snapshot(BTC)
    market.merge([replace(funding(BTC), clock_ahead_ms=90_000)])
    assert cells(watch_row(market, BTC, NOW_MS))["next_funding"] == "2:01:30"


def test_a_recorded_mark_says_what_moment_it_is_of_and_is_not_late_for_that() -> None:
    held = snapshot(BTC)
    held.marks[BTC] = replace(held.marks[BTC], venue_ms=NOW_MS - 30 * MINUTE_MS)
    live = watch_row(held, BTC, NOW_MS)
    recorded = watch_row(held, BTC, NOW_MS, recorded=True)
    assert cells(live)["age"] == "now"
    assert cells(recorded)["age"] == "of 11:30"
    assert not recorded.prices.mark.late
    assert "mark price as recorded, of 2024-08-04 11:30 UTC" in hint(recorded, "mark")
    assert recorded.prices.age.value == 30 * MINUTE_MS
