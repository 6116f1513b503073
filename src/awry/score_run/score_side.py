"""What becomes of a source's scores once they are there: rows, the highest, alarms, arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from awry.frames import Event, FrameScore
from awry.progress import Reporter
from awry.score_run.result import SourceResult
from awry.scored_frames import AlarmWatch, FrameRecord, Size
from awry.scoring.fill import FilledScore, ScoreFiller
from awry.video.clock import clock_time

if TYPE_CHECKING:
    from awry.score_run.outputs import Outputs


class ScoreSide:
    """Takes one source's scores from one detector, in order, wherever they were computed.

    Args:
        outputs: where rows go.
        name: the source's name in them.
        reporter: told of alarms as they happen; None: nobody is.

    Attributes:
        result: what came of the source so far.
    """

    def __init__(self, outputs: Outputs, name: str, reporter: Reporter | None) -> None:
        detector, options = outputs.detector, outputs.options
        self.result = SourceResult(name)
        self._outputs = outputs
        self._reporter = reporter
        self._filler = ScoreFiller()
        explainer = detector.explainer(options.scene)
        self._watch = AlarmWatch(name, explainer, detector.calibration.options)
        self._record = FrameRecord() if options.in_memory else None
        self._announced: int | None = None
        self._started_at: datetime | None = None
        self._alarms: list[Event] = []

    def add(self, score: FrameScore, size: Size, started_at: datetime | None) -> None:
        """Take the next frame's score.

        Args:
            score: of the frame; a map is not looked at.
            size: (H, W) of the frame.
            started_at: when the source's first frame was taken, where that is known by now.

        Raises:
            WriteError: a table cannot be written.
        """
        self._watch.size = size
        self._started_at = started_at
        if self._record is not None:
            self._record.add(score)
        self.result.frames += 1
        self.result.timed = self.result.timed and score.time_s is not None
        self._outputs.add_regions(self.result.source, score)
        self._take(self._filler.push(score))

    def finish(self, fps: float | None) -> None:
        """The source has ended: write what is still owed.

        Args:
            fps: its frames per second, or None.

        Raises:
            WriteError: a table cannot be written.
        """
        self._take(self._filler.flush())
        for event in self._watch.flush():
            self._end_alarm(event)
        if not self.result.frames:
            return
        self._outputs.results.append(self.result)
        self._outputs.end_source(self.result.source)
        if self._record is not None:
            name = self.result.source
            self._outputs.clips[name] = self._record.scored_frames(
                name, fps, self._watch.threshold, self._alarms
            )

    def _take(self, scores: Sequence[FilledScore]) -> None:
        if scores:
            self._outputs.add_scores(self.result.source, scores, self._started_at)
        for score in scores:
            self._count(score)
            for event in self._watch.push(score):
                self._end_alarm(event)
            if self._watch.begun != self._announced:
                self._announce(self._watch.current)

    def _count(self, score: FilledScore) -> None:
        if score.scored:
            self.result.scored += 1
            if self.result.score is None or score.value > self.result.score:
                self.result.score, self.result.peak = score.value, score.frame.index

    def _announce(self, event: Event | None) -> None:
        if event is not None and event.first != self._announced:
            self._announced = event.first
            if self._reporter is not None:
                self._reporter.alarm(self._timed(event), over=False)

    def _end_alarm(self, event: Event) -> None:
        self._announce(event)
        event = self._timed(event)
        self.result.alarms += 1
        self.result.in_alarm += event.last - event.first + 1
        self._outputs.add_event(event)
        if self._record is not None:
            self._alarms.append(event)
        if self._reporter is not None:
            self._reporter.alarm(event, over=True)

    def _timed(self, event: Event) -> Event:
        """With its clock time."""
        return replace(event, clock=clock_time(self._started_at, event.start_s))
