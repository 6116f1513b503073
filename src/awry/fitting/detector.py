"""From footage to a detector, which is not saved yet."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from awry.datasets.base import Dataset
from awry.detector import Detector
from awry.fitting.checkpoint import check_fit_places, clear_checkpoint, remember_settings
from awry.fitting.options import GIB, FitOptions
from awry.fitting.spans import calibrate_models
from awry.methods.base import Method, MethodConfig
from awry.methods.fitted import FittedModels
from awry.methods.registry import method_class
from awry.progress import Reporter, Silent
from awry.scoring.calibration import POOLED
from awry.teachers.outputs import keep_outputs
from awry.training.environment import machine, versions
from awry.training.facts import Facts, FootageFacts
from awry.training.footage import Footage, working_folder
from awry.training.loop import FitContext
from awry.video.cache import FrameCache
from awry.video.ignore import IgnoreRegions


def fit_detector(
    method: str, data: Dataset, out: Path, options: FitOptions, reporter: Reporter | None = None
) -> Detector:
    """Fit a detector on a data set's normal clips. The caller saves it.

    The footage is cut in time into train, validation and calibration parts; thresholds come
    from the calibration part, which nothing is trained or tuned on.

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
    footage = open_footage(data, work, options, reporter)
    remember_settings(work, method, config.model_dump(mode="json"), footage, options)
    with keep_outputs(options.cache or work / "frames"):
        return _fitted(method, config, footage, data, work, options)


def open_footage(data: Dataset, work: Path, options: FitOptions, reporter: Reporter) -> Footage:
    """A data set's training clips, thinned and blackened as the options say."""
    return Footage(
        data.train,
        FrameCache(options.cache or work / "frames", int(options.cache_gib * GIB)),
        variant=data.variant,
        ignore=IgnoreRegions.parse([*data.ignore, *options.ignore]),
        every=options.every,
        max_frames=options.max_frames,
        validation=options.validation,
        calibration=options.calibration,
        exclude=options.exclude,
        reporter=reporter,
    )


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
    models, histories = _fit_models(method, config, footage, work, options)
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
        folder = work / "fit" / str(number)
        context = FitContext(folder, options.seed, options.resume, footage.reporter)
        model.fit(footage.of_scene(scene) if options.per_scene else footage, context)
        models[scene] = model
        histories[scene] = context.history
    return models, histories


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
    parts = {
        part: [[span.clip, span.first, span.last] for span in spans]
        for part, spans in footage.parts.items()
    }
    about = FootageFacts(
        layout=data.name,
        variant=data.variant,
        fps=data.fps,
        fingerprint=footage.fingerprint(),
        scenes=list(footage.scenes),
        parts=parts,
        every=options.every,
        notes=footage.notes,
        failed=[*data.failed, *footage.failed],
    )
    return Facts(
        preset=options.preset,
        seed=options.seed,
        data=about,
        history={scene: [dict(epoch) for epoch in epochs] for scene, epochs in histories.items()},
        fit_seconds=round(seconds, 1),
        versions=versions(),
        machine=machine(),
    )
