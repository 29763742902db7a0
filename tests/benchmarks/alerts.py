"""What alerts cost a second: `python -m tests.benchmarks.alerts`.

- A look at 50 positions in a quiet market with all usual rules and limits, against assessing the
  same book and building its rows, which the table of positions needs anyway.
- A first look and then a crash that raises more than 70 alerts at once, each explained, against
  two quiet looks.
"""

from __future__ import annotations

from dashboard.alerts.limits import Limits
from dashboard.alerts.watch import Look, Watch
from dashboard.market.account import Balance, Book
from dashboard.risk.assess import assess
from dashboard.risk.report import RiskReport
from tests.benchmarks.measure import interleaved_rounds, medians, print_figure
from tests.risk.builders import (
    CROSS,
    ISOLATED,
    LONG,
    NO_TIERS,
    NOW,
    funding,
    instrument,
    mark,
    position,
    snapshot_of,
)

COUNT = 50
VENUES = ("binanceusdm", "bybit", "okx")
COINS = tuple(instrument(f"C{n}", venue=VENUES[n % len(VENUES)]) for n in range(COUNT))
BOOK = Book(
    positions=tuple(
        position(
            LONG,
            10.0,
            100.0,
            of=coin,
            mode=CROSS if number % 2 else ISOLATED,
            name=f"p{number}",
            maintenance_margin_rate=0.005,
        )
        for number, coin in enumerate(COINS)
    ),
    balances=tuple(Balance(venue=venue, coin="USDT", amount=9_000.0) for venue in VENUES),
)
LIMITS = Limits(daily_loss=500.0, venue_share=0.9)
CALM, FALLEN = 100.0, 94.0
LATER_MS = 600_000
LEAST_TOLD = 70


class Scene:
    """Every coin at one price so long after NOW, with the usual funding."""

    def __init__(self, price: float, after_ms: int) -> None:
        self.now_ms = NOW + after_ms
        self.snapshot = snapshot_of(
            *(mark(coin, price, age_ms=-after_ms) for coin in COINS),
            *(funding(coin, 0.0001, age_ms=-after_ms) for coin in COINS),
        )
        self.report = self.assessed()

    def assessed(self) -> RiskReport:
        """A new report with its rows built."""
        report = assess(BOOK, self.snapshot, NO_TIERS, self.now_ms)
        assert all(row.mark_price is not None for row in report.positions)
        return report


def look(watch: Watch, scene: Scene) -> int:
    """Look once; how many alerts were told."""
    told = watch.look(
        Look(
            book=BOOK,
            snapshot=scene.snapshot,
            tiers=NO_TIERS,
            report=scene.report,
            atr={coin.key: 1.0 for coin in COINS},
        )
    )
    return sum(len(alert.parts) or 1 for alert in told)


def main() -> None:
    """Print both figures."""
    start, calm, fallen = Scene(CALM, 0), Scene(CALM, LATER_MS), Scene(FALLEN, LATER_MS)
    quiet = Watch(limits=LIMITS)
    look(quiet, start)

    def two_looks(then: Scene) -> int:
        watch = Watch(limits=LIMITS)
        look(watch, start)
        return look(watch, then)

    assert two_looks(fallen) >= LEAST_TOLD
    found = medians(
        interleaved_rounds(
            {
                "rows": calm.assessed,
                "quiet": lambda: look(quiet, calm),
                "two quiet": lambda: two_looks(calm),
                "crash": lambda: two_looks(fallen),
            },
            rounds=15,
        )
    )
    ms = {name: 1e3 * seconds for name, seconds in found.items()}
    print_figure("look at 50 positions", ms["quiet"], "ms", "assess and rows", ms["rows"])
    two = "two quiet ones, the first of a session"
    print_figure("look, then one that tells 70 alerts", ms["crash"], "ms", two, ms["two quiet"])


if __name__ == "__main__":
    main()
