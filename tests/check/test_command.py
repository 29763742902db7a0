"""`liqline check` as a command: arguments, exit status, standard input and output."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from types import SimpleNamespace
from typing import Any

import pytest

from dashboard.check.command import bounded_lines
from dashboard.check.request import MAX_LINE_BYTES
from dashboard.cli import main
from tests.check.lines import LONG

EXAMPLE = "long btc 0.5 @64200 x10 iso"
COMMAND = (sys.executable, "-m", "dashboard", "check")


def refused(capsys: pytest.CaptureFixture[str], *argv: str) -> str:
    status = main(["check", *argv], lambda _: 99)
    out, err = capsys.readouterr()
    assert (status, out) == (2, "")
    assert err.count("\n") == 1
    return err


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        ((), "a trade line is missing; write one such as"),
        ((EXAMPLE,), "--venue is missing"),
        (("long btc", "--venue", "okx"), "size is missing"),
        (("long btc 0.5 @64200 iso", "--venue", "okx"), "leverage is missing"),
        (("long btc 0.5 @64200 x10 cross", "--venue", "okx"), "wallet_balance is missing"),
        (("long btc 0.5 @market x10 iso", "--venue", "okx"), "--mark is missing: the trade line"),
        ((EXAMPLE, "--venue", "okx", "--mark", "abc"), '--mark "abc" is not a number'),
        ((EXAMPLE, "--venue", "okx", "--mark", "1,234"), "could be 1.234 or 1234"),
        ((EXAMPLE, "--venue", "okx", "--mark", "0"), "mark_price must be above 0"),
        ((EXAMPLE, "--venue", "okx", "--interval", "0"), "funding_interval_hours must be above 0"),
        ((EXAMPLE, "--venue", "okx", "--rule-date", "soon"), "--rule-date must be a date"),
        ((EXAMPLE.replace("x10", "x999"), "--venue", "binanceusdm"), "leverage must be at most"),
        (("long btc 5ct @64200 x10 iso", "--venue", "okx"), "contract_size is missing"),
        (("--json", EXAMPLE), "line does not go with --json"),
        (("--json", "--venue", "okx"), "--venue does not go with --json"),
        (("--json", "--contract-size", "5"), "--contract-size does not go with --json"),
    ],
)
def test_wrong_arguments_are_one_sentence_and_status_2(
    capsys: pytest.CaptureFixture[str], argv: tuple[str, ...], message: str
) -> None:
    assert message in refused(capsys, *argv)


def test_all_options_reach_the_position(capsys: pytest.CaptureFixture[str]) -> None:
    status = main(
        ["check", "short btc 30k$ @market x10 iso +margin 10", "--venue", "binance", "--kind",
         "linear", "--mark", "63000", "--funding", "-0.0001", "--interval", "4", "--mmr", "0.01",
         "--maintenance-amount", "5", "--taker-fee", "0.0004", "--margin", "3100",
         "--contract-size", "1", "--rule-date", "2026-01-01"],
        lambda _: 99,
    )  # fmt: skip
    text = capsys.readouterr().out
    assert status == 0
    quantity = 30_000 / 63_000
    price = (3_110 + 5 + 30_000) / (quantity * 1.01)
    assert f"{price:.3f}"[:8] in text
    assert "the holder pays 3.00 USDT each interval" in text
    assert "! the margin entered, 3,100, counts" in text


class TestJson:
    def run(
        self,
        monkeypatch: pytest.MonkeyPatch,
        capsysbinary: pytest.CaptureFixture[bytes],
        data: bytes,
    ) -> tuple[int, list[dict[str, Any]]]:
        monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(data)))
        status = main(["check", "--json"], lambda _: 99)
        out = capsysbinary.readouterr().out
        return status, [json.loads(line) for line in out.splitlines()]

    def test_status_0_where_every_line_was_understood(
        self, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
    ) -> None:
        line = json.dumps(LONG).encode()
        status, said = self.run(monkeypatch, capsysbinary, line + b"\n\r\n" + line)
        assert status == 0
        assert len(said) == 2
        assert said[0] == said[1]

    def test_status_1_where_one_was_not(
        self, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
    ) -> None:
        line = json.dumps(LONG).encode()
        status, said = self.run(monkeypatch, capsysbinary, b"nonsense\n" + line + b"\n")
        assert status == 1
        assert said[0]["line"] == 1
        assert said[1]["liquidation_price"] > 0

    def test_nothing_asked_is_nothing_answered(
        self, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
    ) -> None:
        assert self.run(monkeypatch, capsysbinary, b"") == (0, [])


def test_of_a_line_without_end_only_the_first_part_is_held() -> None:
    stream = io.BytesIO(b"a\n" + b"x" * (3 * MAX_LINE_BYTES) + b"\nb\n" + b"y" * MAX_LINE_BYTES)
    lines = list(bounded_lines(stream))
    assert [line[:1] for line in lines] == [b"a", b"x", b"b", b"y"]
    assert len(lines[1]) == MAX_LINE_BYTES + 1


class TestProcess:
    def test_it_streams_and_ends_quietly_when_its_reader_goes(self) -> None:
        line = json.dumps(LONG).encode() + b"\n"
        with subprocess.Popen(
            (*COMMAND, "--json"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            assert process.stderr is not None
            process.stdin.write(line)
            process.stdin.flush()
            first = json.loads(process.stdout.readline())
            assert first["liquidation_price"] == pytest.approx(58_012.048, abs=1e-3)
            process.stdout.close()
            process.stdin.write(line * 5)
            process.stdin.close()
            assert process.stderr.read() == b""
            assert process.wait(timeout=30) == 1

    def test_it_starts_without_the_libraries_of_window_and_feed(self) -> None:
        code = (
            "import sys; from dashboard.cli import main; "
            f"main(['check', {EXAMPLE!r}, '--venue', 'binanceusdm'], None); "
            "print(sorted({'PySide6', 'ccxt', 'aiohttp', 'pandas', 'pyarrow', 'asyncio', "
            "'sqlite3'} & sys.modules.keys()), file=sys.stderr)"
        )
        ran = subprocess.run((sys.executable, "-c", code), capture_output=True, check=True)
        assert ran.stderr.decode().strip() == "[]"
