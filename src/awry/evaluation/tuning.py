"""Tuning an alarm: another threshold for scores that are at hand, and what it changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from awry.calls import checked
from awry.errors import ConfigError, InputError
from awry.evaluation.files.arrays import Given
from awry.evaluation.files.clock import read_starts
from awry.evaluation.files.frames import read_source_scores
from awry.evaluation.files.numbers import LAST_FRAME, read_numbers
from awry.evaluation.measured_frames import FirstFrame, FramesPerSecond
from awry.output.places import Place, check_places
from awry.output.tables import EVENT_COLUMNS, check_table, growing_path, write_table
from awry.results import FigureCard, Result
from awry.scoring.alarms import (
    Alarm,
    AlarmChange,
    Alarms,
    SourceScores,
    compare_alarms,
    find_alarms,
    threshold_steps,
)
from awry.scoring.calibration import (
    POOLED,
    Budget,
    CalibrationClip,
    SceneCalibration,
    calibrate,
)
from awry.scoring.events import EventOptions
from awry.training.bundle import read_calibration
from awry.video.clock import clock_time

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# What a person may choose among; each with the threshold that keeps it.
BUDGETS = ("60/hour", "10/hour", "2/hour", "12/day", "2/day", "2/week")


@dataclass(frozen=True, slots=True)
class TuningOptions:
    """Where scores are, and which threshold to try.

    Attributes:
        scores: a file or folder, as `awry score` and anybody's detector write them, or arrays.
        threshold, budget: the new threshold, or the false alarms that it may give; neither: the
            calibration's own, or none without one, for the steps alone.
        bundle: whose calibration a budget is read from, and whose threshold stood before.
        scene: which of its scenes the sources show.
        normal_scores: instead of a bundle, scores of normal footage.
        before: a threshold or a file of alarms to compare with; else the bundle's.
        merge_gap, min_length: how frames become alarms, see `alarms`; a bundle knows its own.
        fps: frames per second where scores have no times.
        first_frame: the number of a clip's first frame in tables.
    """

    scores: Given
    threshold: float | None = None
    budget: Budget | None = None
    bundle: Path | None = None
    scene: str = POOLED
    normal_scores: Given | None = None
    before: str | None = None
    merge_gap: int | None = None
    min_length: int | None = None
    fps: float | None = None
    first_frame: int = 0


@dataclass(frozen=True, slots=True)
class AlarmsResult(Result):
    """What thresholds give.

    Attributes:
        sources: the sources' names.
        after: at the asked threshold; None where none was asked for or is known.
        how: how that threshold came about, in a sentence or two.
        change: against what stood before; None where nothing is known of that.
        steps: other thresholds to choose from, and each one's budget; None for those that go by
            how many alarms these scores give.
        merging: how frames became alarms.
        notes: what one should know, one sentence each.
        starts: when the sources' first frames were taken, as far as their scores say so.
        out: the table that was written; None before.
    """

    sources: list[str]
    after: Alarms | None
    how: str
    change: AlarmChange | None
    steps: list[tuple[str | None, Alarms]]
    merging: EventOptions
    notes: list[str]
    starts: Mapping[str, datetime] = field(default_factory=dict)
    out: Path | None = None

    @property
    def threshold(self) -> float | None:
        """The asked threshold."""
        return None if self.after is None else self.after.threshold

    @property
    def alarms(self) -> tuple[Alarm, ...]:
        """The alarms at that threshold."""
        return () if self.after is None else self.after.alarms

    @property
    def appeared(self) -> tuple[Alarm, ...]:
        """Alarms that share no frame with one before."""
        return () if self.change is None else self.change.appeared

    @property
    def vanished(self) -> tuple[Alarm, ...]:
        """Alarms before that share no frame with one now."""
        return () if self.change is None else self.change.vanished

    def row(self, alarm: Alarm) -> dict[str, Any]:
        """An alarm in plain values, with `clock`, when it began, where that is known."""
        started_at = self.starts.get(alarm.source)
        clock = {} if started_at is None else {"clock": clock_time(started_at, alarm.start_s)}
        return asdict(alarm) | clock

    def rows(self) -> list[dict[str, Any]]:
        """A row for each alarm."""
        return [self.row(alarm) for alarm in self.alarms]

    def to_dict(self) -> dict[str, Any]:
        """Plain values that `json` can write."""
        before = None if self.change is None else self.change.before
        return {
            "sources": self.sources,
            "threshold": self.threshold,
            "how": self.how,
            "before": None if before is None else figures(before),
            "after": None if self.after is None else figures(self.after),
            "appeared": [self.row(alarm) for alarm in self.appeared],
            "vanished": [self.row(alarm) for alarm in self.vanished],
            "alarms": self.rows(),
            "steps": [{"budget": budget, **figures(step)} for budget, step in self.steps],
            "merging": asdict(self.merging),
            "notes": self.notes,
            "out": None if self.out is None else str(self.out),
        }

    def save(self, path: str | Path) -> Path:
        """Write the alarms as a table with the columns of `awry score --events`.

        Parts and regions are not known.

        Args:
            path: `.csv`, `.jsonl` or `.parquet`.

        Raises:
            ConfigError: there is no threshold, or another ending.
            WriteError: it cannot be written.
        """
        check_table(Path(path))
        if self.after is None:
            raise ConfigError("There are no alarms to write: give --threshold or --budget.")
        about = {"threshold": self.after.threshold, "calibration": self.how}
        rows = [dict.fromkeys(EVENT_COLUMNS) | row | about for row in self.rows()]
        write_table(Path(path), rows, EVENT_COLUMNS)
        return Path(path)

    def draw(self, ax: Axes) -> None:
        """How many alarms other thresholds give, and where the asked one lies."""
        steps = sorted((step.threshold, len(step.alarms)) for _, step in self.steps)
        ax.plot([level for level, _ in steps], [count for _, count in steps], "o-")
        if self.threshold is not None:
            ax.axvline(self.threshold, color="0.4", linestyle="--")
        ax.set(xlabel="threshold", ylabel="alarms")

    def cards(self) -> list[FigureCard]:
        """The threshold, its alarms, and what it changes."""
        if self.after is None:
            return [FigureCard("Sources", str(len(self.sources)), "no threshold was asked for")]
        hourly = self.after.per_hour
        rate = "" if hourly is None else f"{hourly:.3g} an hour"
        change = f"{len(self.appeared)} appeared, {len(self.vanished)} vanished"
        return [
            FigureCard("Threshold", f"{self.after.threshold:.4g}", self.how),
            FigureCard("Alarms", str(len(self.alarms)), rate),
            FigureCard("Time in alarm", f"{self.after.share:.1%}", change if self.change else ""),
        ]


@checked
def alarms(
    scores: Given,
    *,
    threshold: float | None = None,
    budget: str | Budget | None = None,
    bundle: str | Path | None = None,
    scene: str = POOLED,
    normal_scores: Given | None = None,
    before: float | str | Path | None = None,
    out: str | Path | None = None,
    overwrite: bool = False,
    merge_gap: int | None = None,
    min_length: int | None = None,
    fps: FramesPerSecond | None = None,
    scores_first_frame: FirstFrame = 0,
) -> AlarmsResult:
    """Try another threshold or budget on scores that are at hand.

    Args:
        scores: by source an array (n,), higher is more abnormal, see `awry.measure.frame`; or a
            file or folder, as `awry score` and anybody's detector write them.
        threshold: an alarm has a frame above it.
        budget: instead, the false alarms that are allowed, e.g. `2/day`; needs `bundle` or
            `normal_scores`.
        bundle: whose calibration knows budgets and the threshold before.
        scene: which of its scenes the sources show.
        normal_scores: instead of a bundle, scores of normal footage.
        before: a threshold, or a file of alarms, to compare with; else the bundle's.
        out: table for the alarms, `.csv`, `.jsonl` or `.parquet`; None: nothing is written.
        overwrite: replace what stands at `out`, whoever wrote it.
        merge_gap: without a bundle, most frames between runs that are one alarm; None: a second's,
            or 10 where the frame rate is unknown.
        min_length: likewise, frames of the shortest alarm; None: 0.3 s, or 3.
        fps: frames per second where scores have no times.
        scores_first_frame: the number that tables give to a clip's first frame.

    Raises:
        ConfigError: options that do not go together, an unknown scene, or nothing to write.
        InputError: scores or alarms cannot be read.
        BundleError: no bundle, or one too old for another budget.
        WriteError: the alarms cannot be written.
    """
    if out is not None:
        check_table(Path(out))
        read = (scores, bundle, normal_scores, before)
        inputs = [Path(path) for path in read if isinstance(path, str | Path)]
        place = Place("--out", Path(out), "events", growing_path(Path(out)))
        check_places([place], inputs, overwrite=overwrite)
    options = TuningOptions(
        scores,
        threshold=threshold,
        budget=None if budget is None else Budget.of(budget),
        bundle=None if bundle is None else Path(bundle),
        scene=scene,
        normal_scores=normal_scores,
        before=None if before is None else str(before),
        merge_gap=merge_gap,
        min_length=min_length,
        fps=fps,
        first_frame=scores_first_frame,
    )
    result = tune_alarms(options)
    return result if out is None else replace(result, out=result.save(out))


def figures(alarms: Alarms) -> dict[str, Any]:
    """What a threshold gives, in plain values; its threshold is None for alarms from a file."""
    return {
        "threshold": None if np.isnan(alarms.threshold) else alarms.threshold,
        "alarms": len(alarms.alarms),
        "alarms_per_hour": alarms.per_hour,
        "frames": alarms.frames,
        "frames_in_alarm": alarms.alarm_frames,
        "share_in_alarm": alarms.share,
        "seconds": alarms.seconds,
        "seconds_in_alarm": alarms.alarm_seconds,
    }


def tune_alarms(options: TuningOptions) -> AlarmsResult:
    """Find the alarms at the asked threshold and at a few others.

    With the bundle that gave the scores, alarms are the ones that scoring the footage again with
    that threshold would give.

    Raises:
        ConfigError: options that do not go together, or an unknown scene.
        InputError: scores or alarms cannot be read.
        BundleError: no bundle, or one too old for another budget.
    """
    _check(options)
    sources, notes = read_source_scores(
        options.scores, first_frame=options.first_frame, fps=options.fps
    )
    if any(source.times is None for source in sources):
        notes.append("No alarms an hour: the scores have no times, give the frames per second.")
    stored, merging = _calibration(options, sources)
    normal = 0.0 if stored is None else stored.location

    def at(threshold: float) -> Alarms:
        return find_alarms(sources, threshold, merging, normal)

    chosen = stored
    if stored is not None and options.threshold is not None:
        chosen = stored.with_threshold(options.threshold)
    elif stored is not None and options.budget is not None:
        chosen = stored.with_budget(options.budget)
    asked = options.threshold if chosen is None else chosen.threshold
    after = None if asked is None else at(asked)
    before = None
    if options.before is not None:
        before = _given(options.before, sources, options.first_frame, at)
    elif options.bundle is not None and stored is not None and chosen is not stored:
        before = None if stored.threshold is None else at(stored.threshold)
    steps: list[tuple[str | None, Alarms]] = []
    if stored is not None and stored.normal_alarms is not None:
        budgets = [(b, stored.with_budget(Budget.parse(b)).needed_threshold()) for b in BUDGETS]
        steps += [(budget, at(threshold)) for budget, threshold in budgets]
    steps += [(None, step) for step in threshold_steps(sources, merging, normal)]
    return AlarmsResult(
        sources=[source.source for source in sources],
        after=after,
        how="Given by hand." if chosen is None else chosen.how,
        change=None if after is None or before is None else compare_alarms(before, after),
        steps=steps,
        merging=merging,
        notes=notes,
        starts=_starts(options.scores, [source.source for source in sources]),
    )


def _starts(scores: Given, sources: Sequence[str]) -> dict[str, datetime]:
    """When the sources' first frames were taken, as far as a file says so."""
    return read_starts(Path(scores), sources) if isinstance(scores, str | Path) else {}


def _check(options: TuningOptions) -> None:
    if options.threshold is not None and not np.isfinite(options.threshold):
        raise ConfigError(f"The threshold is {options.threshold}; expected a finite number.")
    if options.threshold is not None and options.budget is not None:
        raise ConfigError("Give --threshold or --budget: a budget would choose another threshold.")
    if options.bundle is not None and options.normal_scores is not None:
        raise ConfigError("Give --bundle or --normal-scores: each is a calibration of its own.")
    if options.budget is not None and options.bundle is None and options.normal_scores is None:
        raise ConfigError(
            "A budget is kept on normal footage: give --bundle, whose calibration knows it, or "
            "--normal-scores, scores of footage without anything abnormal."
        )


def _calibration(
    options: TuningOptions, sources: Sequence[SourceScores]
) -> tuple[SceneCalibration | None, EventOptions]:
    """What is known of normal footage, and how frames become alarms."""
    if options.bundle is not None:
        stored = read_calibration(options.bundle)
        if options.scene not in stored.scenes:
            known = ", ".join(stored.scenes)
            raise ConfigError(f"The bundle knows no scene '{options.scene}'; known: {known}.")
        return stored.scene(options.scene), stored.options
    rate = next((1 / source.step for source in sources if source.step), None)
    merging = EventOptions.at_rate(
        rate, hysteresis=0.0, merge_gap=options.merge_gap, min_length=options.min_length
    )
    if options.normal_scores is None:
        return None, merging
    normal, _ = read_source_scores(
        options.normal_scores, first_frame=options.first_frame, fps=options.fps
    )
    clips = [
        CalibrationClip(
            source.source, POOLED, source.scores, 1 / source.step if source.step else None
        )
        for source in normal
    ]
    calibration = calibrate(clips, options.budget or Budget(2.0), merging)
    return calibration.scene(POOLED), merging


def _given(
    text: str, sources: Sequence[SourceScores], first_frame: int, at: Callable[[float], Alarms]
) -> Alarms:
    """The alarms before: at a threshold, or from a file."""
    try:
        threshold = float(text)
    except ValueError:
        return alarms_of_runs(sources, _read_runs(Path(text), sources, first_frame))
    if not np.isfinite(threshold):
        raise ConfigError(f"The threshold before is {threshold}; expected a finite number.")
    return at(threshold)


def _read_runs(
    path: Path, sources: Sequence[SourceScores], first_frame: int
) -> dict[str, list[tuple[int, int]]]:
    """Alarms as `awry score --events` writes them."""
    table = read_numbers(path, ["first", "last"])
    runs: dict[str, list[tuple[int, int]]] = {source.source: [] for source in sources}
    if table.clips is None and len(sources) != 1 and len(table):
        raise InputError(f"{path} has no column 'source', but the scores are of several sources.")
    ends = np.stack([table.finite(name) - first_frame for name in ("first", "last")], axis=1)
    for row, (first, last) in enumerate(ends.tolist()):
        name = sources[0].source if table.clips is None else table.clips.name(row)
        if name not in runs:
            raise InputError(f"{table.where(row)}: there are no scores of {name}.")
        if not (first.is_integer() and last.is_integer() and 0 <= first <= last < LAST_FRAME):
            raise InputError(
                f"{table.where(row)}: an alarm from frame {first:g} to {last:g}; expected whole "
                "numbers, the first not behind the last."
            )
        runs[name].append((int(first), int(last)))
    return runs


def alarms_of_runs(
    sources: Sequence[SourceScores], runs: Mapping[str, Sequence[tuple[int, int]]]
) -> Alarms:
    """Alarms that were found elsewhere, counted on the same sources; their threshold is NaN.

    Args:
        runs: for each source its alarms, first and last frame's number, both inclusive.
    """
    marked = []
    for source in sources:
        over = np.zeros(len(source.frames))
        for first, last in runs[source.source]:
            begin, end = np.searchsorted(source.frames, (first, last + 1))
            over[begin:end] = 1.0
        marked.append(replace(source, scores=over, scored=np.ones(len(over), bool)))
    counted = find_alarms(marked, 0.5, EventOptions(hysteresis=0.0, merge_gap=0, min_length=1))
    return replace(counted, threshold=float("nan"))
