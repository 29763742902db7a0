"""The account view: what is worked out of a report, and its tiles, rows and sentences."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from dashboard.market.account import Balance
from dashboard.risk.betas import Beta, betas
from dashboard.risk.frontier import (
    Path,
    coins_of,
    first_shock,
    moves_of,
    only,
    path,
    wallet_lines,
)
from dashboard.risk.held_wallets import HeldWallets
from dashboard.risk.matrix import BITCOIN, Matrix, matrix
from dashboard.risk.shock import Shock
from dashboard.risk.stress import (
    DeathRow,
    FirstDeath,
    HedgedPair,
    ReverseStress,
    deaths,
    hedged_pairs,
    nearest,
    past_liquidation,
    shocks_of,
    standing,
    stress_of,
)
from dashboard.risk.totals import Share, Totals
from dashboard.signals.standing import Floats
from widgets import format as fmt
from widgets.models.rows import Align, Column

MOST_COIN_LINES = 4
"""So many "only this moves" lines can be told apart in a chart."""
ALL_WALLETS = ""
_WHOLE_UP_TO = 1e6


@dataclass(frozen=True, slots=True)
class CoinLine:
    """The book while one coin moves and the others stand still."""

    coin: str
    path: Path
    shock: Shock


@dataclass(frozen=True, slots=True)
class Frontier:
    """What the chart shows of one wallet or of all of them."""

    path: Path
    shock: Shock
    coins: tuple[CoinLine, ...]


@dataclass(frozen=True, slots=True)
class AccountPicture:
    """All that is worked out of the wallets; None is not worked out yet."""

    frontier: Frontier | None = None
    matrix: Matrix | None = None
    past: tuple[DeathRow, ...] = ()
    down: tuple[DeathRow, ...] = ()
    up: tuple[DeathRow, ...] = ()
    stress: ReverseStress | None = None
    pairs: tuple[HedgedPair, ...] = ()


def work_out(
    held: HeldWallets,
    measured: Mapping[str, float] | None,
    *,
    alike: bool,
    subject: str,
    take: Callable[[AccountPicture], None],
) -> Iterator[None]:
    """Work the picture out piece by piece and hand it to `take` when it is whole.

    `subject` is the id of the wallet that the chart shows, ALL_WALLETS for all of them.
    """
    used = None if alike else measured
    wallets = held.wallets
    chosen = [one for one in wallets if subject in (ALL_WALLETS, one.id)]
    along = wallet_lines(chosen, used)
    yield
    coins = coins_of(chosen)
    lines = []
    for coin in coins[:MOST_COIN_LINES]:
        alone = wallet_lines(chosen, only(coin, coins))
        lines.append(CoinLine(coin, path(alone, moves_of(alone)), first_shock(alone)))
        yield
    frontier = Frontier(path(along, moves_of(along)), first_shock(along), tuple(lines))
    yield
    found = AccountPicture(frontier=frontier, matrix=matrix(wallets))
    yield
    found = replace(found, down=deaths(held, used, up=False))
    yield
    found = replace(found, up=deaths(held, used, up=True))
    yield
    alike_shocks = shocks_of(held, None)
    found = replace(found, past=past_liquidation(held, alike_shocks))
    yield
    by_betas = None if measured is None else shocks_of(held, measured)
    found = replace(found, stress=stress_of(held, by_betas, alike_shocks))
    yield
    take(replace(found, pairs=hedged_pairs(standing(held, alike_shocks))))


@dataclass(frozen=True, slots=True)
class Measured:
    """The betas of a book's coins; `values` is None where not one could be measured.

    A coin without one moves as Bitcoin does; `why` says so of each.
    """

    values: Mapping[str, float] | None = None
    hours: int = 0
    why: tuple[str, ...] = ()


def measure(held: HeldWallets, closes: Callable[[str], Floats]) -> Measured:
    """The betas of the coins of `held` from the hourly closes that are stored."""
    coins = coins_of(held.wallets)
    found: dict[str, Beta] = betas({coin: closes(coin) for coin in (*coins, BITCOIN)}, BITCOIN)
    others = {coin: found[coin] for coin in coins if coin != BITCOIN}
    known = {coin: each.value for coin, each in others.items() if each.value is not None}
    why = tuple(
        f"{coin} moves as Bitcoin does: {each.reason}"
        for coin, each in others.items()
        if each.value is None
    )
    if not known:
        return Measured(why=why)
    hours = min(others[coin].hours for coin in known)
    return Measured({BITCOIN: 1.0, **known}, hours, why)


def betas_words(measured: Measured) -> str:
    """What the choice of measured betas is called."""
    if measured.values is None:
        return "betas n/a"
    return f"betas, {fmt.number(float(measured.hours), 0)}{fmt.GROUP}h"


def betas_hint(measured: Measured) -> str:
    """The betas themselves, and what is not known of them."""
    values = measured.values or {}
    lines = [f"{coin} moves {fmt.ratio(value)} times Bitcoin" for coin, value in values.items()]
    if lines:
        lines.insert(0, f"Betas measured over {measured.hours} hourly returns against Bitcoin:")
    return "\n".join((*lines, *measured.why)) or "every position is in Bitcoin"


@dataclass(frozen=True, slots=True)
class Tile:
    """One figure with its name; `hint` says what it is or why it is not known."""

    title: str
    text: str
    hint: str
    colour: str | None = None


def tiles(totals: Totals) -> tuple[Tile, ...]:
    """The account in eight figures."""
    why = totals.missing
    funding = totals.funding_per_day
    net = totals.net_notional

    def tile(title: str, name: str, text: str, hint: str) -> Tile:
        if name in totals.least:
            known = f"{fmt.AT_LEAST}{fmt.GROUP}{_big(totals.least[name])}"
            bound = f"at least what is known of it; the whole is n/a: {why[name]}"
            return Tile(title, known, bound)
        return Tile(title, text, f"n/a: {why[name]}" if name in why else hint)

    return (
        tile(
            "Equity",
            "equity",
            _big(totals.equity),
            "What counts as margin in all wallets, in dollars (USD, USDT, USDC at par); no wallet "
            "counts less than nothing, since none can lose more than it holds",
        ),
        tile("Gross notional", "gross_notional", _big(totals.gross_notional), "All positions"),
        tile("Net notional", "net_notional", _big(net, signed=True), "Longs less shorts"),
        tile(
            "Leverage",
            "effective_leverage",
            fmt.leverage(
                None if totals.effective_leverage is None else round(totals.effective_leverage, 2)
            ),
            "Effective leverage: gross notional over equity",
        ),
        tile("Margin used", "margin_used", _big(totals.margin_used), "Initial margin, summed"),
        tile(
            "Funding a day",
            "funding_per_day",
            _big(None if funding is None else -funding, signed=True),
            "Received (+) or paid (\N{MINUS SIGN}) at the rates of now",
        ),
        tile(
            "Concentration",
            "concentration",
            fmt.ratio(totals.concentration),
            "HHI by coin, 1 is a single coin: " + shares(totals.coins),
        ),
        tile("Top venue", "gross_notional", shares(totals.venues[:1]), shares(totals.venues)),
    )


def _big(value: float | None, *, signed: bool = False) -> str:
    if value is None or abs(value) >= _WHOLE_UP_TO:
        return fmt.big(value, signed=signed, digits=4) if value is not None else fmt.NA
    return fmt.number(value, 0, signed=signed)


def shares(parts: tuple[Share, ...]) -> str:
    """Names with their share: "BTC 67%, SOL 33%"."""
    return ", ".join(f"{name} {fmt.percent(share, 0)}" for name, share in parts) or fmt.NA


def move(fraction: float | None) -> str:
    """A move as the account writes it: "−16.3%"."""
    return fmt.percent(fraction, 1, signed=True)


def stress_words(stress: ReverseStress | None, *, measured: bool) -> str:
    """Reverse stress in one sentence: who goes first and at which move, then what ends the book."""
    if stress is None:
        return "No wallet to test: open a position, and enter the balance behind a cross one."
    sentences = []
    if stress.past:
        are = "is" if len(stress.past) == 1 else "are"
        sentences.append(f"{' and '.join(stress.past)} {are} past liquidation now.")
    if stress.title:
        told = "; ".join(
            (*_first_words(stress, measured=measured), *_end_words(stress, measured=measured))
        )
        known = "" if stress.whole else "Of the wallets that are known: "
        sentences.append(f"{known}{told}." if known else f"{_begun(told)}.")
    return " ".join(sentences)


def _begun(words: str) -> str:
    """Words as a sentence begins; a wallet keeps its venue's name as it is written."""
    return f"No{words[2:]}" if words.startswith("no common move") else words


def _first_words(stress: ReverseStress, *, measured: bool) -> list[str]:
    """Who goes first, with betas and with all coins alike; nothing of a wallet by itself."""
    by_betas, alike = stress.first_measured, stress.first_alike
    if stress.wallets < 2 or (by_betas is None and alike is None):
        return []
    if not measured or by_betas is None:
        also = ", and no move with betas ends any" if measured else ""
        return [] if alike is None else [_goes_first(alike, f"with all coins alike{also}")]
    begin = _goes_first(by_betas, "in Bitcoin with betas")
    if alike is None:
        return [f"{begin}, and no move with all alike ends any"]
    if alike.title == by_betas.title:
        return [f"{begin}, {move(alike.move)} with all alike"]
    return [begin, f"with all alike {alike.title} does, at {move(alike.move)}"]


def _goes_first(death: FirstDeath, how: str) -> str:
    return f"{death.title} goes first, at {move(death.move)} {how}"


def _end_words(stress: ReverseStress, *, measured: bool) -> list[str]:
    """What ends the cross book, and who goes before and after it on that way."""
    words = []
    firsts = {one.title for one in (stress.first_measured, stress.first_alike) if one is not None}
    if stress.wallets < 2 or firsts != {stress.title}:
        words.append(_ends(stress, measured=measured))
    if stress.first and stress.first not in firsts:
        words.append(f"{stress.first} goes first that way")
    if stress.last:
        words.append(f"{stress.last} goes last")
    if stress.unharmed:
        verb = "survives" if len(stress.unharmed) == 1 else "survive"
        words.append(f"{' and '.join(stress.unharmed)} {verb} that way")
    return words


def _ends(stress: ReverseStress, *, measured: bool) -> str:
    if stress.measured is None and stress.alike is None:
        return f"no common move ends {stress.title}"
    if measured and stress.measured is not None:
        begin = f"{move(stress.measured)} in Bitcoin with betas, {_alike(stress)} with all alike,"
    elif measured:
        begin = f"{_alike(stress)} with all coins alike, and no move with betas,"
    else:
        begin = f"{_alike(stress)} with all coins alike"
    return f"{begin} ends {stress.title}"


def _alike(stress: ReverseStress) -> str:
    return "no move" if stress.alike is None else move(stress.alike)


def hedge_words(pair: HedgedPair) -> str:
    """Why a hedge across wallets is no shelter."""
    down = "no fall" if pair.long_dies is None else move(pair.long_dies)
    up = "no rise" if pair.short_dies is None else move(pair.short_dies)
    return (
        f"{pair.coin}: long {fmt.big(pair.long_notional)} in {pair.long_title} and short "
        f"{fmt.big(pair.short_notional)} in {pair.short_title}. Delta-neutral is not "
        f"margin-neutral: {down} ends the first and {up} the second, whatever the other gains."
    )


def death_key(row: DeathRow) -> tuple[str, bool]:
    """What tells one line of the order of death from another."""
    return row.wallet, row.up


def number_text(row: DeathRow) -> str:
    """A place in the order and the way of the move: "1 ▼", or that it is past its end now."""
    if row.shock == 0.0:
        return "now"
    return f"{row.number} {fmt.RISE if row.shock > 0.0 else fmt.FALL}"


def move_text(row: DeathRow) -> str:
    """The move that liquidates a wallet; none is needed where it is past that."""
    return "breached" if row.shock == 0.0 else fmt.percent(row.shock, signed=True)


def prices_text(row: DeathRow, *, first: bool = False) -> str:
    """The prices of a wallet's contracts at its end."""
    shown = row.prices[:1] if first else row.prices
    lines = [f"{at.contract.split('/')[0]} {fmt.price(at.price)}" for at in shown]
    more = f" +{len(row.prices) - 1}" if first and len(row.prices) > 1 else ""
    return "\n".join(lines) + more


DEATH_COLUMNS: tuple[Column[DeathRow], ...] = (
    Column(key="number", title="#", value=lambda r: (r.shock > 0.0, r.number), text=number_text,
           sample="10 ▲", tooltip="Place in the order, of falling and of rising prices"),
    Column(key="move", title="At", value=lambda r: r.shock,
           text=move_text, colour=lambda _r: "danger", sample="−16.28%",
           tooltip="Common move that liquidates it, in Bitcoin where betas are used; breached: it "
           "holds no more than its maintenance margin now"),
    Column(key="wallet", title="Wallet", align=Align.LEFT, value=lambda r: r.title,
           text=lambda r: r.title.replace(" isolated", " iso"), hint=lambda r: r.title,
           sample="binanceusdm USDT cross"),
    Column(key="left", title="Left after", value=lambda r: r.equity_left,
           text=lambda r: fmt.big(r.equity_left, digits=4), sample="12.34 K",
           tooltip="What counts as margin, after haircuts, of the wallets that still stand then, "
           "in dollars; the same as the equity of the frontier"),
    Column(key="price", title="Price there", value=lambda r: r.prices[0].price,
           text=lambda r: prices_text(r, first=True), hint=prices_text,
           sample="BTC 61 234.50"),
)  # fmt: skip


BALANCE_COLUMNS: tuple[Column[Balance], ...] = (
    Column(key="venue", title="Venue", align=Align.LEFT, value=lambda b: b.venue,
           text=lambda b: b.venue, sample="binanceusdm"),
    Column(key="coin", title="Coin", align=Align.LEFT, value=lambda b: b.coin,
           text=lambda b: b.coin, sample="USDT"),
    Column(key="amount", title="Amount", value=lambda b: b.amount,
           text=lambda b: fmt.quantity(b.amount), sample="300 000.00"),
    Column(key="counts", title="Counts", value=lambda b: b.haircut,
           text=lambda b: fmt.percent(b.haircut, 0), sample="100%",
           tooltip="Part of its value that counts as margin"),
)  # fmt: skip


def balance_key(balance: Balance) -> tuple[str, str]:
    """What tells one balance from another."""
    return balance.venue, balance.coin


def standing_words(held: HeldWallets, *, as_of_ms: int, now_ms: int, feed_lost: bool) -> str:
    """What a reader must know of the figures: their age, a lost feed, wallets not counted."""
    notes = []
    if as_of_ms < now_ms:
        notes.append(f"Figures as of {fmt.instant(as_of_ms)}, before the first live price.")
    if feed_lost:
        notes.append("The feed is lost: prices are the last ones known.")
    notes += [f"Not counted: {title}: {reason}." for title, reason in held.missing.items()]
    return "\n".join(notes)


def nearest_words(shock: Shock) -> str:
    """A coin's own end for the legend: "−25.4%"; "" where no move ends it."""
    found = nearest(shock)
    return "" if found is None else move(found)
