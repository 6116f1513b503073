from __future__ import annotations

import numpy as np
import pytest

from awry.datasets.base import Clip, Dataset
from awry.errors import ConfigError, DatasetError
from awry.evaluation.scored_clip import ScoredClip
from awry.studies.figures.choice import clips_of, contrast, one_clip, part_of, strongest
from awry.studies.figures.judges import Judge, of_detector


def judge_of(series: dict[str, tuple[list[float], list[int]]]) -> Judge:
    def given(clip: Clip, _: object) -> ScoredClip:
        scores, labels = (np.array(values) for values in series[clip.name])
        scored = np.arange(len(scores)) > 0
        parts = {"low": -scores.astype(float)}
        truth = labels.astype(np.uint8)
        return ScoredClip(clip.name, "s", None, scores.astype(float), scored, truth, parts=parts)

    return Judge("", "made", 1, None, given)  # type: ignore[arg-type]


def clip(name: str) -> Clip:
    return Clip(name, None)  # type: ignore[arg-type]


def test_each_clip_s_strongest_frame_comes_first_and_others_lie_apart() -> None:
    """Frame 0 is in warm-up, 41 too near to 40; 20 is normal, whatever its score."""
    scores, labels = np.zeros(60), np.zeros(60, int)
    scores[[0, 1, 20, 40, 41]] = 9, 5, 8, 7, 6
    labels[[0, 1, 40, 41]] = 1
    series = {"a": (scores.tolist(), labels.tolist()), "b": ([0, 1, 0, 0], [0, 1, 0, 0])}
    judge = judge_of(series)
    found = strongest(judge, [clip("a"), clip("b")], "", 5)
    assert [(one.clip.name, one.frame, one.value) for one in found] == [
        ("a", 40, 7.0),
        ("b", 1, 1.0),
        ("a", 1, 5.0),
    ]
    assert [one.frame for one in strongest(judge, [clip("a")], "low", 1)] == [1]
    with pytest.raises(ConfigError, match=r"no part 'high' .there: low."):
        strongest(judge, [clip("a")], "high", 1)


def test_a_clip_shorter_than_the_warm_up_is_passed_over() -> None:
    judge = judge_of({"a": ([1, 2, 3], [0, 1, 1]), "short": ([5], [1])})
    found = strongest(judge, [clip("short"), clip("a")], "", 5)
    assert [(one.clip.name, one.frame) for one in found] == [("a", 2)]
    assert strongest(judge, [clip("short")], "", 5) == []
    with pytest.raises(ConfigError, match="needs a bundle that awry fit made"):
        contrast(judge, [clip("a")], "")


def test_any_frame_of_a_clip_without_anomalies_may_be_shown() -> None:
    scores = np.zeros(60)
    scores[[10, 40, 45]] = 1, 3, 2
    judge = judge_of({"a": (scores.tolist(), [0] * 60)})
    assert [one.frame for one in strongest(judge, [clip("a")], "", 2)] == [40, 10]


def test_clips_by_pattern_as_in_the_paper_or_with_anomalies(footage: Dataset) -> None:
    assert [one.name for one in clips_of(footage, "*3", "Test002")] == ["Test003"]
    assert [one.name for one in clips_of(footage, None, "Test002")] == ["Test002"]
    assert [one.name for one in clips_of(footage, None, "04")] == ["Test002", "Test003"]
    assert one_clip(footage, None, "").name == "Test002"
    with pytest.raises(DatasetError, match=r"called like 'x' .there are Test002"):
        clips_of(footage, "x", "")


def test_contrast_takes_abnormal_frames_with_and_without_motion(
    footage: Dataset, flow_detector
) -> None:
    """The motion reference itself ranks as motion does: both ends differ by nothing."""
    most, least = contrast(of_detector("", flow_detector), footage.test, "flow")
    assert most.value == pytest.approx(0, abs=1e-12)
    assert least.value == pytest.approx(0, abs=1e-12)
    assert 20 <= most.frame < 50
    assert most.why == "moves most for its error"


def test_the_score_is_the_part_without_a_name() -> None:
    series = judge_of({"a": ([1, 2], [0, 1])}).series(clip("a"), ())
    np.testing.assert_array_equal(part_of(series, ""), [1, 2])
    np.testing.assert_array_equal(part_of(series, "low"), [-1, -2])
