"""Sources are found, scored one after the other, and what they give is written as it comes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import tee
from pathlib import Path
from types import MappingProxyType

from awry.detector import Detector
from awry.errors import AwryError, SourceError, WriteError
from awry.interrupts import interrupt_flag, stopped_by
from awry.output.names import file_stem
from awry.output.places import check_places
from awry.score_run.forgiving import Forgiving
from awry.score_run.options import ScoreOptions, check_options
from awry.score_run.outputs import Outputs
from awry.score_run.result import ScoreReporter, ScoreResult, Silent
from awry.score_run.stream import Stream
from awry.video.open import FoundSource, find_sources


def score_sources(
    detector: Detector,
    sources: Sequence[str],
    options: ScoreOptions,
    reporter: ScoreReporter | None = None,
    also: Mapping[str, Detector] = MappingProxyType({}),
) -> ScoreResult:
    """Score every source; those that fail are listed and the rest is done.

    Rows, regions and alarms are on disk as they come, beside their places (`scores.partial.csv`),
    and take their names in the end. The first Ctrl-C, SIGTERM or SIGHUP ends it after the current
    frame, in order; a second one at once, with what was written in the partial files.

    Args:
        detector: fitted.
        sources: paths, addresses or devices.
        options: what is written, and where.
        reporter: shows progress and alarms; None: nothing is shown.
        also: name -> further detectors that see the same frames, which are read once. Their
            outputs have the name behind the stem; an overlay is the first detector's alone.

    Raises:
        ConfigError: an ending, a scene or a part that is unknown, or as `check_places`.
        SourceError: nothing at all could be scored.
        WriteError: a table cannot be written; the sentence says where its rows are.
        KeyboardInterrupt: stopped before a frame was scored, or at once.
    """
    options, left_out = options.without_shared()
    first = Outputs(detector, options)
    first.failed += left_out
    others = {name: Outputs(one, options.for_other(name)) for name, one in also.items()}
    every = {"": first, **others}
    for outputs in every.values():
        check_options(outputs.detector, outputs.options)
    run = _Run(every, reporter or Silent())
    found = run.find_all(sources)
    names = [name for name, _ in found]
    places = [place for outputs in every.values() for place in outputs.options.places(names)]
    reads: list[str | Path] = [*options.reads, *sources, *(where.where for _, where in found)]
    check_places(places, reads, overwrite=options.overwrite)
    for sentence in left_out:
        run.reporter.message(sentence)
    with interrupt_flag() as interrupted:
        try:
            for outputs in every.values():
                outputs.open()
            for name, where in found:
                alone = len(found) == 1
                overlay = options.overlay_of(name, alone=alone) if options.overlay else None
                run.score_one(name, where, overlay, interrupted)
            run.check_any(interrupted)
            for outputs in every.values():
                outputs.finish()
        except BaseException:
            for outputs in every.values():
                outputs.leave()
            raise
    results = {
        name: outputs.result(interrupted=bool(interrupted)) for name, outputs in every.items()
    }
    return replace(results.pop(""), also=results)


class _Run:
    """Several detectors on several sources."""

    def __init__(self, every: Mapping[str, Outputs], reporter: ScoreReporter) -> None:
        self._every = every
        self._first = every[""]
        self.reporter = reporter

    def find_all(self, sources: Sequence[str]) -> list[tuple[str, FoundSource]]:
        """The sources by names that are unique within this call."""
        named: dict[str, FoundSource] = {}
        files: set[str] = set()
        for what in sources:
            try:
                found = find_sources(what, fps=self._first.options.fps)
            except AwryError as error:
                self._first.failed.append(str(error))
                continue
            self._first.failed += found.failed
            self._first.notes += found.notes
            for source in found.sources:
                name, count = source.name, 1
                while file_stem(name).casefold() in files:
                    count += 1
                    name = f"{source.name}-{count}"
                named[name] = source
                files.add(file_stem(name).casefold())
        return list(named.items())

    def score_one(
        self, name: str, where: FoundSource, overlay: Path | None, interrupted: list[bool]
    ) -> None:
        """Score a source; what kept it from that is listed.

        Raises:
            WriteError: a table cannot be written.
        """
        if interrupted:
            self._first.notes.append(f"{name}: not scored, stopped by {stopped_by()}")
            return
        self.reporter.source_begins(name)
        try:
            self._run_together(name, Forgiving(where.open(), interrupted), overlay)
        except WriteError:
            raise
        except AwryError as error:
            self._first.failed.append(f"{name}: {error}")
        finally:
            self.reporter.source_ends(name)

    def _run_together(self, name: str, source: Forgiving, overlay: Path | None) -> None:
        """Read a source once, and let every detector see its frames.

        Frames are kept only as long as one detector is behind another: its look-ahead, or a batch.

        Raises:
            WriteError: a table cannot be written.
            AwryError: what kept the first, where none could score it.
        """
        streams: dict[str, Stream] = {}
        try:
            for (title, outputs), frames in zip(
                self._every.items(), tee(source, len(self._every)), strict=True
            ):
                path, told = (None, None) if title else (overlay, self.reporter)
                streams[title] = Stream(outputs, name, source, frames, path, told)
            failed = self._step_all(name, streams)
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
            about = f"{name} by {title}" if title else name
            self._first.failed.append(f"{about}: {error}")
        self._remark(source, streams)

    def _step_all(self, name: str, streams: Mapping[str, Stream]) -> dict[str, AwryError]:
        """Score frame by frame; title -> error of those that could not go on."""
        failed: dict[str, AwryError] = {}
        going = dict(streams)
        while going:
            for title, stream in tuple(going.items()):
                try:
                    if not stream.step():
                        del going[title]
                except WriteError:
                    raise
                except AwryError as error:
                    failed[title] = error
                    stream.let_go()
                    del going[title]
            if going:
                self.reporter.frame_scored(name)
        return failed

    def _remark(self, source: Forgiving, streams: Mapping[str, Stream]) -> None:
        """Note what is odd of a source, and list what was lost of it."""
        for title, stream in streams.items():
            self._every[title].notes += stream.result.oddities()
        name = next(iter(streams.values())).result.source
        if source.stopped:
            self._first.notes.append(f"{name}: stopped by {stopped_by()}; what was scored is kept.")
        lost = [*source.health.notes, *source.problems]
        if source.health.damaged:
            lost.append(
                f"{len(source.health.damaged)} frames are damaged; all that could be had was "
                "scored."
            )
        self._first.failed += [f"{name}: {sentence}" for sentence in lost]

    def check_any(self, interrupted: list[bool]) -> None:
        """Refuse to write tables without a row.

        Raises:
            KeyboardInterrupt: it was stopped before a frame was scored.
            SourceError: nothing could be scored.
        """
        if self._first.rows:
            return
        if interrupted:
            raise KeyboardInterrupt(f"stopped by {stopped_by()} before a frame was scored")
        raise SourceError(f"Nothing was scored. {' '.join(self._first.failed)}")
