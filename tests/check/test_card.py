"""The card of `liqline check`: every line says its figure, or why there is none."""

from __future__ import annotations

import json
import re

import pytest

from dashboard.check import card as cards
from dashboard.check import command
from dashboard.check.case import case_of
from dashboard.check.request import read_request
from dashboard.check.words import money, multiple, percent, price, span
from dashboard.cli import main
from dashboard.risk.assess import assess
from tests.check.lines import BUNDLED, LONG, NOW_MS

EXAMPLE = "long btc 0.5 @64200 x10 iso sl 62000 tp 68000"
FUNDED = ("--mark", "63000", "--funding", "0.0001", "--interval", "8")


def card(capsys: pytest.CaptureFixture[str], line: str, *options: str) -> str:
    status = main(["check", line, *options], lambda _: 99)
    out, err = capsys.readouterr()
    assert (status, err) == (0, "")
    return out


def part(text: str, label: str) -> str:
    """The lines under a label, without the label."""
    found = re.search(rf"^{label}( .*\n(?: {{14}}.*\n)*)", text, re.MULTILINE)
    assert found is not None, text
    return "\n".join(line.strip() for line in found[1].splitlines())


def binance(capsys: pytest.CaptureFixture[str], line: str, *options: str) -> str:
    return card(capsys, line, "--venue", "binanceusdm", *options)


def test_the_worked_example_reads_in_full(capsys: pytest.CaptureFixture[str]) -> None:
    text = binance(capsys, EXAMPLE, *FUNDED, "--rule-date", "2026-10-09")
    assert text == (
        "long 0.5 BTC/USDT:USDT at 64200, 10x isolated on binanceusdm; mark 63000\n"
        "\n"
        "Liquidation   58012.048: 7.92 % below the mark\n"
        "              on the way there the position loses 2493.98 USDT\n"
        "              rule Binance USD-M; confirmed by prices that the venue reported\n"
        "              tier 1: 0.40 %, no deduction; tiers of 2026-09-29, 10 days old\n"
        "              (3,210 + 0 - 1 x 0.5 x 64,200) / (0.5 x (0.004 + 0 - 1)) = 58,012.04819\n"
        "Bankruptcy    57780\n"
        "Margin        initial 3210.00 USDT\n"
        "              maintenance 126.00 USDT\n"
        "              margin ratio 4.83 % (liquidation at 100 %)\n"
        "Profit        -600.00 USDT, -18.69 % of the initial margin\n"
        "Leverage      12.07x effective\n"
        "Funding       the holder pays 3.15 USDT each interval\n"
        "              9.45 USDT a day, 0.36 % of the margin; 10.95 % a year\n"
        "              at a standing price funding alone liquidates in 262.9 days\n"
        "Break-even    64264.232 with a taker fee of 0.0005 both ways "
        "(the venue's regular rate)\n"
        "Exits         stop 62000: loses 1100.00 USDT before fees; before liquidation, "
        "6.21 % of the entry price between them\n"
        "              take-profit 68000: gains 1900.00 USDT before fees\n"
    )


def test_a_deduction_and_an_old_table_are_said(capsys: pytest.CaptureFixture[str]) -> None:
    text = binance(capsys, "long btc 10 @64200 x10 iso", "--rule-date", "2026-12-31")
    said = part(text, "Liquidation")
    assert "tier 2: 0.50 %, less a deduction of 300.00 USDT" in said
    assert "93 days old" in said
    assert "the tiers are old: with their neighbours' rates" in said


def test_tiers_that_were_entered_have_no_date() -> None:
    rows = [{"floor": 0, "mmr": 0.01}]
    request, _ = read_request(json.dumps({**LONG, "tiers": rows}).encode())
    case = case_of(request, BUNDLED, NOW_MS)
    report = assess(case.book, case.snapshot, case.tiers, case.now_ms)
    text = cards.card(report.positions[0], (), NOW_MS)
    assert "tier 1: 1.00 %, no deduction; tiers as entered" in part(text, "Liquidation")


def test_without_a_mark_the_price_stands_alone(capsys: pytest.CaptureFixture[str]) -> None:
    text = binance(capsys, "long btc 0.5 @64200 x10 iso")
    assert part(text, "Liquidation").startswith("58012.048\n")
    assert part(text, "Profit") == "unknown: no mark_price was given"
    assert part(text, "Funding") == "unknown: no mark_price was given"
    assert "Exits" not in text
    assert "; mark" not in text


def test_a_crossed_price_shouts(capsys: pytest.CaptureFixture[str]) -> None:
    text = binance(capsys, "long btc 0.5 @64200 x10 iso", "--mark", "58000")
    assert part(text, "Funding") == "unknown: no funding_rate was given"
    assert part(text, "Liquidation").startswith("BREACHED: the mark has crossed 58012.048\n")


def test_no_price_at_all_may_be_safe(capsys: pytest.CaptureFixture[str]) -> None:
    text = binance(capsys, "long btc 0.5 @64200 x10 cross wallet 1", "--mark", "60000",
                   "--mmr", "0.5", "--maintenance-amount", "0")  # fmt: skip
    assert part(text, "Liquidation").startswith("BREACHED")


def test_what_never_liquidates_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    text = card(capsys, "short btc 30k$ @60000 x1 iso sl 70000", "--venue", "binancecoinm",
                "--mark", "60000", "--mmr", "0.004")  # fmt: skip
    assert part(text, "Liquidation").startswith("none: no price liquidates this position")
    assert "no price liquidates" in part(text, "Exits")


def test_a_missing_rate_leaves_it_unknown(capsys: pytest.CaptureFixture[str]) -> None:
    text = card(capsys, "long nosuch 1 @5 x3 iso sl 4", "--venue", "bybit", "--mark", "5")
    assert part(text, "Liquidation").startswith("unknown: no margin tiers of NOSUCH/USDT:USDT")
    assert "whether it comes before liquidation is unknown" in part(text, "Exits")


def test_an_entered_rate_and_an_unconfirmed_rule_are_said(
    capsys: pytest.CaptureFixture[str],
) -> None:
    text = card(capsys, "long btc 0.5 @64200 x10 iso", "--venue", "nowhere", "--mmr", "0.004")
    said = part(text, "Liquidation")
    assert "rule Generic; UNCONFIRMED: no price that the venue reported agrees with it yet" in said
    assert "maintenance rate 0.40 % (entered)" in said
    assert part(text, "Break-even").startswith("unknown: no taker fee was entered")


def test_a_rate_that_grows_with_size_names_its_document(
    capsys: pytest.CaptureFixture[str],
) -> None:
    text = card(capsys, "long BTC_USDC-PERPETUAL 25 @100000 x20 iso", "--venue", "deribit",
                "--mark", "100000")  # fmt: skip
    assert "maintenance rate 1.12 % (" in part(text, "Liquidation")


def test_a_stop_beyond_liquidation_shouts(capsys: pytest.CaptureFixture[str]) -> None:
    text = binance(capsys, "short btc 0.5 @64200 x10 iso sl 72000", *FUNDED)
    assert "above the mark" in part(text, "Liquidation")
    assert part(text, "Exits").endswith("LIQUIDATION COMES FIRST")
    assert "the holder receives 3.15 USDT each interval" in part(text, "Funding")
    assert "liquidates" not in part(text, "Funding")
    assert "\n! liquidation comes before the stop at 72000" in text


def test_an_unknown_interval_leaves_the_day_unknown(capsys: pytest.CaptureFixture[str]) -> None:
    text = binance(capsys, EXAMPLE, "--mark", "63000", "--funding", "0.0001")
    said = part(text, "Funding")
    assert said.startswith("the holder pays 3.15 USDT each interval\nper day unknown: ")


def test_a_lost_margin_has_no_leverage_and_no_share(capsys: pytest.CaptureFixture[str]) -> None:
    text = binance(capsys, EXAMPLE, "--mark", "50000", "--funding", "0.0001", "--interval", "8")
    assert part(text, "Leverage") == "unknown: no margin is left"
    assert "of the margin" not in part(text, "Funding")
    assert "margin ratio unknown: no margin is left" in part(text, "Margin")


def test_sizes_in_contracts_and_money_name_their_unit(capsys: pytest.CaptureFixture[str]) -> None:
    text = binance(capsys, "long btc 500ct @64200 x10 iso", "--contract-size", "0.001")
    assert text.startswith("long 500 contracts of BTC/USDT:USDT at 64200")
    text = binance(capsys, "long btc 30k$ @64200 cross wallet 5000")
    assert text.startswith("long 30000 in quote currency of BTC/USDT:USDT at 64200 cross")
    assert "initial unknown: no leverage was entered" in part(text, "Margin")


def test_it_is_plain_ascii_and_no_line_ends_in_a_blank(
    capsys: pytest.CaptureFixture[str],
) -> None:
    text = binance(capsys, EXAMPLE, *FUNDED)
    assert text.isascii()
    assert all(line == line.rstrip() for line in text.splitlines())


def test_the_card_uses_the_tables_that_were_kept(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []
    real = command.load_tiers
    monkeypatch.setattr(command, "load_tiers", lambda at: seen.append(at) or real(at))
    binance(capsys, EXAMPLE, "--data-dir", "some/where")
    assert str(seen[0]).endswith("where")


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0"), (64_200.0, "64200"), (58_012.048192, "58012.048"), (0.00001234, "0.00001234"),
     (-2.5, "-2.5"), (1e12, "1000000000000"), (3e-15, "0")],
)  # fmt: skip
def test_prices_are_written_without_exponent(value: float, text: str) -> None:
    assert price(value) == text


def test_other_numbers() -> None:
    assert (money(1_234.567), money(-0.00123)) == ("1234.57", "-0.00123")
    assert (percent(0.0792), percent(0.0), percent(1e-7)) == ("7.92 %", "0.00 %", "0.00001 %")
    assert (multiple(12.0689), multiple(12_345.6)) == ("12.07x", "12346x")
    assert (span(47.9), span(72.0)) == ("47.9 h", "3.0 days")
