"""Track files, their checks, and tracks linked from masks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from awry.datasets.tracks import Tracks, check_frames, clip_boxes, read_tracks, tracks_of
from awry.datasets.truth import FROM_FILE
from awry.errors import DatasetError


def written(folder: Path, text: str, name: str = "Test001.txt") -> Path:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


def rows(tracks: Tracks) -> list[tuple[float, ...]]:
    return [
        (int(one), int(frame), *box.tolist())
        for one, frame, box in zip(tracks.ids, tracks.frames, tracks.boxes, strict=True)
    ]


@pytest.mark.parametrize("header", ["", "track_id,frame,x_min,y_min,x_max,y_max\n", "\ufeff"])
def test_corners_with_commas(tmp_path: Path, header: str) -> None:
    text = header + "0,154,4,142,119,249\n\n 3, 155, 6.5, 145, 129, 254\n"
    tracks = read_tracks(written(tmp_path, text))
    assert rows(tracks) == [(0, 154, 4, 142, 119, 249), (3, 155, 6.5, 145, 129, 254)]
    assert tracks.ids.dtype == tracks.frames.dtype == np.int64
    assert tracks.boxes.dtype == np.float64
    assert tracks.source == FROM_FILE


def test_centres_with_spaces_count_frames_from_one(tmp_path: Path) -> None:
    text = "001.jpg 0 10 20 5 7\nTest001/012.tif 2 10.5 20 4 1\n"
    assert rows(read_tracks(written(tmp_path, text))) == [
        (0, 0, 8, 17, 12, 23),
        (2, 11, 9, 20, 12, 20),
    ]


@pytest.mark.parametrize(
    "text", ["", "\n\n", "track_id,frame,x_min,y_min,x_max,y_max",
             "filename track_id x_center y_center width height\n"],
)  # fmt: skip
def test_no_rows(tmp_path: Path, text: str) -> None:
    tracks = read_tracks(written(tmp_path, text))
    assert tracks.ids.shape == tracks.frames.shape == (0,)
    assert tracks.boxes.shape == (0, 4)
    check_frames(tracks, 5)
    assert clip_boxes(tracks, (4, 4)).clipped == 0


def test_one_row(tmp_path: Path) -> None:
    assert rows(read_tracks(written(tmp_path, "7,0,1,2,1,2"))) == [(7, 0, 1, 2, 1, 2)]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("0,1,2,3,4", "5 columns, expected 6: track_id,frame"),
        ("0,1,2,3,x,5", "'x' is not a number"),
        ("0,1.5,2,3,4,5", "frame '1.5' is not a whole number"),
        ("a,1,2,3,4,5", "'a' is not a number"),
        ("0,1,4,3,2,5", "inverted"),
        ("0,1,2,3,nan,5", "not finite"),
        ("0,1,2,3,inf,5", "not finite"),
        ("0,-1,2,3,4,5", "frame -1 is negative"),
        ("0,0,1,1,2,2", "track 0 is in frame 0 already, in line 1"),
    ],
)
def test_bad_lines_are_named(tmp_path: Path, line: str, said: str) -> None:
    file = written(tmp_path, f"0,0,0,0,1,1\n{line}\n")
    with pytest.raises(DatasetError) as caught:
        read_tracks(file)
    assert str(caught.value).startswith(f"{file}, line 2: ")
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("002.jpg 0 1 1 3", "5 columns, expected 6: filename"),
        ("frame 0 1 1 3 3", "'frame' is no picture's name"),
        ("000.jpg 0 1 1 3 3", "count frames from 1"),
        ("002.jpg 0 1 1 0 3", "no extent"),
        ("002.jpg 0 1 1 -2 3", "no extent"),
        ("002.jpg 0 nan 1 2 3", "not finite"),
        ("001.jpg 0 5 5 3 3", "already, in line 1"),
    ],
)
def test_bad_lines_of_centres_are_named(tmp_path: Path, line: str, said: str) -> None:
    file = written(tmp_path, f"001.jpg 0 1 1 3 3\n{line}\n")
    with pytest.raises(DatasetError) as caught:
        read_tracks(file)
    assert str(caught.value).startswith(f"{file}, line 2: ")
    assert said in str(caught.value)


def test_a_first_line_with_a_mistake_is_no_header(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="line 1: 'x' is not a number"):
        read_tracks(written(tmp_path, "x,0,0,0,1,1"))


def test_unreadable_files_are_named(tmp_path: Path) -> None:
    file = tmp_path / "Test001.txt"
    with pytest.raises(DatasetError, match=r"Test001\.txt"):
        read_tracks(file)
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DatasetError, match=r"Test001\.txt"):
        read_tracks(file)


def at(*frames: int) -> Tracks:
    return tracks_of([(0, frame, 0, 0, 1, 1) for frame in frames], "")


def test_frames_that_count_from_one_are_refused_with_advice() -> None:
    check_frames(at(0, 9), 10)
    with pytest.raises(DatasetError, match=r"count frames from 1.*subtract 1"):
        check_frames(at(1, 10), 10, "a.txt")
    with pytest.raises(DatasetError, match=r"a\.txt does not fit.*frame 10 .*10 frames"):
        check_frames(at(0, 10), 10, "a.txt")
    with pytest.raises(DatasetError, match=r"does not fit.*frame 11"):
        check_frames(at(1, 11), 10)


def test_boxes_beyond_the_frame_are_cut_and_counted() -> None:
    tracks = tracks_of([(0, 0, -3, 1, 5, 4), (0, 1, 0, 0, 11, 7), (0, 2, 4, 4, 12, 8)], "")
    cut = clip_boxes(tracks, (8, 12))
    assert cut.boxes.tolist() == [[0, 1, 5, 4], [0, 0, 11, 7], [4, 4, 11, 7]]
    assert cut.clipped == 2
    with pytest.raises(DatasetError, match=r"a\.txt.*track 4 in frame 6.*12 x 8"):
        clip_boxes(tracks_of([(4, 6, 12, 0, 13, 4)], ""), (8, 12), "a.txt")


def test_the_boxes_of_one_frame() -> None:
    tracks = tracks_of([(0, 3, 1, 2, 5, 6), (1, 4, 0, 0, 1, 1), (2, 3, 7, 7, 8, 9)], "")
    assert tracks.at(3) == [(1, 2, 5, 6), (7, 7, 8, 9)]
    assert tracks.at(5) == []
