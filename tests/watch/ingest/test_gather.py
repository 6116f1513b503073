from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from awry.watch.ingest.gather import Gatherer
from awry.watch.ingest.packets import Piece
from awry.watch.messages import Gather
from ingest_fakes import FaultyDisk, Told, placed, shown, walk

BEGIN = 1_800_000_000.0


class Desk:
    def __init__(self, root: Path) -> None:
        self.told, self.disk, self.now = Told(), FaultyDisk(), 0.0
        self.gatherer = Gatherer("door", root, self.disk, self.told)

    def come(
        self, seconds: int, *, light: str = "day", tampered: bool = False, run: int = 1
    ) -> None:
        """Ten pictures a second, about 8 kB of them."""
        for turn in range(seconds // 10):
            for one in placed(walk(), 0.0, run=run):
                shift = self.now + 10 * turn
                piece: Piece = replace(
                    one,
                    arrived=one.arrived + shift,
                    at=BEGIN + one.at + shift,
                    pts=one.pts + round(shift * 90_000),
                    dts=one.dts + round(shift * 90_000),
                )
                self.gatherer.add(piece, light, tampered=tampered)
        self.now += seconds

    def want(self, seconds: float, size: int) -> None:
        self.gatherer.want(Gather("door", seconds, size), self.now)


RATE = sum(len(one.data) for one in walk()) / 10


def test_nothing_is_kept_unasked(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.come(60)
    assert desk.gatherer.share(desk.now) == 0
    assert list(tmp_path.iterdir()) == []


def test_all_is_kept_where_there_is_room(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.want(1000, 10**9)
    desk.come(60)
    desk.gatherer.close(desk.now)
    assert [one.kind for one in desk.told] == ["footage"] * len(desk.told)
    seconds = sum(one.end - one.start for one in desk.told)
    assert seconds == pytest.approx(50, abs=1)  # the first ten tell the rate
    first = desk.told[0]
    assert first.end - first.start == pytest.approx(10, abs=1.1)
    assert first.path.startswith("footage/door/2027")
    assert len(shown(tmp_path / first.path)) == pytest.approx(100, abs=10)
    starts = [one.start for one in desk.told]
    assert starts == sorted(starts)


def test_stretches_are_spread_over_the_time_that_is_left(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    room = round(RATE * 60)  # a minute of ten
    desk.want(600, room)
    desk.come(600)
    kept = sum(one.bytes for one in desk.told)
    assert 0.6 * room < kept < 1.3 * room
    starts = [one.start for one in desk.told]
    apart = [later - start for start, later in pairwise(starts)]
    assert min(apart) > 40
    assert max(starts) - min(starts) > 350


def test_other_light_and_a_reconnect_begin_another_file(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.want(1000, 10**9)
    desk.come(20)
    desk.come(20, light="infrared")
    desk.gatherer.lost()
    desk.come(20, light="infrared", run=2)
    desk.gatherer.close(desk.now)
    lights = [one.light for one in desk.told]
    assert lights == sorted(lights)
    assert set(lights) == {"day", "infrared"}


def test_nothing_while_tampered(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.want(1000, 10**9)
    desk.come(30, tampered=True)
    assert desk.told == []
    desk.come(10)
    desk.come(10, tampered=True)  # what was begun is thrown away
    desk.come(10)
    desk.gatherer.close(desk.now)
    assert all(one.start >= BEGIN + 30 for one in desk.told)
    assert not any(BEGIN + 40 <= one.start < BEGIN + 50 for one in desk.told)
    assert not list(tmp_path.rglob("*.part"))


def test_enough_is_enough(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.want(1000, 10**9)
    desk.come(30)
    desk.want(0, 0)
    count = len(desk.told)
    desk.come(60)
    assert len(desk.told) == count


def test_a_full_disk_is_said_and_tried_again(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.want(1000, 10**9)
    desk.disk.room = 5000
    desk.come(30)
    assert desk.gatherer.trouble == "Footage cannot be written: No space left on device."
    assert list(tmp_path.rglob("*.mp4*")) == []
    desk.disk.room = float("inf")
    desk.come(120)
    assert desk.gatherer.trouble == ""
    assert desk.told
    desk.gatherer.close(desk.now)
