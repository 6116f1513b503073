"""Region, pixel and event level of scored clips, and their place in metrics.json."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from awry.datasets.tracks import Tracks
from awry.evaluation.compare import figures as compared
from awry.evaluation.levels import Level, evaluate_levels, region_level, with_levels
from awry.evaluation.metrics.boxes import Detections
from awry.evaluation.protocol import evaluate_frames
from awry.evaluation.scored_clip import ScoredClip
from awry.scoring.events import EventOptions

BOX = (4.0, 4.0, 9.0, 9.0)


def clip(name: str, *, first: int = 10, last: int = 14, length: int = 30) -> ScoredClip:
    """One true event, found exactly in all its frames and nowhere else."""
    labels = np.zeros(length, np.uint8)
    labels[first : last + 1] = 1
    frames = np.arange(first, last + 1)
    boxes = np.tile(BOX, (len(frames), 1))
    return ScoredClip(
        name=name,
        scene="scene",
        fps=10.0,
        scores=labels.astype(np.float64),
        scored=np.ones(length, bool),
        labels=labels,
        tracks=Tracks(np.zeros(len(frames), np.int64), frames, boxes, "drawn by hand"),
        detections=Detections(frames, boxes, np.ones(len(frames))),
        pixel_scores=labels.astype(np.float64),
    )


CLIPS = [clip("a"), clip("b", first=3, last=8)]
ALARMS = {"a": [(12, 16)], "b": [(20, 25)]}


def figures(level: Level | str) -> dict[str, object]:
    assert isinstance(level, Level)
    return level.figures


def test_a_perfect_method_gets_full_marks_and_alarms_are_counted() -> None:
    levels = evaluate_levels(CLIPS, ALARMS, "2/hour")
    region, event = figures(levels["region"]), figures(levels["event"])
    assert (region["rbdc"], region["tbdc"], region["fpr_reached"]) == (1.0, 1.0, 0.0)
    assert (region["n_boxes"], region["n_tracks"], region["n_frames"]) == (11, 2, 60)
    assert region["tracks"] == "drawn by hand"
    assert figures(levels["pixel"]) == {"auc": 1.0}
    assert (event["precision"], event["recall"], event["delay_frames"]) == (0.5, 0.5, 2.0)
    assert event["delay_s"] == pytest.approx(0.2)
    # One false alarm in 49 normal frames at 10 a second.
    assert event["false_alarms_per_hour"] == pytest.approx(3600 / 4.9)
    assert event["budget"] == "2/hour"


def test_lost_frames_count_for_the_region_level() -> None:
    short = replace(CLIPS[0], frames=40)
    levels = evaluate_levels([short, CLIPS[1]], {})
    assert figures(levels["region"])["n_frames"] == 70


@pytest.mark.parametrize(
    ("change", "level", "words"),
    [
        ({"detections": None}, "region", "gives no regions"),
        ({"tracks": None}, "region", "1 of 2 clips have no true tracks"),
        ({"pixel_scores": None}, "pixel", "needs anomaly maps"),
    ],
)
def test_what_cannot_be_measured_is_said(change: dict[str, None], level: str, words: str) -> None:
    levels = evaluate_levels([replace(CLIPS[0], **change), CLIPS[1]], ALARMS)
    assert words in str(levels[level])
    assert isinstance(levels["event"], Level)
    metrics = with_levels(evaluate_frames(CLIPS), levels)
    assert metrics[level] is None
    assert words in metrics["why_not"][level]


def test_without_labels_there_is_nothing_to_measure() -> None:
    unlabelled = [replace(one, labels=None) for one in CLIPS]
    levels = evaluate_levels(unlabelled, {})
    assert levels == dict.fromkeys(("region", "pixel", "event"), "No clip has labels.")
    metrics = with_levels(evaluate_frames(unlabelled), levels)
    assert json.loads(json.dumps(metrics, allow_nan=False))["event"] is None


def test_no_true_box_and_one_class() -> None:
    none = np.empty(0, np.int64)
    empty = Tracks(none, none, np.empty((0, 4)))
    normal = [
        replace(one, tracks=empty, labels=np.zeros(30, np.uint8), scores=np.arange(30.0))
        for one in CLIPS
    ]
    levels = evaluate_levels(normal, ALARMS)
    assert "no true box" in str(levels["region"])
    assert "one class" in str(levels["pixel"]) or "abnormal" in str(levels["pixel"])
    assert figures(levels["event"])["recall"] is None


def test_intervals_and_resampled_values_stand_in_metrics() -> None:
    noisy = replace(CLIPS[1], detections=replace_scores(CLIPS[1]))
    clips = [CLIPS[0], noisy]
    frame = evaluate_frames(clips)
    metrics = with_levels(frame, evaluate_levels(clips, ALARMS))
    low, high = metrics["intervals"]["region"]["rbdc"]
    assert low <= metrics["region"]["rbdc"] <= high
    values = metrics["bootstrap"]["values"]
    assert set(frame["bootstrap"]["values"]) < set(values)
    assert {"region.rbdc", "region.tbdc", "pixel.auc", "event.recall"} <= set(values)
    assert len(values["region.rbdc"]) == len(values["frame.micro_auc"])
    assert np.quantile(values["region.rbdc"], 0.025) == pytest.approx(low, abs=1e-6)
    assert json.loads(json.dumps(metrics, allow_nan=False)) == metrics
    # All of them are there to be compared.
    assert {"region.rbdc", "region.tbdc", "pixel.auc", "event.recall"} <= set(compared(metrics))


def replace_scores(one: ScoredClip) -> Detections:
    """Detections of which the strongest are false."""
    assert one.detections is not None
    frames = np.concatenate([one.detections.frames, [0, 1]])
    boxes = np.concatenate([one.detections.boxes, [[20.0, 20, 29, 29]] * 2])
    return Detections(frames, boxes, np.concatenate([one.detections.scores, [2.0, 3.0]]))


def test_a_single_clip_has_figures_without_intervals() -> None:
    metrics = with_levels(evaluate_frames(CLIPS[:1]), evaluate_levels(CLIPS[:1], ALARMS))
    assert metrics["region"]["rbdc"] == 1.0
    assert metrics["intervals"]["region"] == {}


def test_a_track_beyond_its_clip_costs_the_region_level_alone() -> None:
    assert CLIPS[0].tracks is not None
    late = replace(CLIPS[0].tracks, frames=CLIPS[0].tracks.frames + 100)
    levels = evaluate_levels([replace(CLIPS[0], tracks=late), CLIPS[1]], ALARMS)
    assert "frame" in str(levels["region"])
    assert isinstance(levels["pixel"], Level)
    assert isinstance(levels["event"], Level)


def test_pixel_labels_come_from_the_masks() -> None:
    assert CLIPS[0].labels is not None
    other = replace(CLIPS[0], pixel_labels=1 - CLIPS[0].labels)
    assert figures(evaluate_levels([other], ALARMS)["pixel"]) == {"auc": 0.0}


def test_how_alarms_were_merged_is_recorded() -> None:
    levels = evaluate_levels(CLIPS, ALARMS, "2/hour", EventOptions(merge_gap=7))
    options = figures(levels["event"])["options"]
    assert options == {"hysteresis": 0.1, "merge_gap": 7, "min_length": 3}


def test_the_region_level_alone_is_that_of_all_levels() -> None:
    clips = [clip("a"), clip("b", first=5), replace(clip("c"), labels=None)]
    alone, every = region_level(clips), evaluate_levels(clips, {})["region"]
    assert isinstance(alone, Level)
    assert isinstance(every, Level)
    assert alone.figures == every.figures
    assert region_level([replace(clip("a"), detections=None)]) == "This method gives no regions."
