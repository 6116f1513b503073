"""What one detector writes: tables that all sources share, in whatever order they take turns."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence
from datetime import datetime

from awry.detector import Detector
from awry.errors import WriteError
from awry.frames import Event, FrameScore
from awry.output.folder import TableFolder, said
from awry.output.tables import (
    EVENT_COLUMNS,
    REGION_COLUMNS,
    SCORE_COLUMNS,
    Row,
    TableWriter,
    event_row,
    region_row,
)
from awry.progress import Reporter
from awry.score_run.options import ScoreOptions
from awry.score_run.result import ScoreResult, SourceResult
from awry.score_run.score_side import ScoreSide
from awry.scored_frames import ScoredFrames
from awry.scoring.calibration import NO_THRESHOLD, SET_ONE
from awry.scoring.fill import FilledScore
from awry.video.clock import clock_time

_COLUMNS = {"scores": SCORE_COLUMNS, "regions": REGION_COLUMNS, "events": EVENT_COLUMNS}
ALARMS_KEPT = 1000
"""Alarms that a result lists; an endless stream has more, and the table has them all."""


NO_ALARMS = f"No alarm is given. {NO_THRESHOLD} {SET_ONE}"


class Outputs:
    """The tables of one detector, and what is to be said of its sources.

    Streams may add to it from threads of their own.

    Attributes:
        detector, options: whose, and what is wanted.
        results: of the sources that gave a frame.
        rows: frames whose scores were given.
        clips: name -> scores of a source, where they are kept in memory.
        notes, failed: one sentence each.
    """

    def __init__(self, detector: Detector, options: ScoreOptions) -> None:
        self.detector = detector
        self.options = options
        self.results: list[SourceResult] = []
        self.clips: dict[str, ScoredFrames] = {}
        self.notes: list[str] = [] if detector.calibration.has_thresholds else [NO_ALARMS]
        self.failed: list[str] = []
        self._alarms: deque[Event] = deque(maxlen=ALARMS_KEPT)
        self.rows = 0
        self._lock = threading.Lock()
        self._tables: dict[str, TableWriter] = {}
        self._folder: TableFolder | None = None

    def open(self) -> None:
        """Begin the tables.

        Raises:
            WriteError: one of them cannot be written.
        """
        options = self.options
        places = {"scores": options.out, "regions": options.regions, "events": options.events}
        for kind, path in places.items():
            if path is not None:
                escape = options.escape_formulas
                self._tables[kind] = TableWriter(path, _COLUMNS[kind], escape_formulas=escape)
                self.notes += self._tables[kind].notes
        if options.folder is not None:
            self._folder = TableFolder(options.folder, _COLUMNS)

    def side(self, name: str, reporter: Reporter | None) -> ScoreSide:
        """Where a source's scores go; `reporter` is told of its alarms."""
        return ScoreSide(self, name, reporter)

    def remark(self, result: SourceResult) -> None:
        """Note what is odd of a source."""
        self.notes += result.oddities()

    def add_regions(self, source: str, score: FrameScore) -> None:
        """Append a frame's regions."""
        rows = [region_row(source, score, region) for region in score.regions]
        with self._lock:
            self._add("regions", source, rows)

    def add_scores(
        self, source: str, scores: Sequence[FilledScore], started_at: datetime | None
    ) -> None:
        """Append frames' rows, with `clock` where the source knows when it began."""
        rows = [
            {
                "source": source,
                "frame": score.frame.index,
                "time_s": score.frame.time_s,
                "score": score.value,
                "scored": int(score.scored),
            }
            | _clock(started_at, score.frame.time_s)
            | {f"part.{name}": value for name, value in score.parts.items()}
            for score in scores
        ]
        with self._lock:
            self.rows += len(rows)
            self._add("scores", source, rows)

    def add_event(self, event: Event) -> None:
        """Append an alarm."""
        with self._lock:
            self._alarms.append(event)
            self._add("events", event.source, [event_row(event)])

    def end_source(self, source: str) -> None:
        """All of a source was given.

        Raises:
            WriteError: its files cannot be written.
        """
        with self._lock:
            if self._folder is not None:
                self._folder.finish(source)

    def _add(self, kind: str, source: str, rows: Sequence[Row]) -> None:
        if kind in self._tables:
            self._tables[kind].add(rows)
        if self._folder is not None:
            self._folder.add(kind, source, rows)

    def finish(self) -> None:
        """All tables take their names; where one cannot, the others still do.

        Raises:
            WriteError: the first that could not.
        """
        if self._folder is not None:
            self._folder.even()
        self._close_folder()
        errors = []
        for table in self._tables.values():
            try:
                table.finish()
            except WriteError as error:
                errors.append(error)
        if errors:
            raise errors[0]

    def leave(self) -> None:
        """End at once: what was written stays in partial files."""
        self._close_folder()
        for table in self._tables.values():
            table.leave()

    def _close_folder(self) -> None:
        if self._folder is not None:
            self._folder.close()

    def result(self, *, interrupted: bool) -> ScoreResult:
        """What is to be said in the end."""
        alarms = sum(result.alarms for result in self.results)
        notes = [*self.notes]
        if alarms > len(self._alarms):
            notes.append(f"The last {len(self._alarms)} of {alarms} alarms are listed here.")
        return ScoreResult(
            self.options.out if self.options.folder is None else said(self.options.folder),
            self.results,
            list(self._alarms),
            notes,
            self.failed,
            interrupted,
            clips=self.clips,
            has_threshold=self.detector.calibration.has_thresholds,
        )


def _clock(started_at: datetime | None, time_s: float | None) -> dict[str, str | None]:
    return {} if started_at is None else {"clock": clock_time(started_at, time_s)}
