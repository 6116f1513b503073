"""A camera's process core against real servers on loopback, through every fault."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from awry.watch.clock import SystemClock
from awry.watch.ingest.core import Ingest
from awry.watch.ingest.tamper import TamperRule
from awry.watch.messages import (
    EndClip,
    FileWritten,
    FlagChanged,
    Gap,
    Message,
    StartClip,
    StateChanged,
)
from awry.watch.site.portions import IngestSettings
from ingest_fakes import Box, Told, moving, shown

from .rtsp_server import LoopbackCamera, free_port, loopback_camera

pytestmark = pytest.mark.live

SECRET = "s3cret"
HOLDS = {"dark": 2.0, "bright": 2.0, "blurred": 2.0, "frozen": 5.0, "covered": 2.0, "moved": 3.0}
TAMPER = TamperRule(learn_s=4, learn_pictures=5, hold_s=HOLDS, clear_s=2.0)


@cache
def pictures() -> tuple[np.ndarray, ...]:
    return tuple(moving(number, 320, 240) for number in range(100))


class Desk:
    """A camera's core, driven in real time."""

    def __init__(self, store: Path, address: str, **camera: object) -> None:
        values = {"name": "door", "detect": address, "read_timeout_s": 4, **camera}
        settings = IngestSettings.model_validate(
            {"camera": values, "store": store, "grid": {"rate": 5, "width": 320, "height": 240}}
        )
        self.store, self.box, self.told, self.clock = store, Box(), Told(), SystemClock()
        self.ingest = Ingest(settings, self.clock, self.told, self.box, tamper=TAMPER, seed=1)

    def until(self, so: Callable[[], object], limit_s: float = 40) -> None:
        """Drive it until something is so; fails after the limit."""
        end = time.monotonic() + limit_s
        while not so():
            assert time.monotonic() < end, f"not within {limit_s} s; {self.states()}"
            self.ingest.wake.clear()
            if not self.ingest.step():
                self.clock.wait(0.05, self.ingest.wake)

    def until_state(self, state: str, limit_s: float = 40) -> StateChanged:
        self.until(lambda: self.states()[-1:] == [state], limit_s)
        return self.told.of(StateChanged)[-1]

    def until_pictures(self, more: int) -> None:
        count = len(self.box.frames) + more
        self.until(lambda: len(self.box.frames) >= count)

    def states(self) -> list[str]:
        return [one.state for one in self.told.of(StateChanged)]

    def start(self, event: str = "e1") -> None:
        path = f"media/door/day/{event}.mp4"
        self.ingest.hear(StartClip("door", event, time.time(), path))

    def end_clip(self, event: str = "e1") -> list[FileWritten]:
        self.ingest.hear(EndClip("door", event, time.time()))
        self.until(lambda: self.ingest._recorder.clips.open == 0)
        return self.told.of(FileWritten)

    def sessions(self) -> int:
        return len({one.session for one in self.box.frames})


@contextmanager
def watched(store: Path, camera: LoopbackCamera, **more: object) -> Iterator[Desk]:
    desk = Desk(store, camera.address, **more)
    try:
        yield desk
    finally:
        desk.ingest.close()
        assert SECRET not in repr(desk.told)


def messages(told: list[Message], kind: type) -> list[str]:
    return [str(one) for one in told if isinstance(one, kind)]


@pytest.mark.parametrize(
    ("kind", "codec"), [("rtsp", "h264"), ("rtsp", "h265"), ("rtsp", "jpeg"), ("http", "jpeg")]
)
def test_pictures_and_a_clip(tmp_path: Path, kind: str, codec: str) -> None:
    password = SECRET if kind == "rtsp" else None
    with (
        loopback_camera(pictures(), kind=kind, codec=codec, password=password) as camera,
        watched(tmp_path, camera, pre_roll_s=2, post_roll_s=1) as desk,
    ):
        desk.until_pictures(20)
        desk.start()
        desk.until_pictures(10)
        (clip,) = desk.end_clip()
        frames = desk.box.frames
        steps = [one.step for one in frames]
        assert steps == list(range(steps[0], steps[0] + len(steps)))
        assert frames[-1].image.shape == (240, 320, 3)
        assert clip.codec == {"h264": "h264", "h265": "hevc", "jpeg": "mjpeg"}[codec]
        assert len(shown(tmp_path / clip.path)) >= 10 * (clip.end - clip.start) - 4
        assert 4 <= clip.end - clip.start <= 7.5


def test_refused_and_there_at_last(tmp_path: Path) -> None:
    port = free_port()
    desk = Desk(tmp_path, f"rtsp://camera:{SECRET}@127.0.0.1:{port}/live")
    desk.until_state("back-off")
    assert "Connection refused" in desk.told.of(StateChanged)[-1].reason
    with loopback_camera(pictures(), port=port, password=SECRET):
        desk.until_pictures(5)
        assert desk.states()[-1] == "running"
        desk.ingest.close()


def test_a_wrong_password_and_a_wrong_path(tmp_path: Path) -> None:
    with loopback_camera(pictures(), password="right") as camera:
        for address, said in (
            (camera.address.replace("right", SECRET), "refuses the user or the password"),
            (camera.address.replace("/live", "/other"), "has no such stream"),
        ):
            desk = Desk(tmp_path, address)
            assert said in desk.until_state("misconfigured").reason
            assert SECRET not in repr(desk.told)
            desk.ingest.close()


def test_killed_in_the_middle_of_an_event(tmp_path: Path) -> None:
    with loopback_camera(pictures()) as camera, watched(tmp_path, camera) as desk:
        desk.until_pictures(15)
        desk.start()
        desk.until_pictures(10)
        camera.kill()
        lost = desk.until_state("back-off")
        assert "the other side ended it" in lost.reason
        desk.until(lambda: len(desk.told.of(StateChanged)) > 8)  # some attempts
        camera.start()
        desk.until_pictures(10)
        first, second = desk.end_clip()
        assert (first.part, second.part) == (0, 1)
        assert shown(tmp_path / first.path)
        assert shown(tmp_path / second.path)
        (gap,) = desk.told.of(Gap)
        assert "the other side ended it" in gap.why
        assert gap.start == pytest.approx(first.end, abs=0.5)
        assert desk.sessions() == 2


def test_a_server_that_hangs(tmp_path: Path) -> None:
    with loopback_camera(pictures()) as camera, watched(tmp_path, camera) as desk:
        desk.until_pictures(10)
        camera.stop_answering()
        began = time.time()
        desk.until_state("stalled")
        lost = desk.until_state("back-off")
        assert lost.at - began < 4.5  # a little before the read timeout
        camera.answer()
        desk.until_pictures(5)
        assert desk.sessions() == 2


def test_corrupt_packets(tmp_path: Path) -> None:
    with loopback_camera(pictures()) as camera, watched(tmp_path, camera) as desk:
        desk.until_pictures(10)
        camera.corrupt = 0.3
        desk.until(lambda: desk.ingest._eye.damaged > 5)
        assert desk.states()[-1] == "running"
        camera.corrupt = 0.0
        desk.until_pictures(20)
        assert not any(one.damaged for one in desk.box.frames[-5:])
        assert desk.sessions() == 1


def test_another_size_in_the_middle_of_an_event(tmp_path: Path) -> None:
    with loopback_camera(pictures()) as camera, watched(tmp_path, camera) as desk:
        desk.until_pictures(15)
        desk.start()
        desk.until_pictures(5)
        camera.show = lambda picture, number: cv2.resize(picture, (640, 480))
        desk.until(lambda: desk.sessions() == 2)
        desk.until_pictures(10)
        first, second = desk.end_clip()
        sizes = []
        for one in (first, second):
            with av.open(str(tmp_path / one.path)) as container:
                sizes.append({(f.width, f.height) for f in container.decode(video=0)})
        assert sizes == [{(320, 240)}, {(640, 480)}]
        assert desk.box.frames[-1].image.shape == (240, 320, 3)


def test_another_shape_and_back(tmp_path: Path) -> None:
    with loopback_camera(pictures()) as camera, watched(tmp_path, camera) as desk:
        desk.until_pictures(5)
        camera.show = lambda picture, number: cv2.resize(picture, (640, 360))
        assert "another shape" in desk.until_state("misconfigured").reason


def test_another_codec(tmp_path: Path) -> None:
    with loopback_camera(pictures()) as camera, watched(tmp_path, camera) as desk:
        desk.until_pictures(15)
        desk.start()
        desk.until_pictures(5)
        camera.change_codec("h265")
        desk.until(lambda: desk.sessions() == 2)
        desk.until_pictures(10)
        assert [one.codec for one in desk.end_clip()] == ["h264", "hevc"]


def black_and_white(picture: np.ndarray, number: int) -> np.ndarray:
    return np.repeat(picture.mean(2, keepdims=True).astype(np.uint8), 3, 2)


def covered(picture: np.ndarray, number: int) -> np.ndarray:
    noise = np.random.default_rng(number).integers(0, 6, picture.shape)
    return (90 + noise).astype(np.uint8)


@pytest.mark.parametrize(
    ("flag", "show"),
    [
        ("frozen", lambda picture, number: pictures()[7]),
        ("covered", covered),
        ("moved", lambda picture, number: np.roll(picture, 40, axis=1)),
        ("dark", lambda picture, number: (picture * 0.03).astype(np.uint8)),
        ("blurred", lambda picture, number: cv2.GaussianBlur(picture, (0, 0), 6)),
    ],
)
def test_tampering(tmp_path: Path, flag: str, show: Callable[..., np.ndarray]) -> None:
    with loopback_camera(pictures()) as camera, watched(tmp_path, camera) as desk:
        desk.until(lambda: desk.ingest._eye._watch._views)
        before, camera.show = camera.show, show
        desk.until(lambda: desk.told.of(FlagChanged))
        camera.show = before
        desk.until(lambda: len(desk.told.of(FlagChanged)) == 2)
        assert [(one.flag, one.on) for one in desk.told.of(FlagChanged)] == [
            (flag, True),
            (flag, False),
        ]
        assert desk.sessions() == 1


def test_day_to_infrared(tmp_path: Path) -> None:
    with loopback_camera(pictures()) as camera, watched(tmp_path, camera) as desk:
        desk.until_pictures(10)
        assert desk.box.frames[-1].light == "day"
        camera.show = black_and_white
        desk.until(lambda: desk.box.frames[-1].light == "infrared")
        assert desk.told.of(FlagChanged) == []


def test_two_streams(tmp_path: Path) -> None:
    large = [cv2.resize(one, (640, 480)) for one in pictures()]
    with (
        loopback_camera(large) as main,
        loopback_camera(pictures()) as camera,
        watched(tmp_path, camera, record=main.address, pre_roll_s=2) as desk,
    ):
        desk.until(lambda: desk.ingest._recorder.ring.seconds > 4)
        desk.until_pictures(5)
        desk.start()
        desk.until_pictures(5)
        (clip,) = desk.end_clip()
        with av.open(str(tmp_path / clip.path)) as container:
            assert container.streams.video[0].codec_context.width == 640
        # Both servers run on this machine, so their own clocks agree.
        assert abs(desk.ingest._recorder.clips.offset_s) < 0.5


def test_whatever_byte_a_process_dies_at(tmp_path: Path) -> None:
    """What a killed process leaves is adopted at the next start, if one fragment is whole."""
    with loopback_camera(pictures()) as camera, watched(tmp_path, camera) as desk:
        desk.until_pictures(10)
        desk.start()
        growing = tmp_path / "media/door/day/e1.mp4.part"
        desk.until(lambda: growing.exists() and growing.read_bytes().count(b"moof") > 2)
        left = growing.read_bytes()
        begin, second = left.index(b"moof"), left.index(b"moof", left.index(b"moof") + 4) - 4
        chance = random.Random(0)
        cuts = [second - 1, second, *(chance.randrange(second, len(left)) for _ in range(4))]
        for number, cut in enumerate([begin, chance.randrange(begin, second), *cuts]):
            store = tmp_path / str(number)
            part = store / "media/door/day/e1.mp4.part"
            part.parent.mkdir(parents=True)
            part.write_bytes(left[:cut])
            other = Desk(store, camera.address)
            clips = other.told.of(FileWritten)
            assert [one.event for one in clips] == (["e1"] if cut >= second else []), cut
            assert all(shown(store / one.path) for one in clips)
            assert not part.exists()
            other.ingest.close()
        assert growing.read_bytes().startswith(left)
