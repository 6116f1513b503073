"""The values that flow from a source to an alarm.

All of them are frozen. Images are RGB, coordinates are pixels of the full frame with the
origin at the top left, frame indices count from 0, times are seconds of the stream's own
clock, and scores are higher where a frame is more abnormal.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

__all__ = ["ASSUMED_FPS", "Event", "Frame", "FrameScore", "Objects", "Region", "frames_in"]

ASSUMED_FPS = 10.0
"""Frames per second of footage that does not say its own."""


def frames_in(seconds: float, fps: float | None, least: int = 1) -> int:
    """How many frames that time is, at least `least`; None: `ASSUMED_FPS`.

    >>> frames_in(0.3, 25.0), frames_in(2.5, None), frames_in(0.3, 1.0)
    (8, 25, 1)
    """
    return max(least, round(seconds * (fps or ASSUMED_FPS)))


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture of a clip or a stream.

    Attributes:
        index: position in the clip, from 0.
        time_s: presentation time in seconds, or None where the rate is unknown.
        image: uint8 array (H, W, 3), RGB; grey sources are expanded to three equal channels.
        damaged: True where the decoder reported an error in this frame.
        origin: position in the clip that this one was thinned or cut from; None: `index`.
    """

    index: int
    time_s: float | None
    image: NDArray[np.uint8]
    damaged: bool = False
    origin: int | None = None

    @property
    def number(self) -> int:
        """The frame's position in the clip as it was filmed."""
        return self.index if self.origin is None else self.origin


@dataclass(frozen=True, slots=True)
class Objects:
    """The detected objects of one frame.

    Attributes:
        boxes: float32 (N, 4), `x_min, y_min, x_max, y_max` in pixels.
        class_ids: int64 (N,).
        probabilities: float32 (N, C) in [0, 1], or (N, 0) where the detector has no classes.
        scores: float32 (N,) in [0, 1], the detector's confidence.
    """

    boxes: NDArray[np.float32]
    class_ids: NDArray[np.int64]
    probabilities: NDArray[np.float32]
    scores: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Region:
    """A box of one frame that a score speaks of.

    Attributes:
        box: `x_min, y_min, x_max, y_max` in pixels of the full frame, both ends inclusive.
        score: the highest score inside.
        parts: the named contributions to that score; may be empty.
        class_name: what it is, as the object detector names it, e.g. `person`; empty: unknown.
    """

    box: tuple[float, float, float, float]
    score: float
    parts: dict[str, float] = field(default_factory=dict)
    class_name: str = ""


@dataclass(frozen=True, slots=True)
class FrameScore:
    """What a method says of one frame.

    Attributes:
        index: the frame's index.
        time_s: the frame's time in seconds, or None.
        score: higher is more abnormal; None while the method warms up or cannot look ahead.
        parts: named contributions, for example `latent` and `prediction`.
        map: float32 (h, w), higher is more abnormal, any resolution that spans the whole
            frame; None where the method has none or was not asked.
        regions: boxes with their scores, strongest first.
        maps: the maps that `map` is made of, by the name of the part of the score that each
            speaks of, as `map`; empty where `map` is None, or is not made of others.
    """

    index: int
    time_s: float | None
    score: float | None
    parts: dict[str, float] = field(default_factory=dict)
    map: NDArray[np.float32] | None = None
    regions: tuple[Region, ...] = ()
    maps: dict[str, NDArray[np.float32]] = field(default_factory=dict)

    def map_of(self, part: str | None = None) -> NDArray[np.float32] | None:
        """The map of one part of the score, or of the score itself; None where there is none.

        Args:
            part: a name among `maps`; None: the score.
        """
        return self.map if part is None else self.maps.get(part)


@dataclass(frozen=True, slots=True)
class Event:
    """An alarm: a run of frames over the threshold.

    Attributes:
        source: the clip's name.
        first, last: frame indices, both inclusive.
        start_s, end_s: seconds, or None where the rate is unknown.
        peak: index of the frame with the highest score.
        score: that highest score.
        parts: the parts of the peak frame.
        regions: the regions of the peak frame, one for each object, strongest first.
        threshold: the score that the run exceeded.
        calibration: how that threshold came about, in words.
        reason: where, what, since when and how far above normal footage, in a sentence; empty
            where nobody said, see `awry.scoring.reasons`.
        clock: when it began, as ISO 8601 with its offset; None where the source does not know.
    """

    source: str
    first: int
    last: int
    start_s: float | None
    end_s: float | None
    peak: int
    score: float
    parts: dict[str, float]
    regions: tuple[Region, ...]
    threshold: float
    calibration: str
    reason: str = ""
    clock: str | None = None
