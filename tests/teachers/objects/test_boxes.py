"""Boxes read from CSV."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from awry.errors import InputError
from awry.teachers.objects import DetectorOptions, View, load_detector

HEADER = "clip,frame,x_min,y_min,x_max,y_max,confidence"
IMAGE = np.zeros((100, 200, 3), np.uint8)


def view(clip: str = "a", frame: int = 0, size: tuple[int, int] | None = None) -> View:
    return View(IMAGE, IMAGE, IMAGE, clip, frame, size)


def write(path: Path, *rows: str, header: str = HEADER) -> Path:
    path.write_text("\n".join((header, *rows)) + "\n")
    return path


def test_boxes_of_the_asked_clip_and_frame(tmp_path: Path) -> None:
    file = write(
        tmp_path / "b.csv", "a,1,10,10,30,40,0.9", "a,0,1,2,31,42,0.8", "b,0,5,5,50,50,0.7"
    )
    detector = load_detector(f"boxes:{file}")
    np.testing.assert_allclose(detector.detect(view()).boxes, [[1, 2, 31, 42]])
    np.testing.assert_allclose(detector.detect(view("b")).scores, [0.7])
    assert len(detector.detect(view("a", 7)).boxes) == 0
    assert detector.classes == ""
    assert detector.detect(view()).probabilities.shape == (1, 0)
    assert detector.detect(view()).class_ids.tolist() == [-1]


def test_boxes_follow_a_resized_frame(tmp_path: Path) -> None:
    detector = load_detector(f"boxes:{write(tmp_path / 'b.csv', 'a,0,20,40,60,80,0.9')}")
    np.testing.assert_allclose(detector.detect(view(size=(200, 400))).boxes, [[10, 20, 30, 40]])


def test_the_threshold_is_the_options(tmp_path: Path) -> None:
    file = write(tmp_path / "b.csv", "a,0,10,10,30,40,0.45")
    assert len(load_detector(f"boxes:{file}").detect(view()).boxes) == 0
    lower = load_detector(f"boxes:{file}", DetectorOptions(threshold=0.4, tiles=(2, 2)))
    assert len(lower.detect(view()).boxes) == 1


def test_a_folder_of_files(tmp_path: Path) -> None:
    write(tmp_path / "one.csv", "a,0,10,10,30,40,0.9")
    write(tmp_path / "two.csv", "b,0,10,10,30,40,0.9")
    detector = load_detector(f"boxes:{tmp_path}")
    assert len(detector.detect(view("b")).boxes) == 1


def test_classes_by_name_number_or_probabilities(tmp_path: Path) -> None:
    named = write(
        tmp_path / "n.csv", "a,0,10,10,30,40,0.9,bicycle", "a,0,60,10,90,40,0.8,2",
        header=HEADER + ",class",
    )  # fmt: skip
    detector = load_detector(f"boxes:{named}")
    assert detector.classes == "sigmoid"
    found = detector.detect(view())
    assert found.class_ids.tolist() == [1, 2]
    assert found.probabilities.max(1).tolist() == pytest.approx([0.9, 0.8])
    columns = ",".join(f"p_{n}" for n in range(80))
    row = "a,0,10,10,30,40,0.9," + ",".join("0.25" if n == 3 else "0" for n in range(80))
    wide = write(tmp_path / "w.csv", row, header=f"{HEADER},{columns}")
    assert load_detector(f"boxes:{wide}").detect(view()).probabilities[0, 3] == 0.25


def test_an_unknown_clip_is_refused_with_those_that_are_known(tmp_path: Path) -> None:
    detector = load_detector(f"boxes:{write(tmp_path / 'b.csv', 'a,0,1,2,31,42,0.8')}")
    with pytest.raises(InputError, match=r"no box in a clip called 'Train001' \(it has a"):
        detector.detect(view("Train001"))


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("a,0,30,2,1,42,0.8", "inverted"),
        ("a,0,1,2,nan,42,0.8", "finite"),
        ("a,-1,1,2,31,42,0.8", "frames from 0"),
        ("a,0,1,2,31,42,1.8", "confidence"),
        ("a,0,1,2,31,x,0.8", "line 2"),
        ("a,0,1,2,31", "line 2"),
    ],
)
def test_a_bad_row_is_named(tmp_path: Path, row: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        load_detector(f"boxes:{write(tmp_path / 'b.csv', row)}")


def test_a_missing_column_or_file_is_named(tmp_path: Path) -> None:
    file = write(tmp_path / "b.csv", "a,0", header="clip,frame")
    with pytest.raises(InputError, match="no column x_min"):
        load_detector(f"boxes:{file}")
    with pytest.raises(InputError, match="There is no box file"):
        load_detector(f"boxes:{tmp_path / 'none.csv'}")


def test_files_with_and_without_classes_do_not_mix(tmp_path: Path) -> None:
    write(tmp_path / "one.csv", "a,0,10,10,30,40,0.9")
    write(tmp_path / "two.csv", "b,0,10,10,30,40,0.9,person", header=HEADER + ",class")
    with pytest.raises(InputError, match="Only some of the files"):
        load_detector(f"boxes:{tmp_path}")


def test_training_and_test_clips_of_one_name_are_told_apart(tmp_path: Path) -> None:
    write(tmp_path / "one.csv", "01,0,10,10,30,40,0.9")
    write(tmp_path / "two.csv", "01,0,50,50,70,80,0.9")
    with pytest.raises(InputError, match=r"both have a clip called '01'.*train/01 and test/01"):
        load_detector(f"boxes:{tmp_path}")
    write(tmp_path / "one.csv", "train/01,0,10,10,30,40,0.9")
    write(tmp_path / "two.csv", "test/01,0,50,50,70,80,0.9")
    detector = load_detector(f"boxes:{tmp_path}")
    np.testing.assert_allclose(detector.detect(view("train/01")).boxes, [[10, 10, 30, 40]])
    np.testing.assert_allclose(detector.detect(view("test/01")).boxes, [[50, 50, 70, 80]])


def test_a_plain_name_serves_both_parts(tmp_path: Path) -> None:
    detector = load_detector(f"boxes:{write(tmp_path / 'b.csv', 'a,0,10,10,30,40,0.9')}")
    assert len(detector.detect(view("train/a")).boxes) == len(detector.detect(view("a")).boxes) == 1


def test_bad_probabilities_and_bad_files_are_refused(tmp_path: Path) -> None:
    columns = [f"p_{n}" for n in range(80)]
    row = "a,0,10,10,30,40,0.9," + ",".join(["nan"] + ["0"] * 79)
    file = write(tmp_path / "n.csv", row, header=f"{HEADER},{','.join(columns)}")
    with pytest.raises(InputError, match="line 2: a class probability is not in 0 to 1"):
        load_detector(f"boxes:{file}")
    some = write(tmp_path / "s.csv", "a,0,1,2,3,4,0.9,0", header=f"{HEADER},p_0")
    with pytest.raises(InputError, match=r"no column p_1; .* or none of them"):
        load_detector(f"boxes:{some}")
    (tmp_path / "l.csv").write_bytes((HEADER + "\ncaf\xe9,0,1,2,30,40,0.9\n").encode("latin-1"))
    with pytest.raises(InputError, match=r"Cannot read l\.csv as object boxes in CSV: .*utf-8"):
        load_detector(f"boxes:{tmp_path / 'l.csv'}")
    named = write(tmp_path / "c.csv", "a,0,1,2,30,40,0.9,motorbike", header=HEADER + ",class")
    assert load_detector(f"boxes:{named}").detect(view()).class_ids.tolist() == [3]
    odd = write(tmp_path / "o.csv", "a,0,1,2,30,40,0.9,unicorn", header=HEADER + ",class")
    with pytest.raises(InputError, match="the class is 'unicorn'"):
        load_detector(f"boxes:{odd}")


@pytest.mark.shared
def test_the_published_boxes_are_read(shared: Path) -> None:
    detector = load_detector(f"boxes:{shared / 'data' / 'detections'}")
    picture = np.zeros((240, 360, 3), np.uint8)
    found = detector.detect(View(picture, picture, picture, "Test001", 0))
    assert len(found.boxes) == 19
    assert found.scores[0] == pytest.approx(0.9817)
