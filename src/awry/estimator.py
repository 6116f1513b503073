"""A detector with the interface of scikit-learn's outlier detectors."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, OutlierMixin

from awry.datasets.base import Clip, Dataset
from awry.detector import Detector, load
from awry.devices import chosen, using
from awry.errors import ConfigError
from awry.fitting.detector import fit_detector
from awry.fitting.options import FitOptions
from awry.methods.registry import method_names
from awry.scoring.budget import Budget
from awry.scoring.calibration import POOLED
from awry.training.split import Split
from awry.video.memory import ArraySource

Images = NDArray[np.uint8]


class AnomalyScorer(OutlierMixin, BaseEstimator):
    """Frames as samples: X is a clip, a uint8 array (T, H, W, 3) in RGB.

    As in scikit-learn lower is more abnormal, so the signs are those of no other part of awry.
    A frame that the method cannot score has the score of the nearest that it can.

    Args:
        detector: one that is fitted already, so that `fit` is not needed; or None.
        method, preset, changes, budget, seed: as of `awry.fit`, for `fit`.
        fps: frames per second of X.
        scene: which of the detector's scenes X shows.
        device, precision: as of `awry.fit` and `awry.load`, for `fit` and for scores.

    Attributes:
        detector_: after `fit`, the fitted detector.
    """

    def __init__(
        self,
        detector: Detector | None = None,
        *,
        method: str | None = None,
        preset: str = "cpu",
        changes: Mapping[str, Any] | None = None,
        budget: str | Budget = "2/hour",
        seed: int = 0,
        fps: float | None = None,
        scene: str = POOLED,
        device: str | None = None,
        precision: str | None = None,
    ) -> None:
        self.detector = detector
        self.method = method
        self.preset = preset
        self.changes = changes
        self.budget = budget
        self.seed = seed
        self.fps = fps
        self.scene = scene
        self.device = device
        self.precision = precision

    def fit(self, X: Images | Sequence[Images], y: None = None) -> AnomalyScorer:  # noqa: N803
        """Learn from a normal clip, or from several.

        Raises:
            AwryError: as `awry.fit`; a ConfigError too where no method was given.
        """
        if self.method is None:
            known = ", ".join(method_names())
            raise ConfigError(f"AnomalyScorer has no method to fit; give one of {known}.")
        clips = [X] if isinstance(X, np.ndarray) else list(X)
        train = [
            Clip(f"clip-{number}", partial(ArraySource, images, self.fps, f"clip-{number}"), "")
            for number, images in enumerate(clips)
        ]
        data = Dataset("memory", "", None, self.fps, tuple(train), ())
        compute = chosen(self.device, self.precision)
        options = FitOptions(
            self.preset,
            dict(self.changes or {}),
            self.seed,
            budget=Budget.of(self.budget),
            calibration=Split().calibration,  # `predict` needs a threshold, whatever the preset
            compute=compute,
        )
        with using(compute), tempfile.TemporaryDirectory(prefix="awry-fit-") as folder:
            self.detector_ = fit_detector(self.method, data, Path(folder) / "bundle", options)
        return self

    def score_samples(self, X: Images) -> NDArray[np.float64]:  # noqa: N803
        """The negated scores of X's frames, float64 (T,): lower is more abnormal.

        Raises:
            ConfigError: there is neither a detector nor a fit.
            FrameError: X is no such array.
        """
        detector = self._fitted()
        clip = detector.score(X, scene=self.scene, fps=self.fps, regions=False)
        return np.negative(clip.filled)

    def decision_function(self, X: Images) -> NDArray[np.float64]:  # noqa: N803
        """How far each frame lies below the alarm threshold, float64 (T,): negative is abnormal.

        Raises:
            ConfigError: as `score_samples`, or the detector has no threshold.
        """
        threshold = self._fitted().calibration.scene(self.scene).needed_threshold()
        return self.score_samples(X) + threshold

    def predict(self, X: Images) -> NDArray[np.int64]:  # noqa: N803
        """-1 for the frames above the alarm threshold, 1 for the others, int64 (T,)."""
        return np.where(self.decision_function(X) < 0, -1, 1)

    def _fitted(self) -> Detector:
        detector: Detector | None = getattr(self, "detector_", self.detector)
        if detector is None:
            raise ConfigError("AnomalyScorer has no detector yet: give it one, or call fit.")
        return load(detector, device=self.device, precision=self.precision)
