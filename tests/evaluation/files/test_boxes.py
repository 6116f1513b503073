from __future__ import annotations

from pathlib import Path

import pytest

from awry.errors import InputError
from awry.evaluation.files.boxes import (
    check_box_files,
    read_detection_files,
    read_frame_counts,
    read_track_files,
)

BOX = "3,10,20,30,40,0.5\n"
HEADER = "frame,x_min,y_min,x_max,y_max,score\n"


def put(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_detections_of_a_folder(tmp_path: Path) -> None:
    put(tmp_path / "a.txt", BOX)
    put(tmp_path / "b.csv", HEADER + BOX + BOX)
    put(tmp_path / "c.txt", "")
    found, notes = read_detection_files(tmp_path)
    assert {name: len(one.frames) for name, one in found.items()} == {"a": 1, "b": 2, "c": 0}
    one = found["a"]
    assert (one.frames.tolist(), one.scores.tolist()) == ([3], [0.5])
    assert one.boxes.tolist() == [[10, 20, 30, 40]]
    assert notes == []


def test_one_table_for_several_clips(tmp_path: Path) -> None:
    rows = "source," + HEADER + "a," + BOX + "b," + BOX + "a," + BOX
    found, _ = read_detection_files(put(tmp_path / "regions.csv", rows), first_frame=1)
    assert {name: one.frames.tolist() for name, one in found.items()} == {"a": [2, 2], "b": [2]}


def test_boxes_are_cut_at_the_edge_and_counted(tmp_path: Path) -> None:
    put(tmp_path / "d" / "a.txt", "0,-5,2,7,300,1\n" + BOX)
    put(tmp_path / "t" / "a.txt", "1,0,-5,2,7,300\n")
    found, notes = read_detection_files(tmp_path / "d", frame_size=(240, 360))
    assert found["a"].boxes[0].tolist() == [0, 2, 7, 239]
    assert notes == ["1 of 2 detections reached beyond the frame and were cut at its edge."]
    tracks, notes = read_track_files(tmp_path / "t", frame_size=(240, 360))
    assert tracks["a"].boxes[0].tolist() == [0, 2, 7, 239]
    assert notes == ["1 of 1 true boxes reached beyond the frame and were cut at its edge."]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("3,30,20,10,40,0.5\n", r"a.txt, line 2: the box .* is inverted"),
        ("-3,10,20,30,40,0.5\n", r"line 2: frame -3 is negative"),
        ("3,10,20,30,40,nan\n", r"line 2: score is nan"),
        ("3,10,inf,30,40,1\n", r"line 2: y_min is inf"),
        ("3,10,20,30,40\n", r"line 2: 5 columns, expected 6"),
    ],
)
def test_bad_detections_are_named_by_line(tmp_path: Path, row: str, said: str) -> None:
    put(tmp_path / "a.txt", BOX + row)
    with pytest.raises(InputError, match=said):
        read_detection_files(tmp_path)


def given(tmp_path: Path, tracks: dict[str, str], detections: dict[str, str]):
    for folder, files in (("t", tracks), ("d", detections)):
        for name, text in files.items():
            put(tmp_path / folder / f"{name}.txt", text)
    return read_track_files(tmp_path / "t")[0], read_detection_files(tmp_path / "d")[0]


TRACK = "1,3,10,20,30,40\n"


def test_clips_without_truth_are_noted(tmp_path: Path) -> None:
    files = given(tmp_path, {"a": TRACK, "b": TRACK}, {"a": BOX, "c": BOX, "d": ""})
    assert check_box_files(*files, 50) == [
        "These clips have detections but no tracks, so that all of theirs are false positives: c.",
        "These clips have tracks but no detections: b.",
    ]


@pytest.mark.parametrize(
    ("track", "detection", "said"),
    [
        ("A", "a", "Clip a has detections and 'A' has tracks; spell both alike"),
        ("a_gt", "a", "No clip has both tracks and detections: tracks of a_gt, detections of a"),
    ],
)
def test_names_that_do_not_match(tmp_path: Path, track: str, detection: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        check_box_files(*given(tmp_path, {track: TRACK}, {detection: BOX}), 50)


def test_files_that_count_from_one_are_noticed(tmp_path: Path) -> None:
    files = given(tmp_path, {"a": TRACK}, {"a": "1,0,0,1,1,1\n4,0,0,1,1,1\n"})
    assert check_box_files(*files, {"a": 5}) == []
    said = r"frame 4, but 4 frames .* end at 3; it seems to count from 1: give --detections-first"
    with pytest.raises(InputError, match=said):
        check_box_files(*files, {"a": 4})
    with pytest.raises(InputError, match=r"tracks of clip a speak of frame 3, .*another clip's"):
        check_box_files(*files, {"a": 2})
    with pytest.raises(InputError, match=r"clip a, which has no frame count \(there is 'a.avi'\)"):
        check_box_files(*files, {"a.avi": 5})
    put(tmp_path / "t" / "a.txt", "1,0,1,1,2,2\n")
    with pytest.raises(InputError, match="frame 0 is below the first frame, 1"):
        read_track_files(tmp_path / "t", first_frame=1)


def test_frame_counts(tmp_path: Path) -> None:
    assert read_frame_counts("120") == 120
    counts = put(tmp_path / "n.csv", "clip,frames\na,5\nb,7\n")
    assert read_frame_counts(str(counts)) == {"a": 5, "b": 7}
    for text, said in (
        ("clip,frames\na,5\na,5\n", "line 3: 5 frames of clip a; expected each clip once"),
        ("clip,frames\na,0\n", "line 2: 0 frames of clip a"),
        ("frames\n5\n", "no column 'clip'"),
    ):
        with pytest.raises(InputError, match=said):
            read_frame_counts(str(put(tmp_path / "n.csv", text)))
    for word in ("0", "many"):
        with pytest.raises(InputError, match=f"--frames is '?{word}"):
            read_frame_counts(word)
