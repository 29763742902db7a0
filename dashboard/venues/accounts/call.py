"""How an account is asked, as frozen values, and what its parsers share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from dashboard.market.account import Balance, MarginMode, Position, Side, SizeUnit
from dashboard.market.holdings import Holdings, held_id
from dashboard.market.instrument import Instrument
from dashboard.venues.entry import Params
from dashboard.venues.fields import number, positive


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountQuestion:
    """One reading request: `method` is the implicit one of the ccxt class.

    The answer of an `optional` one is None where the venue refuses it. `text` says that the
    answer may be a JSON text.
    """

    method: str
    charges: Mapping[str, int]
    params: Callable[[str], Params] = lambda _owner: {}
    optional: bool = False
    text: bool = False


@dataclass(frozen=True, slots=True)
class Permission:
    """What a venue says a key may do: `excess` names in words all that is more than reading.

    `can_read` is False where the venue says that it may not even do that.
    """

    excess: tuple[str, ...] = ()
    can_read: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountCall:
    """How one venue tells of an account.

    A `keyed` one needs a key, whose rights the venue tells in answer to `permission`. `parse`
    reads the answers to `questions`, in their order. `hosts` are asked beside those of the entry.
    """

    keyed: bool
    questions: tuple[AccountQuestion, ...]
    parse: Callable[[AccountAsk, Sequence[object]], Holdings]
    permission: AccountQuestion | None = None
    read_permission: Callable[[object], Permission] = lambda _answer: Permission()
    check_owner: Callable[[str], None] = lambda _owner: None
    passphrase: bool = False
    hosts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountAsk:
    """What was asked: whose account, and the contracts of the venue by its own ids."""

    venue: str
    owner: str
    listed: Mapping[str, Instrument]


@dataclass(slots=True)
class Reader:
    """Gathers what an account holds; whatever cannot be read becomes a note and no figure."""

    ask: AccountAsk
    positions: list[Position] = field(default_factory=list)
    balances: list[Balance] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def take(
        self,
        market_id: object,
        *,
        side: Side,
        size: object,
        unit: SizeUnit,
        entry_price: object,
        mode: MarginMode | None,
        leverage: object,
        margin: float | None = None,
        leg: str = "net",
    ) -> None:
        """Add a position; `margin` is what stands behind an isolated one without its profit."""
        instrument = self.ask.listed.get(str(market_id))
        if instrument is None:
            self.notes.append(f"{_short(market_id)} is left out: no linear perpetual contract")
            return
        amount, entry = positive(size), positive(entry_price)
        missing = [
            name
            for name, value in (("size", amount), ("entry price", entry), ("margin mode", mode))
            if value is None
        ]
        if amount is None or entry is None or mode is None:
            self.notes.append(
                f"{instrument.symbol} is left out: no {' and no '.join(missing)} can be read"
            )
            return
        name = held_id(self.ask.venue, self.ask.owner, instrument.symbol, leg)
        if any(held.id == name for held in self.positions):
            self.notes.append(f"{instrument.symbol} is told twice; the first one is taken")
            return
        self.positions.append(
            Position(
                id=name,
                instrument=instrument,
                side=side,
                size=amount,
                size_unit=unit,
                entry_price=entry,
                margin_mode=mode,
                leverage=positive(leverage),
                margin=margin if mode is MarginMode.ISOLATED else None,
            )
        )

    def take_balance(self, coin: object, amount: float | None) -> None:
        """Add the cross wallet of a coin that contracts are settled in; others are only named."""
        name = str(coin)
        if any(held.coin == name for held in self.balances):
            self.notes.append(
                f"the balance in {_short(name)} is told twice; the first one is taken"
            )
        elif amount is None:
            self.notes.append(f"the balance in {_short(name)} cannot be read and is left out")
        elif name in self.settle_coins():
            self.balances.append(Balance(venue=self.ask.venue, coin=name, amount=amount))
        elif amount != 0.0:
            self.notes.append(
                f"{amount:g} {_short(name)} is left out: what of it counts as margin is not told"
            )

    def settle_coins(self) -> set[str]:
        """The coins in which the venue's contracts are settled."""
        return {instrument.settle for instrument in self.ask.listed.values()}

    def done(self) -> Holdings:
        """All that was gathered, notes said once each."""
        return Holdings(
            venue=self.ask.venue,
            owner=self.ask.owner,
            positions=tuple(self.positions),
            balances=tuple(self.balances),
            notes=tuple(dict.fromkeys(self.notes)),
        )


def summed(values: Iterable[object]) -> float | None:
    """The sum, None where one of them is no number."""
    total = 0.0
    for value in values:
        read = number(value)
        if read is None:
            return None
        total += read
    return total


def less(whole: object, *parts: object) -> float | None:
    """`whole` without `parts`, None where one of them is no number."""
    first, rest = number(whole), summed(parts)
    return None if first is None or rest is None else first - rest


def _short(name: object) -> str:
    return str(name)[:40]
