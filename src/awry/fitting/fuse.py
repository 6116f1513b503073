"""`awry.fuse`: fitted bundles as one detector, without fitting any of them again."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from awry.calls import checked
from awry.datasets import as_dataset
from awry.datasets.base import Dataset
from awry.detector import Detector
from awry.devices import on_device
from awry.errors import ConfigError
from awry.fitting.detector import facts_of, open_footage
from awry.fitting.options import FitOptions, calibration_of
from awry.fitting.result import FitResult
from awry.fitting.run import save_fitted
from awry.fitting.spans import calibrate_models
from awry.methods.fitted import FittedModels
from awry.methods.fused import Fused
from awry.output.places import Place, check_places
from awry.progress import Reporter, Silent
from awry.scoring.budget import Budget
from awry.training.bundle import check_place, method_of
from awry.training.footage import Footage, working_folder
from awry.training.split import Split

_SMALL = (32, 32)
"""The footage is read once for its lengths; nothing is learned from pictures of this size."""


@checked
@on_device
def fuse(
    bundles: Sequence[str | Path],
    data: str | Path | Dataset,
    *,
    out: Path,
    format: str | None = None,
    changes: Mapping[str, Any] | None = None,
    budget: str | Budget = "2/hour",
    validation: float | None = None,
    calibration: float | str | Path | Dataset | None = None,
    max_frames: Annotated[int, Field(ge=1)] | None = None,
    cache: Path | None = None,
    cache_size: Annotated[float, Field(ge=0.001)] = 8.0,
    overwrite: bool = False,
    fps: float | None = None,
    device: str | None = None,
    precision: str | None = None,
    reporter: Reporter | None = None,
) -> FitResult:
    """Make one detector of several fitted ones; none of them is fitted again.

    What is usual for all of them together, and the thresholds, are measured on the validation and
    the calibration part of normal footage. Where that is the footage that the bundles were fitted
    on, these are the parts that all their fits held back. Where they held nothing back, what is
    usual is that of training frames, and there is no threshold.

    Args:
        bundles: folders of two or more, fitted on one view with the same ignored regions.
        data: a folder in a layout that `awry datasets` lists, or an opened data set, whose
            training clips are normal; its test clips are not looked at.
        out: the new bundle's folder.
        format: the layout's name, where it should not be guessed.
        changes: settings of `fused`: `combine`, `calm`, `limit`, `candidates`, `level`, `unit`,
            `calibration`, `weights`, `shared`, `most_frames`.
        budget: false alarms allowed, e.g. `2/hour` or `1/day`; sets the threshold.
        validation, calibration: as `awry.fit`; None: as the bundles' fits, where this is their
            footage.
        max_frames: most frames of a clip.
        cache: folder for resized frames, to be kept; None: beside the bundle until it is whole.
        cache_size: its limit in GiB.
        overwrite: replace another method's bundle.
        fps: frames per second of picture folders.
        device, precision: where networks run and how exactly they calculate, as `awry.load` takes
            them, while what is usual is measured.
        reporter: told of progress; None: nobody is.

    Raises:
        ConfigError: bundles that do not belong together, or share no way to split the footage,
            or an unknown setting.
        DatasetError, FootageError: the footage cannot be read, or is too short.
        BundleError, WriteError: a bundle cannot be read, or the new one not written.
    """
    reporter = reporter or Silent()
    _check_out(out, bundles, data, overwrite=overwrite)
    detectors = [Detector.load(bundle, eager=True) for bundle in bundles]
    first = _alike(detectors, [str(bundle) for bundle in bundles])
    opened = replace(as_dataset(data, format=format, fps=fps), ignore=tuple(first.ignore.specs))
    layout, rate = (None, None) if isinstance(data, Dataset) else (format, fps)
    options = FitOptions(
        preset=first.facts.preset,
        seed=first.facts.seed,
        per_scene=list(first.models) != ["*"],
        budget=Budget.of(budget),
        validation=validation,
        calibration=calibration_of(calibration, format=layout, fps=rate),
        every=first.every,
        max_frames=max_frames,
        cache=cache,
        cache_gib=cache_size,
        overwrite=overwrite,
    )
    models = {
        scene: Fused.made_of([one.models[scene] for one in detectors], **(changes or {}))
        for scene in first.models
    }
    footage = open_footage(opened, working_folder(out), options, reporter)
    unseen = _held_back_by_all(detectors, footage)
    footage.split = options.split(unseen)
    if footage.split.held_back > unseen.held_back:
        footage.notes.append(
            "More is held back here than by the fits of all bundles. Frames that a system was "
            "trained on look too usual to it."
        )
    detector = _calibrated(models, detectors, opened, footage, options)
    return save_fitted(detector, opened, out, cache)


def _check_out(
    out: Path, bundles: Sequence[str | Path], data: str | Path | Dataset, *, overwrite: bool
) -> None:
    root = data.root if isinstance(data, Dataset) else data
    reads = [*bundles, *([] if root is None else [root])]
    check_place(out)
    check_places([Place("--out", out, "bundle")], reads, overwrite=overwrite)
    if method_of(out) not in (None, Fused.name) and not overwrite:
        raise ConfigError(
            f"--out {out} holds a bundle of {method_of(out)}. Choose another place, or add "
            "--overwrite to replace it."
        )


def _alike(detectors: Sequence[Detector], names: Sequence[str]) -> Detector:
    """The first of several detectors of one view.

    Raises:
        ConfigError: there is one alone, or two differ in what they were fitted on.
    """
    if len(detectors) < 2:
        raise ConfigError("Give at least two bundles: one alone is not fused.")
    first = detectors[0]
    for name, other in zip(names[1:], detectors[1:], strict=True):
        pairs = {
            "size of the frames": (first.frame_size, other.frame_size),
            "ignored regions": (list(first.ignore.specs), list(other.ignore.specs)),
            "thinning": (first.every, other.every),
            "scenes with a model of their own": (sorted(first.models), sorted(other.models)),
        }
        for what, (one, two) in pairs.items():
            if one != two:
                raise ConfigError(
                    f"{names[0]} and {name} cannot be fused: their {what} differ ({one}, {two}). "
                    "Fit them on the same footage with the same options."
                )
    return first


def _held_back_by_all(detectors: Sequence[Detector], footage: Footage) -> Split:
    """The split of which every held-back frame was held back by each fit on this footage.

    Raises:
        ConfigError: some held back the end of each clip, others the end of the footage.
    """
    mine = footage.fingerprint()
    fits = [one.facts.data for one in detectors if one.facts.data.fingerprint == mine]
    splits = [
        Split()
        if (was := fit.split) is None
        else Split(was.validation, was.calibration, was.per_clip)
        for fit in fits
    ]
    if not splits:
        return Split()
    held_back = min(split.held_back for split in splits)
    if held_back and len({split.per_clip for split in splits}) > 1:
        raise ConfigError(
            "Of these bundles some were fitted without the end of each clip and others without "
            "the end of all footage, so one was trained on what another held back. Give other "
            "normal footage as --data, or fit them with the same preset or --validation 0 "
            "--calibration 0."
        )
    calibration = min(split.calibration for split in splits)
    return Split(round(held_back - calibration, 9), calibration, splits[0].per_clip)


def _calibrated(
    models: Mapping[str, Fused],
    detectors: Sequence[Detector],
    data: Dataset,
    footage: Footage,
    options: FitOptions,
) -> Detector:
    """The detector of the fused models, with thresholds."""
    started = time.monotonic()
    first = detectors[0]
    for scene, model in models.items():
        mine = footage.of_scene(scene) if options.per_scene else footage
        mine.runs("validation", _SMALL, grey=True)
        if footage.frame_size() != first.frame_size:
            height, width = footage.frame_size()
            raise ConfigError(
                f"The footage's frames are {width}x{height}, and the bundles were fitted on "
                f"{first.frame_size[1]}x{first.frame_size[0]}: give footage of that view."
            )
        model.calibrate(mine)
    fingerprint = footage.fingerprint()
    if any(one.facts.data.fingerprint != fingerprint for one in detectors):
        footage.notes.append(
            "What is usual was measured on other footage than some of the bundles were fitted on. "
            "Frames that a system was trained on look too usual to it."
        )
    fitted = FittedModels(models, footage.ignore, footage.frame_size())
    calibration, strangest = calibrate_models(fitted, footage, options.budget)
    facts = facts_of(data, footage, options, {}, time.monotonic() - started)
    return Detector(
        Fused.name,
        models,
        calibration,
        fitted.ignore,
        fitted.frame_size,
        facts,
        strangest,
    )
