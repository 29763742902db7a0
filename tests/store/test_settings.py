"""A settings file may hold anything; what is good is used and what is bad is named."""

from __future__ import annotations

import json
import string
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.settings import Settings, history_place, load_settings, save_settings
from dashboard.store.paths import find_places

CHANGED = Settings(fast_interval_s=2.0, theme="light", venues=("okx", "gate"))


def test_settings_come_back_as_they_were_saved(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    save_settings(CHANGED, path)
    assert load_settings(path) == (CHANGED, ())
    assert json.loads(path.read_text())["theme"] == "light"


def test_without_a_file_everything_has_its_default(tmp_path: Path) -> None:
    assert load_settings(tmp_path / "settings.json") == (Settings(), ())


@pytest.mark.parametrize(
    ("entry", "complaint"),
    [
        ({"theme": "pink"}, '"theme" is "pink"'),
        ({"theme": None}, '"theme" is null'),
        ({"fast_interval_s": 1}, '"fast_interval_s" is 1'),
        ({"fast_interval_s": 10.5}, '"fast_interval_s" is 10.5'),
        ({"venues": []}, '"venues" is []'),
        ({"venues": ["../x"]}, '"venues" is ["../x"]'),
        ({"venues": 3}, '"venues" is 3'),
        ({"them": "light"}, '"them" is no setting; did you mean "theme"?'),
        ({"zzz": 1}, '"zzz" is no setting'),
    ],
)
def test_a_bad_entry_is_named_and_the_good_ones_hold(
    tmp_path: Path, entry: dict[str, object], complaint: str
) -> None:
    path = tmp_path / "settings.json"
    good = {"theme": "light", "venues": ["okx"]}
    path.write_text(json.dumps(good | entry))
    settings, complaints = load_settings(path)
    (only,) = complaints
    assert complaint in only
    assert str(path) in only
    for name in good.keys() - entry.keys():
        assert getattr(settings, name) == (("okx",) if name == "venues" else good[name])
    for name in entry.keys() & good.keys():
        assert getattr(settings, name) == getattr(Settings(), name)


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b"\xff\xfe", b"null", b'"theme"'])
def test_a_file_that_is_no_object_is_said_and_not_used(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "settings.json"
    path.write_bytes(content)
    settings, complaints = load_settings(path)
    assert settings == Settings()
    assert "not used" in complaints[0]
    assert path.read_bytes() == content


def test_a_file_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    settings, complaints = load_settings(tmp_path)
    assert settings == Settings()
    assert "cannot be read" in complaints[0]


PLAIN = st.text(string.ascii_letters + string.punctuation, max_size=12)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | PLAIN,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(PLAIN, inner, max_size=3),
    max_leaves=5,
)


@given(entries=st.dictionaries(st.sampled_from([*Settings.__slots__, "other"]), ANYTHING))
def test_no_content_stops_the_start(
    tmp_path_factory: pytest.TempPathFactory, entries: dict[str, object]
) -> None:
    path = tmp_path_factory.mktemp("settings") / "settings.json"
    path.write_text(json.dumps(entries))
    settings, complaints = load_settings(path)
    assert settings.theme in ("dark", "light")
    assert settings.venues
    assert len(complaints) <= len(entries)


def test_a_desks_history_is_used_for_live_venues_only(tmp_path: Path) -> None:
    places = find_places(tmp_path)
    url = "postgresql://desk:secret@server/liqline"
    assert history_place(places, None) == places.history()
    save_settings(Settings(history=url), places.settings)
    assert history_place(places, None) == url
    assert history_place(places, "crash-2024-08") == places.history("crash-2024-08")


def test_a_refused_address_is_shown_without_its_password(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    path.write_text('{"history": "mysql://desk:sec@ret@server/liqline"}')
    settings, (complaint,) = load_settings(path)
    assert settings.history == ""
    assert "mysql://***@server/liqline" in complaint
    assert "sec" not in complaint.replace("settings", "")
