"""scikit-learn's interface: signs, parameters, and the same scores as the detector's own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sklearn.base import clone

import awry


def test_signs_and_scores_are_the_detectors(bundle: Path, clip_images) -> None:
    detector = awry.load(bundle)
    images = clip_images(7)
    scorer = awry.AnomalyScorer(detector, fps=10)
    clip = detector.score(images, fps=10)
    np.testing.assert_array_equal(scorer.score_samples(images), -clip.filled)
    margin = scorer.decision_function(images)
    np.testing.assert_array_equal(margin, clip.threshold - clip.filled)
    predicted = scorer.predict(images)
    assert set(predicted) == {-1, 1}
    np.testing.assert_array_equal(predicted == -1, clip.filled > clip.threshold)


def test_without_a_threshold_there_are_scores_alone(trained_on_all: Path, clip_images) -> None:
    scorer = awry.AnomalyScorer(awry.load(trained_on_all), fps=10)
    assert np.isfinite(scorer.score_samples(clip_images(7))).all()
    with pytest.raises(awry.ConfigError, match="No footage was held back"):
        scorer.predict(clip_images(7))


def test_it_is_fitted_on_arrays(clip_images) -> None:
    normal = [np.concatenate([clip_images(n)[:30], clip_images(n)[:30]]) for n in range(2)]
    scorer = clone(awry.AnomalyScorer(method="flow", preset="tiny", fps=10, budget="1/hour"))
    assert scorer.get_params()["budget"] == "1/hour"
    with pytest.raises(awry.ConfigError, match="no detector yet"):
        scorer.predict(normal[0])
    assert scorer.fit(normal) is scorer
    assert scorer.detector_.calibration.scene("*").budget == awry.Budget(1, "hour")
    assert scorer.score_samples(normal[0]).shape == (60,)
    with pytest.raises(awry.FrameError, match="uint8"):
        scorer.predict(normal[0].astype(float))


def test_a_fit_without_a_method_says_which_there_are() -> None:
    with pytest.raises(awry.ConfigError, match=r"no method to fit; give one of attributes, .*daml"):
        awry.AnomalyScorer(fps=10).fit(np.zeros((3, 8, 8, 3), np.uint8))


def test_it_scores_in_the_precision_that_it_is_given(bundle: Path, clip_images) -> None:
    scorer = clone(awry.AnomalyScorer(awry.load(bundle), fps=10, precision="tf32", device="cpu"))
    assert scorer.get_params()["precision"] == "tf32"
    with pytest.raises(awry.ConfigError, match="tf32 is a precision of CUDA cards"):
        scorer.score_samples(clip_images(7))
