"""What is usual for each system and for all together, measured on held-back normal footage.

Each system's value becomes a normal deviate, inside boxes and of whole frames apart; the systems'
deviates are combined at each place; and the highest of a frame's places, and of its whole maps, is
compared with what held-back frames had. For that last step a stretch's own frames are left out of
what its deviates are read from: what was measured on them would find them too usual.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri_exp
from scipy.stats import chi2

from awry.methods.fused.config import FusedConfig
from awry.methods.fused.evidence import FrameEvidence
from awry.scoring.rarity import Rarity, Values, log_probability

FOLDS = 4
"""Parts that a single stretch of footage is cut into, each left out once."""

Stretch = Sequence[FrameEvidence]


@dataclass(frozen=True, slots=True)
class FusedFrame:
    """A frame's evidence.

    Attributes:
        inside: float64 (places, systems), normal deviates; NaN where a system says nothing.
        whole: float64 (systems,), likewise of the whole frame.
        places: float64 (places,), of all systems together; once judged, in the scores' unit.
        frame: of whole frames, all systems together; likewise.
        score: the frame's: of the highest place and of `frame`; likewise.
    """

    inside: Values
    whole: Values
    places: Values
    frame: float
    score: float


@dataclass(frozen=True, slots=True)
class Fusion:
    """What is usual.

    Attributes:
        inside: each system's values inside boxes; None for one that never speaks of boxes.
        whole: each system's scores of frames.
        places: the highest combined deviate of a frame's places; None where there are none.
        frames: the same of whole frames.
    """

    inside: tuple[Rarity | None, ...]
    whole: tuple[Rarity, ...]
    places: Rarity | None
    frames: Rarity

    def judge(self, evidence: FrameEvidence, config: FusedConfig) -> FusedFrame:
        """A frame's evidence, compared with that of held-back frames."""
        raw = combine_frame(self.inside, self.whole, evidence, config)
        frame = self.frames.deviate(np.array([raw.frame]))[0]
        places = raw.places if self.places is None else self.places.deviate(raw.places)
        both = np.array([frame, _of_both(float(frame), places, config)])
        frame, score = _in_unit(both, config).tolist()
        return FusedFrame(raw.inside, raw.whole, _in_unit(places, config), frame, score)

    def judge_maps(
        self,
        maps: Sequence[NDArray[np.float32] | None],
        config: FusedConfig,
        begun: NDArray[np.bool_],
    ) -> Values:
        """Maps (h, w) of one size, None for a system without one, as one in the scores' unit.

        Args:
            maps: of each system.
            config: how they are combined.
            begun: bool (systems,), whether each has a score of the frame.
        """
        size = next(one.shape for one in maps if one is not None)
        columns = [np.full(size, np.nan) if one is None else one for one in maps]
        values = np.stack(columns, -1).reshape(-1, len(maps)).astype(np.float64)
        together = _combined(_deviates(self.inside, values, config), config, begun)
        if self.places is not None:
            together = self.places.deviate(together)
        return _in_unit(together, config).reshape(size)


def measure(stretches: Sequence[Stretch], config: FusedConfig) -> Fusion:
    """What is usual in stretches of normal footage; at least one frame is among them."""
    inside, whole = _of_systems([frame for stretch in stretches for frame in stretch])
    places: list[float] = []
    frames: list[float] = []
    for others, own in _left_out(stretches):
        rarities = _of_systems(others)
        # A system may speak of boxes in its own stretch alone.
        usual = tuple(one or whole_one for one, whole_one in zip(rarities[0], inside, strict=True))
        for evidence in own:
            raw = combine_frame(usual, rarities[1], evidence, config)
            frames.append(raw.frame)
            places += [float(raw.places.max())] if len(raw.places) else []
    return Fusion(
        inside,
        whole,
        Rarity.of(np.array(places)) if places else None,
        Rarity.of(np.array(frames)),
    )


def combine_frame(
    inside: Sequence[Rarity | None],
    whole: Sequence[Rarity],
    evidence: FrameEvidence,
    config: FusedConfig,
) -> FusedFrame:
    """A frame's evidence as deviates, before a frame's highest is compared with other frames'."""
    at_places = _deviates(inside, evidence.inside, config)
    of_whole = _deviates(whole, evidence.whole[None], config)
    begun = np.isfinite(evidence.whole)
    together = _combined(at_places, config, begun)
    frame = float(_combined(of_whole, config, begun)[0])
    return FusedFrame(at_places, of_whole[0], together, frame, _of_both(frame, together, config))


def _of_both(frame: float, places: Values, config: FusedConfig) -> float:
    """A frame's score, of its own deviate and those of its places (n,)."""
    if config.level == "frame" or not len(places):
        return frame
    highest = float(places.max())
    if config.candidates == "maximum":
        return max(frame, highest)
    if config.candidates == "soft":
        return float(np.logaddexp(frame, highest) - np.log(2))
    return (frame + highest) / 2


def _of_systems(
    frames: Sequence[FrameEvidence],
) -> tuple[tuple[Rarity | None, ...], tuple[Rarity, ...]]:
    """Each system's values inside boxes, and of whole frames."""
    boxes = np.concatenate([frame.inside for frame in frames])
    scores = np.stack([frame.whole for frame in frames])
    inside = (Rarity.of(row) if np.isfinite(row).any() else None for row in boxes.T)
    return tuple(inside), tuple(Rarity.of(row) for row in scores.T)


def _left_out(
    stretches: Sequence[Stretch],
) -> list[tuple[list[FrameEvidence], list[FrameEvidence]]]:
    """Each stretch's frames with those of all others; a single stretch is cut into parts."""
    parts = [list(stretch) for stretch in stretches if stretch]
    if len(parts) == 1:
        cuts = np.linspace(0, len(parts[0]), FOLDS + 1).astype(int)
        parts = [parts[0][first:last] for first, last in pairwise(cuts) if last > first]
    if len(parts) == 1:
        return [(parts[0], parts[0])]
    return [
        ([frame for other in parts if other is not part for frame in other], part) for part in parts
    ]


def _deviates(rarities: Sequence[Rarity | None], values: Values, config: FusedConfig) -> Values:
    """float64 (n, systems) of values (n, systems); NaN where nothing is said."""
    columns = [
        np.full(len(column), np.nan)
        if rarity is None
        else rarity.deviate(column, config.calibration)
        for rarity, column in zip(rarities, values.T, strict=True)
    ]
    return _limited(np.stack(columns, -1), config.limit)


def _in_unit(deviates: Values, config: FusedConfig) -> Values:
    """Deviates of any shape, or -log10 of the probability of one at least so high."""
    return deviates if config.unit == "deviate" else -log_probability(deviates) / np.log(10)


def _limited(deviates: Values, limit: float) -> Values:
    """Deviates that grow by the square root above a limit; NaN stays. 0: as they are.

    Nothing bounds them: a threshold that is extrapolated far beyond must be within reach.

    >>> _limited(np.array([-9.0, 8.0, 23.0, np.nan]), 8.0)
    array([-9.,  8., 14., nan])
    """
    high = deviates > limit
    if not limit or not high.any():  # as of most maps
        return deviates
    found = deviates.copy()
    found[high] = limit + 2 * (np.sqrt(1 + deviates[high] - limit) - 1)
    return found


def _combined(deviates: Values, config: FusedConfig, begun: NDArray[np.bool_]) -> Values:
    """float64 (n,) of deviates (n, systems): one deviate for all systems.

    Who says nothing of a place finds it as usual as not: a deviate of 0; who is `calm` may be
    taken to say nothing, too. Who has not `begun` yet is taken to say what the others say on
    average: sums are compared with those of all systems.
    """
    everyone = np.array(config.shares())
    shares = everyone * begun
    heard = np.isfinite(deviates) & (shares > 0)
    if config.combine == "maximum":
        highest = np.where(heard, deviates, -np.inf).max(-1, initial=-np.inf)
        return np.where(np.isfinite(highest), highest, 0.0)
    if config.combine == "fisher":
        total = np.where(heard, -log_probability(deviates), 0.0).sum(-1)
        count = np.maximum(heard.sum(-1), 1)
        return np.asarray(-ndtri_exp(chi2.logsf(2 * total, 2 * count)), np.float64)
    said = np.where(heard, deviates, 0.0)
    if config.calm == "silent":
        said = np.maximum(said, 0.0)
    total = (said * shares).sum(-1) * everyone.sum() / shares.sum()
    return np.asarray(total / np.sqrt((everyone**2).sum()), np.float64)
