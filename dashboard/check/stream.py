"""JSON Lines in, JSON Lines out: one answer for each line, in order, as soon as it is read."""

from __future__ import annotations

from collections.abc import Iterable
from typing import BinaryIO

from dashboard.check.answer import answer_of, encoded
from dashboard.check.case import case_of
from dashboard.check.request import check_request, read_request
from dashboard.errors import InputError
from dashboard.market.instrument import TierTables
from dashboard.risk.assess import assess


def answer_lines(lines: Iterable[bytes], out: BinaryIO, tiers: TierTables, now_ms: int) -> bool:
    """Answer each line on `out`; True where every line could be understood.

    A line that could not be is answered with its number and a sentence; blank lines are counted
    and not answered.
    """
    understood = True
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            answer = encoded(_answer(line, tiers, now_ms))
        except InputError as error:
            understood = False
            answer = encoded({"line": number, "error": error.user_message})
        out.write(answer)
        out.flush()
    return understood


def _answer(line: bytes, tiers: TierTables, now_ms: int) -> dict[str, object]:
    request, strange = read_request(line)
    check_request(request)
    case = case_of(request, tiers, now_ms)
    report = assess(case.book, case.snapshot, case.tiers, case.now_ms)
    ignored = [f"{name} is no field of a position and is not used" for name in strange]
    return answer_of(report.positions[0], (*ignored, *case.warnings))
