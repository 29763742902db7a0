"""Filter expressions over named figures: `funding > 0.05% and oi_24h > 10%`.

    expression = term {"or" term}
    term       = factor {"and" factor}
    factor     = "not" factor | "(" expression ")" | field operator value | word
    operator   = ">" | ">=" | "<" | "<=" | "=" | "!="

A value is a number that may end in %, k, M, B or T, or for a field of text a word. A word alone
asks for rows whose text has it in it. A figure that is not known fulfils no comparison, and its
negation neither (the three-valued logic of Kleene): a row is shown only where it is known to fit.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from dashboard.errors import InputError
from dashboard.tradeline.number import parse_number, quote, scaled, shortened

FIELD = "filter"
MAX_CHARACTERS = 500
_MAX_DEPTH = 20

Value = float | str | None
Test = Callable[[Mapping[str, Value]], bool | None]
"""Says of the figures of a row whether it fits; None is unknown."""

_TOKEN = re.compile(r"\s*(?:(>=|<=|!=|==|>|<|=|\(|\))|([^\s()<>=!]+))")
_OPERATORS: dict[str, Callable[[float, float], bool]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
    "=": operator.eq,
    "==": operator.eq,
    "!=": operator.ne,
}
_POWERS = {"%": -2, "k": 3, "K": 3, "M": 6, "B": 9, "T": 12}
_WORDS = ("and", "or", "not")


def parse_filter(text: str, fields: Mapping[str, bool], words_in: str) -> Test:
    """The test that `text` says.

    `fields` are the names that may be compared, True where the field is text; `words_in` is the
    text field that words alone are looked for in. Raises InputError with a sentence that names
    the word that is wrong.
    """
    if len(text) > MAX_CHARACTERS:
        raise InputError(FIELD, f"filter is longer than {MAX_CHARACTERS} characters")
    reader = _Reader(_tokens(text), fields, words_in)
    test = reader.expression(0)
    left = reader.peek()
    if left is not None:
        raise InputError(FIELD, f"filter: {quote(left)} is not expected there")
    return test


def _tokens(text: str) -> list[str]:
    tokens: list[str] = []
    at = 0
    stripped = text.rstrip()
    while at < len(stripped):
        match = _TOKEN.match(stripped, at)
        if match is None:
            raise InputError(FIELD, f"filter: {quote(stripped[at:])} cannot be read")
        tokens.append(match[1] or match[2])
        at = match.end()
    return tokens


@dataclass(slots=True)
class _Reader:
    """Reads tokens from the left; each method takes what it stands for."""

    tokens: list[str]
    fields: Mapping[str, bool]
    words_in: str
    place: int = 0

    def peek(self) -> str | None:
        """The next token, None at the end."""
        return self.tokens[self.place] if self.place < len(self.tokens) else None

    def expression(self, depth: int) -> Test:
        """Terms joined by "or"."""
        if depth > _MAX_DEPTH:
            raise InputError(FIELD, f"filter: more than {_MAX_DEPTH} brackets inside each other")
        return self._joined(
            "or", lambda: self._joined("and", lambda: self._factor(depth), _both), _either
        )

    def _joined(
        self, word: str, part: Callable[[], Test], join: Callable[[Test, Test], Test]
    ) -> Test:
        test = part()
        while self._take(word):
            test = join(test, part())
        return test

    def _factor(self, depth: int) -> Test:
        negations = 0
        while self._take("not"):
            negations += 1
        test = self._plain_factor(depth)
        return _negated(test) if negations % 2 else test

    def _plain_factor(self, depth: int) -> Test:
        word = self._next("a field or a word")
        if word == "(":
            test = self.expression(depth + 1)
            if self._next('")"') != ")":
                raise InputError(FIELD, f'filter: ")" is missing before {quote(self._last())}')
            return test
        if word in _OPERATORS or word == ")" or word.lower() in _WORDS:
            raise InputError(FIELD, f"filter: {quote(word)} needs something before it")
        if self.peek() in _OPERATORS:
            return self._comparison(word)
        wanted, where = word.casefold(), self.words_in
        return lambda row: wanted in str(row[where] or "").casefold()

    def _comparison(self, name: str) -> Test:
        field = name.lower()
        if field not in self.fields:
            near = get_close_matches(field, self.fields, n=1)
            meant = (
                f"; did you mean {near[0]}?" if near else f"; fields are {', '.join(self.fields)}"
            )
            raise InputError(FIELD, f"filter: {quote(name)} is no field{meant}")
        sign = self._next("an operator")
        value = self._next("a value")
        if self.fields[field]:
            return _text_test(field, sign, value)
        return _number_test(field, _OPERATORS[sign], _number(value, name))

    def _take(self, word: str) -> bool:
        token = self.peek()
        if token is not None and token.lower() == word:
            self.place += 1
            return True
        return False

    def _next(self, wanted: str) -> str:
        token = self.peek()
        if token is None:
            raise InputError(FIELD, f"filter ends where {wanted} is expected")
        self.place += 1
        return token

    def _last(self) -> str:
        return self.tokens[self.place - 1]


def _number(text: str, name: str) -> float:
    power = _POWERS.get(text[-1:], 0)
    body = text[:-1] if power else text
    try:
        return scaled(parse_number(body, FIELD), power)
    except InputError:
        allowed = "a number that may end in %, k, M, B or T"
        raise InputError(
            FIELD, f"filter: {shortened(name)} is compared with {allowed}, not {quote(text)}"
        ) from None


def _number_test(field: str, compare: Callable[[float, float], bool], wanted: float) -> Test:
    def test(row: Mapping[str, Value]) -> bool | None:
        value = row[field]
        return None if value is None or isinstance(value, str) else compare(value, wanted)

    return test


def _text_test(field: str, sign: str, wanted: str) -> Test:
    if sign not in ("=", "==", "!="):
        raise InputError(FIELD, f"filter: {field} is text and can be compared with = and != only")
    folded, equal = wanted.casefold(), sign != "!="

    def test(row: Mapping[str, Value]) -> bool | None:
        value = row[field]
        return None if value is None else (str(value).casefold() == folded) is equal

    return test


def _negated(test: Test) -> Test:
    def negated(row: Mapping[str, Value]) -> bool | None:
        fits = test(row)
        return None if fits is None else not fits

    return negated


def _both(one: Test, other: Test) -> Test:
    def both(row: Mapping[str, Value]) -> bool | None:
        fits = (one(row), other(row))
        if False in fits:
            return False
        return None if None in fits else True

    return both


def _either(one: Test, other: Test) -> Test:
    def either(row: Mapping[str, Value]) -> bool | None:
        fits = (one(row), other(row))
        if True in fits:
            return True
        return None if None in fits else False

    return either
