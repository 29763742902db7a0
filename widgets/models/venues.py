"""The selected coin venue by venue, as rows of figures and a line of totals."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from dashboard.market.across_venues import (
    CoinAcrossVenues,
    VenueFigures,
    across_venues,
    change_of_same_venues,
)
from dashboard.market.instrument import InstrumentKey
from dashboard.market.same_coin import coin_of, contracts_of_coin, is_same_price
from widgets import format as fmt
from widgets.models.rows import Align, Column
from widgets.models.watch_column import LATE_MARK
from widgets.models.watch_row import Figure, WatchRow, watch_row
from widgets.update import Update


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueRow:
    """One venue's contract of the coin; per unit of the coin, rates and shares as fractions."""

    key: InstrumentKey
    coin: Figure
    usd: Figure
    share: Figure
    funding_8h: Figure
    interval: Figure
    mark: Figure
    from_median: Figure
    age: Figure
    before_24h: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CoinView:
    """All that the panel shows of a coin; `refused` venues are left out of every total."""

    coin: str
    rows: tuple[VenueRow, ...]
    totals: CoinAcrossVenues
    change_24h: float | None
    change_venues: int
    refused: tuple[str, ...]


def coin_contracts(update: Update) -> tuple[InstrumentKey, ...]:
    """The contracts of the selected coin over all venues, that of the selection first."""
    instruments = update.snapshot.instruments
    selected = None if update.selected is None else instruments.get(update.selected)
    if selected is None:
        return ()
    return tuple(one.key for one in contracts_of_coin(selected, instruments.values()).values())


def coin_view(update: Update) -> CoinView | None:
    """What the venues say of the selected coin; None where nothing is selected or listed."""
    keys = coin_contracts(update)
    if not keys:
        return None
    recorded = update.clock.recording is not None
    lines = [watch_row(update.snapshot, key, update.now_ms, recorded=recorded) for key in keys]
    selected = update.snapshot.instruments[keys[0]]
    reference = _figures(lines[0]).mark
    taken = [line for line in lines if _agrees(line, reference)]
    refused = tuple(line.key.venue for line in lines if line not in taken)
    totals = across_venues([_figures(line) for line in taken])
    rows = tuple(_row(line, totals) for line in lines)
    counted = [row for row in rows if row.key.venue not in refused]
    changed = change_of_same_venues(
        {row.key.venue: row.before_24h for row in counted if row.before_24h is not None},
        {row.key.venue: row.coin.value for row in counted if row.coin.value is not None},
    )
    return CoinView(
        coin=coin_of(selected),
        rows=rows,
        totals=totals,
        change_24h=None if changed is None else changed[0],
        change_venues=0 if changed is None else len(changed[1]),
        refused=refused,
    )


def title_line(view: CoinView) -> str:
    """The totals in one line, with how many venues they cover."""
    totals = view.totals
    late = sum(row.usd.late for row in view.rows if row.key.venue in totals.interest_venues)
    parts = [f"{view.coin}  {totals.coverage}" + (f", {late} of them late" if late else "")]
    if view.refused:
        parts.append(f"not merged, price differs: {', '.join(view.refused)}")
    parts += [
        f"OI {fmt.big(totals.usd)} USD",
        _change_words(view),
        f"funding {fmt.funding_rate(totals.weighted_funding_8h)} / 8 h by OI",
        f"dispersion {fmt.funding_rate(totals.dispersion_8h)}",
        f"mark spread {fmt.percent(totals.spread, 3)}",
    ]
    return "  ·  ".join(parts)


def title_hint(view: CoinView) -> str:
    """How the totals are made, and who is missing in them."""
    silent = [
        row.key.venue
        for row in view.rows
        if row.key.venue not in (*view.totals.interest_venues, *view.refused)
    ]
    lines = [
        "One contract of the coin per venue, in the selected one's quote where there is one.",
        "Funding is the mean of the venues weighed by their open interest, per 8 h; dispersion is "
        "the highest less the lowest.",
        "The change in coin compares the same venues then and now: a venue that is silent at one "
        "of the two moments is on neither side.",
    ]
    if silent:
        lines.append(f"No open interest now from: {', '.join(silent)}")
    return "\n".join(lines)


def shares_of(view: CoinView) -> tuple[tuple[str, float], ...]:
    """Venues with their shares of open interest in USD, the largest first."""
    return tuple(sorted(view.totals.shares.items(), key=lambda share: -share[1]))


def _change_words(view: CoinView) -> str:
    if view.change_24h is None:
        return f"24 h {fmt.NA}"
    venues = "1 venue" if view.change_venues == 1 else f"{view.change_venues} venues"
    return f"24 h {fmt.change(view.change_24h)} over {venues}"


def _multiplier(line: WatchRow) -> float:
    return line.instrument.multiplier if line.instrument is not None else 1.0


def _figures(line: WatchRow) -> VenueFigures:
    interest, funding, mark = line.open_interest, line.funding, line.prices.mark.value
    coin = interest.coin.value
    return VenueFigures(
        venue=line.key.venue,
        coin=None if coin is None else coin * _multiplier(line),
        usd=interest.usd.value,
        funding=funding.rate.value,
        interval_hours=funding.interval_hours.value,
        mark=None if mark is None else mark / _multiplier(line),
    )


def _agrees(line: WatchRow, reference: float | None) -> bool:
    """Whether a line's price is the coin's; without both prices only the names can tell."""
    mark = _figures(line).mark
    return mark is None or not reference or is_same_price(mark, reference)


def _row(line: WatchRow, totals: CoinAcrossVenues) -> VenueRow:
    figures, interest, venue = _figures(line), line.open_interest, line.key.venue
    growth = interest.change_24h.value
    before = None
    if figures.coin is not None and growth is not None and growth > -1.0:
        before = figures.coin / (1.0 + growth)
    return VenueRow(
        key=line.key,
        coin=interest.coin._replace(value=figures.coin),
        usd=interest.usd,
        share=_derived(totals.shares.get(venue), interest.usd),
        funding_8h=line.funding.rate_8h,
        interval=line.funding.interval_hours,
        mark=line.prices.mark._replace(value=figures.mark),
        from_median=_derived(totals.from_median.get(venue), line.prices.mark),
        age=line.prices.age,
        before_24h=before,
    )


def _derived(value: float | None, source: Figure) -> Figure:
    if value is None and source.value is not None:
        return Figure(None, note="its price differs by 1 % or more: not taken for the same coin")
    return source._replace(value=value)


Pick = Callable[[VenueRow], Figure]


@dataclass(frozen=True, slots=True)
class _Cells:
    pick: Pick
    write: Callable[[float], str]

    def value(self, row: VenueRow) -> float | None:
        return self.pick(row).value

    def text(self, row: VenueRow) -> str:
        figure = self.pick(row)
        if figure.value is None:
            return fmt.NA
        return (LATE_MARK if figure.late else "") + self.write(figure.value)

    def colour(self, row: VenueRow) -> str | None:
        figure = self.pick(row)
        if figure.value is None:
            return "text_muted"
        return "warning" if figure.late else None

    def hint(self, row: VenueRow) -> str:
        figure = self.pick(row)
        return f"n/a: {figure.note}" if figure.value is None else figure.note


def _column(
    key: str, title: str, pick: Pick, write: Callable[[float], str], sample: str, tooltip: str
) -> Column[VenueRow]:
    cells = _Cells(pick, write)
    return Column(
        key=key,
        title=title,
        value=cells.value,
        text=cells.text,
        colour=cells.colour,
        hint=cells.hint,
        tooltip=tooltip,
        sample=sample,
    )


def _venue(row: VenueRow) -> str:
    return row.key.venue


def _symbol(row: VenueRow) -> str:
    return fmt.symbol_name(row.key)


def _age(value: float) -> str:
    return fmt.age(round(value))


def _from_median(value: float) -> str:
    return fmt.percent(value, 3, signed=True)


def _share(value: float) -> str:
    return fmt.percent(value, 1)


VENUE_COLUMNS: tuple[Column[VenueRow], ...] = (
    Column(
        key="venue",
        title="Venue",
        value=_venue,
        text=_venue,
        align=Align.LEFT,
        sample="binancecoinm",
    ),
    Column(
        key="symbol",
        title="Symbol",
        value=_symbol,
        text=_symbol,
        align=Align.LEFT,
        sample="1000PEPE/USDT",
    ),
    _column(
        "coin",
        "OI coin",
        lambda row: row.coin,
        fmt.big,
        "*123.4M",
        "Open interest in units of the coin, one-sided",
    ),
    _column(
        "usd",
        "OI USD",
        lambda row: row.usd,
        fmt.big,
        "*12.34B",
        "Open interest in USD at the venue's mark price",
    ),
    _column(
        "share",
        "Share",
        lambda row: row.share,
        _share,
        "*100.0%",
        "Part of the USD open interest of the venues that gave one",
    ),
    _column(
        "funding_8h",
        "Funding / 8 h",
        lambda row: row.funding_8h,
        fmt.funding_rate,
        "*+0.0000%",
        "Brought to eight hours; a positive rate is paid by longs",
    ),
    _column(
        "interval",
        "Interval",
        lambda row: row.interval,
        fmt.interval_hours,
        "*8 h",
        "Hours between two settlements",
    ),
    _column(
        "mark",
        "Mark",
        lambda row: row.mark,
        fmt.price,
        "*123 456.78",
        "Mark price of one unit of the coin",
    ),
    _column(
        "from_median",
        "From median",
        lambda row: row.from_median,
        _from_median,
        "*+0.000%",
        "The mark above the median of the venues' marks",
    ),
    _column("age", "Age", lambda row: row.age, _age, "*59 s", "Age of the mark price"),
)


def venue_row_key(row: VenueRow) -> InstrumentKey:
    """What tells one line from another."""
    return row.key


def shares_said(shares: Sequence[tuple[str, float]]) -> str:
    """The shares in words, for who cannot see the bar."""
    return ", ".join(f"{venue} {fmt.percent(share, 1)}" for venue, share in shares)
