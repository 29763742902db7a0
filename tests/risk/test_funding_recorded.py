"""Funding on a recorded market: Binance XRPUSDT, 2021-11-18 to 12-18, 91 settlements."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from dashboard.market.account import Side
from dashboard.market.instrument import ContractKind
from dashboard.risk.funding import Settlement, funding_payment, paid_to_date, simple_apr

MARKET = Path(__file__).parents[3] / "shared" / "market"
FUNDING = MARKET / "H_funding_8h_binance_BTC_ETH_XRP_LTC_to_2025-08.parquet"
CANDLES = MARKET / "H_klines_1h_binance_BTC_ETH_XRP_LTC_to_2025-08.parquet"

pytestmark = pytest.mark.skipif(
    not (FUNDING.exists() and CANDLES.exists()),
    reason="the recorded series may not be shipped and do not lie beside the repository",
)

ENTRY = 1.0959
QUANTITY = 1_000.0
MMR = 0.005


@pytest.fixture(scope="module")
def periods() -> pd.DataFrame:
    """One row per settlement: rate, price at it, lowest price until the next one."""
    span = {"filters": [("symbol", "==", "XRPUSDT")]}
    rates = pd.read_parquet(FUNDING, **span).set_index("ts")["funding_rate"]
    rates = rates.loc["2021-11-18" : pd.Timestamp("2021-12-18")]
    candles = pd.read_parquet(CANDLES, **span).set_index("ts")
    lows = candles["low"].resample("8h").min()
    return pd.DataFrame(
        {"rate": rates, "price": candles["open"].loc[rates.index], "low": lows.loc[rates.index]}
    )


def test_the_month_averaged_nine_and_a_half_percent_a_year(periods: pd.DataFrame) -> None:
    assert len(periods) == 91
    assert simple_apr(periods["rate"].mean(), 8.0) == pytest.approx(0.0958, abs=1e-4)
    assert (periods["rate"] == 0.0001).mean() == pytest.approx(0.77, abs=0.005)


def test_a_long_of_1000_paid_8_usdt(periods: pd.DataFrame) -> None:
    settlements = [
        Settlement(int(row.Index.timestamp() * 1000), row.rate, row.price)
        for row in periods.itertuples()
    ]
    paid = paid_to_date(
        Side.LONG, ContractKind.LINEAR, QUANTITY, settlements, 0, settlements[-1].time_ms
    )
    assert paid.recorded == 91
    assert paid.paid == pytest.approx(8.03, abs=0.005)


@pytest.mark.parametrize(
    ("leverage", "with_funding", "without"), [(5, 26, 31), (3, 49, 49)], ids=["5x", "3x"]
)
def test_funding_brings_the_liquidation_of_a_5x_long_forward_by_five_payments(
    periods: pd.DataFrame, leverage: int, with_funding: int, without: int
) -> None:
    assert _period_of_liquidation(periods, leverage, funding=True) == with_funding
    assert _period_of_liquidation(periods, leverage, funding=False) == without


def _period_of_liquidation(periods: pd.DataFrame, leverage: int, *, funding: bool) -> int | None:
    margin = QUANTITY * ENTRY / leverage
    for number, row in enumerate(periods.itertuples(), start=1):
        if funding:
            margin -= funding_payment(1.0, QUANTITY * row.price, row.rate)
        price = (margin / QUANTITY - ENTRY) / (MMR - 1.0)
        if row.low <= price:
            return number
    return None
