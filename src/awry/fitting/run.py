"""`awry.fit`: fit a detector, save its bundle, and show the strangest of what was called normal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from awry.calls import checked
from awry.datasets import as_dataset
from awry.datasets.base import Dataset
from awry.detector import Detector, load
from awry.devices import current, on_device
from awry.evaluation.report.page import write_strangest
from awry.evaluation.report.peaks import peak_of
from awry.fitting.detector import fit_detector, follow
from awry.fitting.options import FitOptions, calibration_of, teacher_settings, usual_split
from awry.fitting.result import FitResult, StrangestMoment
from awry.methods.registry import method_class
from awry.progress import Reporter, Silent
from awry.scoring.budget import Budget
from awry.scoring.calibration import POOLED
from awry.training.footage import remove_working_folder, working_folder
from awry.training.launch import chosen_processes, follow_leader, follows, telling_followers
from awry.training.split import Exclusion
from awry.video.ignore import IgnoreRegions

PAGE = "strangest.html"


@checked
@on_device
def fit(
    method: str,
    data: str | Path | Dataset,
    *,
    out: Path,
    format: str | None = None,
    preset: str = "cpu",
    changes: Mapping[str, Any] | None = None,
    detector: str | None = None,
    classifier: str | None = None,
    depth: str | None = None,
    seed: int = 0,
    resume: bool = False,
    per_scene: bool = False,
    ignore: Sequence[str] = (),
    exclude: Sequence[str | Exclusion] = (),
    budget: str | Budget = "2/hour",
    validation: float | None = None,
    calibration: float | str | Path | Dataset | None = None,
    every: Annotated[int, Field(ge=1)] = 1,
    max_frames: Annotated[int, Field(ge=1)] | None = None,
    cache: Path | None = None,
    cache_size: Annotated[float, Field(ge=0.001)] = 8.0,
    overwrite: bool = False,
    fps: float | None = None,
    device: str | None = None,
    precision: str | None = None,
    compile: bool = False,
    processes: Annotated[int, Field(ge=1)] | None = None,
    reporter: Reporter | None = None,
) -> FitResult:
    """Learn what is normal from a data set's training part; write a bundle.

    Args:
        method: a registered method's name, e.g. `daml`.
        data: a folder in a layout that `awry datasets` lists, or an opened data set; its test
            clips are not looked at.
        out: the bundle's folder. Checkpoints stand beside it until it is whole, in `OUT.work`.
        format: the layout's name, where it should not be guessed.
        preset: name of the method's preset: `paper`, `cpu`, `tiny`, ...
        changes: settings that differ from the preset's.
        detector: KIND:WHAT that finds objects, e.g. `onnx:FILE` or `foreground`.
        classifier: KIND:WHAT that names pictures, or `none`.
        depth: KIND:WHAT that says how far things are, or `ramp`.
        seed: every random choice follows from it.
        resume: go on where a fit of the same settings was stopped.
        per_scene: one model for each scene instead of one for all.
        ignore: regions whose pixels never count: `rows:0-23`, `rectangle:x0,y0,x1,y1` or
            `polygon:x,y;x,y;x,y`, in pixels of the full frame.
        exclude: frames that were not normal after all: `CLIP:FIRST-LAST`, 0-based, inclusive.
        budget: false alarms allowed, e.g. `2/hour` or `1/day`; sets the threshold.
        validation: share of the footage that is held back to make choices on, in [0, 0.5); None:
            as the method's preset says, 0.1 where it says nothing. With 0 it is trained on too.
        calibration: share that is held back to take the threshold from, in [0, 0.5), also as
            text; or a folder or data set of other normal footage for that, in the same layout;
            None: as `validation`. With 0 it is trained on too, and there is no threshold.
        every: keep each n-th frame.
        max_frames: most frames of a clip.
        cache: folder for resized frames, to be kept; None: beside the bundle until it is whole.
        cache_size: its limit in GiB.
        overwrite: replace another method's bundle, and a checkpoint that was left.
        fps: frames per second of picture folders.
        device: where networks are trained and run: `auto`, `cpu`, `cuda`, `cuda:1`, `mps`, `xpu`;
            None: as `$AWRY_DEVICE` says, else `auto`. The bundle fits every device.
        precision: how exactly networks calculate while they are trained: `32`, `tf32`, `bf16` or
            `16`; None: `32`. What is measured and calibrated after that is in 32.
        compile: compile networks while they are trained (`torch.compile`): slow to begin, then
            faster on a card.
        processes: so many train together, on CUDA with a card each; None: as many as `torchrun`
            started, else one. Guard a program that asks for several by
            `if __name__ == "__main__"`.
        reporter: told of progress; None: nobody is.

    Returns:
        the detector, the bundle's place and the strangest moments of the footage.

    Raises:
        ConfigError: an unknown method, preset, setting or option, or a value that cannot be.
        DatasetError, FootageError: the footage cannot be read, or is too short.
        TrainingError: fitting cannot go on.
        OutOfMemoryError: the memory does not suffice; says which setting makes batches smaller.
        BundleError, WriteError: the bundle cannot be written where it is to go.
        KeyboardInterrupt: Ctrl-C; `resume=True` goes on from there.
    """
    layout, rate = (None, None) if isinstance(data, Dataset) else (format, fps)
    options = FitOptions(
        preset=preset,
        changes={**(changes or {}), **teacher_settings(detector, classifier, depth)},
        seed=seed,
        per_scene=per_scene,
        ignore=tuple(IgnoreRegions.parse(ignore).specs),
        budget=Budget.of(budget),
        every=every,
        max_frames=max_frames,
        validation=validation,
        calibration=calibration_of(calibration, format=layout, fps=rate),
        exclude=tuple(map(Exclusion.of, exclude)),
        cache=cache,
        cache_gib=cache_size,
        resume=resume,
        overwrite=overwrite,
        compile=compile,
        processes=chosen_processes(processes, current()),
    )
    method_class(method).configure(preset, options.changes)
    options.split(usual_split(method, preset))
    return fit_and_save(method, as_dataset(data, format=format, fps=fps), out, options, reporter)


def fit_and_save(
    method: str, data: Dataset, out: Path, options: FitOptions, reporter: Reporter | None = None
) -> FitResult:
    """`fit` of an opened data set.

    The working folder beside the bundle goes once the bundle is whole.

    Raises:
        AwryError: as `fit`.
        KeyboardInterrupt: Ctrl-C.
    """
    if options.processes > 1 and follows():
        return _followed(method, data, out, options)
    reporter = reporter or Silent()
    for note in data.notes:
        reporter.message(note)
    with telling_followers(options.processes, options.compute) as told:
        detector = fit_detector(method, data, out, options, reporter)
        result = save_fitted(detector, data, out, options.cache)
        told += result.rows()
    return result


def _followed(method: str, data: Dataset, out: Path, options: FitOptions) -> FitResult:
    """The same in a process that takes part, and awaits what the leading one saves."""
    fits = partial(follow, method, data, working_folder(out), options)
    strangest = follow_leader(options.compute, fits)
    detector = load(out)
    return FitResult(
        detector=detector,
        bundle=out,
        page=out / PAGE,
        strangest=[StrangestMoment(*moment.values()) for moment in strangest],
        notes=[*data.notes, *detector.facts.data.notes],
        failed=list(detector.facts.data.failed),
    )


def save_fitted(detector: Detector, data: Dataset, out: Path, cache: Path | None) -> FitResult:
    """Save a detector's bundle with its page of strangest moments; its working folder goes.

    Args:
        detector: fitted.
        data: what it was fitted on.
        out: the bundle's folder.
        cache: that the user chose, which stays.
    """
    detector.save(out)
    remove_working_folder(out, cache)
    return FitResult(
        detector=detector,
        bundle=out,
        page=out / PAGE,
        strangest=_write_page(detector, data, out / PAGE),
        notes=[*data.notes, *detector.facts.data.notes],
        failed=list(detector.facts.data.failed),
    )


def _write_page(detector: Detector, data: Dataset, page: Path) -> list[StrangestMoment]:
    """The page of strangest moments; gives them without their pictures."""
    scenes = {clip.name: clip.scene for clip in data.train}
    peaks = [
        peak_of(moment, detector, scenes.get(moment.clip, POOLED)) for moment in detector.strangest
    ]
    write_strangest(
        page,
        peaks,
        title=f"{detector.method}: strangest moments of the training footage",
        advice="If something here was not normal after all, fit again with --exclude "
        "CLIP:FIRST-LAST (repeatable), with the clip and frame numbers below the picture.",
    )
    return [StrangestMoment(peak.clip, peak.index, peak.score, peak.reason) for peak in peaks]
