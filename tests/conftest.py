"""What all tests share: no network but loopback, no process left behind, the read-only input folder, repeatable hypothesis."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest
from children import children, heed_interrupts, left_behind, mark_children
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parent.parent

settings.register_profile("local", deadline=None)
settings.register_profile(
    "ci", deadline=None, derandomize=True, print_blob=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("ci" if os.environ.get("CI") else "local")


heed_interrupts()
mark_children()


class NetworkBlockedError(Exception):
    """A test reached for the network."""


_connect = socket.socket.connect
_connect_ex = socket.socket.connect_ex


def _check(connection, address):
    if connection.family not in (socket.AF_INET, socket.AF_INET6):
        return
    host = str(address[0])
    if host not in ("localhost", "::1") and not host.startswith("127."):
        raise NetworkBlockedError(f"tests may only talk to loopback, not to {host}")


def _guarded_connect(self, address):
    _check(self, address)
    return _connect(self, address)


def _guarded_connect_ex(self, address):
    _check(self, address)
    return _connect_ex(self, address)


@pytest.fixture(autouse=True)
def _no_network(monkeypatch):
    monkeypatch.setattr(socket.socket, "connect", _guarded_connect)
    monkeypatch.setattr(socket.socket, "connect_ex", _guarded_connect_ex)
    for name in ("HF_HUB_OFFLINE", "HF_DATASETS_OFFLINE"):
        monkeypatch.setenv(name, "1")


@pytest.fixture(autouse=True)
def _no_process_left():
    """Fails a test that leaves a process behind; those of longer fixtures were there before it."""
    before = children()
    yield
    left = left_behind(before)
    assert not left, f"left behind by this test: {left}"


@pytest.fixture(scope="session", autouse=True)
def _no_process_left_at_the_end():
    """Fails the last test where a fixture of a module or of the session left a process behind."""
    before = children()
    yield
    left = left_behind(before)
    assert not left, f"left behind by fixtures: {left}"


@pytest.fixture(scope="session")
def checkout():
    """The root of the repository."""
    return ROOT


@pytest.fixture(scope="session")
def shared():
    """The folder of real sample files beside the checkout; tests that need it are skipped without it."""
    folder = ROOT.parent / "shared"
    if not folder.is_dir():
        pytest.skip("../shared is not there")
    return folder
