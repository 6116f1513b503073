"""What came of the sources that were scored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from awry.errors import ConfigError
from awry.frames import Event
from awry.output.tables import SCORE_COLUMNS, TableWriter, check_table, event_row
from awry.results import FigureCard, Result
from awry.scored_frames import ScoredFrames
from awry.scoring.fill import fill_nearest

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# A source that is in alarm for a larger share of its frames is said to be.
MOSTLY = 0.5


@dataclass(slots=True)
class SourceResult:
    """What came of one source.

    Attributes:
        source: its name.
        frames, scored: all frames, and those that the method itself scored.
        peak, score: index and score of the highest scored frame; None where none was scored.
        alarms: how many.
        in_alarm: frames in them.
        timed: whether every frame had a time.
    """

    source: str
    frames: int = 0
    scored: int = 0
    peak: int | None = None
    score: float | None = None
    alarms: int = 0
    in_alarm: int = 0
    timed: bool = True

    def oddities(self) -> list[str]:
        """What a person should know, one sentence each."""
        sentences = []
        if self.frames and not self.scored:
            sentences.append(
                f"{self.source}: no frame was scored; its {self.frames} frames are fewer than the "
                "method's warm-up and look-ahead."
            )
        if not self.timed:
            sentences.append(
                f"{self.source}: frames per second are unknown, so time_s is empty; give --fps "
                "for pictures."
            )
        if self.in_alarm > MOSTLY * self.frames:
            sentences.append(
                f"{self.source}: {self.in_alarm / self.frames:.0%} of its frames lie in alarms. If "
                "nothing happened there, it differs from the normal footage as a whole: fit again "
                "with footage like it, or set a --threshold by hand."
            )
        return sentences

    def to_dict(self) -> dict[str, Any]:
        """As plain values."""
        names = ("source", "frames", "scored", "peak", "score", "alarms")
        return {name: getattr(self, name) for name in names}


@dataclass(frozen=True, slots=True)
class ScoreResult(Result):
    """What one detector made of all sources.

    Attributes:
        out: the table of scores, or the folder of tables as it was given; None where nothing was
            written.
        sources: one for each source that gave a frame.
        alarms: in the order of their ends; of very many only the last, see `notes`.
        notes: what is odd, one sentence each.
        failed: what was lost, one sentence each.
        interrupted: whether a signal ended it; what was scored by then is written.
        also: the same of further detectors that saw the same frames, by name.
        clips: name of a source -> its scores as arrays; empty where they were written to `out`.
        has_threshold: False where the detector has no threshold, so that there are no alarms.
    """

    out: Path | str | None
    sources: Sequence[SourceResult]
    alarms: Sequence[Event]
    notes: Sequence[str] = ()
    failed: Sequence[str] = ()
    interrupted: bool = False
    also: Mapping[str, ScoreResult] = field(default_factory=lambda: MappingProxyType({}))
    clips: Mapping[str, ScoredFrames] = field(default_factory=lambda: MappingProxyType({}))
    has_threshold: bool = True

    @property
    def frames(self) -> int:
        """Frames of all sources."""
        return sum(source.frames for source in self.sources)

    def to_dict(self) -> dict[str, Any]:
        """What `awry score --json` prints."""
        return {
            "frames": self.frames,
            "sources": list(self.rows()),
            "alarms": [event_row(event) for event in self.alarms],
            "out": None if self.out is None else str(self.out),
            "notes": list(self.notes),
            "interrupted": self.interrupted,
            "failed": list(self.failed),
            "also": {name: result.to_dict() for name, result in self.also.items()},
        }

    def save(self, path: str | Path) -> Path:
        """Write the scores of all frames as a table, or a summary as JSON.

        Args:
            path: a file; `.csv`, `.jsonl` and `.parquet` are tables as `out` is, `.json` is
                `to_dict()`.

        Returns:
            the file that was written.

        Raises:
            ConfigError: another ending, or the scores are not kept but stand in `out`.
            WriteError: it cannot be written.
        """
        path = Path(path)
        if path.suffix == ".json":
            return Result.save(self, path)
        check_table(path)
        if not self.clips:
            raise ConfigError(f"The scores of all frames stand in {self.out}; copy that table.")
        table = TableWriter(path, SCORE_COLUMNS)
        for clip in self.clips.values():
            table.add(_rows_of(clip))
        table.finish()
        return path

    def rows(self) -> Sequence[Mapping[str, Any]]:
        """One for each source."""
        return [source.to_dict() for source in self.sources]

    def draw(self, ax: Axes) -> None:
        """The scores of each source over its frames, or the highest of each without them."""
        for clip in self.clips.values():
            ax.plot(clip.frames, clip.scores, linewidth=1, label=clip.name)
        if self.clips:
            threshold = next(iter(self.clips.values())).threshold
            if threshold is not None:
                label = "threshold"
                ax.axhline(threshold, color="tab:red", linestyle="--", linewidth=1, label=label)
            ax.set(xlabel="frame", ylabel="score")
            ax.legend()
            return
        ax.bar([s.source for s in self.sources], [s.score or 0.0 for s in self.sources])
        ax.set(ylabel="highest score")

    def cards(self) -> Sequence[FigureCard]:
        """Frames, alarms and the highest score."""
        scored = [source for source in self.sources if source.score is not None]
        highest = max(scored, key=lambda source: source.score or 0.0, default=None)
        return [
            FigureCard("frames", str(self.frames), f"of {len(self.sources)} sources"),
            FigureCard(
                "alarms",
                str(sum(source.alarms for source in self.sources)),
                "" if self.has_threshold else "no threshold",
            ),
            FigureCard(
                "highest score",
                "-" if highest is None else f"{highest.score:.4g}",
                "" if highest is None else f"{highest.source}, frame {highest.peak}",
            ),
        ]


def _rows_of(clip: ScoredFrames) -> list[dict[str, Any]]:
    """As the table of scores has them: filled, and which were scored."""
    filled = fill_nearest(clip.scores, clip.scored)
    parts = {
        f"part.{name}": fill_nearest(values, ~np.isnan(values))
        for name, values in clip.parts.items()
    }
    return [
        {
            "source": clip.name,
            "frame": int(clip.frames[place]),
            "time_s": None if np.isnan(clip.times[place]) else float(clip.times[place]),
            "score": float(filled[place]),
            "scored": int(clip.scored[place]),
            **{name: float(values[place]) for name, values in parts.items()},
        }
        for place in range(len(clip))
    ]
