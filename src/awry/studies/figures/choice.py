"""Which clips and frames a figure shows, where nobody says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

import numpy as np
from numpy.typing import NDArray

from awry.datasets.base import Clip, Dataset
from awry.errors import ConfigError, DatasetError
from awry.evaluation.clip_scoring import SCORES_ALONE, score_clip
from awry.evaluation.scored_clip import ScoredClip
from awry.frames import frames_in
from awry.scoring.moments import APART_S
from awry.studies.figures.judges import Judge

NOTHING_SCORED = "No abnormal frame of these clips has a score: there is nothing to show."


@dataclass(frozen=True, slots=True)
class Choice:
    """A frame to show.

    Attributes:
        clip: of the frame.
        frame: its index.
        value: what it was chosen by.
        why: in few words; may be empty.
    """

    clip: Clip
    frame: int
    value: float | None = None
    why: str = ""


def clips_of(data: Dataset, pattern: str | None, papers: str = "") -> list[Clip]:
    """The test clips that are meant: by a pattern, as in the paper, or all that have anomalies.

    Args:
        data: the footage.
        pattern: of names, with `*` and `?`; None: the paper's clip if it is there, else all.
        papers: the clip that the paper shows.

    Raises:
        DatasetError: there is none.
    """
    wanted = pattern
    if wanted is None and any(clip.name == papers for clip in data.test):
        wanted = papers
    if wanted is not None:
        found = [clip for clip in data.test if fnmatchcase(clip.name, wanted)]
        if not found:
            some = ", ".join(clip.name for clip in data.test[:5])
            raise DatasetError(f"No test clip is called like '{wanted}' (there are {some}, ...).")
        return found
    if not data.test:
        raise DatasetError(f"There are no test clips in {data.root or data.name} to show.")
    return [clip for clip in data.test if _is_abnormal(clip)] or list(data.test)


def one_clip(data: Dataset, pattern: str | None, papers: str) -> Clip:
    """The paper's clip if it is there, or the one with the most frames of both kinds.

    Raises:
        DatasetError: there is none.
    """
    return max(clips_of(data, pattern, papers), key=_both_kinds)


def _both_kinds(clip: Clip) -> int:
    if clip.labels is None:
        return 0
    labels = clip.labels()
    return int(min(labels.sum(), len(labels) - labels.sum()))


def _is_abnormal(clip: Clip) -> bool:
    return clip.labels is not None and bool(clip.labels().any())


def strongest(judge: Judge, clips: Sequence[Clip], by: str, count: int) -> list[Choice]:
    """The highest abnormal frames, strongest first; each clip's best come first.

    Frames of one clip lie `APART_S` from each other at least. Where a clip has no labels, any frame
    may be chosen.

    Args:
        judge: what scores them.
        clips: test clips.
        by: part of the score; empty: the score.
        count: how many.

    Raises:
        ConfigError: the method has no such part.
    """
    found: list[Choice] = []
    for clip in clips:
        series = judge.series(clip, judge.extra(by))
        if not series.scored.any():  # shorter than the warm-up
            continue
        values = np.where(series.scored, part_of(series, by), -np.inf)
        abnormal = None if series.labels is None else series.labels > 0
        if abnormal is not None and abnormal.any():
            values[~abnormal] = -np.inf
        places = _peaks(values, frames_in(APART_S, series.fps))
        found += [Choice(clip, series.index(place), float(values[place])) for place in places]
    found.sort(key=lambda choice: -(choice.value or 0.0))
    first: dict[str, Choice] = {}
    for choice in found:
        first.setdefault(choice.clip.name, choice)
    rest = [choice for choice in found if choice not in first.values()]
    return [*first.values(), *rest][:count]


def _peaks(values: NDArray[np.float64], apart: int) -> list[int]:
    """Places of the highest values, each so far from a higher one at least."""
    left, places = values.copy(), []
    while np.isfinite(left).any():
        place = int(np.argmax(left))
        places.append(place)
        left[max(0, place - apart + 1) : place + apart] = -np.inf
    return places


def contrast(judge: Judge, clips: Sequence[Clip], by: str) -> list[Choice]:
    """Two abnormal frames: the one that moves most for its score, and the one that moves least.

    Motion is the highest blurred optical flow of a frame (`awry.methods.flow`). Motion and score
    are compared by their ranks among all abnormal frames of these clips.

    Args:
        judge: what scores them; a bundle's detector.
        clips: labelled test clips.
        by: part of the score; empty: the score.

    Raises:
        ConfigError: the method has no such part, no frame is abnormal and scored, or a sifted
            archive is to choose.
    """
    if judge.detector is None:
        raise ConfigError(
            "Frames are chosen by motion here, which needs a bundle that awry fit made, not a "
            "sifted archive."
        )
    places: list[tuple[Clip, int]] = []
    motion, height = [], []
    for clip in clips:
        options = replace(SCORES_ALONE, flow=True, parts=judge.extra(by))
        both = score_clip(judge.detector, clip, options)
        series, flow = both.clip, both.flow
        labels = np.zeros(len(series.scores)) if series.labels is None else series.labels
        kept = np.flatnonzero((labels > 0) & series.scored)
        if not kept.size:
            continue
        places += [(clip, series.index(int(place))) for place in kept]
        assert flow is not None
        motion.append(flow[kept])
        height.append(part_of(series, by)[kept])
    if not places:
        raise ConfigError(NOTHING_SCORED)
    excess = _ranks(np.concatenate(motion)) - _ranks(np.concatenate(height))
    reasons = ("moves most for its error", "moves least for its error")
    chosen = zip((int(np.argmax(excess)), int(np.argmin(excess))), reasons, strict=True)
    return [Choice(*places[place], float(excess[place]), why) for place, why in chosen]


def _ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Each value's rank, 0 the lowest to 1 the highest."""
    order = np.argsort(np.argsort(values, kind="stable"), kind="stable")
    return order / max(len(values) - 1, 1)


def part_of(series: ScoredClip, by: str) -> NDArray[np.float64]:
    """A part of the score of every frame; the score itself for an empty name.

    Raises:
        ConfigError: there is no such part.
    """
    if by and by not in series.parts:
        known = ", ".join(series.parts) or "none"
        raise ConfigError(f"This method's score has no part '{by}' (there: {known}).")
    return series.parts[by] if by else series.scores
