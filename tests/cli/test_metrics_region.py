"""`awry metrics region` as a person types it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.fixture
def boxes(tmp_path: Path) -> tuple[Path, Path]:
    """The small case of docs/measurement.md: five true boxes on one track, ten detections."""
    tracks, detections = tmp_path / "tracks", tmp_path / "detections"
    tracks.mkdir()
    detections.mkdir()
    true = [f"{frame},10,10,19,19" for frame in range(5)]
    (tracks / "a.txt").write_text("".join(f"1,{row}\n" for row in true))
    rows = [f"{row},0.5\n" for row in true]
    rows += [f"{frame},50,50,59,59,0.5\n" for frame in range(5)]
    (detections / "a.txt").write_text("frame,x_min,y_min,x_max,y_max,score\n" + "".join(rows))
    (detections / "b.txt").write_text("")
    return tracks, detections


def region(awry, boxes: tuple[Path, Path], *more: object):
    return awry("metrics", "region", "--tracks", boxes[0], "--detections", boxes[1], *more)


def test_region_gives_the_small_case_of_the_protocol(awry, boxes) -> None:
    found = region(awry, boxes, "--frames", 10, "--json")
    assert found.code == 0
    assert "No intervals" in found.err
    assert (found.json["rbdc"], found.json["tbdc"]) == pytest.approx((0.75, 0.75))
    assert found.json["fpr_reached"] == 0.5
    assert {k: found.json[k] for k in ("n_boxes", "n_tracks", "n_detections", "n_frames")} == {
        "n_boxes": 5, "n_tracks": 1, "n_detections": 10, "n_frames": 10,
    }  # fmt: skip
    assert "No intervals" in found.json["settings"]["notes"][0]
    compat = region(awry, boxes, "--frames", 10, "--compat", "--json").json
    assert (compat["rbdc"], compat["tbdc"]) == pytest.approx((1.0, 1.0))


def test_region_with_frame_counts_has_intervals(awry, boxes, tmp_path: Path) -> None:
    counts = tmp_path / "frames.csv"
    counts.write_text("clip,frames\na,6\nb,4\n")
    found = region(awry, boxes, "--frames", counts, "--json").json
    assert found["rbdc"] == pytest.approx(0.75)
    low, high = found["intervals"]["rbdc"]
    assert 0 <= low <= 0.75 <= high <= 1
    assert len(found["bootstrap"]["values"]["region.tbdc"]) == 1000
    shown = region(awry, boxes, "--frames", counts)
    assert "rbdc" in shown.out
    assert "0.7500" in shown.out


def test_region_with_two_single_files(awry, boxes) -> None:
    files = (boxes[0] / "a.txt", (boxes[1] / "a.txt").rename(boxes[1] / "found.txt"))
    assert region(awry, files, "--frames", 10, "--json").json["rbdc"] == pytest.approx(0.75)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--frames", 4), "speak of frame 4"),
        (("--frames", "few"), "--frames is 'few'"),
        (("--frames", 10, "--size", "360"), "--size is '360'"),
        (("--frames", 10, "--alpha", 2), "alpha is 2"),
        (("--frames", 10, "--detections-first-frame", 1), "frame 0 is below the first frame, 1"),
    ],
)
def test_region_refuses(awry, boxes, more: tuple[object, ...], said: str) -> None:
    found = region(awry, boxes, *more, "--json")
    assert (found.code, found.out) == (2, "")
    assert said in found.err


def test_region_cuts_boxes_at_the_edge(awry, boxes) -> None:
    found = region(awry, boxes, "--frames", 10, "--size", "58x40", "--json").json
    assert "5 of 10 detections reached beyond the frame" in found["settings"]["notes"][0]


def test_inverted_detections_are_refused_or_counted(awry, boxes) -> None:
    with (boxes[1] / "b.txt").open("w") as file:
        file.write("0,9,0,5,9,0.1\n")
    found = region(awry, boxes, "--frames", 10, "--json", "--inverted", "refuse")
    assert found.code == 2
    assert "b.txt, line 1: the box [9.0, 0.0, 5.0, 9.0] is inverted" in found.err
    assert "--inverted false_positive" in found.err
    for words in ((), ("--inverted", "false_positive"), ("--compat",)):
        found = region(awry, boxes, "--frames", 10, "--json", *words)
        assert (found.code, found.json["n_inverted"]) == (0, 1)
        assert "b.txt, line 1: the box [9.0, 0.0, 5.0, 9.0] is inverted" in found.err
        assert "kept, a false positive where no pixel is left" in found.json["settings"]["notes"][0]
        assert found.json["fpr_reached"] == pytest.approx(0.6)
    assert (
        "'false_positive' or 'refuse'" in region(awry, boxes, "--frames", 9, "--inverted", "x").err
    )


def test_boxes_of_one_kind_that_begin_at_frame_1_are_noted(awry, boxes) -> None:
    header, *rows = (boxes[1] / "a.txt").read_text().splitlines()
    later = [row.replace(row.split(",")[0], str(int(row.split(",")[0]) + 1), 1) for row in rows]
    (boxes[1] / "a.txt").write_text("\n".join([header, *later]) + "\n")
    found = region(awry, boxes, "--frames", 200, "--json")
    assert "begin at frame 1" in found.err
    assert "--detections-first-frame 1" in found.err


def test_region_loads_no_library_that_it_does_not_need(boxes, tmp_path: Path) -> None:
    code = f"""
import sys
from awry.cli.app import main
sys.argv = ["awry", "metrics", "region", "--tracks", {str(boxes[0])!r}, "--detections",
            {str(boxes[1])!r}, "--frames", "10", "--json"]
try:
    main()
finally:
    heavy = {{"torch", "cv2", "sklearn", "scipy.stats", "scipy.signal", "matplotlib", "pyarrow"}}
    print(sorted(heavy & sys.modules.keys()), file=sys.stderr)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert json.loads(done.stdout)["rbdc"] == pytest.approx(0.75)
    assert done.stderr.splitlines()[-1] == "[]"
