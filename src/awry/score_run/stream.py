"""One detector's way through one source: scores, regions, alarms, maps and a video as they come."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Protocol

from awry.detector import scored, scored_live
from awry.errors import AwryError
from awry.frames import Frame, FrameScore
from awry.output.maps import MapsWriter
from awry.progress import Reporter
from awry.score_run.outputs import Outputs
from awry.score_run.overlay import OverlayWriter
from awry.score_run.result import SourceResult
from awry.score_run.tolerant import TolerantSource


class _Sink(Protocol):
    """A file of this source alone."""

    @property
    def notes(self) -> list[str]: ...

    def add(self, frame: Frame, score: FrameScore) -> None: ...

    def finish(self) -> None: ...

    def leave(self) -> None: ...

    def drop(self) -> None: ...


@dataclass(slots=True)
class _Maps:
    """Anomaly maps of the score, or of a part of it, as a sink; begun with the first map."""

    path: Path
    part: str | None = None
    writer: MapsWriter | None = None

    @property
    def notes(self) -> list[str]:
        return self.writer.notes if self.writer else []

    def add(self, frame: Frame, score: FrameScore) -> None:
        self.writer = self.writer or MapsWriter(self.path)
        shown = score.map_of(self.part)
        if shown is not None:
            self.writer.add(score.index, shown)

    def finish(self) -> None:
        if self.writer:
            self.writer.finish()

    def leave(self) -> None:
        if self.writer:
            self.writer.leave()

    def drop(self) -> None:
        if self.writer:
            self.writer.drop()


class Step(Enum):
    """What came of a step."""

    SCORED = "a frame was scored"
    WAITING = "no frame is there yet"
    ENDED = "the source has ended"


class Stream:
    """One detector's way through a source, a frame at a step.

    Args:
        outputs: where rows go.
        name: the source's name in them.
        source: the source.
        frames: its frames, for this detector; of a live source with a None where none is there yet.
        overlay: where the video goes, or None.
        reporter: told of alarms as they happen; None: nobody is.
    """

    def __init__(
        self,
        outputs: Outputs,
        name: str,
        source: TolerantSource,
        frames: Iterable[Frame | None],
        overlay: Path | None,
        reporter: Reporter | None,
    ) -> None:
        detector, options = outputs.detector, outputs.options
        self._outputs = outputs
        self._source = source
        self._scores = outputs.side(name, reporter)
        self._sinks: list[_Sink] = []
        if options.maps is not None:
            self._sinks.append(_Maps(options.maps_of(name), options.map_part))
        if overlay is not None:
            self._sinks.append(OverlayWriter(overlay, detector, options.scene, source.fps))
        scorer = detector.scorer(
            options.scene,
            clip=source.name,
            fps=source.fps,
            maps=options.wants_maps,
            parts=options.parts,
        )
        self._pairs: Iterator[tuple[Frame, FrameScore] | None] = (
            scored_live(scorer, frames, detector.every)
            if source.is_live
            else scored(scorer, (frame for frame in frames if frame is not None), detector.every)
        )

    def step(self) -> Step:
        """Score the next frame and write what is known by then.

        Raises:
            WriteError: a table cannot be written.
            AwryError: the detector cannot go on with this source.
        """
        pair = next(self._pairs, Step.ENDED)
        if isinstance(pair, Step):
            return pair
        if pair is None:
            return Step.WAITING
        frame, score = pair
        size = (frame.image.shape[0], frame.image.shape[1])
        self._scores.add(score, size, self._source.started_at)
        self._each_sink(lambda sink: sink.add(frame, score))
        return Step.SCORED

    @property
    def result(self) -> SourceResult:
        """What came of the source so far."""
        return self._scores.result

    def finish(self) -> None:
        """The source has ended: write what is still owed.

        Raises:
            WriteError: a table cannot be written.
        """
        self._scores.finish(self._source.fps)
        self._each_sink(lambda sink: sink.finish())
        for sink in self._sinks:
            self._outputs.notes += sink.notes
        self._sinks.clear()

    def let_go(self) -> None:
        """The detector cannot go on: no further frame is kept for it."""
        self._pairs = iter(())

    def leave(self) -> None:
        """End at once: the files of this source alone stay as they are, under partial names."""
        self.let_go()
        for sink in self._sinks:
            sink.leave()
        self._sinks.clear()

    def _each_sink(self, do: Callable[[_Sink], None]) -> None:
        """A file that cannot be written is given up, and said; the scores go on."""
        for sink in tuple(self._sinks):
            try:
                do(sink)
            except AwryError as error:
                sink.drop()
                self._sinks.remove(sink)
                self._outputs.failed.append(f"{self.result.source}: {error}")
