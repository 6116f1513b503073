from __future__ import annotations

from dataclasses import replace

import pytest

from awry.watch.clock import ManualClock
from awry.watch.ingest.eye import Eye
from awry.watch.ingest.packets import Piece
from awry.watch.ingest.tamper import TamperRule
from awry.watch.messages import Gap
from awry.watch.site.portions import Grid
from ingest_fakes import Box, Told, encoded, moving, scene, walk


class Desk:
    def __init__(self, grid: Grid | None = None, **more: object) -> None:
        self.clock, self.box, self.told = ManualClock(), Box(), Told()
        self.begin = self.clock.now()
        self.eye = Eye("door", grid, self.clock, self.box, self.told, **more)
        self.seen = []

    def come(
        self, pieces: list[Piece] | tuple[Piece, ...], first: float = 0.0, run: int = 1
    ) -> None:
        """Packets come in their own time, the first one so long after the beginning."""
        for one in pieces:
            late = self.begin + first + one.stamp_s - self.clock.now()
            self.clock.advance(max(0.0, late))
            at, now = self.begin + first + one.stamp_s, self.clock.monotonic()
            self.seen.append(self.eye.add(replace(one, at=at, arrived=now, run=run)))


def test_steps_of_the_grid_go_to_the_mailbox() -> None:
    desk = Desk(Grid(rate=5, width=80, height=60))
    desk.come(walk()[:50])
    frames = desk.box.frames
    assert [one.step for one in frames] == list(range(25))
    assert len({one.session for one in frames}) == 1
    assert [one.at - desk.begin for one in frames] == pytest.approx(
        [n / 5 for n in range(25)], abs=0.06
    )
    assert frames[0].image.shape == (60, 80, 3)
    assert {one.light for one in frames} == {"day"}
    assert desk.told == []


def test_a_lost_connection_ends_the_session_and_makes_a_gap() -> None:
    desk = Desk(Grid(rate=10))
    desk.come(walk()[:20])
    desk.eye.end("Lost it.")
    desk.eye.end("Connection refused.")
    desk.come(walk()[:20], first=30, run=2)
    sessions = list(dict.fromkeys(one.session for one in desk.box.frames))
    assert len(sessions) == 2
    assert [one.session for one in desk.box.ends] == sessions[:1]
    (gap,) = desk.told.of(Gap)
    assert (gap.start - desk.begin, gap.end - desk.begin) == pytest.approx((1.9, 30.0))
    assert gap.why == "Lost it."


def test_times_that_jump_begin_a_session() -> None:
    desk = Desk(Grid(rate=10))
    desk.come(walk()[:20])
    desk.eye.expect("The clock was set.")
    desk.come(walk()[:20], first=3600, run=2)
    assert len(desk.box.ends) == 1
    assert desk.box.frames[-1].step == 19
    assert desk.told.of(Gap)[0].why == "The clock was set."


def test_another_size_begins_a_session() -> None:
    desk = Desk(Grid(rate=10))
    desk.come(walk()[:20])
    desk.come(encoded([scene(320, 240)] * 10), first=2)
    assert len(desk.box.ends) == 1
    assert desk.box.frames[-1].image.shape == (240, 320, 3)
    assert desk.box.frames[-1].session != desk.box.frames[0].session


def test_another_shape_does_not_fit() -> None:
    desk = Desk(Grid(rate=10, width=160, height=90))
    desk.come(walk()[:1])
    assert "another shape is another view" in desk.seen[0].misfit
    assert desk.box.frames == []


def test_another_detector_begins_a_session() -> None:
    desk = Desk(Grid(rate=10))
    desk.come(walk()[:20])
    desk.eye.use(Grid(rate=10))
    assert desk.box.ends == []
    desk.eye.use(Grid(rate=5))
    assert len(desk.box.ends) == 1
    desk.come(walk()[20:40])
    assert [one.step for one in desk.box.frames[20:]] == list(range(10))


def test_without_a_detector_pictures_are_only_looked_at() -> None:
    desk = Desk()
    desk.come(walk())
    assert desk.box.frames == []
    assert desk.eye.light.mode == "day"
    assert desk.eye.pictures < 35  # key pictures alone, once their distance is known


def test_of_pushed_pictures_only_those_of_the_grid_are_decoded() -> None:
    desk = Desk(Grid(rate=2))
    desk.come(walk("mjpeg", 50))
    assert [one.step for one in desk.box.frames] == list(range(10))
    assert desk.eye.pictures <= 16


def test_packets_that_waited_too_long_are_left_out() -> None:
    desk = Desk(Grid(rate=10))
    desk.come(walk()[:20])
    for one in walk()[20:60]:
        at = desk.begin + one.stamp_s
        desk.clock.advance(0.1)
        late = 0.0 if one.stamp_s > 4.5 else 5.0
        arrived = desk.clock.monotonic() - late
        desk.eye.add(replace(one, at=at, arrived=arrived, run=1))
    assert desk.eye.late == 30
    assert desk.box.frames[-1].session != desk.box.frames[0].session
    assert desk.box.frames[20].at - desk.begin == pytest.approx(5.0)
    assert desk.told.of(Gap)[0].why == "This machine could not decode in time."


def test_damage_is_passed_on() -> None:
    desk = Desk(Grid(rate=10))
    pieces = [replace(one, corrupt=number == 3) for number, one in enumerate(walk()[:20])]
    desk.come(pieces)
    assert [one.damaged for one in desk.box.frames] == [False] * 3 + [True] * 7 + [False] * 10
    assert desk.eye.damaged == 7


def test_flags_are_told() -> None:
    rule = TamperRule(learn_s=5, learn_pictures=5)
    desk = Desk(Grid(rate=2), tamper=rule)
    black = [scene() * 0] * 60
    desk.come(encoded([*[moving(number) for number in range(80)], *black]))
    flags = [flag for seen in desk.seen for flag in seen.flags]
    assert [(one.flag, one.on) for one in flags] == [("dark", True)]
    assert flags[0].at - desk.begin == pytest.approx(11.2, abs=0.6)
    assert desk.eye.tampered
