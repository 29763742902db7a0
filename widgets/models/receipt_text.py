"""Receipts as text: how a figure came about, line by line, for a tooltip or the clipboard."""

from __future__ import annotations

from dashboard.market.instrument import MarginTier
from dashboard.risk.report import Receipt, ReceiptInput
from widgets import format as fmt


def receipt_text(receipt: Receipt) -> str:
    """The receipt with one fact a line: rule, formula, the formula with numbers, tier, inputs."""
    lines = [
        *_rule_lines(receipt),
        "",
        receipt.formula,
        receipt.worked,
        "",
        *_tier_lines(receipt),
        *map(_input_line, receipt.inputs),
        *_band_lines(receipt),
        f"published: {receipt.document}" if receipt.document else "",
    ]
    return "\n".join(_without_double_gaps(lines))


def _rule_lines(receipt: Receipt) -> list[str]:
    name = receipt.figure.replace("_", " ")
    if not receipt.rule:
        return [f"{name}: worked out here, no venue's rule is needed for it"]
    return [
        f"{name} by the rule of {receipt.rule}",
        f"in force {_since(receipt.rule_valid_from)}; {_confirmation(receipt)}",
    ]


def _since(valid_from: str) -> str:
    return f"since {valid_from}" if valid_from[:1].isdigit() else f"for {valid_from}"


def _confirmation(receipt: Receipt) -> str:
    if receipt.confirmed:
        return "confirmed by prices that the venue reported"
    return "unconfirmed: no price that the venue reported has borne it out yet"


def _tier_lines(receipt: Receipt) -> list[str]:
    lines = []
    if receipt.tier is not None:
        number = "" if receipt.tier_number is None else f" {receipt.tier_number}"
        lines.append(f"tier{number}: {tier_text(receipt.tier)}")
    if receipt.tiers_source:
        as_of = receipt.tiers_as_of_ms
        dated = "typed in" if as_of is None else f"as of {fmt.day(as_of)}"
        lines.append(f"tiers from {receipt.tiers_source}, {dated}")
    return lines


def tier_text(tier: MarginTier) -> str:
    """A tier row in words: bounds, maintenance margin rate, deduction, largest leverage."""
    bounds = f"{fmt.big(tier.floor)} to {fmt.big(tier.cap) if tier.cap < float('inf') else 'any'}"
    parts = [bounds, f"maintenance margin rate {fmt.percent(tier.mmr, 3)}"]
    if tier.cum:
        parts.append(f"deduction {fmt.significant(tier.cum)}")
    if tier.max_leverage is not None:
        parts.append(f"up to {fmt.leverage(tier.max_leverage)}")
    return ", ".join(parts)


def _input_line(entry: ReceiptInput) -> str:
    whence = [entry.source] if entry.source else []
    if entry.age_ms is not None:
        old = fmt.age(entry.age_ms)
        whence.append(old if old == "now" else f"{old} old")
    return f"{entry.name}: {entry.value}" + (f" ({', '.join(whence)})" if whence else "")


def _band_lines(receipt: Receipt) -> list[str]:
    if receipt.band is None:
        return []
    low, high = map(fmt.price, receipt.band)
    return [f"the tiers are old: under neighbouring tables it would be {low} to {high}"]


def _without_double_gaps(lines: list[str]) -> list[str]:
    kept: list[str] = []
    for line in lines:
        if line or (kept and kept[-1]):
            kept.append(line)
    while kept and not kept[-1]:
        kept.pop()
    return kept
