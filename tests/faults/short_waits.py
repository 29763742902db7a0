"""Shorter waits of the feed, so that a fault, its end and many polls pass within seconds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from dashboard.feed import poller, schedule
from dashboard.venues import ccxt_source, failures
from dashboard.venues.entry import Budget


def shorten(
    *, timeout_s: float, back_off_s: float, rest_s: float, floor_s: float, every_s: float | None
) -> Callable[[], None]:
    """Shorten every wait of this process and lift all budgets; gives what undoes it.

    `rest_s` is what a pause, a ban or a region block lasts; what is asked more seldom than
    `every_s`, in market time, is asked that often.
    """
    jobs, limiter = poller.jobs_of, ccxt_source.Limiter

    def jobs_of(*about: object) -> list[schedule.Job]:
        return [
            replace(
                job,
                floor_s=floor_s,
                interval_s=job.interval_s if every_s is None else min(job.interval_s, every_s),
            )
            for job in jobs(*about)  # type: ignore[arg-type] # passed on as they came
        ]

    def free(
        budgets: Mapping[str, Budget], clock_s: Callable[[], float], **_: object
    ) -> ccxt_source.Limiter:
        return limiter(dict.fromkeys(budgets, Budget(10**9, 1.0)), clock_s)

    kept: list[tuple[object, str, object]] = [
        (ccxt_source, "REQUEST_TIMEOUT_S", timeout_s),
        (ccxt_source, "GRACE_S", 0.1),
        (ccxt_source, "Limiter", free),
        (schedule, "FIRST_BACK_OFF_S", back_off_s),
        (schedule, "LONGEST_BACK_OFF_S", back_off_s),
        (poller, "REGION_REST_S", rest_s),
        (poller, "jobs_of", jobs_of),
        *((failures, name, rest_s) for name in ("DEFAULT_PAUSE_S", "DEFAULT_BAN_S", "MAX_PAUSE_S")),
    ]
    before = [(module, name, getattr(module, name)) for module, name, _ in kept]
    for module, name, value in kept:
        setattr(module, name, value)

    def undo() -> None:
        for module, name, value in before:
            setattr(module, name, value)

    return undo
