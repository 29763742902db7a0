"""VENUE=URL as it is typed, and what is refused."""

from __future__ import annotations

import pytest

from dashboard.errors import InputError
from dashboard.market.venue_url import venue_urls


def test_each_venue_has_the_address_that_was_named_last() -> None:
    texts = ["okx=http://127.0.0.1:8000/", "gate=https://[::1]:9/token", "okx=http://localhost:1"]
    assert venue_urls(texts) == {"okx": "http://localhost:1", "gate": "https://[::1]:9/token"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "okx",
        "okx=",
        "=http://127.0.0.1:1",
        "okx=127.0.0.1:1",
        "okx=ftp://127.0.0.1",
        "okx=http://",
        "okx=http://127.0.0.1:99999",
        "okx=http://127.0.0.1:1?a=b",
        "okx=http://me:secret@127.0.0.1:1",
        "okx=http://127.0.0.1: 1",
    ],
)
def test_what_is_no_address_is_refused_in_words(text: str) -> None:
    with pytest.raises(InputError, match="allowed is VENUE=URL"):
        venue_urls([text])


def test_a_venue_that_is_none_is_refused() -> None:
    with pytest.raises(InputError, match='"oxk" is unknown; allowed are okx, gate'):
        venue_urls(["oxk=http://127.0.0.1:1"], ("okx", "gate"))
