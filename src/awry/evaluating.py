"""Measuring what was fitted or sifted on a data set's labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated

from pydantic import Field

from awry.calls import checked
from awry.cluster import pool_opened
from awry.datasets import as_dataset, paths_of
from awry.datasets.base import Dataset
from awry.detector import Detector, load
from awry.devices import on_device
from awry.errors import ConfigError
from awry.evaluation.evaluate import EvaluateOptions, evaluate_detector
from awry.evaluation.kept_clips import remove_kept
from awry.evaluation.metrics.event import EventRule
from awry.evaluation.result import EvaluationResult
from awry.interrupts import stopped_by
from awry.output.places import REPORT, check_folder
from awry.progress import Reporter, Silent
from awry.scoring.calibration import Budget
from awry.sifting.evaluation import evaluate_run
from awry.sifting.run import SiftedRun
from awry.sifting.run_folder import is_run
from awry.training.footage import working_folder


@checked
@on_device
def evaluate(
    bundle: str | Path | Detector | SiftedRun,
    data: str | Path | Dataset,
    *,
    out: str | Path | None = None,
    format: str | None = None,
    parts: Sequence[str] = (),
    flow: bool = True,
    merged: bool = False,
    interactions: int = 0,
    budget: str | Budget | None = None,
    threshold: float | None = None,
    rule: str = "begin",
    tolerance: float = 1.0,
    cache: str | Path | None = None,
    overwrite: bool = False,
    fps: float | None = None,
    workers: Annotated[int, Field(ge=1)] | None = None,
    on: str | None = None,
    device: str | None = None,
    precision: str | None = None,
    reporter: Reporter | None = None,
) -> EvaluationResult:
    """Measure a detector on a data set's labelled test clips, or a sifted run on its own frames.

    Args:
        bundle: a bundle's folder or an opened detector; with `merged` a run's folder or a run.
        data: a data set's folder, or an opened data set.
        out: folder for `metrics.json` and `report.html`; None: nothing is written. Scored clips
            stand in `OUT.work` until these are written: the same call goes on where one died.
        format: the layout's name, outright.
        parts: names of extra parts to measure, or `["all"]`.
        flow: measure the motion reference on the same frames.
        merged: it is a sifted run, measured on the training and test clips that it saw.
        interactions: of a run: simulate so many rounds of feedback.
        budget: false alarms allowed, e.g. `2/hour`, in place of the bundle's own budget.
        threshold: an alarm has a frame above it; in place of any budget.
        rule: `begin`: an alarm finds the event in which it begins; or `touch`.
        tolerance: seconds before and around events, for the rule `begin`.
        cache: folder where what teachers say of frames is kept for the next evaluation.
        overwrite: replace what stands at `out`, whoever wrote it.
        fps: frames per second of picture folders.
        workers: score so many clips at a time, each in a process with its share of the cores; for
            this Ray must be installed. None: one after the other.
        on: where the workers are: `ray`, on this machine, or `ray://HOST:PORT`, a cluster whose
            machines find the clips at the same paths.
        device, precision: where networks run and how exactly they calculate, as `awry.load` takes
            them.
        reporter: shows progress.

    Raises:
        ConfigError: options that do not go together or cannot be; an output would overwrite
            something.
        BundleError: neither a bundle nor a run, damaged, or from a newer version.
        DatasetError: the data set cannot be read, or has no test clips that can be.
        KeyboardInterrupt: stopped; its words say how to go on.
        WriteError: the report cannot be written.
    """
    run, single = _of_kind(bundle, merged=merged)
    place = None if out is None else Path(out)
    if place is not None:
        check_folder("--out", place, REPORT, paths_of(bundle, data), overwrite=overwrite)
    if run is not None:
        return evaluate_run(
            run,
            data,
            out=out,
            format=format,
            fps=fps,
            interactions=interactions,
            overwrite=overwrite,
            reporter=reporter,
        )
    assert single is not None
    if place is not None:
        work = working_folder(place)
        check_folder("the working folder", work, {}, paths_of(bundle, data), overwrite=overwrite)
    options = EvaluateOptions(
        parts,
        flow=flow,
        cache=None if cache is None else Path(cache),
        rule=EventRule.parse(rule, tolerance),
        kept=None if place is None else working_folder(place),
    )
    opened = as_dataset(data, format=format, fps=fps)
    detector = load(single, budget=budget, threshold=threshold, device=device, precision=precision)
    try:
        with pool_opened(workers, on, reporter or Silent()):
            result = evaluate_detector(detector, opened, options, reporter)
    except KeyboardInterrupt as error:
        if options.kept is None or not options.kept.is_dir():
            raise
        raise KeyboardInterrupt(
            f"stopped by {stopped_by()}. What was scored stands in {options.kept}; the same "
            "command goes on with the clips that are left."
        ) from error
    if place is None:
        return result
    result = replace(result, report=result.save(place) / "report.html")
    remove_kept(working_folder(place))
    return result


def _of_kind(
    bundle: str | Path | Detector | SiftedRun, *, merged: bool
) -> tuple[str | Path | SiftedRun | None, str | Path | Detector | None]:
    """The run, or the detector; the other is None.

    Raises:
        ConfigError: `merged` is wanted of a detector, or a run without it.
    """
    run: str | Path | SiftedRun | None = None
    single: str | Path | Detector | None = None
    if isinstance(bundle, Detector):
        single = bundle
    elif isinstance(bundle, SiftedRun) or is_run(Path(bundle)):
        run = bundle
    else:
        single = bundle
    if run is not None and not merged:
        raise ConfigError(
            f"{_called(bundle)} is a sifted run: it is measured on the frames that it saw; add "
            "--merged."
        )
    if run is None and merged:
        raise ConfigError(
            f"--merged is for what awry sift made; {_called(bundle)} is not such a run."
        )
    return run, single


def _called(bundle: str | Path | Detector | SiftedRun) -> str:
    """What messages call it."""
    if isinstance(bundle, SiftedRun):
        return str(bundle.folder)
    return "An opened detector" if isinstance(bundle, Detector) else str(bundle)
