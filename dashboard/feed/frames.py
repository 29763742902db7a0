"""The messages between the feed process and the window, and their wire form.

A frame is `u32 length | u8 kind | body`, little-endian, `length` counting kind and body. Kind 1
is a MessagePack body; kind 2 is `u32 header length | MessagePack SeriesHeader | float64 matrix`.
The first frame is Hello; a peer of another FRAME_VERSION is refused.
"""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from dashboard.errors import DashboardError
from dashboard.market.access_key import AccessKey
from dashboard.market.holdings import Holdings
from dashboard.market.instrument import Instrument, InstrumentKey, TierTable
from dashboard.market.readings import (
    SERIES_COLUMNS,
    FundingRate,
    LongShortRatio,
    MarkPrice,
    OpenInterest,
    OpenInterestPast,
    Reading,
    SeriesKind,
    Ticker,
    Unavailable,
)
from dashboard.risk.odds.cells import Cell, ForecastCount, WalletOdds

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

FRAME_VERSION = 2
MAX_FRAME_BYTES = 64 * 1024 * 1024
_PREFIX = struct.Struct("<IB")
_LENGTH = struct.Struct("<I")
_KIND_MESSAGE = 1
_KIND_SERIES = 2
_NOT_FINITE = re.compile(rb"\xcb[\x7f\xff][\xf0-\xff]|\xca[\x7f\xff][\x80-\xff]")
"""How MessagePack begins a float that may be NaN; other bytes may look like it, too."""


class Hello(msgspec.Struct, frozen=True, tag=True):
    """The first frame of a feed."""

    frame_version: int
    program_version: str
    pid: int


class Clock(msgspec.Struct, frozen=True, tag=True):
    """What "now" is: `now_ms` was true when sent, and runs at `speed` unless `paused`.

    `recording` is the recording's title, None for live venues; `notes` are sentences on what the
    recording lacks and where it is from. `sent_s` is when it was sent: by `elapsed_s` of a live
    market, by time.monotonic() of a recorded one, which stands still while the computer sleeps.
    """

    now_ms: int
    speed: float
    paused: bool
    recording: str | None = None
    starts_ms: int | None = None
    ends_ms: int | None = None
    notes: list[str] = []
    sent_s: float | None = None


class Listing(msgspec.Struct, frozen=True, tag=True):
    """All contracts of one venue."""

    venue: str
    instruments: list[Instrument]


class Readings(msgspec.Struct, frozen=True, tag=True):
    """Readings of one fetch, grouped by type."""

    marks: list[MarkPrice] = []
    tickers: list[Ticker] = []
    fundings: list[FundingRate] = []
    open_interests: list[OpenInterest] = []
    open_interests_past: list[OpenInterestPast] = []
    ratios: list[LongShortRatio] = []
    unavailable: list[Unavailable] = []

    def all(self) -> Iterator[Reading]:
        """Every reading, in the order of the groups."""
        yield from self.marks
        yield from self.tickers
        yield from self.fundings
        yield from self.open_interests
        yield from self.open_interests_past
        yield from self.ratios
        yield from self.unavailable


class Tiers(msgspec.Struct, frozen=True, tag=True):
    """Leverage tier tables fetched from a venue."""

    tables: list[TierTable]


class OddsHorizon(msgspec.Struct, frozen=True):
    """One horizon of OddsFit: `down` and `up` are float32 excursions in sigmas."""

    hours: int
    sigma: float
    count: int
    effective: float
    down: bytes
    up: bytes


class OddsBase(msgspec.Struct, frozen=True):
    """The base rates of OddsFit: float32 arrays as in risk.odds.base_rates, and the third now."""

    shares: bytes
    counts: bytes
    rare: bytes
    now: str


class OddsFit(msgspec.Struct, frozen=True, tag=True):
    """How likely levels of one contract are touched, or the `reason` why nobody knows.

    `method` is that of risk.touch; `source` says what the bars are; `made_ms` is when the last
    of the `bars` closed. `steps` are float32 rows of return, low and high in units of `sigma_h`.
    """

    venue: str
    symbol: str
    method: str = ""
    note: str = ""
    source: str = ""
    since_ms: int = 0
    made_ms: int = 0
    bars: int = 0
    pooled: bool = False
    horizons: list[OddsHorizon] = []
    sigma_h: float = 0.0
    steps: bytes = b""
    base: OddsBase | None = None
    reason: str = ""


class OddsScore(msgspec.Struct, frozen=True, tag=True):
    """What came of the forecasts that were stored, as of `now_ms`: `cells` are those that are
    decided and do not overlap, `count` is of all.
    """

    now_ms: int
    cells: list[Cell]
    count: ForecastCount


class WalletTold(msgspec.Struct, frozen=True):
    """The odds of one wallet, or the `reason` why there are none."""

    wallet: str
    odds: WalletOdds | None = None
    reason: str = ""


class AccountOddsTold(msgspec.Struct, frozen=True, tag=True):
    """The answer to AskAccountOdds, from bars that had closed by `until_ms`."""

    request: int
    until_ms: int
    wallets: list[WalletTold]


class VenueStatus(msgspec.Struct, frozen=True, tag=True):
    """How one venue is doing, in words: `state` is "connecting", "ok", "failing" or "off".

    `used_share` is how much of its fullest request budget is used, of the whole that the venue
    allows; `budget_text` says which in words, `prices_text` how mark prices come. By
    `clock_ahead_ms` this computer's clock is ahead of the venue's, None where that is unknown.
    """

    venue: str
    state: str
    text: str
    received_ms: int
    used_share: float | None = None
    budget_text: str = ""
    prices_text: str = ""
    clock_ahead_ms: int | None = None


class Refused(msgspec.Struct, frozen=True):
    """One reading that was refused or doubted: when (ms UTC), why, and the venue's own words."""

    at_ms: int
    sentence: str
    raw: str = ""


class Refusals(msgspec.Struct, frozen=True, tag=True):
    """How many readings of a venue each rule refused or doubted, and the latest of them."""

    venue: str
    counts: dict[str, int]
    latest: list[Refused]


class IntervalChanged(msgspec.Struct, frozen=True, tag=True):
    """A venue settles a contract's funding every `hours` now, and did every `before_hours`."""

    venue: str
    symbol: str
    before_hours: float
    hours: float
    at_ms: int


class Fault(msgspec.Struct, frozen=True, tag=True):
    """A failure of the feed itself or of one command, in words; `fatal` ends the feed."""

    text: str
    fatal: bool = False


class SeriesHeader(msgspec.Struct, frozen=True):
    """What a series matrix holds; `complete` is False while older pages are still coming.

    `left_out` is how many rows came for the request that cannot be; `note` says so, too.
    """

    venue: str
    symbol: str
    kind: SeriesKind
    timeframe: str
    rows: int
    request: int = 0
    complete: bool = True
    note: str = ""
    left_out: int = 0


class Series(NamedTuple):
    """A series with its matrix: rows by time, columns as in SERIES_COLUMNS."""

    header: SeriesHeader
    values: npt.NDArray[np.float64]


class AccountTold(msgspec.Struct, frozen=True, tag=True):
    """The answer to AskAccount or ForgetKey: `holdings`, or in `fault` why there are none."""

    request: int
    venue: str
    owner: str
    holdings: Holdings | None = None
    fault: str = ""


Message = (
    Hello
    | Clock
    | Listing
    | Readings
    | Tiers
    | OddsFit
    | OddsScore
    | AccountOddsTold
    | VenueStatus
    | Refusals
    | AccountTold
    | Fault
    | IntervalChanged
)
Frame = Message | Series


class Watch(msgspec.Struct, frozen=True, tag=True):
    """Poll exactly these contracts; those with open positions, `held`, have prices streamed."""

    keys: list[InstrumentKey]
    held: list[InstrumentKey] = []


class LoadSeries(msgspec.Struct, frozen=True, tag=True):
    """Send these series of a contract for [since_ms, until_ms), from the store and the venue.

    `kinds` are those that are wanted, empty for all. While a request that is to be followed is
    the latest such one, its last rows are sent again as they change; one that is not leaves the
    others alone.
    """

    key: InstrumentKey
    timeframe: str
    since_ms: int
    until_ms: int
    request: int = 0
    kinds: tuple[SeriesKind, ...] = ()
    follow: bool = True


class ListVenue(msgspec.Struct, frozen=True, tag=True):
    """Send a venue's Listing, loading its markets first if need be."""

    venue: str


class SetClock(msgspec.Struct, frozen=True, tag=True):
    """Change the recording's clock; None leaves a part as it is. `step_ms` moves once."""

    speed: float | None = None
    paused: bool | None = None
    seek_ms: int | None = None
    step_ms: int | None = None


class KeepHistory(msgspec.Struct, frozen=True, tag=True):
    """Keep the history for so many days, 0 for ever."""

    days: int


class AskAccount(msgspec.Struct, frozen=True, tag=True):
    """Send what an account holds; `owner` is its public address, or the name of a keyed one.

    A `key` is kept in the keyring under `owner` once the venue says that it only reads; None
    takes the one that is kept there.
    """

    request: int
    venue: str
    owner: str
    key: AccessKey | None = None


class ForgetKey(msgspec.Struct, frozen=True, tag=True):
    """Take the key of an account out of the keyring."""

    request: int
    venue: str
    owner: str


class WalletAsked(msgspec.Struct, frozen=True):
    """A wallet as odds_wire packs it, and by coin the contract whose bars tell how it moves."""

    wallet: str
    packed: bytes
    keys: dict[str, InstrumentKey]


class AskAccountOdds(msgspec.Struct, frozen=True, tag=True):
    """Send how likely these wallets are liquidated."""

    request: int
    wallets: list[WalletAsked]


class Stop(msgspec.Struct, frozen=True, tag=True):
    """End the feed."""


Command = (
    Watch
    | LoadSeries
    | ListVenue
    | SetClock
    | KeepHistory
    | AskAccount
    | ForgetKey
    | AskAccountOdds
    | Stop
)


class FrameError(DashboardError):
    """Bytes that are no frame of this version: the peer is to be restarted."""


_encoder = msgspec.msgpack.Encoder()
_message_decoder: msgspec.msgpack.Decoder[Message] = msgspec.msgpack.Decoder(Message)
_header_decoder = msgspec.msgpack.Decoder(SeriesHeader)
_command_decoder: msgspec.msgpack.Decoder[Command] = msgspec.msgpack.Decoder(Command)


def encode(frame: Frame | Command) -> bytes:
    """The wire form of a frame or command; raises FrameError where it is too long to be read."""
    kind, body = _encoded(frame)
    if len(body) >= MAX_FRAME_BYTES:
        raise FrameError(f"a frame of {len(body) + 1} bytes; up to {MAX_FRAME_BYTES} are allowed")
    return _PREFIX.pack(len(body) + 1, kind) + body


def _encoded(frame: Frame | Command) -> tuple[int, bytes]:
    """Kind and body of a frame."""
    if isinstance(frame, Series):
        # Deferred, here and below: the window is painted before it needs NumPy.
        import numpy as np

        header = _encoder.encode(frame.header)
        matrix = np.ascontiguousarray(frame.values, dtype="<f8").tobytes()
        return _KIND_SERIES, _LENGTH.pack(len(header)) + header + matrix
    return _KIND_MESSAGE, _encoder.encode(frame)


class FrameSplitter:
    """Cuts a byte stream into (kind, body) pairs."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[tuple[int, bytes]]:
        """Take bytes in and yield the frames that are complete.

        Raises FrameError where the length is impossible.
        """
        self._buffer += data
        while len(self._buffer) >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(self._buffer)
            if not 1 <= length <= MAX_FRAME_BYTES:
                raise FrameError(f"a frame of {length} bytes; 1 to {MAX_FRAME_BYTES} are allowed")
            end = _LENGTH.size + length
            if len(self._buffer) < end:
                return
            kind = self._buffer[_LENGTH.size]
            body = bytes(self._buffer[_LENGTH.size + 1 : end])
            del self._buffer[:end]
            yield kind, body


def decode(kind: int, body: bytes) -> Frame:
    """The frame that a (kind, body) pair carries; raises FrameError where it is none."""
    try:
        if kind == _KIND_MESSAGE:
            return _without_nan(_message_decoder.decode(body), body)
        if kind == _KIND_SERIES:
            return _decode_series(body)
    except (msgspec.MsgspecError, ValueError, struct.error) as error:
        raise FrameError("a frame could not be read", detail=repr(error)) from error
    raise FrameError(f"a frame of unknown kind {kind}")


def _without_nan(message: Message, body: bytes) -> Message:
    """The message; raises ValueError where a NaN stands in it, which no feed of ours sends."""
    if _NOT_FINITE.search(body) and _has_nan(message):
        raise ValueError("NaN in a message")
    return message


def _has_nan(value: object) -> bool:
    if isinstance(value, float):
        return math.isnan(value)
    if isinstance(value, dict):
        return any(map(_has_nan, value.values()))
    if isinstance(value, list | tuple):
        return any(map(_has_nan, value))
    if isinstance(value, msgspec.Struct):
        return any(_has_nan(getattr(value, name)) for name in value.__struct_fields__)
    names = getattr(value, "__dataclass_fields__", ())
    return any(_has_nan(getattr(value, name)) for name in names)


def _decode_series(body: bytes) -> Series:
    import numpy as np

    (header_length,) = _LENGTH.unpack_from(body)
    start = _LENGTH.size + header_length
    header = _header_decoder.decode(body[_LENGTH.size : start])
    columns = len(SERIES_COLUMNS[header.kind])
    values = np.frombuffer(body, dtype="<f8", offset=start).reshape(header.rows, columns)
    return Series(header, values)


def decode_command(kind: int, body: bytes) -> Command:
    """The command that a (kind, body) pair carries; raises FrameError where it is none."""
    if kind != _KIND_MESSAGE:
        raise FrameError(f"a command of unknown kind {kind}")
    try:
        return _command_decoder.decode(body)
    except (msgspec.MsgspecError, ValueError) as error:
        raise FrameError("a command could not be read", detail=repr(error)) from error
