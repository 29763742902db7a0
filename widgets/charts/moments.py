"""A moment as a hand types it. Pure; all times are UTC."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from dashboard.errors import InputError

_ALLOWED = 'allowed are "2024-08-05", "2024-08-05 06:30", "06:30" of the shown day, and "-3d"'
_DATE = re.compile(
    r"(?P<day>\d{4}-\d{2}-\d{2})(?:[ T]+(?P<time>\d{1,2}:\d{2}(?::\d{2})?))?", re.ASCII
)
_TIME = re.compile(r"\d{1,2}:\d{2}(?::\d{2})?", re.ASCII)
_BACK = re.compile(r"[-−](?P<count>\d{1,5}) ?(?P<unit>[mhdw])", re.ASCII)
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def parse_moment(text: str, shown_ms: float) -> float:
    """The moment meant by `text` in ms UTC; `shown_ms` is the one on the screen.

    Raises InputError with what is allowed.
    """
    typed = text.strip().removesuffix("UTC").removesuffix("Z").strip()
    shown = datetime.fromtimestamp(shown_ms / 1000.0, UTC)
    try:
        moment = _moment(typed, shown)
    except (ValueError, OverflowError):
        moment = None
    if moment is None or moment.year < 1971:
        raise InputError("time", f'time "{text.strip()}" is not understood; {_ALLOWED}')
    return moment.timestamp() * 1000.0


def _moment(typed: str, shown: datetime) -> datetime | None:
    if dated := _DATE.fullmatch(typed):
        day = datetime.strptime(dated["day"], "%Y-%m-%d").replace(tzinfo=UTC)
        return day + _of_day(dated["time"] or "0:00")
    if _TIME.fullmatch(typed):
        day = shown.replace(hour=0, minute=0, second=0, microsecond=0)
        return day + _of_day(typed)
    if back := _BACK.fullmatch(typed):
        return shown - timedelta(**{_UNITS[back["unit"]]: int(back["count"])})
    return None


def _of_day(text: str) -> timedelta:
    hours, minutes, *seconds = (int(part) for part in text.split(":"))
    second = seconds[0] if seconds else 0
    if hours > 23 or minutes > 59 or second > 59:
        raise ValueError(text)
    return timedelta(hours=hours, minutes=minutes, seconds=second)
