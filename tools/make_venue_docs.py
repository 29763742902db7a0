"""Write docs/venues.md from the catalogue.

python -m tools.make_venue_docs
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from dashboard.market.ratio_definitions import RATIO_DEFINITIONS
from dashboard.market.readings import ReadingKind, SeriesKind
from dashboard.venues.accounts import ACCOUNTS
from dashboard.venues.accounts.call import AccountCall
from dashboard.venues.catalogue import CATALOGUE
from dashboard.venues.entry import Budget, Call, Entry, SeriesCall

TARGET = Path(__file__).resolve().parent.parent / "docs" / "venues.md"

_HEAD = """# Venues

What is asked of each venue, how often, and what it costs of what the venue allows. This page is
written by `python -m tools.make_venue_docs` from the catalogue; a test says when it is old.

Of every budget at most half is used. What a venue does not offer is shown as n/a with the reason
and never asked. A basic venue is asked through ccxt's unified calls, for what cannot be misread.
"""
_UNITS: Mapping[ReadingKind, str] = {
    ReadingKind.MARK_PRICE: "quote currency",
    ReadingKind.TICKER: "price and 24 h volume in quote currency, change as a fraction",
    ReadingKind.FUNDING_RATE: "fraction per interval, with the interval in hours",
    ReadingKind.OPEN_INTEREST: "coin, and USD at mark, one-sided",
    ReadingKind.OPEN_INTEREST_PAST: "coin and USD, 1 h and 24 h ago",
    ReadingKind.LONG_SHORT_RATIO: "accounts long over accounts short",
}
_SERIES_UNITS: Mapping[SeriesKind, str] = {
    SeriesKind.CANDLES: "quote currency, volume in coin",
    SeriesKind.MARK_CANDLES: "quote currency",
    SeriesKind.OPEN_INTEREST: "coin, USD",
    SeriesKind.LONG_SHORT_RATIO: "accounts long over accounts short",
    SeriesKind.FUNDING: "fraction per settlement",
    SeriesKind.LIQUIDATIONS: "coin, longs and shorts apart; what the venue reports, no total",
}
_DAY_MS = 86_400_000
_HOUR_MS = 3_600_000


def venue_docs() -> str:
    """The whole page."""
    return "\n".join([_HEAD, *(_section(entry) for entry in CATALOGUE.values())])


def _section(entry: Entry) -> str:
    parts = [
        f"## {entry.venue}{' (basic)' if entry.basic else ''}\n",
        f"Contracts: {' and '.join(sorted(entry.contract_kinds, reverse=True))}.\n",
        f"Hosts: {', '.join(entry.hosts)}. Limits: {_limits(entry.budgets)}.\n",
        _table(("reading", "endpoint", "unit", "asked every", "cost"), _readings(entry)),
        _table(("history", "endpoint", "unit", "steps", "reaches back", "cost"), _series(entry)),
    ]
    if entry.notes:
        parts.append("How its figures come about:\n\n" + _listed(entry.notes))
    if entry.tiers is not None:
        parts.append(f"Leverage tiers: `{entry.tiers.name}`, {_cost(entry.tiers.charges)}.\n")
    elif entry.basic:
        parts.append("Leverage tiers: n/a, none are asked of this venue.\n")
    else:
        parts.append("Leverage tiers: n/a, the venue gives them with a key only.\n")
    meant = RATIO_DEFINITIONS.get(entry.venue, {})
    if meant:
        lines = [f"{series.value}: {definition}" for series, definition in meant.items()]
        parts.append("What its ratios count:\n\n" + _listed(lines))
    parts.append(f"Accounts: {_account(ACCOUNTS.get(entry.venue))}.\n")
    return "\n".join(parts)


def _listed(lines: Iterable[str]) -> str:
    return "\n".join(f"- {line}" for line in lines) + "\n"


def _account(call: AccountCall | None) -> str:
    """How an account is read, by ccxt's names of the requests."""
    if call is None:
        return "n/a, they are typed or read from a file"
    asked = [f"`{one.method}` ({_cost(one.charges)})" for one in call.questions]
    named = ", ".join(dict.fromkeys(asked))
    if not call.keyed:
        return f"by public address, {named}"
    told = call.permission
    rights = (
        "the venue does not say what it may do"
        if told is None
        else f"its rights are asked first, `{told.method}` ({_cost(told.charges)})"
    )
    return f"with a key that only reads ({rights}), {named}"


def _readings(entry: Entry) -> Iterable[tuple[str, ...]]:
    for kind in ReadingKind:
        found = [call for call in entry.calls if kind in call.kinds]
        if not found:
            yield kind.value, f"n/a: {entry.not_offered[kind]}", "", "", ""
        for call in found:
            yield kind.value, f"`{call.name}`", _UNITS[kind], _every(call), _cost(call.charges)
    for call in entry.calls:
        if not call.kinds:
            yield "more of it", f"`{call.name}`", "", _every(call), _cost(call.charges)


def _series(entry: Entry) -> Iterable[tuple[str, ...]]:
    for kind in SeriesKind:
        name = kind.value.replace("_", " ")
        call = entry.series.get(kind)
        if call is None:
            yield name, f"n/a: {entry.series_not_offered[kind]}", "", "", "", ""
        else:
            cost = _cost(call.charges)
            yield name, f"`{call.name}`", _SERIES_UNITS[kind], _steps(call), _depth(call), cost


def _steps(call: SeriesCall) -> str:
    return ", ".join(dict.fromkeys(period.timeframe for period in call.periods.values()))


def _depth(call: SeriesCall) -> str:
    if call.depth_ms is None:
        return "as far as the venue answers"
    if call.depth_ms < _DAY_MS:
        return f"{call.depth_ms / _HOUR_MS:g} h"
    return f"{call.depth_ms / _DAY_MS:.3g} days"


def _every(call: Call) -> str:
    each = ", per contract" if call.per_contract else ""
    return f"{call.interval_s:g} s{each}"


def _cost(charges: Mapping[str, int]) -> str:
    return ", ".join(f"{weight} of {name}" for name, weight in charges.items())


def _limits(budgets: Mapping[str, Budget]) -> str:
    return ", ".join(
        f"{name} {budget.limit} in {budget.window_s:g} s" for name, budget in budgets.items()
    )


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines) + "\n"


def main() -> int:
    """Write the page."""
    TARGET.write_text(venue_docs(), encoding="utf-8")
    sys.stdout.write(f"{TARGET.name}: {len(CATALOGUE)} venues\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
