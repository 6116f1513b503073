"""Spans of the footage, scored by what was fitted on it."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import awry
from awry.datasets import open_dataset
from awry.detector import Detector
from awry.fitting.detector import open_footage
from awry.fitting.options import FitOptions
from awry.fitting.spans import STRANGEST, _scored_clip, calibrate_models
from awry.frames import frames_in
from awry.methods.fitted import FittedModels
from awry.progress import Silent
from awry.scoring.calibration import Budget, CalibrationClip
from awry.scoring.moments import APART_S
from awry.training.footage import Footage
from awry.training.split import Span


@pytest.fixture
def detector(bundle: Path) -> Detector:
    return awry.load(bundle)


@pytest.fixture
def footage(shared_data: Path, tmp_path: Path) -> Footage:
    data = open_dataset(shared_data, fps=10)
    footage = open_footage(data, tmp_path, FitOptions(), Silent())
    list(footage.runs("train", (48, 72), grey=False))  # reads it
    return footage


def test_the_calibration_of_the_fit_comes_out_again(detector: Detector, footage: Footage) -> None:
    again, _ = calibrate_models(detector.fitted, footage, Budget(2.0))
    assert again.to_json() == detector.calibration.to_json()


def test_without_a_calibration_part_what_is_usual_is_that_of_training(
    detector: Detector, shared_data: Path, tmp_path: Path
) -> None:
    data = open_dataset(shared_data, fps=10)
    footage = open_footage(data, tmp_path, FitOptions(validation=0, calibration=0), Silent())
    list(footage.runs("train", (48, 72), grey=False))  # reads it
    calibration, moments = calibrate_models(detector.fitted, footage, Budget(2.0))
    scores = np.concatenate([detector.score(clip.open()).scores for clip in data.train])
    scene = calibration.scene("scene")
    assert (scene.threshold, scene.frames) == (None, 180 - 3)
    assert scene.location == pytest.approx(np.nanmean(scores))
    assert moments[0].value == pytest.approx(np.nanmax(scores))
    assert any("No footage was held back to take an alarm" in note for note in footage.notes)


def test_without_a_calibration_part_the_validation_part_is_not_scored(
    detector: Detector,
    shared_data: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    footage = open_footage(
        open_dataset(shared_data, fps=10), tmp_path, FitOptions(calibration=0), Silent()
    )
    list(footage.runs("train", (48, 72), grey=False))  # reads it
    assert footage.parts["validation"]
    scored_spans = []

    def noted(models: FittedModels, of: Footage, span: Span, **how: Any) -> CalibrationClip:
        scored_spans.append(span)
        return _scored_clip(models, of, span, **how)

    monkeypatch.setattr("awry.fitting.spans._scored_clip", noted)
    calibrate_models(detector.fitted, footage, Budget(2.0))
    assert scored_spans == footage.parts["train"]


def test_the_strongest_training_frames_by_their_own_numbers(
    detector: Detector, footage: Footage
) -> None:
    _, moments = calibrate_models(detector.fitted, footage, Budget(2.0))
    spans = {span.clip: span for span in footage.parts["train"]}
    assert 0 < len(moments) <= STRANGEST
    assert all(
        (more.score.score or 0) >= (less.score.score or 0) for more, less in pairwise(moments)
    )
    frames = [(m.clip, m.frame.index) for m in moments]
    assert all(spans[clip].first <= frame < spans[clip].last for clip, frame in frames)
    same_clip = [abs(a - b) for i, (c, a) in enumerate(frames) for d, b in frames[:i] if c == d]
    apart = frames_in(APART_S, footage.open(footage.clips[0]).fps)
    assert min(same_clip, default=apart) >= apart
    for moment in moments:
        source = list(footage.open(footage.clip_named(moment.clip)))
        np.testing.assert_array_equal(moment.frame.image, source[moment.frame.index].image)


def test_a_warm_up_takes_nothing_from_a_span_that_footage_precedes(
    detector: Detector, footage: Footage
) -> None:
    warmup = detector.scorer(fps=10.0).warmup
    assert warmup > 0
    part = "calibration" if footage.parts["calibration"][0].first else "validation"
    span = next(one for one in footage.parts[part] if one.first)
    clip = _scored_clip(detector.fitted, footage, span)
    assert len(clip.scores) == span.length
    assert np.isfinite(clip.scores).all()
