"""What an account holds at a venue, as the venue tells it, and how the book differs from that."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from dashboard.market.account import Balance, Book, Position, PositionState


@dataclass(frozen=True, slots=True, kw_only=True)
class Holdings:
    """Open positions and balances of one account at `venue`, whose name here is `owner`.

    `owner` is a public address or the trader's own word for a keyed account. Ids of positions are
    those of `held_id`. `notes` are sentences on what was left out or is not told; `permission`
    says what the key may do, "" where none was used.
    """

    venue: str
    owner: str
    positions: tuple[Position, ...] = ()
    balances: tuple[Balance, ...] = ()
    notes: tuple[str, ...] = ()
    permission: str = ""


class ChangeKind(StrEnum):
    """What taking over an account would do to one line of the book."""

    NEW = "new"
    CHANGED = "changed"
    SAME = "same"
    GONE = "gone"


@dataclass(frozen=True, slots=True, kw_only=True)
class PositionChange:
    """A position `before` (in the book) and `after` (as the venue tells), None where it is not.

    `adopted` says that `before` was typed by hand and is taken for this one. `fields` are the
    names of what differs.
    """

    kind: ChangeKind
    before: Position | None
    after: Position | None
    adopted: bool = False
    fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BalanceChange:
    """A balance before and after; `before` is None where the book has none."""

    kind: ChangeKind
    before: Balance | None
    after: Balance


@dataclass(frozen=True, slots=True)
class Differences:
    """All that taking over an account would do to the book."""

    positions: tuple[PositionChange, ...] = ()
    balances: tuple[BalanceChange, ...] = ()

    @property
    def anything(self) -> bool:
        """Whether the book would change at all."""
        kinds = {change.kind for change in self.positions}
        kinds |= {change.kind for change in self.balances}
        return bool(kinds - {ChangeKind.SAME})


TOLD_FIELDS = (
    "side",
    "size",
    "size_unit",
    "entry_price",
    "margin_mode",
    "leverage",
    "margin",
    "extra_margin",
)
"""What a venue knows of a position; all else is the trader's and stays."""


def account_prefix(venue: str, owner: str) -> str:
    """How the ids of an account's positions begin."""
    return f"account:{venue}:{owner}:"


def held_id(venue: str, owner: str, symbol: str, leg: str = "net") -> str:
    """The id of an imported position; `leg` is "long" or "short" where a contract may have both."""
    return f"{account_prefix(venue, owner)}{symbol}:{leg}"


def other_accounts(book: Book, told: Holdings) -> tuple[str, ...]:
    """The owners of other accounts at this venue of which the book holds open positions.

    The book has one cross wallet per venue, so that two accounts would share one margin.
    """
    start = f"account:{told.venue}:"
    owners = (
        held.id.removeprefix(start).split(":", 1)[0]
        for held in book.positions
        if held.id.startswith(start)
    )
    return tuple(dict.fromkeys(owner for owner in owners if owner != told.owner))


def differences(book: Book, told: Holdings) -> Differences:
    """What changes where the account of `told` is taken over into `book`.

    A position is known again by its id. An open one that was typed by hand on the same contract,
    side and margin mode is taken for the venue's, so that none counts twice. Of a balance the
    haircut is the trader's.
    """
    prefix = account_prefix(told.venue, told.owner)
    mine = {held.id: held for held in book.positions if held.id.startswith(prefix)}
    typed = _typed(book.positions)
    found = [_change(after, mine.pop(after.id, None), typed) for after in told.positions]
    gone = (PositionChange(kind=ChangeKind.GONE, before=held, after=None) for held in mine.values())
    return Differences((*found, *gone), tuple(_balances(book.balances, told.balances)))


def _typed(positions: Iterable[Position]) -> dict[tuple[object, ...], Position]:
    """Positions that no account brought, by what tells one from another at a venue."""
    return {_likeness(held): held for held in positions if not held.id.startswith("account:")}


def _likeness(position: Position) -> tuple[object, ...]:
    return position.instrument.key, position.side, position.margin_mode


def _change(
    after: Position, before: Position | None, typed: dict[tuple[object, ...], Position]
) -> PositionChange:
    adopted = before is None
    before = before or typed.pop(_likeness(after), None)
    if before is None:
        return PositionChange(kind=ChangeKind.NEW, before=None, after=after)
    told = {name: getattr(after, name) for name in (*TOLD_FIELDS, "instrument")}
    merged = replace(before, id=after.id, state=PositionState.OPEN, **told)
    changed = tuple(n for n in TOLD_FIELDS if getattr(before, n) != getattr(merged, n))
    same = before == merged
    kind = ChangeKind.SAME if same else ChangeKind.CHANGED
    return PositionChange(kind=kind, before=before, after=merged, adopted=adopted, fields=changed)


def _balances(held: Iterable[Balance], told: Iterable[Balance]) -> Iterator[BalanceChange]:
    known: Mapping[tuple[str, str], Balance] = {(one.venue, one.coin): one for one in held}
    for one in told:
        before = known.get((one.venue, one.coin))
        if before is None:
            yield BalanceChange(kind=ChangeKind.NEW, before=None, after=one)
            continue
        after = replace(one, haircut=before.haircut)
        kind = ChangeKind.SAME if before == after else ChangeKind.CHANGED
        yield BalanceChange(kind=kind, before=before, after=after)
