"""Scores on their way become a video to look at."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from pathlib import Path

from awry.detector import Detector
from awry.frames import Frame, FrameScore
from awry.scoring.reasons import since_in_words
from awry.video.overlay import READABLE_WIDTH, Box, draw_overlay
from awry.video.writer import VideoWriter


class OverlayWriter:
    """Writes a video of frames and their scores: heat, regions, curve.

    Args:
        path: of the video.
        detector: whose scores they are; its threshold and its scale of heat are drawn.
        scene: which of its scenes.
        fps: of the frames, or None.

    Attributes:
        notes: what a person should know of the video, one sentence each.

    Raises:
        AwryError: as `VideoWriter`.
    """

    def __init__(self, path: Path, detector: Detector, scene: str, fps: float | None) -> None:
        self.path = path
        self.notes: list[str] = []
        self._fps = fps
        self._ignore = detector.ignore
        self._calibration = detector.calibration.scene(scene)
        self._explainer = detector.explainer(scene)
        self._began: str | None = None
        self._history = _History()
        self._writer: VideoWriter | None = None

    def add(self, frame: Frame, score: FrameScore, truth: Sequence[Box] = ()) -> None:
        """Draw and append one frame.

        Args:
            frame: the next one.
            score: of the frame.
            truth: true boxes in pixels of the frame, where they are known.
        """
        self._history.add(score.score, frame.image.shape[1])
        limit = self._calibration.threshold
        alarm = limit is not None and score.score is not None and score.score > limit
        since = since_in_words(frame.index, frame.time_s)
        self._began = (self._began or since) if alarm else None
        size = frame.image.shape[:2]
        marks = self._explainer.marks(score, size)
        explained = alarm or bool(marks)
        picture = draw_overlay(
            frame,
            score,
            self._history.values(),
            limit,
            ignore=self._ignore,
            alarm=alarm,
            heat_range=self._calibration.heat_range,
            marks=marks,
            truth=truth,
            reason=self._explainer.reason(score, size, self._began or "") if explained else "",
        )
        if self._writer is None:
            self._writer = VideoWriter(self.path, self._fps, size=picture.shape[:2])
            self.notes = self._writer.notes
            self._writer.open()
        self._writer.write(picture)

    def finish(self) -> None:
        """All frames are there: the video takes its name. Without a frame there is none."""
        if self._writer is not None:
            self._writer.finish()

    def leave(self) -> None:
        """End at once: the video stays as it is, under its partial name."""
        if self._writer is not None:
            self._writer.leave()

    def drop(self) -> None:
        """Give up, and leave nothing."""
        if self._writer is not None:
            self._writer.drop()


class _History:
    """As many of the last scores as a curve shows, and the extremes of all, which set its scale."""

    def __init__(self) -> None:
        self._shown: deque[float | None] = deque()
        self._low = self._high = 0.0
        self._cut = False

    def add(self, score: float | None, width: int) -> None:
        self._shown.append(score)
        if score is not None:
            self._low, self._high = min(self._low, score), max(self._high, score)
        while len(self._shown) > max(width, 2 * READABLE_WIDTH):
            self._shown.popleft()
            self._cut = True

    def values(self) -> list[float | None]:
        """Scores for the curve; the extremes stand before its left edge."""
        return [*([self._low, self._high] if self._cut else []), *self._shown]
