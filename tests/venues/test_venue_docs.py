"""docs/venues.md says what the catalogue says."""

from __future__ import annotations

from tools.make_venue_docs import TARGET, venue_docs


def test_the_page_is_up_to_date() -> None:
    assert TARGET.read_text(encoding="utf-8") == venue_docs()
