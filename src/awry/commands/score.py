"""`awry score`: sources to scores, regions, alarms, maps and overlay videos."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import tee
from pathlib import Path
from types import MappingProxyType
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from awry.commands.forgiving import Forgiving
from awry.commands.overlay import overlaid
from awry.commands.tables import (
    EVENT_COLUMNS,
    REGION_COLUMNS,
    SCORE_COLUMNS,
    check_table,
    event_row,
    write_table,
)
from awry.commands.tally import Tally, keep_scores, write_maps
from awry.detector import Detector, scored
from awry.errors import AwryError, ConfigError, SourceError, WriteError, nearest
from awry.frames import Frame, FrameScore
from awry.scoring.calibration import POOLED
from awry.training.loop import interrupt_flag
from awry.video.open import FoundSource, list_sources
from awry.video.writer import VideoWriter


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
    scene: str = POOLED
    parts: Sequence[str] = ()
    fps: float | None = None


@dataclass(frozen=True, slots=True)
class _Job:
    """One detector's share of the work."""

    detector: Detector
    options: ScoreOptions
    tally: Tally = field(default_factory=Tally)


def run_score(
    detector: Detector,
    sources: Sequence[str],
    options: ScoreOptions,
    console: Console,
    also: Mapping[str, Detector] = MappingProxyType({}),
) -> dict[str, Any]:
    """Score every source; those that fail are listed and the rest is done.

    Ctrl-C ends it after the current frame, with everything written that was scored.

    Args:
        also: name -> further detectors that see the same frames, which are read once. Their
            outputs have the name behind the stem; an overlay is the first detector's alone.

    Returns:
        A summary for `--json`; `also` holds those of the further detectors by name.

    Raises:
        ConfigError: an ending, a scene or a part that is unknown.
        SourceError: nothing at all could be scored.
        WriteError: an output cannot be written.
    """
    first = _Job(detector, options)
    others = {name: _Job(one, _for_other(options, name)) for name, one in also.items()}
    jobs = {"": first, **others}
    for job in jobs.values():
        _check(job.detector, job.options)
    tally = first.tally
    found = _find_all(sources, options, tally)
    with interrupt_flag() as interrupted, _progress(console) as progress:
        for name, where in found:
            if interrupted:
                tally.failed.append(f"{name}: not scored, stopped by Ctrl-C")
                continue
            task = progress.add_task(escape(name), total=None)
            try:
                source = Forgiving(where.open(), interrupted)
                path = options.overlay
                if path is not None and len(found) > 1:
                    path = _with_name(path, name)
                step = partial(progress.advance, task)
                tally.failed += _score_one(jobs, name, source, path, step)
            except WriteError:
                raise
            except AwryError as error:
                tally.failed.append(f"{name}: {error}")
            finally:
                progress.stop_task(task)
    if not tally.rows and interrupted:
        raise KeyboardInterrupt("stopped before a frame was scored")
    if not tally.rows:
        raise SourceError(f"Nothing was scored. {' '.join(tally.failed)}")
    summary = _written(first) | {"interrupted": bool(interrupted), "failed": tally.failed}
    return summary | {"also": {name: _written(job) for name, job in others.items()}}


@dataclass(slots=True)
class _Stream:
    """One detector's way through a source."""

    job: _Job
    title: str
    pairs: Iterator[tuple[Frame, FrameScore]]
    scores: list[FrameScore] = field(default_factory=list)


def _score_one(
    jobs: Mapping[str, _Job],
    name: str,
    source: Forgiving,
    overlay: Path | None,
    advance: Callable[[], object],
) -> list[str]:
    """Read a source once, and let every detector see its frames.

    Returns:
        What kept single detectors from it, one sentence each; the others go on.

    Raises:
        AwryError: what kept the first, where none could score it.
    """
    streams = []
    for (title, job), frames in zip(jobs.items(), tee(source, len(jobs)), strict=True):
        path = None if title else overlay
        about = f"{name} by {title}" if title else name
        streams.append(_Stream(job, about, _pairs(job, source, frames, path)))
    failed = _run_together(streams, advance)
    done = [one for one in streams if one.title not in failed]
    if not done:
        raise next(iter(failed.values()))
    for one in done:
        options = one.job.options
        keep_scores(one.job.detector, name, source, one.scores, options.scene, one.job.tally)
        if options.maps is not None:
            write_maps(options.maps / f"{_file_stem(name)}.npz", one.scores)
    return [f"{title}: {error}" for title, error in failed.items()]


def _run_together(
    streams: Sequence[_Stream], advance: Callable[[], object]
) -> dict[str, AwryError]:
    """Score frame by frame; title -> error of those that could not go on.

    Frames are kept only as long as one detector is behind another: its look-ahead, or a batch.
    """
    failed: dict[str, AwryError] = {}
    going = list(streams)
    while going:
        for one in tuple(going):
            try:
                _, score = next(one.pairs)
            except StopIteration:
                going.remove(one)
            except WriteError:
                raise
            except AwryError as error:
                failed[one.title] = error
                going.remove(one)
                one.pairs = iter(())  # its frames are let go
            else:
                one.scores.append(_lean(score, one.job.options))
        if going:
            advance()
    return failed


def _written(job: _Job) -> dict[str, Any]:
    """Write a detector's tables; give its part of the summary."""
    tally, options = job.tally, job.options
    alarms = [event_row(event) for event in tally.events]
    write_table(options.out, tally.rows, SCORE_COLUMNS)
    if options.regions is not None:
        write_table(options.regions, tally.regions, REGION_COLUMNS)
    if options.events is not None:
        write_table(options.events, alarms, EVENT_COLUMNS)
    return {
        "frames": len(tally.rows),
        "sources": tally.sources,
        "alarms": alarms,
        "out": str(options.out),
        "notes": tally.notes,
    }


def _for_other(options: ScoreOptions, name: str) -> ScoreOptions:
    """Where a further detector writes: the same places, with its name behind the stem."""
    return replace(
        options,
        out=_with_name(options.out, name),
        regions=options.regions and _with_name(options.regions, name),
        events=options.events and _with_name(options.events, name),
        maps=options.maps and _with_name(options.maps, name),
        overlay=None,
        parts=(),
    )


def check_parts(detector: Detector, parts: Sequence[str]) -> None:
    """Refuse a part that the method does not have.

    Raises:
        ConfigError: with the nearest one suggested.
    """
    known = {part for model in detector.models.values() for part in model.extra_parts}
    for part in parts:
        if part not in (*known, "all"):
            hint = nearest(part, known) if known else "it has none"
            raise ConfigError(f"{detector.method} has no extra part '{part}': {hint}.")


def _check(detector: Detector, options: ScoreOptions) -> None:
    """Refuse before any work is done."""
    for path in (options.out, options.regions, options.events):
        check_table(path)
    check_parts(detector, options.parts)
    if options.overlay is not None:
        VideoWriter(options.overlay, options.fps, size=(2, 2))
    scenes = detector.facts["data"]["scenes"]
    if options.scene not in (POOLED, *scenes):
        raise ConfigError(
            f"The bundle knows no scene '{options.scene}': {nearest(options.scene, scenes)}."
        )


def _find_all(
    sources: Sequence[str], options: ScoreOptions, tally: Tally
) -> list[tuple[str, FoundSource]]:
    """The sources by names that are unique within this call."""
    named: dict[str, FoundSource] = {}
    files: set[str] = set()
    for what in sources:
        try:
            found = list_sources(what, fps=options.fps)
        except AwryError as error:
            tally.failed.append(str(error))
            continue
        names = {source.name for source in found}
        for source in found:
            if source.name.removesuffix("_gt") in names - {source.name}:
                tally.notes.append(f"{source.where} was taken for masks and left out.")
                continue
            name, count = source.name, 1
            while _file_stem(name) in files:
                count += 1
                name = f"{source.name}-{count}"
            named[name] = source
            files.add(_file_stem(name))
    return list(named.items())


def _file_stem(name: str) -> str:
    """A source's name as part of a file's: addresses have slashes in theirs."""
    return re.sub(r"[^\w.-]", "_", name).lstrip(".") or "_"


def _with_name(path: Path, name: str) -> Path:
    return path.with_name(f"{path.stem}-{_file_stem(name)}{path.suffix}")


def _progress(console: Console) -> Progress:
    return Progress(
        TextColumn("scoring {task.description}: {task.completed:.0f} frames"),
        TimeElapsedColumn(),
        console=console,
    )


def _pairs(
    job: _Job, source: Forgiving, frames: Iterable[Frame], overlay: Path | None
) -> Iterator[tuple[Frame, FrameScore]]:
    detector, options, tally = job.detector, job.options, job.tally
    wants_maps = any((options.maps, options.regions, options.events, overlay))
    scorer = detector.scorer(
        options.scene,
        clip=source.name,
        fps=source.fps,
        maps=wants_maps,
        parts=options.parts,
    )
    pairs = scored(scorer, frames, detector.every)
    if overlay is None:
        return pairs
    return overlaid(pairs, overlay, detector, options.scene, source.fps, tally.notes)


def _lean(score: FrameScore, options: ScoreOptions) -> FrameScore:
    """Without its map, unless maps are to be written: memory."""
    return score if options.maps is not None else replace(score, map=None)


def show_score(summary: dict[str, Any]) -> None:
    """Print each source's peak, the alarms, and where the scores are."""
    printer = Console()
    sources = Table("source", "frames", "scored", "highest score", "at frame", "alarms")
    for row in summary["sources"]:
        score = "-" if row["score"] is None else f"{row['score']:.4g}"
        counts = (str(row["frames"]), str(row["scored"]))
        peak = "-" if row["peak"] is None else str(row["peak"])
        sources.add_row(escape(row["source"]), *counts, score, peak, str(row["alarms"]))
    printer.print(sources)
    alarms = Table("source", "frames", "seconds", "peak", "score", title="alarms")
    for row in summary["alarms"]:
        known = row["start_s"] is not None
        seconds = f"{row['start_s']:.1f}-{row['end_s']:.1f}" if known else "-"
        frames = f"{row['first']}-{row['last']}"
        cells = (frames, seconds, str(row["peak"]), f"{row['score']:.4g}")
        alarms.add_row(escape(row["source"]), *cells)
    printer.print(alarms if summary["alarms"] else "no alarms")
    for note in summary["notes"]:
        printer.print(note, highlight=False, markup=False, soft_wrap=True)
    for one in (summary, *summary["also"].values()):
        printer.print(f"{one['frames']} frames scored: {one['out']}", highlight=False, markup=False)
