"""The scorer of several systems: one stream of frames, one detection, one score."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from awry.frames import Frame, FrameScore, Region
from awry.methods.base import Scorer, Setting
from awry.methods.fused.aligned import AlignedScorers
from awry.methods.fused.config import EVIDENCE, SEPARATOR, FusedConfig
from awry.methods.fused.evidence import FrameEvidence, gather, parts_of, share_of_smaller
from awry.methods.fused.normality import FusedFrame, Fusion
from awry.teachers.outputs import OutputMemory
from awry.video.pictures import averaged

MAP_HEIGHT = 128
"""Higher maps are reduced to so many rows before they are joined."""
STAGE = "fusion"
SAME_THING = 0.5
"""Two regions are of one thing where more than so much of the smaller lies in the other."""


class FusedScorer(Scorer):
    """Scores a frame by what its systems say of its objects and of the whole.

    At a stream's beginning some need more frames than others: a frame has a score as soon as
    systems with more than half of all shares have one.

    Args:
        labels: of the systems.
        scorers: theirs, which give regions of objects alone, none cut out of maps.
        fusion: what is usual.
        config: how evidence is combined.
        setting: where it works.
        at_once: how many of the systems look at a frame beside one another.
    """

    def __init__(
        self,
        labels: Sequence[str],
        scorers: Sequence[Scorer],
        fusion: Fusion,
        config: FusedConfig,
        setting: Setting,
        at_once: int = 1,
    ) -> None:
        super().__init__(setting)
        self._labels = tuple(labels)
        self._aligned = AlignedScorers(scorers, at_once)
        self._fusion = fusion
        self._config = config
        self._spent = 0.0
        self.warmup = self._begins([scorer.warmup for scorer in scorers])
        self.lookahead = self._aligned.lookahead
        self.picture_lag = max(scorer.picture_lag for scorer in scorers)
        told = zip(labels, (scorer.smoothing for scorer in scorers), strict=True)
        self.smoothing = "; ".join(f"{who}: {what}" for who, what in told if what != "none")
        self.smoothing = self.smoothing or "none"

    @property
    def run_up(self) -> int:
        """Frames until all systems have begun."""
        return self._aligned.run_up

    def _begins(self, warmups: Sequence[int]) -> int:
        """The first frame of which enough systems have a score."""
        return min(first for first in warmups if self._enough([own <= first for own in warmups]))

    def _enough(self, begun: Sequence[bool]) -> bool:
        """Whether those that have begun hold more than half of all shares."""
        shares = np.array(self._config.shares())
        return bool(shares[np.array(begun)].sum() > shares.sum() / 2)

    @property
    def memory(self) -> OutputMemory:
        """What the systems' teachers said last, and how often it was known."""
        return self._aligned.memory

    @property
    def gives_regions(self) -> bool:
        """Objects and places are regions; nothing is cut out of the map."""
        return self.setting.maps

    def _push(self, frame: Frame) -> list[FrameScore]:
        return self._fused(self._aligned.push(frame))

    def _flush(self) -> list[FrameScore]:
        return self._fused(self._aligned.flush())

    def _fused(self, answers: Iterable[tuple[FrameScore, ...]]) -> list[FrameScore]:
        scores = []
        for answer in answers:
            with self._stage(STAGE):
                scores.append(self._judged(answer))
        own = self.seconds.get(STAGE, 0.0)
        self.seconds = {STAGE: own}
        for scorer in self._aligned.scorers:
            for stage, spent in scorer.seconds.items():
                self.seconds[stage] = self.seconds.get(stage, 0.0) + spent
        return scores

    def _judged(self, answer: tuple[FrameScore, ...]) -> FrameScore:
        first = answer[0]
        parts = dict(parts_of(self._labels, answer))
        if not self._enough([one.score is not None for one in answer]):
            return FrameScore(first.index, first.time_s, None, parts)
        assert self._size is not None
        evidence = gather(answer, self._size)
        judged = self._fusion.judge(evidence, self._config)
        parts |= self._evidence(judged.whole)
        fused = FrameScore(first.index, first.time_s, judged.score, parts)
        if not self.setting.maps:
            return fused
        regions = self._regions(evidence, judged)
        heat = self._map(answer)
        maps = {} if heat is None else maps_of(self._labels, answer)
        return replace(fused, map=heat, regions=regions, maps=maps)

    def _evidence(self, deviates: Sequence[float] | NDArray[np.float64]) -> dict[str, float]:
        """LABEL.evidence: each system's normal deviate, of those who say something."""
        return {
            f"{label}{SEPARATOR}{EVIDENCE}": float(value)
            for label, value in zip(self._labels, deviates, strict=True)
            if np.isfinite(value)
        }

    def _regions(self, evidence: FrameEvidence, judged: FusedFrame) -> tuple[Region, ...]:
        """The objects and places; where whole frames decide, the strangest of them says so."""
        regions, scores = [], judged.places.copy()
        if len(scores) and self._config.level == "object":
            strangest = int(scores.argmax())
            scores[strangest] = max(scores[strangest], judged.score)
        rows = zip(evidence.places, judged.inside, scores, strict=True)
        for place, deviates, score in rows:
            parts = self._evidence(deviates)
            for number, own in place.regions.items():
                label = self._labels[number]
                parts |= {f"{label}{SEPARATOR}{name}": v for name, v in own.parts.items()}
            regions.append(Region(place.box, float(score), parts, place.class_name))
        return _once(sorted(regions, key=lambda region: -region.score))

    def _map(self, answer: Sequence[FrameScore]) -> NDArray[np.float32] | None:
        """All maps as one, in the unit of the score."""
        usual = self._fusion.inside
        shown = [
            None if rarity is None else one.map for one, rarity in zip(answer, usual, strict=True)
        ]
        shapes = [values.shape for values in shown if values is not None]
        if not shapes:
            return None
        height, width = max(shapes)
        if height > MAP_HEIGHT:
            height, width = MAP_HEIGHT, max(1, round(width * MAP_HEIGHT / height))
        maps = [None if one is None else _fitted(one, (height, width)) for one in shown]
        begun = np.array([one.score is not None for one in answer])
        return self._fusion.judge_maps(maps, self._config, begun).astype(np.float32)

    def pictures(self, frames: Sequence[Frame]) -> Mapping[str, NDArray[np.uint8]] | None:
        """As `Scorer.pictures`: what each system makes of the same frame, by LABEL and name."""
        shown: dict[str, NDArray[np.uint8]] = {}
        for label, scorer in zip(self._labels, self._aligned.scorers, strict=True):
            own = frames[: max(0, len(frames) - self.picture_lag + scorer.picture_lag)]
            for name, picture in (scorer.pictures(own) or {}).items():
                size = next(iter(shown.values()), picture).shape[:2]
                if picture.shape[:2] != size:
                    scaled = cv2.resize(picture, size[::-1], interpolation=cv2.INTER_LINEAR)
                    picture = np.asarray(scaled, np.uint8)
                shown[f"{label} {name}"] = picture
        return shown or None


def maps_of(labels: Sequence[str], answer: Sequence[FrameScore]) -> dict[str, NDArray[np.float32]]:
    """The systems' maps as they are, by LABEL, and those of their parts by `LABEL.PART`."""
    maps: dict[str, NDArray[np.float32]] = {}
    for label, score in zip(labels, answer, strict=True):
        if score.map is not None:
            maps[label] = score.map
        maps |= {f"{label}{SEPARATOR}{part}": one for part, one in score.maps.items()}
    return maps


def _once(regions: Sequence[Region]) -> tuple[Region, ...]:
    """Strongest first; of two boxes of which the smaller lies half in the other, the stronger."""
    kept: list[Region] = []
    for region in regions:
        if all(share_of_smaller(region.box, other.box) <= SAME_THING for other in kept):
            kept.append(region)
    return tuple(kept)


def _fitted(values: NDArray[np.float32], size: tuple[int, int]) -> NDArray[np.float32]:
    """A map at another size: averaged where it shrinks, interpolated where it grows."""
    if values.shape[0] >= size[0]:
        return averaged(values, size)
    grown = cv2.resize(values, size[::-1], interpolation=cv2.INTER_LINEAR)
    return np.asarray(grown, np.float32)
