from __future__ import annotations

import errno
from pathlib import Path

import pytest

from awry.watch.clock import ManualClock
from awry.watch.site.model import Retention
from awry.watch.store.guard import AGAIN_S, MIB, DiskGuard
from awry.watch.store.layout import Layout
from awry.watch.store.retention import GIB
from stores import FakeDisk

FILM = "media/yard/film.mp4"


class Setting:
    """A disk of 1 GiB of which 200 MiB are to be free: the guard stops at 50, starts at 100."""

    def __init__(self, root: Path) -> None:
        self.layout, self.clock = Layout(root), ManualClock()
        self.disk = FakeDisk(GIB)
        limits = Retention(free_gib=200 * MIB / GIB)
        self.guard = DiskGuard(self.layout, self.disk, limits, self.clock)

    def free(self, mib: float) -> None:
        """Fill the disk until so much is free."""
        film = self.layout.root / FILM
        self.disk.files.pop(film, None)
        self.disk.files[film] = bytes(int(self.disk.free(film) - mib * MIB))

    @property
    def ballast(self) -> bool:
        return self.layout.ballast in self.disk.files


@pytest.fixture
def setting(tmp_path: Path) -> Setting:
    return Setting(tmp_path)


def test_limits_follow_from_the_floor(setting: Setting) -> None:
    guard = setting.guard
    sizes = (guard.stop_below, guard.start_above, guard.ballast_bytes)
    assert sizes == (50 * MIB, 100 * MIB, 25 * MIB)
    none = DiskGuard(setting.layout, setting.disk, Retention(free_gib=0), setting.clock)
    assert (none.stop_below, none.start_above) == (4 * MIB, 8 * MIB)


def test_with_room_there_is_ballast_and_nothing_to_say(setting: Setting) -> None:
    verdict = setting.guard.step()
    assert (verdict.recording, verdict.changed, verdict.reason) == (True, False, "")
    assert setting.ballast
    assert setting.disk.size(setting.layout.ballast) == 25 * MIB


def test_clips_stop_and_come_back_by_themselves(setting: Setting) -> None:
    setting.guard.step()
    said = []
    for free in (120, 60, 49, 60, 99, 49, 101, 60):
        setting.free(free)
        verdict = setting.guard.step()
        said.append((verdict.recording, verdict.changed))
    on, off = (True, False), (False, False)
    assert said == [on, on, (False, True), off, off, off, (True, True), on]


def test_the_sentence_says_what_is_needed(setting: Setting) -> None:
    setting.free(40)
    assert setting.guard.step().reason == (
        "The disk has 0.04 GiB left: clips are off until 0.10 GiB are free, "
        "events and scores go on."
    )


def test_ballast_is_given_up_and_made_again(setting: Setting) -> None:
    setting.guard.step()
    setting.free(10)
    setting.guard.step()
    assert not setting.ballast
    setting.free(110)
    assert setting.guard.step().recording
    assert not setting.ballast  # it would bring the disk below the limit
    setting.free(130)
    setting.guard.step()
    assert setting.ballast


def test_a_failed_write_stops_clips_whatever_is_free(setting: Setting) -> None:
    setting.guard.step()
    setting.guard.failed()  # e.g. a quota
    assert not setting.ballast
    verdict = setting.guard.step()
    assert (verdict.recording, verdict.changed) == (False, True)
    assert verdict.reason.startswith("A write found no room")
    setting.clock.advance(AGAIN_S - 1)
    assert not setting.guard.step().recording
    setting.clock.advance(1)
    assert setting.guard.step().recording
    assert setting.ballast


def test_a_disk_that_is_gone_or_failing_is_no_crash(setting: Setting) -> None:
    setting.guard.step()
    setting.disk.failing = OSError(errno.EIO, "Input/output error")
    setting.guard.failed()
    setting.disk.failing = None
    setting.disk.free = lambda folder: (_ for _ in ()).throw(OSError())  # type: ignore[method-assign]
    assert setting.guard.step().free == 0
    assert not setting.guard.recording


def test_ballast_that_finds_no_room_leaves_nothing(setting: Setting) -> None:
    setting.disk.failing = OSError(errno.ENOSPC, "No space left on device")
    assert setting.guard.step().recording
    assert not setting.ballast
