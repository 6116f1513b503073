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
from awry.exporting.bundle_detectors import exported_detectors, original_detectors
from awry.exporting.detectors import DetectorTarget, seen_by
from awry.exporting.networks import named, to_int8, to_onnx, to_openvino
from awry.exporting.parity import Parity, compare
from awry.exporting.ranges import inputs_on
from awry.progress import Reporter
from awry.runtimes import ENDINGS, check_runtime
from awry.training.bundle import check_place, is_exported, method_of, write_bundle
from awry.training.environment import hardware, machine, versions

if TYPE_CHECKING:
    from torch import Tensor

TOLERANCE = 1e-4


@dataclass(frozen=True, slots=True)
class ExportOptions:
    """What to export to.

    Attributes:
        runtime: `onnx` or `openvino`.
        int8: quantise, with ranges from footage.
        tolerance: largest relative difference of a frame's score that fp32 may have; None:
            `TOLERANCE`.
        with_detector: precision of the object detectors' networks, `fp32` or `int8`; None: they
            stay outside of the bundle.
        force: keep an int8 detector that finds too many other boxes.

    Raises:
        ConfigError: the tolerance is not a number.
    """

    runtime: str = "onnx"
    int8: bool = False
    tolerance: float | None = None
    with_detector: str | None = None
    force: bool = False

    def __post_init__(self) -> None:
        if self.tolerance is not None and not math.isfinite(self.tolerance):
            raise ConfigError(f"A tolerance of {self.tolerance} compares nothing: give a number.")

    @property
    def needs_footage(self) -> bool:
        """Whether ranges are taken from footage."""
        return self.int8 or self.with_detector == "int8"

    @property
    def allowed(self) -> float:
        """The tolerance that counts."""
        return TOLERANCE if self.tolerance is None else self.tolerance


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
    reporter: Reporter | None = None,
) -> dict[str, Any]:
    """Write an exported bundle and compare it with PyTorch.

    Object detectors are compared by themselves, box by box, and the networks with the original
    detectors, so that the tolerance of fp32 holds whatever the detectors' precision.

    Args:
        detector: in PyTorch.
        out: the bundle's folder; nothing stays there where the comparison fails.
        options: what to export to.
        clip: to compare on.
        footage: normal clips, for the ranges of int8.
        judge: looks at the exported detector before it is put in its place, and may refuse it
            with an ExportError; what it gives is kept as `accuracy`.
        reporter: told what is tried for object detectors.

    Returns:
        What the manifest says of the export, with `parity`.

    Raises:
        ConfigError: the method has no networks, int8 is wanted without footage, the detector
            does not run in PyTorch, or its object detector is none that can be exported.
        ExportError: a network cannot be exported, a score differs by more than the tolerance, or
            an object detector finds too many other boxes.
        FootageError: the clip is too short.
        BundleError, WriteError: as `write_bundle`.
    """
    check_runtime(options.runtime)
    out = out.resolve()  # `.` has no name
    check_place(out)
    if any(model.runtime is not None for model in detector.models.values()):
        raise ConfigError("An exported bundle is not exported again: load it with eager=True.")
    if options.needs_footage and not footage:
        raise ConfigError(
            "int8 needs normal footage for its ranges: give --data with training clips, or --clip."
        )
    originals = [] if options.with_detector is None else original_detectors(detector)
    batches: dict[str, dict[str, Sequence[tuple[Tensor, ...]]]] = {}
    with seen_by(one for _, one in originals) as seen:
        if options.int8 or (originals and footage):
            batches = inputs_on(detector, footage)
    stems, manifest = detector.manifest()
    files: dict[str, bytes] = {}
    names: dict[str, dict[str, str]] = {}
    for scene, stem in stems.items():
        names[stem] = {}
        ranges = batches[scene] if options.int8 else None
        for name, data in _networks(detector, scene, options, ranges).items():
            title = f"{stem}.{name}{ENDINGS[options.runtime]}"
            names[stem][name] = title
            with named(name, detector.method):
                files |= _as_files(title, data, options.runtime)
    manifest["export"] = {
        "runtime": options.runtime,
        "precision": "int8" if options.int8 else "fp32",
        "networks": names,
        "tolerance": options.allowed,
        "machine": f"{hardware()}, {machine()}",
        "versions": versions(),
    }
    target = DetectorTarget(
        options.runtime, options.with_detector or "", options.allowed, force=options.force
    )
    detectors, more = exported_detectors(originals, seen, target, reporter)
    tensors = {stem: detector.models[scene].state() for scene, stem in stems.items()}
    writing = _Writing(detector, manifest, tensors, files, clip)
    return writing.done(out, detectors, more, judge)


def _networks(
    detector: Detector,
    scene: str,
    options: ExportOptions,
    batches: Mapping[str, Sequence[tuple[Tensor, ...]]] | None,
) -> dict[str, bytes]:
    """Graph's name -> ONNX file, of 8 bits where there are batches."""
    graphs = detector.models[scene].graphs()
    if not graphs and options.with_detector is None:
        raise ConfigError(f"{detector.method} has no network: there is nothing to export.")
    networks = {}
    for name, graph in graphs.items():
        data = to_onnx(graph, name, detector.method)
        if batches is not None:
            with named(name, detector.method):
                data = to_int8(data, list(graph.inputs), batches[name], options.runtime)
        networks[name] = data
    return networks


def _as_files(title: str, data: bytes, runtime: str) -> dict[str, bytes]:
    if runtime == "onnx":
        return {title: data}
    xml, weights = to_openvino(data)
    return {title: xml, Path(title).with_suffix(".bin").name: weights}


@dataclass(frozen=True, slots=True)
class _Writing:
    """A bundle that is written beside its place, compared, and only then put there."""

    detector: Detector
    manifest: dict[str, Any]
    tensors: Mapping[str, Mapping[str, Any]]
    files: Mapping[str, bytes]
    clip: Clip

    def done(
        self,
        out: Path,
        detectors: Mapping[str, Mapping[str, Any]],
        more: Mapping[str, bytes],
        judge: Callable[[Detector], Mapping[str, Any]] | None,
    ) -> dict[str, Any]:
        """What the manifest says of the export.

        Args:
            out: the bundle's place.
            detectors: facts of exported object detectors, by `KIND:WHAT`.
            more: their files.
            judge: as `export_detector`.
        """
        export = self.manifest["export"]
        files = {**self.files, **more}
        if detectors:
            export["detectors"] = dict(detectors)
        trial = out.with_name(f".{out.name}.trial")
        try:
            write_bundle(trial, self.manifest, self.tensors, files)
            exported = _loaded(trial, export["runtime"])
            alike = exported
            if detectors:
                alike = _loaded(trial, export["runtime"], exported_detectors=False)
            parity = compare(self.detector, alike, self.clip)
            if said := too_far(parity, export):
                raise ExportError(said)
            export["parity"] = parity.to_json()
            if detectors:
                export["with_detector"] = _as_a_whole(self.detector, exported, self.clip)
            if judge is not None:
                export["accuracy"] = dict(judge(exported))
        finally:
            shutil.rmtree(trial, ignore_errors=True)
        write_bundle(out, self.manifest, self.tensors, files)
        return dict(export)


def _as_a_whole(eager: Detector, exported: Detector, clip: Clip) -> dict[str, float]:
    """How far scores are from PyTorch's with the exported object detector too.

    Raises:
        ExportError: a score is no number, or there is one in one runtime alone.
    """
    parity = compare(eager, exported, clip)
    if not math.isfinite(parity.score):
        raise ExportError(
            f"With the exported detector frame {parity.frame} has no score, or none without it."
        )
    return {"frames": parity.frames, "score": parity.score, "frame": parity.frame}


def _loaded(trial: Path, runtime: str, *, exported_detectors: bool = True) -> Detector:
    try:
        return Detector.load(trial, exported_detectors=exported_detectors)
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
    """Compare an exported bundle's networks with PyTorch on this machine.

    Args:
        path: the exported bundle.
        clip: to compare on.
        eager: the same bundle in PyTorch, where it was loaded already.

    Returns:
        The comparison, and what the manifest says of the export.

    Raises:
        ConfigError: the bundle was not exported.
    """
    detector = Detector.load(path, exported_detectors=False)
    facts = detector.facts.export
    if facts is None:
        raise ConfigError(f"{path} was not exported: make it with awry export BUNDLE --to ...")
    eager = eager or Detector.load(path, eager=True)
    return compare(eager, detector, clip), facts.model_dump()
