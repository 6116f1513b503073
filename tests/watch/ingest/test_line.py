from __future__ import annotations

import threading

import pytest

from awry.watch.clock import ManualClock
from awry.watch.ingest.connection import Limits
from awry.watch.ingest.line import Line, patience_of
from awry.watch.ingest.packets import Lost
from ingest_fakes import FakeCamera, walk


def made(**more: float) -> tuple[Line, FakeCamera, ManualClock]:
    clock = ManualClock()
    camera = FakeCamera(clock, walk())
    line = Line("rtsp://x", Limits(**more), camera, clock, threading.Event(), seed=1)
    return line, camera, clock


def go(line: Line, camera: FakeCamera, clock: ManualClock, seconds: float) -> list[str]:
    """Let time pass; returns the states that were gone through."""
    states = []
    for _ in range(round(seconds * 10)):
        clock.advance(0.1)
        camera.show()
        news = line.step()
        states += [one.state for one in news.states]
        for piece in news.pieces:
            states += [one.state for one in line.frame().states]
            assert abs(clock.now() - piece.at) < 0.2
    return states


def test_from_connecting_to_running_and_back() -> None:
    line, camera, clock = made()
    assert go(line, camera, clock, 2) == ["connecting", "waiting for a key frame", "running"]
    camera.hang_up()
    assert go(line, camera, clock, 3)[:2] == ["back-off", "connecting"]
    assert len(camera.opened) == 2
    line.close()
    assert camera.feed.closed


def test_silence_is_noticed_before_ffmpeg_does() -> None:
    line, camera, clock = made(read_s=10)
    go(line, camera, clock, 2)
    camera.silent = True
    assert go(line, camera, clock, 4) == []
    assert go(line, camera, clock, 2) == ["stalled"]
    assert go(line, camera, clock, 3.5)[0] == "back-off"
    assert patience_of(Limits(read_s=10)).lost_s == 9


def test_a_wrong_password_is_tried_once_a_minute() -> None:
    line, camera, clock = made()
    camera.refuses = Lost("It refuses the password.", settings=True)
    states = go(line, camera, clock, 300)
    assert set(states) == {"connecting", "misconfigured"}
    assert 5 <= len(camera.opened) <= 6


def test_nobody_there_for_an_hour() -> None:
    line, camera, clock = made()
    camera.refuses = Lost("Connection refused.")
    go(line, camera, clock, 3600)
    assert 60 <= len(camera.opened) <= 75
    camera.refuses = None
    assert "running" in go(line, camera, clock, 70)


def test_what_the_pictures_refuse() -> None:
    line, camera, clock = made()
    go(line, camera, clock, 2)
    news = line.refuse("Another shape.")
    assert news.lost
    assert [(one.state, one.reason) for one in news.states] == [("misconfigured", "Another shape.")]
    assert camera.feed.closed


def test_pushed_pictures_have_the_times_of_their_arrival() -> None:
    line, camera, clock = made()
    go(line, camera, clock, 1)
    line._has_clock = False
    clock.advance(0.1)
    camera.show()
    (piece,) = line.step().pieces
    assert piece.pts is None
    assert piece.at == pytest.approx(clock.now(), abs=0.11)


def test_a_clock_that_is_set_is_told() -> None:
    line, camera, clock = made()
    go(line, camera, clock, 2)
    clock.jump(3600)
    assert line.step().jumps == ["The clock of this machine was set by +3600.0 s."]
    go(line, camera, clock, 2)


def test_the_cameras_own_clock() -> None:
    line, camera, clock = made()
    go(line, camera, clock, 1)
    assert line.camera_shift_s is None
    for piece in camera.pieces:
        piece.camera_s = None
    clock.advance(0.1)
    camera.show()
    for one in camera.feed.coming:
        one.camera_s = clock.now() - 7.0
    line.step()
    assert line.camera_shift_s == pytest.approx(7.0, abs=0.2)
