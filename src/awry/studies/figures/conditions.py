"""AUC over spoiled footage, and over fits with fewer or impure frames, as curves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from awry.errors import AwryError, ConfigError
from awry.evaluation.report.panels import Axis, Line, auc_limits, write_panels
from awry.methods.paper_figures import Corrupted, Refitted
from awry.methods.registry import method_class, method_names
from awry.studies.corruption_conditions import (
    CorruptionOptions,
    RobustnessResult,
    measure_corruptions,
)
from awry.studies.corruptions import CORRUPTIONS, SEVERITIES
from awry.studies.figures.job import Drawn, Job
from awry.studies.measurements import labelled_clips
from awry.studies.robustness_figures import SCORE
from awry.studies.robustness_plots import COUNTED
from awry.studies.training_conditions import (
    CONTAMINATE,
    RECOUNTED,
    RefitResult,
    TrainingOptions,
    measure_training,
)

X_AXIS = {
    "subsample": "every n-th frame is kept",
    "contaminate": "abnormal share of the training frames",
}


def corrupted(job: Job[Corrupted]) -> Drawn:
    """One panel for each part of the score, one curve for each corruption.

    Values: the measurements of `awry robustness`, which are kept in `OUT/FIGURE/`.

    Raises:
        DatasetError: no labelled test clip.
        AwryError: a fit or the measuring fails.
    """
    spec, request = job.spec, job.request
    severities = [int(amount) for amount in request.amounts] or list(SEVERITIES)
    if not set(severities) <= set(SEVERITIES):
        raise ConfigError(f"--amounts of {spec.figure} are severities, 1 to 5.")
    options = CorruptionOptions(
        [CORRUPTIONS[name] for name in spec.corruptions],
        severities,
        ("all",),
        request.clip,
        job.seed,
    )
    result = measure_corruptions(job.detector(), job.data, job.folder, options, request.reporter)
    panels = {
        shown: [
            _over_levels(called, name, part, spec.clean, result)
            for name, called in spec.corruptions.items()
        ]
        for part, shown in spec.parts.items()
    }
    return Drawn(
        (_write(job.file(""), f"{job.shown} on {job.data.variant}", panels, spec.x),),
        {"clean": dict(result.clean), "conditions": [dict(c) for c in result.conditions]},
        (*result.notes, *(f"Left out: {sentence}" for sentence in result.failed)),
    )


def _over_levels(
    called: str, corruption: str, part: str, clean: float, result: RobustnessResult
) -> Line:
    """A corruption's curve; clean footage stands for its level where that was not measured."""
    points = {c["level"]: c for c in result.conditions if c["corruption"] == corruption}
    levels = sorted({**{clean: result.clean}, **points})
    measured = [points.get(level, result.clean) for level in levels]
    return Line(called, levels, [condition["auc"].get(part) for condition in measured])


def refitted(job: Job[Refitted]) -> Drawn:
    """One panel for each way to count the frames, one curve for each method or part.

    Values: for each method the measurements of `awry robustness --refit`, which are kept in
    `OUT/FIGURE/METHOD/`.

    Raises:
        ConfigError: bundles were given, or an unknown method.
        DatasetError: no labelled test clip.
    """
    spec, request = job.spec, job.request
    if request.bundles:
        raise ConfigError(f"{spec.figure} fits anew for each amount: leave --bundle out.")
    others, notes = _others(job)
    amounts = _amounts(job)
    results: dict[str, RefitResult] = {}
    for method in (job.method, *others):
        try:
            results[method] = _measured(job, method, amounts)
        except AwryError as error:
            if method == job.method:
                raise
            notes.append(f"{method} could not be measured: {error}")
    first, second = COUNTED[spec.vary]
    panels: dict[str, list[Line]] = {first: [], second: []}
    for method, result in results.items():
        parts = spec.parts if method == job.method else {SCORE: method}
        for part, shown in parts.items():
            panels[first].append(_line(spec.vary, shown, part, result.fits))
            recount = [{**fit, **fit["recount"]} for fit in result.fits]
            panels[second].append(_line(spec.vary, shown, part, recount))
        notes += [f"{method}: {sentence}" for sentence in result.failed]
    title = f"{spec.shows} ({job.data.variant}, scale {job.scale})"
    file = _write(job.file(""), title, panels, X_AXIS[spec.vary])
    values = {method: result.to_dict() for method, result in results.items()}
    notes.append(f"Second panel: {RECOUNTED[spec.vary]}.")
    return Drawn((file,), values, tuple(notes))


def _others(job: Job[Refitted]) -> tuple[list[str], list[str]]:
    """The methods beside the paper's own that are installed, and a note on those that are not.

    Raises:
        ConfigError: one was asked for and is not there.
    """
    asked = job.request.methods
    if asked is not None:
        for name in asked:
            method_class(name)
        return [name for name in asked if name != job.method], []
    missing = [name for name in job.spec.others if name not in method_names()]
    notes = [f"Not installed, and left out: {', '.join(missing)}."] if missing else []
    return [name for name in job.spec.others if name not in missing], notes


def _amounts(job: Job[Refitted]) -> list[int]:
    """Every n-th frame; or numbers of abnormal frames, which shares of the test frames become."""
    given = job.request.amounts or job.spec.amounts
    if job.spec.vary != CONTAMINATE:
        return [int(amount) for amount in given]
    if any(amount > 1 for amount in given):
        return [int(amount) for amount in given]
    clips = labelled_clips(job.data, job.request.clip)
    abnormal = sum(int(clip.labels().sum()) for clip in clips if clip.labels is not None)
    return [round(share * abnormal) for share in given]


def _measured(job: Job[Refitted], method: str, amounts: Sequence[int]) -> RefitResult:
    own = method == job.method
    options = TrainingOptions(
        method,
        job.spec.vary,
        amounts,
        job.scale,
        job.request.changes if own else {},
        ("all",) if own else (),
        job.request.clip,
        job.seed,
    )
    return measure_training(job.data, job.folder / method, options, job.request.reporter)


def _line(vary: str, shown: str, part: str, fits: Sequence[Mapping[str, Any]]) -> Line:
    x = [fit["training"]["abnormal_share"] if vary == CONTAMINATE else fit[vary] for fit in fits]
    pairs = [fit["interval"].get(part) or (None, None) for fit in fits]
    values = [fit["auc"].get(part) for fit in fits]
    return Line(shown, x, values, [low for low, _ in pairs], [high for _, high in pairs])


def _write(path: Path, title: str, panels: Mapping[str, Sequence[Line]], x: str) -> Path:
    lines = [line for panel in panels.values() for line in panel]
    ends = [value for line in lines for value in (*line.y, *line.low)]
    ticks = ticks_of([value for line in lines for value in line.x])
    axis = Axis(x, "micro AUC", ticks, {}, auc_limits(ends), (0.5, "chance"))
    png, _ = write_panels(path, title, panels, axis)
    return Path(png)


def ticks_of(values: Sequence[float]) -> list[float]:
    """The values that have a tick: the highest, and those below that lie far enough apart.

    >>> ticks_of([0.5, 0.875, 0.9, 1.0])
    [0.5, 0.9, 1.0]
    """
    known = sorted({round(value, 3) for value in values}, reverse=True)
    kept = known[:1]
    for value in known[1:]:
        if kept[-1] - value >= (known[0] - known[-1]) / 10:
            kept.append(value)
    return sorted(kept)
