"""The risk card without its widget: sections of sentences whose figures can tell their origin."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from dashboard.market.account import Position
from dashboard.market.readings import FundingRate
from dashboard.risk.odds.cells import Cell
from dashboard.risk.plan import Figure, Wishes
from dashboard.risk.report import AccountRisk, PositionRisk
from dashboard.risk.together import Together, together
from dashboard.risk.true_range import HourlyMoves
from widgets import format as fmt
from widgets.models.position_row import position_name
from widgets.odds_book import KnownOdds
from widgets.theme import Role

_LABEL_WIDTH = 13


class Run(NamedTuple):
    """A piece of a sentence. `tell` makes what is shown where it is clicked: its receipt, or why
    it is not known; None for words that are no figure."""

    text: str
    role: Role = Role.PLAIN
    tell: Callable[[], str] | None = None
    large: bool = False


class Line(NamedTuple):
    """A sentence with what it is about."""

    label: str
    runs: tuple[Run, ...]


class Bar(NamedTuple):
    """A bar filled by a fraction, whose colour `words` say too."""

    filled: float
    role: Role
    words: str


class Section(NamedTuple):
    """Lines that belong together; `bar` stands below line `bar_below`."""

    key: str
    lines: tuple[Line, ...]
    bar: Bar | None = None
    bar_below: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class CardInput:
    """What a section is made from.

    `kind` says that it is not held but "Typed" or "Planned"; `before` and `after` are its cross
    account without and with it, None where there is none. `funding` is the contract's reading,
    `odds` its fit (None where nobody asks for odds), `scored` what came of earlier forecasts.
    """

    risk: PositionRisk
    plan: Mapping[str, Figure]
    wishes: Wishes
    moves: HourlyMoves
    now_ms: int
    funding: FundingRate | None = None
    kind: str = ""
    note: str = ""
    before: AccountRisk | None = None
    after: AccountRisk | None = None
    odds: KnownOdds | None = None
    scored: Sequence[Cell] = ()

    @property
    def position(self) -> Position:
        return self.risk.position

    @property
    def together(self) -> Together | None:
        """What a common move does to its wallet, where that is another than its own."""
        return together(self.risk, self.after)


SectionMaker = Callable[[CardInput], Section | None]


class Card(NamedTuple):
    """What the card shows; `empty` is the sentence where there is nothing to show."""

    title: str
    sections: tuple[Section, ...] = ()
    empty: str = ""


def make_card(of: CardInput, makers: Sequence[SectionMaker]) -> Card:
    """The card of one position; a maker without anything to say leaves its section out."""
    sections = tuple(section for maker in makers if (section := maker(of)) is not None)
    return Card(title=title_of(of), sections=sections)


def title_of(of: CardInput) -> str:
    """The position in few words: "Typed: BTC/USDT long at okx, 0.5 BTC at 64 200, 10x isolated"."""
    position = of.position
    quantity = fmt.quantity(of.risk.quantity, position.instrument.base)
    if position.instrument.settle == position.instrument.base:
        quantity = fmt.quantity(of.risk.quantity, position.instrument.quote)
    entry = fmt.price(position.entry_price, None)
    leverage = "" if position.leverage is None else f"{fmt.leverage(position.leverage)} "
    kind = f"{of.kind}: " if of.kind else ""
    return (
        f"{kind}{position_name(position)}, {quantity} at {entry}, {leverage}{position.margin_mode}"
    )


def card_text(card: Card, stamp: str = "") -> str:
    """The card as plain text, one sentence a line; `stamp` ends it."""
    lines = [card.title]
    for section in card.sections:
        for line in section.lines:
            words = "".join(run.text for run in line.runs)
            lines.append(f"{line.label:<{_LABEL_WIDTH}} {words}".rstrip())
        if section.bar is not None:
            lines.append(f"{'':<{_LABEL_WIDTH}} {section.bar.words}")
    if card.empty:
        lines.append(card.empty)
    return "\n".join([*lines, *([stamp] if stamp else [])]) + "\n"
