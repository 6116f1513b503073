from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from awry.evaluation.metrics.frame import frame_metrics

LABELS = {"a": np.repeat([0, 1], 10), "b": np.tile([0, 1], 8)}
SCORES = {name: np.random.default_rng(k).normal(size=len(one)) + one
          for k, (name, one) in enumerate(LABELS.items())}  # fmt: skip


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    """The same scores and labels, as arrays and as tables."""
    for kind, values in (("scores", SCORES), ("labels", LABELS)):
        (tmp_path / kind).mkdir()
        rows = []
        for name, one in values.items():
            np.save(tmp_path / kind / f"{name}.npy", one)
            rows += [f"{name},{frame},{value!r}" for frame, value in enumerate(one.tolist())]
        table = tmp_path / f"{kind}.csv"
        table.write_text("\n".join([f"clip,frame,{kind[:-1]}", *rows]))
    return {path.name: path for path in tmp_path.iterdir()}


def test_frame_prints_the_keys_of_metrics_json(awry, files) -> None:
    for scores, labels in (("scores", "labels"), ("scores.csv", "labels.csv")):
        said = awry("metrics", "frame", "--scores", files[scores], "--labels", files[labels],
                    "--json")  # fmt: skip
        assert (said.code, said.err) == (0, "")
        found = said.json
        expected = frame_metrics(list(SCORES.values()), list(LABELS.values()))
        assert found["frame"] == expected
        assert found["content_free"]["constant"]["micro_auc"] == 0.5
        assert found.keys() >= {"variants", "intervals", "clips", "settings", "bootstrap"}
        assert found["settings"]["n_clips_labelled"] == 2


def test_frame_for_people(awry, files, monkeypatch) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    (files["labels"] / "notes.md").write_text("")
    words = ("metrics", "frame", "--scores", files["scores"], "--labels", files["labels"])
    said, found = awry(*words), awry(*words, "--json").json
    assert said.code == 0
    assert "95 %" in said.out
    low, high = (100 * end for end in found["intervals"]["frame"])
    assert f"{low:.1f}-{high:.1f}" in said.out
    assert "Intervals: 95 %, bootstrap over clips" in said.out
    assert "Smoothing: inside the scorer: unknown; afterwards: none." in said.out
    assert "triangle" in said.out
    assert "notes.md" in said.out


def test_frames_of_one_class_are_refused(awry, files) -> None:
    for name, one in LABELS.items():
        np.save(files["labels"] / f"{name}.npy", np.zeros(len(one)))
    said = awry("metrics", "frame", "--scores", files["scores"], "--labels", files["labels"],
                "--json")  # fmt: skip
    assert (said.code, said.out) == (2, "")
    assert "Micro AUC needs normal and abnormal frames; 0 of 36" in said.err


def test_bad_files_are_one_line(awry, files) -> None:
    (files["labels"] / "b.npy").unlink()
    said = awry("metrics", "frame", "--scores", files["scores"], "--labels", files["labels"])
    assert (said.code, said.out) == (2, "")
    assert "scores but no labels of 1 clips: b" in said.err


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


def event(awry, *more: object):
    return awry("metrics", "event", *more, "--json")


def test_event_at_a_threshold_and_from_alarms(awry, tmp_path: Path) -> None:
    labels, scores = tmp_path / "labels.npy", tmp_path / "scores.npy"
    truth = np.zeros(3700, int)
    truth[1000:1100] = 1
    np.save(labels, truth)
    values = np.zeros(3700)
    values[1010:1020] = 2.0
    values[2000:2005] = 3.0
    np.save(scores, values)
    found = event(awry, "--scores", scores, "--labels", labels, "--threshold", 1, "--fps", 1).json
    figures = {name: found[name] for name in ("precision", "recall", "f1", "delay_s")}
    assert figures == pytest.approx({"precision": 0.5, "recall": 1, "f1": 2 / 3, "delay_s": 10})
    assert found["false_alarms_per_hour"] == pytest.approx(1.0)
    assert found["clips"][0]["alarms"] == [[1010, 1019], [2000, 2004]]
    alarms = tmp_path / "alarms.csv"
    alarms.write_text("source,first,last,regions\nlabels,1010,1019,\"[{\"\"a\"\": 1}]\"\n"
                      "labels,2000,2004,[]\n")  # fmt: skip
    same = event(awry, "--alarms", alarms, "--labels", labels)
    assert same.json["f1"] == found["f1"]
    assert same.json["delay_s"] is None
    assert "give --fps" in same.json["settings"]["notes"][0]


def test_an_alarm_that_never_ends_finds_nothing(awry, tmp_path: Path) -> None:
    truth = np.zeros(300, int)
    truth[100:150] = truth[200:210] = 1
    np.save(tmp_path / "labels.npy", truth)
    np.save(tmp_path / "scores.npy", np.full(300, 2.0))
    words = ("--scores", tmp_path / "scores.npy", "--labels", tmp_path / "labels.npy",
             "--threshold", 1, "--fps", 10)  # fmt: skip
    found = event(awry, *words).json
    assert (found["recall"], found["f1"], found["precision_time"]) == (0, 0, pytest.approx(0.2))
    assert found["false_alarm_minutes_per_hour"] == 60
    assert found["worst"] == "100 % of normal time in alarm"
    assert found["missed"] == {"never_off": 2}
    assert found["settings"]["interval"].endswith("there is one labelled clip")
    former = event(awry, *words, "--rule", "touch").json
    assert (former["recall"], former["precision"], former["worst"]) == (1, 1, found["worst"])
    shown = awry("metrics", "event", *words).out
    assert "Events not found, 2: the alarm is never off in this clip." in shown
    refused = event(awry, *words, "--rule", "tuch")
    assert (refused.code, "did you mean 'touch'" in refused.err) == (2, True)


def test_event_intervals_and_the_table(awry, files) -> None:
    words = ("--scores", files["scores"], "--labels", files["labels"], "--threshold", 0.5)
    found = event(awry, *words, "--min-length", 1, "--merge-gap", 0, "--fps", 10).json
    low, high = found["intervals"]["recall"]
    assert low <= found["recall"] <= high
    assert "recall" in awry("metrics", "event", *words).out


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("clip,first,last\na,5,20\n", "line 2: an alarm from frame 5 to 20"),
        ("clip,first,last\na,6,5\n", "line 2: an alarm from frame 6 to 5"),
        ("clip,first,last\nc,1,2\n", "no labels of clip c"),
        ("first,last\n1,2\n", "no column 'clip', but the labels are of 2 clips"),
    ],
)
def test_alarms_that_cannot_be_used(awry, files, tmp_path: Path, rows: str, said: str) -> None:
    (tmp_path / "alarms.csv").write_text(rows)
    found = event(awry, "--alarms", tmp_path / "alarms.csv", "--labels", files["labels"])
    assert (found.code, found.out) == (2, "")
    assert said in found.err


def test_event_needs_scores_and_threshold_or_alarms(awry, files) -> None:
    for words in ((), ("--scores", files["scores"]), ("--threshold", 1)):
        found = event(awry, "--labels", files["labels"], *words)
        assert found.code == 2
        assert "either --scores with --threshold" in found.err


def test_what_metrics_prints_can_be_compared(awry, files, tmp_path: Path) -> None:
    words = ("metrics", "frame", "--labels", files["labels"], "--json", "--scores")
    (tmp_path / "one.json").write_text(awry(*words, files["scores"]).out)
    for name, one in SCORES.items():
        np.save(files["scores"] / f"{name}.npy", 2 * one)
    (tmp_path / "two.json").write_text(awry(*words, files["scores"]).out)
    said = awry("compare", tmp_path / "one.json", tmp_path / "two.json", "--json")
    row = json.loads(said.out)["comparisons"][0]["figures"]["frame.micro_auc"]
    assert (said.code, row["difference"], row["interval"]) == (0, 0, [0, 0])


@pytest.mark.parametrize("threshold", ["nan", "inf"])
def test_a_threshold_is_a_number(awry, tmp_path: Path, threshold: str) -> None:
    for name in ("labels", "scores"):
        np.save(tmp_path / f"{name}.npy", np.arange(10) > 5)
    words = ("--scores", tmp_path / "scores.npy", "--labels", tmp_path / "labels.npy")
    found = event(awry, *words, "--threshold", threshold)
    assert (found.code, found.out) == (2, "")
    assert "expected a finite number" in found.err


def test_a_silent_detector_has_an_empty_file_of_alarms(awry, tmp_path: Path) -> None:
    (tmp_path / "labels").mkdir()
    for name in "ab":
        np.save(tmp_path / "labels" / f"{name}.npy", (np.arange(10) > 5).astype(np.uint8))
    (tmp_path / "alarms.csv").touch()
    found = event(awry, "--alarms", tmp_path / "alarms.csv", "--labels", tmp_path / "labels")
    assert found.code == 0
    assert (found.json["recall"], found.json["n_alarms"]) == (0, 0)


def test_boxes_of_one_kind_that_begin_at_frame_1_are_noted(awry, boxes) -> None:
    header, *rows = (boxes[1] / "a.txt").read_text().splitlines()
    later = [row.replace(row.split(",")[0], str(int(row.split(",")[0]) + 1), 1) for row in rows]
    (boxes[1] / "a.txt").write_text("\n".join([header, *later]) + "\n")
    found = region(awry, boxes, "--frames", 200, "--json")
    assert "begin at frame 1" in found.err
    assert "--detections-first-frame 1" in found.err


def test_a_budget_fixes_the_threshold_on_normal_scores(awry, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    np.save(tmp_path / "normal.npy", rng.normal(size=40_000))
    labels = np.zeros(2000, np.uint8)
    labels[500:600] = 1
    np.save(tmp_path / "labels.npy", labels)
    np.save(tmp_path / "scores.npy", rng.normal(size=2000) + 8 * labels)
    words = ("--scores", tmp_path / "scores.npy", "--labels", tmp_path / "labels.npy", "--fps", 10)
    normal = ("--normal-scores", tmp_path / "normal.npy")
    found = event(awry, *words, *normal, "--budget", "4/hour").json
    how = found["settings"]["event"]
    assert (how["budget"], found["recall"]) == ("4/hour", 1)
    low, high = how["threshold_interval"]
    assert low <= how["threshold"] <= high
    assert 1 < how["threshold"] < 8
    refused = event(awry, *words, *normal, "--threshold", 3)
    assert refused.code == 2
    assert "--normal-scores" in refused.err


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


def test_a_report_of_own_scores(awry, files, tmp_path: Path) -> None:
    out = tmp_path / "report"
    words = ("--scores", files["scores"], "--labels", files["labels"], "--fps", 10, "--out", out)
    said = awry("metrics", "frame", *words, "--json")
    assert (said.code, said.json["report"]) == (0, str(out / "report.html"))
    stored = json.loads((out / "metrics.json").read_text())
    assert stored["frame"] == said.json["frame"]
    page = (out / "report.html").read_text()
    assert page.count("Score of clip") >= 2
    assert "<script src" not in page
    assert "report: " in awry("metrics", "frame", *words).out
    # What it writes can be compared.
    assert awry("compare", out / "metrics.json", out / "metrics.json").code == 0


def test_a_report_with_alarms(awry, files, tmp_path: Path) -> None:
    out = tmp_path / "report"
    words = ("--scores", files["scores"], "--labels", files["labels"], "--fps", 10, "--out", out)
    said = awry("metrics", "event", *words, "--threshold", 0.5, "--json")
    assert said.code == 0
    stored = json.loads((out / "metrics.json").read_text())
    assert stored["event"]["n_alarms"] == said.json["n_alarms"] > 0
    assert stored["why_not"]["region"] == "This method gives no regions."
    assert "Alarms above 0.5" in (out / "report.html").read_text()
    alarms = tmp_path / "alarms.csv"
    alarms.write_text("clip,first,last\na,1,2\n")
    refused = awry("metrics", "event", "--alarms", alarms, *words[2:])
    assert refused.code == 2
    assert "curves of scores" in refused.err


def test_labels_of_a_data_set_in_its_own_layout(awry, shared_data: Path, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    lines = ["source,frame,score,scored"]
    for clip in ("clip0.mp4", "clip1"):
        series = rng.normal(size=60) + 3 * ((np.arange(60) >= 30) & (np.arange(60) <= 44))
        lines += [f"{clip},{k},{value!r},1" for k, value in enumerate(series.tolist())]
    scores = tmp_path / "scores.csv"
    scores.write_text("\n".join(lines))
    found = awry("metrics", "frame", "--scores", scores, "--labels", shared_data, "--json")
    assert found.code == 0
    assert [(row["clip"], row["n_abnormal"]) for row in found.json["clips"]] == [
        ("clip0", 15), ("clip1", 15),
    ]  # fmt: skip
    assert found.json["frame"]["micro_auc"] > 0.9
    alarms = event(awry, "--scores", scores, "--labels", shared_data, "--threshold", 2)
    assert alarms.json["n_events"] == 2
    scores.write_text("\n".join(lines[:61]))
    refused = awry("metrics", "frame", "--scores", scores, "--labels", shared_data)
    assert refused.code == 2
    assert "labels but no scores of 1 clips: clip1" in refused.err
    scores.write_text("\n".join([*lines[:61], *(f"x/{line}" for line in lines[1:61])]))
    refused = awry("metrics", "frame", "--scores", scores, "--labels", shared_data)
    assert "of x/clip0.mp4 and others are all of clip clip0" in refused.err
