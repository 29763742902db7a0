"""The position table words every danger, says why a figure is missing, and shows its receipt."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester

from dashboard.market.account import MarginMode, Position, Side
from dashboard.market.instrument import ContractKind
from dashboard.risk.report import (
    AccountRisk,
    LiquidationStatus,
    PositionRisk,
    RiskReport,
    StopCheck,
)
from tests.widgets import position_samples as samples
from tests.widgets.market_samples import NOW_MS
from widgets import format as fmt
from widgets.models.position_row import PositionRow, position_rows, row_key
from widgets.models.positions import COLUMNS
from widgets.models.receipt_text import receipt_text
from widgets.models.rows import Column, RowsModel

BY_KEY = {column.key: column for column in COLUMNS}


def column(key: str) -> Column[PositionRow]:
    return BY_KEY[key]


def cell(key: str, risk: PositionRisk, *, late: bool = False) -> str:
    return column(key).text(PositionRow(risk, late)).replace(fmt.GROUP, " ")


def colour(key: str, risk: PositionRisk, *, late: bool = False) -> str | None:
    choose = column(key).colour
    return None if choose is None else choose(PositionRow(risk, late))


def hint(key: str, risk: PositionRisk) -> str:
    tell = column(key).hint
    return "" if tell is None else tell(PositionRow(risk, mark_late=False))


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("symbol", "BTC/USDT"),
        ("side", "long"),
        ("venue", "binanceusdm"),
        ("quantity", "0.5 BTC"),
        ("entry_price", "60 880.1"),
        ("mark_price", "61 234.5"),
        ("liquidation_price", "55 012.1"),
        ("distance", "▼ 10.16%"),
        ("together", "▼ 10.16%"),
        ("distance_money", "3 111.20"),
        ("unrealised_pnl", "+177.20"),
        ("roi", "+5.82%"),
        ("notional", "30 617.25"),
        ("initial_margin", "3 044.01"),
        ("maintenance_margin", "122.47"),
        ("margin_ratio", "3.80%"),
        ("funding_per_interval", "pay 3.06 (0.10%)"),
        ("funding_per_day", "pay 9.18 (0.30%)"),
        ("hours_to_liquidation_by_funding", "12 d 12 h"),
        ("stop", "in time 4.90%"),
        ("leverage", "10x iso"),
    ],
)
def test_a_position_reads_across(key: str, text: str) -> None:
    assert cell(key, samples.risk()) == text


def test_large_amounts_leave_out_the_cents() -> None:
    assert cell("notional", samples.risk(notional=99_999.99)) == "99 999.99"
    assert cell("notional", samples.risk(notional=1_174_799.4)) == "1 174 799"
    assert cell("unrealised_pnl", samples.risk(unrealised_pnl=-250_000.0)) == "−250 000"


def test_every_column_is_read_above() -> None:
    assert len(COLUMNS) == 28
    assert len(BY_KEY) == 28


NOTHING = PositionRisk(
    position=samples.LONG,
    currency="USDT",
    status=LiquidationStatus.UNKNOWN,
    missing={
        name: f"why {name}"
        for name in PositionRisk.__slots__
        if name not in ("position", "currency", "status", "warnings", "missing", "receipts")
    },
)
OF_THE_ODDS = {"odds_24h", "odds_168h"}
"""Read in test_odds_section.py; the report does not hold them."""
OF_THE_POSITION = {
    "symbol", "side", "venue", "entry_price", "leverage",
    "state", "target", "extra_margin", "note", "tags",
}  # fmt: skip


@pytest.mark.parametrize("key", sorted(BY_KEY.keys() - OF_THE_POSITION - OF_THE_ODDS))
def test_what_is_unknown_is_na_with_its_reason_and_sorts_last(key: str) -> None:
    assert cell(key, NOTHING) == "n/a"
    assert "why " in hint(key, NOTHING)
    assert colour(key, NOTHING) == "text_muted"
    assert column(key).value(PositionRow(NOTHING, mark_late=False)) is None


WALLET = AccountRisk(
    venue="binanceusdm",
    currency="USDT",
    wallet_balance=1_000.0,
    equity=900.0,
    maintenance_margin=20.0,
    margin_ratio=0.02,
    shock_down=-0.0416,
    shock_up=None,
)
CROSS = samples.named("cross", margin_mode=MarginMode.CROSS)


def in_wallet(**changes: Any) -> PositionRow:
    account = replace(WALLET, **changes)
    risk = samples.risk(CROSS, wallet_leverage=20.9)
    report = RiskReport(now_ms=0, positions=(risk,), accounts=(account,))
    return PositionRow(risk, mark_late=False, report=report)


def test_a_cross_position_tells_the_move_of_all_coins_beside_its_own() -> None:
    row, together = in_wallet(), column("together")
    assert together.text(row).replace(fmt.GROUP, " ") == "▼ 4.16%"
    assert together.value(row) == 0.0416
    assert together.colour is not None
    assert together.colour(row) == "danger"
    assert together.hint is not None
    assert "−4.16% in all coins alike (betas 1) liquidates" in together.hint(row)
    assert "If BTC alone moves: ▼ 10.16%" in together.hint(row)
    leverage = column("leverage").hint
    assert leverage is not None
    assert "leverage of the whole wallet now: 20.9x" in leverage(row)
    assert "this position's share of it: 9.5x" in leverage(row)


def test_a_wallet_that_a_rise_ends_or_nothing_or_nobody_knows() -> None:
    together = column("together")
    assert together.colour is not None
    assert together.hint is not None
    rise = in_wallet(shock_down=None, shock_up=0.3)
    assert together.text(rise).replace(fmt.GROUP, " ") == "▲ 30.00%"
    assert together.colour(rise) is None
    never = in_wallet(shock_down=None)
    assert together.text(never) == "none"
    assert together.value(never) == math.inf
    assert "No common move" in together.hint(never)
    unknown = in_wallet(missing={"shock_down": "why not"})
    assert (together.text(unknown), together.value(unknown)) == ("n/a", None)
    assert together.colour(unknown) == "text_muted"
    assert together.hint(unknown) == "n/a: why not"


def test_a_crossed_price_is_worded_and_coloured() -> None:
    breached = samples.risk(
        status=LiquidationStatus.BREACHED, distance_fraction=None, distance_money=None
    )
    assert cell("distance", breached) == "breached"
    assert colour("distance", breached) == "danger"
    assert colour("liquidation_price", breached) == "danger"
    assert "crossed" in hint("distance", breached)


def test_a_position_that_nothing_liquidates_says_none() -> None:
    safe = samples.risk(status=LiquidationStatus.NONE, liquidation_price=None)
    assert cell("liquidation_price", safe) == "none"
    assert cell("distance", safe) == "none"
    assert hint("liquidation_price", safe).startswith("no mark price liquidates this position")


@pytest.mark.parametrize(
    ("fraction", "token"), [(0.2, None), (0.099, "warning"), (0.05, "warning"), (0.049, "danger")]
)
def test_the_nearer_the_louder(fraction: float, token: str | None) -> None:
    assert colour("distance", samples.risk(distance_fraction=fraction)) == token


def test_a_short_is_liquidated_by_a_rise() -> None:
    short = samples.risk(samples.named("short", side=Side.SHORT))
    assert cell("distance", short).startswith("▲")


def test_a_loss_of_more_than_the_margin_keeps_to_its_column() -> None:
    assert cell("roi", samples.risk(roi=-1.0213)) == "−102.1%"


def test_a_tiny_part_of_the_margin_does_not_read_as_nothing() -> None:
    tiny = samples.risk(funding_fraction_of_margin_per_interval=0.00005)
    assert cell("funding_per_interval", tiny) == "pay 3.06 (0.005%)"


def test_funding_that_is_received_says_get_and_never_liquidates() -> None:
    paid = samples.risk(
        funding_per_interval=-3.06, funding_per_day=-9.18, hours_to_liquidation_by_funding=None
    )
    assert cell("funding_per_interval", paid) == "get 3.06 (0.10%)"
    assert colour("funding_per_interval", paid) == "funding_positive"
    assert cell("hours_to_liquidation_by_funding", paid) == "never"


@pytest.mark.parametrize(
    ("stop", "text", "token"),
    [
        (
            StopCheck(price=1.0, before_liquidation=True, buffer_fraction=0.01),
            "in time 1.00%",
            None,
        ),
        (
            StopCheck(price=1.0, before_liquidation=False, buffer_fraction=None),
            "too late",
            "danger",
        ),
        (StopCheck(price=1.0, before_liquidation=None, buffer_fraction=None), "n/a", "text_muted"),
    ],
)
def test_a_stop_is_in_time_or_too_late(stop: StopCheck, text: str, token: str | None) -> None:
    held = samples.risk(stop=stop)
    assert cell("stop", held) == text
    assert colour("stop", held) == token


@pytest.mark.parametrize(
    ("side", "stop"), [(Side.LONG, 61_234.5), (Side.LONG, 62_000.0), (Side.SHORT, 61_000.0)]
)
def test_a_stop_that_the_mark_has_reached_protects_nothing(side: Side, stop: float) -> None:
    held = samples.named("x", side=side, stop_price=stop)
    in_time = StopCheck(price=stop, before_liquidation=True, buffer_fraction=0.1)
    risk = samples.risk(held, stop=in_time, mark_price=61_234.5)
    assert cell("stop", risk) == "passed"
    assert colour("stop", risk) == "danger"
    assert cell("stop", replace(risk, mark_price=None)) == "in time 10.00%"


def test_without_a_stop_the_cell_says_so() -> None:
    assert cell("stop", samples.risk(samples.named("x", stop_price=None), stop=None)) == "no stop"


def test_a_late_mark_is_marked_and_coloured() -> None:
    assert cell("mark_price", samples.risk(), late=True).endswith(" 61 234.5")
    assert cell("mark_price", samples.risk(), late=True) != cell("mark_price", samples.risk())
    assert colour("mark_price", samples.risk(), late=True) == "warning"


def test_money_of_a_coin_margined_contract_names_the_coin() -> None:
    instrument = samples.named("x").instrument
    inverse = type(instrument)(
        venue="binancecoinm",
        symbol="BTC/USD:BTC",
        market_id="BTCUSD_PERP",
        base="BTC",
        quote="USD",
        settle="BTC",
        kind=ContractKind.INVERSE,
        contract_size=100.0,
    )
    held = PositionRisk(
        position=samples.named("x", instrument=inverse),
        currency="BTC",
        status=LiquidationStatus.OK,
        quantity=10_000.0,
        unrealised_pnl=-0.01234,
    )
    assert cell("unrealised_pnl", held) == "−0.01234 BTC"
    assert cell("quantity", held) == "10 000 USD"


def test_an_example_is_marked_as_one() -> None:
    example = samples.risk(samples.named("x", example=True, note="EXAMPLE"))
    assert cell("symbol", example) == "BTC/USDT EXAMPLE"
    assert "not a position of yours" in hint("symbol", example)


def test_warnings_and_the_note_are_on_the_symbols_hover() -> None:
    told = samples.risk(samples.named("x", note="through the night"), warnings=("beware of it",))
    assert "through the night" in hint("symbol", told)
    assert "beware of it" in hint("symbol", told)


def test_the_receipt_of_a_liquidation_price_can_be_checked_by_hand() -> None:
    text = hint("liquidation_price", samples.risk()).replace(fmt.GROUP, " ")
    assert text.splitlines() == [
        "liquidation price by the rule of Binance USD-M, isolated",
        "in force since 2020-09-01; confirmed by prices that the venue reported",
        "",
        "(margin + deduction - size x entry) / (size x (rate - 1))",
        "(3044.01 + 0 - 30440.05) / (0.5 x (0.004 - 1)) = 55012.1",
        "",
        "tier 1: 0 to 300 K, maintenance margin rate 0.400%, up to 150x",
        "tiers from Binance leverage tiers, as of 2024-08-04",
        "mark price: 61234.5 (premiumIndex, 3 s old)",
        "the tiers are old: under neighbouring tables it would be 54 900.00 to 55 100.00",
        "published: https://www.binance.com/en/support/faq/liquidation",
    ]


def test_a_rule_that_nothing_confirms_says_unconfirmed() -> None:
    receipt = replace(
        samples.RECEIPT,
        confirmed=False,
        rule_valid_from="all that is known",
        tiers_as_of_ms=None,
        band=None,
    )
    text = receipt_text(receipt)
    assert "in force for all that is known; unconfirmed" in text
    assert "typed in" in text
    assert "neighbouring" not in text


def at(name: str, status: LiquidationStatus, fraction: float | None) -> PositionRisk:
    return samples.risk(samples.named(name), status=status, distance_fraction=fraction)


MIXED = (
    at("unknown", LiquidationStatus.UNKNOWN, None),
    at("far", LiquidationStatus.OK, 0.5),
    at("safe", LiquidationStatus.NONE, None),
    at("near", LiquidationStatus.OK, 0.01),
    at("gone", LiquidationStatus.BREACHED, None),
)


def test_breached_comes_first_then_the_nearest_and_unknown_last() -> None:
    rows = position_rows(samples.update(*MIXED))
    assert [row_key(row) for row in rows] == ["gone", "near", "far", "safe", "unknown"]


@pytest.mark.parametrize("order", list(Qt.SortOrder))
def test_sorting_by_distance_keeps_unknown_last(order: Qt.SortOrder) -> None:
    model = RowsModel(COLUMNS, row_key)
    model.set_rows(position_rows(samples.update(*MIXED)))
    model.sort(COLUMNS.index(column("distance")), order)
    known = ["gone", "near", "far", "safe"]
    ascending = order is Qt.SortOrder.AscendingOrder
    assert model.shown_keys() == [*(known if ascending else reversed(known)), "unknown"]


def test_the_model_holds_while_rows_come_go_and_change() -> None:
    model = RowsModel(COLUMNS, row_key)
    tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    for step in range(6):
        model.set_rows(position_rows(samples.update(*MIXED[step % 3 :])))
        model.sort(step % len(COLUMNS))
    assert tester.model() is model


def test_a_mark_price_that_is_too_old_is_late() -> None:
    fresh = position_rows(samples.update(samples.risk()))
    late = position_rows(samples.update(samples.risk(), now_ms=NOW_MS + 20_000))
    assert [row.mark_late for row in (*fresh, *late)] == [False, True]


def test_text_from_outside_is_never_markup() -> None:
    hostile: Position = samples.named("x", note="<img src='file:///etc/passwd'>")
    model = RowsModel(COLUMNS, row_key)
    model.set_rows([PositionRow(samples.risk(hostile), mark_late=False)])
    tip = model.data(model.index(0, 0), Qt.ItemDataRole.ToolTipRole)
    assert not re.search("<img", tip)
    assert "&lt;img" in tip
