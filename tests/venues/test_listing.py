"""A contract that a listing leaves out is not gone at once."""

from __future__ import annotations

from dashboard.venues.listing import ABSENCES_BELIEVED, LEAST_BETWEEN_ABSENCES_S, Contracts
from tests.venues.asking import contract

BTC, ETH = contract("okx", "BTC"), contract("okx", "ETH")
GAP_S = LEAST_BETWEEN_ABSENCES_S


def known() -> Contracts:
    contracts = Contracts()
    assert contracts.take([BTC, ETH], 0.0) == []
    return contracts


def test_three_absences_with_time_between_make_a_contract_delisted() -> None:
    contracts = known()
    for absence in range(1, ABSENCES_BELIEVED):
        assert contracts.take([BTC], absence * GAP_S) == []
        assert contracts.current == {"BTC": BTC, "ETH": ETH}
        assert contracts.doubtful
    assert contracts.take([BTC], ABSENCES_BELIEVED * GAP_S) == ["ETH"]
    assert contracts.current == {"BTC": BTC}
    assert contracts.delisted == {"ETH"}
    assert not contracts.doubtful


def test_many_absences_in_a_short_time_are_one() -> None:
    contracts = known()
    for second in range(100):
        assert contracts.take([BTC], 1000.0 + second) == []
    assert "ETH" in contracts.current


def test_a_contract_that_is_back_was_never_gone() -> None:
    contracts = known()
    contracts.take([BTC], GAP_S)
    contracts.take([BTC], 2 * GAP_S)
    contracts.take([BTC, ETH], 3 * GAP_S)
    assert not contracts.doubtful
    assert contracts.take([BTC], 4 * GAP_S) == []


def test_a_delisted_contract_may_be_listed_again() -> None:
    contracts = known()
    for absence in range(1, ABSENCES_BELIEVED + 1):
        contracts.take([BTC], absence * GAP_S)
    contracts.take([BTC, ETH], 9 * GAP_S)
    assert contracts.delisted == set()
    assert "ETH" in contracts.current
