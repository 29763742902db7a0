"""What changed since the last look, as rows of words and figures."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict

from dashboard.market.instrument import InstrumentKey
from dashboard.signals.changes import Change, ChangeKind, Seen
from widgets import format as fmt
from widgets.models.rows import Align, Column
from widgets.models.watch_row import WatchRow

_KEPT_CONTRACTS = 2_000
_LATEST_MS = 2**53
_LARGEST_FIGURE = 1e18


def seen_of(row: WatchRow, now_ms: int) -> Seen:
    """What a line of the watch-list shows now; late figures are not taken for seen ones."""

    def fresh(figure_value: float | None, late: bool) -> float | None:
        return None if late else figure_value

    prices, interest, funding = row.prices, row.open_interest, row.funding
    return Seen(
        at_ms=now_ms,
        mark=fresh(prices.mark.value, prices.mark.late),
        open_interest_coin=fresh(interest.coin.value, interest.coin.late),
        ratio=fresh(row.ratio.ratio.value, row.ratio.ratio.late),
        funding_rate=fresh(funding.rate.value, funding.rate.late),
        interval_hours=fresh(funding.interval_hours.value, funding.interval_hours.late),
    )


def seen_to_text(seen: Mapping[InstrumentKey, Seen]) -> str:
    """The looks as they are kept between two starts."""
    return json.dumps([[*key, asdict(look)] for key, look in seen.items()])


def seen_from_text(text: str | None) -> dict[InstrumentKey, Seen]:
    """The looks of such a text; what is damaged is left out."""
    try:
        entries = json.loads(text or "[]")
    except (ValueError, RecursionError):
        return {}
    found: dict[InstrumentKey, Seen] = {}
    for entry in entries[:_KEPT_CONTRACTS] if isinstance(entries, list) else []:
        look = _look(entry)
        if look is not None:
            found[look[0]] = look[1]
    return found


def _look(entry: object) -> tuple[InstrumentKey, Seen] | None:
    match entry:
        case [str(venue), str(symbol), {"at_ms": int(at_ms), **figures}] if (
            0 <= at_ms <= _LATEST_MS
        ):
            known = {
                name: float(value)
                for name, value in figures.items()
                if name in Seen.__dataclass_fields__
                and isinstance(value, int | float)
                and abs(value) <= _LARGEST_FIGURE
            }
            return InstrumentKey(venue, symbol), Seen(at_ms=at_ms, **known)
    return None


def change_key(change: Change) -> tuple[InstrumentKey, ChangeKind]:
    """What tells one line from another."""
    return change.key, change.kind


def described(change: Change) -> str:
    """A change in words: "open interest +14.2%", "funding every 4 h (was 8 h)"."""
    before, now = change.before, change.now
    match change.kind:
        case ChangeKind.FUNDING_INTERVAL:
            return f"funding every {fmt.interval_hours(now)} (was {fmt.interval_hours(before)})"
        case ChangeKind.FUNDING_SIGN:
            payers = "longs pay now" if now > 0.0 else "shorts pay now"
            return f"funding turned: {payers}, {fmt.funding_rate(now)}"
        case ChangeKind.FUNDING:
            return f"funding {fmt.funding_rate(now)} (was {fmt.funding_rate(before)})"
        case ChangeKind.RATIO:
            return f"long/short ratio {fmt.ratio(now)} (was {fmt.ratio(before)})"
        case _:
            growth = now / before - 1.0 if before else None
            return f"{change.kind.value} {fmt.percent(growth, 1, signed=True)}"


def why(change: Change) -> str:
    """How rare it is, in words."""
    if not change.samples:
        return "an event of its own"
    share = 2.0**-change.surprise
    return f"{_one_in(share)} of its own {change.samples} past values"


def _one_in(share: float) -> str:
    return f"about 1 in {max(2, round(1.0 / share))}"


def _symbol(change: Change) -> str:
    return fmt.symbol_name(change.key)


def _surprise(change: Change) -> float:
    return change.surprise


def _venue(change: Change) -> str:
    return change.key.venue


CHANGE_COLUMNS: tuple[Column[Change], ...] = (
    Column(
        key="symbol",
        title="Symbol",
        value=_symbol,
        text=_symbol,
        align=Align.LEFT,
        sample="DOGE/USDT",
    ),
    Column(
        key="venue",
        title="Venue",
        value=_venue,
        text=_venue,
        align=Align.LEFT,
        sample="hyperliquid",
    ),
    Column(
        key="change",
        title="What changed",
        value=described,
        text=described,
        align=Align.LEFT,
        sample="funding every 4 h (was 8 h) 000",
        tooltip="The figure of now against that of your last look",
    ),
    Column(
        key="why",
        title="How rare",
        value=_surprise,
        text=why,
        align=Align.LEFT,
        sample="about 1 in 128 of its own 696 past values",
        tooltip="How often the contract's own past was as extreme, to either side",
    ),
)


def newest_look(seen: Iterable[Seen]) -> int | None:
    """When the last look was, None without one."""
    return max((look.at_ms for look in seen), default=None)
