"""Weights of parts and levels by how well each tells synthetic anomalies; no label is looked at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d

from awry.methods.ssmtl.network import LevelStream
from awry.methods.ssmtl.parts import mixed
from awry.methods.ssmtl.scoring import FrameParts, SSMTLScorer
from awry.methods.windowed import Origin
from awry.training.blind import BlindScores, mixtures, part_weights, weights_of
from awry.training.footage import Footage
from awry.training.synthetic import Composition, compositions
from awry.video.pictures import working_size

Floats = NDArray[np.float64]

OBJECTS, EACH, SECONDS = 8, 3, 1.2
"""Objects pasted, alterations of each, and how long they are shown: a few hundred frames."""


@dataclass(frozen=True, slots=True)
class ScoredCompositions:
    """Compositions, and for each what teachers and networks said of its frames."""

    made: Sequence[Composition]
    results: Sequence[list[FrameParts]]

    @classmethod
    def of(cls, scorer: SSMTLScorer, footage: Footage) -> ScoredCompositions:
        """Composed from the validation part, which nothing was trained on."""
        config = scorer.config
        made = compositions(
            footage,
            count=OBJECTS,
            each=EACH,
            seconds=SECONDS,
            shortest=4 * config.t + 1,
            size=working_size(footage.frame_size(), config.height),
            grey=bool(config.grey),
        )
        footage.reporter.start("weighing parts", len(made), 0)
        results = []
        for one in made:
            origin = Origin(scene=one.base.scene, size=one.base.original_size)
            results.append(scorer.raw_results(one.frames(), origin))
            footage.reporter.advance({})
        return cls(made, results)

    def judged(self, values: Sequence[Floats]) -> BlindScores:
        """With one row for each frame's result."""
        places = [[raw.index for raw in results] for results in self.results]
        return BlindScores.of(self.made, list(zip(places, values, strict=True)))


def learn_part_weights(scorer: SSMTLScorer, scored: ScoredCompositions) -> None:
    """Fill `part_weights` of each stream; the streams' statistics are known."""
    for level, stream in scorer.model.streams.items():
        assert isinstance(stream, LevelStream)
        ways = mixtures(len(stream.parts))
        values = [_frame_scores(scorer, stream, level, clip, ways) for clip in scored.results]
        prior = stream.part_weights.numpy()
        weights = weights_of(scored.judged(values), prior)
        stream.part_weights.copy_(torch.from_numpy(weights))


def learn_level_weights(scorer: SSMTLScorer, scored: ScoredCompositions) -> None:
    """Fill `level_weights`; the frames' scores at each level are of one scale by now."""
    levels = tuple(scorer.model.streams)
    if len(levels) < 2:
        return
    values = []
    for clip in scored.results:
        rows = [
            [_standard(scorer, level, scores[level]) for level in levels]
            for scores in scorer.frame_levels(clip)
        ]
        values.append(np.array(rows, np.float64).reshape(len(clip), len(levels)))
    judged = scored.judged(values)
    weights = part_weights(judged.scores, judged, scorer.model.level_weights.numpy())
    scorer.model.level_weights.copy_(torch.from_numpy(weights))


def _standard(scorer: SSMTLScorer, level: str, score: float) -> float:
    stream = scorer.model.stream(level)
    return (score - float(stream.location)) / float(stream.scale)


def _frame_scores(
    scorer: SSMTLScorer,
    stream: LevelStream,
    level: str,
    clip: Sequence[FrameParts],
    ways: Floats,
) -> Floats:
    """A clip's scores (frames, ways) by several ways to weigh the parts.

    Near to what the map gives: the highest of a frame's objects, each by how much of the mean
    filter it fills, and the mean over as many frames.
    """
    scores = np.zeros((len(clip), len(ways)))
    for place, raw in enumerate(clip):
        parts = raw.object_parts if level == "object" else raw.frame_parts[None]
        if not len(parts):
            continue
        if scorer.config.part_scale == "standard":
            parts = (parts - stream.part_location.numpy()) / stream.part_scale.numpy()
        values = mixed(parts, ways, scorer.config.combine)
        if level == "object":
            floor = mixed(_floor(scorer, stream), ways, scorer.config.combine)
            values = np.maximum(values - floor, 0) * _filled(raw, scorer.filter_side)[:, None]
        scores[place] = values.max(0)
    if level == "object" and len(clip):
        scores = uniform_filter1d(scores, scorer.config.filter_frames, axis=0, mode="nearest")
    return scores


def _floor(scorer: SSMTLScorer, stream: LevelStream) -> Floats:
    """(1, parts), the lowest value of each, standardised where parts are."""
    floor = stream.part_floor.numpy()
    if scorer.config.part_scale == "standard":
        floor = (floor - stream.part_location.numpy()) / stream.part_scale.numpy()
    return floor[None]


def _filled(raw: FrameParts, side: int) -> Floats:
    """Share (n,) of the mean filter's window that each box can fill."""
    sides = np.minimum((raw.boxes[:, 2:] - raw.boxes[:, :2]) / side, 1)
    return np.asarray(sides.prod(1), np.float64)


def said(scorer: SSMTLScorer, scored: ScoredCompositions) -> str:
    """The weights in a sentence, for the bundle's notes."""
    words = []
    for level, stream in scorer.model.streams.items():
        assert isinstance(stream, LevelStream)
        pairs = zip(stream.parts, stream.part_weights.tolist(), strict=True)
        words.append(f"{level}: " + ", ".join(f"{name} {weight:.2f}" for name, weight in pairs))
    if len(words) > 1:
        one, other = scorer.model.level_weights.tolist()
        words.append(f"levels: object {one:.2f}, frame {other:.2f}")
    judged = scored.judged([np.zeros((len(clip), 1)) for clip in scored.results])
    return (
        f"Weights were learned from synthetic anomalies with {judged.objects} objects of held-back "
        f"footage ({len(judged.scores)} frames). {'; '.join(words)}."
    )
