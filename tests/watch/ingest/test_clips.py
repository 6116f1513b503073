from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from awry.watch.ingest.clips import Clips, part_path
from awry.watch.ingest.packets import Piece
from awry.watch.ingest.ring import Ring
from awry.watch.messages import EndClip, StartClip
from awry.watch.site.model import Camera
from ingest_fakes import FaultyDisk, Told, encoded, placed, scene, shown, walk

BEGIN = 1_800_000_000.0


class Desk:
    """Clips and a ring, to which packets come."""

    def __init__(self, root: Path, **camera: object) -> None:
        self.told = Told()
        self.disk = FaultyDisk()
        values = {"name": "door", "detect": "rtsp://x", "pre_roll_s": 2, "post_roll_s": 1, **camera}
        self.clips = Clips(Camera.model_validate(values), root, self.disk, self.told)
        self.ring = Ring(10**8, 60)
        self.now = BEGIN

    def come(self, pieces: list[Piece]) -> None:
        for piece in pieces:
            self.now = piece.at
            self.ring.add(piece)
            self.clips.add(piece)
            self.clips.step(self.now, piece.arrived)

    def start(self, event: str, at: float) -> None:
        path = f"media/door/day/{event}.mp4"
        self.clips.start(StartClip("door", event, BEGIN + at, path), self.ring, self.now)

    def end(self, event: str, at: float) -> None:
        self.clips.end(EndClip("door", event, BEGIN + at))


def stream(first: float = 0, last: float = 10, **more: int) -> list[Piece]:
    pieces = placed(walk(), BEGIN, **more)
    return [one for one in pieces if BEGIN + first - 0.01 <= one.at < BEGIN + last - 0.01]


def later(pieces: list[Piece], seconds: float) -> list[Piece]:
    return [replace(one, at=one.at + seconds, arrived=one.arrived + seconds) for one in pieces]


def test_from_the_key_picture_before_to_the_post_roll(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.come(stream(0, 5))
    desk.start("e1", 4.5)
    desk.come(stream(5, 6))
    assert (tmp_path / "media/door/day/e1.mp4.part").exists()
    desk.end("e1", 6.5)
    desk.come(stream(6, 10))
    (written,) = desk.told
    # The key picture at or before 4.5 s less 2 s, to 6.5 s and 1 s.
    assert written.start == pytest.approx(BEGIN + 2.0)
    assert written.end == pytest.approx(BEGIN + 7.6, abs=0.11)
    assert len(shown(tmp_path / written.path)) == pytest.approx(56, abs=1)
    assert (written.event, written.part, written.note) == ("e1", 0, "")
    assert desk.clips.open == 0


def test_the_beginning_may_be_missing(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.come(stream(3, 5))
    desk.start("e1", 3.5)
    desk.come(stream(5, 6))
    desk.clips.close(0.0)
    (written,) = desk.told
    assert "Its beginning is missing" in written.note
    assert "ended with the program" in written.note


def test_the_same_clip_is_begun_once(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.come(stream(0, 5))
    desk.start("e1", 4)
    desk.start("e1", 4)
    desk.end("e1", 5)
    desk.come(stream(5, 10))
    desk.start("e1", 4)
    assert len(desk.told) == 1
    assert desk.clips.open == 0


def test_events_that_overlap_have_a_clip_each(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.come(stream(0, 4))
    desk.start("e1", 3)
    desk.come(stream(4, 5))
    desk.start("e2", 4.5)
    desk.end("e1", 5)
    desk.come(stream(5, 7))
    desk.end("e2", 6.8)
    desk.come(stream(7, 10))
    one, two = desk.told
    assert {one.event, two.event} == {"e1", "e2"}
    assert len(shown(tmp_path / one.path)) == pytest.approx(50, abs=2)
    assert len(shown(tmp_path / two.path)) == pytest.approx(58, abs=2)


def test_a_reconnect_is_another_part(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.come(stream(0, 4))
    desk.start("e1", 3)
    desk.come([replace(one, run=2) for one in stream(6, 9)])
    desk.end("e1", 8)
    desk.come([replace(one, run=2) for one in stream(9, 10)])
    one, two = desk.told
    assert (one.path, two.path) == ("media/door/day/e1.mp4", "media/door/day/e1-1.mp4")
    assert (one.part, two.part) == (0, 1)
    assert "lost or changed" in one.note
    assert two.start == pytest.approx(BEGIN + 6)


def test_another_size_is_another_part(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.come(stream(0, 4))
    desk.start("e1", 3)
    desk.come(placed(encoded([scene(320, 240)] * 30), BEGIN + 4))
    desk.clips.close(0.0)
    one, two = desk.told
    assert (one.part, two.part) == (0, 1)
    assert len(shown(tmp_path / two.path)) == 30


def test_a_file_of_that_name_is_never_overwritten(tmp_path: Path) -> None:
    taken = tmp_path / "media/door/day/e1.mp4"
    taken.parent.mkdir(parents=True)
    taken.write_bytes(b"an earlier part")
    desk = Desk(tmp_path)
    desk.come(stream(0, 4))
    desk.start("e1", 3)
    desk.clips.close(0.0)
    desk.come(stream(4, 5))
    (written,) = desk.told
    assert written.path == "media/door/day/e1-1.mp4"
    assert written.part == 1
    assert taken.read_bytes() == b"an earlier part"


def test_a_stream_that_stops_ends_the_clip(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.come(stream(0, 4))
    desk.start("e1", 3)
    desk.end("e1", 3.9)
    desk.clips.step(BEGIN + 8, 0.0)
    assert desk.clips.open == 1
    desk.clips.step(BEGIN + 10.5, 0.0)
    assert desk.clips.open == 0
    assert len(desk.told) == 1


def test_an_end_that_is_never_told(tmp_path: Path) -> None:
    desk = Desk(tmp_path, longest_event_s=10)
    desk.come(stream(0, 4))
    desk.start("e1", 3)
    desk.clips.step(BEGIN + 74, 0.0)
    assert desk.clips.open == 0


def test_a_full_disk_ends_a_clip_and_nothing_else(tmp_path: Path) -> None:
    desk = Desk(tmp_path, longest_event_s=100)
    desk.disk.room = 60_000
    desk.come(stream(0, 4))
    desk.start("e1", 3)
    desk.come(stream(4, 10))
    assert desk.clips.trouble == "Clips cannot be written: No space left on device."
    desk.disk.room = float("inf")
    # It is begun anew after ten seconds.
    desk.come(later(stream(0, 5), 22))
    desk.clips.close(0.0)
    assert desk.clips.trouble == ""
    last = desk.told[-1]
    assert "A stretch before it is missing" in last.note
    assert len(shown(tmp_path / last.path)) == 50
    for written in desk.told[:-1]:
        assert "Its end was lost." in written.note
        assert shown(tmp_path / written.path)
    assert not list(tmp_path.rglob("*.part"))


def test_a_disk_that_stays_full_is_tried_a_few_times(tmp_path: Path) -> None:
    desk = Desk(tmp_path, longest_event_s=1000)
    desk.disk.room = 10
    desk.come(stream(0, 4))
    desk.start("e1", 3)
    for turn in range(1, 20):
        shift = 10 * turn
        desk.come(later(stream(), shift))
    assert len(desk.disk.created) == 4
    assert desk.told == []


def test_a_folder_that_is_gone(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "gone")
    desk.come(stream(0, 4))
    desk.start("e1", 3)
    desk.come(stream(4, 6))
    assert "the folder of the store is gone" in desk.clips.trouble
    assert not (tmp_path / "gone").exists()


def test_recording_that_is_switched_off_and_on(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.come(stream(0, 4))
    desk.start("e1", 3)
    desk.come(stream(4, 5))
    desk.clips.set_recording(False, "The disk is full.")
    (first,) = desk.told
    assert "The disk is full." in first.note
    desk.come(stream(5, 6))
    assert desk.clips.trouble == "The disk is full."
    desk.clips.set_recording(True)
    desk.come(stream(6, 9))
    desk.clips.close(0.0)
    assert desk.clips.trouble == ""
    assert desk.told[-1].start == pytest.approx(BEGIN + 6)
    assert desk.told[-1].part == 1


def test_no_clips_where_none_are_wanted(tmp_path: Path) -> None:
    desk = Desk(tmp_path, recording="off")
    desk.come(stream(0, 4))
    desk.start("e1", 3)
    assert desk.clips.open == 0


def test_masked_clips_are_encoded_anew(tmp_path: Path) -> None:
    corner = ((0.0, 0.0), (0.5, 0.0), (0.5, 0.5))
    desk = Desk(tmp_path, recording="masked", ignore=(corner,))
    desk.come(stream(0, 4))
    desk.start("e1", 3)
    desk.clips.close(0.0)
    (written,) = desk.told
    assert written.codec == "vp9"
    assert "without sound" in written.note


def test_a_machine_that_is_too_slow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What waits is bounded; what is left out is said, and another part follows."""
    desk = Desk(tmp_path)
    monkeypatch.setattr("awry.watch.ingest.clips._WAITING_BYTES", 60_000)
    desk.come(stream(0, 2))
    desk.start("e1", 1.9)
    desk.come(stream(2, 3))
    for piece in stream(3, 8):  # nothing is written meanwhile
        desk.clips.add(piece)
    assert sum(len(one.data) for one in stream(3, 8)) > 60_000
    desk.come(stream(8, 10))
    desk.clips.close(desk.now)
    first, second = desk.told
    assert "could not be written in time" in first.note
    assert (first.part, second.part) == (0, 1)
    assert first.end < second.start


def test_times_of_another_stream_are_shifted(tmp_path: Path) -> None:
    """The recorded stream's packets are placed two seconds late."""
    desk = Desk(tmp_path)
    desk.clips.offset_s = 2.0
    desk.come(stream(0, 8))
    desk.start("e1", 4)
    desk.end("e1", 5)
    desk.come(stream(8, 10))
    (written,) = desk.told
    assert written.start == pytest.approx(BEGIN + 2)  # key picture at 4 s of its own time
    assert written.end == pytest.approx(BEGIN + 6.1, abs=0.11)


def test_names_of_parts() -> None:
    assert part_path("media/a/e.mp4", 3) == "media/a/e-3.mp4"
