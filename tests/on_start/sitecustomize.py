"""Run by every Python that a test starts, because conftest.py puts this folder on PYTHONPATH."""

import sys
from pathlib import Path

_TESTS = str(Path(__file__).resolve().parent.parent)
sys.path.insert(0, _TESTS)
import loopback  # noqa: E402 (the folder is on sys.path only now)

sys.path.remove(_TESTS)
loopback.hold()
