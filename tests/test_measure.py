"""What `awry.measure` takes from a program: arrays give the figures that files give."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import awry
from awry.datasets.tracks import Tracks
from awry.errors import ConfigError, InputError
from awry.evaluation.metrics.boxes import Detections

GENERATOR = np.random.default_rng(0)
LABELS = {"a": np.repeat([0, 1, 0], 20), "b": np.tile(np.repeat([0, 1], 6), 5)}
SCORES = {name: GENERATOR.normal(size=len(marks)) + 2.0 * marks for name, marks in LABELS.items()}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for kind, values in (("scores", SCORES), ("labels", LABELS)):
        (tmp_path / kind).mkdir()
        for name, series in values.items():
            np.save(tmp_path / kind / f"{name}.npy", series)
    return tmp_path


def figures(result: Any) -> dict[str, Any]:
    """All but where scores and labels came from."""
    values = result.to_dict()
    settings = {k: v for k, v in values["settings"].items() if k not in ("method", "labels")}
    settings.get("event", {}).pop("alarms", None)
    return {**values, "settings": settings}


def test_frames_of_arrays_and_of_files_are_the_same(folder: Path) -> None:
    files = awry.measure.frame(folder / "scores", str(folder / "labels"))
    arrays = awry.measure.frame(SCORES, LABELS)
    assert figures(arrays) == figures(files)
    assert arrays.settings["method"] == "scores of arrays"
    assert 0.85 < (arrays.micro_auc or 0) < 1
    low, high = arrays.interval or (0, 0)
    assert low <= (arrays.micro_auc or 0) <= high
    assert [row["clip"] for row in arrays.rows()] == ["a", "b"]
    assert arrays.cards()[0].label == "Micro AUC, this method"
    assert "report" not in arrays.to_dict()
    assert arrays.plot().get_title() == f"micro AUC {100 * (arrays.micro_auc or 0):.2f} %"
    assert len(arrays.plot_clip("b").patches) == 5  # its true events
    with pytest.raises(ConfigError, match="no clip 'c'"):
        arrays.plot_clip("c")


def test_clips_by_number_and_one_clip_alone(folder: Path) -> None:
    listed = awry.measure.frame([SCORES["a"], SCORES["b"]], [LABELS["a"], LABELS["b"]])
    named = awry.measure.frame(SCORES, LABELS)
    assert listed.metrics["frame"] == named.metrics["frame"]
    assert [clip.name for clip in listed.clips] == ["0", "1"]
    one = awry.measure.frame(SCORES["a"], LABELS["a"].tolist())
    file = awry.measure.frame(folder / "scores" / "a.npy", LABELS["a"])
    assert one.metrics["frame"] == file.metrics["frame"]
    assert (one.interval, [clip.name for clip in one.clips]) == (None, ["clip"])


@pytest.mark.parametrize(
    ("scores", "labels", "said"),
    [
        ({"a": SCORES["a"]}, LABELS, "labels but no scores of 1 clips: b"),
        ([1.0, 2.0], [0, 1, 1], "Clip clip: 2 scores in arrays, but 3 labels in arrays"),
        ([1.0, np.nan], [0, 1], "the score of clip clip at its frame 1"),
        ([1.0, 2.0], [0, 2], "expected 0 .normal. or 1 .abnormal."),
        (np.zeros((2, 3)), np.zeros(2), r"array of shape \(2, 3\); expected one number a frame"),
        (["x", "y"], [0, 1], "expected an array of numbers"),
        ([1.0, 2.0], [1, 1], "Micro AUC needs normal and abnormal frames"),
    ],
)
def test_arrays_that_do_not_belong_together(scores: Any, labels: Any, said: str) -> None:
    with pytest.raises(InputError, match=said):
        awry.measure.frame(scores, labels)


def test_labels_of_a_data_set(shared_data: Path) -> None:
    data = awry.open_dataset(shared_data, fps=10)
    scores = {f"clip{k}": GENERATOR.normal(size=60) for k in range(2)}
    of_folder = awry.measure.frame(scores, shared_data)
    of_data = awry.measure.frame(scores, data)
    assert of_data.metrics["frame"] == of_folder.metrics["frame"]
    assert (of_data.clips[0].fps, of_data.settings["labels"]) == (
        10,
        f"2 of 2 clips, from {shared_data}",
    )


def test_a_report_is_written_when_it_is_asked_for(tmp_path: Path) -> None:
    result = awry.measure.frame(SCORES, LABELS)
    assert result.save(tmp_path / "later") == tmp_path / "later"
    now = awry.measure.frame(SCORES, LABELS, out=tmp_path / "now")
    assert now.to_dict()["report"] == str(tmp_path / "now" / "report.html")
    pages = [(tmp_path / name / "report.html").read_text() for name in ("later", "now")]
    assert pages[0] == pages[1]
    assert "Scores of arrays" in pages[0]
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "report.html").write_text("mine")
    with pytest.raises(ConfigError, match="nothing that awry wrote"):
        awry.measure.frame(SCORES, LABELS, out=tmp_path / "mine")
    awry.measure.frame(SCORES, LABELS, out=tmp_path / "mine", overwrite=True)


# docs/measurement.md's small case: five true boxes on one track, five true and five false ones.
TRUE = [[1, frame, 10, 10, 19, 19] for frame in range(5)]
FOUND = [[frame, 10, 10, 19, 19, 0.5] for frame in range(5)]
FOUND += [[frame, 50, 50, 59, 59, 0.5] for frame in range(5)]


def test_regions_of_arrays_and_of_files_are_the_same(tmp_path: Path) -> None:
    for name, rows in (("tracks", TRUE), ("detections", FOUND)):
        (tmp_path / name).mkdir()
        np.savetxt(tmp_path / name / "a.txt", rows, fmt="%g", delimiter=",")
    counts = {"a": 6, "b": 4}
    files = awry.measure.region(tmp_path / "tracks", tmp_path / "detections", counts)
    arrays = awry.measure.region({"a": TRUE}, {"a": np.array(FOUND)}, counts)
    assert figures(arrays) == figures(files)
    assert (arrays.rbdc, arrays.tbdc) == pytest.approx((0.75, 0.75))
    low, high = arrays.intervals["rbdc"] or (1, 0)
    assert low <= 0.75 <= high
    table = np.array(FOUND)
    ready = awry.measure.region(
        Tracks(np.ones(5, np.int64), np.arange(5), np.array(TRUE)[:, 2:].astype(float)),
        Detections(table[:, 0].astype(np.int64), table[:, 1:5], table[:, 5]),
        10,
    )
    assert (ready.rbdc, ready.intervals) == (arrays.rbdc, {})
    assert "No intervals" in ready.notes[-1]
    assert [line.get_label() for line in arrays.plot().lines][::2] == ["boxes", "tracks"]
    with pytest.raises(InputError, match=r"shape \(5, 2\); expected \(n, 6\)"):
        awry.measure.region({"a": np.ones((5, 2))}, {"a": FOUND}, 10)
    with pytest.raises(ConfigError, match="'inverted' of region is 'never'"):
        awry.measure.region(TRUE, FOUND, 10, inverted="never")


def test_events_of_arrays_and_of_files_are_the_same(folder: Path) -> None:
    choices: dict[str, Any] = {"threshold": 2.0, "fps": 10.0}
    files = awry.measure.event(folder / "labels", folder / "scores", **choices)
    arrays = awry.measure.event(LABELS, SCORES, **choices)
    assert figures(arrays) == figures(files)
    assert (arrays.threshold, arrays.metrics["n_events"]) == (2.0, 6)
    again = awry.measure.event(LABELS, alarms=arrays.alarms, fps=10.0)
    for name in ("precision", "recall", "f1", "n_alarms", "intervals"):
        assert again.metrics[name] == arrays.metrics[name]
    assert (again.precision, again.recall, again.f1) == (
        arrays.precision,
        arrays.recall,
        arrays.f1,
    )
    assert len(arrays.rows()) == arrays.metrics["n_alarms"]
    assert arrays.save(folder / "report") == folder / "report"
    assert (folder / "report" / "report.html").is_file()
    assert next(text.get_text() for text in again.plot().get_yticklabels()) == "precision"


def test_alarms_must_belong_to_labelled_clips() -> None:
    with pytest.raises(InputError, match="no labels of clip c"):
        awry.measure.event(LABELS, alarms={"c": [(0, 1)]})
    with pytest.raises(InputError, match=r"an alarm from frame 5 to 60 .from 0. in clip a of 60"):
        awry.measure.event(LABELS, alarms={"a": [(5, 60)]})
    with pytest.raises(InputError, match="The alarms have no clip"):
        awry.measure.event(LABELS, alarms=[(5, 6)])
    with pytest.raises(ConfigError, match="Give either --scores with --threshold"):
        awry.measure.event(LABELS, SCORES)
