"""A closed position's result counts quantity, fees and funding, and no leverage."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dashboard.market.account import Closing, PositionState, Side
from dashboard.market.instrument import ContractKind
from dashboard.risk.closed import realised
from tests.risk import builders

POSITION = replace(
    builders.position(Side.LONG, 0.2, 50_000.0, leverage=10.0),
    state=PositionState.CLOSED,
    stop_price=49_000.0,
    closing=Closing(price=52_500.0, fees=10.25, funding_paid=-2.5),
)


def test_long_gains_what_the_price_rose_less_its_costs() -> None:
    result = realised(POSITION)
    assert result is not None
    assert result.gross == pytest.approx(500.0)
    assert result.net == pytest.approx(492.25)
    assert result.r_multiple == pytest.approx(492.25 / 200.0)


def test_leverage_is_no_factor_of_it() -> None:
    assert realised(replace(POSITION, leverage=100.0)) == realised(POSITION)


def test_short_loses_the_same() -> None:
    short = realised(replace(POSITION, side=Side.SHORT))
    assert short is not None
    assert short.gross == pytest.approx(-500.0)
    assert short.r_multiple is None


def test_inverse_contract_pays_in_the_coin() -> None:
    inverse = replace(POSITION.instrument, kind=ContractKind.INVERSE, settle="BTC")
    result = realised(replace(POSITION, instrument=inverse, stop_price=None))
    assert result is not None
    assert result.gross == pytest.approx(10_000.0 * (1 / 50_000 - 1 / 52_500))
    assert result.r_multiple is None


def test_open_position_has_no_result() -> None:
    assert realised(replace(POSITION, closing=None)) is None
