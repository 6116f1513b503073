"""Whether exported networks answer as PyTorch does: network by network, and frame by frame."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from awry.datasets.base import Clip
from awry.detector import Detector
from awry.errors import FootageError
from awry.exporting.clips import first_frames
from awry.frames import Frame, FrameScore
from awry.methods.base import Method, Scorer
from awry.methods.graphs import Network

if TYPE_CHECKING:
    from torch import Tensor

FLOOR = 0.01
"""Of the clip's largest score: below it differences are absolute ones."""
SMALLEST = 1e-6
MOST_BATCHES = 192


@dataclass(frozen=True, slots=True)
class Parity:
    """How far an exported bundle is from PyTorch.

    Attributes:
        frames: that have a score.
        score: the largest relative difference of a frame's score.
        frame: where that is.
        networks: network's name -> largest difference of an answer, relative to its largest value.
        unseen: networks that the clip never asked; random inputs were taken for them.
        ms: network's name -> milliseconds for one of a batch in PyTorch and exported, medians of
            the calls while frames come one at a time.
    """

    frames: int
    score: float
    frame: int
    networks: Mapping[str, float]
    unseen: tuple[str, ...] = ()
    ms: Mapping[str, tuple[float, float]] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """As the manifest keeps it."""
        return {
            "frames": self.frames,
            "score": self.score,
            "frame": self.frame,
            "networks": dict(self.networks),
            "unseen": list(self.unseen),
            "ms": {name: list(pair) for name, pair in self.ms.items()},
        }


@dataclass(slots=True)
class Watched:
    """A network that remembers what it was asked.

    Attributes:
        network: answers.
        reference: answers too, to be compared; None: only the questions are kept.
        batches: the first inputs, at most `most` calls'.
        difference: the largest, relative to the reference's largest value.
        seconds: for one of each call's batch, the reference's and the network's own.
    """

    network: Network
    reference: Network | None = None
    batches: list[tuple[Tensor, ...]] = field(default_factory=list)
    most: int = MOST_BATCHES
    calls: int = 0
    difference: float = 0.0
    seconds: list[tuple[float, float]] = field(default_factory=list)

    def __call__(self, *inputs: Tensor) -> Sequence[Tensor]:
        begun = time.perf_counter()
        answer = self.network(*inputs)
        self.calls += 1
        if self.reference is not None:
            done = time.perf_counter()
            expected = self.reference(*inputs)
            spent = time.perf_counter() - done, done - begun
            self.seconds.append((spent[0] / len(inputs[0]), spent[1] / len(inputs[0])))
            self.difference = max(self.difference, largest_difference(expected, answer))
        elif len(self.batches) < self.most:
            self.batches.append(tuple(tensor.clone() for tensor in inputs))
        return answer


def largest_difference(expected: Sequence[Tensor], found: Sequence[Tensor]) -> float:
    """Largest difference of any output, relative to that output's largest value.

    Infinite where an answer is NaN or infinite.
    """
    pairs = zip(expected, found, strict=True)
    apart = [
        float((one - other).abs().max() / one.abs().max().clamp_min(SMALLEST))
        for one, other in pairs
    ]
    return max(value if math.isfinite(value) else math.inf for value in apart)


def watched(model: Method, references: Mapping[str, Network] | None = None) -> dict[str, Watched]:
    """Let a method's networks remember; they answer as before. Undo by `model.runtime = ...`."""
    networks = {
        name: Watched(network, None if references is None else references[name])
        for name, network in model.networks.items()
    }
    model.runtime = networks
    return networks


def compare(eager: Detector, exported: Detector, clip: Clip) -> Parity:
    """Score a clip in both runtimes, with every model of the bundle.

    Args:
        eager: the bundle in PyTorch.
        exported: the same in another runtime; left as it was.
        clip: of the footage's size; its first frames are taken.

    Raises:
        FootageError: the clip is too short for any frame to be scored.
    """
    frames = first_frames(eager, clip.open())
    worst = Parity(0, 0.0, 0, {})
    networks: dict[str, float] = {}
    unseen: list[str] = []
    ms: dict[str, tuple[float, float]] = {}
    for scene, model in exported.models.items():
        own = eager.models[scene]
        before = model.runtime
        asked = watched(model, own.networks)
        try:
            batched = eager.scorer(scene, clip=clip.name, maps=False)
            pushed = _pushed(exported.scorer(scene, clip=clip.name, maps=False), frames)
            needed = batched.run_up + batched.lookahead + 1
            expected, found = (
                _scores(scores, needed, clip, eager.method)
                for scores in (batched.score(iter(frames)), pushed)
            )
        finally:
            model.runtime = before
        apart = relative_difference(expected, found)
        place = int(np.nanargmax(apart))
        if apart[place] >= worst.score:
            index = frames[place].index
            count = int(np.isfinite(expected).sum())
            worst = Parity(count, float(apart[place]), index, {})
        for name, one in asked.items():
            title = name if len(exported.models) == 1 else f"{scene}/{name}"
            if not one.calls:
                _ask_anyhow(own, name, one)
                unseen.append(title)
            networks[title] = one.difference
            first, second = 1000 * np.median(one.seconds, axis=0)
            ms[title] = float(first), float(second)
    return Parity(worst.frames, worst.score, worst.frame, networks, tuple(unseen), ms)


def _scores(scores: Iterable[FrameScore], needed: int, clip: Clip, method: str) -> np.ndarray:
    """Of each frame, NaN where there is none."""
    found = [score.score for score in scores]
    if all(score is None for score in found):
        raise FootageError(
            f"The clip {clip.name} has {len(found)} frames, and {method} needs {needed} to score "
            "one: give a longer clip."
        )
    return np.array([np.nan if score is None else score for score in found])


def _pushed(scorer: Scorer, frames: Sequence[Frame]) -> list[FrameScore]:
    """Scores of frames that come one at a time, as from a camera."""
    return [score for frame in frames for score in scorer.push(frame)] + scorer.flush()


def relative_difference(expected: np.ndarray, found: np.ndarray) -> np.ndarray:
    """Of each frame's score (n,), NaN where neither has one, infinite where one alone has.

    Scores below `FLOOR` times the largest one are compared as if they were that large: they may
    cross zero.
    """
    floor = max(FLOOR * float(np.nanmax(np.abs(expected))), SMALLEST)
    apart = np.abs(found - expected) / np.maximum(np.abs(expected), floor)
    apart[np.isfinite(expected) != np.isfinite(found)] = np.inf
    return apart


def _ask_anyhow(model: Method, name: str, asked: Watched) -> None:
    import torch

    generator = torch.Generator().manual_seed(0)
    inputs = model.graphs()[name].inputs.values()
    with torch.inference_mode():
        asked(*(torch.rand(one.shape, generator=generator) for one in inputs))
