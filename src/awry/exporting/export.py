"""A bundle for ONNX Runtime or OpenVINO, and whether it still scores the same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from awry.calls import checked
from awry.datasets import as_dataset
from awry.datasets.base import Clip, Dataset, name_in_training
from awry.detector import Detector
from awry.errors import ConfigError, DatasetError, ExportError, FootageError, InputError
from awry.exporting.accuracy import accuracy_of, has_both_kinds, lost_too_much
from awry.exporting.boxes import BOUND as BOX_BOUND
from awry.exporting.bundle_detectors import check_detectors
from awry.exporting.bundles import (
    ExportOptions,
    check_replaceable,
    export_detector,
    parity_of,
    too_far,
)
from awry.exporting.clips import made_up
from awry.exporting.detector_file import (
    DetectorExport,
    check_detector_file,
    export_detector_file,
)
from awry.exporting.detectors import DetectorTarget
from awry.output.places import Place, check_places
from awry.progress import Reporter, Silent
from awry.results import FigureCard, Result
from awry.runtimes import check_runtime
from awry.scoring.calibration import POOLED
from awry.video import list_sources

if TYPE_CHECKING:
    from matplotlib.axes import Axes

RANGE_CLIPS = 4
"""Training clips of a model that int8 takes its ranges from."""
BOUND = 0.01
"""Micro AUC that int8 may lose."""


@dataclass(frozen=True, slots=True)
class ExportResult(Result):
    """An exported bundle and how far it is from PyTorch.

    Attributes:
        bundle: its folder.
        facts: what its manifest says of the export: `runtime`, `precision`, `networks`,
            `tolerance`, `machine`, `versions`, `parity`; of object detectors that were exported
            too `detectors`, by `KIND:WHAT` with `boxes`, see `awry.exporting.boxes.BoxParity`, and
            `with_detector`, how scores differ with all of it; of int8 `accuracy`, where it was
            measured here, and `accuracy_at_export`, where that was repeated or not.
        failed: what could not be scored; of a check also what is too far, one sentence each.
    """

    bundle: Path
    facts: Mapping[str, Any]
    failed: tuple[str, ...] = ()

    @property
    def runtime(self) -> str:
        """`onnx` or `openvino`."""
        runtime: str = self.facts["runtime"]
        return runtime

    @property
    def precision(self) -> str:
        """`fp32` or `int8`."""
        precision: str = self.facts["precision"]
        return precision

    @property
    def parity(self) -> Mapping[str, Any]:
        """Differences from PyTorch; see `awry.exporting.parity.Parity`."""
        parity: Mapping[str, Any] = self.facts["parity"]
        return parity

    @property
    def boxes(self) -> Mapping[str, Mapping[str, Any]]:
        """How the boxes of each object detector differ that was exported too, by its name."""
        detectors = self.facts.get("detectors", {})
        return {what: about["boxes"] for what, about in detectors.items()}

    @property
    def accuracy(self) -> Mapping[str, float] | None:
        """Micro AUC `before` and `after`, `lost` and `bound`; None where it was not measured."""
        return self.facts.get("accuracy")

    def to_dict(self) -> dict[str, Any]:
        """As plain values."""
        return {**self.facts, "bundle": str(self.bundle), "failed": list(self.failed)}

    def rows(self) -> list[dict[str, Any]]:
        """One row for each network."""
        return [
            {
                "network": name,
                "difference": difference,
                "ms_pytorch": self.parity["ms"][name][0],
                "ms": self.parity["ms"][name][1],
            }
            for name, difference in self.parity["networks"].items()
        ]

    def draw(self, ax: Axes) -> None:
        """Milliseconds of each network, in PyTorch and exported."""
        rows = self.rows()
        places = range(len(rows))
        ax.barh([place - 0.2 for place in places], [row["ms_pytorch"] for row in rows], 0.4,
                label="PyTorch")  # fmt: skip
        ax.barh([place + 0.2 for place in places], [row["ms"] for row in rows], 0.4,
                label=f"{self.runtime} {self.precision}")  # fmt: skip
        ax.set_yticks(places, [row["network"] for row in rows])
        ax.invert_yaxis()
        ax.set(xlabel="ms for one of a batch", title=self.bundle.name)
        ax.legend()

    def cards(self) -> list[FigureCard]:
        """The largest difference of a score, and what int8 costs."""
        parity = self.parity
        remark = f"relative, of {parity['frames']} frames"
        cards = [FigureCard("largest difference of a score", f"{parity['score']:.2g}", remark)]
        if self.accuracy is not None:
            before, after = self.accuracy["before"], self.accuracy["after"]
            cards.append(FigureCard("micro AUC", f"{after:.4f}", f"{before:.4f} in PyTorch"))
        return cards


@dataclass(frozen=True, slots=True)
class _Footage:
    """What runtimes are compared on.

    Attributes:
        data: a data set of the camera: training clips, and test clips for int8's accuracy.
        clips: normal clips; none where neither a data set nor a video was given.
    """

    data: Dataset | None
    clips: Sequence[Clip]

    @property
    def labelled(self) -> Dataset | None:
        """The data set, where an AUC can be measured on its test clips."""
        return self.data if self.data is not None and has_both_kinds(self.data) else None


@checked
def export(
    bundle: str | Path | None = None,
    *,
    detector: str | None = None,
    to: str | None = None,
    out: str | Path | None = None,
    int8: bool = False,
    with_detector: Literal["fp32", "int8"] | None = None,
    data: str | Path | Dataset | None = None,
    clip: str | Path | None = None,
    format: str | None = None,
    fps: float | None = None,
    tolerance: Annotated[float, Field(ge=0)] | None = None,
    bound: Annotated[float, Field(ge=0)] | None = None,
    force: bool = False,
    overwrite: bool = False,
    check: str | Path | None = None,
    reporter: Reporter | None = None,
) -> ExportResult | DetectorExport:
    """Export a bundle to another runtime, and refuse where it scores otherwise than PyTorch.

    With `detector`, export an object detector's network alone, as a file for `--detector`, and
    refuse where it finds other boxes. With `check`, compare again what was exported, on this
    machine. Every function takes the exported bundle like any other.

    Args:
        bundle: a fitted bundle's folder.
        detector: `onnx:FILE`, an object detector in place of a bundle.
        to: `onnx`, which is meant by None, or `openvino`.
        out: the exported bundle's folder; of a detector a file, `.onnx` or `.xml`, or a folder.
        int8: quantise; needs `data` or `clip`.
        with_detector: the bundle carries its object detector's network too, in `fp32` or `int8`;
            None: the detector's own file is needed as before.
        data: the camera's data set: compare on it, measure int8 on it.
        clip: a normal video of the camera instead.
        format, fps: as `awry.open_dataset` takes them.
        tolerance: relative difference of a score that fp32 may have; 0.0001 if None.
        bound: micro AUC that int8 may lose on `data`; 0.01 if None, or that of the export. With
            `detector` the share of its boxes that int8 may lose, and that may be new: 0.1 if None.
        force: keep int8 beyond `bound`, and with other boxes.
        overwrite: replace what stands at `out`, whoever wrote it.
        check: an exported bundle's folder, in place of `bundle` and `out`; with `detector` the
            file that was exported from it.
        reporter: shows progress.

    Raises:
        ConfigError: options that do not belong together, a method without networks, an object
            detector that cannot be exported, int8 without footage, or an output that would
            overwrite something.
        ExportError: a network cannot be exported, a score differs by more than the tolerance, or
            int8 loses more than the bound.
        FootageError: the clip is too short.
        BundleError, WriteError: the bundle cannot be read, or the exported one not written.
    """
    options = ExportOptions(to or "onnx", int8, tolerance, with_detector, force)
    if detector is not None:
        given = None if data is None else as_dataset(data, format=format, fps=fps)
        alone = _Alone(detector, given, clip, options, bound, reporter or Silent())
        return alone.done(bundle, out, check, to=to, overwrite=overwrite)
    if check is not None:
        if (
            bundle is not None
            or out is not None
            or to is not None
            or int8
            or force
            or with_detector
        ):
            raise ConfigError(
                "--check DIR exports nothing; it takes --data or --clip, --tolerance, --bound."
            )
        given = None if data is None else as_dataset(data, format=format, fps=fps)
        return _check(Path(check), options, bound, given, clip, reporter or Silent())
    if bundle is None or out is None:
        raise ConfigError(
            "Give a bundle and --out DIR, --detector onnx:FILE and --out FILE, or --check DIR."
        )
    check_runtime(options.runtime)
    _check_out(Path(out), Path(bundle), data, clip, overwrite=overwrite)
    fitted = Detector.load(bundle, eager=True)
    given = None if data is None else as_dataset(data, format=format, fps=fps)
    footage = _Footage(given, _normal_clips(fitted.models, given, clip))
    judge = _Judge(fitted, footage.labelled, bound, reporter or Silent(), force=force)
    measured = options.needs_footage and footage.labelled is not None
    with _made_up(footage.clips):
        facts = export_detector(
            replace(fitted, facts=fitted.facts.without_export()),
            Path(out),
            options,
            _first(fitted, footage.clips),
            footage.clips if int8 or with_detector else [],
            judge if measured else None,
            reporter,
        )
    return ExportResult(Path(out), facts, tuple(judge.failed))


def _check_out(
    out: Path,
    bundle: Path,
    data: str | Path | Dataset | None,
    clip: str | Path | None,
    *,
    overwrite: bool,
) -> None:
    root = data.root if isinstance(data, Dataset) else data
    reads = [source for source in (bundle, root, clip) if source is not None]
    check_places([Place("--out", out, "bundle")], reads, overwrite=overwrite)
    check_replaceable(out, overwrite)
    if out.resolve() == bundle.resolve():
        raise ConfigError(
            f"--out {out} is the bundle itself; choose another place: it is needed to export again."
        )


class _Judge:
    """Measures an exported detector before it is put in its place, and may refuse it."""

    def __init__(
        self,
        detector: Detector,
        data: Dataset | None,
        bound: float | None,
        reporter: Reporter,
        *,
        force: bool,
    ) -> None:
        self.failed: list[str] = []
        self._detector, self._data, self._reporter, self._force = detector, data, reporter, force
        self._bound = BOUND if bound is None else bound

    def __call__(self, exported: Detector) -> Mapping[str, Any]:
        """What is lost.

        Raises:
            ExportError: more than allowed.
        """
        assert self._data is not None
        accuracy = accuracy_of(
            self._detector, exported, self._data, self._bound, self._reporter, self.failed
        )
        if (said := lost_too_much(accuracy)) and not self._force:
            raise ExportError(f"{said[0]} Nothing was written. --force keeps it all the same.")
        return accuracy


@dataclass(frozen=True, slots=True)
class _Alone:
    """An object detector that is exported without a bundle."""

    detector: str
    data: Dataset | None
    clip: str | Path | None
    options: ExportOptions
    bound: float | None
    reporter: Reporter

    def done(
        self,
        bundle: str | Path | None,
        out: str | Path | None,
        check: str | Path | None,
        *,
        to: str | None,
        overwrite: bool,
    ) -> DetectorExport:
        """As `export`.

        Raises:
            ConfigError: options that do not belong together.
        """
        options = self.options
        if bundle is not None or options.with_detector:
            raise ConfigError(
                "--detector exports an object detector alone. To export one with its bundle: awry "
                "export BUNDLE --with-detector int8."
            )
        if (out is None) == (check is None):
            raise ConfigError("With --detector give --out FILE, or --check FILE.")
        target = DetectorTarget(
            options.runtime,
            "int8" if options.int8 else "fp32",
            options.allowed,
            BOX_BOUND if self.bound is None else self.bound,
            options.force,
        )
        clips = _normal_clips([POOLED], self.data, self.clip)
        if check is not None:
            if to is not None or options.int8 or options.force:
                raise ConfigError(
                    "--check FILE exports nothing; it takes --data or --clip, --tolerance, --bound."
                )
            return check_detector_file(self.detector, Path(check), target, clips)
        check_runtime(options.runtime)
        assert out is not None
        root = None if self.data is None else self.data.root
        reads = [source for source in (root, self.clip) if source is not None]
        return export_detector_file(
            self.detector, Path(out), target, clips, reads, self.reporter, overwrite=overwrite
        )


def _check(
    bundle: Path,
    options: ExportOptions,
    bound: float | None,
    data: Dataset | None,
    clip: str | Path | None,
    reporter: Reporter,
) -> ExportResult:
    """Repeat an exported bundle's comparison on this machine, and int8's accuracy with `data`.

    `accuracy_at_export` was not measured here.
    """
    detector = Detector.load(bundle, eager=True)
    footage = _Footage(data, _normal_clips(detector.models, data, clip))
    with _made_up(footage.clips):
        parity, facts = parity_of(bundle, _first(detector, footage.clips), detector)
    if options.tolerance is not None:
        facts["tolerance"] = options.tolerance
    said = too_far(parity, facts)
    failed = [f"{said} Export the bundle again on this machine."] if said else []
    known = facts.pop("accuracy", None)
    if known is not None:
        facts["accuracy_at_export"] = known
    exported = Detector.load(bundle)
    boxes, too_many = check_detectors(detector, exported, footage.clips)
    failed += too_many
    detectors = facts.get("detectors", {})
    for what, found in boxes.items():
        detectors[what]["boxes"] = found
    int8 = "int8" in {facts["precision"], *(one["precision"] for one in detectors.values())}
    if int8 and footage.labelled is not None:
        allowed = bound if bound is not None else (known or {}).get("bound", BOUND)
        facts["accuracy"] = accuracy_of(
            detector, exported, footage.labelled, allowed, reporter, failed
        )
        failed += lost_too_much(facts["accuracy"])
    return ExportResult(bundle, {**facts, "parity": parity.to_json()}, tuple(failed))


def _normal_clips(
    scenes: Iterable[str], data: Dataset | None, video: str | Path | None
) -> list[Clip]:
    """Some normal clips of the camera, of each scene that has a model of its own."""
    if video is not None:
        return _spread([Clip(source.name, source.open) for source in list_sources(str(video))])
    if data is None:
        return []
    clips = [replace(clip, name=name_in_training(clip.name)) for clip in data.train]
    return [
        clip
        for scene in scenes
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
