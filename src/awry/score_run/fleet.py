"""Sources go to workers, and their rows into the tables in the order of the sources."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from types import TracebackType

from awry.cluster import Pool, Prepared
from awry.errors import AwryError, InputError
from awry.interrupts import stopped_by
from awry.output.maps import SUFFIX as GROWING
from awry.partial import partial_path
from awry.progress import Reporter
from awry.score_run.elsewhere import Elsewhere, SourceScorer, SourceTask, scored_here
from awry.score_run.kept import replay
from awry.score_run.kept_folder import KeptFolder, kept_folder, settings_of
from awry.score_run.outputs import Outputs
from awry.score_run.pieces import pieces_of
from awry.video.open import FoundSource

_MANY = 4

Named = tuple[str, FoundSource]


class Fleet:
    """Workers for the sources of one run; as a context manager it starts and ends them.

    Args:
        where: the workers.
        every: each detector's outputs, by its title.
        named: sources by their names, none of them live.
        reporter: told of sources that are done, and of alarms.
        stop: filled by whoever wants the end.

    Raises:
        ConfigError: what an earlier run left is not this run's, or nobody said to take it.
        MissingError, AwryError: as `Pool`.
    """

    def __init__(
        self,
        where: Elsewhere,
        every: Mapping[str, Outputs],
        named: Sequence[Named],
        reporter: Reporter,
        stop: Sequence[bool],
    ) -> None:
        self._where = where
        self._every = every
        self._first = every[""]
        self._named = named
        self._reporter = reporter
        self._stop = stop
        self._options = self._first.options
        self._detectors = {title: outputs.detector for title, outputs in every.items()}
        settings = {
            **settings_of(self._detectors, self._options),
            "piece_minutes": where.piece_minutes,
        }
        self._kept = KeptFolder(kept_folder(self._options), settings, resume=where.resume)
        self._tasks = {name: self._pieces(name, source) for name, source in named if source.where}
        self._there = {
            task for task in self._every_task() if self._kept.finished(task, self._options)
        }
        self._refused: dict[str, AwryError] = {}
        self._all = False
        self._pool: Pool | None = None
        self._opened = ExitStack()

    def _pieces(self, name: str, source: FoundSource) -> list[SourceTask]:
        alone = len(self._named) == 1
        whole = SourceTask(name, source, self._options.overlay_of(name, alone=alone))
        # To cut a file, all of it is read once: where there are many, they are enough to share.
        few = len(self._named) < _MANY * (self._where.workers or os.cpu_count() or 1)
        minutes = self._where.piece_minutes if few else 0.0
        return pieces_of(whole, self._detectors, self._options, minutes)

    def _every_task(self) -> list[SourceTask]:
        return [task for tasks in self._tasks.values() for task in tasks]

    def _owed(self) -> list[SourceTask]:
        """What is neither there nor known to fail."""
        return [
            task
            for task in self._every_task()
            if task not in self._there and task.name not in self._refused
        ]

    def _growing(self) -> Iterator[Path]:
        """The files that workers write, as they are called until they are whole."""
        for task in self._owed():
            if task.overlay is not None:
                yield partial_path(task.overlay)
            for outputs in self._every.values():
                if outputs.options.maps is not None:
                    yield partial_path(outputs.options.maps_of(task.name), GROWING)

    @staticmethod
    def _drop(files: Sequence[Path]) -> None:
        """Leave nothing of what was under way when workers were ended: it is scored again."""
        for file in files:
            file.unlink(missing_ok=True)

    def __enter__(self) -> Fleet:
        on = self._where.on
        if self._owed() and (on is not None or self._where.workers is not None):
            self._opened.callback(self._drop, [one for one in self._growing() if not one.exists()])
            self._pool = self._opened.enter_context(Pool(self._where.workers, on or "ray"))
            for note in self._pool.notes:
                self._first.notes.append(note)
                self._reporter.message(note)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._opened.close()

    def score(self, here: Callable[[str, FoundSource], Iterator[bool]]) -> None:
        """Score all sources.

        Args:
            here: scores a source in this process, a step at a time: those that cannot be sent.

        Raises:
            WriteError: a table cannot be written.
            AwryError: no worker could be had.
        """
        rows = self._rows(here)
        title = f"scoring {len(self._tasks)} sources"
        if self._tasks:
            self._reporter.start(title, len(self._every_task()), len(self._there))
        try:
            while (owed := self._owed()) and not self._stop:
                for task, answer in self._answers(owed, lambda: next(rows, False)):
                    self._take(task, answer)
                    self._reporter.advance(title=title)
        finally:
            self._reporter.end(title)
        self._all = True
        for _ in rows:
            pass

    def tidy(self) -> None:
        """The tables are whole; what is finished is kept only where it is of use to `--resume`."""
        hopeless = {name for name, error in self._refused.items() if isinstance(error, InputError)}
        if all(task in self._there or task.name in hopeless for task in self._every_task()):
            self._kept.remove()
        elif self._kept.folder is not None:
            self._first.notes.append(
                f"What is finished is kept in {self._kept.folder}: the same command with --resume "
                "scores the rest. Remove it when nothing is to be scored any more."
            )

    def _take(self, task: SourceTask, answer: bytes | AwryError) -> None:
        """A task is over. A file of which a piece failed is scored as a whole."""
        if task not in self._tasks[task.name]:  # a piece of such a file
            return
        if not isinstance(answer, AwryError):
            self._kept.take(task, answer)
            self._there.add(task)
        elif task.stretch is None:
            self._refused[task.name] = answer
        else:
            self._tasks[task.name] = [SourceTask(task.name, task.source)]

    def _answers(
        self, owed: Sequence[SourceTask], meanwhile: Callable[[], bool]
    ) -> Iterator[tuple[SourceTask, bytes | AwryError]]:
        make = partial(SourceScorer, self._where.loads, self._options)
        if self._pool is not None:
            return self._pool.run(Prepared(make), owed, self._stop, meanwhile)
        return scored_here(make(stop=self._stop), owed, self._stop, meanwhile)

    def _rows(self, here: Callable[[str, FoundSource], Iterator[bool]]) -> Iterator[bool]:
        """Write what is known, source by source.

        Yields:
            False where the next source is not there yet.
        """
        for name, source in self._named:
            if name not in self._tasks:
                yield from here(name, source)
                continue
            while not (self._is_there(name) or name in self._refused or self._all):
                yield False
            kept = [self._kept.get(task) for task in self._tasks[name]]
            pieces = [piece for piece in kept if piece is not None]
            if self._is_there(name) and len(pieces) == len(kept):
                for _ in replay(pieces, self._every, self._reporter):
                    yield True
            elif name in self._refused:
                self._first.failed.append(f"{name}: {self._refused[name]}")
            else:
                self._first.notes.append(f"{name}: not scored, stopped by {stopped_by()}")

    def _is_there(self, name: str) -> bool:
        return all(task in self._there for task in self._tasks[name])
