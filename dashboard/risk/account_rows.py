"""The cross wallets of a report, built when they are asked for."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import overload

from dashboard.risk.account_risk import account_risks
from dashboard.risk.figures import Figures
from dashboard.risk.held_wallets import HeldWallets, held_wallets
from dashboard.risk.report import AccountRisk, RiskReport


class AccountRows(Sequence[AccountRisk]):
    """AccountRisk of each cross wallet; a shock costs more than a tick and waits for a reader."""

    def __init__(self, figures: Figures) -> None:
        self._figures = figures

    @cached_property
    def _rows(self) -> tuple[AccountRisk, ...]:
        return account_risks(self._figures)

    @cached_property
    def wallets(self) -> HeldWallets:
        """Every wallet of the book, cross and isolated, as shocks and frontiers take them."""
        return held_wallets(self._figures)

    def __len__(self) -> int:
        return len(self._figures.prepared.groups)

    @overload
    def __getitem__(self, index: int) -> AccountRisk: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[AccountRisk]: ...

    def __getitem__(self, index: int | slice) -> AccountRisk | Sequence[AccountRisk]:
        return self._rows[index]


def wallets_of(report: RiskReport) -> HeldWallets:
    """The wallets behind a report; none where its account figures were put together by hand."""
    accounts = report.accounts
    return accounts.wallets if isinstance(accounts, AccountRows) else HeldWallets()
