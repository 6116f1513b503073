"""Scored clips: what the protocol measures and the report shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from awry.datasets.tracks import Tracks
from awry.evaluation.metrics.boxes import Detections

if TYPE_CHECKING:  # measuring plain files draws nothing
    from awry.video.overlay import Mark

Series = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Peak:
    """A moment to look at.

    Attributes:
        index: the frame's index in its clip.
        score: its score.
        time_s: its time in seconds, or None.
        image: uint8 (H, W, 3), RGB.
        heat: uint8 (H, W, 3), RGB, the picture under its anomaly map; None without a map.
        marks: boxes in pixels of `image`, strongest first.
        clip: the clip's name, where peaks of several clips stand together.
        parts: the named contributions to the score.
        reason: where, what and how far above normal footage, in a sentence; may be empty.
        own_heat: the heat is scaled to this picture alone, since it is lower than what normal
            footage has.
        pictures: what the method shows of the moment, uint8 RGB (h, w, 3) by name.
        truth: true boxes `x_min, y_min, x_max, y_max` in pixels of `image`, both ends inclusive.
    """

    index: int
    score: float
    time_s: float | None
    image: NDArray[np.uint8]
    heat: NDArray[np.uint8] | None = None
    marks: tuple[Mark, ...] = ()
    clip: str = ""
    parts: Mapping[str, float] = field(default_factory=dict)
    reason: str = ""
    own_heat: bool = False
    pictures: Mapping[str, NDArray[np.uint8]] = field(default_factory=dict)
    truth: Sequence[tuple[float, float, float, float]] = ()


@dataclass(frozen=True, slots=True)
class ScoredClip:
    """A clip with its scores, ready to be measured and shown.

    Attributes:
        name, scene: of the clip.
        fps: frames per second, or None.
        scores: float64 (n,), every frame has one; see `awry.scoring.fill`.
        scored: bool (n,), True where the method scored the frame itself.
        labels: uint8 (n,), 1 = abnormal; None where there are none.
        times: float64 (n,), seconds; None where unknown.
        parts: name -> float64 (n,), the score's parts, filled alike.
        peaks: moments to show.
        notes: what went wrong while it was read, one sentence each.
        frames: how many frames the clip has, those that were lost included; None: n.
        tracks: its true boxes; None where there are none to be had.
        detections: the method's regions; None where it gives none.
        pixel_scores: float64 (n,), of `awry.evaluation.metrics.pixel.pixel_score`, filled; None
            without maps or masks.
        pixel_labels: uint8 (n,), 1 where a mask has a pixel; None: as `labels`.
        indices: int64 (n,), each frame's index in the clip; None: 0 to n - 1, none was lost.
        event_peaks: the strongest scored frame of each true event that has one.
        normal_peaks: the strongest normal frames, strongest first.
    """

    name: str
    scene: str
    fps: float | None
    scores: Series
    scored: NDArray[np.bool_]
    labels: NDArray[np.uint8] | None = None
    times: Series | None = None
    parts: Mapping[str, Series] = field(default_factory=dict)
    peaks: Sequence[Peak] = ()
    notes: Sequence[str] = ()
    frames: int | None = None
    tracks: Tracks | None = None
    detections: Detections | None = None
    pixel_scores: Series | None = None
    pixel_labels: NDArray[np.uint8] | None = None
    indices: NDArray[np.int64] | None = None
    event_peaks: Sequence[Peak] = ()
    normal_peaks: Sequence[Peak] = ()

    def index(self, place: int) -> int:
        """The index in the clip of the frame at a place in `scores`."""
        return place if self.indices is None else int(self.indices[place])

    @property
    def n_frames(self) -> int:
        """Frames of the clip, those that were lost included."""
        return len(self.scores) if self.frames is None else self.frames


def unscored_dropped(clips: Sequence[ScoredClip]) -> list[ScoredClip]:
    """The clips without the frames that the method did not score, as the DAML paper counts.

    Clips of which no frame was scored are left out; of the others only what stands beside each
    frame is kept: scores, labels and parts.
    """
    return [
        ScoredClip(
            clip.name,
            clip.scene,
            clip.fps,
            clip.scores[clip.scored],
            clip.scored[clip.scored],
            None if clip.labels is None else clip.labels[clip.scored],
            parts={name: part[clip.scored] for name, part in clip.parts.items()},
        )
        for clip in clips
        if clip.scored.any()
    ]


def shared_parts(clips: Sequence[ScoredClip]) -> list[str]:
    """Parts that every clip has; a figure over some of the clips would mislead."""
    if not clips:
        return []
    return [name for name in clips[0].parts if all(name in clip.parts for clip in clips)]
