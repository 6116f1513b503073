"""What `awry score` gathers of its sources."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from awry.commands.forgiving import Forgiving
from awry.commands.tables import Row, region_row
from awry.detector import Detector
from awry.errors import MissingError, SourceError
from awry.frames import Event, FrameScore
from awry.scoring.events import find_events
from awry.scoring.fill import fill_unscored, filled_parts
from awry.storage import whole_file


@dataclass(slots=True)
class Tally:
    """What came of the sources that `awry score` was given."""

    sources: list[Row] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    regions: list[Row] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def keep_scores(
    detector: Detector,
    name: str,
    source: Forgiving,
    scores: Sequence[FrameScore],
    scene: str,
    tally: Tally,
) -> None:
    """Add a source's scores, regions and alarms.

    Raises:
        SourceError: it gave no frame.
    """
    if not scores:
        raise SourceError("It gave no frame.")
    filled, was_scored = fill_unscored([score.score for score in scores])
    parts = filled_parts(scores)
    for place, score in enumerate(scores):
        row: Row = {
            "source": name,
            "frame": score.index,
            "time_s": score.time_s,
            "score": float(filled[place]),
            "scored": int(was_scored[place]),
        }
        tally.rows.append(row | {f"part.{p}": float(v[place]) for p, v in parts.items()})
        tally.regions += [region_row(name, score, region) for region in score.regions]
    assert detector.calibration is not None
    calibration = detector.calibration.scene(scene)
    events = find_events(
        name,
        scores,
        filled,
        calibration.threshold,
        calibration.how,
        detector.calibration.options,
        calibration.location,
    )
    tally.events += events
    peak = int(np.argmax(np.where(was_scored, filled, -np.inf)))
    tally.sources.append(
        {
            "source": name,
            "frames": len(scores),
            "scored": int(was_scored.sum()),
            "peak": scores[peak].index if was_scored.any() else None,
            "score": float(filled[peak]) if was_scored.any() else None,
            "alarms": len(events),
        }
    )
    _remark(name, source, scores, bool(was_scored.any()), tally)


def _remark(
    name: str, source: Forgiving, scores: Sequence[FrameScore], any_scored: bool, tally: Tally
) -> None:
    """Note what is odd, and list what was lost."""
    if not any_scored:
        tally.notes.append(
            f"{name}: no frame was scored; its {len(scores)} frames are fewer than the method's "
            "warm-up and look-ahead."
        )
    if any(score.time_s is None for score in scores):
        tally.notes.append(
            f"{name}: frames per second are unknown, so time_s is empty; give --fps for pictures."
        )
    health = source.health
    tally.failed += [f"{name}: {note}" for note in (*health.notes, *source.problems)]
    if health.damaged:
        tally.failed.append(
            f"{name}: {len(health.damaged)} frames are damaged; all that could be had was scored."
        )


def write_maps(path: Path, scores: Sequence[FrameScore]) -> None:
    """Write a source's maps as npz: `maps` (n, h, w) float32 and `frames` (n,).

    Raises:
        MissingError: no frame has a map.
        WriteError: it cannot be written.
    """
    maps = [(score.index, score.map) for score in scores if score.map is not None]
    if not maps:
        raise MissingError(
            f"No map was given for {path.stem}: the method has none, or no frame was scored. "
            "Leave --maps out."
        )
    with whole_file(path) as temporary, temporary.open("wb") as file:
        np.savez_compressed(
            file,
            frames=np.array([index for index, _ in maps]),
            maps=np.stack([found for _, found in maps]),
        )
