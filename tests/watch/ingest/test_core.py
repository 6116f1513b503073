from __future__ import annotations

import gc
from dataclasses import replace
from pathlib import Path

import pytest

from awry.watch.clock import ManualClock
from awry.watch.ingest.core import Ingest
from awry.watch.ingest.decode import Decoded
from awry.watch.ingest.packets import Codec, Lost, Piece
from awry.watch.ingest.tamper import TamperRule
from awry.watch.messages import (
    EndClip,
    FileWritten,
    FlagChanged,
    Gap,
    Gather,
    Load,
    Recording,
    StartClip,
    StateChanged,
)
from awry.watch.site.portions import IngestSettings
from ingest_fakes import Box, FakeCamera, FaultyDisk, Told, encoded, scene, shown, walk

SECRET = "s3cret"


def settings(
    store: Path, *, grid: dict[str, object] | None = None, **camera: object
) -> IngestSettings:
    values = {"name": "door", "detect": f"rtsp://root:{SECRET}@camera/live", **camera}
    return IngestSettings.model_validate(
        {"camera": values, "store": store, "grid": {"rate": 10} if grid is None else grid}
    )


class Desk:
    """A camera's process without a process; time passes by `go`."""

    def __init__(self, store: Path, **more: object) -> None:
        self.clock, self.box, self.told, self.disk = ManualClock(), Box(), Told(), FaultyDisk()
        self.begin = self.clock.now()
        self.detect = FakeCamera(self.clock, walk())
        self.record = FakeCamera(self.clock, tuple(encoded([scene(320, 240)] * 50)))
        self.settings = settings(store, **more)
        self.ingest = self.made()

    def made(self, tamper: TamperRule | None = None) -> Ingest:
        return Ingest(
            self.settings,
            self.clock,
            self.told,
            self.box,
            opener=self.open,
            disk=self.disk,
            tamper=tamper,
            seed=1,
        )

    def open(self, address: str, limits: object, wake: object) -> object:
        camera = self.record if "main" in address else self.detect
        return camera(address, limits, wake)

    def go(self, seconds: float) -> None:
        for _ in range(round(seconds * 10)):
            self.clock.advance(0.1)
            self.detect.show()
            self.record.show()
            self.ingest.step()

    def states(self) -> list[str]:
        return [one.state for one in self.told.of(StateChanged)]

    def start(self, event: str = "e1") -> None:
        at = self.clock.now()
        self.ingest.hear(StartClip("door", event, at, f"media/door/day/{event}.mp4"))

    def end(self, event: str = "e1") -> None:
        self.ingest.hear(EndClip("door", event, self.clock.now()))


def test_pictures_states_and_a_clip(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.go(10)
    assert desk.states() == ["connecting", "running"]
    desk.start()
    desk.go(5)
    desk.end()
    desk.go(8)
    (clip,) = desk.told.of(FileWritten)
    assert clip.start == pytest.approx(desk.begin + 4.2, abs=1)
    assert clip.end == pytest.approx(desk.begin + 20, abs=0.3)
    assert len(shown(tmp_path / clip.path)) == pytest.approx(158, abs=11)
    assert [one.step for one in desk.box.frames] == list(range(len(desk.box.frames)))
    assert len(desk.box.frames) >= 225
    desk.ingest.close()
    assert len(desk.box.ends) == 1


def test_killed_in_the_middle_of_an_event(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.go(10)
    desk.start()
    desk.go(3)
    desk.detect.hang_up("Lost rtsp://***@camera/live: the other side ended it.")
    desk.detect.refuses = Lost("Cannot open rtsp://***@camera/live: Connection refused.")
    desk.go(20)
    assert desk.states()[-1] in ("back-off", "connecting")
    desk.detect.refuses = None
    desk.go(40)
    desk.end()
    desk.go(20)
    first, second = desk.told.of(FileWritten)
    assert (first.event, first.part, second.event, second.part) == ("e1", 0, "e1", 1)
    assert first.end == pytest.approx(desk.begin + 13, abs=0.2)
    (gap,) = desk.told.of(Gap)
    assert gap.start == pytest.approx(first.end, abs=0.2)
    assert gap.end == pytest.approx(second.start, abs=0.2)
    assert "the other side ended it" in gap.why
    assert len({one.session for one in desk.box.frames}) == 2


def test_a_half_open_connection(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.go(10)
    desk.detect.silent = True
    desk.go(9.5)
    assert desk.states()[-2:] == ["stalled", "back-off"]


def test_another_shape_is_misconfigured(tmp_path: Path) -> None:
    desk = Desk(tmp_path, grid={"rate": 10, "width": 160, "height": 90})
    desk.go(130)
    assert desk.states()[-1] == "misconfigured"
    assert desk.box.frames == []
    assert len(desk.detect.opened) == 3


def test_a_full_disk_degrades_and_recovers(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.disk.room = 20_000
    desk.go(10)
    desk.start()
    desk.go(5)
    assert desk.states()[-1] == "degraded"
    assert "No space left" in desk.told.of(StateChanged)[-1].reason
    frames = len(desk.box.frames)
    desk.disk.room = float("inf")
    desk.go(20)
    assert desk.states()[-1] == "running"
    assert len(desk.box.frames) >= frames + 199
    desk.ingest.close()


def test_the_keeper_switches_recording_off(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.go(5)
    desk.ingest.hear(Recording(False, "The disk is full."))
    desk.start()
    desk.go(5)
    assert not (tmp_path / "media").exists()
    assert desk.states()[-1] == "running"
    desk.ingest.hear(Recording(True))
    desk.go(3)
    assert (tmp_path / "media").exists()
    desk.ingest.close()


def test_clips_from_another_stream(tmp_path: Path) -> None:
    desk = Desk(tmp_path, record="rtsp://camera/main")
    desk.go(10)
    desk.start()
    desk.go(3)
    desk.end()
    desk.go(10)
    (clip,) = desk.told.of(FileWritten)
    assert len(shown(tmp_path / clip.path)) > 100
    assert desk.box.frames[0].image.shape == (120, 160, 3)
    desk.record.hang_up("Lost it: the other side ended it.")
    desk.record.refuses = Lost("Cannot open it: Connection refused.")
    frames = len(desk.box.frames)
    desk.go(5)
    last = desk.told.of(StateChanged)[-1]
    assert last.state == "degraded"
    assert "The stream that is recorded does not come." in last.reason
    assert len(desk.box.frames) == frames + 50
    desk.record.refuses = None
    desk.go(20)
    assert desk.states()[-1] == "running"


def test_learning_gathers_footage_and_scores_nothing(tmp_path: Path) -> None:
    values = settings(tmp_path).model_copy(update={"grid": None})
    desk = Desk(tmp_path)
    desk.settings = values
    desk.ingest = desk.made()
    desk.ingest.hear(Gather("door", 600, 10**8))
    desk.go(60)
    desk.ingest.close()
    files = desk.told.of(FileWritten)
    assert {one.kind for one in files} == {"footage"}
    assert sum(one.end - one.start for one in files) > 40
    assert desk.box.frames == []


def test_tampering_is_told(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.ingest = desk.made(TamperRule(learn_s=10, learn_pictures=5))
    desk.go(20)
    desk.detect.pieces = tuple(encoded([scene() * 0] * 100))
    desk.detect.hang_up()
    desk.go(15)
    (flag,) = desk.told.of(FlagChanged)
    assert (flag.camera, flag.flag, flag.on) == ("door", "dark", True)


def test_a_clock_that_is_set_begins_a_session(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.go(10)
    desk.clock.jump(-3600)
    desk.go(10)
    sessions = list(dict.fromkeys(one.session for one in desk.box.frames))
    assert len(sessions) == 2
    for session in sessions:
        times = [one.at for one in desk.box.frames if one.session == session]
        assert times == sorted(times)
    assert abs(desk.box.frames[-1].at - desk.clock.now()) < 0.3


def test_other_settings(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.go(5)
    desk.ingest.configure(settings(tmp_path, grid={"rate": 5}))
    desk.go(5)
    assert len(desk.detect.opened) == 1
    assert len(desk.box.ends) == 1
    desk.ingest.configure(settings(tmp_path, grid={"rate": 5}, detect="rtsp://other"))
    desk.go(5)
    assert len(desk.detect.opened) == 2
    assert len(desk.box.ends) == 2
    desk.ingest.configure(
        settings(tmp_path, grid={"rate": 5}, detect="rtsp://other", record="rtsp://main")
    )
    desk.go(5)
    assert len(desk.record.opened) == 1


def test_what_a_dead_process_left_is_adopted(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.go(10)
    desk.start()
    desk.go(5)
    part = tmp_path / "media/door/day/e1.mp4.part"
    left = part.read_bytes()
    desk.ingest.close()
    part.with_suffix("").unlink()
    part.write_bytes(left)  # as a killed process leaves it
    desk.told.clear()
    desk.ingest = desk.made()
    (clip,) = desk.told.of(FileWritten)
    assert clip.event == "e1"
    assert "Its end was lost." in clip.note
    assert shown(tmp_path / clip.path)
    # The keeper asks again for clips of open events.
    desk.start()
    desk.go(5)
    desk.ingest.close()
    assert [one.part for one in desk.told.of(FileWritten)] == [0, 1]


def test_load_is_told_every_few_seconds(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.go(21)
    loads = desk.told.of(Load)
    assert 4 <= len(loads) <= 5
    figures = loads[-1].figures
    assert figures["fps"] == pytest.approx(10, abs=0.3)
    assert figures["packet_age_s"] < 0.2
    assert figures["ring_bytes"] > 10_000
    assert figures["dropped"] == 0


def test_the_password_is_in_no_message(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.go(5)
    desk.start()
    desk.go(5)
    desk.detect.silent = True
    desk.go(30)
    desk.ingest.close()
    assert SECRET not in repr(desk.told)
    assert not any(SECRET.encode() in one.read_bytes() for one in tmp_path.rglob("*.mp4"))


class Blind:
    """A decoder that gives nothing, for speed."""

    def __init__(self, codec: Codec) -> None:
        self.codec = codec

    def decode(self, piece: Piece) -> list[Decoded]:
        """No picture."""
        return []


def test_memory_stays_bounded(tmp_path: Path) -> None:
    """Ten thousand packets, a thousand seconds; the ring keeps 20 s or 200 kB of them."""
    desk = Desk(tmp_path)
    desk.settings = desk.settings.model_copy(update={"ring_bytes": 200_000, "ring_s": 20.0})
    desk.ingest = Ingest(
        desk.settings, desk.clock, desk.told, desk.box, opener=desk.open, decoder=Blind, seed=1
    )
    for _ in range(100):
        desk.go(9.9)
        desk.ingest._detect.frame()  # or it would count as stalled
        desk.told.clear()
    assert len(desk.detect.opened) == 1
    assert desk.ingest._recorder.ring.size <= 200_000
    assert desk.ingest._recorder.ring.seconds <= 21
    gc.collect()
    pieces = sum(type(one) is Piece for one in gc.get_objects())
    assert pieces < 21 * 10 + 1000  # the ring, and what tests encoded


def test_packets_of_a_lost_connection_are_seen_first(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.go(3)
    before = len(desk.box.frames)
    desk.clock.advance(0.5)
    desk.detect.show()
    feed = desk.detect.feed
    feed.coming.append(Lost("Lost it."))
    desk.ingest.step()
    assert len(desk.box.frames) == before + 5
    assert len(desk.box.ends) == 1
    assert replace(walk()[0]).is_key


def test_what_is_live_is_left_for_whoever_asks(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    live = desk.ingest.live
    assert live.picture(0) is None
    desk.go(2)
    picture = live.picture(0)
    assert picture is not None
    assert (picture.width, picture.height) == (160, 120)
    assert picture.at == pytest.approx(desk.clock.now(), abs=0.5)
    follower = live.follow()
    first = follower.take()
    assert first is not None
    assert first.is_key
    desk.detect.feed.coming.append(Lost("It was cut."))
    desk.go(0.3)
    assert follower.ended == "It was cut."
    assert live.picture(0) is not None  # the last one stays, with its time


def test_a_camera_without_a_detector_is_seen_too(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.ingest.configure(desk.settings.model_copy(update={"grid": None}))
    desk.go(3)
    picture = desk.ingest.live.picture(80)
    assert picture is not None
    assert picture.at == pytest.approx(desk.clock.now(), abs=1.5)
