from __future__ import annotations

import random

import pytest

from awry.watch.clock import ManualClock
from awry.watch.ingest.packets import Codec, Piece
from awry.watch.ingest.times import WallTimes
from ingest_fakes import TICK


def piece(stamp: float | None, arrived: float, order: float | None = None) -> Piece:
    pts = None if stamp is None else round(stamp / TICK)
    dts = pts if order is None else round(order / TICK)
    return Piece(b"", pts, dts, 0, TICK, True, arrived, Codec("h264"))


def test_the_quickest_packet_tells_the_time() -> None:
    clock, chance = ManualClock(), random.Random(0)
    times = WallTimes(clock)
    times.begin()
    errors = []
    for number in range(300):
        taken = clock.now()
        clock.advance(delay := 0.05 + chance.random() * 0.3)
        one = piece(500 + number / 10, clock.monotonic())
        assert not times.place(one)
        errors.append(one.at - taken)
        clock.advance(0.1 - delay)
    assert max(errors[50:]) < 0.07
    assert min(errors[50:]) >= 0.05


def test_a_camera_whose_clock_is_slow_is_followed() -> None:
    clock = ManualClock()
    times = WallTimes(clock)
    times.begin()
    for number in range(6_000):  # ten minutes
        one = piece(number / 10 * 0.995, clock.monotonic())
        assert not times.place(one)
        clock.advance(0.1)
    assert clock.now() - one.at == pytest.approx(0.1, abs=0.3)


@pytest.mark.parametrize("jump", [-3000.0, 3000.0])
def test_stamps_that_jump_begin_anew(jump: float) -> None:
    clock = ManualClock()
    times = WallTimes(clock)
    times.begin()
    before = piece(5000, clock.monotonic())
    times.place(before)
    clock.advance(0.1)
    after = piece(5000 + jump, clock.monotonic())
    assert "jumped" in times.place(after)
    assert after.run == before.run + 1
    assert after.at == pytest.approx(before.at + 0.1)


def test_a_backlog_is_no_jump() -> None:
    """Nothing comes for 8 s, then all of it at once: pictures keep the times they had."""
    clock = ManualClock()
    times = WallTimes(clock)
    times.begin()
    first = piece(0, clock.monotonic())
    times.place(first)
    clock.advance(8.0)
    for number in range(1, 81):
        one = piece(number / 10, clock.monotonic())
        assert not times.place(one)
        assert one.at == pytest.approx(first.at + number / 10)


def test_stamps_that_stay_behind_begin_anew() -> None:
    clock = ManualClock()
    times = WallTimes(clock)
    times.begin()
    times.place(piece(0, clock.monotonic()))
    clock.advance(60)
    said = []
    for number in range(150):
        one = piece(1 + number / 10, clock.monotonic())
        said.append(times.place(one))
        clock.advance(0.1)
    assert sum(map(bool, said)) == 1
    assert one.at == pytest.approx(clock.now() - 0.1, abs=0.01)


def test_the_clock_that_is_set() -> None:
    clock = ManualClock()
    times = WallTimes(clock)
    times.begin()
    before = piece(0, clock.monotonic())
    times.place(before)
    assert times.clock_jump() == 0
    clock.jump(-3600)
    assert times.clock_jump() == pytest.approx(-3600)
    assert times.clock_jump() == 0
    clock.advance(1)
    after = piece(1, clock.monotonic())
    times.place(after)
    assert after.at == pytest.approx(before.at + 1 - 3600)
    assert after.run == before.run + 1


def test_small_corrections_are_followed_without_a_jump() -> None:
    clock = ManualClock()
    times = WallTimes(clock)
    times.begin()
    for _ in range(100):
        clock.jump(0.1)
        assert times.clock_jump() == 0
    one = piece(0, clock.monotonic())
    times.place(one)
    assert one.at == pytest.approx(clock.now())


def test_without_stamps_arrival_counts() -> None:
    clock = ManualClock()
    times = WallTimes(clock)
    times.begin()
    one = piece(None, clock.monotonic() - 0.25)
    assert not times.place(one)
    assert one.at == pytest.approx(clock.now() - 0.25)


def test_pictures_that_are_shown_later_than_they_are_sent() -> None:
    clock = ManualClock()
    times = WallTimes(clock)
    times.begin()
    now = clock.monotonic()
    first = piece(10.2, now, order=10.0)
    second = piece(10.1, now + 0.1, order=10.1)
    assert not times.place(first)
    assert not times.place(second)
    assert first.at - second.at == pytest.approx(0.1, abs=1e-4)
