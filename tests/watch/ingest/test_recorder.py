from __future__ import annotations

from pathlib import Path

import pytest

from awry.watch.ingest.recorder import Recorder
from awry.watch.messages import Gather, Recording, StartClip
from awry.watch.site.portions import IngestSettings
from ingest_fakes import FaultyDisk, Told, bare, placed, walk

BEGIN = 1_800_000_000.0


def made(root: Path, **more: int) -> tuple[Recorder, Told]:
    camera = {"name": "door", "detect": "rtsp://x"}
    settings = IngestSettings.model_validate({"camera": camera, "store": root, **more})
    told = Told()
    return Recorder(settings, FaultyDisk(), told), told


def test_packets_go_to_ring_clips_and_footage(tmp_path: Path) -> None:
    recorder, told = made(tmp_path)
    recorder.gatherer.want(Gather("door", 1000, 10**9), BEGIN)
    pieces = placed(walk(), BEGIN)
    for number, piece in enumerate([*pieces, *placed(walk(), BEGIN + 10, run=2)]):
        recorder.add(piece, "day", tampered=False)
        recorder.step(piece.at, piece.arrived)
        if number == 50:
            start = StartClip("door", "e", BEGIN + 4, "media/door/e.mp4")
            recorder.clips.start(start, recorder.ring, piece.arrived)
    assert recorder.ring.seconds == pytest.approx(19.9, abs=0.2)
    assert recorder.figures(BEGIN + 20)["clips"] == 1
    recorder.close(BEGIN + 20)
    assert {one.kind for one in told} == {"clip", "footage"}
    assert not recorder.is_busy


def test_before_a_key_packet_nothing_is_kept(tmp_path: Path) -> None:
    recorder, _ = made(tmp_path)
    recorder.add(bare(BEGIN), "day", tampered=False)
    assert recorder.ring.size == 0


def test_the_keeper_says_that_there_is_no_room(tmp_path: Path) -> None:
    recorder, told = made(tmp_path)
    recorder.set_recording(Recording(False, "The disk is full."))
    recorder.gatherer.want(Gather("door", 1000, 10**9), BEGIN)
    for piece in [*placed(walk(), BEGIN), *placed(walk(), BEGIN + 10)]:
        recorder.add(piece, "day", tampered=False)
    assert recorder.trouble == ""  # the keeper knows it already
    assert told == []
    recorder.set_recording(Recording(True))
    assert recorder.clips.trouble == ""


def test_two_streams_of_a_camera(tmp_path: Path) -> None:
    """The recorded one's packets come 0.4 s later than the scored one's, by the camera's clock."""
    recorder, _ = made(tmp_path)
    recorder.measure(None, 5.4)
    assert recorder.clips.offset_s == 0
    recorder.measure(5.0, 5.4)
    assert recorder.clips.offset_s == pytest.approx(0.4)
    recorder.measure(5.0, 500.0)
    assert recorder.clips.offset_s == 0
