"""A typed trade line as the window understands it: a position, or what is wrong at which word."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from dashboard.errors import InputError, UnlistedError
from dashboard.market.account import Balance, Book, MarginMode, Position, SizeUnit
from dashboard.market.instrument import Instrument
from dashboard.market.snapshot import Snapshot
from dashboard.risk.faults import position_faults
from dashboard.risk.plan import Wishes, plan_of
from dashboard.risk.report import RiskReport
from dashboard.risk.true_range import HourlyMoves
from dashboard.tradeline.line import TradeLine, TradeLineError, parse_trade_line
from dashboard.tradeline.number import quote
from dashboard.tradeline.position import position_of
from dashboard.tradeline.symbol import find_instrument, instrument_named
from widgets.models.marks import usable_mark
from widgets.models.recorded_words import not_recorded
from widgets.update import Update

Assess = Callable[[Snapshot, Book, int], RiskReport]

DRAFT_ID = "typed"
"""The id of a position that is only typed."""

_ONE_COIN_EACH = frozenset({"binanceusdm", "bybit", "hyperliquid"})
"""Venues whose linear contracts are one coin each, so that their names alone say enough."""

_WORD = re.compile(r"[^ \t\r\n]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What the line says: `position`, or in `fault` why there is none.

    `start` and `end` frame the word that `fault` is about; at the end of the line both are its
    length, and something is only missing. `balance` is a wallet that the line says, `account` the
    size that it gives the account. `note` tells what was taken for granted.
    """

    text: str
    position: Position | None = None
    balance: Balance | None = None
    account: float | None = None
    risk_fraction: float | None = None
    fault: str = ""
    start: int = 0
    end: int = 0
    note: str = ""

    @property
    def wrong(self) -> bool:
        """Whether a word is wrong, rather than one still missing."""
        return bool(self.fault) and self.start < self.end


def draft_of(text: str, update: Update, venues: Sequence[str], assess: Assess) -> Draft:
    """What `text` says at the prices and contracts of `update`; nothing is raised.

    `venues` are the enabled ones, the preferred first. `assess` tells what one unit loses at the
    stop, where the size is to be found from the risk.
    """
    try:
        line = parse_trade_line(text, venues)
    except TradeLineError as error:
        return Draft(text=text, fault=error.user_message, start=error.start, end=error.end)
    try:
        return _resolved(text, line, update, venues, assess)
    except InputError as error:
        start, end = _span(text, line, error.field)
        return Draft(text=text, fault=error.user_message, start=start, end=end)


def _resolved(
    text: str, line: TradeLine, update: Update, venues: Sequence[str], assess: Assess
) -> Draft:
    position, note = typed_position(line, update, venues, assess)
    instrument = position.instrument
    balance = None
    if line.wallet_balance is not None and line.margin_mode is MarginMode.CROSS:
        balance = Balance(
            venue=instrument.venue, coin=instrument.settle, amount=line.wallet_balance
        )
    return Draft(
        text=text,
        position=position,
        balance=balance,
        account=line.wallet_balance,
        risk_fraction=line.risk_fraction,
        note=note,
    )


def typed_position(
    line: TradeLine,
    update: Update,
    venues: Sequence[str],
    assess: Assess,
    margin: float | None = None,
) -> tuple[Position, str]:
    """The position that a line says, and what was taken for granted; `margin` is in the settle
    currency. Raises InputError where the prices and contracts known do not make one."""
    instrument, note = _instrument(line, update, venues)
    mark, why = usable_mark(update, instrument.key)
    if line.entry_price is None and mark is None:
        raise InputError("entry_price", f"entry price is market but {why}; write @ and a price")
    position = position_of(line, instrument, DRAFT_ID, mark, quantity_for_risk=1.0)
    position = replace(position, margin=margin, opened_ms=update.now_ms)
    if line.risk_fraction is not None:
        position = _sized_by_risk(position, line, update, assess)
    for field, sentence in position_faults(position).items():
        raise InputError(field, sentence)
    return position, note


def _sized_by_risk(unit: Position, line: TradeLine, update: Update, assess: Assess) -> Position:
    """The position whose stop costs the share of the account that the line says, or less."""
    account = line.wallet_balance
    if account is None:
        account = held_in_book(update, unit.instrument)
    if account is None:
        raise InputError(
            "size", "size by risk needs the account: write wallet and what it holds behind the line"
        )
    book = replace(update.book, positions=(unit,))
    report = assess(update.snapshot, book, update.now_ms)
    wishes = Wishes(risk_fraction=line.risk_fraction or 0.0, account=account)
    found = plan_of(report, 0, wishes, HourlyMoves())["size_for_risk"]
    if found.value is None:
        raise InputError("size", f"size by risk is not known: {found.reason}")
    return replace(unit, size=_in_steps(found.value, unit.instrument))


def _in_steps(quantity: float, instrument: Instrument) -> float:
    """The largest size that can be traded and is no larger than `quantity`."""
    step = (instrument.amount_step or 0.0) * instrument.contract_size
    if step <= 0.0:
        return quantity
    whole = Decimal(repr(quantity)) // Decimal(repr(step)) * Decimal(repr(step))
    if not whole:
        raise InputError(
            "size", f"size by risk, {quantity:.6g}, is less than the smallest step, {step:g}"
        )
    return float(whole)


def held_in_book(update: Update, instrument: Instrument) -> float | None:
    """What the book says the venue's account holds of the settle currency, None if nothing."""
    at = (instrument.venue, instrument.settle)
    held = [b.amount for b in update.book.balances if (b.venue, b.coin) == at]
    return held[0] if held else None


def _instrument(line: TradeLine, update: Update, venues: Sequence[str]) -> tuple[Instrument, str]:
    """The contract that is meant, at the venue named, shown or preferred; and what to know."""
    shown = () if update.selected is None else (update.selected.venue,)
    wanted = (line.venue,) if line.venue else tuple(dict.fromkeys((*shown, *venues)))
    listed: dict[str, list[Instrument]] = {venue: [] for venue in wanted}
    for instrument in update.snapshot.instruments.values():
        if instrument.venue in listed:
            listed[instrument.venue].append(instrument)
    refusals: list[InputError] = []
    for instruments in listed.values():
        if instruments:
            try:
                return find_instrument(line.symbol, instruments), ""
            except InputError as error:
                refusals.append(error)
    unlisted = [venue for venue in wanted if not listed[venue]]
    if update.clock.recording is not None and update.snapshot.instruments:
        return _not_recorded(line, update, refusals, unlisted)
    if refusals and not (line.venue and unlisted):
        asked = ", ".join(venue for venue in wanted if listed[venue])
        raise InputError("symbol", f"{refusals[0].user_message} (asked: {asked})")
    return _by_name(line, unlisted)


def _not_recorded(
    line: TradeLine, update: Update, refusals: Sequence[InputError], unlisted: Sequence[str]
) -> tuple[Instrument, str]:
    """The contract by its name at a venue that the recording lacks, where one is named."""
    if line.venue in _ONE_COIN_EACH and unlisted and line.size_unit is not SizeUnit.CONTRACTS:
        note = f"{line.venue} is not in this recording: taken by its name, without prices"
        return instrument_named(line.symbol, line.venue), note
    if all(isinstance(refusal, UnlistedError) for refusal in refusals):
        recorded = update.snapshot.instruments.values()
        raise InputError("symbol", not_recorded(line.symbol, line.venue or "", recorded))
    raise refusals[0]


def _by_name(line: TradeLine, venues: Sequence[str]) -> tuple[Instrument, str]:
    """The contract by its name alone, at the first venue where that says enough."""
    if line.size_unit is SizeUnit.CONTRACTS:
        raise InputError(
            "size", f"size in contracts needs the contract size, which {venues[0]} has not listed"
        )
    for venue in venues:
        if venue in _ONE_COIN_EACH:
            note = f"{venue} has not listed its contracts: taken by its name, without tick and step"
            return instrument_named(line.symbol, venue), note
    raise InputError(
        "symbol",
        f"symbol {quote(line.symbol)} cannot be looked up: "
        f"{venues[0]} has not listed its contracts",
    )


def _span(text: str, line: TradeLine, field: str) -> tuple[int, int]:
    """Where the word stands that a field was read from; the line's end where none does."""
    is_meant = _tests_of(line).get(field)
    words = list(_WORD.finditer(text))[1:]
    for word in words if is_meant is not None else ():
        if is_meant is not None and is_meant(word[0].lower()):
            return word.start(), word.end()
    return len(text), len(text)


def _tests_of(line: TradeLine) -> dict[str, Callable[[str], bool]]:
    """How to know the word of a field again, by field."""
    symbol = line.symbol.lower()
    return {
        "symbol": lambda word: word.endswith(symbol),
        "entry_price": lambda word: word.startswith("@") or word in ("market", "mkt", "mark"),
        "leverage": lambda word: word[:1] in "x×" or word[-1:] in "x×",
        "size": lambda word: word[:1].isdigit() or word[:1] == ".",
        "stop_price": lambda word: word in ("sl", "stop"),
        "take_profit_price": lambda word: word in ("tp", "target"),
    }
