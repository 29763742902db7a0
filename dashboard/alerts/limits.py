"""The trader's own soft limits: how much of each is used, and what was overridden.

A limit is never switched off by a figure that is not known: it keeps the last one that was, and
says so. Shares are of the notional of the whole book; money counts dollar coins at par.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from dashboard.errors import InputError
from dashboard.market.account import Book, MarginMode, Position
from dashboard.market.instrument import ContractKind, Instrument, InstrumentKey
from dashboard.market.names import wallet_name
from dashboard.risk.closed import realised
from dashboard.risk.report import LiquidationStatus, PositionRisk, RiskReport

APPROACHED_FROM = 0.8
"""The share of a limit from which on it is shown as approached."""
OVERRIDE_MS = 24 * 3_600_000
LEAST_REASON = 3
"""Characters that a reason for an override must have."""
MOST_REASON = 500
FAR = 1e9
"""The distance of a position that no price liquidates."""
MOST_PARTS = 4
"""So many positions are named of what a loss is made of."""
_GONE = "a position that is not in the book any more"
_DAY_MS = 86_400_000


class LimitKind(StrEnum):
    """What is limited."""

    LEVERAGE = "largest leverage"
    DISTANCE = "least distance"
    DISTANCE_ATR = "least distance in ATR"
    VENUE_SHARE = "largest share per venue"
    COIN_SHARE = "largest share per coin"
    DAILY_LOSS = "daily loss"
    COOL_OFF = "cool-off after a loss"


LEAST_IS_BAD = frozenset({LimitKind.DISTANCE, LimitKind.DISTANCE_ATR})


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The limits; None is no limit. Fractions, multiples, dollars and minutes."""

    leverage: float | None = 20.0
    distance: float | None = 0.05
    distance_atr: float | None = 2.0
    venue_share: float | None = None
    coin_share: float | None = None
    daily_loss: float | None = None
    cool_off_minutes: float | None = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """A limit that the trader chose to pass: why, when, at which value, until when and who did.

    `by` is the name under which the computer knows the trader, "" where none was kept.
    """

    kind: LimitKind
    subject: str
    reason: str
    at_ms: int
    until_ms: int
    value: float | None = None
    by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitReading:
    """How a limit stands for one subject.

    That is a position's id, the name of a cross wallet with several positions (of a leverage), a
    venue, a coin, or "" for the book.

    `used` is the share of the limit, 1 at the limit. `stale` says why the value is not of now;
    a value that was never known is None and `stale` has the reason.
    """

    kind: LimitKind
    subject: str
    limit: float
    value: float | None
    used: float | None
    stale: str = ""
    override: Override | None = None

    @property
    def breached(self) -> bool:
        return self.used is not None and self.used >= 1.0

    @property
    def approached(self) -> bool:
        return self.used is not None and APPROACHED_FROM <= self.used < 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitMemory:
    """What limits remember from tick to tick and over a restart.

    `last` has the last known value by "kind/subject". Of the UTC day `day`, `opening` has each
    position's profit when it was first known, `profit` the last known one, in dollars. `lost` names
    the losses of the day ("day id" or "day daily loss"), `began` those that began the cool-off.
    """

    last: Mapping[str, float] = field(default_factory=dict)
    day: int = -1
    opening: Mapping[str, float] = field(default_factory=dict)
    profit: Mapping[str, float] = field(default_factory=dict)
    cool_off_until_ms: int = 0
    lost: tuple[str, ...] = ()
    began: tuple[str, ...] = ()
    overrides: tuple[Override, ...] = ()


def override_limit(
    memory: LimitMemory, reading: LimitReading, reason: str, now_ms: int, by: str = ""
) -> tuple[LimitMemory, Override]:
    """Pass a breached limit for a day; InputError where the typed reason says too little."""
    said = " ".join(reason.split())
    if not LEAST_REASON <= len(said) <= MOST_REASON:
        raise InputError(
            "reason",
            f"reason must have {LEAST_REASON} to {MOST_REASON} characters, not {len(said)}",
        )
    made = Override(
        kind=reading.kind,
        subject=reading.subject,
        reason=said,
        at_ms=now_ms,
        until_ms=now_ms + OVERRIDE_MS,
        value=reading.value,
        by=by,
    )
    others = [
        held
        for held in memory.overrides
        if (held.kind, held.subject) != (made.kind, made.subject) and held.until_ms > now_ms
    ]
    return replace(memory, overrides=(*others, made)), made


def read_limits(
    limits: Limits,
    memory: LimitMemory,
    report: RiskReport,
    book: Book,
    atr: Mapping[InstrumentKey, float],
) -> tuple[LimitMemory, tuple[LimitReading, ...]]:
    """Every limit at the report's moment, the most used first."""
    now_ms = report.now_ms
    memory = _not_of_later(limits, memory, now_ms)
    memory = _counted_day(memory, report, book)
    memory = _cooled(limits, memory, report)
    values = list(_values(limits, memory, report, atr))
    known = {f"{kind}/{subject}": value for kind, subject, _, value, _ in values}
    last = {
        name: memory.last.get(name) if value is None else value for name, value in known.items()
    }
    memory = replace(memory, last={name: kept for name, kept in last.items() if kept is not None})
    readings = [
        _reading(kind, subject, limit, value, reason, memory, now_ms)
        for kind, subject, limit, value, reason in values
    ]
    return memory, tuple(sorted(readings, key=lambda one: -(one.used or 0.0)))


_Value = tuple[LimitKind, str, float, float | None, str]


def _reading(
    kind: LimitKind,
    subject: str,
    limit: float,
    value: float | None,
    reason: str,
    memory: LimitMemory,
    now_ms: int,
) -> LimitReading:
    held = memory.last.get(f"{kind}/{subject}")
    shown = held if value is None else value
    stale = reason
    if value is None and held is not None:
        stale = f"last known value: {reason}"
    override = next(
        (
            one
            for one in memory.overrides
            if (one.kind, one.subject) == (kind, subject) and one.until_ms > now_ms
        ),
        None,
    )
    used = None if shown is None else _used(kind, shown, limit)
    return LimitReading(
        kind=kind,
        subject=subject,
        limit=limit,
        value=shown,
        used=used,
        stale=stale,
        override=override,
    )


def _used(kind: LimitKind, value: float, limit: float) -> float:
    if kind in LEAST_IS_BAD:
        return math.inf if value <= 0.0 else limit / value
    if kind is LimitKind.COOL_OFF:
        return 1.0 if value > 0.0 else 0.0
    return max(0.0, value) / limit


def _values(
    limits: Limits,
    memory: LimitMemory,
    report: RiskReport,
    atr: Mapping[InstrumentKey, float],
) -> Iterator[_Value]:
    yield from _leverages(limits.leverage, report)
    for risk in report.positions:
        yield from _of_position(limits, risk, atr)
    yield from _shares(LimitKind.VENUE_SHARE, limits.venue_share, report)
    yield from _shares(LimitKind.COIN_SHARE, limits.coin_share, report)
    if limits.daily_loss is not None:
        loss = -math.fsum(memory.profit[name] - memory.opening[name] for name in memory.profit)
        unknown = [risk for risk in report.positions if _profit(risk) is None]
        stale = "" if not unknown else "the profit of some position is not known now"
        yield LimitKind.DAILY_LOSS, "", limits.daily_loss, loss, stale
    if limits.cool_off_minutes is not None:
        left = max(0, memory.cool_off_until_ms - report.now_ms) / 60_000
        yield LimitKind.COOL_OFF, "", limits.cool_off_minutes, left, ""


def _leverages(limit: float | None, report: RiskReport) -> Iterator[_Value]:
    """The leverage of each margin: an isolated position's own, a cross wallet's as a whole.

    No position of a wallet may stay below the limit by leaving out what the others hold on the
    same margin.
    """
    if limit is None:
        return
    wallets: dict[str, list[PositionRisk]] = {}
    for risk in report.positions:
        cross = risk.position.margin_mode is MarginMode.CROSS
        name = wallet_name(risk.position) if cross else risk.position.id
        wallets.setdefault(name, []).append(risk)
    for name, members in wallets.items():
        known = (_known(risk.wallet_leverage) for risk in members)
        leverage = next((value for value in known if value is not None), None)
        subject = members[0].position.id if len(members) == 1 else name
        why = _why(members[0], leverage, "wallet_leverage")
        yield LimitKind.LEVERAGE, subject, limit, leverage, why


def _of_position(
    limits: Limits, risk: PositionRisk, atr: Mapping[InstrumentKey, float]
) -> Iterator[_Value]:
    name = risk.position.id
    if risk.status is LiquidationStatus.NONE:
        room: float | None = FAR
    elif risk.status is LiquidationStatus.BREACHED:
        room = 0.0
    else:
        room = _known(risk.distance)
    if limits.distance is not None:
        fraction = room if room in (None, 0.0, FAR) else _known(risk.distance_fraction)
        why = _why(risk, fraction, "distance_fraction")
        yield LimitKind.DISTANCE, name, limits.distance, fraction, why
    if limits.distance_atr is not None:
        typical = atr.get(risk.position.instrument.key)
        ranges = room if room in (None, 0.0, FAR) or not typical else room / typical
        if not typical and room not in (0.0, FAR):
            ranges = None
        why = _why(risk, ranges, "distance") or ("" if ranges is not None else "no ATR yet")
        yield LimitKind.DISTANCE_ATR, name, limits.distance_atr, ranges, why


def _shares(kind: LimitKind, limit: float | None, report: RiskReport) -> Iterator[_Value]:
    if limit is None or not report.positions:
        return
    sums: dict[str, float] = {}
    unknown = False
    for risk in report.positions:
        name = in_group(kind, risk.position.instrument)
        notional = dollars(risk, risk.notional)
        unknown = unknown or notional is None
        sums[name] = sums.get(name, 0.0) + abs(notional or 0.0)
    total = math.fsum(sums.values())
    reason = "the notional of some position is not known" if unknown else ""
    for name, part in sums.items():
        share = None if unknown or total <= 0.0 else part / total
        yield kind, name, limit, share, reason


def _not_of_later(limits: Limits, memory: LimitMemory, now_ms: int) -> LimitMemory:
    """Forget what was remembered on a later day, as after a recording was set back.

    A clock that is put right within the day changes nothing but an end of the cool-off that lies
    further away than any could.
    """
    longest_ms = round((limits.cool_off_minutes or 0.0) * 60_000)
    until_ms = min(memory.cool_off_until_ms, now_ms + longest_ms)
    if memory.day <= now_ms // _DAY_MS:
        return replace(memory, cool_off_until_ms=until_ms)
    overrides = tuple(one for one in memory.overrides if one.at_ms <= now_ms)
    return LimitMemory(overrides=overrides)


def _counted_day(memory: LimitMemory, report: RiskReport, book: Book) -> LimitMemory:
    """The profit of the UTC day so far; a position opened today starts it at 0.

    A closed position counts with its result, less fees and funding. Where it is not known with
    what one began the day, a loss counts whole and a gain not at all.
    """
    day = report.now_ms // _DAY_MS
    same = day == memory.day
    ended = {one.id: result for one in book.closed if (result := _result(one)) is not None}
    today = {one.id for one in book.closed if _closed_on(one, day)}
    opening, profit = dict(memory.opening), dict(memory.profit)
    if not same:  # what was last known yesterday is where today begins
        carried = today | {position.id for position in book.positions}
        opening = {name: value for name, value in memory.profit.items() if name in carried}
        profit = dict(opening)
    for risk in report.positions:
        value, name = _profit(risk), risk.position.id
        if value is None:
            continue
        opened_ms = risk.position.opened_ms
        opening.setdefault(name, 0.0 if _is_on(opened_ms, day) else value)
        profit[name] = value
    for position in book.closed:
        result, name = ended.get(position.id), position.id
        if result is None or not (name in profit or name in today):
            continue
        opening.setdefault(name, 0.0 if _is_on(position.opened_ms, day) else max(0.0, result))
        profit[name] = result
    return replace(memory, day=day, opening=opening, profit=profit)


def _closed_on(position: Position, day: int) -> bool:
    return position.closing is not None and _is_on(position.closing.closed_ms, day)


def _is_on(at_ms: int | None, day: int) -> bool:
    return at_ms is not None and at_ms // _DAY_MS == day


def _result(position: Position) -> float | None:
    """What a closed position brought in dollars: the coin of an inverse one at its last price."""
    found, closing = realised(position), position.closing
    if found is None or closing is None:
        return None
    inverse = position.instrument.kind is ContractKind.INVERSE
    return _known(found.net * closing.price if inverse else found.net)


def began_words(memory: LimitMemory, names: Mapping[str, str]) -> str:
    """What began the cool-off; `names` says positions by id."""
    return "; ".join(
        "the loss of the day reached its limit"
        if name == LimitKind.DAILY_LOSS
        else f"{names.get(name, _GONE)} reached its liquidation price"
        for name in memory.began
    )


def loss_words(memory: LimitMemory, names: Mapping[str, str]) -> str:
    """What the loss of the day is made of, the worst first; `names` says positions by id."""
    parts = {name: memory.profit[name] - memory.opening[name] for name in memory.profit}
    worst = sorted(parts, key=lambda name: parts[name])
    named = [f"{names.get(name, _GONE)} {parts[name]:+,.2f} USD" for name in worst[:MOST_PARTS]]
    left = worst[MOST_PARTS:]
    if left:
        others = "1 other" if len(left) == 1 else f"{len(left)} others"
        named.append(f"{others} {math.fsum(parts[name] for name in left):+,.2f} USD")
    return "; ".join(named)


def _cooled(limits: Limits, memory: LimitMemory, report: RiskReport) -> LimitMemory:
    """Start the cool-off where the daily loss or a liquidation was met for the first time."""
    if limits.cool_off_minutes is None:
        return memory
    day = report.now_ms // _DAY_MS
    losses = [
        f"{day if risk.breach is None else risk.breach.at_ms // _DAY_MS} {risk.position.id}"
        for risk in report.positions
        if risk.status is LiquidationStatus.BREACHED
    ]
    loss = -math.fsum(memory.profit[name] - memory.opening[name] for name in memory.profit)
    if limits.daily_loss is not None and loss >= limits.daily_loss:
        losses.append(f"{day} {LimitKind.DAILY_LOSS}")
    new = set(losses) - set(memory.lost)
    today = [name for name in memory.lost if name.startswith(f"{day} ")]
    until_ms, began = memory.cool_off_until_ms, memory.began
    if new:
        until_ms = report.now_ms + round(limits.cool_off_minutes * 60_000)
        began = tuple(name.removeprefix(f"{day} ") for name in losses if name in new)
    lost = tuple(_merged(today, losses))
    return replace(memory, cool_off_until_ms=until_ms, lost=lost, began=began)


def _merged(*parts: Iterable[str]) -> dict[str, None]:
    return dict.fromkeys(name for part in parts for name in part)


def _profit(risk: PositionRisk) -> float | None:
    return dollars(risk, risk.unrealised_pnl)


def in_group(kind: LimitKind, instrument: Instrument) -> str:
    """The name of the group that a contract's notional counts in, of a limit on shares."""
    return instrument.venue if kind is LimitKind.VENUE_SHARE else instrument.base


def dollars(risk: PositionRisk, money: float | None) -> float | None:
    """Money of a position in dollars: the coin of an inverse contract at its mark."""
    known, mark = _known(money), _known(risk.mark_price)
    if risk.position.instrument.kind is not ContractKind.INVERSE:
        return known
    return None if known is None or mark is None else known * mark


def _known(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else value


def _why(risk: PositionRisk, value: float | None, figure: str) -> str:
    if value is not None:
        return ""
    return risk.missing.get(figure) or "the figure is not known"
