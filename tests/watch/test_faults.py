"""Each fault of a camera, a machine or a person, and what is in the store afterwards."""

from __future__ import annotations

import random
import re
import shutil
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from awry.detector import Detector
from awry.errors import BundleError, InputError
from awry.frames import Frame, FrameScore
from awry.watch.ingest import eye
from awry.watch.ingest.tamper import TamperRule, TamperWatch
from awry.watch.messages import Flag
from awry.watch.simulation import site as simulated
from awry.watch.simulation.detector import _PatchScorer
from awry.watch.store.lock import hold
from awry.watch.store.models import FileRow, LoadRow, OutboxRow
from awry.watch.store.reconcile import differences
from faulty_camera import FaultySite

ROOT = Path(__file__).parents[2]
HOLDS: dict[Flag, float] = {"covered": 3.0, "moved": 4.0, "frozen": 6.0}
SWIFT = TamperRule(learn_s=10, learn_pictures=5, hold_s=TamperRule().hold_s | HOLDS, clear_s=2.0)


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Callable[..., FaultySite]]:
    made: list[FaultySite] = []

    def one(*odd: tuple[float, float]) -> FaultySite:
        made.append(FaultySite(tmp_path, odd))
        return made[-1]

    yield one
    for site in made:
        assert_sound(site)
        site.site.close()


@pytest.fixture
def front(make: Callable[..., FaultySite]) -> FaultySite:
    return make()


def test_the_page_names_tests_that_are_there() -> None:
    page = (ROOT / "docs" / "watch.md").read_text()
    part = page.split("<!-- faults:")[1].split("<!-- end of faults -->")[0]
    numbers = re.findall(r"^\| (\d+) ", part, re.MULTILINE)
    named = re.findall(r"^(\d+) (\S+)::(\S+)$", part, re.MULTILINE)
    assert [int(one) for one in numbers] == list(range(1, 21))
    assert {number for number, _, _ in named} == set(numbers)
    for _, file, name in named:
        assert f"def {name}(" in (ROOT / file).read_text(), f"{file}::{name}"


def assert_sound(one: FaultySite) -> None:
    """Whatever happened: files and rows agree, nothing acknowledged is lost, nothing twice."""
    site = one.site
    assert site.database is not None
    found = differences(site.database, site.disk)
    assert (found.missing, found.unknown) == ((), ())
    stored = one.scores().times
    assert np.all(np.diff(stored) > 0)
    acknowledged = np.sort(np.array(list(one.acknowledged.values())))
    np.testing.assert_allclose(stored, acknowledged, atol=0.01)
    events = one.events()
    assert all(first.end <= second.start for first, second in pairwise(events))
    for receiver in (site.hook, site.mqtt, site.person):
        assert set(receiver.told.values()) <= {1}


def test_refused(front: FaultySite) -> None:
    front.camera.away = True
    front.run(15)
    assert front.states()[-1] == "back-off"
    assert len(front.scores().times) == 0
    front.camera.away = False
    front.run(45)
    assert front.states()[-1] == "running"
    (event,) = front.events()
    assert (event.state, len(event.clips)) == ("ended", 1)


def test_killed_in_the_middle_of_an_event(front: FaultySite) -> None:
    front.run(23)
    front.camera.away = True
    front.run(20)
    front.camera.away = False
    front.run(40)
    assert front.states()[-1] == "running"
    (event,) = front.events()
    assert event.end - event.start == pytest.approx(2, abs=1)
    assert event.told
    assert [clip.there for clip in event.clips] == [True]
    (gap,) = front.gaps()
    assert gap.until - gap.since == pytest.approx(20, abs=4)
    assert front.site.hook.told == {(event.uid, "new"): 1, (event.uid, "end"): 1}


def test_a_stall_of_a_half_open_connection(front: FaultySite) -> None:
    front.run(10)
    front.camera.silent = True
    front.run(40)
    assert "stalled" in front.states()
    assert front.states()[-1] in ("back-off", "connecting", "waiting for a key frame")
    front.camera.silent = False
    front.run(40)
    assert front.states()[-1] == "running"
    (gap,) = front.gaps()
    assert gap.until - gap.since >= 35
    assert front.events() == []  # what nobody saw is no event


def test_a_server_that_is_back_after_minutes(make: Callable[..., FaultySite]) -> None:
    front = make((350.0, 355.0))
    front.run(10)
    front.camera.away = True
    front.run(300, 5)
    assert front.camera.opened < 15  # the pauses grow
    front.camera.away = False
    front.run(90)
    (gap,) = front.gaps()
    assert gap.until - gap.since >= 300
    (event,) = front.events()
    assert [clip.there for clip in event.clips] == [True]


def test_corrupt_packets(front: FaultySite) -> None:
    front.run(10)
    front.camera.cut = True
    front.run(5)
    front.camera.cut = False
    front.run(40)
    loads = {row.process: row.figures for row in front.rows(LoadRow)}
    assert loads["ingest"]["damaged"] == pytest.approx(5, abs=1)
    assert front.states()[-1] == "running"
    assert "back-off" not in front.states()
    assert len(front.events()) == 1


def test_another_size_in_the_middle_of_an_event(front: FaultySite) -> None:
    front.run(23)
    front.camera.show = lambda picture: cv2.resize(picture, None, fx=2, fy=2)
    front.run(40)
    events = front.events()
    clips = [clip for event in events for clip in event.clips]
    assert len(clips) >= 2
    assert {width_of(front.site.layout.root / clip.path) for clip in clips} == {64, 128}
    assert all(event.state == "ended" for event in events)


def width_of(clip: Path) -> int:
    with av.open(str(clip)) as container:
        (width,) = {frame.width for frame in container.decode(video=0)}
    return int(width)


def test_a_scorer_that_is_slower_than_the_camera(make: Callable[..., FaultySite]) -> None:
    front = make((65.0, 75.0))
    front.slow_scorer(4)
    front.run(100)
    assert front.states()[-1] == "degraded"
    assert "its budget is not promised" in front.why("degraded")
    assert len(front.scores().times) == pytest.approx(75, abs=5)
    assert len(front.events()) == 1


COVER = (np.linspace(30, 180, 64)[:, None] * (0.4, 0.7, 1)).astype(np.uint8)
FROZEN: dict[str, np.ndarray] = {}
TAMPERED: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "frozen": lambda picture: FROZEN.setdefault("first", picture),
    "covered": lambda picture: np.tile(COVER, (48, 1, 1)) + picture // 50,
    "moved": lambda picture: np.roll(picture, 16, axis=1),
}


@pytest.mark.parametrize("flag", TAMPERED)
def test_frozen_covered_or_moved(
    make: Callable[..., FaultySite], flag: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(eye, "TamperWatch", lambda rule: TamperWatch(rule or SWIFT))
    front = make((100.0, 105.0))
    front.run(30)
    front.camera.show = TAMPERED[flag]
    front.run(20)
    (shown,) = front.flags()
    assert (shown.kind, shown.until) == (flag, None)
    front.camera.show = None
    front.run(20)
    (shown,) = front.flags()
    assert shown.until is not None
    assert shown.detail


def test_day_to_infrared(front: FaultySite) -> None:
    front.run(40)
    assert front.lights() == {"day"}
    front.camera.show = lambda picture: np.repeat(picture[..., 1:2], 3, 2)
    front.run(40)
    assert front.lights() == {"day", "infrared"}
    assert front.flags() == []
    assert len(front.events()) == 1


def test_a_full_disk_that_is_freed(make: Callable[..., FaultySite]) -> None:
    front = make((20.0, 26.0), (60.0, 66.0))
    front.run(10)
    front.site.disk.full = True
    front.run(38)
    assert "disk" in front.why("degraded").lower()
    (event,) = front.events()
    assert (event.state, event.told) == ("ended", True)
    assert event.clips == ()
    assert len(front.scores().times) > 35
    front.site.disk.full = False
    front.run(45)
    assert front.states()[-1] == "running"
    assert [clip.there for clip in front.events()[1].clips] == [True]


def test_a_media_folder_that_is_gone(make: Callable[..., FaultySite]) -> None:
    front = make((20.0, 26.0), (60.0, 66.0))
    front.run(50)
    shutil.rmtree(front.site.layout.root / "media")
    front.run(50)
    first, second = front.events()
    assert [clip.there for clip in second.clips] == [True]  # the folder was made anew
    front.site.kill("keeper")
    front.site.start("keeper")
    front.run(10)
    first, second = front.events()
    assert [clip.there for clip in first.clips] == [False]
    assert [clip.there for clip in second.clips] == [True]
    assert {row.state for row in front.rows(FileRow) if row.event == first.uid} == {"missing"}


def test_every_process_is_killed_again_and_again(make: Callable[..., FaultySite]) -> None:
    front, chance = make((15.0, 23.0), (45.0, 53.0), (75.0, 83.0)), random.Random(1)
    processes = ["keeper", "ingest front", "scorer", "courier"]
    for number in range(24):
        front.run(chance.randint(1, 5))
        front.site.kill(processes[number % 4], after_commit=chance.random() < 0.5)
        front.run(chance.randint(0, 1))
        front.site.start(processes[number % 4])
    front.run(40)
    events = front.events()
    assert {event.state for event in events} == {"ended"}
    assert len(events) >= 3
    assert all(clip.there for event in events for clip in event.clips)


def test_receivers_that_are_down_for_an_hour(front: FaultySite) -> None:
    site = front.site
    site.hook.away = site.mqtt.away = site.broker.away = True
    front.run(40)
    (event,) = front.events()
    front.camera.away = True  # an hour of pictures would take long
    front.run(3600, 30)
    waiting = {row.channel for row in front.rows(OutboxRow) if row.state == "waiting"}
    assert {"webhook", "mqtt"} <= waiting
    assert site.hook.told == {}
    site.hook.away = site.mqtt.away = site.broker.away = False
    front.run(1500, 30)
    for receiver in (site.hook, site.mqtt):
        assert receiver.told == {(event.uid, "new"): 1, (event.uid, "end"): 1}
    assert site.person.told == {(event.uid, "new"): 1}
    assert {row.state for row in front.rows(OutboxRow)} == {"sent"}


@pytest.mark.parametrize("seconds", [7200.0, -7200.0])
def test_a_clock_that_jumps(make: Callable[..., FaultySite], seconds: float) -> None:
    front = make((20.0, 30.0), (50.0, 56.0))
    front.run(24)
    front.clock.jump(seconds)
    front.run(60)
    events = front.events()
    assert {event.state for event in events} == {"ended"}
    assert 2 <= len(events) <= 3  # one is cut in two by the jump at most
    assert all(0 <= event.end - event.start < 15 for event in events)
    assert all(clip.there for event in events for clip in event.clips)


class _Broken(_PatchScorer):
    """Fails, or gives no number, for a while."""

    raises = False

    def _push(self, frame: Frame) -> list[FrameScore]:
        (score,) = super()._push(frame)
        if 5 <= frame.index < 8:
            if self.raises:
                raise RuntimeError("boom")
            return [FrameScore(score.index, score.time_s, float("nan"), {}, map=score.map)]
        return [score]


@pytest.mark.parametrize("raises", [False, True])
def test_a_method_that_gives_no_number_or_crashes(
    make: Callable[..., FaultySite], raises: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = type("Broken", (_Broken,), {"raises": raises})
    monkeypatch.setattr("awry.watch.simulation.detector._PatchScorer", broken)
    front = make((20.0, 26.0))
    front.run(50)
    said = "boom" if raises else "not a number"
    assert len(front.gaps()) >= 3
    assert all(said in gap.detail for gap in front.gaps())
    assert said in front.why("degraded")
    assert np.isfinite(front.scores().scores).sum() >= 15
    assert {event.state for event in front.events()} == {"ended"}


def test_a_bundle_that_was_tampered_with(
    make: Callable[..., FaultySite], monkeypatch: pytest.MonkeyPatch, bundle: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "tampered"
    shutil.copytree(bundle, copy)
    weights = max(copy.rglob("*.safetensors"), key=lambda one: one.stat().st_size)
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(data)
    with pytest.raises(BundleError):
        Detector.load(copy)
    monkeypatch.setattr(simulated, "open_detector", lambda path: Detector.load(copy))
    front = make()
    front.run(40)
    assert front.states()[-1] == "misconfigured"
    assert weights.name in front.why("misconfigured")
    assert len(front.scores().times) == 0
    assert front.events() == []


def test_two_instances_on_one_store(front: FaultySite) -> None:
    with hold(front.site.layout):
        front.run(40)
        before = {path: path.stat().st_mtime_ns for path in front.site.layout.root.rglob("*")}
        with pytest.raises(InputError, match="in use"), hold(front.site.layout, wait_s=0.0):
            pass
    after = {path: path.stat().st_mtime_ns for path in front.site.layout.root.rglob("*")}
    assert after == before
