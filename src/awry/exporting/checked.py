"""`awry export`: a bundle for ONNX Runtime or OpenVINO, and whether it still says the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from awry.datasets.base import Clip, Dataset, name_in_training
from awry.detector import Detector
from awry.errors import ConfigError, DatasetError, ExportError, FootageError, InputError
from awry.evaluation.clip_scoring import SCORES_ALONE, score_clips
from awry.evaluation.metrics.frame import micro_auc
from awry.exporting import ExportOptions, export, parity_of, too_far
from awry.exporting.clips import made_up
from awry.scoring.calibration import POOLED
from awry.terminal import BarReporter, Console, Table
from awry.video import list_sources

RANGE_CLIPS = 4
"""Training clips of a model that int8 takes its ranges from."""
BOUND = 0.01
"""Micro AUC that int8 may lose."""


@dataclass(frozen=True, slots=True)
class ExportCommand:
    """What is asked for, of an export or of a check.

    Attributes:
        options: what to export to; of a check only the tolerance counts.
        data: a data set of the camera: training clips to compare on, ranges and accuracy of int8.
        clip: a video of the camera instead.
        bound: largest loss of micro AUC that int8 may have on the data set; None: that of the
            export, or `BOUND`.
        force: keep int8 beyond that bound too.
    """

    options: ExportOptions
    data: Dataset | None = None
    clip: str | None = None
    bound: float | None = None
    force: bool = False


def run_export(bundle: Path, out: Path, command: ExportCommand, console: Console) -> dict[str, Any]:
    """Export a bundle.

    Returns:
        What the manifest says of the export, and `bundle`, its path; `failed`: test clips that
        could not be scored.

    Raises:
        AwryError: as `awry.exporting.export`.
    """
    detector = Detector.load(bundle, eager=True)
    detector = replace(detector, facts=detector.facts.without_export())
    options, data = command.options, command.data
    if out.resolve() == bundle.resolve():
        raise ConfigError(
            f"--out {out} is the bundle itself; choose another place: it is needed to export again."
        )
    failed: list[str] = []
    judge = None
    if options.int8 and data is not None and _has_both_kinds(data):
        judge = partial(_judged, detector, data, command, console, failed)
    footage = _footage(detector, data, command.clip)
    ranges = footage if options.int8 else []
    with _made_up(footage):
        found = export(detector, out, options, _first(detector, footage), ranges, judge)
    return {**found, "bundle": str(out), "failed": failed}


def run_check(bundle: Path, command: ExportCommand, console: Console) -> dict[str, Any]:
    """Repeat an exported bundle's comparison on this machine, and int8's accuracy with `data`.

    Returns:
        As `run_export`; `failed` has a sentence where fp32 differs by more than the tolerance, or
        int8 loses more than the bound. `accuracy_at_export` was not measured here.
    """
    detector = Detector.load(bundle, eager=True)
    footage = _footage(detector, command.data, command.clip)
    with _made_up(footage):
        parity, about = parity_of(bundle, _first(detector, footage), detector)
    if command.options.tolerance is not None:
        about["tolerance"] = command.options.tolerance
    said = too_far(parity, about)
    failed = [f"{said} Export the bundle again on this machine."] if said else []
    known = about.pop("accuracy", None)
    if known is not None:
        about["accuracy_at_export"] = known
    if about["precision"] == "int8" and command.data is not None and _has_both_kinds(command.data):
        bound = command.bound if command.bound is not None else (known or {}).get("bound", BOUND)
        exported = Detector.load(bundle)
        about["accuracy"] = _accuracy(detector, exported, command.data, bound, console, failed)
        failed += _lost(about["accuracy"])
    return {**about, "parity": parity.to_json(), "bundle": str(bundle), "failed": failed}


def _footage(detector: Detector, data: Dataset | None, video: str | None) -> list[Clip]:
    """Some normal clips of the camera, of each scene that has a model of its own."""
    if video is not None:
        return _spread([Clip(one.name, one.open) for one in list_sources(video)])
    if data is None:
        return []
    clips = [replace(clip, name=name_in_training(clip.name)) for clip in data.train]
    return [
        clip
        for scene in detector.models
        for clip in _spread([clip for clip in clips if scene in (POOLED, clip.scene)])
    ]


def _first(detector: Detector, footage: Sequence[Clip]) -> Clip:
    """The clip that runtimes are compared on."""
    return footage[0] if footage else made_up(detector)


@contextmanager
def _made_up(footage: Sequence[Clip]) -> Iterator[None]:
    """Where no footage was given, teachers may not know what to say of a made-up clip."""
    try:
        yield
    except (DatasetError, FootageError, InputError) as error:
        if footage:
            raise
        raise ExportError(
            f"It cannot be compared on a made-up clip ({error}). Give --data or --clip."
        ) from error


def _spread(clips: list[Clip]) -> list[Clip]:
    return clips[:: max(1, len(clips) // RANGE_CLIPS)][:RANGE_CLIPS]


def _judged(
    detector: Detector,
    data: Dataset,
    command: ExportCommand,
    console: Console,
    failed: list[str],
    exported: Detector,
) -> Mapping[str, Any]:
    """`_accuracy`, refused where more is lost than allowed.

    Raises:
        ExportError: more is lost than allowed.
    """
    bound = BOUND if command.bound is None else command.bound
    found = _accuracy(detector, exported, data, bound, console, failed)
    if (said := _lost(found)) and not command.force:
        raise ExportError(f"{said[0]} Nothing was written. --force keeps it all the same.")
    return found


def _accuracy(
    detector: Detector,
    exported: Detector,
    data: Dataset,
    bound: float,
    console: Console,
    failed: list[str],
) -> dict[str, Any]:
    """Micro AUC of both on the clips that both could score; the others go to `failed`."""
    first, second = (_labelled(one, data, console, failed) for one in (detector, exported))
    names = [name for name in first if name in second]
    before, after = (
        micro_auc([one[name][0] for name in names], [one[name][1] for name in names], names)
        for one in (first, second)
    )
    return {"before": before, "after": after, "lost": before - after, "bound": bound}


def _lost(accuracy: Mapping[str, Any]) -> list[str]:
    if accuracy["lost"] <= accuracy["bound"]:
        return []
    return [
        f"int8 loses {accuracy['lost']:.4f} of micro AUC ({accuracy['before']:.4f} to "
        f"{accuracy['after']:.4f}); at most {accuracy['bound']:g} is allowed."
    ]


def _has_both_kinds(data: Dataset) -> bool:
    """Whether an AUC can be measured on the test clips."""
    labels = [clip.labels() for clip in data.test if clip.labels is not None]
    return bool(labels) and 0 < np.concatenate(labels).mean() < 1


def _labelled(
    detector: Detector, data: Dataset, console: Console, failed: list[str]
) -> dict[str, tuple[Any, Any]]:
    """Clip's name -> its scores and labels."""
    clips = [clip for clip in data.test if clip.labels is not None]
    with BarReporter(console) as reporter:
        scored = score_clips(detector, clips, SCORES_ALONE, reporter)
    failed += [one for one in scored.failed if one not in failed]
    return {clip.name: (clip.scores, clip.labels) for clip in scored.clips}


def show_export(found: dict[str, Any]) -> None:
    """Print what was exported and how far it is from PyTorch."""
    parity = found["parity"]
    table = Table(title=f"{found['bundle']}: {found['runtime']}, {found['precision']}")
    table.add_column("compared with PyTorch")
    for title in ("largest relative difference", "ms: PyTorch", "here"):
        table.add_column(title, justify="right")
    table.add_row(f"scores of {parity['frames']} frames", f"{parity['score']:.2g}")
    for name, value in parity["networks"].items():
        unseen = " (random inputs)" if name in parity["unseen"] else ""
        times = (f"{value:.1f}" for value in parity["ms"][name])
        table.add_row(f"network {name}{unseen}", f"{value:.2g}", *times)
    Console().print(table)
    eager, exported = map(sum, zip(*parity["ms"].values(), strict=True))
    if exported > eager:
        Console().print("Its networks are slower here than PyTorch's: another runtime may suit.")
    if found["precision"] == "int8" and "accuracy" not in found:
        Console().print("No labelled test clips were given: its accuracy was not measured here.")
    for key, where in (
        ("accuracy", ""),
        ("accuracy_at_export", f" when it was exported, on {found['machine']}"),
    ):
        if key in found:
            before, after = found[key]["before"], found[key]["after"]
            Console().print(f"micro AUC {before:.4f} -> {after:.4f}{where}")
