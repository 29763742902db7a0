"""What each venue means by its long/short ratios, in our words, after its public documentation.

The window shows them on hover, since the word alone hides who is counted and how.
"""

from __future__ import annotations

from collections.abc import Mapping

from dashboard.market.readings import RatioSeries

_TOP_FIFTH = "the 20% of accounts with the largest margin balance"

RATIO_DEFINITIONS: Mapping[str, Mapping[RatioSeries, str]] = {
    "binanceusdm": {
        RatioSeries.GLOBAL_ACCOUNTS: "accounts that are net long over accounts that are net short "
        "in this contract, each account once, whatever its size",
        RatioSeries.TOP_ACCOUNTS: f"the same, among {_TOP_FIFTH} only",
        RatioSeries.TOP_POSITIONS: f"long over short positions, by size, of {_TOP_FIFTH}",
        RatioSeries.TAKER_VOLUME: "what takers bought over what takers sold in five minutes",
    },
    "binancecoinm": {
        RatioSeries.GLOBAL_ACCOUNTS: "accounts that are net long over accounts that are net short "
        "in all contracts of this pair, dated ones too, each account once, whatever its size",
        RatioSeries.TOP_ACCOUNTS: f"the same, among {_TOP_FIFTH} only",
        RatioSeries.TOP_POSITIONS: f"long over short positions in this pair, by size, of "
        f"{_TOP_FIFTH}",
        RatioSeries.TAKER_VOLUME: "what takers bought over what takers sold of the perpetual "
        "contract in five minutes",
    },
    "bybit": {
        RatioSeries.GLOBAL_ACCOUNTS: "users who are net long over users who are net short in this "
        "contract, each user once, worked out from the two shares that Bybit gives",
    },
    "okx": {
        RatioSeries.GLOBAL_ACCOUNTS: "users who are net long over users who are net short in this "
        "contract, each user once",
    },
    "gate": {
        RatioSeries.GLOBAL_ACCOUNTS: "users who hold a long position over users who hold a short "
        "one in this contract, each user once",
        RatioSeries.TOP_ACCOUNTS: "the same, among those whom Gate counts as top traders",
        RatioSeries.TOP_POSITIONS: "long over short positions, by size, of those whom Gate counts "
        "as top traders",
        RatioSeries.TAKER_VOLUME: "what takers bought over what takers sold in the last step",
    },
    "bitget": {
        RatioSeries.GLOBAL_ACCOUNTS: "accounts that are long over accounts that are short in this "
        "contract, worked out from the two shares that Bitget gives",
    },
}


def ratio_definition(venue: str, series: RatioSeries) -> str:
    """What `venue` means by `series`, "" where it gives none."""
    return RATIO_DEFINITIONS.get(venue, {}).get(series, "")
