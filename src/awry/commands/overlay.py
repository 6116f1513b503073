"""Scores on their way become a video to look at."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from awry.detector import Detector
from awry.frames import Frame, FrameScore
from awry.scoring.reasons import since_in_words
from awry.video.overlay import draw_overlay
from awry.video.writer import VideoWriter


def overlaid(
    pairs: Iterable[tuple[Frame, FrameScore]],
    path: Path,
    detector: Detector,
    scene: str,
    fps: float | None,
    notes: list[str],
) -> Iterator[tuple[Frame, FrameScore]]:
    """Pass frames and scores on, and write a video of them: heat, regions, curve.

    Args:
        notes: what a person should know of the video is added here.
    """
    assert detector.calibration is not None
    calibration = detector.calibration.scene(scene)
    explainer = detector.explainer(scene)
    history: list[float | None] = []
    began: str | None = None
    writer: VideoWriter | None = None
    try:
        for frame, score in pairs:
            history.append(score.score)
            alarm = score.score is not None and score.score > calibration.threshold
            began = (began or since_in_words(frame.index, frame.time_s)) if alarm else None
            size = frame.image.shape[:2]
            marks = explainer.marks(score, size)
            picture = draw_overlay(
                frame,
                score,
                history,
                calibration.threshold,
                ignore=detector.ignore,
                alarm=alarm,
                heat_range=calibration.heat_range,
                marks=marks,
                reason=explainer.reason(score, size, began or "") if alarm or marks else "",
            )
            if writer is None:
                writer = VideoWriter(path, fps, size=picture.shape[:2]).__enter__()
                notes += writer.notes
            writer.write(picture)
            yield frame, score
    except BaseException as error:
        if writer is not None:
            writer.__exit__(type(error), error, error.__traceback__)
        raise
    if writer is not None:
        writer.__exit__(None, None, None)
