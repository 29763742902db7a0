"""The wallets of a whole book with their names, and why some of them are not known."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from dashboard.errors import InputError
from dashboard.market.names import margin_name, names_of
from dashboard.risk.account_risk import book_wallets, why_unknown
from dashboard.risk.cross import DOLLARS
from dashboard.risk.figures import Figures
from dashboard.risk.position_rows import MAYBE_GONE
from dashboard.risk.row_view import has_been
from dashboard.risk.row_view import why_unknown as row_reason
from dashboard.risk.shock import SurplusLines, common_move
from dashboard.risk.terms import Terms
from dashboard.risk.wallet import Wallet


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldWallet:
    """One wallet of a book; `title` names it in words, its money is in `quote`."""

    wallet: Wallet
    title: str
    venue: str
    quote: str
    isolated: bool


@dataclass(frozen=True, slots=True)
class HeldWallets:
    """The wallets of a book whose numbers are all known; `missing` says by title why others are
    not. All money of `known` may be added up: it is in dollars, which count at par."""

    known: tuple[HeldWallet, ...] = ()
    missing: Mapping[str, str] = field(default_factory=dict)

    @property
    def wallets(self) -> tuple[Wallet, ...]:
        """The bare wallets."""
        return tuple(held.wallet for held in self.known)

    def title(self, wallet_id: str) -> str:
        """The words for a wallet of `known`."""
        return next(held.title for held in self.known if held.wallet.id == wallet_id)


def held_wallets(figures: Figures) -> HeldWallets:
    """Every wallet of the book: an isolated position by itself, and each cross wallet."""
    usable = {wallet.id: wallet for wallet in book_wallets(figures)}
    known: list[HeldWallet] = []
    missing: dict[str, str] = {}
    for name, title, venue, quote, isolated, reason in _named(figures):
        wallet = usable.get(name)
        why = _in_doubt(figures, name)
        if not why:
            why = reason if wallet is None else _why_not_added(wallet, title, quote)
        if wallet is None or why:
            missing[title] = why
        else:
            known.append(
                HeldWallet(wallet=wallet, title=title, venue=venue, quote=quote, isolated=isolated)
            )
    return HeldWallets(tuple(known), missing)


def _named(figures: Figures) -> list[tuple[str, str, str, str, bool, str]]:
    """Each wallet's id, title, venue, quote, whether isolated, and why it may be unknown."""
    prepared, found = figures.prepared, []
    isolated = (term.position for term in prepared.terms if term.isolated)
    titles = names_of(isolated, margin_name)
    for row, term in enumerate(prepared.terms):
        position = term.position
        instrument = position.instrument
        if term.isolated:
            title = titles[position.id]
            reason = next(iter(term.unknown.values()), "") or _why_no_mark(figures, row)
            found.append((position.id, title, instrument.venue, instrument.quote, True, reason))
    if figures.wallets is not None:
        for number, group in enumerate(prepared.groups):
            quote = prepared.terms[group.members[0]].position.instrument.quote
            name = f"{group.venue} {group.settle}"
            reason = why_unknown(figures, figures.wallets, number)
            found.append((name, f"{name} cross", group.venue, quote, False, reason))
    return found


def _in_doubt(figures: Figures, name: str) -> str:
    """Why a wallet may be gone: its liquidation price was crossed, and nobody has said what came
    of it. While the mark is beyond it still, that is no doubt: the wallet is past its end."""
    prepared, crossed = figures.prepared, figures.breached
    for row, term in enumerate(prepared.terms):
        breach = prepared.book.breaches.get(term.position.id)
        own = term.position.id if term.isolated else _wallet_id(term)
        told = breach is not None and has_been(breach, figures.now_ms)
        if own == name and told and not crossed[row]:
            return f"{term.position.instrument.symbol}: {MAYBE_GONE}"
    return ""


def _wallet_id(term: Terms) -> str:
    return f"{term.position.instrument.venue} {term.position.instrument.settle}"


def _why_no_mark(figures: Figures, row: int) -> str:
    symbol = figures.prepared.terms[row].position.instrument.symbol
    if math.isfinite(figures.mark[row]):
        return f"the maintenance margin of {symbol} is not known"
    return f"{symbol}: {row_reason(figures, row)}"


def _why_not_added(wallet: Wallet, title: str, quote: str) -> str:
    if quote not in DOLLARS:
        return f"{title} is kept in {quote}, for which no price in dollars is known"
    try:
        SurplusLines(wallet, common_move(wallet, None))
    except InputError as error:
        return error.user_message
    return ""
