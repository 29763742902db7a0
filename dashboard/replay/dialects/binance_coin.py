"""Binance COIN-M futures: what dapi.binance.com would have answered.

Formats as in Binance's public documentation of the COIN-M REST interface. It differs from USD-M
in what it counts: open interest in contracts of a fixed USD value, volumes in contracts and, where
the interface has a field for it, in coin; statistics are asked by pair. Contracts are computed
from a recorded figure only where the mark price of that moment is known.
"""

from __future__ import annotations

from collections.abc import Mapping

from dashboard.market.readings import SeriesKind
from dashboard.replay.dialects.binance import Asked, BinanceDialect, ticker_entry
from dashboard.replay.tape import Tape
from dashboard.replay.wire import known_fields, number_text

_VOLUME, _COIN_VOLUME, _BUY_VOLUME, _BUY_COIN_VOLUME = 5, 7, 9, 10


class BinanceCoinDialect(BinanceDialect):
    """dapi.binance.com over the recorded markets of `binancecoinm`, by market id."""

    host = "dapi.binance.com"
    version = "/dapi/v1"
    margined_in = "COIN_MARGINED"

    def __init__(self, tapes: Mapping[str, Tape]) -> None:
        super().__init__(tapes)
        self._endpoints["/futures/data/takerBuySellVol"] = self._taker_volumes

    def _tape(self, asked: Asked, parameter: str = "symbol") -> Tape:
        """The contract of `symbol`, or the perpetual one of `pair`."""
        pair = asked.query.get("pair", "")
        if not pair or asked.query.get("symbol"):
            return super()._tape(asked, parameter)
        if asked.query.get("contractType", "PERPETUAL") == "PERPETUAL":
            for tape in self._tapes.values():
                if tape.market.listing["pair"] == pair:
                    return tape
        return super()._tape(asked, "pair")

    def _premium_index(self, asked: Asked) -> object:
        return _as_list(super()._premium_index(asked))

    def _ticker(self, asked: Asked) -> object:
        return _as_list(self._one_or_all(asked, _coin_ticker))

    def _open_interest(self, asked: Asked) -> object:
        tape = self._tape(asked)
        return {
            **_names(tape),
            **known_fields({"openInterest": _open_contracts(tape, asked.now_ms)}),
            "time": asked.now_ms,
        }

    def _open_interest_history(self, asked: Asked) -> object:
        tape, rows = self._statistics(asked, SeriesKind.OPEN_INTEREST)
        marks, size = tape.marks_stamped(rows.time_ms), _contract_usd(tape)
        if "usd" in rows.columns:
            usd = rows.columns["usd"]
            coins = usd / marks
        else:
            coins = rows.columns["coin"]
            usd = coins * marks
        return [
            {
                "pair": tape.market.listing["pair"],
                "contractType": "PERPETUAL",
                **known_fields(
                    {"sumOpenInterest": usd[at] / size, "sumOpenInterestValue": coins[at]}
                ),
                "timestamp": int(time_ms),
            }
            for at, time_ms in enumerate(rows.time_ms)
        ]

    def _account_ratio(self, asked: Asked) -> list[dict[str, object]]:
        pair = self._tape(asked).market.listing["pair"]
        ratios = super()._account_ratio(asked)
        return [
            {"pair": pair, **{name: text for name, text in row.items() if name != "symbol"}}
            for row in ratios
        ]

    def _taker_volumes(self, asked: Asked) -> object:
        """Bought and sold, in coin: contracts were not recorded."""
        tape, rows = self._statistics(asked, SeriesKind.CANDLES)
        buys = rows.columns.get("buy_volume")
        if buys is None:
            return []
        sells = rows.columns["volume"] - buys
        return [
            {
                "pair": tape.market.listing["pair"],
                "contractType": "PERPETUAL",
                **known_fields(
                    {"takerBuyVolValue": buys[at], "takerSellVolValue": round(sells[at], 8)}
                ),
                "timestamp": int(time_ms),
            }
            for at, time_ms in enumerate(rows.time_ms)
        ]

    def _klines(self, asked: Asked) -> list[list[object]]:
        return [_in_coin(row) for row in super()._klines(asked)]


def _as_list(answer: object) -> object:
    """COIN-M answers with a list for one contract, too."""
    return answer if isinstance(answer, list) else [answer]


def _names(tape: Tape) -> dict[str, object]:
    return {
        "symbol": tape.market.market_id,
        "pair": tape.market.listing["pair"],
        "contractType": "PERPETUAL",
    }


def _contract_usd(tape: Tape) -> float:
    return float(tape.market.listing["contractSize"])


def _open_contracts(tape: Tape, now_ms: int) -> float | None:
    usd = tape.sample(SeriesKind.OPEN_INTEREST, "usd", now_ms)
    if usd is not None:
        return round(usd.value / _contract_usd(tape))
    coin, mark = tape.open_interest_coin(now_ms), tape.mark(now_ms)
    if coin is None or mark is None:
        return None
    return round(coin.value * mark.value / _contract_usd(tape))


def _coin_ticker(tape: Tape, now_ms: int) -> dict[str, object]:
    entry = ticker_entry(tape, now_ms)
    coins = entry.pop("volume", None)
    pair = {"pair": tape.market.listing["pair"]}
    return entry | pair | ({} if coins is None else {"baseVolume": coins})


def _in_coin(row: list[object]) -> list[object]:
    """A kline whose recorded volumes stand where COIN-M has volumes in coin."""
    moved = list(row)
    moved[_COIN_VOLUME], moved[_BUY_COIN_VOLUME] = row[_VOLUME], row[_BUY_VOLUME]
    moved[_VOLUME] = moved[_BUY_VOLUME] = number_text(None)
    return moved
