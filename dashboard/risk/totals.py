"""A whole account in a few figures, in dollars; dollars count at par, inverse ones in quote."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from dashboard.market.instrument import ContractKind
from dashboard.risk.cross import DOLLARS
from dashboard.risk.frontier import equity_now
from dashboard.risk.held_wallets import HeldWallets
from dashboard.risk.report import PositionRisk

Share = tuple[str, float]
_FIELDS = {
    "gross_notional": "notional",
    "margin_used": "initial_margin",
    "funding_per_day": "funding_per_day",
}
"""Which figure of a position each total adds up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """None is unknown, `missing` says why by field name.

    `equity` is what counts as margin in all wallets that hold a position, none of which is worth
    less than nothing. `margin_used` is the
    initial margin of all positions, `funding_per_day` what they pay (positive) or receive.
    `effective_leverage` is gross notional over equity. `concentration` is the Herfindahl-Hirschman
    index by coin, 1 for a single coin; `coins` and `venues` are shares of gross notional, the
    largest first. `least` has a bound for some unknown figures by field name: what the known part
    of them comes to, which the unknown part cannot make smaller.
    """

    equity: float | None = None
    gross_notional: float | None = None
    net_notional: float | None = None
    effective_leverage: float | None = None
    margin_used: float | None = None
    funding_per_day: float | None = None
    concentration: float | None = None
    coins: tuple[Share, ...] = ()
    venues: tuple[Share, ...] = ()
    missing: Mapping[str, str] = field(default_factory=dict)
    least: Mapping[str, float] = field(default_factory=dict)


_SUMS_OF_SIZES = ("gross_notional", "margin_used")
"""Totals of what is never below zero, which therefore can only be more than their known part."""


def totals(positions: Sequence[PositionRisk], held: HeldWallets) -> Totals:
    """The account behind some positions and their wallets."""
    missing: dict[str, str] = {}
    least: dict[str, float] = {}
    adding = _Adding(positions, missing, least)
    equity = _equity(held, missing, least)
    values = adding.up("gross_notional", lambda risk: risk.notional)
    margin = adding.up("margin_used", lambda risk: risk.initial_margin)
    funding = adding.up("funding_per_day", lambda risk: risk.funding_per_day)
    gross = _sum(values)
    if values is None:
        why = missing["gross_notional"]
        missing |= dict.fromkeys(("net_notional", "concentration", "effective_leverage"), why)
    elif not positions:
        missing["concentration"] = "there is no open position"
    coins = _shares([risk.position.instrument.base for risk in positions], values or [])
    return Totals(
        equity=equity,
        gross_notional=gross,
        net_notional=_net(positions, values),
        effective_leverage=_leverage(gross, equity, missing),
        margin_used=_sum(margin),
        funding_per_day=_sum(funding),
        concentration=math.fsum(share * share for _name, share in coins) if coins else None,
        coins=coins,
        venues=_shares([risk.position.instrument.venue for risk in positions], values or []),
        missing=missing,
        least=least,
    )


def _equity(held: HeldWallets, missing: dict[str, str], least: dict[str, float]) -> float | None:
    if held.missing:
        title, reason = next(iter(held.missing.items()))
        missing["equity"] = f"{title}: {reason}"
        # No wallet is worth less than nothing, so that those known are a bound.
        if held.known:
            least["equity"] = equity_now(held.wallets)
        return None
    if not held.known:
        missing["equity"] = "there is no open position"
        return None
    return equity_now(held.wallets)


@dataclass(frozen=True, slots=True)
class _Adding:
    """Adds figures of positions up; of one that is not known it notes why, and a bound."""

    positions: Sequence[PositionRisk]
    missing: dict[str, str]
    least: dict[str, float]

    def up(self, name: str, figure: Callable[[PositionRisk], float | None]) -> list[float] | None:
        """One figure of every position in dollars; None where one is unknown."""
        values = []
        for risk in self.positions:
            value, worth = figure(risk), _worth(risk)
            if value is not None and worth is not None:
                values.append(value * worth)
            elif name not in self.missing:
                self.missing[name] = _why(risk, name, worth)
        if name not in self.missing:
            return values
        if values and name in _SUMS_OF_SIZES:
            self.least[name] = math.fsum(values)
        return None


def _worth(risk: PositionRisk) -> float | None:
    """What one settle coin is worth in dollars."""
    instrument = risk.position.instrument
    if instrument.quote not in DOLLARS:
        return None
    return risk.mark_price if instrument.kind is ContractKind.INVERSE else 1.0


def _why(risk: PositionRisk, name: str, worth: float | None) -> str:
    instrument = risk.position.instrument
    if instrument.quote not in DOLLARS:
        return f"{instrument.symbol} is quoted in {instrument.quote}, not in dollars"
    if worth is None:
        return f"{instrument.symbol}: {risk.missing.get('mark_price', 'no mark price')}"
    field_name = _FIELDS[name]
    return f"{instrument.symbol}: {risk.missing.get(field_name, 'not known')}"


def _sum(values: Sequence[float] | None) -> float | None:
    return None if values is None else math.fsum(values)


def _net(positions: Sequence[PositionRisk], values: Sequence[float] | None) -> float | None:
    if values is None:
        return None
    pairs = zip(positions, values, strict=True)
    return math.fsum(risk.position.side * value for risk, value in pairs)


def _leverage(gross: float | None, equity: float | None, missing: dict[str, str]) -> float | None:
    if gross is None:
        return None
    if equity is None:
        missing["effective_leverage"] = missing["equity"]
        return None
    if equity <= 0.0:
        missing["effective_leverage"] = "no equity is left"
        return None
    return gross / equity


def _shares(names: Sequence[str], values: Sequence[float]) -> tuple[Share, ...]:
    """Each name's part of the whole, the largest first; none where the whole is zero."""
    parts: dict[str, float] = {}
    for name, value in zip(names, values, strict=False):
        parts[name] = parts.get(name, 0.0) + value
    whole = math.fsum(parts.values())
    shares = [(name, part / whole) for name, part in parts.items()] if whole > 0.0 else []
    return tuple(sorted(shares, key=lambda share: (-share[1], share[0])))
