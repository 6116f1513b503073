from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from awry.errors import InputError
from awry.evaluation.declaration import VARIANTS
from awry.evaluation.metrics.frame import METRICS, frame_metrics
from awry.evaluation.protocol import evaluate_frames
from awry.evaluation.scored_clip import ScoredClip
from awry.scoring.calibration import Budget, CalibrationClip, calibrate
from awry.scoring.smoothing import smooth


def made(number: int, length: int = 60) -> ScoredClip:
    rng = np.random.default_rng(number)
    labels = (np.arange(length) > 10 * number).astype(np.uint8)
    scores = rng.normal(size=length) + labels + number
    scored = np.ones(length, bool)
    scored[:5] = False
    scores[:5] = scores[5]
    parts = {"latent": scores * 2, "prediction": rng.normal(size=length)}
    return ScoredClip(
        f"clip{number}", f"scene{number % 2}", 10.0, scores, scored, labels, None, parts
    )


CLIPS = [made(number) for number in range(4)]
LABELS = [clip.labels for clip in CLIPS if clip.labels is not None]
FLOW = [np.random.default_rng(9).normal(size=60) for _ in CLIPS]
CALIBRATION = calibrate(
    [
        CalibrationClip("c", "scene0", np.random.default_rng(1).normal(size=50)),
        CalibrationClip("d", "scene1", np.random.default_rng(2).normal(size=50) + 1),
    ],
    Budget(2.0),
)


def evaluate(clips: list[ScoredClip], **more: Any) -> dict[str, Any]:
    settings: dict[str, Any] = {
        "calibration_by_scene": CALIBRATION.scene,
        "references": {"flow": FLOW[: len(clips)]},
        "settings": {"method": "made up"},
    }
    return evaluate_frames(clips, **{**settings, **more})


def test_every_row_of_the_protocol_is_there() -> None:
    found = evaluate(CLIPS)
    assert set(found["variants"]) == set(VARIANTS) - {"none"}
    assert set(found["content_free"]) == {"constant", "triangle"}
    assert set(found["references"]) == {"flow", "flow_offline"}
    assert set(found["parts"]) == {"latent", "prediction"}
    rows = [found["frame"]]
    for kind in ("variants", "content_free", "references", "parts"):
        rows += found[kind].values()
        assert set(found["intervals"][kind]) == set(found[kind])
    assert all(tuple(row) == METRICS for row in rows)
    low, high = found["intervals"]["frame"]
    assert low <= found["frame"]["micro_auc"] <= high
    assert found["intervals"]["frame_figures"]["micro_auc"] == [low, high]
    for name in ("macro_auc", "macro_auc_sentinels", "ap"):
        low, high = found["intervals"]["frame_figures"][name]
        assert low <= found["frame"][name] <= high
        assert f"frame.{name}" in found["bootstrap"]["values"]
    assert json.loads(json.dumps(found, allow_nan=False)) == found


def test_smoothing_inside_the_scorer_is_recorded() -> None:
    inside = "mean over 9 frames (0.9 s), 4 of them later"
    about = {"smoothing_inside": inside, "lookahead_frames": 4, "lookahead_s": 0.4}
    settings = evaluate_frames(CLIPS, settings=about)["settings"]
    assert settings["smoothing"] == f"inside the scorer: {inside}; afterwards: none"
    assert all(inside in words for words in settings["variants"].values())
    assert settings["future_seen"]["none"] == settings["future_seen"]["causal"] == "0.4 s"
    assert settings["future_seen"]["clip"] == "the whole clip"
    plain = evaluate_frames(CLIPS)["settings"]
    assert (plain["smoothing"], plain["future_seen"]["none"]) == ("none", "unknown")


def test_a_single_clip_says_why_there_are_no_intervals() -> None:
    found = evaluate(CLIPS[:1])
    assert found["intervals"]["frame"] is None
    assert found["intervals"]["frame_figures"] == {}
    assert found["settings"]["interval"] == (
        "none: they are drawn over clips, and there is one labelled clip"
    )
    assert evaluate(CLIPS)["settings"]["interval"].startswith("95 %, bootstrap over clips, 1000")


def test_the_primary_row_is_neither_normalised_nor_smoothed() -> None:
    found = evaluate(CLIPS)
    raw = [clip.scores for clip in CLIPS]
    scored = [clip.scored for clip in CLIPS]
    assert found["frame"] == frame_metrics(raw, LABELS, scored)
    assert (found["frame"]["n_frames"], found["frame"]["n_scored"]) == (240, 220)
    assert (found["settings"]["normalisation"], found["settings"]["smoothing"]) == ("none", "none")


def test_variants_are_what_their_labels_say() -> None:
    found = evaluate(CLIPS)["variants"]
    raw = [clip.scores for clip in CLIPS]
    offline = frame_metrics([smooth(one, "gaussian", sigma=8.0) for one in raw], LABELS)
    causal = frame_metrics([smooth(one, "causal", sigma=8.0) for one in raw], LABELS)
    clip = frame_metrics([(one - one.min()) / np.ptp(one) for one in raw], LABELS)
    dropped = frame_metrics(
        [(one[5:] - one[5:].min()) / np.ptp(one[5:]) for one in raw], [one[5:] for one in LABELS]
    )
    train = frame_metrics(
        [
            (c.scores - CALIBRATION.scene(c.scene).location) / CALIBRATION.scene(c.scene).scale
            for c in CLIPS
        ],
        LABELS,
    )
    rows = {
        "offline": offline, "causal": causal, "clip": clip, "train": train,
        "clip_unscored_dropped": dropped,
        # Clips of less than 200 frames are one window.
        "window_ahead_unscored_dropped": dropped,
        "unscored_dropped": frame_metrics([one[5:] for one in raw], [one[5:] for one in LABELS]),
    }  # fmt: skip
    for name, row in rows.items():
        assert found[name]["micro_auc"] == pytest.approx(row["micro_auc"]), name
        assert found[name]["n_frames"] == row["n_frames"], name
    assert found["clip_unscored_dropped"]["n_frames"] == 220
    assert len({round(row["micro_auc"], 6) for row in rows.values()}) == 6


def test_the_content_free_rows_see_no_score() -> None:
    other = [replace(clip, scores=-clip.scores) for clip in CLIPS]
    assert evaluate(CLIPS)["content_free"] == evaluate(other)["content_free"]
    assert evaluate(CLIPS)["content_free"]["constant"]["micro_auc"] == 0.5


def test_clips_without_labels_are_counted_and_left_out() -> None:
    mixed = [replace(CLIPS[0], labels=None), *CLIPS[1:]]
    found = evaluate(mixed)
    alone = evaluate(CLIPS[1:], references={"flow": FLOW[1:]})
    for kind in ("frame", "variants", "content_free", "references"):
        assert found[kind] == alone[kind]
    assert found["settings"]["n_clips_labelled"] == 3
    assert found["settings"]["clip_notes"][0].startswith("1 of 4 clips have no labels")
    assert found["clips"][0]["n_abnormal"] is None


def test_without_any_label_there_are_no_figures() -> None:
    found = evaluate([replace(clip, labels=None) for clip in CLIPS])
    assert tuple(found["frame"]) == METRICS
    assert found["frame"]["micro_auc"] is None
    assert found["frame"]["n_frames"] == 0
    assert found["variants"]["offline"]["micro_auc"] is None
    assert found["intervals"]["frame"] is None
    assert found["parts"] == {}
    json.dumps(found, allow_nan=False)


def test_each_clip_has_its_own_figures() -> None:
    row = evaluate(CLIPS)["clips"][1]
    assert row["auc"] == frame_metrics([CLIPS[1].scores], LABELS[1:2])["micro_auc"]
    assert (row["clip"], row["scene"]) == ("clip1", "scene1")
    assert (row["n_frames"], row["n_abnormal"], row["n_scored"]) == (60, 49, 55)


def test_a_clip_that_was_not_scored_at_all_counts_with_its_fill() -> None:
    blind = replace(CLIPS[0], scores=np.zeros(60), scored=np.zeros(60, bool))
    found = evaluate([blind, *CLIPS[1:]])
    assert found["frame"]["n_frames"] == 240
    assert found["variants"]["clip_unscored_dropped"]["n_frames"] == 165


def test_train_is_left_out_without_a_calibration() -> None:
    assert "train" not in evaluate(CLIPS, calibration_by_scene=None)["variants"]
    by_name = {name: CALIBRATION.scene(name) for name in ("scene0", "scene1")}
    assert evaluate(CLIPS, calibration_by_scene=by_name) == evaluate(CLIPS)


def test_parts_that_some_clips_lack_are_no_row() -> None:
    some = [replace(CLIPS[0], parts={"latent": CLIPS[0].scores}), *CLIPS[1:]]
    assert set(evaluate(some)["parts"]) == {"latent"}


def test_bad_input_is_named() -> None:
    with pytest.raises(InputError, match="no clips"):
        evaluate_frames([])
    with pytest.raises(InputError, match="reference flow has scores of 1 clips, expected 4"):
        evaluate(CLIPS, references={"flow": FLOW[:1]})
    with pytest.raises(InputError, match="Clip clip0: scores of shape"):
        evaluate([replace(CLIPS[0], labels=np.zeros(59, np.uint8)), *CLIPS[1:]])
