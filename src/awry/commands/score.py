"""`awry score`: sources to scores, regions, alarms, maps and overlay videos."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from awry.detector import Detector, scored
from awry.errors import AwryError, ConfigError, MissingError
from awry.frames import Event, Frame, FrameScore
from awry.scoring.events import find_events
from awry.scoring.fill import fill_unscored
from awry.storage import whole_file
from awry.video.open import FoundSource, list_sources
from awry.video.overlay import draw_overlay
from awry.video.source import Source
from awry.video.writer import VideoWriter

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ScoreOptions:
    """What `awry score` writes.

    Attributes:
        out: scores per frame; CSV, JSON lines or Parquet by ending.
        regions, events: the same endings.
        maps: folder for one npz a source (`maps` (n, h, w) float32, `frames` (n,)).
        overlay: a video; with several sources, their names are added to its stem.
        scene: which of the fitted scenes the sources show.
        parts: names of extra parts, or `all`.
        fps: for image folders, whose rate is not stored.
    """

    out: Path
    regions: Path | None = None
    events: Path | None = None
    maps: Path | None = None
    overlay: Path | None = None
    scene: str = "*"
    parts: Sequence[str] = ()
    fps: float | None = None


@dataclass(slots=True)
class Tally:
    """What came of it."""

    frames: int = 0
    rows: list[Row] = field(default_factory=list)
    regions: list[Row] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def run_score(
    detector: Detector, sources: Sequence[str], options: ScoreOptions, console: Console
) -> dict[str, Any]:
    """Score every source; those that fail are listed and the rest is done.

    Returns:
        A summary for `--json`.
    """
    for path in (options.out, options.regions, options.events):
        check_table(path)
    tally = Tally()
    found = _find_all(sources, options, tally)
    for name, where in found:
        console.print(f"scoring {name}", highlight=False, markup=False)
        try:
            source = where.open()
            _score_source(detector, name, source, options, tally, several=len(found) > 1)
        except AwryError as error:
            tally.failed.append(f"{name}: {error}")
    write_table(options.out, tally.rows, ["source", "frame", "time_s", "score", "scored"])
    if options.regions is not None:
        columns = ["source", "frame", "x_min", "y_min", "x_max", "y_max", "score"]
        write_table(options.regions, tally.regions, columns)
    if options.events is not None:
        write_table(options.events, [event_row(event) for event in tally.events], EVENT_COLUMNS)
    return {
        "frames": tally.frames,
        "alarms": [event_row(event) for event in tally.events],
        "out": str(options.out),
        "failed": tally.failed,
        "notes": tally.notes,
    }


def show_score(summary: dict[str, Any]) -> None:
    """Print the alarms and where the scores are."""
    table = Table("source", "frames", "seconds", "peak", "score", title="alarms")
    for alarm in summary["alarms"]:
        seconds = (
            "-" if alarm["start_s"] is None else f"{alarm['start_s']:.1f}-{alarm['end_s']:.1f}"
        )
        frames = f"{alarm['first']}-{alarm['last']}"
        table.add_row(alarm["source"], frames, seconds, str(alarm["peak"]), f"{alarm['score']:.4g}")
    printer = Console()
    printer.print(table)
    printer.print(f"{summary['frames']} frames scored: {summary['out']}", highlight=False)
    for note in summary["notes"]:
        printer.print(note, highlight=False, markup=False)


def _find_all(
    sources: Sequence[str], options: ScoreOptions, tally: Tally
) -> list[tuple[str, FoundSource]]:
    """The sources by names that are unique within this call."""
    seen: dict[str, int] = {}
    named = []
    for what in sources:
        try:
            found = list_sources(what, fps=options.fps)
        except AwryError as error:
            tally.failed.append(str(error))
            continue
        for source in found:
            count = seen[source.name] = seen.get(source.name, 0) + 1
            named.append((source.name if count == 1 else f"{source.name}-{count}", source))
    return named


def _score_source(
    detector: Detector,
    name: str,
    source: Source,
    options: ScoreOptions,
    tally: Tally,
    *,
    several: bool,
) -> None:
    wants_maps = any((options.maps, options.regions, options.events, options.overlay))
    scorer = detector.scorer(options.scene, fps=source.fps, maps=wants_maps, parts=options.parts)
    pairs: Iterable[tuple[Frame, FrameScore]] = scored(scorer, source)
    if options.overlay is not None:
        path = options.overlay
        path = path.with_stem(f"{path.stem}-{name}") if several else path
        pairs = overlaid(pairs, path, detector, options.scene, source.fps)
    scores = [_without_map(score, options) for _, score in _until_interrupted(pairs, tally, name)]
    _keep(detector, name, scores, options, tally)
    health = source.health
    tally.failed += [f"{name}: {note}" for note in health.notes]
    if health.damaged:
        tally.failed.append(
            f"{name}: {len(health.damaged)} frames are damaged; all that could be had was scored"
        )


def _until_interrupted(
    pairs: Iterable[tuple[Frame, FrameScore]], tally: Tally, name: str
) -> Iterator[tuple[Frame, FrameScore]]:
    """Ctrl-C ends a stream; what was scored by then is written."""
    try:
        yield from pairs
    except KeyboardInterrupt:
        tally.notes.append(f"{name}: stopped by Ctrl-C")


def _without_map(score: FrameScore, options: ScoreOptions) -> FrameScore:
    if options.maps is not None or score.map is None:
        return score
    return FrameScore(score.index, score.time_s, score.score, score.parts, regions=score.regions)


def _keep(
    detector: Detector, name: str, scores: list[FrameScore], options: ScoreOptions, tally: Tally
) -> None:
    if not scores:
        tally.failed.append(f"{name}: gave no frame")
        return
    filled, was_scored = fill_unscored([score.score for score in scores])
    if not was_scored.any():
        tally.notes.append(
            f"{name}: no frame was scored; its {len(scores)} frames are fewer than the method's "
            "warm-up and look-ahead"
        )
    parts = list(dict.fromkeys(part for score in scores for part in score.parts))
    part_values = {p: fill_unscored([s.parts.get(p) for s in scores])[0] for p in parts}
    for place, score in enumerate(scores):
        row: Row = {
            "source": name,
            "frame": score.index,
            "time_s": score.time_s,
            "score": float(filled[place]),
            "scored": int(was_scored[place]),
        }
        tally.rows.append(row | {f"part.{p}": float(v[place]) for p, v in part_values.items()})
        tally.regions += [_region_row(name, score, region) for region in score.regions]
    tally.frames += len(scores)
    assert detector.calibration is not None
    calibration = detector.calibration.scene(options.scene)
    if was_scored.any():
        tally.events += find_events(
            name,
            scores,
            filled,
            calibration.threshold,
            calibration.how,
            detector.calibration.options,
        )
    if options.maps is not None:
        _write_maps(options.maps / f"{name}.npz", scores)


def _region_row(name: str, score: FrameScore, region: Any) -> Row:
    corners = dict(zip(("x_min", "y_min", "x_max", "y_max"), region.box, strict=True))
    return {"source": name, "frame": score.index, **corners, "score": region.score}


def _write_maps(path: Path, scores: Sequence[FrameScore]) -> None:
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


def overlaid(
    pairs: Iterable[tuple[Frame, FrameScore]],
    path: Path,
    detector: Detector,
    scene: str,
    fps: float | None,
) -> Iterator[tuple[Frame, FrameScore]]:
    """Pass frames and scores on, and write a video of them: heat, regions, curve."""
    assert detector.calibration is not None
    calibration = detector.calibration.scene(scene)
    history: list[float | None] = []
    writer: VideoWriter | None = None
    try:
        for frame, score in pairs:
            history.append(score.score)
            picture = draw_overlay(
                frame,
                score,
                history,
                calibration.threshold,
                ignore=detector.ignore,
                alarm=score.score is not None and score.score > calibration.threshold,
                heat_range=calibration.heat_range,
            )
            if writer is None:
                writer = VideoWriter(path, fps, size=picture.shape[:2]).__enter__()
            writer.write(picture)
            yield frame, score
    except BaseException as error:
        if writer is not None:
            writer.__exit__(type(error), error, error.__traceback__)
        raise
    if writer is not None:
        writer.__exit__(None, None, None)


EVENT_COLUMNS = ["source", "first", "last", "start_s", "end_s", "peak", "score"]


def event_row(event: Event) -> Row:
    """An alarm as a table's row; parts and regions are JSON within it."""
    row = asdict(event)
    regions = [{"box": list(r.box), "score": r.score, "parts": r.parts} for r in event.regions]
    return row | {"parts": json.dumps(event.parts), "regions": json.dumps(regions)}


TABLES = (".csv", ".jsonl", ".parquet")


def check_table(path: Path | None) -> None:
    """Refuse a table's ending before any work is done.

    Raises:
        ConfigError: not .csv, .jsonl or .parquet.
        MissingError: .parquet without pyarrow.
    """
    if path is None:
        return
    if path.suffix not in TABLES:
        raise ConfigError(f"Cannot write {path}: its ending must be one of {', '.join(TABLES)}.")
    if path.suffix == ".parquet":
        try:
            import pyarrow  # noqa: F401
        except ImportError as error:
            raise MissingError(
                "Parquet files need pyarrow: pip install 'awry[parquet]', or write .csv or .jsonl."
            ) from error


def write_table(path: Path, rows: Sequence[Row], columns: Sequence[str]) -> None:
    """Write rows as CSV, JSON lines or Parquet, by the path's ending, at full precision.

    Args:
        columns: come first and are there even without rows; others follow in order of
            appearance.
    """
    names = list(dict.fromkeys([*columns, *(name for row in rows for name in row)]))
    with whole_file(path) as temporary:
        if path.suffix == ".parquet":
            import pyarrow as pa
            from pyarrow import parquet

            table = pa.table({name: [row.get(name) for row in rows] for name in names})
            parquet.write_table(table, temporary)
        elif path.suffix == ".jsonl":
            text = "".join(json.dumps(row) + "\n" for row in rows)
            temporary.write_text(text, encoding="utf-8")
        else:
            with temporary.open("w", newline="", encoding="utf-8") as file:
                writer = csv.DictWriter(file, names, lineterminator="\n")
                writer.writeheader()
                writer.writerows(rows)
