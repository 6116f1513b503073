from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from awry.errors import MissingError
from awry.watch.ingest.clip_file import Facts, RealDisk
from awry.watch.ingest.growing import GrowingFile
from awry.watch.ingest.packets import Piece
from ingest_fakes import FaultyDisk, bare, encoded, placed, scene, shown, walk

PATH = "media/door/day/e.mp4"


def grown(
    root: Path, pieces: list[Piece], disk: RealDisk | None = None, **more: object
) -> GrowingFile:
    facts = Facts("clip", "door", pieces[0].at, "e", 0, note="Begun late.")
    file = GrowingFile(root, PATH, pieces[0], facts, disk or RealDisk(), **more)
    for piece in pieces:
        file.write(piece)
    return file


def test_it_takes_its_name_when_it_is_whole(tmp_path: Path) -> None:
    file = grown(tmp_path, placed(walk(count=30), 1000.0))
    assert file.part.exists()
    assert not (tmp_path / PATH).exists()
    written = file.finish()
    assert not file.part.exists()
    assert (written.path, written.event, written.part, written.codec) == (PATH, "e", 0, "h264")
    assert (written.start, written.end) == (1000.0, pytest.approx(1003.0))
    assert written.bytes == (tmp_path / PATH).stat().st_size
    assert written.note == "Begun late."


def test_what_belongs_to_it(tmp_path: Path) -> None:
    pieces = placed(walk(count=12), 1000.0)
    file = grown(tmp_path, pieces)
    assert file.takes(pieces[5])
    assert not file.takes(replace(pieces[5], run=2))
    assert not file.takes(placed(encoded([scene(320, 240)]), 1000.0)[0])
    file.drop()
    assert not file.part.exists()


def test_what_is_whole_is_rescued(tmp_path: Path) -> None:
    file = grown(tmp_path, placed(walk()[:30], 1000.0))
    rescued = file.rescue()
    assert rescued.path == PATH
    assert rescued.note == "Begun late."
    assert len(shown(tmp_path / PATH)) == 30


def test_a_store_that_is_gone_is_not_made_anew(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="store is gone"):
        grown(tmp_path / "unmounted", placed(walk(count=2), 1000.0))
    assert not (tmp_path / "unmounted").exists()


def test_what_cannot_begin_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(MissingError, match="cannot hold"):
        grown(tmp_path, [bare(0, key=True)])
    assert [one for one in tmp_path.rglob("*") if one.is_file()] == []


def test_what_cannot_be_written_is_dropped(tmp_path: Path) -> None:
    pieces = placed(walk(count=30), 1000.0)
    facts = Facts("clip", "door", 1000.0, "e")
    file = GrowingFile(tmp_path, PATH, pieces[0], facts, FaultyDisk(10))
    with pytest.raises(OSError, match="No space"):
        list(map(file.write, pieces))
    assert file.rescue() is None
    assert not file.part.exists()
