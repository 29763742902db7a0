"""How far a liquidation price may be off because the venue has changed its tiers since.

Where a table is old, every tier is given the rate of the tier below it, and then of the tier
above it; the band reaches from the lowest to the highest of the three prices. Venues shift rates
by rows like that: on random positions over 341 contracts, Binance's tables of October 2024
gave bands that held the price under those of September 2026 in six of ten cases (in three of
ten the price had not changed at all), so a band is a hint, not a bound.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from dashboard.market.instrument import MarginTier, TierTable
from dashboard.risk.cautions import TIERS_OLD_AFTER_MS, tiers_age_ms
from dashboard.risk.liquidation import safe_prices
from dashboard.risk.margin import derive_deductions
from dashboard.risk.rates import fixed_maintenance, table_rates
from dashboard.risk.row_view import RowView
from dashboard.risk.venue_rules.rule import Brackets


def price_band(view: RowView) -> tuple[float, float] | None:
    """The lowest and highest liquidation price under the neighbouring rates.

    None where the tiers are not old, where no table is behind the price, and for positions that
    share their price with others.
    """
    table, price = view.term.rates.table, view.liquidation
    age_ms = None if table is None else tiers_age_ms(table, view.now_ms)
    if table is None or price is None or age_ms is None or age_ms <= TIERS_OLD_AFTER_MS:
        return None
    if len(view.unit_rows) > 1 or (view.group is not None and view.group.haircut != 1.0):
        return None
    tiers = view.term.rates.table_tiers
    marginal = view.term.rule.brackets is Brackets.MARGINAL
    prices = [price]
    for steps in (-1, 1):
        shifted = shifted_rates(tiers, steps)
        found = _price_under(view, table, derive_deductions(shifted) if marginal else shifted)
        if found is not None:
            prices.append(found)
    return min(prices), max(prices)


def shifted_rates(tiers: Sequence[MarginTier], steps: int) -> tuple[MarginTier, ...]:
    """The same bounds with each tier's rate taken `steps` rows further up; ends stay."""
    last = len(tiers) - 1
    return tuple(
        replace(tier, mmr=tiers[min(max(row + steps, 0), last)].mmr)
        for row, tier in enumerate(tiers)
    )


def _price_under(view: RowView, table: TierTable, tiers: tuple[MarginTier, ...]) -> float | None:
    term = view.term
    rates = table_rates(view.position.instrument, term.held_quantity, table, tiers)
    fixed = fixed_maintenance(term.rule, term.entry_notional, 1.0 / term.share, rates)
    leg = replace(term, rates=rates, fixed_maintenance=fixed).leg()
    wallet = term.wallet_weight * (view.wallet + view.others_pnl - view.others_charges)
    bounds = safe_prices(wallet - view.next_funding, (leg,), view.mark or view.entry)
    return bounds.low if view.side > 0 else bounds.high
