"""The guards of conftest.py catch what they claim to, seen on planted faults."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

ROOT = Path(__file__).resolve().parents[2]
PLANTED = ROOT / "tests" / "setup" / "planted_faults.py"
CAUGHT = {
    "test_warning": "UserWarning: planted",
    "test_stray_log": "a stray record",
    "test_declared_log_that_never_comes": "never came",
    "test_qt_message": "QtWarningMsg: planted",
    "test_leaked_widget": "leaked top-level widgets: [\"QWidget 'planted'\"]",
    "test_network_with_swallowed_error": "refused to connect to '192.0.2.1'",
    "test_name_lookup_with_swallowed_error": "refused to look up 'example.invalid'",
    "test_listening_to_other_machines": "refused to listen on ''",
    "test_network_in_a_child_process": "refused to look up '192.0.2.1'",
    "test_unclosed_file": "ResourceWarning: unclosed file",
}
PASSING = {
    "test_property_passes",
    "test_declared_log_passes",
    "test_deleted_widget_passes",
    "test_loopback_passes",
    "test_home_is_written",
    "test_home_is_empty_again_passes",
}


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What each planted test ended with: "" where it passed, else the report of its failure."""
    report = tmp_path_factory.mktemp("planted") / "report.xml"
    command = [sys.executable, "-m", "pytest", "-n0", "-p", "no:cacheprovider", "-q"]
    subprocess.run(
        [*command, f"--junitxml={report}", str(PLANTED)], cwd=ROOT, capture_output=True, timeout=110
    )
    outcome: dict[str, str] = {}
    for case in ElementTree.parse(report).iter("testcase"):  # noqa: S314 (pytest just wrote it)
        faults = [*case.iter("failure"), *case.iter("error")]
        text = "\n".join(f"{fault.get('message')}\n{fault.text}" for fault in faults)
        outcome[case.get("name", "")] = outcome.get(case.get("name", ""), "") + text
    return outcome


@pytest.mark.parametrize("name", sorted(CAUGHT))
def test_planted_fault_is_caught(outcomes: dict[str, str], name: str) -> None:
    assert CAUGHT[name] in outcomes[name]


@pytest.mark.parametrize("name", sorted(PASSING))
def test_clean_test_passes(outcomes: dict[str, str], name: str) -> None:
    assert outcomes[name] == ""


def test_every_planted_test_is_judged(outcomes: dict[str, str]) -> None:
    assert outcomes.keys() == CAUGHT.keys() | PASSING
