"""Cross wallets: which positions and balances share one margin, and their prices on a tick.

The cross positions of one venue and settle currency share a wallet. Each contract in it is
solved with the prices of the others standing still; opposite positions in one contract (hedge
mode) move together and share their liquidation prices. Balances in other coins count with their
haircut at their mark price, which stands still as well.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from dashboard.market.account import Balance, Side
from dashboard.market.instrument import InstrumentKey, MarginTier
from dashboard.market.readings import MarkPrice, ReadingKind
from dashboard.market.snapshot import EXPIRED_AFTER_MS, Snapshot
from dashboard.risk.faults import LARGEST, SMALLEST
from dashboard.risk.liquidation import Bounds, Leg, safe_prices
from dashboard.risk.terms import Terms
from dashboard.risk.venue_rules import venue_id

DOLLARS = frozenset({"USD", "USDT", "USDC"})
"""Coins that count at par with each other where no contract prices one in the other."""


@dataclass(frozen=True, slots=True)
class CrossGroup:
    """The positions of one wallet (`members`: rows of the book) and what it holds.

    `amount` and `haircut` are those of the settle coin; `others` are balances in other coins.
    `unknown` says why the wallet is not known, `notes` what the trader should know about it.
    """

    venue: str
    settle: str
    members: tuple[int, ...]
    amount: float = 0.0
    haircut: float = 1.0
    others: tuple[Balance, ...] = ()
    unknown: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CrossUnit:
    """The positions of one wallet in one contract, which share their liquidation prices.

    `alone` marks a unit of one position that can be solved among many at once.
    """

    group: int
    members: tuple[int, ...]
    alone: bool


@dataclass(frozen=True, slots=True)
class HeldCoin:
    """One coin of a wallet on a tick: `price` is in the wallet's currency."""

    balance: Balance
    price: float
    source: str
    age_ms: int | None = None

    @property
    def counted(self) -> float:
        """What counts as margin, in the wallet's currency; a debt counts in full."""
        value = self.balance.amount * self.price
        return min(value, self.balance.haircut * value)


def cross_groups(terms: Sequence[Terms], balances: Sequence[Balance]) -> tuple[CrossGroup, ...]:
    """The wallets that the cross positions of a book share."""
    members: dict[tuple[str, str], list[int]] = {}
    for row, term in enumerate(terms):
        if not term.isolated:
            instrument = term.position.instrument
            members.setdefault((instrument.venue, instrument.settle), []).append(row)
    settles = {
        venue: {settle for at_venue, settle in members if at_venue == venue}
        for venue, _settle in members
    }
    return tuple(
        _group(venue, settle, rows, settles[venue], _balances_at(venue, terms[rows[0]], balances))
        for (venue, settle), rows in members.items()
    )


def _balances_at(venue: str, term: Terms, balances: Sequence[Balance]) -> list[Balance]:
    wanted = venue_id(venue, term.kind)
    return [b for b in balances if b.venue == venue or venue_id(b.venue, term.kind) == wanted]


def _group(
    venue: str, settle: str, rows: list[int], settles: set[str], balances: list[Balance]
) -> CrossGroup:
    own = [balance for balance in balances if balance.coin == settle]
    foreign = [balance for balance in balances if balance.coin not in settles]
    shared = len(settles) == 1
    others = tuple(foreign) if shared else ()
    notes = () if shared else tuple(_not_counted(balance, settles) for balance in foreign)
    fault = next(filter(None, map(_balance_fault, (*own, *others))), "")
    if not own and not others:
        fault = f"no wallet balance in {settle} was entered for {venue}"
    amount = math.fsum(balance.amount for balance in own)
    counted = math.fsum(balance.amount * balance.haircut for balance in own)
    haircut = counted / amount if amount else 1.0
    return CrossGroup(venue, settle, tuple(rows), amount, haircut, others, fault, notes)


def _not_counted(balance: Balance, settles: set[str]) -> str:
    names = " or ".join(sorted(settles))
    return f"{balance.amount:g} {balance.coin} is not counted: it could stand behind {names}"


def _balance_fault(balance: Balance) -> str:
    if not abs(balance.amount) <= LARGEST:
        return (
            f"the balance in {balance.coin} must be a number up to {LARGEST:g}, "
            f"not {balance.amount}"
        )
    if not 0.0 < balance.haircut <= 1.0:
        return (
            f"haircut of {balance.coin} must be a fraction above 0 and up to 1, "
            f"not {balance.haircut}"
        )
    return ""


def cross_units(terms: Sequence[Terms], groups: Sequence[CrossGroup]) -> tuple[CrossUnit, ...]:
    """The contracts of each wallet."""
    units: list[CrossUnit] = []
    for number, group in enumerate(groups):
        rows: dict[InstrumentKey, list[int]] = {}
        for row in group.members:
            rows.setdefault(terms[row].position.instrument.key, []).append(row)
        units += [
            CrossUnit(number, tuple(members), len(members) == 1 and group.haircut == 1.0)
            for members in rows.values()
        ]
    return tuple(units)


def held_coins(group: CrossGroup, snapshot: Snapshot, now_ms: int) -> tuple[HeldCoin, ...] | str:
    """The group's other coins with their prices, or why one of them has none."""
    held = []
    for balance in group.others:
        coin = _priced(group, balance, snapshot, now_ms)
        if coin is None:
            return (
                f"no fresh price of {balance.coin} in {group.settle} from {group.venue}: "
                f"add {balance.coin}/{group.settle}:{group.settle} to the watch-list"
            )
        held.append(coin)
    return tuple(held)


def _priced(
    group: CrossGroup, balance: Balance, snapshot: Snapshot, now_ms: int
) -> HeldCoin | None:
    for quote in (group.settle, *sorted(DOLLARS - {group.settle})):
        if quote != group.settle and group.settle not in DOLLARS:
            break
        found = _fresh_mark(group.venue, balance.coin, quote, snapshot, now_ms)
        if found is not None:
            return HeldCoin(balance, found.mark or math.nan, found.endpoint, _age(found, now_ms))
    inverse = _fresh_mark(group.venue, group.settle, balance.coin, snapshot, now_ms)
    if inverse is not None and inverse.mark:
        return HeldCoin(balance, 1.0 / inverse.mark, inverse.endpoint, _age(inverse, now_ms))
    if balance.coin in DOLLARS and group.settle in DOLLARS:
        return HeldCoin(balance, 1.0, "at par")
    return None


def _age(reading: MarkPrice, now_ms: int) -> int:
    return now_ms - reading.as_of_ms


def _fresh_mark(
    venue: str, base: str, quote: str, snapshot: Snapshot, now_ms: int
) -> MarkPrice | None:
    reading = snapshot.marks.get(InstrumentKey(venue, f"{base}/{quote}:{quote}"))
    usable = not np.isnan(usable_marks([reading], snapshot.speed, now_ms)[0])
    return reading if usable else None


def usable_marks(
    readings: Sequence[MarkPrice | None], speed: float, now_ms: int
) -> npt.NDArray[np.float64]:
    """The mark prices of readings that are neither missing, expired nor unusable; else NaN."""
    oldest_ms = now_ms - EXPIRED_AFTER_MS[ReadingKind.MARK_PRICE] * max(1.0, speed)
    return np.array(
        [
            reading.mark
            if reading is not None
            and reading.as_of_ms >= oldest_ms
            and reading.mark is not None
            and SMALLEST <= reading.mark <= LARGEST
            else math.nan
            for reading in readings
        ]
    )


def merged(legs: Sequence[Leg]) -> list[Leg]:
    """Legs of one contract with those in the same direction as one: the venue sees one position.

    The entry of the whole is the average that keeps its profit.
    """
    same: dict[tuple[Side, tuple[MarginTier, ...], float, float], list[Leg]] = {}
    for leg in legs:
        at = (leg.side, tuple(leg.tiers), leg.rate_growth, leg.close_fee)
        same.setdefault(at, []).append(leg)
    return [parts[0] if len(parts) == 1 else _whole(parts) for parts in same.values()]


def _whole(parts: Sequence[Leg]) -> Leg:
    first = parts[0]
    quantity = math.fsum(leg.quantity for leg in parts)
    x_entry = math.fsum(leg.quantity * leg.coordinate(leg.entry) for leg in parts) / quantity
    fixed = math.fsum(leg.fixed for leg in parts)
    return replace(first, quantity=quantity, entry=first.coordinate(x_entry), fixed=fixed)


def unit_bounds(
    legs: Sequence[Leg], equity: float, rest: float, haircut: float, reference: float
) -> Bounds:
    """Safe prices of one contract's legs on a wallet whose settle coin has a haircut h.

    `equity` is the settle coin's amount and the PnL of the other contracts, `rest` the other
    coins' value less the other contracts' charges. Equity e in the coin counts as min(e, h e),
    so a price is safe where S is not negative with e and with h e; the latter is the equation
    with everything else divided by h.
    """
    plain = safe_prices(equity + rest, legs, reference)
    if haircut == 1.0 or plain.dead:
        return plain
    charged = [_scaled_charges(leg, 1.0 / haircut) for leg in legs]
    cut = safe_prices(equity + rest / haircut, charged, reference)
    if cut.dead:
        return cut
    low = max((b for b in (plain.low, cut.low) if b is not None), default=None)
    high = min((b for b in (plain.high, cut.high) if b is not None), default=None)
    return Bounds(low, high, low is not None and high is not None and low > high)


def _scaled_charges(leg: Leg, factor: float) -> Leg:
    return replace(
        leg,
        tiers=tuple(replace(t, mmr=t.mmr * factor, cum=t.cum * factor) for t in leg.tiers),
        rate_growth=leg.rate_growth * factor,
        close_fee=leg.close_fee * factor,
        fixed=leg.fixed * factor,
    )
