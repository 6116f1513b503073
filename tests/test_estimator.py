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
