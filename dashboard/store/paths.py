"""Where everything is kept: the system's own places, or all in one directory."""

from __future__ import annotations

import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from dashboard.errors import StoreError
from dashboard.store.files import reason

TIERS_FOLDER = "tiers"
_PROGRAM = "liqline"
_NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9_-]+")
_MAX_NAME_CHARACTERS = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """The directories of one installation and the files in them."""

    data: Path
    config: Path
    logs: Path

    @property
    def book(self) -> Path:
        """The trader's positions, balances and watch-lists."""
        return self.data / "book.sqlite3"

    @property
    def demo_book(self) -> Path:
        """The example positions, apart from the trader's."""
        return self.data / "demo-book.sqlite3"

    def history(self, recording: str | None = None) -> Path:
        """The readings of the live venues, or those replayed from `recording` (name or path)."""
        if recording is None:
            return self.data / "history.sqlite3"
        return self.data / f"history-of-{file_name_part(Path(recording).stem)}.sqlite3"

    @property
    def tiers(self) -> Path:
        """The folder of leverage tier tables that were imported or fetched."""
        return self.data / TIERS_FOLDER

    @property
    def settings(self) -> Path:
        return self.config / "settings.json"

    @property
    def window_state(self) -> Path:
        """Geometry and docks, as Qt's own bytes."""
        return self.config / "window.state"

    @property
    def log(self) -> Path:
        return self.logs / "liqline.log"

    @property
    def lock(self) -> Path:
        """Held by the window that owns the book."""
        return self.data / "liqline.lock"

    def prepare(self) -> None:
        """Make the directories; raises StoreError where one cannot be written to."""
        for directory in {self.data, self.config, self.logs}:
            _prove_writable(directory)


def find_places(data_dir: Path | None = None) -> Places:
    """The places of this user, or everything below `data_dir` where one is given."""
    if data_dir is not None:
        root = data_dir.expanduser().absolute()
        return Places(data=root, config=root, logs=root)
    system = platformdirs.PlatformDirs(_PROGRAM, appauthor=False)
    return Places(
        data=system.user_data_path, config=system.user_config_path, logs=system.user_log_path
    )


def file_name_part(text: str) -> str:
    """`text` as a part of a file name that stays inside its directory on every system."""
    cleaned = _NOT_IN_A_NAME.sub("-", text)[:_MAX_NAME_CHARACTERS].strip("-")
    return cleaned or "unnamed"


def _prove_writable(directory: Path) -> None:
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=directory):
            pass
    except OSError as error:
        raise StoreError(
            f'data directory "{directory}" cannot be written ({reason(error)}); '
            "name one that can with --data-dir",
            detail=repr(error),
        ) from error
