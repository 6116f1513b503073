"""A package from outside: a method, a data set's layout, teachers and a metric."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray

from awry.datasets import Clip, Dataset, Layout, LayoutInfo
from awry.errors import BundleError
from awry.frames import Frame, FrameScore
from awry.methods.base import Method, MethodConfig, Scorer, Setting
from awry.teachers.flow import FlowTeacher, grey_of, load_flow
from awry.teachers.objects import DetectorOptions, ObjectDetector, View, load_detector
from awry.video import ArraySource

NO_CLASSES = np.empty((1, 0), np.float32)


class BrightDetector(ObjectDetector):
    """What is brighter than a bound is one object."""

    costly: ClassVar[bool] = False

    def __init__(self, what: str, options: DetectorOptions) -> None:
        super().__init__(f"bright:{what}", what, "", 0.5, options)
        self._bound = int(what)

    def _candidates(self, view: View) -> tuple[NDArray[np.float32], ...]:
        rows, columns = np.nonzero(view.image.min(2) > self._bound)
        if not len(rows):
            return np.empty((0, 4), np.float32), np.empty(0, np.float32), NO_CLASSES[:0]
        box = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
        return np.array([box], np.float32), np.ones(1, np.float32), NO_CLASSES


class Difference(FlowTeacher):
    """No flow at all: the difference of grey pictures, as if everything moved sideways."""

    def __init__(self, what: str) -> None:
        self.key = f"difference:{what}"

    def _flow(self, before: NDArray[np.uint8], after: NDArray[np.uint8]) -> NDArray[np.float32]:
        apart = grey_of(after).astype(np.float32) - grey_of(before).astype(np.float32)
        return np.stack([apart, np.zeros_like(apart)], 2)


class OutsideConfig(MethodConfig):
    detector: str = "bright:100"
    flow: str = "difference:grey"


class OutsideScorer(Scorer):
    """How far the mean of the flow lies from the usual; the detector's objects become regions."""

    warmup = 1

    def __init__(self, config: OutsideConfig, setting: Setting, usual: float) -> None:
        super().__init__(setting)
        self._detector, self._flow = load_detector(config.detector), load_flow(config.flow)
        self._usual = usual
        self._before: NDArray[np.uint8] | None = None

    def _push(self, frame: Frame) -> list[FrameScore]:
        before, self._before = self._before, frame.image
        if before is None:
            return [FrameScore(frame.index, frame.time_s, None)]
        found = self._detector.detect(View(frame.image, before, frame.image))
        moved = float(np.abs(self._flow(before, frame.image)).mean())
        score = abs(moved - self._usual)
        return [FrameScore(frame.index, frame.time_s, score, {"objects": float(len(found.scores))})]

    def _flush(self) -> list[FrameScore]:
        self._before = None
        return []


class Outside(Method):
    """Strange is what changes more or less than usual."""

    name = "outside"
    Config = OutsideConfig
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {"cpu": {}, "tiny": {}}
    config: OutsideConfig

    def fit(self, footage: Any, context: Any) -> None:
        flow = load_flow(self.config.flow)
        runs = footage.runs("train")
        moved = [abs(flow(*pair)).mean() for run in runs for pair in pairwise(run.images)]
        self._usual = float(np.mean(moved))

    def scorer(self, setting: Setting) -> Scorer:
        return OutsideScorer(self.config, setting, self._usual)

    def state(self) -> dict[str, torch.Tensor]:
        return {"usual": torch.tensor(self._usual, dtype=torch.float64)}

    def load_state(self, tensors: dict[str, torch.Tensor]) -> None:
        if set(tensors) != {"usual"}:
            raise BundleError("The bundle's tensors do not fit outside. Refit it.")
        self._usual = float(tensors["usual"])


def _source(file: Path) -> ArraySource:
    return ArraySource(np.load(file)["frames"], 10, file.stem)


def _labels(file: Path) -> NDArray[np.uint8]:
    return np.load(file)["labels"]


def _read(root: Path, fps: float | None) -> Dataset:
    train = tuple(
        Clip(file.stem, partial(_source, file)) for file in sorted(root.glob("normal-*.npz"))
    )
    test = tuple(
        Clip(file.stem, partial(_source, file), labels=partial(_labels, file))
        for file in sorted(root.glob("tested-*.npz"))
    )
    return Dataset("outside-layout", "", root, 10, train, test)


LAYOUT = Layout(
    LayoutInfo(
        *("outside-layout", "Arrays from outside", "Made by a test.", "", "ROOT/normal-1.npz"),
        fps=10,
        looks_for="normal-*.npz",
    ),
    lambda root: any(root.glob("normal-*.npz")),
    _read,
)


def share_above_median(scores: list[NDArray[np.float64]], labels: list[NDArray[np.uint8]]) -> float:
    """The share of abnormal frames that score above the median of their clip."""
    above = [(s > np.median(s))[m == 1] for s, m in zip(scores, labels, strict=True)]
    return float(np.concatenate(above).mean())


ENTRY_POINTS = """\
[awry.methods]
outside = awry_outside:Outside
[awry.datasets]
outside-layout = awry_outside:LAYOUT
[awry.teachers.objects]
bright = awry_outside:BrightDetector
[awry.teachers.flow]
difference = awry_outside:Difference
[awry.metrics]
share_above_median = awry_outside:share_above_median
"""
