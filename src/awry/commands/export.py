"""`awry export`: a bundle for ONNX Runtime or OpenVINO, and whether it still says the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from awry.commands.clip_scoring import score_clips
from awry.datasets.base import Clip, Dataset
from awry.detector import Detector
from awry.errors import ConfigError, ExportError
from awry.evaluation.frame import micro_auc
from awry.export import ExportOptions, export, parity_of, too_far
from awry.export.clips import made_up
from awry.video import list_sources

RANGE_CLIPS = 4
"""Training clips that int8 takes its ranges from."""


@dataclass(frozen=True, slots=True)
class ExportCommand:
    """What is asked for.

    Attributes:
        options: what to export to.
        data: a data set of the camera: a training clip to compare on, ranges and accuracy of int8.
        clip: a video of the camera instead.
        bound: largest loss of micro AUC that int8 may have on the data set.
        force: keep int8 beyond that bound too.
    """

    options: ExportOptions
    data: Dataset | None = None
    clip: str | None = None
    bound: float = 0.01
    force: bool = False


def run_export(bundle: Path, out: Path, command: ExportCommand, console: Console) -> dict[str, Any]:
    """Export a bundle.

    Returns:
        What the manifest says of the export, and `bundle`, its path.

    Raises:
        AwryError: as `awry.export.export`.
    """
    detector = Detector.load(bundle, eager=True)
    facts = {key: value for key, value in detector.facts.items() if key != "export"}
    detector = replace(detector, facts=facts)
    options = command.options
    judge = None
    if out.resolve() == bundle.resolve():
        raise ConfigError(
            f"--out {out} is the bundle itself; choose another place: it is needed to export again."
        )
    if options.int8 and command.data is not None and _has_both_kinds(command.data):
        judge = partial(_accuracy, detector, command, console)
    footage = _footage(command.data, command.clip) if options.int8 else []
    clip = _clip(detector, command.data, command.clip)
    found = export(detector, out, options, clip, footage, judge)
    return {**found, "bundle": str(out)}


def run_check(
    bundle: Path, data: Dataset | None, clip: str | None, console: Console
) -> dict[str, Any]:
    """Repeat an exported bundle's comparison on this machine.

    Returns:
        As `run_export`, with `failed`: a sentence where fp32 differs by more than its tolerance.
    """
    detector = Detector.load(bundle, eager=True)
    parity, about = parity_of(bundle, _clip(detector, data, clip), detector)
    said = too_far(parity, about)
    failed = [f"{said} Export the bundle again on this machine."] if said else []
    return {**about, "parity": parity.to_json(), "bundle": str(bundle), "failed": failed}


def _clip(detector: Detector, data: Dataset | None, video: str | None) -> Clip:
    """The clip that runtimes are compared on."""
    footage = _footage(data, video)
    return footage[0] if footage else made_up(detector)


def _footage(data: Dataset | None, video: str | None) -> list[Clip]:
    """Some normal clips of the camera."""
    if video is not None:
        found = [Clip(one.name, one.open) for one in list_sources(video)]
    elif data is not None:
        found = [replace(clip, name=f"train/{clip.name}") for clip in data.train]
    else:
        return []
    return found[:: max(1, len(found) // RANGE_CLIPS)][:RANGE_CLIPS]


def _accuracy(
    detector: Detector, command: ExportCommand, console: Console, exported: Detector
) -> Mapping[str, Any]:
    """Micro AUC on the data set, before and after.

    Raises:
        ExportError: more is lost than allowed.
    """
    assert command.data is not None
    before, after = (_micro_auc(one, command.data, console) for one in (detector, exported))
    lost = before - after
    if lost > command.bound and not command.force:
        raise ExportError(
            f"int8 loses {lost:.4f} of micro AUC ({before:.4f} to {after:.4f}); at most "
            f"{command.bound:g} is allowed. Nothing was written. --force keeps it all the same."
        )
    return {"before": before, "after": after, "lost": lost, "bound": command.bound}


def _has_both_kinds(data: Dataset) -> bool:
    """Whether an AUC can be measured on the test clips."""
    labels = [clip.labels() for clip in data.test if clip.labels is not None]
    return bool(labels) and 0 < np.concatenate(labels).mean() < 1


def _micro_auc(detector: Detector, data: Dataset, console: Console) -> float:
    test = tuple(replace(clip, masks=None, tracks=None) for clip in data.test)
    scored = score_clips(detector, replace(data, test=test), console, flow=False).clips
    labelled = [(clip.scores, clip.labels) for clip in scored if clip.labels is not None]
    scores, labels = zip(*labelled, strict=True)
    return micro_auc(list(scores), list(labels))


def show_export(found: dict[str, Any]) -> None:
    """Print what was exported and how far it is from PyTorch."""
    parity = found["parity"]
    table = Table(title=f"{found['bundle']}: {found['runtime']}, {found['precision']}")
    table.add_column("compared with PyTorch")
    for title in ("largest relative difference", "ms a call: PyTorch", "here"):
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
        Console().print("No labelled test clips were given: its accuracy was not measured.")
    if "accuracy" in found:
        accuracy = found["accuracy"]
        Console().print(f"micro AUC {accuracy['before']:.4f} -> {accuracy['after']:.4f}")
