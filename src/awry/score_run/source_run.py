"""One source's way through all detectors, a frame at a step."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import tee
from pathlib import Path

from awry.errors import AwryError, SourceError, WriteError
from awry.interrupts import stopped_by
from awry.progress import Reporter
from awry.score_run.outputs import Outputs
from awry.score_run.stream import Step, Stream
from awry.score_run.tolerant import TolerantSource


def scoring(name: str) -> str:
    """The title of a source's task."""
    return f"scoring {name}"


class SourceRun:
    """One source, read once, that every detector sees.

    Frames are kept only as long as one detector is behind another: its look-ahead, or a batch.

    Args:
        name: the source's, in outputs.
        source: opened.
        every: each detector's outputs, by its title; the first one's is empty.
        overlay: where the first detector's video goes, or None.
        reporter: told of frames, of the first detector's alarms, and, of a live source, of what is
            wrong as soon as it is.
    """

    def __init__(
        self,
        name: str,
        source: TolerantSource,
        every: Mapping[str, Outputs],
        overlay: Path | None,
        reporter: Reporter,
    ) -> None:
        self._name = name
        self._source = source
        self._every = every
        self._first = every[""]
        self._overlay = overlay
        self._reporter = reporter
        self._told = [0, 0]

    def steps(self) -> Iterator[bool]:
        """Score it.

        Yields:
            whether there was a frame.

        Raises:
            WriteError: a table cannot be written.
            AwryError: what kept the first detector, where none could score it.
        """
        streams: dict[str, Stream] = {}
        failed: dict[str, AwryError] = {}
        try:
            for (title, outputs), frames in zip(
                self._every.items(), tee(self._source, len(self._every)), strict=True
            ):
                path, told = (None, None) if title else (self._overlay, self._reporter)
                streams[title] = Stream(outputs, self._name, self._source, frames, path, told)
            yield from self._step_all(streams, failed)
            for stream in streams.values():
                if stream.result.frames:
                    stream.finish()
        except BaseException:
            for stream in streams.values():
                stream.leave()
            raise
        if not any(stream.result.frames for stream in streams.values()):
            raise next(iter(failed.values()), SourceError("It gave no frame."))
        for title, error in failed.items():
            about = f"{self._name} by {title}" if title else self._name
            self._first.failed.append(f"{about}: {error}")
        self._remark(streams)

    def _step_all(
        self, streams: Mapping[str, Stream], failed: dict[str, AwryError]
    ) -> Iterator[bool]:
        """Score frame by frame; `failed` gets title -> error of those that could not go on."""
        going = dict(streams)
        while going:
            moved = False
            for title, stream in tuple(going.items()):
                try:
                    step = stream.step()
                except WriteError:
                    raise
                except AwryError as error:
                    failed[title], step = error, Step.ENDED
                    stream.let_go()
                if step is Step.ENDED:
                    del going[title]
                moved = moved or step is Step.SCORED
            if moved:
                self._reporter.advance(title=scoring(self._name))
            if going:
                self._tell()
                yield moved

    def _tell(self) -> None:
        """Say what is new about a live source."""
        if not self._source.is_live:
            return
        for place, notes in enumerate((self._source.notes, self._source.health.notes)):
            for note in notes[self._told[place] :]:
                self._reporter.message(f"{self._name}: {note}")
            self._told[place] = len(notes)

    def _remark(self, streams: Mapping[str, Stream]) -> None:
        """Note what is odd of the source, and list what was lost of it."""
        source, name = self._source, self._name
        for title, stream in streams.items():
            self._every[title].remark(stream.result)
        if source.stopped:
            self._first.notes.append(f"{name}: stopped by {stopped_by()}; what was scored is kept.")
        self._first.notes += [f"{name}: {note}" for note in [*source.notes, *source.health.remarks]]
        lost = [*source.health.faults, *source.problems]
        if source.health.damaged:
            lost.append(
                f"{len(source.health.damaged)} frames are damaged; all that could be had was "
                "scored."
            )
        self._first.failed += [f"{name}: {sentence}" for sentence in lost]
