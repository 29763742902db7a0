"""Venues that publish leverage tiers without a key, by id, for `liqline tiers fetch`.

Gate, Bitget and KuCoin are asked for their tiers only; the window offers none of their markets, so
they stand here and not in the catalogue. The bounds of their linear contracts count notional in
the settle currency. A deduction is kept where the venue publishes one (Gate); elsewhere it stays
0, and how the rates are read is said by the venue's rule in dashboard.risk.venue_rules.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from dashboard.errors import InputError
from dashboard.market.instrument import Instrument, MarginTier, TierTable, TierUnit
from dashboard.venues.catalogue import CATALOGUE
from dashboard.venues.entry import Budget, Entry, Params, TierCall
from dashboard.venues.fields import AnswerError, not_negative, objects, positive

Parse = Callable[[Sequence[object], Sequence[Instrument], int], list[TierTable]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Columns:
    """What a venue calls the fields of a tier, and where in the answer the tiers are listed."""

    listed_under: tuple[str, ...]
    cap: str
    rate: str
    leverage: str
    deduction: str | None = None


def _parser(columns: _Columns, source: str) -> Parse:
    """A reader of answers that hold one contract's tiers each."""

    def parse(
        answers: Sequence[object], instruments: Sequence[Instrument], now_ms: int
    ) -> list[TierTable]:
        return [
            TierTable(
                venue=instrument.venue,
                symbol=instrument.symbol,
                tiers=tiers,
                unit=TierUnit.QUOTE,
                as_of_ms=now_ms,
                source=source,
            )
            for answer, instrument in zip(answers, instruments, strict=True)
            if (tiers := _tiers(answer, columns, instrument.symbol))
        ]

    return parse


def _tiers(answer: object, columns: _Columns, symbol: str) -> tuple[MarginTier, ...]:
    """The tiers by rising bound, each from the bound before it to its own.

    Raises AnswerError where one of them cannot be read: a table with a tier left out would put
    positions into a wrong one. Deductions count only where all tiers have theirs.
    """
    found: list[tuple[float, float, float, float | None]] = []
    for row in objects(answer, *columns.listed_under):
        cap, rate = positive(row.get(columns.cap)), positive(row.get(columns.rate))
        leverage = positive(row.get(columns.leverage))
        if cap is None or rate is None or leverage is None:
            raise AnswerError(f"a leverage tier of {symbol} that cannot be read")
        deduction = not_negative(row.get(columns.deduction)) if columns.deduction else None
        found.append((cap, rate, leverage, deduction))
    found.sort(key=lambda tier: tier[0])
    whole = all(deduction is not None for *_, deduction in found)
    floors = [0.0, *(cap for cap, *_ in found)]
    return tuple(
        MarginTier(
            floor=floor,
            cap=cap,
            mmr=rate,
            cum=deduction if whole and deduction is not None else 0.0,
            max_leverage=leverage,
        )
        for floor, (cap, rate, leverage, deduction) in zip(floors, found, strict=False)
    )


def _gate_contract(instrument: Instrument) -> Params:
    return {"settle": instrument.settle.lower(), "contract": instrument.market_id}


def _bitget_contract(instrument: Instrument) -> Params:
    return {"productType": f"{instrument.settle}-FUTURES", "symbol": instrument.market_id}


GATE = Entry(
    venue="gate",
    ccxt_id="gate",
    hosts=("api.gateio.ws",),
    options={
        "fetchMarkets": {"types": ["swap"]},
        "swap": {"fetchMarkets": {"settlementCurrencies": ["usdt"]}},
        "defaultType": "swap",
    },
    budgets={"contracts": Budget(200, 10.0), "tiers": Budget(200, 10.0)},
    markets_charges={"contracts": 1},
    calls=(),
    series={},
    tiers=TierCall(
        name="/futures/{settle}/risk_limit_tiers",
        method="publicFuturesGetSettleRiskLimitTiers",
        charges={"tiers": 1},
        requests=lambda instruments: [_gate_contract(instrument) for instrument in instruments],
        parse=_parser(
            _Columns(
                listed_under=(),
                cap="risk_limit",
                rate="maintenance_rate",
                leverage="leverage_max",
                deduction="deduction",
            ),
            "Gate /futures/{settle}/risk_limit_tiers",
        ),
    ),
)

BITGET = Entry(
    venue="bitget",
    ccxt_id="bitget",
    hosts=("api.bitget.com",),
    options={"fetchMarkets": {"types": ["swap"]}, "defaultType": "swap"},
    budgets={"contracts": Budget(20, 1.0), "tiers": Budget(10, 1.0)},
    markets_charges={"contracts": 1},
    markets_requests=6,  # ccxt asks every product type
    calls=(),
    series={},
    tiers=TierCall(
        name="/api/v2/mix/market/query-position-lever",
        method="publicMixGetV2MixMarketQueryPositionLever",
        charges={"tiers": 1},
        requests=lambda instruments: [_bitget_contract(instrument) for instrument in instruments],
        parse=_parser(
            _Columns(
                listed_under=("data",), cap="endUnit", rate="keepMarginRate", leverage="leverage"
            ),
            "Bitget /api/v2/mix/market/query-position-lever",
        ),
    ),
)

KUCOIN = Entry(
    venue="kucoinfutures",
    ccxt_id="kucoinfutures",
    hosts=("api-futures.kucoin.com",),
    options={"fetchMarkets": {"types": ["swap"], "fetchTickersFees": False}, "defaultType": "swap"},
    budgets={"public": Budget(2000, 30.0)},
    markets_charges={"public": 3},
    calls=(),
    series={},
    tiers=TierCall(
        name="/api/v1/contracts/risk-limit/{symbol}",
        method="futuresPublicGetContractsRiskLimitSymbol",
        charges={"public": 3},
        requests=lambda instruments: [
            {"symbol": instrument.market_id} for instrument in instruments
        ],
        parse=_parser(
            _Columns(
                listed_under=("data",),
                cap="maxRiskLimit",
                rate="maintainMargin",
                leverage="maxLeverage",
            ),
            "KuCoin /api/v1/contracts/risk-limit/{symbol}",
        ),
    ),
)

TIER_VENUES: dict[str, Entry] = {
    entry.venue: entry
    for entry in (*CATALOGUE.values(), GATE, BITGET, KUCOIN)
    if entry.tiers is not None
}


def find_tier_entry(venue: str) -> Entry:
    """How `venue` is asked for its tiers; raises InputError that lists the venues that answer."""
    entry = TIER_VENUES.get(venue)
    if entry is None:
        allowed = ", ".join(TIER_VENUES)
        raise InputError(
            "venue", f'venue "{venue}" gives no leverage tiers without a key; allowed are {allowed}'
        )
    return entry
