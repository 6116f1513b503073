from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import awry
from awry.errors import ConfigError, InputError
from support import CLIP_LABELS, CLIP_SCORES, figures_alone


def test_frames_of_arrays_and_of_files_are_the_same(score_folder: Path) -> None:
    files = awry.measure.frame(score_folder / "scores", str(score_folder / "labels"))
    arrays = awry.measure.frame(CLIP_SCORES, CLIP_LABELS)
    assert figures_alone(arrays) == figures_alone(files)
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


@pytest.mark.parametrize(
    ("scores", "labels", "said"),
    [
        ({"a": CLIP_SCORES["a"]}, CLIP_LABELS, "labels but no scores of 1 clips: b"),
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
    scores = {f"clip{k}": np.random.default_rng(k).normal(size=60) for k in range(2)}
    of_folder = awry.measure.frame(scores, shared_data)
    of_data = awry.measure.frame(scores, data)
    assert of_data.metrics["frame"] == of_folder.metrics["frame"]
    assert (of_data.clips[0].fps, of_data.settings["labels"]) == (
        10,
        f"2 of 2 clips, from {shared_data}",
    )


def test_a_report_is_written_when_it_is_asked_for(tmp_path: Path) -> None:
    result = awry.measure.frame(CLIP_SCORES, CLIP_LABELS)
    assert result.save(tmp_path / "later") == tmp_path / "later"
    now = awry.measure.frame(CLIP_SCORES, CLIP_LABELS, out=tmp_path / "now")
    assert now.to_dict()["report"] == str(tmp_path / "now" / "report.html")
    pages = [(tmp_path / name / "report.html").read_text() for name in ("later", "now")]
    assert pages[0] == pages[1]
    assert "Scores of arrays" in pages[0]
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "report.html").write_text("mine")
    with pytest.raises(ConfigError, match="nothing that awry wrote"):
        awry.measure.frame(CLIP_SCORES, CLIP_LABELS, out=tmp_path / "mine")
    awry.measure.frame(CLIP_SCORES, CLIP_LABELS, out=tmp_path / "mine", overwrite=True)
