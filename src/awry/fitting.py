"""Fitting a detector: footage in, model and thresholds out."""

from __future__ import annotations

import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter, ValidationError

from awry.begun import differences
from awry.datasets.base import Clip, Dataset, name_in_training
from awry.datasets.clips import Excerpt
from awry.detector import Detector, scored
from awry.errors import ConfigError, nearest
from awry.foreign import read_json
from awry.methods.base import Method, MethodConfig
from awry.output.places import Place, check_places
from awry.progress import Reporter, Silent
from awry.registry import method_class
from awry.scoring.calibration import POOLED, Budget, Calibration, CalibrationClip, calibrate
from awry.scoring.moments import Moment, MomentKeeper, strongest
from awry.storage import write_json
from awry.teachers.outputs import keep_outputs
from awry.training.bundle import check_place, method_of
from awry.training.environment import machine, versions
from awry.training.footage import Footage, is_begun, working_folder
from awry.training.loop import FitContext
from awry.training.split import Exclusion, Span
from awry.video.cache import FrameCache
from awry.video.ignore import IgnoreRegions

GIB = 2**30


@dataclass(frozen=True, slots=True)
class FitOptions:
    """How a detector is fitted, whatever the method.

    Attributes:
        preset: name of the method's preset.
        changes: settings that differ from the preset's.
        seed: every random choice follows from it.
        per_scene: one model for each scene instead of one for all.
        ignore: regions whose pixels never count, in addition to the data set's own.
        budget: false alarms that are allowed.
        every, max_frames: thin the footage out.
        validation, calibration: shares of the footage.
        exclude: frames that a person took out.
        cache: folder for resized frames; None: in the fit's working folder.
        cache_gib: most GiB that the cache may hold.
        resume: go on from the working folder's checkpoint.
        overwrite: replace another method's bundle, and throw away the checkpoint of a fit that
            was stopped.
    """

    preset: str = "cpu"
    changes: Mapping[str, Any] = field(default_factory=dict)
    seed: int = 0
    per_scene: bool = False
    ignore: Sequence[str] = ()
    budget: Budget = Budget(2.0)  # noqa: RUF009 - frozen
    every: int = 1
    max_frames: int | None = None
    validation: float = 0.1
    calibration: float = 0.1
    exclude: Sequence[Exclusion] = ()
    cache: Path | None = None
    cache_gib: float = 8.0
    resume: bool = False
    overwrite: bool = False


def fit_options(**options: Any) -> FitOptions:
    """Options as a program gives them.

    Args:
        options: fields of `FitOptions`; budget and exclusions may also be text.

    Raises:
        ConfigError: an unknown option (suggests the nearest) or a value of another type.
    """
    known = [field.name for field in fields(FitOptions)]
    for name in options:
        if name not in known:
            raise ConfigError(f"There is no option '{name}' of fit: {nearest(name, known)}.")
    if isinstance(options.get("budget"), str):
        options["budget"] = Budget.parse(options["budget"])
    if isinstance(excluded := options.get("exclude"), list | tuple):
        options["exclude"] = [Exclusion.parse(e) if isinstance(e, str) else e for e in excluded]
    for name in ("ignore", "exclude"):
        if isinstance(options.get(name), str):
            raise ConfigError(f"The option '{name}' of fit takes a list: [{options[name]!r}].")
    try:
        return TypeAdapter(FitOptions).validate_python(options)
    except ValidationError as error:
        problem = error.errors()[0]
        name = ".".join(map(str, problem["loc"]))
        raise ConfigError(
            f"The option '{name}' of fit is {problem['input']!r:.60}: {problem['msg']}."
        ) from error


def fit(
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
    kind = method_class(method)
    config = kind.configure(options.preset, options.changes, data.variant)
    work = working_folder(out)
    _check_places(method, data, out, work, options)
    _look_at_what_is_left(work, options, reporter)
    footage = _footage(data, work, options, reporter)
    _remember_settings(work, method, config.model_dump(mode="json"), footage, options)
    with keep_outputs(options.cache or work / "frames"):
        return _learned(method, kind, config, footage, data, work, options)


def _learned(
    method: str,
    kind: type[Method],
    config: MethodConfig,
    footage: Footage,
    data: Dataset,
    work: Path,
    options: FitOptions,
) -> Detector:
    """Fit, calibrate, and find the strangest moments."""
    reporter = footage.reporter
    started = time.monotonic()
    names = footage.scenes if options.per_scene else (POOLED,)
    models: dict[str, Method] = {}
    histories = {}
    for number, scene in enumerate(names):
        model = kind(config)
        folder = work / "fit" / str(number)
        context = FitContext(folder, options.seed, options.resume, reporter)
        model.fit(footage.of_scene(scene) if options.per_scene else footage, context)
        models[scene] = model
        histories[scene] = context.history
    fitted = Detector(method, models, None, footage.ignore, footage.frame_size(), {})
    calibration = calibrate_detector(fitted, footage, options.budget)
    fitted = replace(fitted, calibration=calibration)
    reporter.message("looking for the strangest moments of the training footage")
    facts = _facts(data, footage, options, histories, time.monotonic() - started)
    return replace(fitted, facts=facts, strangest=_strangest(fitted, footage))


def _check_places(method: str, data: Dataset, out: Path, work: Path, options: FitOptions) -> None:
    check_place(out)
    places = [
        Place("--out", out, "bundle"),
        Place("the working folder", work, "folder"),
        Place("the working folder", work / "frames", "frames"),
    ]
    if options.cache is not None:
        places.append(Place("--cache", options.cache, "cache"))
    files = [what.partition(":")[2] for what in options.changes.values() if isinstance(what, str)]
    read: list[str | Path] = [file for file in files if file]
    if data.root is not None:
        read.append(data.root)
    check_places(places, read, overwrite=options.overwrite)
    before = method_of(out)
    if before not in (None, method) and not options.overwrite:
        raise ConfigError(
            f"--out {out} holds a bundle of {before}. Choose another place, or add --overwrite to "
            f"replace it by one of {method}."
        )


def _look_at_what_is_left(work: Path, options: FitOptions, reporter: Reporter) -> None:
    """Whoever starts anew must never go on from an older fit's checkpoint, nor lose it unasked."""
    left = is_begun(work)
    if options.resume:
        if not left:
            reporter.message(
                f"--resume: there is nothing to go on from in {work}; starting afresh."
            )
        return
    if left and not options.overwrite:
        raise ConfigError(
            f"{work} holds the checkpoint of a fit that was stopped: --resume goes on from there, "
            "--overwrite throws it away and starts afresh."
        )
    shutil.rmtree(work / "fit", ignore_errors=True)


def _footage(data: Dataset, work: Path, options: FitOptions, reporter: Reporter) -> Footage:
    cache = FrameCache(options.cache or work / "frames", int(options.cache_gib * GIB))
    footage = Footage(
        data.train,
        cache,
        variant=data.variant,
        ignore=IgnoreRegions.parse([*data.ignore, *options.ignore]),
        every=options.every,
        max_frames=options.max_frames,
        validation=options.validation,
        calibration=options.calibration,
        exclude=options.exclude,
        reporter=reporter,
    )
    return footage


def _remember_settings(
    work: Path, method: str, config: Mapping[str, Any], footage: Footage, options: FitOptions
) -> None:
    """A checkpoint is gone on with only by the very fit that made it."""
    file = work / "fit.json"
    mine = {
        "method": method,
        "config": config,
        "seed": options.seed,
        "per_scene": options.per_scene,
        "ignore": list(footage.ignore.specs),
        "every": options.every,
        "max_frames": options.max_frames,
        "exclude": [f"{e.clip}:{e.first}-{e.last}" for e in options.exclude],
        "shares": [options.validation, options.calibration],
        "footage": footage.contents(),
    }
    if options.resume and is_begun(work) and file.is_file():
        start_anew = "Start anew with --overwrite instead of --resume."
        before = read_json(file, "the settings of a fit", ConfigError, start_anew)
        if different := differences(before, mine):
            raise ConfigError(
                f"--resume: the fit in {work} was started otherwise: {'; '.join(different)}. Give "
                "the same settings and footage again, or start anew with --overwrite instead of "
                "--resume."
            )
    write_json(file, mine)


def _facts(
    data: Dataset,
    footage: Footage,
    options: FitOptions,
    histories: Mapping[str, Any],
    seconds: float,
) -> dict[str, Any]:
    parts = {
        part: [[span.clip, span.first, span.last] for span in spans]
        for part, spans in footage.parts.items()
    }
    return {
        "preset": options.preset,
        "seed": options.seed,
        "data": {
            "layout": data.name,
            "variant": data.variant,
            "fps": data.fps,
            "fingerprint": footage.fingerprint(),
            "scenes": list(footage.scenes),
            "parts": parts,
            "every": options.every,
            "notes": footage.notes,
            "failed": [*data.failed, *footage.failed],
        },
        "history": histories,
        "fit_seconds": round(seconds, 1),
        "versions": versions(),
        "machine": machine(),
    }


def calibrate_detector(detector: Detector, footage: Footage, budget: Budget) -> Calibration:
    """Score the calibration part through the scorer and fix thresholds there."""
    clips = []
    for span in footage.parts["calibration"]:
        clip = footage.clip_named(span.clip)
        source = _part_of(footage, clip, span)
        scorer = detector.scorer(clip.scene, clip=name_in_training(clip.name), fps=source.fps)
        # The maps of an hour would not fit into memory.
        found = [
            (
                np.nan if score.score is None else score.score,
                np.nan if score.map is None else float(score.map.max()),
                score.parts,
            )
            for score in scorer.score(source)
        ]
        scores, peaks = np.array([row[:2] for row in found], np.float64).reshape(-1, 2).T
        parts = _series_of([row[2] for row in found])
        clips.append(CalibrationClip(span.clip, clip.scene, scores, source.fps, peaks, parts))
    return calibrate(clips, budget)


def _series_of(parts: Sequence[Mapping[str, float]]) -> dict[str, NDArray[np.float64]]:
    """Each part of a clip's frames, (n,), NaN where a frame has none."""
    names = dict.fromkeys(name for one in parts for name in one)
    return {name: np.array([one.get(name, np.nan) for one in parts]) for name in names}


def _part_of(footage: Footage, clip: Clip, span: Span) -> Excerpt:
    """The frames of a span; each still knows its place in the clip."""
    first, last = span.first, span.last - 1
    return Excerpt(footage.open(clip), first, last, span.clip, keep_origin=True)


def _strangest(detector: Detector, footage: Footage, count: int = 10) -> list[Moment]:
    found: list[Moment] = []
    apart = 25
    for span in footage.parts["train"]:
        clip = footage.clip_named(span.clip)
        source = _part_of(footage, clip, span)
        keeper = MomentKeeper(span.clip, count, apart)
        scorer = detector.scorer(clip.scene, clip=name_in_training(clip.name), fps=source.fps)
        for frame, score in scored(scorer, source):
            # Moments are named by the clip's own frame numbers, as --exclude wants them.
            there = replace(frame, index=frame.index + span.first)
            keeper.offer(there, replace(score, index=there.index))
        found += keeper.moments()
    return strongest(found, count, apart)
