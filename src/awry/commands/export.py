"""`awry export`: a bundle for ONNX Runtime or OpenVINO, and whether it still says the same."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from awry.commands.clip_scoring import score_clips
from awry.datasets.base import Dataset
from awry.detector import Detector
from awry.errors import ExportError
from awry.evaluation.frame import micro_auc
from awry.export import ExportOptions, export, parity_of
from awry.export.clips import first_frames, made_up
from awry.frames import Frame
from awry.video import list_sources

RANGE_CLIPS, RANGE_FRAMES = 4, 48
"""Training clips, and frames of each, that int8 takes its ranges from."""


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
    if options.int8 and command.data is not None and command.data.test:
        judge = partial(_accuracy, detector, command, console)
    frames = _frames(detector, command.data, command.clip)
    footage = _footage(detector, command) if options.int8 else None
    found = export(detector, out, options, frames, footage, judge)
    return {**found, "bundle": str(out)}


def run_check(
    bundle: Path, data: Dataset | None, clip: str | None, console: Console
) -> dict[str, Any]:
    """Repeat an exported bundle's comparison on this machine.

    Returns:
        As `run_export`, with `failed`: a sentence where fp32 differs by more than its tolerance.
    """
    detector = Detector.load(bundle, eager=True)
    parity, about = parity_of(bundle, _frames(detector, data, clip))
    beyond = about["precision"] == "fp32" and not parity.score <= about["tolerance"]
    failed = []
    if beyond:
        failed.append(
            f"Frame {parity.frame} differs by {parity.score:.2g} relative; at most "
            f"{about['tolerance']:.2g} is allowed. Export the bundle again on this machine."
        )
    return {**about, "parity": parity.to_json(), "bundle": str(bundle), "failed": failed}


def _frames(detector: Detector, data: Dataset | None, clip: str | None) -> list[Frame]:
    if clip is not None:
        return first_frames(detector, list_sources(clip)[0].open())
    if data is not None and data.train:
        return first_frames(detector, data.train[0].open())
    return made_up(detector)


def _footage(detector: Detector, command: ExportCommand) -> dict[str, Iterable[Frame]]:
    """Clip's name -> frames that int8 takes its ranges from."""
    if command.clip is not None:
        return {"": islice(list_sources(command.clip)[0].open(), RANGE_CLIPS * RANGE_FRAMES)}
    if command.data is None:
        return {}
    train = command.data.train
    chosen = train[:: max(1, len(train) // RANGE_CLIPS)][:RANGE_CLIPS]
    return {
        f"train/{clip.name}": islice(clip.open(), 0, RANGE_FRAMES * detector.every, detector.every)
        for clip in chosen
    }


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


def _micro_auc(detector: Detector, data: Dataset, console: Console) -> float:
    scored = score_clips(detector, data, console, flow=False).clips
    labelled = [(clip.scores, clip.labels) for clip in scored if clip.labels is not None]
    if not labelled:
        return float("nan")
    scores, labels = zip(*labelled, strict=True)
    return micro_auc(list(scores), list(labels))


def show_export(found: dict[str, Any]) -> None:
    """Print what was exported and how far it is from PyTorch."""
    parity = found["parity"]
    table = Table(title=f"{found['bundle']}: {found['runtime']}, {found['precision']}")
    table.add_column("compared with PyTorch")
    table.add_column("largest relative difference", justify="right")
    table.add_row(f"scores of {parity['frames']} frames", f"{parity['score']:.2g}")
    for name, value in parity["networks"].items():
        unseen = " (random inputs)" if name in parity["unseen"] else ""
        table.add_row(f"network {name}{unseen}", f"{value:.2g}")
    Console().print(table)
    if "accuracy" in found:
        accuracy = found["accuracy"]
        Console().print(f"micro AUC {accuracy['before']:.4f} -> {accuracy['after']:.4f}")
