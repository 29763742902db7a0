"""Unusable fields: a sentence that names the field and the value, and never a number from it."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.errors import InputError
from dashboard.market.account import Balance, Position
from dashboard.risk.faults import check_position, position_faults
from dashboard.risk.position_rows import NEEDS
from dashboard.risk.report import LiquidationStatus, PositionRisk
from tests.risk.builders import (
    CROSS,
    INVERSE,
    LONG,
    SHORT,
    funding,
    instrument,
    mark,
    position,
    report_of,
    risk_of,
    snapshot_of,
    tables_of,
    tiers_of,
)

BTC = instrument()
TIERS = tables_of(BTC, tiers_of((0, 0.005, 0)))
READINGS = snapshot_of(mark(BTC, 51_000), funding(BTC, 0.0001))
WALLET = Balance(venue="binanceusdm", coin="USDT", amount=20_000.0)

NOT_ABOVE_ZERO = [0.0, -1.0, math.nan, math.inf, -math.inf]


def assess_one(held: Position) -> PositionRisk:
    return risk_of(held, READINGS, TIERS, balances=[WALLET])


class TestSentences:
    @pytest.mark.parametrize("value", NOT_ABOVE_ZERO)
    @pytest.mark.parametrize(
        "name", ["size", "entry_price", "leverage", "margin", "stop_price", "take_profit_price"]
    )
    def test_a_field_that_must_be_above_zero(self, name: str, value: float) -> None:
        fields: dict[str, Any] = {"margin": 5_000.0, name: value}
        held = position(
            LONG,
            fields.pop("size", 1.0),
            fields.pop("entry_price", 50_000.0),
            **fields,
        )
        said = f"{name} must be a number above 0, not {value}"
        assert position_faults(held)[name] == said
        with pytest.raises(InputError, match="must be a number above 0") as raised:
            check_position(held)
        assert raised.value.field == name
        assert said in assess_one(held).missing.values() or name == "take_profit_price"

    def test_a_usable_position_passes(self) -> None:
        check_position(position())
        assert position_faults(position()) == {}

    @pytest.mark.parametrize("value", [1e-300, 1e300])
    def test_a_number_beyond_all_reason(self, value: float) -> None:
        risk = assess_one(position(LONG, value))
        assert risk.missing["quantity"] == f"size must lie between 1e-15 and 1e+15, not {value}"

    def test_contract_size(self) -> None:
        held = position(of=instrument(contract_size=0.0))
        assert "contract_size must be" in assess_one(held).missing["quantity"]

    @pytest.mark.parametrize("value", [0.0, 1.0, -0.1, math.nan])
    def test_maintenance_margin_rate(self, value: float) -> None:
        risk = assess_one(position(maintenance_margin_rate=value))
        said = f"maintenance_margin_rate must be a fraction between 0 and 1, not {value}"
        assert risk.missing["liquidation_price"] == said
        assert risk.status is LiquidationStatus.UNKNOWN

    @pytest.mark.parametrize("value", [-1.0, math.nan, math.inf])
    def test_maintenance_amount(self, value: float) -> None:
        held = position(maintenance_margin_rate=0.01, maintenance_amount=value)
        assert (
            "maintenance_amount must be a number from 0 to 1e+15"
            in assess_one(held).missing["maintenance_margin"]
        )

    def test_a_deduction_without_its_rate(self) -> None:
        held = position(maintenance_amount=5.0)
        assert "belongs to a maintenance_margin_rate" in assess_one(held).missing["margin_ratio"]

    @pytest.mark.parametrize("value", [-0.001, 1.0, math.nan])
    def test_taker_fee(self, value: float) -> None:
        gate = instrument(venue="gate")
        held = position(of=gate, taker_fee=value, maintenance_margin_rate=0.01)
        risk = risk_of(held)
        said = f"taker_fee must be a fraction from 0 to below 1, not {value}"
        assert risk.missing["liquidation_price"] == said
        assert risk.missing["break_even_price"] == said
        plain = assess_one(position(taker_fee=value))
        assert plain.liquidation_price is not None
        assert plain.missing["break_even_price"] == said

    @pytest.mark.parametrize("value", [-1.0, math.nan, math.inf])
    def test_extra_margin(self, value: float) -> None:
        risk = assess_one(position(extra_margin=value))
        said = f"extra_margin must be a number from 0 to 1e+15, not {value}"
        assert risk.missing["liquidation_price"] == said

    def test_isolated_with_neither_leverage_nor_margin(self) -> None:
        risk = assess_one(position(leverage=None))
        said = "an isolated position needs its leverage or its margin; neither was entered"
        assert risk.missing["liquidation_price"] == said
        assert risk.missing["effective_leverage"] == said
        assert risk.notional == 51_000

    def test_a_bad_leverage_leaves_what_the_margin_gives(self) -> None:
        risk = assess_one(position(margin=5_000.0, leverage=0.0))
        assert risk.liquidation_price == pytest.approx(45_000 / 0.995)
        assert risk.missing["initial_margin"] == "leverage must be a number above 0, not 0.0"
        assert risk.missing["roi"] == "leverage must be a number above 0, not 0.0"

    def test_a_bad_leverage_alone_gives_no_margin(self) -> None:
        risk = assess_one(position(leverage=-3.0))
        assert risk.missing["liquidation_price"] == "leverage must be a number above 0, not -3.0"

    def test_cross_without_leverage_has_no_initial_margin(self) -> None:
        risk = assess_one(position(mode=CROSS))
        assert risk.liquidation_price == pytest.approx(30_000 / 0.995)
        assert risk.missing["initial_margin"] == "no leverage was entered"

    def test_a_bad_stop_leaves_the_rest(self) -> None:
        risk = assess_one(position(stop_price=-1.0))
        assert risk.stop is None
        assert risk.missing["stop"] == "stop_price must be a number above 0, not -1.0"
        assert risk.liquidation_price is not None

    def test_a_stop_of_a_position_without_entry(self) -> None:
        risk = assess_one(position(LONG, 1.0, -1.0, stop_price=100.0))
        assert risk.missing["stop"] == "entry_price must be a number above 0, not -1.0"
        assert risk.warnings == ()

    def test_one_bad_position_leaves_the_others(self) -> None:
        rows = report_of([position(name="a"), position(LONG, math.nan, name="b")], READINGS, TIERS)
        assert rows.positions[0].liquidation_price == pytest.approx(45_000 / 0.995)
        assert rows.positions[1].status is LiquidationStatus.UNKNOWN
        assert rows.positions[1].receipts.keys() <= {"mark_price", "funding_apr"}


anything = st.one_of(
    st.none(),
    st.sampled_from([0.0, -1.0, math.nan, math.inf, -math.inf, 1e-300, 1e300]),
    st.floats(allow_nan=True, allow_infinity=True),
    st.floats(0.001, 1e6),
)
numbers = st.one_of(
    st.sampled_from([0.0, -1.0, math.nan, math.inf, 1e300, 1e-300]), st.floats(1e-3, 1e6)
)


class TestNoNanLeaves:
    @given(
        side=st.sampled_from([LONG, SHORT]),
        size=numbers,
        entry=numbers,
        leverage=anything,
        margin=anything,
        rate=anything,
        fee=anything,
        extra=numbers,
        price=anything,
        funding_rate=anything,
        hours=anything,
        inverse=st.booleans(),
        venue=st.sampled_from(["binanceusdm", "bybit", "kucoin", "okx", "mexc", "deribit"]),
        cross=st.booleans(),
        wallet=numbers,
    )
    def test_every_figure_is_a_finite_number_or_none_with_a_reason(
        self,
        side: Any,
        size: float,
        entry: float,
        leverage: float | None,
        margin: float | None,
        rate: float | None,
        fee: float | None,
        extra: float,
        price: float | None,
        funding_rate: float | None,
        hours: float | None,
        inverse: bool,
        venue: str,
        cross: bool,
        wallet: float,
    ) -> None:
        contract = instrument(venue=venue, kind=INVERSE) if inverse else instrument(venue=venue)
        held = position(
            side,
            size,
            entry,
            of=contract,
            mode=CROSS if cross else position().margin_mode,
            leverage=leverage,
            margin=margin,
            maintenance_margin_rate=rate,
            taker_fee=fee,
            extra_margin=extra,
            stop_price=price,
        )
        readings = snapshot_of(mark(contract, price), funding(contract, funding_rate, hours))
        balance = Balance(venue=venue, coin=contract.settle, amount=wallet)
        risk = risk_of(held, readings, balances=[balance])
        for name in NEEDS:
            value = getattr(risk, name)
            if value is None:
                assert risk.missing[name], name
            else:
                assert math.isfinite(value), name
        for receipt in risk.receipts.values():
            assert "nan" not in receipt.worked
        assert all(isinstance(said, str) for said in risk.warnings)
