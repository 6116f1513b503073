"""From footage to a detector, which is not saved yet."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any

from awry.datasets.base import Dataset
from awry.detector import Detector
from awry.devices import Compute, using
from awry.fitting.calibration_footage import calibration_footage
from awry.fitting.checkpoint import check_fit_places, clear_checkpoint, remember_settings
from awry.fitting.options import GIB, FitOptions, usual_split
from awry.fitting.spans import calibrate_models
from awry.memory import enough_memory
from awry.methods.base import Method, MethodConfig
from awry.methods.fitted import FittedModels
from awry.methods.registry import method_class
from awry.progress import Reporter, Silent
from awry.scoring.calibration import POOLED
from awry.teachers.outputs import keep_outputs
from awry.training.environment import machine, versions
from awry.training.facts import Facts, FootageFacts, SplitFacts
from awry.training.footage import Footage, working_folder
from awry.training.launch import several
from awry.training.loop import FitContext
from awry.training.split import Split
from awry.video.cache import FrameCache
from awry.video.ignore import IgnoreRegions

NO_VALIDATION = (
    "No footage was held back for validation: networks keep the weights of their last epoch, and "
    "nothing was chosen on frames that were not trained on."
)


def fit_detector(
    method: str, data: Dataset, out: Path, options: FitOptions, reporter: Reporter | None = None
) -> Detector:
    """Fit a detector on a data set's normal clips. The caller saves it.

    The footage is cut in time into train, validation and calibration parts, as the options or
    the method's preset say; thresholds come from the calibration part, which nothing is trained
    or tuned on. Without one there are none.

    Args:
        method: a name from the registry.
        data: the data set; its test clips are not looked at.
        out: where the bundle will be saved; checkpoints stand beside it until then, in
            `OUT.work`.
        options: how to fit.
        reporter: shows progress.

    Raises:
        AwryError: as the tree in `awry.errors` says.
        Interrupted: Ctrl-C; `options.resume` goes on.
    """
    reporter = reporter or Silent()
    config = method_class(method).configure(options.preset, options.changes, data.variant)
    work = working_folder(out)
    check_fit_places(method, data, out, work, options)
    clear_checkpoint(work, options, reporter)
    usual = usual_split(method, options.preset)
    footage = open_footage(data, work, options, reporter, usual)
    if footage.calibrate_on is None and not footage.split.calibration:
        reporter.message(
            "Nothing is held back for an alarm threshold: the detector will score and give no "
            "alarms. For one add --calibration SHARE or --calibration FOLDER."
        )
    remember_settings(work, method, config.model_dump(mode="json"), footage, options)
    if options.processes > 1:
        reporter.message(f"{options.processes} processes train together.")
    with keep_outputs(options.cache or work / "frames"), using(options.compute.full):
        return _fitted(method, config, footage, data, work, options)


def open_footage(
    data: Dataset,
    work: Path,
    options: FitOptions,
    reporter: Reporter,
    usual: Split | None = None,
) -> Footage:
    """A data set's training clips, thinned, blackened and split as the options say.

    Args:
        data: its test clips are not looked at.
        work: where resized frames are kept, unless the options name a place.
        options: of the fit.
        reporter: shows how far the reading is.
        usual: how it is split where the options say nothing; default `Split()`.

    Raises:
        ConfigError, FootageError: other footage to calibrate on does not belong to it.
    """
    footage = Footage(
        data.train,
        FrameCache(options.cache or work / "frames", int(options.cache_gib * GIB)),
        variant=data.variant,
        ignore=IgnoreRegions.parse([*data.ignore, *options.ignore]),
        every=options.every,
        max_frames=options.max_frames,
        split=options.split(usual),
        exclude=options.exclude,
        reporter=reporter,
    )
    if isinstance(options.calibration, Dataset):
        footage.calibrate_on = calibration_footage(
            footage, options.calibration, per_scene=options.per_scene
        )
    return footage


def _fitted(
    method: str,
    config: MethodConfig,
    footage: Footage,
    data: Dataset,
    work: Path,
    options: FitOptions,
) -> Detector:
    """Fit, calibrate, and find the strangest moments."""
    started = time.monotonic()
    others = partial(follow, method, data, work, options)
    with several(options.processes, options.compute, others) as team:
        models, histories = _fit_models(method, config, footage, work, options)
    if team is not None and not team.trainings:
        footage.reporter.message(f"{method} trains no network: one process has done it all.")
    if any(histories.values()) and not footage.split.validation:
        footage.notes.append(NO_VALIDATION)
    fitted = FittedModels(models, footage.ignore, footage.frame_size())
    calibration, strangest = calibrate_models(fitted, footage, options.budget)
    seconds = time.monotonic() - started
    return Detector(
        method,
        models,
        calibration,
        fitted.ignore,
        fitted.frame_size,
        facts_of(data, footage, options, histories, seconds),
        strangest,
    )


def _fit_models(
    method: str, config: MethodConfig, footage: Footage, work: Path, options: FitOptions
) -> tuple[dict[str, Method], dict[str, Sequence[Mapping[str, Any]]]]:
    """Scene -> model, and its history; one for all under `*` unless scenes have their own."""
    models: dict[str, Method] = {}
    histories: dict[str, Sequence[Mapping[str, Any]]] = {}
    for number, scene in enumerate(footage.scenes if options.per_scene else (POOLED,)):
        model = method_class(method)(config)
        context = FitContext(
            work / "fit" / str(number),
            options.seed,
            options.resume,
            footage.reporter,
            compute=options.compute,
            compile=options.compile,
        )
        with enough_memory(model.smaller_fit(options.compute)):
            model.fit(footage.of_scene(scene) if options.per_scene else footage, context)
        models[scene] = model
        histories[scene] = context.history
    return models, histories


def follow(method: str, data: Dataset, work: Path, options: FitOptions, compute: Compute) -> None:
    """What the processes do that train together with a leading one: fit, and keep nothing.

    Args:
        method, data, options: as of the leading one, which has opened the footage.
        work: its working folder.
        compute: what this one calculates on.
    """
    options = replace(options, compute=compute)
    config = method_class(method).configure(options.preset, options.changes, data.variant)
    footage = open_footage(data, work, options, Silent(), usual_split(method, options.preset))
    with keep_outputs(options.cache or work / "frames"), using(compute.full):
        _fit_models(method, config, footage, work, options)


def facts_of(
    data: Dataset,
    footage: Footage,
    options: FitOptions,
    histories: Mapping[str, Sequence[Mapping[str, Any]]],
    seconds: float,
) -> Facts:
    """What a bundle's manifest tells of a fit.

    Args:
        data: the data set.
        footage: of it, as it was looked at.
        options: how.
        histories: scene -> what each epoch came to.
        seconds: how long it took.
    """
    spans = {**footage.parts, "calibration": footage.calibration()[1]}
    other = options.calibration if isinstance(options.calibration, Dataset) else None
    parts = {
        part: [[span.clip, span.first, span.last] for span in those]
        for part, those in spans.items()
    }
    about = FootageFacts(
        layout=data.name,
        variant=data.variant,
        fps=data.fps,
        fingerprint=footage.fingerprint(),
        scenes=list(footage.scenes),
        parts=parts,
        split=SplitFacts(**asdict(footage.split)),
        calibrated_on=None if other is None else _about(other, footage),
        every=options.every,
        notes=footage.notes,
        failed=[*data.failed, *footage.failed, *_failed(other, footage)],
    )
    return Facts(
        preset=options.preset,
        seed=options.seed,
        data=about,
        history={scene: [dict(epoch) for epoch in epochs] for scene, epochs in histories.items()},
        fit_seconds=round(seconds, 1),
        versions=versions(),
        machine=_machine(options),
    )


def _machine(options: FitOptions) -> str:
    """Where it was fitted, and how where that is not as ever."""
    how = [] if options.compute.plain else [f"trained on {options.compute}"]
    how += ["compiled"] if options.compile else []
    how += [f"by {options.processes} processes"] if options.processes > 1 else []
    return "; ".join([machine(), *how])


def _about(other: Dataset, footage: Footage) -> dict[str, Any] | None:
    """Of other footage that was calibrated on, what the manifest tells."""
    assert footage.calibrate_on is not None
    return {
        "layout": other.name,
        "variant": other.variant,
        "fps": other.fps,
        "fingerprint": footage.calibrate_on.fingerprint(),
        "scenes": list(footage.calibrate_on.scenes),
    }


def _failed(other: Dataset | None, footage: Footage) -> list[str]:
    if other is None or footage.calibrate_on is None:
        return []
    return [f"calibration footage: {why}" for why in (*other.failed, *footage.calibrate_on.failed)]
