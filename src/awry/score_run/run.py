"""Sources are found and scored, and what they give is written as it comes.

Files are scored one after the other. Streams and cameras are read at the same time, each in a
thread of its own, and scored in turns.
"""

from __future__ import annotations

import threading
from collections.abc import Generator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, closing, nullcontext
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from awry.detector import Detector
from awry.errors import AwryError, ConfigError, SourceError, WriteError
from awry.interrupts import interrupt_flag, stopped_by
from awry.output.names import file_stem
from awry.output.places import check_places
from awry.progress import Reporter, Silent
from awry.score_run.elsewhere import Elsewhere
from awry.score_run.fleet import Fleet
from awry.score_run.options import ScoreOptions, check_options
from awry.score_run.outputs import NO_ALARMS, Outputs
from awry.score_run.result import ScoreResult
from awry.score_run.source_run import SourceRun, scoring
from awry.score_run.tolerant import TolerantSource
from awry.video.address import is_live_place
from awry.video.open import Found, FoundSource, find_sources, source_of
from awry.video.reader import Reader
from awry.video.reconnect import Reconnecting
from awry.video.source import Source

PATIENCE_S = 0.25
"""So often it is asked whether to end, where no stream has a frame."""


def score_sources(
    detector: Detector,
    sources: Sequence[Any],
    options: ScoreOptions,
    reporter: Reporter | None = None,
    also: Mapping[str, Detector] = MappingProxyType({}),
    elsewhere: Elsewhere | None = None,
) -> ScoreResult:
    """Score every source; those that fail are listed and the rest is done.

    Rows, regions and alarms are on disk as they come, beside their places (`scores.partial.csv`),
    and take their names in the end. The first Ctrl-C, SIGTERM or SIGHUP ends it after the current
    frame, in order; a second one at once, with what was written in the partial files.

    Args:
        detector: fitted.
        sources: paths, addresses or devices; or what `source_of` takes: opened sources, arrays,
            iterables of frames.
        options: what is written, and where.
        reporter: shows progress and alarms; None: nothing is shown.
        also: name -> further detectors that see the same frames, which are read once. Their
            outputs have the name behind the stem; an overlay is the first detector's alone.
        elsewhere: the workers that score files and folders; None: this process does.

    Raises:
        ConfigError: an ending, a scene or a part that is unknown; a start for several sources; or
            as `check_places`.
        SourceError: nothing at all could be scored.
        WriteError: a table cannot be written; the sentence says where its rows are.
        KeyboardInterrupt: stopped before a frame was scored, or at once.
    """
    options, left_out = options.without_shared()
    first = Outputs(detector, options)
    first.failed += left_out
    others = {name: Outputs(other, options.for_other(name)) for name, other in also.items()}
    every = {"": first, **others}
    for outputs in every.values():
        check_options(outputs.detector, outputs.options)
    run = _Run(every, reporter or Silent())
    named = run.find_all(sources)
    run.check_places_of(named, sources)
    notes = [
        f"{name}: {NO_ALARMS}" if name else NO_ALARMS
        for name, outputs in every.items()
        if not outputs.detector.calibration.has_thresholds
    ]
    for sentence in [*left_out, *notes]:
        run.reporter.message(sentence)
    with interrupt_flag() as interrupted, run.fleet(elsewhere, named, interrupted) as fleet:
        try:
            for outputs in every.values():
                outputs.open()
            run.score_all(named, interrupted, fleet)
            run.check_any(interrupted)
            for outputs in every.values():
                outputs.finish()
            if fleet is not None:
                fleet.tidy()
        except BaseException:
            for outputs in every.values():
                outputs.leave()
            raise
        finally:
            run.close()
    results = {
        name: outputs.result(interrupted=bool(interrupted)) for name, outputs in every.items()
    }
    return replace(results.pop(""), also=results)


def _found(what: Any, fps: float | None) -> Found:
    """The sources that something stands for; one that is in memory stands for itself."""
    if isinstance(what, str | Path):
        return find_sources(what, fps=fps)
    source = source_of(what, fps=fps)
    return Found((FoundSource(source.name, "", lambda: source),))


def _is_live(source: FoundSource) -> bool:
    return bool(source.where) and is_live_place(source.where)


class _Run:
    """Several detectors on several sources."""

    def __init__(self, every: Mapping[str, Outputs], reporter: Reporter) -> None:
        self._every = every
        self._first = every[""]
        self.reporter = reporter
        self._readers = ExitStack()
        self._arrived = threading.Event()

    def find_all(self, sources: Sequence[Any]) -> list[tuple[str, FoundSource]]:
        """The sources by names that are unique within this call."""
        named: dict[str, FoundSource] = {}
        files: set[str] = set()
        for what in sources:
            try:
                listing = _found(what, self._first.options.fps)
            except AwryError as error:
                self._first.failed.append(str(error))
                continue
            self._first.failed += listing.failed
            self._first.notes += listing.notes
            for source in listing.sources:
                name, count = source.name, 1
                while file_stem(name).casefold() in files:
                    count += 1
                    name = f"{source.name}-{count}"
                named[name] = source
                files.add(file_stem(name).casefold())
        return list(named.items())

    def check_places_of(
        self, named: Sequence[tuple[str, FoundSource]], given: Sequence[Any]
    ) -> None:
        """Refuse what cannot be written of these sources, before a frame is read.

        Args:
            named: the sources by name.
            given: what they were found by, whose files are read too.

        Raises:
            ConfigError, WriteError: as `check_places`, or a start for several sources.
        """
        options = self._first.options
        if options.start is not None and len(named) > 1:
            raise ConfigError(
                f"A start was given for {len(named)} sources: it is the time of one source's first "
                "frame; score them one at a time, or without it."
            )
        names = [name for name, _ in named]
        places = [place for out in self._every.values() for place in out.options.places(names)]
        reads: list[str | Path] = [*options.reads, *(s for s in given if isinstance(s, str | Path))]
        reads += [source.where for _, source in named if source.where]
        check_places(places, reads, overwrite=options.overwrite)

    def fleet(
        self,
        elsewhere: Elsewhere | None,
        named: Sequence[tuple[str, FoundSource]],
        interrupted: list[bool],
    ) -> AbstractContextManager[Fleet | None]:
        """The workers that were asked for, as long as they are needed."""
        if elsewhere is None:
            return nullcontext()
        files = [one for one in named if not _is_live(one[1])]
        return Fleet(elsewhere, self._every, files, self.reporter, interrupted)

    def score_all(
        self,
        named: Sequence[tuple[str, FoundSource]],
        interrupted: list[bool],
        fleet: Fleet | None,
    ) -> None:
        """Score files, one after the other or by workers, then streams and cameras together.

        Raises:
            WriteError: a table cannot be written.
            AwryError: no worker could be had.
        """
        options = self._first.options
        alone = len(named) == 1

        def steps(name: str, source: FoundSource) -> Generator[bool]:
            return self.steps(name, source, options.overlay_of(name, alone=alone), interrupted)

        files = [one for one in named if not _is_live(one[1])]
        if fleet is not None:
            fleet.score(steps)
        else:
            for one in files:
                self.score_in_turns([steps(*one)])
        self.score_in_turns([steps(*one) for one in named if _is_live(one[1])])

    def steps(
        self, name: str, where: FoundSource, overlay: Path | None, interrupted: list[bool]
    ) -> Generator[bool]:
        """Score a source a frame at a step; what kept it from that is listed.

        Yields:
            whether there was a frame.

        Raises:
            WriteError: a table cannot be written.
        """
        if interrupted:
            self._first.notes.append(f"{name}: not scored, stopped by {stopped_by()}")
            return
        self.reporter.start(scoring(name))
        try:
            source = TolerantSource(self._opened(where), interrupted, self._first.options.start)
            yield from SourceRun(name, source, self._every, overlay, self.reporter).steps()
        except WriteError:
            raise
        except AwryError as error:
            self._first.failed.append(f"{name}: {error}")
        finally:
            self.reporter.end(scoring(name))

    def _opened(self, where: FoundSource) -> Source:
        """A file, or the reader of a stream or a camera."""
        options = self._first.options
        if not _is_live(where):
            return where.open()
        if options.reconnect:
            source: Source = Reconnecting(where.open, name=where.name, attempts=options.attempts)
        else:
            source = where.open()
        return self._readers.enter_context(Reader(source, arrived=self._arrived))

    def score_in_turns(self, sources: Sequence[Generator[bool]]) -> None:
        """Let sources take steps, one after the other, until all have ended."""
        with ExitStack() as stack:
            going = [stack.enter_context(closing(source)) for source in sources]
            while going:
                self._arrived.clear()
                moved = False
                for source in tuple(going):
                    step = next(source, None)
                    moved = moved or bool(step)
                    if step is None:
                        going.remove(source)
                if going and not moved:
                    self._arrived.wait(PATIENCE_S)

    def close(self) -> None:
        """Wait for the threads that read; they end with the frame that comes next, or without."""
        self._readers.close()

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
