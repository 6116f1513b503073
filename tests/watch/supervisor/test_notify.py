"""What systemd is told, by a socket that plays it."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from awry.watch.ipc import places
from awry.watch.supervisor.notify import Notifier


@pytest.fixture(params=["file", "abstract"])
def manager(request: pytest.FixtureRequest) -> Iterator[tuple[socket.socket, str]]:
    folder = places.make_folder()
    name = str(folder / "notify") if request.param == "file" else f"@awry-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as one:
        one.bind(name if request.param == "file" else f"\0{name[1:]}")
        one.settimeout(5)
        yield one, name
    (folder / "notify").unlink(missing_ok=True)
    folder.rmdir()


def test_all_that_is_said(manager: tuple[socket.socket, str]) -> None:
    heard, name = manager
    environment = {"NOTIFY_SOCKET": name, "WATCHDOG_USEC": "30000000", "OTHER": "x"}
    notifier = Notifier(environment)
    assert environment == {"OTHER": "x"}
    assert notifier.watchdog_s == 30.0
    notifier.status("2 cameras\nrun")
    notifier.status("2 cameras\nrun")
    notifier.ready()
    for now in (100.0, 109.0, 110.0, 115.0):
        notifier.alive(now)
    notifier.stopping()
    said = [heard.recv(1000).decode() for _ in range(5)]
    assert said == ["STATUS=2 cameras run", "READY=1", "WATCHDOG=1", "WATCHDOG=1", "STOPPING=1"]
    notifier.reloading()
    first, second = heard.recv(1000).decode().split("\n")
    assert first == "RELOADING=1"
    assert second.removeprefix("MONOTONIC_USEC=").isdecimal()


def test_without_a_manager_nothing_happens() -> None:
    notifier = Notifier({})
    notifier.ready()
    notifier.alive(1.0)
    assert notifier.watchdog_s is None


@pytest.mark.parametrize("micros", ["0", "", "many", "-5"])
def test_a_watchdog_that_is_none(micros: str) -> None:
    assert Notifier({"WATCHDOG_USEC": micros}).watchdog_s is None


def test_a_watchdog_of_another_process_is_not_ours() -> None:
    environment = {"WATCHDOG_USEC": "1000000", "WATCHDOG_PID": "1"}
    assert Notifier(environment).watchdog_s is None


def test_a_manager_that_is_gone_holds_up_nothing(tmp_path: Path) -> None:
    Notifier({"NOTIFY_SOCKET": str(tmp_path / "gone")}).ready()
