"""Keeps what looks like a key, a secret or a signature out of every log and report."""

from __future__ import annotations

import logging
import re

HIDDEN = "***"

_NAMES = (
    r"api[-_ ]?key|api[-_ ]?secret|access[-_ ]?(?:key|sign|token|passphrase)|secret(?:[-_ ]?key)?"
    r"|pass(?:word|phrase|wd)|signature|sign|token|authorization|bearer|private[-_ ]?key|mnemonic"
)
_NAMED = re.compile(
    rf"(?i)((?:[\w-]*[-_])?(?:{_NAMES})[\"']?\s*(?:[=:]|%3d)\s*(?:bearer\s+)?[\"']?)"
    r"(?!\*\*\*)[^\s\"'&,;)}\]]+"
)
_IN_A_URL = re.compile(r"(?<=://)[^\s/@:]*:[^\s/@]+(?=@)")
_LONG_TOKEN = re.compile(
    r"(?<![A-Za-z0-9+])(?=[A-Za-z+]*\d)(?=[\d+]*[A-Za-z])[A-Za-z0-9+]{32,}={0,2}(?![A-Za-z0-9+])"
)
"""Longer than any symbol, host or number of ours, and mixed as only keys are."""


def redacted(text: str) -> str:
    """`text` without the values of fields named like keys, and without long random tokens."""
    text = _NAMED.sub(rf"\1{HIDDEN}", text)
    return _LONG_TOKEN.sub(HIDDEN, _IN_A_URL.sub(HIDDEN, text))


class RedactingFormatter(logging.Formatter):
    """Writes records, tracebacks too, as `redacted` leaves them."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as it may be kept."""
        return redacted(super().format(record))
