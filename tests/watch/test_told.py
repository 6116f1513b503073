from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from awry.watch.clock import ManualClock
from awry.watch.told import Told, moment_of, plain, said_time


def test_times() -> None:
    clock = ManualClock(1000.0)
    assert moment_of("5m", "UTC", clock) == 700.0
    assert moment_of(None, "UTC") is None
    assert (
        moment_of("2026-10-25T02:30:00+01:00", "UTC")
        == datetime.fromisoformat("2026-10-25T01:30:00+00:00").timestamp()
    )
    assert said_time(0.0, "Europe/Vienna") == "1970-01-01 01:00:00"
    assert said_time(None, "UTC") == "-"


def test_values_are_plain() -> None:
    value: Any = {"a": (Path("x"), float("nan"), float("inf")), 1: {2}}
    assert plain(value) == {"a": ["x", None, None], "1": [2]}
    told = Told({"a": 1}, ({"b": 2},), (("c", "3"),))
    assert (told.to_dict(), told.rows(), told.cards()[0].label) == ({"a": 1}, [{"b": 2}], "c")
