"""What is kept of a clip while its frames pass by with their scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from awry.datasets.base import Clip
from awry.datasets.pairing import LEFT_OUT, check_length, labels_of
from awry.datasets.tracks import NO_TRACKS, Tracks
from awry.detector import Detector
from awry.errors import AwryError
from awry.evaluation.metrics.boxes import Detections
from awry.evaluation.metrics.event import true_runs
from awry.evaluation.metrics.pixel import pixel_score
from awry.evaluation.report.peaks import peak_of
from awry.evaluation.scored_clip import Peak, ScoredClip, Series
from awry.frames import Frame, FrameScore
from awry.methods.base import Scorer
from awry.scoring.fill import fill_unscored, filled_parts
from awry.scoring.moments import Moment, MomentKeeper
from awry.video.source import SourceHealth

PEAKS = 4


@dataclass(slots=True)
class ClipRecord:
    """Scores, labels and parts of a clip, and further what its recorders keep.

    Attributes:
        clip: of a data set.
        labels: uint8 (n,), of the clip as it was filmed; None where there are none or none are
            wanted.
        peaks: keeps pictures; None where none are wanted.
        regions: keeps boxes and pixel scores; None where none are wanted.
        scores: of the frames so far, without maps and regions.
    """

    clip: Clip
    labels: NDArray[np.uint8] | None
    peaks: PeakRecord | None = None
    regions: RegionRecord | None = None
    scores: list[FrameScore] = field(default_factory=list)

    def take(self, frame: Frame, score: FrameScore) -> None:
        """Take the next frame and what the method said of it."""
        if self.peaks is not None:
            self.peaks.take(frame, score)
        if self.regions is not None:
            self.regions.take(score)
        self.scores.append(FrameScore(score.index, score.time_s, score.score, score.parts))

    def add_dropped(self, indices: Sequence[int]) -> None:
        """Count frames that the source left out as frames without a score."""
        self.scores += [FrameScore(index, None, None) for index in indices]
        self.scores.sort(key=lambda score: score.index)

    def scored_clip(
        self, detector: Detector, fps: float | None, health: SourceHealth
    ) -> ScoredClip:
        """Everything as the metrics and the report take it.

        Raises:
            DatasetError: labels or masks do not belong to the frames that were read.
        """
        frames = [score.index for score in self.scores]
        regions = self.regions
        if regions is not None and regions.masks is not None:
            check_length("masks", len(regions.masks), frames, health.lost)
        labels = None if self.labels is None else labels_of(self.labels, frames, health.lost)
        notes = [] if regions is None else list(regions.notes)
        notes += health.notes
        if self.labels is not None and health.lost:
            notes.append(LEFT_OUT.format(health.lost))
        filled, was_scored = fill_unscored([score.score for score in self.scores])
        scene = self.clip.scene
        kept: dict[str, Any] = {}
        if regions is not None:
            kept |= regions.kept()
        if self.peaks is not None:
            kept |= self.peaks.kept(detector, scene, kept.get("tracks"))
        return ScoredClip(
            name=self.clip.name,
            scene=scene,
            fps=fps,
            scores=filled,
            scored=was_scored,
            labels=labels,
            times=_times(self.scores),
            parts=filled_parts(self.scores),
            notes=notes,
            frames=None if self.labels is None else len(self.labels),
            indices=np.array(frames, np.int64),
            **kept,
        )


class PeakRecord:
    """Keeps the strongest frames: of the clip, of each true event, and of the normal frames.

    Args:
        clip: its name.
        labels: uint8 (n,), or None.
        fps: frames per second of the clip as it is scored, or None.
        scorer: what scores the clip; its pictures of the moments are kept too. None: no pictures.
    """

    def __init__(
        self,
        clip: str,
        labels: NDArray[np.uint8] | None,
        fps: float | None = None,
        scorer: Scorer | None = None,
    ) -> None:
        self._clip = clip
        self._scorer = scorer
        before = 0 if scorer is None else scorer.run_up
        self._strongest = MomentKeeper(clip, PEAKS, fps, before)
        self._normal = MomentKeeper(clip, PEAKS, fps, before)
        self._events: dict[int, Moment] = {}
        # Which true event each frame belongs to, from 1; 0 for normal frames.
        self._event_of = None if labels is None else np.zeros(len(labels), np.int64)
        if labels is not None and self._event_of is not None:
            for number, (first, last) in enumerate(true_runs(labels), 1):
                self._event_of[first : last + 1] = number

    def take(self, frame: Frame, score: FrameScore) -> None:
        """Take the next frame."""
        before = self._strongest.recent
        self._strongest.offer(frame, score)
        if self._event_of is None or score.score is None or frame.index >= len(self._event_of):
            return
        event = int(self._event_of[frame.index])
        if event == 0:
            self._normal.offer(frame, score)
        elif event not in self._events or score.score > self._events[event].value:
            self._events[event] = Moment(score.score, self._clip, frame, score, before)

    def kept(
        self, detector: Detector, scene: str, tracks: Tracks | None = None
    ) -> dict[str, list[Peak]]:
        """Fields of `ScoredClip`.

        Args:
            detector: that scored the clip.
            scene: of the clip.
            tracks: its true boxes, which stand beside those that were found; None: unknown.
        """
        truth = tracks or NO_TRACKS
        events = [moment for _, moment in sorted(self._events.items())]
        moments = {
            "peaks": self._strongest.moments(),
            "event_peaks": events,
            "normal_peaks": self._normal.moments(),
        }
        return {
            name: [
                replace(
                    peak_of(self._shown(moment), detector, scene),
                    truth=tuple(truth.at(moment.frame.index)),
                )
                for moment in kept
            ]
            for name, kept in moments.items()
        }

    def _shown(self, moment: Moment) -> Moment:
        return moment if self._scorer is None else moment.shown(self._scorer.pictures)


class RegionRecord:
    """Keeps what regions and maps are measured by, with the truth about them.

    Args:
        clip: of a data set.
        labels: its labels, or None.
        gives_regions: whether the scorer gives regions.
    """

    def __init__(self, clip: Clip, labels: NDArray[np.uint8] | None, *, gives_regions: bool):
        self.notes: list[str] = []
        self.masks = None if clip.masks is None else clip.masks()
        self._all_normal = labels is not None and not labels.any()
        self._tracks = self._tracks_of(clip)
        self._gives_regions = gives_regions
        self._boxes: list[tuple[float, ...]] = []
        self._pixel_scores: list[float | None] = []
        self._pixel_labels: list[bool] = []

    def _tracks_of(self, clip: Clip) -> Tracks | None:
        if clip.tracks is None:
            return NO_TRACKS if self._all_normal else None
        try:
            return clip.tracks()
        except AwryError as error:  # the frame level needs none
            self.notes.append(f"No true tracks: {error}")
            return None

    def take(self, score: FrameScore) -> None:
        """Take the next frame's score."""
        self._boxes += [(score.index, *r.box, r.score) for r in score.regions]
        self._pixel_scores.append(self._pixel_score(score))

    def _pixel_score(self, score: FrameScore) -> float | None:
        """The frame's number for pixel AUC; a clip without masks has one if all of it is normal."""
        mask = None
        if self.masks is not None and score.index < len(self.masks):
            mask = self.masks[score.index]
        elif self.masks is not None or not self._all_normal:
            return None
        self._pixel_labels.append(mask is not None and bool(mask.any()))
        return None if score.map is None else pixel_score(score.map, mask)

    def kept(self) -> dict[str, Any]:
        """Fields of `ScoredClip`."""
        boxes = np.array(self._boxes, np.float64).reshape(-1, 6)
        frames = boxes[:, 0].astype(np.int64)
        detections = Detections(frames, boxes[:, 1:5], boxes[:, 5])
        with_maps = any(value is not None for value in self._pixel_scores)
        return {
            "tracks": self._tracks,
            "detections": detections if self._gives_regions else None,
            "pixel_scores": fill_unscored(self._pixel_scores)[0] if with_maps else None,
            "pixel_labels": np.array(self._pixel_labels, np.uint8) if with_maps else None,
        }


def _times(scores: Sequence[FrameScore]) -> Series | None:
    times = [score.time_s for score in scores]
    return None if None in times else np.array(times, dtype=np.float64)
