"""The one seam through which frames enter: a `Source` is anything that yields `Frame`s."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from awry.frames import Frame


@dataclass(slots=True)
class SourceHealth:
    """What went wrong while a source was read.

    Attributes:
        damaged: indices of frames that were delivered although the decoder reported an error.
        lost: frames that the source announces and that could not be had. Of a clip that was read
            to its end, the frames that were given and these are all that were filmed.
        skipped: frames of a live source that came faster than they were taken.
        notes: one sentence for each problem, in the order of their appearance.
        remarks: those of the notes that speak of no fault, such as that frames were turned upright.
    """

    damaged: list[int] = field(default_factory=list)
    lost: int = 0
    skipped: int = 0
    notes: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """True while nothing went wrong."""
        return not (self.damaged or self.lost or self.skipped or self.faults)

    @property
    def faults(self) -> list[str]:
        """The notes that are no mere remarks."""
        return [note for note in self.notes if note not in self.remarks]

    def remark(self, sentence: str) -> None:
        """Note what should be known though nothing is wrong."""
        self.notes.append(sentence)
        self.remarks.append(sentence)


@runtime_checkable
class Source(Protocol):
    """A clip, a stream or a camera.

    Attributes:
        name: how the source is called in outputs, usually the file's or folder's stem.
        fps: nominal frames per second, or None where it is unknown.
        health: filled while frames are read.

    A source may know more of itself: `started_at`, when its first frame was taken, with a zone
    (see `awry.video.clock`), and `is_live`, whether its frames come in their own time and are lost
    when nobody takes them (see `awry.video.reader`).

    Iterating yields frames in order, with indices from 0 upwards. A file or folder can be
    iterated again from its start; a live source cannot.
    """

    name: str
    fps: float | None

    @property
    def health(self) -> SourceHealth:
        """What went wrong while frames were read."""

    def __iter__(self) -> Iterator[Frame]: ...
