"""What processes take, by two looks."""

from __future__ import annotations

import os
from typing import Any

import pytest

from awry.watch.web import process_usage
from awry.watch.web.process_usage import ProcessUsage


class Process:
    """A process of the system that used some seconds."""

    used, began = 4.0, 90.0

    def __init__(self, pid: int) -> None:
        if pid == 404:
            raise process_usage.psutil.NoSuchProcess(pid)

    def oneshot(self) -> Any:
        return self

    def __enter__(self) -> None:
        return None

    def __exit__(self, *raised: object) -> None:
        return None

    def cpu_times(self) -> Any:
        return type("Times", (), {"user": self.used - 1, "system": 1.0})

    def create_time(self) -> float:
        return self.began

    def memory_info(self) -> Any:
        return type("Info", (), {"rss": 1234})


def test_the_share_between_two_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process_usage.psutil, "Process", Process)
    now = [100.0]
    looks = ProcessUsage(lambda: now[0])
    first = looks.of(7)
    assert first is not None
    assert (first.rss, first.share, first.began) == (1234, 0.4, 90.0)
    monkeypatch.setattr(Process, "used", 9.0)
    now[0] = 101.0
    again = looks.of(7)  # too soon: what was said before
    assert again is not None
    assert again.share == 0.4
    now[0] = 110.0
    later = looks.of(7)
    assert later is not None
    assert later.share == 0.5
    monkeypatch.setattr(Process, "began", 109.0)  # the number is another process's now
    monkeypatch.setattr(Process, "used", 1.0)
    other = looks.of(7)
    assert other is not None
    assert other.share == 0.5
    assert looks.of(404) is None


def test_this_very_process() -> None:
    found = ProcessUsage().of(os.getpid())
    assert found is not None
    assert found.rss > 2**20
    assert found.share >= 0
