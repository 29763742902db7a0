"""One planted fault per guard of conftest.py; not collected by itself, run by test_guards.py."""

import logging
import os
import socket
import subprocess
import sys
import warnings
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis.strategies import integers
from PySide6.QtCore import qWarning
from PySide6.QtWidgets import QWidget

REACH_OUT = "import socket; socket.create_connection(('192.0.2.1', 9), timeout=1)"


def test_warning():
    warnings.warn("planted", stacklevel=1)


def test_stray_log():
    logging.getLogger("planted").warning("a stray record")


@pytest.mark.expects_log("never logged")
def test_declared_log_that_never_comes():
    assert logging.getLogger("planted") is not None


@given(number=integers())
def test_property_passes(number):
    assert number == int(number)


@pytest.mark.expects_log("a declared record")
def test_declared_log_passes():
    logging.getLogger("planted").warning("a declared record")


def test_qt_message():
    qWarning("planted")


def test_leaked_widget(qapp):
    widget = QWidget(objectName="planted")
    widget.show()
    test_leaked_widget.keeps = widget


def test_deleted_widget_passes(qapp):
    QWidget().deleteLater()


def test_network_with_swallowed_error():
    with socket.socket() as sock, pytest.raises(OSError, match="refused to connect"):
        sock.connect(("192.0.2.1", 9))


def test_name_lookup_with_swallowed_error():
    with pytest.raises(OSError, match="refused to look up"):
        socket.getaddrinfo("example.invalid", 443)


def test_listening_to_other_machines():
    with socket.socket() as sock, pytest.raises(OSError, match="refused to listen"):
        sock.bind(("", 0))


def test_network_in_a_child_process():
    child = subprocess.run([sys.executable, "-c", REACH_OUT], capture_output=True, check=False)
    assert child.returncode != 0


def test_loopback_passes():
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname(), timeout=5).close()


def test_unclosed_file():
    Path(__file__).open()  # noqa: SIM115 (the fault)


def test_home_is_written():
    (Path.home() / "left behind").touch()


def test_home_is_empty_again_passes():
    assert not list(Path.home().iterdir())
    assert os.environ["QT_QPA_PLATFORM"] == "offscreen"
