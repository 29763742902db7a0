"""The odds of cross wallets as rows: all coins together, and the two marginal questions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from dashboard.feed.frames import AccountOddsTold, WalletAsked
from dashboard.feed.odds_wire import wallet_asked
from dashboard.market.instrument import InstrumentKey
from dashboard.market.snapshot import Snapshot
from dashboard.risk.held_wallets import HeldWallet, HeldWallets
from dashboard.risk.odds.account import moving_coins
from dashboard.risk.odds.cells import HORIZONS_H, WalletOdds
from dashboard.risk.odds.words import (
    NOT_IN_IT,
    chance_words,
    horizon_words,
    percent_words,
    span_words,
)
from dashboard.risk.touch import LEAST_SHOWN, Odds, no_odds
from widgets import format as fmt
from widgets.models.position_odds import LIKELY, POSSIBLE
from widgets.models.rows import Align, Column

METHOD = (
    "Paths of blocks of 24 past hours, the same hours for every coin, so that coins move together "
    "as they did; volatility starts at today's. Within an hour all prices are at their lows "
    "together, then at their highs. No new funding, no added margin."
)
_TOGETHER, _ALONE, _WITHOUT = range(3)
_ORDERS = (
    "all its coins together, as they moved with each other",
    "if only {coin} moved and the others stood still",
    "if nothing of {coin} were held: closed at the mark price, its profit or loss kept",
)


@dataclass(frozen=True, slots=True)
class WalletOddsRow:
    """One question on one wallet; `odds` by HORIZONS_H."""

    wallet: str
    title: str
    question: str
    meaning: str
    odds: tuple[Odds, ...]
    place: int


def cross_wallets(held: HeldWallets) -> tuple[HeldWallet, ...]:
    """The wallets that are asked about: an isolated position has its odds on its card."""
    return tuple(one for one in held.known if not one.isolated and one.wallet.legs)


def questions(wallets: Sequence[HeldWallet], snapshot: Snapshot) -> list[WalletAsked]:
    """What the feed is asked: each wallet, with the contract that tells how each coin moves."""
    return [wallet_asked(one.wallet, _contracts(one, snapshot)) for one in wallets]


def _contracts(held: HeldWallet, snapshot: Snapshot) -> dict[str, InstrumentKey]:
    """By coin the contract that is held, else one that the venue lists of it."""
    found = {leg.coin: InstrumentKey(held.venue, leg.contract) for leg in held.wallet.legs}
    for coin in sorted(moving_coins(held.wallet) - set(found)):
        listed = (
            one.key
            for one in snapshot.instruments.values()
            if (one.venue, one.base, one.quote) == (held.venue, coin, held.quote)
        )
        found[coin] = next(listed, InstrumentKey(held.venue, f"{coin}/{held.quote}:{held.quote}"))
    return found


def wallet_rows(
    wallets: Sequence[HeldWallet], told: AccountOddsTold | None
) -> tuple[WalletOddsRow, ...]:
    """The rows of all wallets that were answered; one with the reason where there are no odds."""
    answers = {} if told is None else {one.wallet: one for one in told.wallets}
    rows: list[WalletOddsRow] = []
    for held in wallets:
        answer = answers.get(held.wallet.id)
        if answer is None or answer.odds is None:
            reason = "is being worked out" if answer is None else answer.reason
            none = tuple(no_odds(hours, reason) for hours in HORIZONS_H)
            rows.append(_row(held, "", _TOGETHER, none, len(rows)))
            continue
        rows.extend(_answered(held, answer.odds, len(rows)))
    return tuple(rows)


def _answered(held: HeldWallet, odds: WalletOdds, place: int) -> list[WalletOddsRow]:
    asked = [("", _TOGETHER, odds.together)]
    if len(odds.marginals) > 1:
        asked += [(one.coin, _ALONE, one.alone) for one in odds.marginals]
        asked += [(one.coin, _WITHOUT, one.without) for one in odds.marginals]
    return [
        _row(held, coin, question, _shown(odds, shares), place + at)
        for at, (coin, question, shares) in enumerate(asked)
    ]


def _shown(odds: WalletOdds, shares: Sequence[float]) -> tuple[Odds, ...]:
    return tuple(
        Odds(
            hours,
            share,
            effective=odds.hours / hours,
            least_shown=max(LEAST_SHOWN, odds.least_shown(hours)),
        )
        for hours, share in zip(HORIZONS_H, shares, strict=True)
    )


def _row(
    held: HeldWallet, coin: str, question: int, odds: tuple[Odds, ...], place: int
) -> WalletOddsRow:
    names = ("all together", f"only {coin} moves", f"without {coin}")
    meaning = _ORDERS[question].format(coin=coin)
    return WalletOddsRow(held.wallet.id, held.title, names[question], meaning, odds, place)


def sentence(wallets: Sequence[HeldWallet], held: HeldWallets, told: AccountOddsTold | None) -> str:
    """The picture in words, or what is missing for it."""
    if wallets:
        first = next((row for row in wallet_rows(wallets, told) if row.odds), None)
        if first is not None and first.odds[2].probability is not None:
            day, week = chance_words(first.odds[2]), chance_words(first.odds[3])
            return f"{first.title}: liquidated {day} within 24 h, {week} within 7 days. {NOT_IN_IT}"
        reason = first.odds[0].reason if first is not None else ""
        return f"{wallets[0].title}: {reason}."
    missing = [f"{title}: {why}" for title, why in held.missing.items() if "cross" in title]
    if missing:
        return f"No account odds. {missing[0]}."
    return (
        "No cross account with positions. Where positions share one margin, the odds of all of "
        "them together stand here; an isolated position has its own on its risk card."
    )


def row_key(row: WalletOddsRow) -> tuple[str, str]:
    """What tells rows apart."""
    return row.wallet, row.question


def _horizon_column(at: int) -> Column[WalletOddsRow]:
    hours = HORIZONS_H[at]

    def colour(row: WalletOddsRow) -> str | None:
        known = row.odds[at].probability
        if known is None:
            return "text_muted"
        return "danger" if known >= LIKELY else "warning" if known >= POSSIBLE else None

    def hint(row: WalletOddsRow) -> str:
        odds = row.odds[at]
        if odds.probability is None:
            return f"n/a: {odds.reason}"
        windows = f"{odds.effective:,.0f} windows that do not overlap"
        return (
            f"{row.title}, {row.meaning}: liquidated {chance_words(odds)} "
            f"{horizon_words(hours)} (from {windows}).\n{METHOD} {NOT_IN_IT}"
        )

    return Column(
        key=f"within_{hours}h",
        title=span_words(hours),
        value=lambda row: row.odds[at].probability,
        text=lambda row: percent_words(row.odds[at]),
        colour=colour,
        hint=hint,
        tooltip=f"How likely the wallet is liquidated {horizon_words(hours)}",
        sample="<0.3 %",
    )


def _name(
    get: Callable[[WalletOddsRow], str], key: str, title: str, sample: str, tip: str
) -> Column[WalletOddsRow]:
    return Column(
        key=key,
        title=title,
        value=lambda row: row.place,
        text=get,
        align=Align.LEFT,
        hint=lambda row: f"{row.title}, {row.meaning}",
        tooltip=tip,
        sample=sample,
    )


WALLET_ODDS_COLUMNS: tuple[Column[WalletOddsRow], ...] = (
    _name(lambda row: row.title, "wallet", "Account", "binanceusdm USDT cross", "Whose margin"),
    _name(lambda row: row.question, "question", "What if", "only 1000PEPE moves", METHOD),
    *(_horizon_column(at) for at in range(len(HORIZONS_H))),
)


def until_words(told: AccountOddsTold | None) -> str:
    """How old the answer is."""
    return "" if told is None else f"From bars until {fmt.instant(told.until_ms)}. {METHOD}"
