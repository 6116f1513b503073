"""What came of the sources that were scored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from awry.frames import Event
from awry.output.tables import event_row


@dataclass(slots=True)
class SourceResult:
    """What came of one source.

    Attributes:
        source: its name.
        frames, scored: all frames, and those that the method itself scored.
        peak, score: index and score of the highest scored frame; None where none was scored.
        alarms: how many.
        timed: whether every frame had a time.
    """

    source: str
    frames: int = 0
    scored: int = 0
    peak: int | None = None
    score: float | None = None
    alarms: int = 0
    timed: bool = True

    def oddities(self) -> list[str]:
        """What a person should know, one sentence each."""
        found = []
        if self.frames and not self.scored:
            found.append(
                f"{self.source}: no frame was scored; its {self.frames} frames are fewer than the "
                "method's warm-up and look-ahead."
            )
        if not self.timed:
            found.append(
                f"{self.source}: frames per second are unknown, so time_s is empty; give --fps "
                "for pictures."
            )
        return found

    def to_json(self) -> dict[str, Any]:
        """As plain values."""
        names = ("source", "frames", "scored", "peak", "score", "alarms")
        return {name: getattr(self, name) for name in names}


@dataclass(frozen=True, slots=True)
class ScoreResult:
    """What one detector made of all sources.

    Attributes:
        out: the table of scores.
        sources: one for each source that gave a frame.
        alarms: in the order of their ends; of very many only the last, see `notes`.
        notes: what is odd, one sentence each.
        failed: what was lost, one sentence each.
        interrupted: whether a signal ended it; what was scored by then is written.
        also: the same of further detectors that saw the same frames, by name.
    """

    out: str
    sources: Sequence[SourceResult]
    alarms: Sequence[Event]
    notes: Sequence[str] = ()
    failed: Sequence[str] = ()
    interrupted: bool = False
    also: Mapping[str, ScoreResult] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def frames(self) -> int:
        """Frames of all sources."""
        return sum(source.frames for source in self.sources)

    def to_json(self) -> dict[str, Any]:
        """As plain values, for `--json`."""
        return {
            "frames": self.frames,
            "sources": [source.to_json() for source in self.sources],
            "alarms": [event_row(event) for event in self.alarms],
            "out": self.out,
            "notes": list(self.notes),
            "interrupted": self.interrupted,
            "failed": list(self.failed),
            "also": {name: result.to_json() for name, result in self.also.items()},
        }
