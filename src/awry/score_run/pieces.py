"""Long video files as pieces that are scored beside one another, with the scores of the whole."""

from __future__ import annotations

import math
from collections.abc import Mapping

from awry.detector import Detector
from awry.errors import AwryError
from awry.score_run.elsewhere import SourceTask
from awry.score_run.options import ScoreOptions
from awry.video.files import VideoFile
from awry.video.stretch import cut, stamps_of


def pieces_of(
    task: SourceTask, every: Mapping[str, Detector], options: ScoreOptions, minutes: float
) -> list[SourceTask]:
    """A source's tasks: its pieces, or the whole where it is not long or cannot be cut.

    It cannot where a scorer's state reaches back without bound (`Scorer.reach`), where maps or a
    video are written, which are one file, or where the file's frames are not all there and even.

    Args:
        task: the whole source.
        every: title -> detector.
        options: what is written.
        minutes: the least length of a piece; 0: nothing is cut.
    """
    if not minutes or task.overlay is not None or options.maps is not None:
        return [task]
    try:
        source = task.source.open()
    except AwryError:  # a worker says so
        return [task]
    if not isinstance(source, VideoFile) or source.fps is None:
        return [task]
    if source.announced() < 2 * 60 * minutes * source.fps:
        return [task]
    span = _span(every, options, source.fps)
    stamps = None if span is None else stamps_of(source)
    if span is None or stamps is None:
        return [task]
    stretches = cut(stamps, 60 * minutes, *span)
    if len(stretches) == 1:
        return [task]
    return [SourceTask(task.name, task.source, stretch=stretch) for stretch in stretches]


def _span(
    every: Mapping[str, Detector], options: ScoreOptions, fps: float
) -> tuple[int, int, int] | None:
    """Frames before and after a piece, and its period; None where a scorer cannot be cut."""
    before = after = 0
    period = 1
    for detector in every.values():
        scorer = detector.scorer(
            options.scene, fps=fps, maps=options.wants_maps, parts=options.parts
        )
        if scorer.reach is None:
            return None
        before = max(before, scorer.reach * detector.every)
        after = max(after, scorer.lookahead * detector.every)
        period = math.lcm(period, scorer.period * detector.every)
    return before, after, period
