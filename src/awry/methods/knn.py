"""`knn`: frozen features of the frame and nearest neighbours: what anybody would try first."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field
from sklearn.neighbors import NearestNeighbors
from torch import Tensor

from awry.devices import Compute
from awry.errors import BundleError, TrainingError
from awry.frames import Frame, FrameScore
from awry.methods.base import Method, MethodConfig, Scorer, Setting
from awry.methods.search_space import SearchSpace
from awry.teachers.classifier import SIDE, Classifier, load_classifier

if TYPE_CHECKING:
    from awry.training.footage import Footage
    from awry.training.loop import FitContext

_BATCH = 16


class NearestNeighboursConfig(MethodConfig):
    """Settings of the appearance reference."""

    features: str = Field("pip:efficientnet-lite0", description="KIND:WHAT of the classifier")
    side: int = Field(SIDE, ge=32, description="pictures are resized to side x side pixels")
    neighbours: int = Field(1, ge=1, description="the score is the mean distance to so many")
    most: int = Field(20000, ge=1, description="training frames kept, evenly spread")


Distances = Callable[[NDArray[np.float32]], NDArray[np.floating[Any]]]
"""From features (n, channels) to distances (n,)."""


def distances_to(features: NDArray[np.float32], count: int, compute: Compute) -> Distances:
    """The mean Euclidean distance to so many nearest of the features that are remembered.

    Args:
        features: float32 (frames, channels).
        count: of the nearest, at most `frames`.
        compute: where they are remembered; on the processor distances are calculated in float64.
    """
    if compute.device == "cpu":
        memory = NearestNeighbors(n_neighbors=count).fit(features.astype(np.float64))
        return partial(_by_processor, memory)
    return partial(_by_device, compute, compute.put(features), count)


def _by_processor(memory: NearestNeighbors, asked: NDArray[np.float32]) -> NDArray[np.float64]:
    found: NDArray[np.float64] = memory.kneighbors(asked.astype(np.float64))[0].mean(1)
    return found


@torch.inference_mode()
def _by_device(
    compute: Compute, remembered: Tensor, count: int, asked: NDArray[np.float32]
) -> NDArray[np.float32]:
    # Differences one by one: by products, near features would seem to lie apart.
    differences = "donot_use_mm_for_euclid_dist"
    every = torch.cdist(compute.put(asked), remembered, compute_mode=differences)
    return compute.array(every.topk(count, largest=False).values.mean(1))


class NearestNeighboursScorer(Scorer):
    """Distance of each frame's features to the nearest training frames."""

    def __init__(self, classifier: Classifier, distances: Distances, setting: Setting) -> None:
        super().__init__(setting)
        self._classifier = classifier
        self._distances = distances
        self.reach = 0

    def _push(self, frame: Frame) -> list[FrameScore]:
        return self._several([frame])

    def _score(self, frames: Iterator[Frame]) -> Iterator[FrameScore]:
        while chunk := list(islice(frames, _BATCH)):
            yield from self._several(chunk)

    def _several(self, frames: Sequence[Frame]) -> list[FrameScore]:
        with self._stage("classifier"):
            features = self._classifier([frame.image for frame in frames])
        with self._stage("neighbours"):
            distances = self._distances(features)
        return [
            FrameScore(frame.index, frame.time_s, float(value), {"distance": float(value)})
            for frame, value in zip(frames, distances, strict=True)
        ]


class NearestNeighbours(Method):
    """The appearance reference."""

    name = "knn"
    Config = NearestNeighboursConfig
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "paper": {},
        "cpu": {},
        "tiny": {"features": "random:squeezenet1_1", "side": 32},
    }
    phrases: ClassVar[Mapping[str, str]] = {
        "": "the picture looks unlike any in training",
        "distance": "the picture looks unlike any in training",
    }
    config: NearestNeighboursConfig

    def __init__(self, config: MethodConfig) -> None:
        super().__init__(config)
        self._features: NDArray[np.float32] | None = None
        self._classifier: Classifier | None = None
        self._distances: Distances | None = None

    @classmethod
    def search_space(cls) -> SearchSpace:
        """As `Method.search_space`."""
        return SearchSpace({"neighbours": (1, 3, 9), "side": (128, 224)})

    def fit(self, footage: Footage, context: FitContext) -> None:
        """Remember the features of the training frames."""
        torch.manual_seed(context.seed)
        runs = footage.runs("train", (self.config.side, self.config.side))
        classifier = self._load()
        total = sum(len(run.images) for run in runs)
        every = -(-total // self.config.most)
        context.reporter.start("features", -(-total // (every * _BATCH)), 0)
        features = []
        for run in runs:
            images = run.images[::every]
            for first in range(0, len(images), _BATCH):
                features.append(classifier(list(images[first : first + _BATCH])))
                context.reporter.advance({})
        self._remember(np.concatenate(features))

    def _remember(self, features: NDArray[np.float32]) -> None:
        self._features, self._distances = features, None

    def on(self, compute: Compute) -> Self:
        """As `Method.on`; the classifier is loaded there, and what is remembered goes there."""
        other = super().on(compute)
        other._classifier, other._distances = None, None
        return other

    def _load(self) -> Classifier:
        if self._classifier is None:
            self._classifier = load_classifier(
                self.config.features, self.config.side, compute=self.compute
            )
        return self._classifier

    def scorer(self, setting: Setting) -> Scorer:
        """As `Method.scorer`."""
        if self._features is None:
            raise TrainingError("This knn has not been fitted: call fit or load a bundle first.")
        if self._distances is None:
            count = min(self.config.neighbours, len(self._features))
            self._distances = distances_to(self._features, count, self.compute)
        return NearestNeighboursScorer(self._load(), self._distances, setting)

    def state(self) -> dict[str, Tensor]:
        """As `Method.state`."""
        if self._features is None:
            raise TrainingError("This knn has not been fitted: there is nothing to save.")
        return {"features": torch.from_numpy(self._features)}

    def load_state(self, tensors: dict[str, Tensor]) -> None:
        """As `Method.load_state`."""
        if set(tensors) != {"features"}:
            raise BundleError("The bundle's tensors do not fit knn. Refit it.")
        features = tensors["features"]
        if features.dtype != torch.float32 or features.ndim != 2 or not len(features):
            raise BundleError("The bundle's features are not one row a frame. Refit it.")
        if not bool(features.isfinite().all()):
            raise BundleError("The bundle's features are not finite. Refit it.")
        self._remember(features.numpy())
