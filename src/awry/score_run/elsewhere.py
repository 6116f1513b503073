"""Sources are scored in workers beside one another; their rows are written here, in order.

Whatever a worker finished is on disk beside the outputs at once, so that `--resume` goes on from
there. Live streams, cameras and images in memory stay in this process.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from awry.detector import Detector
from awry.errors import AwryError, SourceError
from awry.progress import Silent
from awry.score_run.kept import KeptOutputs, Recorder
from awry.score_run.options import ScoreOptions
from awry.score_run.source_run import SourceRun
from awry.score_run.tolerant import TolerantSource
from awry.video.files import VideoFile
from awry.video.open import FoundSource
from awry.video.source import Source
from awry.video.stretch import Stretch, StretchFile

Load = Callable[[], Detector]


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Where sources are scored if not in this process.

    Attributes:
        loads: title -> what gives that detector in a worker.
        workers, on: as of `awry.cluster.Pool`; both None: in this process after all.
        resume: go on from what an earlier run of the same command finished.
        piece_minutes: long files are cut into pieces of at least so much; 0: none is.
    """

    loads: Mapping[str, Load]
    workers: int | None = None
    on: str | None = None
    resume: bool = False
    piece_minutes: float = 10.0


@dataclass(frozen=True, slots=True)
class SourceTask:
    """A source, or a piece of one, that is scored elsewhere.

    Attributes:
        name: in outputs.
        source: opens it.
        overlay: where its video goes, or None.
        stretch: which frames of a video file; None: all of the source.
    """

    name: str
    source: FoundSource
    overlay: Path | None = None
    stretch: Stretch | None = None

    @property
    def core(self) -> tuple[int, int] | None:
        """Indices of the first frame of use and of the one behind the last; None: all."""
        return None if self.stretch is None else self.stretch.core

    def open(self) -> Source:
        """The frames.

        Raises:
            SourceError: they cannot be had.
        """
        source = self.source.open()
        if self.stretch is None:
            return source
        assert isinstance(source, VideoFile)
        return StretchFile(source.path, source.name, self.stretch)


class SourceScorer:
    """What runs in a worker: scores one source after the other.

    Args:
        loads: title -> what gives that detector.
        options: what is written; maps and videos by the worker itself.
        stop: filled by whoever wants the end, which comes within a source then.
    """

    def __init__(
        self, loads: Mapping[str, Load], options: ScoreOptions, stop: Sequence[bool] = ()
    ) -> None:
        self._detectors = {title: load() for title, load in loads.items()}
        self._options = options
        self._stop = stop

    def __call__(self, task: SourceTask) -> bytes:
        """See `awry.score_run.kept`.

        Raises:
            AwryError: nothing of it could be scored.
        """
        recorder = Recorder()
        every = {
            title: KeptOutputs(detector, self._of(title), title, recorder, task.core)
            for title, detector in self._detectors.items()
        }
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("default", UserWarning)
            source = TolerantSource(task.open(), self._stop, self._options.start)
            for _ in SourceRun(task.name, source, every, task.overlay, Silent()).steps():
                pass
        failed = {title: outputs.failed for title, outputs in every.items()}
        wrong = [sentence for sentences in failed.values() for sentence in sentences]
        if task.stretch is not None and wrong:
            raise SourceError(f"It must be read as a whole. {wrong[0]}")
        return recorder.end(
            source.fps,
            {title: outputs.notes for title, outputs in every.items()},
            failed,
            [str(one.message) for one in said if issubclass(one.category, UserWarning)],
        )

    def _of(self, title: str) -> ScoreOptions:
        return self._options.for_other(title) if title else self._options


def scored_here(
    work: SourceScorer,
    tasks: Sequence[SourceTask],
    stop: Sequence[bool],
    meanwhile: Callable[[], bool],
) -> Iterator[tuple[SourceTask, bytes | AwryError]]:
    """As `Pool.run`, in this process; a source that is stopped on its way is not given."""
    for task in tasks:
        try:
            answer: bytes | AwryError = work(task)
        except AwryError as error:
            answer = error
        if stop:
            return
        yield task, answer
        while meanwhile():
            pass
