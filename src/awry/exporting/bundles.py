"""Writing an exported bundle, which is compared with PyTorch before it is put in its place."""

from __future__ import annotations

import math
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from awry.datasets.base import Clip
from awry.detector import Detector
from awry.errors import BundleError, ConfigError, ExportError
from awry.exporting.clips import thinned
from awry.exporting.networks import named, to_int8, to_onnx, to_openvino
from awry.exporting.parity import Parity, compare, watched
from awry.runtimes import ENDINGS, check_runtime
from awry.scoring.calibration import POOLED
from awry.training.bundle import check_place, is_exported, method_of, write_bundle
from awry.training.environment import hardware, machine, versions

if TYPE_CHECKING:
    from torch import Tensor

RANGE_FRAMES = 192
"""Frames, over all clips of a model, that int8 takes its ranges from."""
TOLERANCE = 1e-4


@dataclass(frozen=True, slots=True)
class ExportOptions:
    """What to export to.

    Attributes:
        runtime: `onnx` or `openvino`.
        int8: quantise, with ranges from footage.
        tolerance: largest relative difference of a frame's score that fp32 may have; None:
            `TOLERANCE`.

    Raises:
        ConfigError: the tolerance is not a number.
    """

    runtime: str = "onnx"
    int8: bool = False
    tolerance: float | None = None

    def __post_init__(self) -> None:
        if self.tolerance is not None and not math.isfinite(self.tolerance):
            raise ConfigError(f"A tolerance of {self.tolerance} compares nothing: give a number.")


def check_replaceable(out: Path, overwrite: bool) -> None:
    """Refuse to replace a bundle that was fitted: it cannot be exported again.

    Raises:
        ConfigError: one stands there.
    """
    if not overwrite and method_of(out) is not None and not is_exported(out):
        raise ConfigError(
            f"--out {out} holds a bundle that was fitted. Choose another place, or add "
            "--overwrite to replace it."
        )


def export_detector(
    detector: Detector,
    out: Path,
    options: ExportOptions,
    clip: Clip,
    footage: Sequence[Clip] = (),
    judge: Callable[[Detector], Mapping[str, Any]] | None = None,
) -> dict[str, Any]:
    """Write an exported bundle and compare it with PyTorch.

    Args:
        detector: in PyTorch.
        out: the bundle's folder; nothing stays there where the comparison fails.
        options: what to export to.
        clip: to compare on.
        footage: normal clips, for the ranges of int8.
        judge: looks at the exported detector before it is put in its place, and may refuse it
            with an ExportError; what it gives is kept as `accuracy`.

    Returns:
        What the manifest says of the export, with `parity`.

    Raises:
        ConfigError: the method has no networks, int8 is wanted without footage, or the detector
            does not run in PyTorch.
        ExportError: a network cannot be exported, or a score differs by more than the tolerance.
        FootageError: the clip is too short.
        BundleError, WriteError: as `write_bundle`.
    """
    check_runtime(options.runtime)
    out = out.resolve()  # `.` has no name
    check_place(out)
    if any(model.runtime is not None for model in detector.models.values()):
        raise ConfigError("An exported bundle is not exported again: load it with eager=True.")
    if options.int8 and not footage:
        raise ConfigError(
            "int8 needs normal footage for its ranges: give --data with training clips, or --clip."
        )
    batches = _inputs_on(detector, footage) if options.int8 else {}
    stems, manifest = detector.manifest()
    files: dict[str, bytes] = {}
    names: dict[str, dict[str, str]] = {}
    for scene, stem in stems.items():
        names[stem] = {}
        for name, data in _networks(detector, scene, options.runtime, batches.get(scene)).items():
            title = f"{stem}.{name}{ENDINGS[options.runtime]}"
            names[stem][name] = title
            with named(name, detector.method):
                files |= _as_files(title, data, options.runtime)
    manifest["export"] = {
        "runtime": options.runtime,
        "precision": "int8" if options.int8 else "fp32",
        "networks": names,
        "tolerance": TOLERANCE if options.tolerance is None else options.tolerance,
        "machine": f"{hardware()}, {machine()}",
        "versions": versions(),
    }
    tensors = {stem: detector.models[scene].state() for scene, stem in stems.items()}
    return _written(detector, out, manifest, tensors, files, clip, judge)


def _networks(
    detector: Detector,
    scene: str,
    runtime: str,
    batches: Mapping[str, Sequence[tuple[Tensor, ...]]] | None,
) -> dict[str, bytes]:
    """Graph's name -> ONNX file, of 8 bits where there are batches."""
    graphs = detector.models[scene].graphs()
    if not graphs:
        raise ConfigError(f"{detector.method} has no network: there is nothing to export.")
    networks = {}
    for name, graph in graphs.items():
        data = to_onnx(graph, name, detector.method)
        if batches is not None:
            with named(name, detector.method):
                data = to_int8(data, list(graph.inputs), batches[name], runtime)
        networks[name] = data
    return networks


def _as_files(title: str, data: bytes, runtime: str) -> dict[str, bytes]:
    if runtime == "onnx":
        return {title: data}
    xml, weights = to_openvino(data)
    return {title: xml, Path(title).with_suffix(".bin").name: weights}


def _inputs_on(
    detector: Detector, footage: Sequence[Clip]
) -> dict[str, dict[str, Sequence[tuple[Tensor, ...]]]]:
    """Scene -> graph's name -> what its network is asked on normal footage of that scene."""
    batches: dict[str, dict[str, Sequence[tuple[Tensor, ...]]]] = {}
    for scene, model in detector.models.items():
        own = [clip for clip in footage if scene in (POOLED, clip.scene)]
        if not own:
            raise ExportError(
                f"There is no normal footage of the scene '{scene}' for the ranges of int8: give "
                "--data with training clips of each scene that has a model."
            )
        before = model.runtime
        networks = watched(model)
        try:
            for clip in own:
                where = clip.scene if scene == POOLED else scene
                scorer = detector.scorer(where, clip=clip.name, maps=False)
                for _ in scorer.score(thinned(detector, clip.open(), RANGE_FRAMES // len(own))):
                    pass
        finally:
            model.runtime = before
        batches[scene] = {name: network.batches for name, network in networks.items()}
    return batches


def _written(
    detector: Detector,
    out: Path,
    manifest: dict[str, Any],
    tensors: Mapping[str, Mapping[str, Any]],
    files: Mapping[str, bytes],
    clip: Clip,
    judge: Callable[[Detector], Mapping[str, Any]] | None,
) -> dict[str, Any]:
    """Write beside the place, compare, and only then put it there."""
    export = manifest["export"]
    trial = out.with_name(f".{out.name}.trial")
    write_bundle(trial, manifest, tensors, files)
    try:
        exported = _loaded(trial, export["runtime"])
        parity = compare(detector, exported, clip)
        if said := too_far(parity, export):
            raise ExportError(said)
        export["parity"] = parity.to_json()
        if judge is not None:
            export["accuracy"] = dict(judge(exported))
    finally:
        shutil.rmtree(trial, ignore_errors=True)
    write_bundle(out, manifest, tensors, files)
    return dict(export)


def _loaded(trial: Path, runtime: str) -> Detector:
    try:
        return Detector.load(trial)
    except BundleError as error:
        reason = error.__cause__ or error
        raise ExportError(
            f"{runtime} does not run what was exported ({reason}). Take another runtime."
        ) from error


def too_far(parity: Parity, export: Mapping[str, Any]) -> str:
    """A sentence where fp32 differs by more than its tolerance, or anything is NaN; else empty.

    Networks that the clip never asked have no part in its scores, and are judged by themselves.
    """
    fp32 = export["precision"] == "fp32"
    limit = export["tolerance"] if fp32 else sys.float_info.max
    differences = {f"frame {parity.frame} a score": parity.score}
    differences |= {f"network '{name}' an answer": parity.networks[name] for name in parity.unseen}
    what, worst = max(differences.items(), key=lambda difference: difference[1])
    if worst <= limit:
        return ""
    allowed = f"at most {limit:.2g} is allowed" if fp32 else "int8 must give numbers too"
    return (
        f"{export['runtime']} gives {what} that differs from PyTorch's by {worst:.2g} relative; "
        f"{allowed}."
    )


def parity_of(
    path: Path, clip: Clip, eager: Detector | None = None
) -> tuple[Parity, dict[str, Any]]:
    """Compare an exported bundle with PyTorch on this machine.

    Args:
        path: the exported bundle.
        clip: to compare on.
        eager: the same bundle in PyTorch, where it was loaded already.

    Returns:
        The comparison, and what the manifest says of the export.

    Raises:
        ConfigError: the bundle was not exported.
    """
    detector = Detector.load(path)
    facts = detector.facts.export
    if facts is None:
        raise ConfigError(f"{path} was not exported: make it with awry export BUNDLE --to ...")
    eager = eager or Detector.load(path, eager=True)
    return compare(eager, detector, clip), facts.model_dump()
