from __future__ import annotations

import os
from pathlib import Path

import pytest

from awry.watch.ingest.adopt import CUT_NOTE, adopt, adopt_all, read_file, whole_bytes
from awry.watch.ingest.clip_file import CopiedFile, Facts, RealDisk
from ingest_fakes import placed, shown, walk

NOW = 1_800_000_000.0


def dead(path: Path, count: int = 60, facts: Facts | None = None) -> bytes:
    """What a process leaves that is killed while it writes a clip."""
    pieces = placed(walk()[:count], NOW)
    facts = facts or Facts("clip", "door", NOW, "e1", 1)
    file = CopiedFile(RealDisk().create(path), pieces[0].codec, None, facts)
    for piece in pieces:
        file.write(piece)
    data = path.read_bytes()
    file.drop()
    path.write_bytes(data)
    return data


def test_a_clip_that_was_cut_short_is_adopted(tmp_path: Path) -> None:
    part = tmp_path / "media/door/day/e1-1.mp4.part"
    dead(part)
    adopted = adopt(part)
    assert not part.exists()
    assert adopted.path == part.with_name("e1-1.mp4")
    assert len(shown(adopted.path)) >= 45
    message = adopted.message(tmp_path)
    assert (message.path, message.event, message.part) == ("media/door/day/e1-1.mp4", "e1", 1)
    assert (message.kind, message.codec, message.note) == ("clip", "h264", CUT_NOTE)
    assert message.start == NOW
    assert NOW + 4.5 < message.end <= NOW + 6
    assert message.bytes == adopted.path.stat().st_size


def test_wherever_it_was_cut(tmp_path: Path) -> None:
    """A write may stop at any byte."""
    data = dead(tmp_path / "whole", 40)
    frames = []
    for number, size in enumerate([*range(0, len(data), len(data) // 23), len(data)]):
        part = tmp_path / f"{number}.mp4.part"
        part.write_bytes(data[:size])
        adopted = adopt(part)
        assert not part.exists()
        frames.append(0 if adopted is None else len(shown(adopted.path)))
    assert frames == sorted(frames)
    assert frames[0] == 0
    assert frames[-1] >= 25


def test_a_name_that_is_taken_is_left_alone(tmp_path: Path) -> None:
    dead(tmp_path / "e.mp4.part")
    (tmp_path / "e.mp4").write_bytes(b"theirs")
    assert adopt(tmp_path / "e.mp4.part").path.name == "e-again1.mp4"
    assert (tmp_path / "e.mp4").read_bytes() == b"theirs"


def test_foreign_files_stay(tmp_path: Path) -> None:
    part = tmp_path / "x.mp4.part"
    part.write_bytes(b"something else altogether")
    assert adopt(part) is None
    assert part.exists()
    assert whole_bytes(part) == 0
    assert read_file(part) is None


def test_a_finished_file_loses_nothing(tmp_path: Path) -> None:
    pieces = placed(walk(count=30), NOW)
    facts = Facts("clip", "door", NOW, "e1")
    file = CopiedFile(RealDisk().create(tmp_path / "a.mp4.part"), pieces[0].codec, None, facts)
    for piece in pieces:
        file.write(piece)
    file.finish()
    size = (tmp_path / "a.mp4.part").stat().st_size
    adopted = adopt(tmp_path / "a.mp4.part")
    assert adopted.cut == 0
    assert adopted.bytes == size
    assert adopted.end == pytest.approx(NOW + 3)


def test_all_of_a_camera_at_start(tmp_path: Path) -> None:
    """Adopted files, and those whose message may be lost; each has the same uid whenever told."""
    footage = Facts("footage", "door", NOW, light="infrared")
    dead(tmp_path / "media/door/a/e1.mp4.part")
    dead(tmp_path / "footage/door/f.mp4.part", facts=footage)
    dead(tmp_path / "media/other/e.mp4.part")
    first = {one.path: one for one in adopt_all(tmp_path, "door", NOW)}
    assert set(first) == {"media/door/a/e1.mp4", "footage/door/f.mp4"}
    assert first["footage/door/f.mp4"].light == "infrared"
    assert (tmp_path / "media/other/e.mp4.part").exists()
    for path, age in ((("media/door/a/e1.mp4"), 100), ("footage/door/f.mp4", 7200)):
        os.utime(tmp_path / path, (NOW - age, NOW - age))
    again = list(adopt_all(tmp_path, "door", NOW))
    assert [one.path for one in again] == ["media/door/a/e1.mp4"]
    assert again[0].uid == first["media/door/a/e1.mp4"].uid


def test_nothing_there(tmp_path: Path) -> None:
    assert list(adopt_all(tmp_path, "door", NOW)) == []
