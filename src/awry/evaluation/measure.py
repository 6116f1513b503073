"""`awry metrics frame|region|event`: the protocol's figures of files from any detector."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast, get_args

import numpy as np
from natsort import natsorted

from awry.errors import ConfigError, InputError
from awry.evaluation.declaration import UNKNOWN
from awry.evaluation.event_level import event_level
from awry.evaluation.files.boxes import (
    check_box_files,
    read_detection_files,
    read_frame_counts,
    read_track_files,
)
from awry.evaluation.files.frames import (
    FrameFiles,
    read_frame_files,
    read_label_files,
    read_score_files,
)
from awry.evaluation.files.numbers import read_numbers
from awry.evaluation.levels import evaluate_levels
from awry.evaluation.metrics.bootstrap import interval, protocol_draws
from awry.evaluation.metrics.boxes import Inverted
from awry.evaluation.metrics.event import EventRule, Run, true_runs
from awry.evaluation.metrics.frame import micro_auc
from awry.evaluation.metrics.region import region_figures, resampled_region
from awry.evaluation.protocol import bootstrap_record, evaluate_frames, interval_words
from awry.scoring.calibration import POOLED, Budget, CalibrationClip, calibrate
from awry.scoring.events import EventOptions, find_runs
from awry.version import __version__

Values = Mapping[str, np.ndarray]
FOUND = ("n_detections", "n_inverted")


@dataclass(frozen=True, slots=True)
class FrameOptions:
    """Where scores and labels are, and how they count; see `read_frame_files`."""

    scores: Path | None
    labels: Path
    scores_first_frame: int = 0
    labels_first_frame: int = 0
    fps: float | None = None


@dataclass(frozen=True, slots=True)
class RegionOptions:
    """Where boxes are, how they count, and the metric's settings; see `region_figures`.

    Attributes:
        frames: the number of test frames, or a CSV file `clip,frames`.
        inverted: `refuse` inverted detections, or count each as a `false_positive` as the
            field's reference script does; each file that has some is noted.
        size: `WxH` in pixels, to cut boxes at the frame's edge.
    """

    tracks: Path
    detections: Path
    frames: str
    compat: bool = False
    alpha: float = 0.1
    beta: float = 0.1
    inverted: str = "false_positive"
    size: str | None = None
    tracks_first_frame: int = 0
    detections_first_frame: int = 0


def run_frame(options: FrameOptions, out: Path | None = None) -> dict[str, Any]:
    """Frame-level figures, the keys of `metrics.json`.

    Args:
        out: folder for `metrics.json` and `report.html`; then `report` names the latter.

    Raises:
        InputError: see `read_frame_files`; or all frames are of one class.
        WriteError: the report cannot be written.
    """
    assert options.scores is not None
    _check_out(out, options)
    found = read_frame_files(
        options.scores,
        options.labels,
        scores_first_frame=options.scores_first_frame,
        labels_first_frame=options.labels_first_frame,
        fps=options.fps,
    )
    metrics = _frame_metrics(found, options)
    if out is not None:
        from awry.evaluation.report.plain import write_plain_report  # Matplotlib, for curves

        title = f"Scores of {options.scores.name}"
        metrics["report"] = write_plain_report(out, metrics, found.clips, title=title)
    return metrics


def _check_out(out: Path | None, options: FrameOptions) -> None:
    """Refuse a folder for a report that cannot be written, before anything is read."""
    if out is not None:
        from awry.output.places import Place, check_places

        kinds = {"metrics.json": "json", "report.html": "page"}
        read = [path for path in (options.scores, options.labels) if path is not None]
        check_places([Place("--out", out / name, kind) for name, kind in kinds.items()], read)


def _frame_metrics(found: FrameFiles, options: FrameOptions) -> dict[str, Any]:
    labels = [clip.labels for clip in found.clips if clip.labels is not None]
    micro_auc([clip.scores for clip in found.clips], labels)  # refuses one class
    settings = {
        "method": f"scores of {options.scores}",
        "labels": f"{len(labels)} of {len(labels)} clips, from {options.labels}",
        "smoothing_inside": UNKNOWN,
        "notes": found.notes,
        "awry": __version__,
    }
    return evaluate_frames(found.clips, settings=settings)


def run_region(options: RegionOptions) -> dict[str, Any]:
    """RBDC and TBDC with their counts; intervals where each clip's frames are known.

    Raises:
        InputError: see `read_detection_files`, `check_box_files` and `region_figures`.
        ConfigError: a setting out of range.
    """
    size = _size(options.size)
    inverted = _inverted(options)
    counts = read_frame_counts(options.frames)
    first = (options.tracks_first_frame, options.detections_first_frame)
    tracks, notes = read_track_files(options.tracks, first_frame=first[0], frame_size=size)
    detections, more = read_detection_files(
        options.detections, first_frame=first[1], frame_size=size, inverted=inverted
    )
    if options.tracks.is_file() and options.detections.is_file() and len(detections) == 1:
        # Two files of one clip each belong together whatever they are called.
        detections = dict(zip(tracks, detections.values(), strict=True))
    notes = [*notes, *more, *check_box_files(tracks, detections, counts, first)]
    choice: dict[str, Any] = {
        "alpha": options.alpha, "beta": options.beta, "compat": options.compat,
        "inverted": inverted,
    }  # fmt: skip
    figures = region_figures(tracks, detections, counts, **choice)
    row = {
        name: getattr(figures, name)
        for name in ("rbdc", "tbdc", "fpr_reached", "n_boxes", "n_tracks", *FOUND)
    }
    values: Values = {}
    clips: list[str] = []
    if isinstance(counts, dict):
        clips = natsorted(counts)
        ordered = {name: counts[name] for name in clips}
        draws = protocol_draws(len(clips))
        if draws is not None:
            rbdc, tbdc = resampled_region(tracks, detections, ordered, draws, **choice)
            values = {"rbdc": rbdc, "tbdc": tbdc}
    else:
        notes.append("No intervals: they need each clip's frames, --frames FILE with clip,frames.")
    return {
        **row,
        "n_frames": figures.n_frames,
        "n_clips": len(set(tracks) | set(detections) | set(clips)),
        **_intervals("region", clips, values),
        "clips": [{"clip": name, "n_frames": counts[name]} for name in clips]
        if isinstance(counts, dict)
        else [],
        "settings": {
            "method": f"detections of {options.detections}",
            "labels": f"tracks in {options.tracks}",
            "region": choice,
            "interval": interval_words(len(clips)) if clips else "none: see the notes",
            "notes": notes,
            "awry": __version__,
        },
    }


def run_event(
    options: FrameOptions,
    *,
    threshold: float | None = None,
    normal_scores: Path | None = None,
    budget: Budget | None = None,
    alarms: Path | None = None,
    events: EventOptions | None = None,
    rule: EventRule | None = None,
    out: Path | None = None,
) -> dict[str, Any]:
    """Event-level figures, of scores at a threshold or of alarms as given.

    Args:
        options: `scores` may be None with `alarms`.
        threshold: an alarm has a frame above it.
        normal_scores: scores of normal footage, which nothing was trained on; the threshold is
            then fixed there to keep the budget.
        budget: false alarms that are allowed; default 2 an hour.
        alarms: CSV with `first,last`, frames, both inclusive, and `clip` or `source` unless there
            is one clip alone; they count frames as the scores do.
        events: how frames above the threshold become alarms.
        rule: how alarms and events are counted; default `EventRule()`.
        out: folder for `metrics.json` and `report.html`, with the frame level beside.

    Raises:
        ConfigError: not one alone of threshold, normal scores and alarms, or no scores to judge.
        InputError: see `read_frame_files`; or an alarm is outside its clip.
    """
    ways = sum(way is not None for way in (threshold, normal_scores, alarms))
    if ways != 1 or (alarms is None and options.scores is None):
        raise ConfigError(
            "Give either --scores with --threshold, or --scores with --normal-scores, or --alarms."
        )
    if threshold is not None and not np.isfinite(threshold):
        raise ConfigError(f"--threshold is {threshold}; expected a finite number.")
    if out is not None and alarms is not None:
        raise ConfigError("A report shows curves of scores: leave --out, or give --scores.")
    _check_out(out, options)
    made, fps = events or EventOptions(hysteresis=0.0), options.fps
    if alarms is not None:
        labels, notes = read_label_files(options.labels, first_frame=options.labels_first_frame)
        runs = _read_alarms(alarms, {name: len(one) for name, one in labels.items()}, options)
        how: dict[str, Any] = {"alarms": str(alarms)}
    else:
        assert options.scores is not None
        chosen: dict[str, Any] = {"threshold": threshold}
        if normal_scores is not None:
            chosen = _from_budget(normal_scores, budget or Budget(2.0), made, options)
            threshold = chosen["threshold"]
        assert threshold is not None
        found = read_frame_files(
            options.scores,
            options.labels,
            scores_first_frame=options.scores_first_frame,
            labels_first_frame=options.labels_first_frame,
            fps=options.fps,
        )
        fps = found.clips[0].fps if found.clips else options.fps
        labels = {clip.name: clip.labels for clip in found.clips if clip.labels is not None}
        runs = {clip.name: find_runs(clip.scores, threshold, made) for clip in found.clips}
        how, notes = {**chosen, **asdict(made)}, found.notes
    names = list(labels)
    level = event_level(
        [runs[name] for name in names],
        [true_runs(one) for one in labels.values()],
        [len(one) for one in labels.values()],
        [fps] * len(names),
        names=names,
        rule=rule,
    )
    if fps is None:
        notes = [
            *notes,
            "No seconds, no hours and no tolerance around events: the frame rate is unknown; "
            "give --fps.",
        ]
    report: dict[str, Any] = {}
    if out is not None and threshold is not None and options.scores is not None:
        from awry.evaluation.report.plain import write_plain_report

        levels = evaluate_levels(found.clips, runs, chosen.get("budget"), made, rule)
        report["report"] = write_plain_report(
            out,
            _frame_metrics(found, options),
            found.clips,
            title=f"Scores of {options.scores.name}",
            levels=levels,
            threshold=threshold,
            alarms=runs,
        )
    return {
        **report,
        **level.row,
        **_intervals("event", names, level.values),
        "clips": [
            {"clip": name, "n_frames": len(one), "alarms": [list(run) for run in runs[name]]}
            for name, one in labels.items()
        ],
        "settings": {
            "method": f"scores of {options.scores}" if alarms is None else f"alarms of {alarms}",
            "labels": str(options.labels),
            "event": {**how, "fps": fps},
            "interval": interval_words(len(names)),
            "notes": notes,
            "awry": __version__,
        },
    }


def _from_budget(
    path: Path, budget: Budget, merging: EventOptions, options: FrameOptions
) -> dict[str, Any]:
    """The threshold that keeps a budget on normal footage, and how it came about."""
    normal, _ = read_score_files(path, first_frame=options.scores_first_frame)
    clips = [CalibrationClip(name, POOLED, scores, options.fps) for name, scores in normal.items()]
    found = calibrate(clips, budget, merging).scene(POOLED)
    around = found.threshold_interval
    return {
        "threshold": found.threshold,
        "threshold_interval": None if around is None else list(around),
        "budget": str(budget),
        "how": found.how,
    }


def _size(text: str | None) -> tuple[int, int] | None:
    """`WxH` as height and width."""
    if text is None:
        return None
    width, _, height = text.lower().partition("x")
    if not (width.isdecimal() and height.isdecimal() and int(width) and int(height)):
        raise ConfigError(f"--size is '{text}'; expected width and height in pixels, like 360x240.")
    return int(height), int(width)


def _inverted(options: RegionOptions) -> Inverted:
    for known in get_args(Inverted):
        if options.inverted == known:
            return cast(Inverted, known)
    raise ConfigError(f"--inverted is '{options.inverted}'; expected refuse or false_positive.")


def _intervals(section: str, clips: Sequence[str], values: Values) -> dict[str, Any]:
    found = {name: interval(series) for name, series in values.items()}
    record = bootstrap_record(clips, {f"{section}.{name}": s for name, s in values.items()})
    return {
        "intervals": {name: None if pair is None else list(pair) for name, pair in found.items()},
        "bootstrap": record,
    }


def _read_alarms(
    path: Path, lengths: Mapping[str, int], options: FrameOptions
) -> dict[str, list[Run]]:
    table = read_numbers(path, ["first", "last"])
    if table.clips is None and len(lengths) > 1 and len(table.finite("first")):
        raise InputError(
            f"{path} has no column 'clip', but the labels are of {len(lengths)} clips; expected "
            "clip,first,last."
        )
    runs: dict[str, list[Run]] = {name: [] for name in lengths}
    ends = (table.finite("first") - options.scores_first_frame).tolist()
    lasts = (table.finite("last") - options.scores_first_frame).tolist()
    for row, (first, last) in enumerate(zip(ends, lasts, strict=True)):
        name = next(iter(lengths)) if table.clips is None else table.clips.name(row)
        if name not in lengths:
            raise InputError(f"{table.where(row)}: there are no labels of clip {name}.")
        whole = first.is_integer() and last.is_integer()
        if not (whole and 0 <= first <= last < lengths[name]):
            raise InputError(
                f"{table.where(row)}: an alarm from frame {first:g} to {last:g} (from 0) in clip "
                f"{name} of {lengths[name]} frames; expected whole numbers, first to last, inside "
                "the clip. If frames count from 1, give --scores-first-frame 1."
            )
        runs[name].append((int(first), int(last)))
    return runs
