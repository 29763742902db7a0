"""Bad input of `liqline check --json`: one sentence that names the field, never a number."""

from __future__ import annotations

from typing import Any

import pytest

from dashboard.check import request as request_module
from dashboard.check.entered_tiers import Overlay
from dashboard.check.positions import Place, position_from
from dashboard.check.request import MAX_LINE_BYTES, Request, read_request
from dashboard.errors import InputError
from dashboard.market.instrument import InstrumentKey
from tests.check.lines import BUNDLED, CROSS, LONG, answer

OTHER: dict[str, Any] = {
    "symbol": "eth",
    "side": "long",
    "entry_price": 3_000,
    "size": 1,
    "size_unit": "base",
    "mark_price": 3_000,
}
TIERS: list[dict[str, Any]] = [
    {"floor": 0, "cap": 1_000, "mmr": 0.01, "cum": 0},
    {"floor": 1_000, "cap": None, "mmr": 0.02, "cum": 10},
]
NUMBERS = [
    "entry_price", "size", "contract_size", "leverage", "margin", "extra_margin",
    "wallet_balance", "maintenance_margin_rate", "maintenance_amount", "taker_fee", "mark_price",
    "funding_rate", "funding_interval_hours", "stop_price", "take_profit_price",
    "other_unrealised_pnl", "other_maintenance",
]  # fmt: skip
POSITIVE = [
    "entry_price", "size", "contract_size", "leverage", "margin", "maintenance_margin_rate",
    "mark_price", "funding_interval_hours", "stop_price", "take_profit_price",
]  # fmt: skip


def without(name: str, line: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in line.items() if key != name}


def tiers(**second: Any) -> list[dict[str, Any]]:
    return [TIERS[0], {**TIERS[1], **second}]


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize("token", ["NaN", "Infinity", "-Infinity", "1e400", "1e19"])
def test_numbers_that_are_none_are_refused_by_name(name: str, token: str) -> None:
    base = {**CROSS, "maintenance_margin_rate": 0.01}
    line = ", ".join(f'"{k}": "{v}"' if isinstance(v, str) else f'"{k}": {v}'
                     for k, v in without(name, base).items())  # fmt: skip
    said = answer(f'{{{line}, "{name}": {token}}}')
    assert said["error"].startswith(f"{name} must be a number up to 1e+18, not ")


@pytest.mark.parametrize("name", POSITIVE)
@pytest.mark.parametrize("value", [0, -1, -1e-9])
def test_zero_and_less_are_refused_by_name(name: str, value: float) -> None:
    said = answer({**LONG, name: value})
    assert said["error"] == f"{name} must be above 0, not {value:g}"


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize(("value", "shown"), [("5", '"5"'), (True, "true"), ([1], "[1]")])
def test_values_that_are_no_numbers_are_refused_by_name(
    name: str, value: object, shown: str
) -> None:
    assert answer({**LONG, name: value})["error"] == f"{name} must be a number, not {shown}"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (without("venue", LONG), "venue is missing; it must be a venue's id"),
        (without("side", LONG), "side is missing; it must be long or short"),
        (without("entry_price", LONG), "entry_price is missing; it must be a price"),
        (without("size", LONG), "size is missing"),
        (without("size_unit", LONG), "size_unit is missing; it must be base, contracts or quote"),
        (without("margin_mode", LONG), "margin_mode is missing; it must be isolated or cross"),
        (without("leverage", LONG), "leverage is missing: an isolated position needs leverage or"),
        (without("wallet_balance", CROSS), "wallet_balance is missing: a cross position stands"),
        (without("symbol", LONG), "symbol is missing; without it kind must be linear or inverse"),
        ({**LONG, "size_unit": "contracts"}, "contract_size is missing: a size in contracts"),
        ({**LONG, "side": "up"}, 'side must be long or short, not "up"'),
        ({**LONG, "kind": "spot"}, 'kind must be linear or inverse, not "spot"'),
        ({**LONG, "kind": "inverse", "symbol": "BTC/USDT:USDT"}, "kind inverse does not fit"),
        ({**LONG, "size_unit": "usd"}, 'size_unit must be base, contracts or quote, not "usd"'),
        ({**LONG, "margin_mode": "iso"}, 'margin_mode must be isolated or cross, not "iso"'),
        ({**LONG, "symbol": "@"}, 'symbol "@" is no contract name'),
        ({**LONG, "symbol": 5}, "symbol must be a text, not 5"),
        ({**LONG, "rule_date": "2026-13-01"}, "rule_date must be a date such as 2026-05-27"),
        ({**LONG, "size": 1e-19}, "size must be at least 1e-18, not 1e-19"),
        ({**LONG, "extra_margin": -1}, "extra_margin must be 0 or more, not -1"),
        ({**LONG, "taker_fee": -0.1}, "taker_fee must be 0 or more"),
        ({**LONG, "taker_fee": 1}, "taker_fee must be a fraction below 1"),
        ({**LONG, "maintenance_margin_rate": 1}, "maintenance_margin_rate must be a fraction"),
        ({**LONG, "funding_rate": -1}, "funding_rate must be a fraction below 1"),
        ({**LONG, "maintenance_amount": 5}, "maintenance_amount needs maintenance_margin_rate"),
        ({**LONG, "funding_interval_hours": 0}, "funding_interval_hours must be above 0, not 0"),
        ({**LONG, "leverage": 151}, "leverage must be at most 150 at this size of BTC/USDT:USDT"),
        ({**LONG, "size": 100, "leverage": 76}, "leverage must be at most"),
        ({**CROSS, "leverage": 151}, "leverage must be at most 150"),
        ({**LONG, "tiers": []}, "tiers is empty"),
        ({**LONG, "tiers": tiers(floor=1_100)}, "tiers must join"),
        ({**LONG, "tiers": tiers(floor=900)}, "tiers must join"),
        ({**LONG, "tiers": TIERS[1:]}, "tiers must start at a floor of 0"),
        ({**LONG, "tiers": tiers(mmr=0.001)}, "maintenance rates must not fall"),
        ({**LONG, "tiers": tiers(mmr=-0.1)}, "mmr of tier 2 must lie between 0 and 1"),
        ({**LONG, "tiers": tiers(max_leverage=0)}, "max_leverage of tier 2 must be"),
        ({**LONG, "tiers": tiers(cum=None)}, "tiers must have cum in every row or in none"),
        ({**LONG, "tiers": [{"floor": 0}]}, "tiers[0]: object missing required field `mmr`"),
        ({**LONG, "tiers": [{"floor": 0, "mmr": "1"}]}, 'tiers[0].mmr must be a number, not "1"'),
        ({**LONG, "tiers": "none"}, "tiers must be a list of rows"),
        ({**LONG, "venue": "okx", "tiers": TIERS}, "contract_size is missing: the tiers of"),
        ({**CROSS, "other_positions": [without("side", OTHER)]},
         "other_positions[0].side is missing; it must be long or short"),
        ({**CROSS, "other_positions": [OTHER, {**OTHER, "size": 0}]},
         "other_positions[1].size must be above 0, not 0"),
        ({**CROSS, "other_positions": [without("mark_price", OTHER)]},
         "other_positions[0].mark_price is missing: its profit counts in the wallet"),
        ({**CROSS, "other_positions": [{**OTHER, "margin_mode": "isolated"}]},
         "other_positions[0].margin_mode must be cross"),
        ({**CROSS, "other_positions": [{**OTHER, "other_positions": []}]},
         "other_positions[0].other_positions must stand in the line itself"),
        ({**CROSS, "other_positions": [{**OTHER, "venue": "okx"}]},
         "other_positions[0].venue must be binanceusdm"),
        ({**CROSS, "other_positions": [{**OTHER, "symbol": "ETHUSDC"}]},
         "other_positions[0].symbol settles in USDC and the position in USDT"),
        ({**CROSS, "other_positions": [without("symbol", OTHER)]},
         "other_positions[0].symbol is missing; without it"),
        ({**CROSS, "other_positions": [{**without("symbol", OTHER), "kind": "inverse"}]},
         "other_positions[0].kind must be linear"),
        ({**CROSS, "mark_price": 63_000,
          "other_positions": [{**OTHER, "symbol": "btc", "mark_price": 64_000}]},
         "other_positions[0].mark_price is 64000 but the same contract was given 63000 before"),
        ({**CROSS, "tiers": TIERS, "leverage": None,
          "other_positions": [{**OTHER, "symbol": "btc", "tiers": tiers(mmr=0.03)}]},
         "other_positions[0].tiers differ from those given before"),
        ({**CROSS, "other_positions": [{**OTHER, "tiers": tiers(mmr=0.001)}]},
         "other_positions[0].maintenance rates must not fall"),
        ({**CROSS, "other_positions": [{**OTHER, "maintenance_amount": 5}]},
         "other_positions[0].maintenance_amount needs maintenance_margin_rate"),
        ({**CROSS, "other_positions": {}}, "other_positions must be a list of positions"),
        ("[1, 2]", "the line must be a JSON object"),
        ("{", "the line is not JSON"),
        ("long btc", "the line is not JSON"),
        ('{"a":' * 5_000, "the line is not JSON"),
        ('{"size": 1' + "0" * 5_000 + "}", "the line is not JSON"),
    ],
)  # fmt: skip
def test_each_fault_is_one_sentence_that_names_its_field(
    line: str | dict[str, Any], message: str
) -> None:
    said = answer(line)
    assert set(said) == {"line", "error"}
    assert said["error"].startswith(message), said["error"]
    assert "\n" not in said["error"]


@pytest.mark.parametrize(
    ("line", "warning"),
    [
        ({**LONG, "wallet_balance": 1}, "wallet_balance is not used: the position is isolated"),
        ({**LONG, "other_positions": [OTHER]}, "other_positions is not used"),
        ({**LONG, "other_maintenance": 5}, "other_maintenance is not used"),
        ({**CROSS, "margin": 1}, "margin is not used: the position is cross"),
        ({**CROSS, "extra_margin": 1}, "extra_margin is not used: the position is cross"),
    ],
)
def test_fields_without_meaning_in_a_margin_mode_are_said(
    line: dict[str, Any], warning: str
) -> None:
    assert any(text.startswith(warning) for text in answer(line)["warnings"])


def test_zero_deduction_and_zero_extra_margin_need_nothing_beside_them() -> None:
    assert "error" not in answer({**LONG, "maintenance_amount": 0, "extra_margin": 0})


def test_a_leverage_is_not_held_against_a_table_that_does_not_apply() -> None:
    assert "error" not in answer({**LONG, "leverage": 200, "maintenance_margin_rate": 0.001})
    rows = [{"floor": 0, "mmr": 0.001, "max_leverage": None}]
    assert "error" not in answer({**LONG, "leverage": 200, "tiers": rows})


def test_an_inverse_size_is_held_against_tiers_in_coin() -> None:
    line = {**LONG, "venue": "binancecoinm", "size": 64_200, "size_unit": "quote"}
    rows = [{"floor": 0, "cap": 5, "mmr": 0.004, "max_leverage": 125},
            {"floor": 5, "cap": 10, "mmr": 0.005, "max_leverage": 100}]  # fmt: skip
    assert "error" not in answer({**line, "tiers": rows, "leverage": 125})
    said = answer({**line, "tiers": rows, "leverage": 125, "size": 6 * 64_200})
    assert said["error"].startswith("leverage must be at most 100")


def test_lists_without_end_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(request_module, "MAX_OTHER_POSITIONS", 2)
    monkeypatch.setattr(request_module, "MAX_TIERS", 1)
    said = answer({**CROSS, "other_positions": [OTHER] * 3})
    assert said["error"] == "other_positions has 3 entries; at most 2 are read"
    assert answer({**LONG, "tiers": TIERS})["error"] == "tiers has 2 rows; at most 1 are read"


def test_the_mark_that_some_systems_put_before_a_text_is_no_fault() -> None:
    request, _ = read_request(b'\xef\xbb\xbf{"size": 5}')
    assert request.size == 5


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(InputError, match="the line is not JSON"):
        read_request(b'{"venue": "\xff\xfe"}')


def test_a_line_without_end_is_refused() -> None:
    with pytest.raises(InputError, match="at most 1,048,576 are read"):
        read_request(b" " * (MAX_LINE_BYTES + 1))


def test_a_request_that_was_not_checked_makes_no_position() -> None:
    with pytest.raises(InputError, match="size or entry_price is missing"):
        position_from(Request(), Place(venue="okx", id="1", unnamed="unnamed", prefix=""))


def test_given_tables_stand_before_the_known_ones() -> None:
    known = BUNDLED.tables
    btc = InstrumentKey("binanceusdm", "BTC/USDT:USDT")
    new = InstrumentKey("okx", "BTC/USDT:USDT")
    both = Overlay({btc: known[btc], new: known[btc]}, known)
    assert len(both) == len(known) + 1
    assert set(both) == {*known, new}
    assert both[new] is both[btc]
