"""Clocks: of this machine, and such as tests set."""

from __future__ import annotations

import threading
import time

from awry.watch.clock import ManualClock, SystemClock


def test_a_clock_that_is_set() -> None:
    clock = ManualClock(100.0)
    assert (clock.now(), clock.monotonic()) == (100.0, 1000.0)
    clock.advance(5.0)
    assert (clock.now(), clock.monotonic()) == (105.0, 1005.0)
    clock.jump(-3600.0)
    assert (clock.now(), clock.monotonic()) == (-3495.0, 1005.0)


def test_waiting_moves_it_at_once() -> None:
    clock, wake = ManualClock(), threading.Event()
    assert not clock.wait(3600.0, wake)
    wake.set()
    assert clock.wait(1.0, wake)
    assert clock.monotonic() == 4601.0


def test_this_machines_clock() -> None:
    clock, wake = SystemClock(), threading.Event()
    wake.set()
    assert clock.wait(60.0, wake)
    assert not clock.wait(-1.0)
    assert clock.monotonic() <= time.monotonic()
    assert abs(clock.now() - time.time()) < 60
