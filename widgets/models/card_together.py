"""What a risk card says of the wallet behind a cross position, so that nobody takes the distance
of one coin alone for the one that counts in a crash."""

from __future__ import annotations

from dashboard.risk.report import PositionRisk
from dashboard.risk.together import Together
from widgets import format as fmt
from widgets.models.card import CardInput, Line, Run
from widgets.models.position_danger import DANGER_FRACTION, NEAR_FRACTION
from widgets.theme import Role

TOGETHER = "if all coins move alike"


def alone_words(of: CardInput) -> str:
    """Of which move a cross position's own figures are: " if BTC alone moves"; "" of others."""
    if of.together is None:
        return ""
    return f" if {of.position.instrument.base} alone moves"


def together_line(of: CardInput) -> Line | None:
    """The price at the common move that liquidates the wallet, as large as the own one."""
    found = of.together
    if found is None:
        return None
    if found.move is None:
        return Line("", _no_move(found))
    tick = of.position.instrument.price_tick
    price = Run(
        fmt.price(found.price, tick),
        move_role(found.move),
        lambda: _receipt(of, found),
        large=True,
    )
    unit = f"{fmt.GROUP}{of.position.instrument.quote}"
    return Line("", (price, Run(f"{unit} if all coins {_way(found.move)}")))


def distance_together(of: CardInput) -> Line | None:
    """The same as a distance."""
    found = of.together
    if found is None:
        return None
    if found.move is None:
        return Line("", _no_move(found))
    way = "fall" if found.move < 0.0 else "rise"
    far = Run(fmt.percent(abs(found.move)), move_role(found.move), lambda: _receipt(of, found))
    return Line("", (far, Run(f" {TOGETHER}: that {way} ends the wallet")))


def nearer_words(of: CardInput, own: str) -> str:
    """The own distance and the common one in the words of the bar, the nearer one first."""
    found = of.together
    if found is None:
        return own
    own = f"{own}{alone_words(of)}"
    if found.move is None:
        return own
    common = f"{fmt.percent(abs(found.move))} {TOGETHER}"
    return f"{common}, {own}" if found.is_nearer(of.risk) else f"{own}, {common}"


def move_role(move: float) -> Role:
    """The colour of a distance or move, whichever way it goes."""
    if abs(move) < DANGER_FRACTION:
        return Role.DANGER
    return Role.WARNING if abs(move) < NEAR_FRACTION else Role.PROFIT


def leverage_runs(risk: PositionRisk, wallet: Run, own: Run) -> tuple[Run, ...]:
    """The leverage of a wallet and a position's share of it; one figure where they are one."""
    if risk.wallet_leverage is None or risk.wallet_leverage == risk.effective_leverage:
        return (own, Run(" effective"))
    return (
        wallet,
        Run(" of the whole wallet (gross notional over equity), "),
        own,
        Run(" of it by this position"),
    )


def own_role(of: CardInput, role: Role) -> Role:
    """The colour of the own price: nothing is far away while the wallet's end is nearer."""
    found = of.together
    nearer = found is not None and found.is_nearer(of.risk)
    return Role.PLAIN if nearer and role is Role.PROFIT else role


def _way(move: float) -> str:
    return f"{'fall' if move < 0.0 else 'rise'} {fmt.percent(abs(move))}"


def _no_move(found: Together) -> tuple[Run, ...]:
    if not found.reason:
        return (Run("no common move", Role.PROFIT), Run(f" liquidates {TOGETHER}"))
    reason = f"n/a: {found.reason}"
    return (Run(fmt.NA, Role.MUTED, lambda: reason), Run(f" {TOGETHER} ({found.reason})"))


def _receipt(of: CardInput, found: Together) -> str:
    instrument = of.position.instrument
    mark = fmt.price(of.risk.mark_price, instrument.price_tick)
    price = fmt.price(found.price, instrument.price_tick)
    move = fmt.percent(found.move, 4, signed=True)
    return (
        f"All coins of the wallet {instrument.venue} {instrument.settle} move by the same fraction "
        f"(betas 1): at {move} its equity is what its positions need as maintenance margin and "
        f"closing fees, and the venue liquidates it.\n{mark} x (1 {move}) = {price}\n"
        "With measured betas, and for the order in which wallets go, see the panel Account."
    )
