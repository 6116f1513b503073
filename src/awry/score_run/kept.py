"""What was scored of a source, whole, as bytes: on its way between processes, and for `--resume`.

Lines of JSON, compressed: first what the source says of itself, then frames, last what is to be
said of it. Numbers come back as they were.
"""

from __future__ import annotations

import gzip
import io
import json
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from awry.detector import Detector
from awry.errors import InputError
from awry.foreign import reading
from awry.frames import FrameScore, Region
from awry.progress import Reporter
from awry.score_run.options import ScoreOptions
from awry.score_run.outputs import Outputs
from awry.score_run.result import SourceResult
from awry.score_run.score_side import ScoreSide
from awry.scored_frames import Size

_AT_ONCE = 256


class Recorder:
    """Takes the scores of one source, of one detector or several, and gives them as bytes."""

    def __init__(self) -> None:
        self._bytes = io.BytesIO()
        self._file = gzip.GzipFile(fileobj=self._bytes, mode="wb", compresslevel=1, mtime=0)
        self._waiting: dict[str, list[Any]] = {}
        self._begun = False

    def begin(self, size: Size, started_at: datetime | None) -> None:
        """What the source says of itself, once."""
        if not self._begun:
            self._begun = True
            since = None if started_at is None else started_at.isoformat()
            self._line({"size": size, "started_at": since})

    def add(self, title: str, score: FrameScore) -> None:
        """Take the next frame of a detector."""
        frames = self._waiting.setdefault(title, [])
        frames.append(_plain(score))
        if len(frames) >= _AT_ONCE:
            self._write(title)

    def end(
        self,
        fps: float | None,
        notes: Mapping[str, Sequence[str | None]],
        failed: Mapping[str, Sequence[str]],
        said: Sequence[str],
    ) -> bytes:
        """All of it.

        Args:
            fps: of the source.
            notes: of each detector by its title; a None stands for what is odd of its scores.
            failed: likewise, one sentence each.
            said: warnings.
        """
        for title in [*self._waiting]:
            self._write(title)
        self._line({"fps": fps, "notes": notes, "failed": failed, "said": said})
        self._file.close()
        return self._bytes.getvalue()

    def _write(self, title: str) -> None:
        self._line({"title": title, "frames": self._waiting.pop(title)})

    def _line(self, value: Any) -> None:
        self._file.write(json.dumps(value, default=float, separators=(",", ":")).encode() + b"\n")


class KeptOutputs(Outputs):
    """Stands for one detector's tables where its scores go elsewhere.

    Args:
        detector, options: whose, and what is wanted.
        title: of the detector; the first one's is empty.
        recorder: takes the scores.
        core: indices of the first frame that is of use and of the one behind the last; None: all.
    """

    def __init__(
        self,
        detector: Detector,
        options: ScoreOptions,
        title: str,
        recorder: Recorder,
        core: tuple[int, int] | None = None,
    ) -> None:
        super().__init__(detector, options)
        self.title = title
        self.core = core
        self.recorder = recorder
        self.notes: list[str | None] = []  # type: ignore[assignment]

    def side(self, name: str, reporter: Reporter | None) -> KeptSide:
        """As `Outputs.side`; nobody is told of alarms, which are not known here."""
        return KeptSide(self, name, reporter)

    def remark(self, result: SourceResult) -> None:
        """Leave a place for what is odd, which alarms are part of."""
        self.notes.append(None)


class KeptSide(ScoreSide):
    """Takes scores and keeps them."""

    def __init__(self, outputs: KeptOutputs, name: str, reporter: Reporter | None) -> None:
        super().__init__(outputs, name, reporter)
        self._kept = outputs

    def add(self, score: FrameScore, size: Size, started_at: datetime | None) -> None:
        """As `ScoreSide.add`."""
        core = self._kept.core
        if core is None or core[0] <= score.index < core[1]:
            self._kept.recorder.begin(size, started_at)
            self._kept.recorder.add(self._kept.title, score)
        self.result.frames += 1

    def finish(self, fps: float | None) -> None:
        """Nothing is owed."""


@dataclass(frozen=True, slots=True)
class About:
    """What a source says of itself: (H, W) of its frames, and when the first one was taken."""

    size: Size
    started_at: datetime | None


@dataclass(frozen=True, slots=True)
class Scores:
    """Some frames in order, as the detector with that title scored them."""

    title: str
    frames: Sequence[FrameScore]


@dataclass(frozen=True, slots=True)
class Said:
    """What is to be said of a source: as `Recorder.end` takes it."""

    fps: float | None
    notes: Mapping[str, Sequence[str | None]]
    failed: Mapping[str, Sequence[str]]
    warnings: Sequence[str]


@dataclass(frozen=True, slots=True)
class KeptSource:
    """What was scored of a source.

    Attributes:
        name: of the source, in outputs.
        data: as `Recorder.end` gave it.
    """

    name: str
    data: bytes

    def lines(self) -> Iterator[About | Scores | Said]:
        """First what it is, then scores, last what is to be said.

        Raises:
            InputError: the bytes are damaged.
        """
        last: About | Scores | Said | None = None
        with (
            reading(self.name, "kept scores", InputError, "Score it anew."),
            gzip.open(io.BytesIO(self.data)) as file,
        ):
            for line in file:
                before, last = last, _read(json.loads(line))
                if isinstance(last, About) != (before is None) or isinstance(before, Said):
                    raise ValueError("its lines are in another order")
                yield last
            if not isinstance(last, Said):
                raise ValueError("its end is missing")

    def whole(self) -> bool:
        """Whether it is as it was written, to its end."""
        try:
            for _ in self.lines():
                pass
            return True
        except InputError:
            return False


def replay(
    pieces: Sequence[KeptSource], every: Mapping[str, Outputs], reporter: Reporter
) -> Iterator[None]:
    """Give a source's scores to the tables, as if it was scored now; pauses between some frames.

    Args:
        pieces: of the source, in order; what is to be said of it stands in the first.
        every: each detector's outputs, by its title.
        reporter: told of the first detector's alarms.

    Raises:
        WriteError: a table cannot be written.
        InputError: what was kept is damaged.
    """
    name = pieces[0].name
    sides = {t: outputs.side(name, None if t else reporter) for t, outputs in every.items()}
    about = About((1, 1), None)
    said: Said | None = None
    for piece in pieces:
        for line in piece.lines():
            if isinstance(line, About):
                about = line
            elif isinstance(line, Said):
                said = said or line
            else:
                for score in line.frames:
                    sides[line.title].add(score, about.size, about.started_at)
            yield
    assert said is not None
    for title, side in sides.items():
        side.finish(said.fps)
        for note in said.notes[title]:
            if note is None:
                every[title].remark(side.result)
            else:
                every[title].notes.append(note)
        every[title].failed += said.failed[title]
    for sentence in said.warnings:
        warnings.warn(sentence, stacklevel=1)


def _read(line: Mapping[str, Any]) -> About | Scores | Said:
    if "frames" in line:
        return Scores(str(line["title"]), [_score(frame) for frame in line["frames"]])
    if "size" in line:
        height, width = line["size"]
        since = line["started_at"]
        moment = None if since is None else datetime.fromisoformat(since)
        return About((int(height), int(width)), moment)
    notes = {title: [*sentences] for title, sentences in line["notes"].items()}
    failed = {title: [*sentences] for title, sentences in line["failed"].items()}
    return Said(line["fps"], notes, failed, [str(one) for one in line["said"]])


def _plain(score: FrameScore) -> list[Any]:
    regions = [[one.box, one.score, one.parts, one.class_name] for one in score.regions]
    return [score.index, score.time_s, score.score, score.parts, regions]


def _score(frame: Sequence[Any]) -> FrameScore:
    index, time_s, score, parts, regions = frame
    boxes = tuple(Region(tuple(box), value, own, name) for box, value, own, name in regions)
    return FrameScore(index, time_s, score, parts, regions=boxes)
