"""A data set's test clips, scored once for everything that is measured and shown."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from awry.datasets.base import Clip, Dataset
from awry.datasets.pairing import LEFT_OUT, check_length, labels_of
from awry.datasets.tracks import NO_TRACKS, Tracks
from awry.detector import Detector, scored
from awry.errors import AwryError, DatasetError
from awry.evaluation.metrics.boxes import Detections
from awry.evaluation.metrics.event import true_runs
from awry.evaluation.metrics.pixel import pixel_score
from awry.evaluation.report.peaks import peak_of
from awry.evaluation.scored_clip import Peak, ScoredClip, Series
from awry.frames import Frame, FrameScore
from awry.methods.base import Scorer, Setting
from awry.methods.flow import FlowConfig, FlowScorer
from awry.score_run.options import check_parts
from awry.scoring.fill import fill_unscored, filled_parts
from awry.scoring.moments import Moment, MomentKeeper
from awry.terminal import Console, progress_bars
from awry.video.one_size import OneSize

PEAKS = 4
APART = 25
"""Frames between two peaks of one clip."""


@dataclass(frozen=True, slots=True)
class Scored:
    """A data set's test clips with their scores.

    Attributes:
        clips: the clips that could be read.
        flow: the motion reference's scores of the same clips; empty where it was not wanted.
        failed: the clips that could not be read, one sentence each.
        speed: `frames`, and `ms_per_frame`: of the method's stages where it measures them, and
            `all`, with reading, references and pictures.
    """

    clips: list[ScoredClip]
    flow: list[Series]
    failed: list[str]
    speed: dict[str, Any]


def score_clips(
    detector: Detector,
    data: Dataset,
    console: Console,
    *,
    parts: Sequence[str] = (),
    flow: bool = True,
) -> Scored:
    """Score the test clips of a data set.

    Args:
        detector: fitted.
        data: with test clips.
        console: shows progress.
        parts: names of extra parts, or `all`.
        flow: score the motion reference on the same frames.

    Raises:
        DatasetError: no test clip, or none that can be read.
        ConfigError: an unknown part.
    """
    if not data.test:
        raise DatasetError(
            f"There are no test clips in {data.root or data.name} to evaluate on; "
            f"`awry datasets` shows where the layout '{data.name}' keeps them. "
            "To score footage without measuring, use awry score."
        )
    check_parts(detector, parts)
    clips, flows, failed = [], [], []
    stages: dict[str, float] = {}
    started = time.monotonic()
    with progress_bars(console) as progress:
        task = progress.add_task("scoring", total=len(data.test))
        for clip in data.test:
            try:
                watched = _watch(detector, clip, parts, flow)
                clips.append(watched.scored_clip(detector))
                for stage, spent in watched.seconds.items():
                    stages[stage] = stages.get(stage, 0.0) + spent
                flows += [fill_unscored(watched.flow)[0]] if flow else []
            except AwryError as error:
                failed.append(f"{clip.name}: {error}")
            progress.advance(task)
    seconds = time.monotonic() - started
    frames = sum(len(clip.scores) for clip in clips)
    console.print(f"scored {frames} frames in {seconds:.0f} s")
    if not clips:
        raise DatasetError("No test clip could be read. " + " ".join(failed[:3]))
    stages["all"] = seconds
    each = {name: round(1000 * value / max(frames, 1), 2) for name, value in stages.items()}
    return Scored(clips, flows, failed, {"frames": frames, "ms_per_frame": each})


def _watch(detector: Detector, clip: Clip, parts: Sequence[str], flow: bool) -> _Watched:
    source = OneSize(clip.open())
    name = f"test/{clip.name}"
    scorer = detector.scorer(clip.scene, clip=name, fps=source.fps, parts=parts)
    setting = Setting(ignore=detector.ignore, maps=False, frame_size=detector.frame_size)
    reference: Scorer | None = FlowScorer(FlowConfig(), setting) if flow else None
    watched = _Watched(clip, source.fps, scorer.gives_regions)
    for frame, score in scored(scorer, source, detector.every):
        watched.take(frame, score)
        if reference is not None:
            watched.flow += [found.score for found in reference.push(frame)]
    if not watched.scores:
        raise DatasetError("It has no frames.")
    watched.seconds = scorer.seconds
    watched.lost = source.health.lost
    watched.notes += source.health.notes
    return watched


@dataclass(slots=True)
class _Watched:
    """What is kept of a clip while its frames pass by."""

    clip: Clip
    fps: float | None
    gives_regions: bool
    lost: int = 0
    seconds: dict[str, float] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    scores: list[FrameScore] = field(default_factory=list)
    flow: list[float | None] = field(default_factory=list)
    _labels: NDArray[np.uint8] | None = None
    _masks: NDArray[np.bool_] | None = None
    _runs: NDArray[np.int64] | None = None
    _tracks: Tracks | None = None
    _pixel_labels: list[bool] = field(default_factory=list)
    _boxes: list[tuple[float, ...]] = field(default_factory=list)
    _pixels: list[float | None] = field(default_factory=list)
    _keeper: MomentKeeper = field(init=False)
    _normal: MomentKeeper = field(init=False)
    _events: dict[int, Moment] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._keeper = MomentKeeper(self.clip.name, PEAKS, APART)
        self._normal = MomentKeeper(self.clip.name, PEAKS, APART)
        if self.clip.labels is not None:
            self._labels = self.clip.labels()
            # Which true event each frame belongs to, from 1; 0 for normal frames.
            self._runs = np.zeros(len(self._labels), np.int64)
            for number, (first, last) in enumerate(true_runs(self._labels), 1):
                self._runs[first : last + 1] = number
        if self.clip.masks is not None:
            self._masks = self.clip.masks()
        self._tracks = self._read_tracks()

    def _read_tracks(self) -> Tracks | None:
        normal = self._labels is not None and not self._labels.any()
        if self.clip.tracks is None:
            return NO_TRACKS if normal else None
        try:
            return self.clip.tracks()
        except AwryError as error:  # the frame level needs none
            self.notes.append(f"No true tracks: {error}")
            return None

    def take(self, frame: Frame, score: FrameScore) -> None:
        """Take the next frame and what the method said of it."""
        self._keeper.offer(frame, score)
        self._keep_by_truth(frame, score)
        self._boxes += [(frame.index, *r.box, r.score) for r in score.regions]
        self._pixels.append(self._pixel_score(score))
        self.scores.append(FrameScore(score.index, score.time_s, score.score, score.parts))

    def _keep_by_truth(self, frame: Frame, score: FrameScore) -> None:
        """The strongest frame of each true event, and the strongest normal ones."""
        if self._runs is None or score.score is None or frame.index >= len(self._runs):
            return
        event = int(self._runs[frame.index])
        if event == 0:
            self._normal.offer(frame, score)
        elif event not in self._events or score.score > self._events[event].value:
            self._events[event] = Moment(score.score, self.clip.name, frame, score)

    def _pixel_score(self, score: FrameScore) -> float | None:
        """The frame's number for pixel AUC; a clip without masks has one if all of it is normal."""
        mask = None
        if self._masks is not None and score.index < len(self._masks):
            mask = self._masks[score.index]
        elif self._masks is not None or self._labels is None or self._labels.any():
            return None
        self._pixel_labels.append(mask is not None and bool(mask.any()))
        return None if score.map is None else pixel_score(score.map, mask)

    def _labels_held_to_frames(self) -> NDArray[np.uint8] | None:
        """The labels of the frames that were read.

        Raises:
            DatasetError: labels or masks do not belong to these frames.
        """
        frames = [score.index for score in self.scores]
        if self._masks is not None:
            check_length("masks", len(self._masks), frames, self.lost)
        if self._labels is None:
            return None
        if self.lost:
            self.notes.append(LEFT_OUT.format(self.lost))
        return labels_of(self._labels, frames, self.lost)

    def scored_clip(self, detector: Detector) -> ScoredClip:
        """Everything as the metrics and the report take it."""
        labels = self._labels_held_to_frames()
        filled, was_scored = fill_unscored([score.score for score in self.scores])
        with_maps = any(value is not None for value in self._pixels)
        boxes = np.array(self._boxes, np.float64).reshape(-1, 6)
        scene = self.clip.scene

        def peak(moment: Moment) -> Peak:
            return peak_of(moment, detector, scene)

        return ScoredClip(
            name=self.clip.name,
            scene=scene,
            fps=self.fps,
            scores=filled,
            scored=was_scored,
            labels=labels,
            times=_times(self.scores),
            parts=filled_parts(self.scores),
            peaks=[peak(moment) for moment in self._keeper.moments()],
            notes=self.notes,
            frames=None if labels is None or self._labels is None else len(self._labels),
            tracks=self._tracks,
            detections=_detections(boxes) if self.gives_regions else None,
            pixel_scores=fill_unscored(self._pixels)[0] if with_maps else None,
            pixel_labels=np.array(self._pixel_labels, np.uint8) if with_maps else None,
            indices=np.array([score.index for score in self.scores], np.int64),
            event_peaks=[peak(moment) for _, moment in sorted(self._events.items())],
            normal_peaks=[peak(moment) for moment in self._normal.moments()],
        )


def _detections(rows: NDArray[np.float64]) -> Detections:
    return Detections(rows[:, 0].astype(np.int64), rows[:, 1:5], rows[:, 5])


def _times(scores: Sequence[FrameScore]) -> Series | None:
    times = [score.time_s for score in scores]
    return None if None in times else np.array(times, dtype=np.float64)
