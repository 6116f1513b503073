"""Pictures from the process that decodes them to the one that scores them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from awry.watch.messages import Light


@dataclass(frozen=True, slots=True, eq=False)
class GridFrame:
    """A picture on the time grid of its camera's detector.

    Attributes:
        camera: whose.
        session: of the connection; a new one means that time was lost between.
        step: number on the session's grid: `time = session's beginning + step / rate`.
        at: when it was taken, seconds since 1970-01-01 UTC.
        image: uint8 RGB (h, w, 3).
        light: mode of the picture.
        damaged: whether the decoder reported an error in it.
        dropped: steps that were left out just before it, since the scorer was behind.
    """

    camera: str
    session: str
    step: int
    at: float
    image: NDArray[np.uint8]
    light: Light = "day"
    damaged: bool = False
    dropped: int = 0


@dataclass(frozen=True, slots=True)
class GridEnd:
    """The session has ended: the connection was lost, or the camera is closed."""

    camera: str
    session: str
    at: float


class FrameSource(Protocol):
    """A scorer's end: it asks for the next picture when it is ready, so it is never flooded."""

    def next(self, timeout_s: float = 0.0) -> GridFrame | GridEnd | None:
        """The oldest picture that waits, after at most so long; None where there is none."""
        ...

    def close(self) -> None:
        """Ask no more."""
        ...


class FrameSink(Protocol):
    """An ingest process's end: a mailbox of three pictures, of which the newest win."""

    def put(self, frame: GridFrame | GridEnd) -> None:
        """Leave a picture; the oldest goes where three wait, and counts as `dropped`."""
        ...

    @property
    def dropped(self) -> int:
        """Pictures that went unread since the beginning."""
        ...

    def close(self) -> None:
        """No more will come."""
        ...
