"""`liqline odds` and `liqline odds evaluate`, as typed: figures out, refusals in one sentence."""

from __future__ import annotations

import argparse
import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import pytest

from dashboard.check.candle_file import read_candles
from dashboard.cli import main
from dashboard.market.instrument import InstrumentKey
from dashboard.market.readings import SeriesKind
from dashboard.risk.odds.bars import HOUR_MS, RawBars
from dashboard.store.history import HistoryStore
from dashboard.store.paths import find_places
from tests.risk.odds_series import wild

KEY = InstrumentKey("binanceusdm", "BTC/USDT:USDT")
HOURS = 9500
PRICES = ("open", "high", "low", "close")
OPTIONS = ("--burn-in", "3000", "--every", "24", "--horizons", "4,24", "--refit", "672")


@cache
def series() -> RawBars:
    return wild(HOURS, steps=6)


def frame(symbol: str = "BTCUSDT", prefix: str = "") -> pd.DataFrame:
    raw = series()
    return pd.DataFrame(
        {
            "ts": pd.to_datetime(raw.time_ms, unit="ms"),
            "symbol": symbol,
            f"{prefix}open": raw.open,
            f"{prefix}high": raw.high,
            f"{prefix}low": raw.low,
            f"{prefix}close": raw.close,
        }
    )


def run(*arguments: str) -> int:
    def no_window(_: argparse.Namespace) -> int:
        raise AssertionError("no window was asked for")

    return main(["odds", *arguments], no_window)


def evaluate(tmp_path: Path, bars: pd.DataFrame, *more: str) -> int:
    path = tmp_path / "bars.parquet"
    bars.to_parquet(path)
    return run("evaluate", "--candles", str(path), *OPTIONS, *more)


def end_text() -> str:
    end_s = (int(series().time_ms[-1]) + HOUR_MS) / 1000
    return f"{datetime.fromtimestamp(end_s, UTC):%Y-%m-%d %H:%M}"


class TestEvaluate:
    def test_a_line_per_method(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert evaluate(tmp_path, frame(), "--symbol", "BTCUSDT") == 0
        lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        assert [line["method"] for line in lines] == [
            "conditional-har",
            "reflection-har",
            "reflection-ewma72",
            "historical-simulation-1y",
        ]
        for line in lines:
            assert {"n", "brier", "log_loss", "ece", "bins"} <= set(line)
            assert len(line["bins"]) == 20
            assert sum(one["n"] for one in line["bins"]) == line["n"]
            assert "by_symbol" not in line

    def test_several_symbols_are_pooled_and_told_apart(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        both = pd.concat([frame("BTCUSDT"), frame("ETHUSDT")])
        assert evaluate(tmp_path, both, "--symbol", "ETH/USDT:USDT,btcusdt") == 0
        line = json.loads(capsys.readouterr().out.splitlines()[0])
        assert [one["symbol"] for one in line["by_symbol"]] == ["ETHUSDT", "BTCUSDT"]
        assert line["n"] == sum(one["n"] for one in line["by_symbol"])

    def test_mark_prices_are_taken_and_the_symbol_may_be_missing(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        marked = frame(prefix="mark_").drop(columns="symbol").set_index("ts")
        marked["open"] = np.nan
        assert evaluate(tmp_path, marked, "--since", "2020-12-01") == 0
        assert json.loads(capsys.readouterr().out.splitlines()[0])["n"] > 0

    @pytest.mark.parametrize(
        "times",
        [
            lambda ms: ms,
            lambda ms: ms // 1000,
            lambda ms: ms * 1000,
            lambda ms: ms * 1_000_000,
            lambda ms: (ms / 1000).astype(np.float64),
            lambda ms: pd.Series(ms).astype(str),
            lambda ms: pd.to_datetime(ms, unit="ms").strftime("%Y-%m-%d %H:%M:%S"),
            lambda ms: pd.to_datetime(ms, unit="ms", utc=True).tz_convert("America/New_York"),
            lambda ms: pd.Series(ms).astype("Int64"),
        ],
    )
    @pytest.mark.filterwarnings("error")
    def test_a_time_is_the_same_in_each_form(
        self, tmp_path: Path, times: Callable[[np.ndarray], object]
    ) -> None:
        path = tmp_path / "bars.parquet"
        bars = frame().iloc[:50]
        bars.assign(ts=times(series().time_ms[:50])).to_parquet(path)
        (raw,) = read_candles(path).values()
        assert raw.time_ms.tolist() == series().time_ms[:50].tolist()

    @pytest.mark.parametrize("index", [["symbol"], ["ts"], ["symbol", "ts"]])
    def test_symbol_and_time_may_be_the_index(self, tmp_path: Path, index: list[str]) -> None:
        path = tmp_path / "bars.parquet"
        both = pd.concat([frame("BTCUSDT"), frame("ETHUSDT")])
        both.set_index(index).to_parquet(path)
        assert list(read_candles(path)) == ["BTCUSDT", "ETHUSDT"]
        assert len(read_candles(path, ["ETHUSDT"])["ETHUSDT"].time_ms) == HOURS

    def test_a_volume_that_nobody_recorded_is_no_outage(self, tmp_path: Path) -> None:
        path = tmp_path / "bars.parquet"
        frame().iloc[:50].assign(volume=np.nan).to_parquet(path)
        assert read_candles(path)["BTCUSDT"].volume is None

    def test_hours_without_a_price_are_gaps(self, tmp_path: Path) -> None:
        bars = frame()
        bars.loc[500:501, list(PRICES)] = np.nan
        assert evaluate(tmp_path, bars) == 2
        assert evaluate(tmp_path, bars, "--skip-gaps") == 0

    @pytest.mark.parametrize(
        ("spoil", "said"),
        [
            (lambda f: f.drop(index=[500, 501]), "BTCUSDT: there are gaps: 2 hours are missing"),
            (lambda f: f.iloc[::-1], "not in order of time"),
            (lambda f: pd.concat([f.iloc[:9], f.iloc[8:]]), "1 bar comes twice"),
            (lambda f: f.assign(volume=0.0), "have no volume, which is an outage"),
            (lambda f: f.assign(high=f.low * 0.5), "has a high under its low"),
            (lambda f: f.assign(close=f.close.where(f.index < 9)), "missing or not above 0"),
            (lambda f: f.iloc[:40], "the series has 40 hourly bars"),
            (lambda f: f.iloc[:0], "has no bars"),
            (lambda f: f.assign(symbol=None), "has no bars"),
            (lambda f: f.assign(venue=["a", "b"] * (len(f) // 2)), "mixes venues (a, b)"),
            (lambda f: f.drop(columns="low"), "lacks low; columns ts, open, high, low, close"),
            (lambda f: f.assign(ts="soon"), "column ts holds something that is no time"),
            (lambda f: f.assign(ts=f.ts.where(f.index > 3)), "a bar has no ts"),
            (lambda f: f.assign(ts=range(len(f))), "ts must be a UTC time"),
            (lambda f: f.assign(low="cheap"), "column low holds something that is no number"),
        ],
    )
    def test_bars_that_are_no_series_give_no_figure(
        self,
        tmp_path: Path,
        capsys: pytest.CaptureFixture[str],
        spoil: Callable[[pd.DataFrame], pd.DataFrame],
        said: str,
    ) -> None:
        assert evaluate(tmp_path, spoil(frame())) == 2
        out, err = capsys.readouterr()
        assert out == ""
        assert said in err
        assert len(err.splitlines()) == 1

    def test_a_split_gives_no_figure(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        bars = frame()
        bars.loc[bars.index >= 4000, ["open", "high", "low", "close"]] *= 1000.0
        assert evaluate(tmp_path, bars) == 2
        assert "a split or another contract" in capsys.readouterr().err

    def test_gaps_can_be_left_out(self, tmp_path: Path) -> None:
        assert evaluate(tmp_path, frame().drop(index=[500, 501]), "--skip-gaps") == 0

    @pytest.mark.parametrize(
        ("more", "said"),
        [
            (("--symbol", "DOGE"), '"DOGE" is not in the file; there are BTCUSDT'),
            (("--leverages", "0.5"), "a leverage must lie above 1"),
            (("--since", "2030-01-01"), "after --since"),
            (("--since", "soon"), "is no instant"),
        ],
    )
    def test_an_option_that_makes_no_sense(
        self,
        tmp_path: Path,
        capsys: pytest.CaptureFixture[str],
        more: tuple[str, ...],
        said: str,
    ) -> None:
        assert evaluate(tmp_path, frame(), *more) == 2
        assert said in capsys.readouterr().err

    @pytest.mark.parametrize(
        "more",
        [
            ("--every", "x"),
            ("--horizons", "4,b"),
            ("--every", "9" * 22),
            ("--refit", "9" * 22),
            ("--burn-in", "9" * 19),
        ],
    )
    def test_no_number(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str], more: tuple[str, ...]
    ) -> None:
        with pytest.raises(SystemExit) as exit_:
            evaluate(tmp_path, frame(), *more)
        assert exit_.value.code == 2
        assert len(capsys.readouterr().err.splitlines()) == 1

    def test_no_file(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert run("evaluate", "--candles", str(tmp_path / "none.parquet")) == 2
        assert "there is no file" in capsys.readouterr().err
        text = tmp_path / "text.parquet"
        text.write_text("hello")
        assert run("evaluate", "--candles", str(text)) == 2
        assert "is no Parquet file" in capsys.readouterr().err

    def test_two_symbols_of_a_file_without_names(self, tmp_path: Path) -> None:
        assert evaluate(tmp_path, frame().drop(columns="symbol"), "--symbol", "A,B") == 2


class TestOneLevel:
    def stored(self, tmp_path: Path, kind: SeriesKind = SeriesKind.MARK_CANDLES) -> None:
        raw = series()
        columns = [raw.time_ms.astype(float), raw.open, raw.high, raw.low, raw.close]
        if kind is SeriesKind.CANDLES:
            columns.append(np.ones(HOURS))
        history = HistoryStore(find_places(tmp_path).history("made-up"))
        history.append(KEY, kind, "1h", np.column_stack(columns))
        history.close()

    def ask(self, tmp_path: Path, *more: str) -> int:
        return run(
            "--venue", KEY.venue, "--symbol", KEY.symbol, "--recording", "made-up",
            "--data-dir", str(tmp_path), *more,
        )  # fmt: skip

    def test_words_from_the_history(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        self.stored(tmp_path)
        level = str(series().close[-1] * 0.95)
        assert self.ask(tmp_path, "--level", level, "--at", end_text()) == 0
        said = capsys.readouterr().out
        assert "within 24 h" in said
        assert "within 7 days" in said
        assert f"From {HOURS:,} hourly mark candles, 2020-01-01 00:00 UTC to" in said
        assert "Not in it: outages, tier changes, what you add." in said
        assert "safe" not in said

    def test_last_prices_are_said_to_be_such(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        self.stored(tmp_path, SeriesKind.CANDLES)
        assert self.ask(tmp_path, "--level", "90", "--at", end_text(), "--mark", "100") == 0
        assert "candles of the last price, because the venue has none" in capsys.readouterr().out

    def test_json_has_a_line_per_horizon(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        self.stored(tmp_path)
        more = ("--level", "97", "--mark", "100", "--horizon", "24,168", "--json")
        assert self.ask(tmp_path, *more, "--at", end_text()) == 0
        lines: list[Any] = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        assert [line["horizon_hours"] for line in lines] == [24, 168]
        assert all(line["method"] == "conditional-har" for line in lines)
        assert lines[0]["probability"] <= lines[1]["probability"]
        assert lines[0]["interval"][0] < lines[0]["probability"] < lines[0]["interval"][1]

    def test_an_old_history_gives_no_number(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        self.stored(tmp_path)
        assert self.ask(tmp_path, "--level", "97") == 2
        out, err = capsys.readouterr()
        assert out == ""
        assert "name an instant with --at" in err

    def test_an_old_file_gives_no_number(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        path = tmp_path / "bars.parquet"
        frame().iloc[:1000].to_parquet(path)
        assert run("--candles", str(path), "--level", "97") == 2
        assert "no odds are given" in capsys.readouterr().err
        at = ("--at", "2020-02-11 16:00", "--mark", "100")
        assert run("--candles", str(path), "--level", "97", *at) == 0
        said = capsys.readouterr().out
        assert "Binance's hourly mark prices" in said

    @pytest.mark.parametrize(
        ("spoil", "said"),
        [
            (lambda f: f.drop(index=[500, 501]), "there are gaps: 2 hours are missing"),
            (lambda f: f.assign(volume=(f.index != 7) * 1.0), "1 hour has no volume"),
            (lambda f: f.iloc[::-1], "not in order of time"),
            (lambda f: pd.concat([f.iloc[:9], f.iloc[8:]]), "1 bar comes twice"),
            (lambda f: f.assign(high=f.low * 0.5), "has a high under its low"),
            (
                lambda f: f.assign(
                    **{name: f[name] * (1.0 + 999.0 * (f.index >= 400)) for name in PRICES}
                ),
                "a split or another contract",
            ),
            (lambda f: f.iloc[960:], "the series has 40 hourly bars up to then; odds of a file"),
        ],
    )
    def test_a_file_that_is_no_series_gives_no_figure(
        self,
        tmp_path: Path,
        capsys: pytest.CaptureFixture[str],
        spoil: Callable[[pd.DataFrame], pd.DataFrame],
        said: str,
    ) -> None:
        path = tmp_path / "bars.parquet"
        bars = frame().iloc[:1000]
        asked = ("--candles", str(path), "--level", "97", "--at", "2020-02-11 16:00")
        bars.to_parquet(path)
        assert run(*asked) == 0
        capsys.readouterr()
        spoil(bars).to_parquet(path)
        assert run(*asked) == 2
        out, err = capsys.readouterr()
        assert out == ""
        assert said in err
        assert len(err.splitlines()) == 1

    def test_gaps_of_a_file_can_be_left_out(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        path = tmp_path / "bars.parquet"
        frame().iloc[:1000].drop(index=[500, 501]).to_parquet(path)
        asked = ("--candles", str(path), "--level", "97", "--at", "2020-02-11 16:00")
        assert run(*asked, "--skip-gaps") == 0
        assert "2 hours are missing" in capsys.readouterr().out

    @pytest.mark.parametrize(
        ("more", "said"),
        [
            ((), "--level is missing"),
            (("--level", "0"), "--level must be above 0"),
            (("--level", "90", "--horizon", "x"), "is no number of hours"),
            (("--level", "90", "--horizon", "9999", "--at", "END"), "1 to 720 hours, not 9999"),
        ],
    )
    def test_refusals(
        self,
        tmp_path: Path,
        capsys: pytest.CaptureFixture[str],
        more: tuple[str, ...],
        said: str,
    ) -> None:
        self.stored(tmp_path)
        typed = tuple(end_text() if word == "END" else word for word in more)
        assert self.ask(tmp_path, *typed) == 2
        assert said in capsys.readouterr().err

    def test_a_venue_that_cannot_be_asked(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        asked = ("--venue", "nowhere", "--symbol", "X/Y:Y", "--level", "1")
        assert run(*asked, "--data-dir", str(tmp_path)) == 2
        assert 'venue "nowhere" cannot be asked' in capsys.readouterr().err


class _OutOfOrder(BaseHTTPRequestHandler):
    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        self.send_error(503)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def test_a_venue_is_asked_at_its_other_address(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _OutOfOrder)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    address = f"binanceusdm=http://127.0.0.1:{server.server_port}/door"
    named = ("--venue", KEY.venue, "--symbol", KEY.symbol, "--data-dir", str(tmp_path))
    try:
        assert run(*named, "--level", "50000", "--venue-url", address) != 0
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
    assert _OutOfOrder.asked[0].startswith("/door/fapi.binance.com/fapi/v1/exchangeInfo")
    assert "binanceusdm is out of order (503)" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        (("--venue-url", "okx"), '--venue-url is "okx"; allowed is VENUE=URL'),
        (("--venue-url", "mtgox=http://127.0.0.1:9"), 'venue "mtgox" is unknown'),
        (
            ("--venue-url", "okx=http://127.0.0.1:9", "--recording", "crash-2024-08"),
            "--venue-url is for live venues",
        ),
    ],
)
def test_an_address_that_cannot_be_used_is_refused(
    more: tuple[str, ...], sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    named = ("--venue", KEY.venue, "--symbol", KEY.symbol, "--data-dir", str(tmp_path))
    assert run(*named, "--level", "50000", *more) == 2
    assert sentence in capsys.readouterr().err
