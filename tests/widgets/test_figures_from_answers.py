"""Every figure of the watch-list comes from an HTTP answer: break the answer and it is n/a."""

from __future__ import annotations

from pathlib import Path

import pytest

from dashboard.feed.frames import Clock, Listing, Readings, Watch
from dashboard.market.snapshot import Snapshot
from dashboard.replay.server import Fault
from tests.feed.running import BINANCE, Running, running
from widgets.models.watch_row import watch_row
from widgets.models.watchlist import COLUMNS

HOST = "fapi.binance.com GET"
FUNDING = {"funding", "funding_8h", "funding_apr", "interval", "next_funding"}
FIGURES_BY_ENDPOINT: dict[str, set[str]] = {
    f"{HOST} /fapi/v1/premiumIndex": {"mark", "age", "open_interest_usd"} | FUNDING,
    f"{HOST} /fapi/v1/fundingInfo": {"funding_8h", "funding_apr", "interval"},
    f"{HOST} /fapi/v1/openInterest": {
        "open_interest_coin",
        "open_interest_usd",
        "open_interest_change_1h",
        "open_interest_change_24h",
    },
    f"{HOST} /futures/data/openInterestHist": {
        "open_interest_change_1h",
        "open_interest_change_24h",
    },
    f"{HOST} /futures/data/globalLongShortAccountRatio": {"long_short_ratio", "long_fraction"},
    f"{HOST} /fapi/v1/ticker/24hr": {"change_24h"},
}
"""What each answer of Binance feeds; `openInterest` is one end of each change."""

FIGURES = set().union(*FIGURES_BY_ENDPOINT.values())
NOT_JSON = Fault(body=b"<html>maintenance</html>", content_type="text/html")


def unknown_figures(run: Running) -> set[str]:
    """The columns that read "n/a" for Binance's BTC after all that the feed has said."""
    snapshot, now_ms = Snapshot(), 0
    for frame in run.frames:
        match frame:
            case Listing():
                snapshot.list_instruments(frame.instruments)
            case Readings():
                snapshot.merge(frame.all())
            case Clock():
                now_ms, snapshot.speed = frame.now_ms, frame.speed
    now_ms = max(now_ms, run.world.now_ms())
    row = watch_row(snapshot, BINANCE, now_ms)
    return {column.key for column in COLUMNS if column.text(row) == "n/a"} & FIGURES


async def test_whole_answers_give_every_figure(tmp_path: Path) -> None:
    async with running(tmp_path) as run:
        run.feed.handle(Watch([BINANCE]))
        await run.until(lambda: not unknown_figures(run))
        for endpoint in FIGURES_BY_ENDPOINT:
            assert run.requests[endpoint] >= 1, endpoint


@pytest.mark.parametrize("endpoint", FIGURES_BY_ENDPOINT)
async def test_one_broken_answer_makes_its_own_figures_unknown_and_no_other(
    endpoint: str, tmp_path: Path
) -> None:
    async with running(tmp_path) as run:
        run.world.server.faults[endpoint] = NOT_JSON
        run.feed.handle(Watch([BINANCE]))
        lost = FIGURES_BY_ENDPOINT[endpoint]
        await run.until(lambda: unknown_figures(run) == lost and run.requests[endpoint] >= 1)
        run.world.server.faults.clear()
        await run.until(lambda: not unknown_figures(run))
