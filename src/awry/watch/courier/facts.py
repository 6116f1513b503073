"""A camera as the courier tells of it."""

from __future__ import annotations

from dataclasses import dataclass

from awry.watch.store.results import Budget, StoredCamera, StoredEvent


@dataclass(frozen=True, slots=True)
class CameraNow:
    """A camera as it is now.

    Attributes:
        camera: its state, flags and last score.
        alarm: whether an event that somebody was told of is open.
        budget: of the newest day; None: there is none.
        last: the newest event that somebody was told of; None: there is none.
    """

    camera: StoredCamera
    alarm: bool = False
    budget: Budget | None = None
    last: StoredEvent | None = None
