"""Clips counted, measured and cut."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from awry.datasets.clips import ClipFinder, Excerpt, frame_count, frame_size, known_length
from awry.errors import DatasetError, SourceError
from awry.frames import Frame
from awry.video.memory import ArraySource
from awry.video.source import Source, SourceHealth


def numbers(count: int) -> ArraySource:
    return ArraySource(np.arange(count, dtype=np.uint8).repeat(4).reshape(-1, 2, 2), 10, "all")


@pytest.mark.parametrize(
    ("first", "last", "shown"),
    [(0, 2, [0, 1, 2]), (3, None, [3, 4, 5]), (4, 9, [4, 5]), (6, 8, [])],
)
def test_an_excerpt_counts_anew_and_keeps_times(
    first: int, last: int | None, shown: list[int]
) -> None:
    part = Excerpt(numbers(6), first, last, "part")
    assert isinstance(part, Source)
    assert (part.name, part.fps) == ("part", 10)
    for _ in range(2):
        frames = list(part)
        assert [frame.index for frame in frames] == list(range(len(shown)))
        assert [int(frame.image[0, 0, 0]) for frame in frames] == shown
        assert [frame.time_s for frame in frames] == [value / 10 for value in shown]


class Broken:
    """A source that damages frame 3, and must not be read behind frame 4."""

    name = "broken"
    fps = None

    def __init__(self) -> None:
        self.health = SourceHealth()

    def __iter__(self) -> Iterator[Frame]:
        for index in range(5):
            yield Frame(index, None, np.zeros((2, 2, 3), np.uint8), damaged=index == 3)
        raise AssertionError("read on")


def test_an_excerpt_stops_in_time_and_reports_damage_by_its_own_indices() -> None:
    part = Excerpt(Broken(), 2, 4, "part")
    assert [frame.damaged for frame in part] == [False, True, False]
    assert part.health.damaged == [1]


def test_counts_and_sizes(tmp_path: Path, write_pictures, write_video) -> None:
    folder = write_pictures(tmp_path / "a", 3, first=2)
    video = write_video(tmp_path / "b.mp4", 7)
    assert (frame_count(folder), frame_size(folder)) == (3, (8, 12))
    assert (frame_count(video), frame_size(video)) == (7, (32, 48))
    (folder / "002.png").write_bytes(b"")
    assert frame_size(folder) == (8, 12)


def test_unreadable_clips_have_no_size(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "1.png").touch()
    (tmp_path / "b.mp4").write_bytes(b"no video")
    for name in ("a", "b.mp4"):
        with pytest.raises(DatasetError, match=name):
            frame_size(tmp_path / name)
    with pytest.raises(SourceError):
        frame_count(tmp_path / "b.mp4")


def test_clips_are_found_in_natural_order(tmp_path: Path, write_pictures) -> None:
    for name in ("10", "2", "1"):
        write_pictures(tmp_path / name, 1)
    (tmp_path / "empty").mkdir()
    finder = ClipFinder(tmp_path, None)
    assert [one.name for one in finder.clips()] == ["1", "2", "10"]
    assert finder.clips("empty") == finder.clips("nowhere") == []
    assert not finder.failed


def test_what_is_not_called_as_a_layout_has_it_is_named(tmp_path: Path, write_pictures) -> None:
    for name in ("Train001", "Train001_gt", "extra", "Train002/deeper"):
        write_pictures(tmp_path / "Train" / name, 1)
    (tmp_path / "Train" / "labels.m").touch()
    finder = ClipFinder(tmp_path, None)
    found = finder.clips("Train", re.compile(r"Train\d+"))
    assert [one.name for one in found] == ["Train001"]
    (left,) = finder.failed
    assert left.endswith("not called as the layout has it: extra, Train002/deeper.")
    assert not finder.notes  # masks and label files belong there


def test_the_first_of_several_places_counts_and_the_others_are_named(
    tmp_path: Path, write_pictures
) -> None:
    for place in ("videos", "frames"):
        write_pictures(tmp_path / place / "01", 1)
    finder = ClipFinder(tmp_path, None)
    assert len(finder.first(("nowhere", "videos", "frames"), re.compile(r"\d+"))) == 1
    assert finder.notes == ["frames was left out: videos is there."]


def test_pages_of_pictures_are_counted(tmp_path: Path) -> None:
    pages = [Image.new("L", (4, 3), k) for k in range(5)]
    pages[0].save(tmp_path / "stack.tif", save_all=True, append_images=pages[1:])
    assert (
        known_length(tmp_path) == frame_count(tmp_path) == frame_count(tmp_path / "stack.tif") == 5
    )
    assert frame_size(tmp_path / "stack.tif") == (3, 4)


def test_a_part_of_a_clip_knows_its_place_and_a_clip_of_its_own_does_not() -> None:
    source = ArraySource(np.zeros((10, 4, 4, 3), np.uint8), fps=10, name="a")
    part = list(Excerpt(source, 6, 8, "part", keep_origin=True))
    assert [(frame.index, frame.number) for frame in part] == [(0, 6), (1, 7), (2, 8)]
    own = list(Excerpt(source, 6, 8, "own"))
    assert [(frame.index, frame.number) for frame in own] == [(0, 0), (1, 1), (2, 2)]


def test_an_excerpt_counts_what_was_lost_inside_it() -> None:
    class Lossy(ArraySource):
        def __iter__(self):
            yield from (frame for frame in super().__iter__() if frame.index not in (2, 5, 9))
            self.health.lost = 3

    images = np.zeros((10, 4, 4, 3), np.uint8)
    for first, last, lost in ((0, 4, 1), (3, None, 2), (3, 5, 1), (6, 8, 0), (6, 20, 1)):
        part = Excerpt(Lossy(images), first, last, "part")
        given = len(list(part))
        assert part.health.lost == lost
        assert given + lost == min(9, 9 if last is None else last) - first + 1
