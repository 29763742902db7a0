"""Tier tables: what is read from them, what is refused, and the same for many positions."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.errors import InputError
from dashboard.market.account import SizeUnit
from dashboard.market.instrument import MarginTier
from dashboard.risk.basis import basis_fraction
from dashboard.risk.margin import (
    TierColumns,
    check_tiers,
    derive_deductions,
    initial_margin,
    is_continuous,
    lacks_deductions,
    maintenance_margin,
    tier_number,
)
from dashboard.risk.notional import (
    notional,
    quantity_of,
)
from dashboard.risk.pnl import loss_between, unrealised_pnl
from tests.risk.builders import INVERSE, LINEAR, LONG, SHORT, instrument, position, tiers_of

MARGINAL = tiers_of((0, 0.004, 0), (50_000, 0.005, 50), (250_000, 0.01, 1_300))
WHOLE = tiers_of((0, 0.004, 0), (50_000, 0.005, 0))


class TestReadingTiers:
    @pytest.mark.parametrize(
        ("value", "number", "margin"),
        [(0, 0, 0), (49_999, 0, 199.996), (50_000, 1, 200), (250_000, 2, 1_200), (1e9, 2, 9998700)],
    )
    def test_floor_is_in_and_cap_is_out(self, value: float, number: int, margin: float) -> None:
        assert tier_number(value, MARGINAL) == number
        assert maintenance_margin(value, MARGINAL) == pytest.approx(margin)

    def test_initial_margin(self) -> None:
        assert initial_margin(50_000, 20) == 2_500

    def test_deductions_follow_from_marginal_rates(self) -> None:
        bare = [replace(tier, cum=0.0) for tier in MARGINAL]
        assert lacks_deductions(bare)
        assert [tier.cum for tier in derive_deductions(bare)] == pytest.approx([0, 50, 1_300])

    def test_a_table_of_one_rate_lacks_nothing(self) -> None:
        assert not lacks_deductions(tiers_of((0, 0.01, 0), (10, 0.01, 0)))
        assert not lacks_deductions(MARGINAL)

    def test_continuity(self) -> None:
        assert is_continuous(MARGINAL)
        assert not is_continuous(WHOLE)


class TestRefusedTiers:
    @pytest.mark.parametrize(
        ("tiers", "said"),
        [
            ((), "at least one tier"),
            (tiers_of((5, 0.01, 0)), "floor of 0, not 5"),
            (
                (
                    MarginTier(floor=0, cap=10, mmr=0.01),
                    MarginTier(floor=12, mmr=0.02),
                ),
                "tier 1 ends at 10 but tier 2 starts at 12",
            ),
            (tiers_of((0, 0.02, 0), (10, 0.01, 0)), "tier 2 has mmr 0.01 after 0.02"),
            (tiers_of((0, 0.0, 0)), "between 0 and 1, not 0.0"),
            (tiers_of((0, math.nan, 0)), "between 0 and 1, not nan"),
            (tiers_of((0, 1.5, 0)), "between 0 and 1, not 1.5"),
            (tiers_of((0, 0.01, math.inf)), "cum of tier 1 must be a number"),
            ((MarginTier(floor=0, cap=0, mmr=0.01),), "cap of tier 1 must be above its floor"),
            ((MarginTier(floor=0, mmr=0.01, max_leverage=0.0),), "max_leverage of tier 1"),
        ],
    )
    def test_the_sentence_names_the_tier_and_the_value(
        self, tiers: tuple[MarginTier, ...], said: str
    ) -> None:
        with pytest.raises(InputError, match=said) as raised:
            check_tiers(tiers)
        assert raised.value.field == "tiers"

    def test_a_good_table_passes(self) -> None:
        check_tiers(MARGINAL)
        check_tiers((MarginTier(floor=0, mmr=0.01, max_leverage=50),))


class TestManyPositions:
    @given(st.lists(st.floats(0, 1e6), min_size=1, max_size=20), st.booleans())
    def test_columns_read_the_same_as_the_table(self, values: list[float], whole: bool) -> None:
        tables = [MARGINAL, WHOLE if whole else MARGINAL[:1]]
        rows = np.arange(len(values)) % 2
        columns = TierColumns.of(tables, rows)
        found = columns.maintenance(np.array(values))
        expected = [maintenance_margin(v, tables[r]) for v, r in zip(values, rows, strict=True)]
        assert found == pytest.approx(expected, abs=1e-6)

    def test_a_position_without_tiers_reads_unknown(self) -> None:
        found = TierColumns.of([(), MARGINAL]).maintenance(np.array([100.0, 100.0]))
        assert math.isnan(found[0])
        assert found[1] == pytest.approx(0.4)

    def test_no_positions_at_all(self) -> None:
        assert TierColumns.of([]).maintenance(np.empty(0)).size == 0


class TestSizes:
    @pytest.mark.parametrize(
        ("unit", "size", "linear", "inverse"),
        [
            (SizeUnit.BASE, 2.0, 2.0, 100_000.0),
            (SizeUnit.QUOTE, 100_000.0, 2.0, 100_000.0),
            (SizeUnit.CONTRACTS, 200.0, 2.0, 2.0),
        ],
    )
    def test_quantity_from_every_unit(
        self, unit: SizeUnit, size: float, linear: float, inverse: float
    ) -> None:
        straight = instrument(contract_size=0.01)
        coin = instrument(kind=INVERSE, contract_size=0.01)
        of_linear = position(LONG, size, 50_000, of=straight, size_unit=unit)
        of_inverse = position(LONG, size, 50_000, of=coin, size_unit=unit)
        assert quantity_of(of_linear) == pytest.approx(linear)
        assert quantity_of(of_inverse) == pytest.approx(inverse)

    def test_notional(self) -> None:
        assert notional(LINEAR, 2, 50_000) == 100_000
        assert notional(INVERSE, 100_000, 50_000) == 2


class TestProfit:
    def test_linear(self) -> None:
        assert unrealised_pnl(LINEAR, SHORT, 2, 100, 90) == 20
        assert loss_between(LINEAR, SHORT, 2, 100, 90) == -20

    def test_inverse(self) -> None:
        assert unrealised_pnl(INVERSE, LONG, 100, 50, 100) == pytest.approx(1.0)
        assert loss_between(INVERSE, LONG, 100, 100, 50) == pytest.approx(1.0)


class TestBasis:
    def test_premium_is_positive(self) -> None:
        assert basis_fraction(101, 100) == pytest.approx(0.01)

    def test_no_index_no_fraction(self) -> None:
        assert basis_fraction(101, 0) is None
