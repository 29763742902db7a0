"""Price lines: named by side, labels that never cover one another, the important ones first."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from dashboard.market.account import MarginMode, Position, Side, SizeUnit
from dashboard.market.instrument import Instrument
from dashboard.risk.report import LiquidationStatus, PositionRisk, RiskReport
from tests.widgets.market_samples import BTC, ETH, instrument
from widgets.charts.price_lines import PriceLine, PriceLineKind, lines_of_positions, place, spread
from widgets.charts.value_range import ValueRange

HEIGHT, LABEL = 300.0, 18.0


def values(low: float, high: float) -> ValueRange:
    made = ValueRange()
    made.low, made.high = low, high
    return made


def risk(
    of: Instrument, side: Side, entry: float, liquidation: float | None, **prices: float
) -> PositionRisk:
    position = Position(
        id=f"{of.symbol}{entry}",
        instrument=of,
        side=side,
        size=1.0,
        size_unit=SizeUnit.BASE,
        entry_price=entry,
        margin_mode=MarginMode.ISOLATED,
        leverage=10.0,
        **prices,  # type: ignore[arg-type]  # only the optional prices are passed
    )
    return PositionRisk(
        position=position,
        currency="USDT",
        status=LiquidationStatus.OK if liquidation else LiquidationStatus.UNKNOWN,
        liquidation_price=liquidation,
    )


def test_each_position_in_the_contract_gets_its_lines_named_by_side() -> None:
    btc, eth = instrument(BTC.venue, "BTC"), instrument(ETH.venue, "ETH")
    report = RiskReport(
        now_ms=0,
        positions=[
            risk(btc, Side.LONG, 100.0, 91.0, stop_price=95.0, take_profit_price=120.0),
            risk(eth, Side.LONG, 50.0, 45.0),
            risk(btc, Side.SHORT, 110.0, None),
        ],
    )
    long, short = f"{btc.symbol}100.0", f"{btc.symbol}110.0"
    assert lines_of_positions(
        risk for risk in report.positions if risk.position.instrument.key == BTC
    ) == [
        PriceLine(100.0, "LONG entry", PriceLineKind.ENTRY, long),
        PriceLine(91.0, "LONG liquidation", PriceLineKind.LIQUIDATION, long),
        PriceLine(95.0, "LONG stop", PriceLineKind.STOP, long),
        PriceLine(120.0, "LONG take-profit", PriceLineKind.TAKE_PROFIT, long),
        PriceLine(110.0, "SHORT entry", PriceLineKind.ENTRY, short),
    ]


lines = st.builds(
    PriceLine, st.floats(0.0, 300.0), st.just("LONG entry"), st.sampled_from(PriceLineKind)
)


@given(st.lists(lines, max_size=30))
def test_labels_never_overlap_and_stay_inside(wanted: list[PriceLine]) -> None:
    placed = place(wanted, values(100.0, 200.0), HEIGHT, LABEL)
    tops = [one.label_top for one in placed]
    assert all(below - above >= LABEL - 1e-9 for above, below in pairwise(tops))
    assert all(-1e-9 <= top <= HEIGHT - LABEL + 1e-9 for top in tops)
    prices = [one.line.price for one in placed]
    assert prices == sorted(prices, reverse=True)
    assert len(placed) == min(len(wanted), int(HEIGHT // LABEL))


def test_a_line_in_sight_is_named_before_those_out_of_sight() -> None:
    alert = PriceLine(150.0, "alert", PriceLineKind.ALERT, "a")
    away = [
        PriceLine(300.0 + at, "LONG take-profit", PriceLineKind.TAKE_PROFIT, str(at))
        for at in range(20)
    ]
    liquidation = PriceLine(10.0, "LONG liquidation", PriceLineKind.LIQUIDATION, "p")
    placed = [
        one.line for one in place([*away, alert, liquidation], values(100.0, 200.0), HEIGHT, LABEL)
    ]
    assert alert in placed
    assert liquidation in placed, "the one that matters most is named wherever it lies"


@given(st.lists(st.floats(0.0, 60.0), max_size=5))
def test_labels_with_room_between_them_stand_at_their_lines(gaps: list[float]) -> None:
    wanted, top = [], 0.0
    for gap in gaps:
        top += gap
        if top <= HEIGHT - LABEL:
            wanted.append(top)
        top += LABEL
    assert spread(wanted, LABEL, HEIGHT) == wanted


def test_a_price_out_of_sight_keeps_its_label_at_the_edge_it_lies_beyond() -> None:
    above = PriceLine(500.0, "SHORT liquidation", PriceLineKind.LIQUIDATION)
    below = PriceLine(1.0, "LONG liquidation", PriceLineKind.LIQUIDATION)
    seen = PriceLine(150.0, "LONG entry", PriceLineKind.ENTRY)
    first, middle, last = place([below, seen, above], values(100.0, 200.0), HEIGHT, LABEL)
    assert (first.line, first.y, first.above, first.label_top) == (above, None, True, 0.0)
    assert (middle.y, middle.label_top) == (150.0, 150.0 - LABEL / 2)
    assert (last.line, last.y, last.above) == (below, None, False)
    assert last.label_top == HEIGHT - LABEL


def test_where_room_is_short_liquidation_goes_before_take_profit() -> None:
    wanted = [PriceLine(100.0 + kind.rank, kind.value, kind) for kind in PriceLineKind]
    placed = place(wanted, values(90.0, 110.0), 2.5 * LABEL, LABEL)
    kinds = {one.line.kind for one in placed}
    assert kinds == {PriceLineKind.LIQUIDATION, PriceLineKind.MARK}


def test_lines_of_a_typed_trade_come_before_those_of_positions_but_not_before_liquidation() -> None:
    lines = [
        PriceLine(100.0, "LONG entry", PriceLineKind.ENTRY, "one"),
        PriceLine(101.0, "typed LONG stop", PriceLineKind.STOP, "typed", meant=True),
        PriceLine(102.0, "LONG liquidation", PriceLineKind.LIQUIDATION, "one"),
    ]
    placed = place(lines, values(90.0, 110.0), 2.5 * LABEL, LABEL)
    assert {one.line.text for one in placed} == {"typed LONG stop", "LONG liquidation"}
