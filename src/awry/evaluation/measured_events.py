"""The event level of anybody's scores or alarms, from plain files or arrays."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from awry.calls import checked
from awry.datasets.base import Dataset
from awry.errors import ConfigError
from awry.evaluation.event_level import EventLevel, event_level
from awry.evaluation.figure_record import MeasuredFigures, interval_record
from awry.evaluation.files.alarms import read_alarms
from awry.evaluation.files.arrays import Given, called
from awry.evaluation.files.frames import (
    FrameFiles,
    read_frame_files,
    read_label_files,
    read_score_files,
)
from awry.evaluation.levels import evaluate_levels
from awry.evaluation.measured_frames import (
    FirstFrame,
    FramesPerSecond,
    MeasuredFrames,
    check_report,
    frames_result,
    labels_called,
)
from awry.evaluation.metrics.event import EventRule, Run, true_runs
from awry.evaluation.protocol import interval_words
from awry.evaluation.report.event_words import faults
from awry.results import FigureCard
from awry.scoring.budget import Budget
from awry.scoring.calibration import POOLED, CalibrationClip, calibrate
from awry.scoring.events import EventOptions, find_runs
from awry.storage import write_json
from awry.version import __version__

if TYPE_CHECKING:
    from matplotlib.axes import Axes

NO_FPS = (
    "No seconds, no hours and no tolerance around events: the frame rate is unknown; give --fps."
)
DRAWN = ("precision", "precision_time", "recall", "f1")


@dataclass(frozen=True, slots=True)
class MeasuredEvents(MeasuredFigures):
    """Precision, recall, delay and false alarms.

    Attributes:
        metrics: the figures, `intervals`, `bootstrap`, `clips` and `settings`, as
            `awry metrics event --json` prints them.
        alarms: clip -> first and last frame of each alarm, both inclusive.
        page: makes the frame level of the same scores for a report; None of alarms alone.
        report: the page that was written; None before.
    """

    metrics: Mapping[str, Any] = field(repr=False)
    alarms: Mapping[str, Sequence[Run]] = field(repr=False)
    page: Callable[[], MeasuredFrames] | None = field(default=None, repr=False, compare=False)
    report: Path | None = None

    @property
    def precision(self) -> float | None:
        """Share of the alarms that are right; None without alarms."""
        value: float | None = self.metrics["precision"]
        return value

    @property
    def recall(self) -> float | None:
        """Share of the true events that were found; None without events."""
        value: float | None = self.metrics["recall"]
        return value

    @property
    def f1(self) -> float | None:
        """Harmonic mean of both."""
        value: float | None = self.metrics["f1"]
        return value

    @property
    def threshold(self) -> float | None:
        """An alarm has a frame above it; None where alarms were given."""
        value: float | None = self.settings["event"].get("threshold")
        return value

    def to_dict(self) -> dict[str, Any]:
        """The metrics; with `report`, the path of the page, where one was written."""
        return {**({} if self.report is None else {"report": str(self.report)}), **self.metrics}

    def save(self, path: str | Path) -> Path:
        """Write a report with frame and event level; of alarms alone `metrics.json`.

        Returns:
            the folder.

        Raises:
            InputError: all frames are of one class.
            WriteError: they cannot be written.
        """
        if self.page is not None:
            return self.page().save(path)
        write_json(Path(path) / "metrics.json", dict(self.metrics))
        return Path(path)

    def rows(self) -> list[dict[str, Any]]:
        """A row for each alarm: its clip, its first and last frame."""
        return [
            {"clip": clip, "first": first, "last": last}
            for clip, alarms in self.alarms.items()
            for first, last in alarms
        ]

    def draw(self, ax: Axes) -> None:
        """Precision, recall and F1 with their intervals."""
        from awry.evaluation.report.figures import INK, draw_points

        values = [(self.metrics[name], self.intervals.get(name)) for name in DRAWN]
        draw_points(ax, DRAWN, values, INK)
        ax.set_xlim(0, 1)

    def cards(self) -> list[FigureCard]:
        """The alarms' faults, worst first."""
        return [
            FigureCard(fault.label, fault.value, fault.sentence) for fault in faults(self.metrics)
        ]


@dataclass(frozen=True, slots=True)
class _Alarms:
    """Alarms and labels of the same clips."""

    labels: Mapping[str, NDArray[np.uint8]]
    runs: Mapping[str, Sequence[Run]]
    how: Mapping[str, Any]
    fps: float | None
    notes: Sequence[str]
    read: FrameFiles | None = None


@checked
def event(
    labels: Given | Dataset,
    scores: Given | None = None,
    *,
    threshold: float | None = None,
    alarms: Given | None = None,
    normal_scores: Given | None = None,
    budget: str | Budget | None = None,
    merge_gap: int | None = None,
    min_length: int | None = None,
    fps: FramesPerSecond | None = None,
    rule: str = "begin",
    tolerance: float = 1.0,
    scores_first_frame: FirstFrame = 0,
    labels_first_frame: FirstFrame = 0,
    out: str | Path | None = None,
    overwrite: bool = False,
) -> MeasuredEvents:
    """Measure alarms by true events, of scores at a threshold or of alarms as given.

    Args:
        labels, scores: as `awry.measure.frame`; with `alarms` no scores are needed.
        threshold: an alarm has a frame above it.
        alarms: by clip pairs of first and last frame, both inclusive; or CSV with `first,last`
            and `clip` or `source` unless there is one clip alone. Frames count as the scores' do.
        normal_scores: scores of normal footage that nothing was trained on; the threshold is
            then fixed there to keep the budget.
        budget: false alarms that are allowed; 2 an hour if None.
        merge_gap: most frames between runs that are one alarm; None: a second's, or 10 where
            `fps` is unknown.
        min_length: frames of the shortest alarm; None: 0.3 s, or 3.
        fps: frames per second, for seconds.
        rule: `begin`: an alarm finds the event in which it begins; or `touch`.
        tolerance: seconds before and around events, for the rule `begin`.
        scores_first_frame, labels_first_frame: the number that tables give to a first frame.
        out: folder for `metrics.json` and `report.html`, with the frame level beside; None:
            nothing is written.
        overwrite: replace what stands at `out`, whoever wrote it.

    Raises:
        ConfigError: not one alone of threshold, normal scores and alarms, or no scores to judge.
        InputError: a file cannot be read; clips do not go together; an alarm is outside its clip.
        WriteError: the report cannot be written.
    """
    _check_ways(scores, threshold, normal_scores, alarms, out)
    check_report(out, (scores, labels, alarms, normal_scores), overwrite=overwrite)
    merging = EventOptions.at_rate(fps, hysteresis=0.0, merge_gap=merge_gap, min_length=min_length)
    counting = EventRule.parse(rule, tolerance)
    first = (scores_first_frame, labels_first_frame)
    if alarms is not None:
        marks, notes = read_label_files(labels, first_frame=labels_first_frame)
        lengths = {name: len(values) for name, values in marks.items()}
        runs = read_alarms(alarms, lengths, first_frame=scores_first_frame)
        given = _Alarms(marks, runs, {"alarms": called(alarms)}, fps, notes)
    else:
        assert scores is not None
        chosen: dict[str, Any] = {"threshold": threshold}
        if normal_scores is not None:
            allowed = Budget(2.0) if budget is None else Budget.of(budget)
            chosen = _from_budget(normal_scores, allowed, merging, scores_first_frame, fps)
        given = _alarms_of_scores(scores, labels, chosen, merging, first, fps)
    level = _level(given, counting)
    method = f"scores of {called(scores)}" if alarms is None else f"alarms of {called(alarms)}"
    page = None
    if scores is not None and given.read is not None:
        page = partial(_page, scores, labels, given, given.read, merging, counting)
    result = MeasuredEvents(_metrics(given, level, method, labels), given.runs, page)
    return result if out is None else replace(result, report=result.save(out) / "report.html")


def _check_ways(
    scores: Given | None,
    threshold: float | None,
    normal_scores: Given | None,
    alarms: Given | None,
    out: str | Path | None,
) -> None:
    ways = sum(way is not None for way in (threshold, normal_scores, alarms))
    if ways != 1 or (alarms is None and scores is None):
        raise ConfigError(
            "Give either --scores with --threshold, or --scores with --normal-scores, or --alarms."
        )
    if threshold is not None and not np.isfinite(threshold):
        raise ConfigError(f"--threshold is {threshold}; expected a finite number.")
    if out is not None and alarms is not None:
        raise ConfigError("A report shows curves of scores: leave --out, or give --scores.")


def _from_budget(
    normal_scores: Given, budget: Budget, merging: EventOptions, first_frame: int, fps: float | None
) -> dict[str, Any]:
    """The threshold that keeps a budget on normal footage, and how it came about."""
    normal, _ = read_score_files(normal_scores, first_frame=first_frame)
    clips = [CalibrationClip(name, POOLED, scores, fps) for name, scores in normal.items()]
    calibration = calibrate(clips, budget, merging).scene(POOLED)
    around = calibration.threshold_interval
    return {
        "threshold": calibration.threshold,
        "threshold_interval": None if around is None else list(around),
        "budget": str(budget),
        "how": calibration.how,
    }


def _alarms_of_scores(
    scores: Given,
    labels: Given | Dataset,
    chosen: Mapping[str, Any],
    merging: EventOptions,
    first: tuple[int, int],
    fps: float | None,
) -> _Alarms:
    read = read_frame_files(
        scores, labels, scores_first_frame=first[0], labels_first_frame=first[1], fps=fps
    )
    threshold = float(chosen["threshold"])
    return _Alarms(
        {clip.name: clip.labels for clip in read.clips if clip.labels is not None},
        {clip.name: find_runs(clip.scores, threshold, merging) for clip in read.clips},
        {**chosen, **asdict(merging)},
        read.clips[0].fps if read.clips else fps,
        read.notes,
        read,
    )


def _page(
    scores: Given,
    labels: Given | Dataset,
    given: _Alarms,
    read: FrameFiles,
    merging: EventOptions,
    rule: EventRule,
) -> MeasuredFrames:
    """The frame level of the same scores, with alarms and event level, for a report."""
    threshold = float(given.how["threshold"])
    return replace(
        frames_result(read, scores, labels),
        levels=evaluate_levels(read.clips, given.runs, given.how.get("budget"), merging, rule),
        thresholds={clip.name: threshold for clip in read.clips},
        alarms=given.runs,
    )


def _level(given: _Alarms, rule: EventRule) -> EventLevel:
    names = list(given.labels)
    return event_level(
        [given.runs[name] for name in names],
        [true_runs(marks) for marks in given.labels.values()],
        [len(marks) for marks in given.labels.values()],
        [given.fps] * len(names),
        names=names,
        rule=rule,
    )


def _metrics(
    given: _Alarms, level: EventLevel, method: str, labels: Given | Dataset
) -> dict[str, Any]:
    names = list(given.labels)
    return {
        **level.row,
        **interval_record("event", names, level.values),
        "clips": [
            {
                "clip": name,
                "n_frames": len(marks),
                "alarms": [list(run) for run in given.runs[name]],
            }
            for name, marks in given.labels.items()
        ],
        "settings": {
            "method": method,
            "labels": labels_called(labels),
            "event": {**given.how, "fps": given.fps},
            "interval": interval_words(len(names)),
            "notes": [*given.notes, *([NO_FPS] if given.fps is None else [])],
            "awry": __version__,
        },
    }
