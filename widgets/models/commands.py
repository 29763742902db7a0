"""What the command palette offers, and how well a command answers to what is typed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

MOST_SHOWN = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """Something that can be done by name; `keys` is its shortcut in words, `kind` its group."""

    text: str
    run: Callable[[], object]
    keys: str = ""
    kind: str = ""


def best_commands(typed: str, commands: Iterable[Command]) -> list[Command]:
    """The commands that `typed` may mean, the likeliest first; all, as they came, for nothing."""
    wanted = typed.casefold().split()
    ranked = [
        (rank, place, command)
        for place, command in enumerate(commands)
        if (rank := rank_of(wanted, command.text.casefold())) is not None
    ]
    ranked.sort(key=lambda item: item[:2])
    return [command for _, _, command in ranked[:MOST_SHOWN]]


def rank_of(words: list[str], text: str) -> int | None:
    """How far `text` is from the typed words: 0 is nearest, None where a word is not in it.

    A word counts less the later it stands and most where it begins a word of the text; letters in
    order with others between them, such as "oiu" for "open interest in USD", count least.
    """
    total = 0
    for word in words:
        rank = _rank_of_word(word, text)
        if rank is None:
            return None
        total += rank
    return total


_INSIDE, _SCATTERED = 1_000, 2_000


def _rank_of_word(word: str, text: str) -> int | None:
    if text.startswith(word):
        return 0
    begun = text.find(f" {word}")
    if begun >= 0:
        return 1 + begun
    inside = text.find(word)
    if inside >= 0:
        return _INSIDE + inside
    gaps = _gaps(word, text)
    return None if gaps is None else _SCATTERED + gaps


def _gaps(word: str, text: str) -> int | None:
    """How many letters stand between those of `word` in `text`; None where they are not there."""
    first = place = text.find(word[:1])
    for letter in word[1:]:
        place = text.find(letter, place + 1) if place >= 0 else -1
    return None if place < 0 else place - first - len(word) + 1
