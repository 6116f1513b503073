from __future__ import annotations

import numpy as np

from awry.evaluation.scored_clip import ScoredClip
from awry.scoring.calibration import (
    POOLED,
    Budget,
    Calibration,
    CalibrationClip,
    SceneCalibration,
    calibrate,
)
from awry.scoring.events import EventOptions
from awry.studies.robustness_figures import ALARM_FIGURES, alarm_figures, auc_figures


def clip(name: str, scores: list[float], labels: list[int], **parts: list[float]) -> ScoredClip:
    return ScoredClip(
        name=name,
        scene="yard",
        fps=2.0,
        scores=np.array(scores, float),
        scored=np.ones(len(scores), bool),
        labels=np.array(labels, np.uint8),
        parts={part: np.array(series, float) for part, series in parts.items()},
    )


def test_each_part_is_measured_alone() -> None:
    clips = [
        clip("a", [0, 1, 2, 3], [0, 0, 1, 1], good=[0, 0, 1, 1], bad=[1, 1, 0, 0]),
        clip("b", [0, 3, 1, 2], [0, 0, 1, 1], good=[0, 0, 1, 1], bad=[1, 1, 0, 0], own=[0] * 4),
    ]
    figures = auc_figures(clips)
    assert figures["auc"] == {"score": 12 / 16, "good": 1.0, "bad": 0.0}
    assert figures["interval"]["good"] == [1.0, 1.0]
    assert [figures[name] for name in ("n_frames", "n_abnormal", "n_scored")] == [8, 4, 8]


def test_frames_left_out_of_the_count() -> None:
    clips = [clip("a", [0, 9, 2, 3], [0, 0, 1, 1]), clip("b", [5, 5], [1, 1])]
    counted = [np.array([True, False, True, True]), np.zeros(2, bool)]
    figures = auc_figures(clips, counted)
    assert (figures["auc"], figures["n_frames"]) == ({"score": 1.0}, 3)
    assert auc_figures(clips)["auc"]["score"] == 4 / 8
    nothing = auc_figures(clips, [one.labels == 1 for one in clips])
    assert (nothing["auc"], nothing["interval"]) == ({"score": None}, {"score": None})


def test_alarms_at_a_scene_s_own_threshold() -> None:
    def scene(threshold: float) -> SceneCalibration:
        return SceneCalibration(0, 1, threshold, (), (0, 1), 9, 9.0, Budget(2.0), "")

    options = EventOptions(hysteresis=0, merge_gap=0, min_length=1)
    calibration = Calibration({POOLED: scene(99.0), "yard": scene(1.0)}, options)
    clips = [clip("a", [0, 2, 0, 2, 2, 0], [0, 0, 0, 0, 1, 1]), clip("b", [2, 0], [0, 0])]
    figures = alarm_figures(clips, calibration)
    # Frame 1 of a and frame 0 of b; the run over frame 3 touches the event.
    assert figures["false_alarms"] == 2
    assert figures["false_alarms_per_hour"] == 2 / (6 / 2) * 3600
    assert (figures["n_normal_frames"], figures["normal_share_over"]) == (6, 0.5)
    assert (figures["n_events"], figures["recall"]) == (1, 1.0)


def test_without_a_threshold_no_alarm_is_counted() -> None:
    calibration = calibrate([CalibrationClip("a", "scene", np.arange(20.0))], None)
    found = alarm_figures([], calibration)
    assert set(found) == {*ALARM_FIGURES, "normal_share_over", "alarm_interval"}
    assert {found[name] for name in (*ALARM_FIGURES, "normal_share_over")} == {None}
