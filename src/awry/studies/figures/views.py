"""Single frames of test clips with what a method makes of them."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from awry.datasets.base import Clip
from awry.detector import scored
from awry.errors import AwryError, ConfigError
from awry.frames import Frame, FrameScore
from awry.studies.figures.judges import Judge, Parts
from awry.video.one_size import OneSize

Picture = NDArray[np.uint8]
Boxes = NDArray[np.float64]
NO_BOXES: Boxes = np.empty((0, 4))


@dataclass(frozen=True, slots=True)
class View:
    """A frame with what a method makes of it.

    Attributes:
        clip: of the frame.
        frame: the picture.
        score: with map and regions.
        truth: float64 (n, 4), true boxes `x_min, y_min, x_max, y_max` in pixels of the frame.
        label: 1 abnormal, 0 normal; None: unknown.
        pictures: what the method shows of it, uint8 RGB (h, w, 3) by name.
    """

    clip: Clip
    frame: Frame
    score: FrameScore
    truth: Boxes = field(default_factory=lambda: NO_BOXES)
    label: int | None = None
    pictures: Mapping[str, Picture] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """Clip and frame."""
        return f"{self.clip.name}, frame {self.frame.index}"

    def map(self, name: str = "") -> NDArray[np.float32]:
        """The anomaly map, or one of the maps by name.

        Raises:
            ConfigError: the method gives none of that name.
        """
        found = self.score.maps.get(name) if name else self.score.map
        if found is None:
            self._check_scored()
            called = f"map '{name}'" if name else "anomaly map"
            known = ", ".join(self.score.maps) or "none by name"
            raise ConfigError(f"{self.title} has no {called} (there: {known}).")
        return found

    def _check_scored(self) -> None:
        if self.score.score is None:
            raise ConfigError(
                f"{self.title} is not scored: it lies in the warm-up, too near to the clip's end, "
                "or between the frames that are looked at. Choose another with --frames."
            )

    def picture(self, name: str) -> Picture:
        """What the method shows under that name.

        Raises:
            ConfigError: it shows none of that name.
        """
        if name not in self.pictures:
            self._check_scored()
            known = ", ".join(self.pictures) or "none"
            raise ConfigError(
                f"The method shows no picture '{name}' of {self.title} (there: {known}). Another "
                "setting or bundle may."
            )
        return self.pictures[name]


def views(
    judge: Judge,
    clip: Clip,
    frames: Sequence[int],
    *,
    pictures: bool = False,
    parts: Parts = (),
) -> list[View]:
    """Score a clip as far as its last wanted frame, and keep the wanted ones.

    Args:
        judge: what scores it.
        clip: of a data set's test part.
        frames: indices, from 0; in any order, which is kept.
        pictures: make the method's pictures of them too.
        parts: extra parts that are wanted.

    Raises:
        ConfigError: the clip has no such frame.
        AwryError: the clip cannot be read or scored.
    """
    scorer, every = judge.scorer(clip, parts), judge.every
    labels = None if clip.labels is None else clip.labels()
    truth, lag = true_boxes(clip, frames), scorer.picture_lag * every
    recent: deque[Frame] = deque(maxlen=scorer.run_up * every + 1 + lag)
    scores: dict[int, tuple[Frame, FrameScore]] = {}
    shown: dict[int, Mapping[str, Picture]] = {}
    for frame, score in scored(scorer, OneSize(clip.open()), every):
        recent.append(frame)
        if frame.index in truth:
            scores[frame.index] = (frame, score)
        if pictures and frame.index - lag in truth and len(recent) == recent.maxlen:
            shown[frame.index - lag] = scorer.pictures(list(recent)[::every]) or {}
        if frame.index - (lag if pictures else 0) >= max(frames):
            break
    if missing := sorted(set(frames) - set(scores)):
        raise ConfigError(f"{clip.name} has no frame {missing[0]}: frames count from 0.")
    return [
        View(clip, *scores[index], truth[index], _label(labels, index), shown.get(index, {}))
        for index in frames
    ]


def _label(labels: NDArray[np.uint8] | None, index: int) -> int | None:
    return None if labels is None or index >= len(labels) else int(labels[index])


def true_boxes(clip: Clip, frames: Sequence[int]) -> dict[int, Boxes]:
    """Frame -> its true boxes, float64 (n, 4); none where there are no tracks to be had."""
    try:
        tracks = None if clip.tracks is None else clip.tracks()
    except AwryError:  # frames can be shown without
        tracks = None
    if tracks is None:
        return dict.fromkeys(frames, NO_BOXES)
    return {frame: np.reshape(np.array(tracks.at(frame), float), (-1, 4)) for frame in frames}
