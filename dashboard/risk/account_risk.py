"""A book's wallets on a tick: the account figures of the report, and wallets for what-if shocks."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace

from dashboard.errors import InputError
from dashboard.market.account import Side
from dashboard.market.instrument import ContractKind, MarginTier
from dashboard.risk.account import common_shock
from dashboard.risk.cross import DOLLARS
from dashboard.risk.figures import Figures, WalletFigures
from dashboard.risk.report import AccountRisk
from dashboard.risk.row_view import why_unknown as row_reason
from dashboard.risk.shock import Shock
from dashboard.risk.wallet import Collateral, Wallet, WalletLeg

_TOGETHER = ("equity", "maintenance_margin", "margin_ratio", "shock_down", "shock_up")
"""Figures that are unknown for the same reason."""


def account_risks(figures: Figures) -> tuple[AccountRisk, ...]:
    """The cross wallets of a book, one for each venue and settle currency.

    Figures that are not known are None with the reason in `missing`: a balance that was not
    entered, a position whose mark or maintenance is unknown, a coin without a price. The shocks
    are the crash case in which every coin moves alike.
    """
    wallets = figures.wallets
    if wallets is None:
        return ()
    numbers = range(len(figures.prepared.groups))
    return tuple(_account_risk(figures, wallets, number) for number in numbers)


def book_wallets(figures: Figures) -> tuple[Wallet, ...]:
    """Every wallet of the book whose numbers are all known, as `order_of_death` takes them.

    An isolated position is a wallet named by its id; a cross wallet is named "venue currency".
    Money is in each contract's quote currency.
    """
    prepared, wallets = figures.prepared, figures.wallets
    found = [
        _isolated(figures, row)
        for row, term in enumerate(prepared.terms)
        if term.isolated and math.isfinite(figures.equity[row] + figures.charges[row])
    ]
    if wallets is not None:
        found += [
            _cross(figures, wallets, number)
            for number in range(len(prepared.groups))
            if not why_unknown(figures, wallets, number)
        ]
    return tuple(found)


def _account_risk(figures: Figures, wallets: WalletFigures, number: int) -> AccountRisk:
    group = figures.prepared.groups[number]
    balance = equity = required = None
    shock = Shock(None, None)
    missing: dict[str, str] = {}
    if wallets.faults[number]:
        missing["wallet_balance"] = wallets.faults[number]
    else:
        others = (coin.balance.amount * coin.price for coin in wallets.coins[number])
        balance = group.amount + math.fsum(others)
    reason = why_unknown(figures, wallets, number)
    if reason:
        missing |= dict.fromkeys(_TOGETHER, reason)
    else:
        equity, required = float(wallets.equity()[number]), float(wallets.charges[number])
        shock = _shock(_cross(figures, wallets, number), missing)
    ratio = None
    if equity is not None and required is not None:
        ratio = _ratio(required, equity, missing)
    return AccountRisk(
        venue=group.venue,
        currency=group.settle,
        wallet_balance=balance,
        equity=equity,
        maintenance_margin=required,
        margin_ratio=ratio,
        shock_down=shock.down,
        shock_up=shock.up,
        missing=missing,
    )


def _ratio(required: float, equity: float, missing: dict[str, str]) -> float | None:
    if equity > 0.0:
        return required / equity
    missing["margin_ratio"] = "no equity is left"
    return None


def _shock(wallet: Wallet, missing: dict[str, str]) -> Shock:
    try:
        return common_shock(wallet)
    except InputError as error:
        missing["shock_down"] = missing["shock_up"] = error.user_message
        return Shock(None, None)


def why_unknown(figures: Figures, wallets: WalletFigures, number: int) -> str:
    """Why a cross group's figures are not known; empty where all are."""
    if wallets.faults[number]:
        return wallets.faults[number]
    for row in figures.prepared.groups[number].members:
        if not math.isfinite(figures.pnl[row] + figures.charges[row]):
            symbol = figures.prepared.terms[row].position.instrument.symbol
            return f"{symbol}: {row_reason(figures, row)}"
    return ""


def _cross(figures: Figures, wallets: WalletFigures, number: int) -> Wallet:
    """The wallet of group `number`, all of whose numbers are known, in its quote currency."""
    group = figures.prepared.groups[number]
    legs = _merged(_leg(figures, row, group.amount) for row in group.members)
    worth, moves = _worth(legs)
    own = Collateral(
        coin=group.settle, amount=group.amount, price=worth, haircut=group.haircut, moves=moves
    )
    others = tuple(
        Collateral(
            coin=coin.balance.coin,
            amount=coin.balance.amount,
            price=coin.price * worth,
            haircut=coin.balance.haircut,
            moves=coin.balance.coin not in DOLLARS,
        )
        for coin in wallets.coins[number]
    )
    return Wallet(id=f"{group.venue} {group.settle}", legs=legs, collateral=(own, *others))


def _isolated(figures: Figures, row: int) -> Wallet:
    term = figures.prepared.terms[row]
    legs = (_leg(figures, row, term.margin),)
    worth, moves = _worth(legs)
    settle = term.position.instrument.settle
    margin = Collateral(coin=settle, amount=term.margin, price=worth, moves=moves)
    return Wallet(id=term.position.id, legs=legs, collateral=(margin,))


def _worth(legs: tuple[WalletLeg, ...]) -> tuple[float, bool]:
    """What one settle coin is worth in quote currency, and whether a shock moves that."""
    for leg in legs:
        if leg.terms.kind is ContractKind.INVERSE:
            return leg.mark_price, True
    return 1.0, False


def _leg(figures: Figures, row: int, wallet: float) -> WalletLeg:
    """A position as a leg; what depends on the wallet's size or the next payment stands fixed."""
    term = figures.prepared.terms[row]
    instrument = term.position.instrument
    terms = term.leg()
    extra = (1.0 - term.wallet_weight) * wallet
    if figures.next_funding is not None:
        extra += float(figures.next_funding[row])
    return WalletLeg(
        id=term.position.id,
        contract=instrument.symbol,
        coin=instrument.base,
        settle=instrument.settle,
        mark_price=float(figures.mark[row]),
        terms=replace(terms, fixed=terms.fixed + extra),
    )


def _merged(legs: Iterable[WalletLeg]) -> tuple[WalletLeg, ...]:
    """One leg for all positions in one contract and direction: the venue sees one position."""
    same: dict[tuple[str, Side, Sequence[MarginTier], float], list[WalletLeg]] = {}
    for leg in legs:
        terms = leg.terms
        at = (leg.contract, terms.side, tuple(terms.tiers), terms.close_fee)
        same.setdefault(at, []).append(leg)
    return tuple(members[0] if len(members) == 1 else _one(members) for members in same.values())


def _one(legs: list[WalletLeg]) -> WalletLeg:
    terms = legs[0].terms
    quantity = math.fsum(leg.terms.quantity for leg in legs)
    entries = (leg.terms.quantity * leg.terms.coordinate(leg.terms.entry) for leg in legs)
    fixed = math.fsum(leg.terms.fixed for leg in legs)
    entry = terms.coordinate(math.fsum(entries) / quantity)
    return replace(legs[0], terms=replace(terms, quantity=quantity, entry=entry, fixed=fixed))
