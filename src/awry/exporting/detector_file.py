"""`awry export --detector`: an object detector's network in another runtime, as a file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from awry.datasets.base import Clip
from awry.errors import ConfigError
from awry.exporting.boxes import compare_boxes, too_different
from awry.exporting.detectors import (
    DetectorTarget,
    Seen,
    alternating,
    export_network,
    exportable,
    random_pictures,
)
from awry.frames import Frame, frames_in
from awry.output.places import Place, check_places
from awry.progress import Reporter
from awry.results import FigureCard, Result
from awry.runtimes import ENDINGS
from awry.storage import whole_file
from awry.teachers.objects import DetectorOptions, View, load_detector
from awry.teachers.objects.network_file import PRECISION
from awry.teachers.objects.onnx import NetworkDetector
from awry.training.environment import hardware, machine, versions
from awry.video.pictures import coloured

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TILES = (2, 1)
"""Shown beside each whole frame, so that ranges hold for detectors with tiles too."""
LOOKS_S = 0.5
"""Seconds of footage between two frames that are looked at."""
LOOKS = 64
"""Frames that are looked at, over all clips."""


@dataclass(frozen=True, slots=True)
class DetectorExport(Result):
    """An exported object detector and how far it is from its original.

    Attributes:
        file: the network; `--detector KIND:FILE` takes it.
        facts: `runtime`, `precision`, `tolerance`, `bound`, `original`, `boxes` (see
            `awry.exporting.boxes.BoxParity`), `machine` and `versions`.
        failed: of a check what is too far, one sentence each.
    """

    file: Path
    facts: Mapping[str, Any]
    failed: tuple[str, ...] = ()

    @property
    def detector(self) -> str:
        """What other commands take as `--detector`."""
        return f"{self.facts['runtime']}:{self.file}"

    @property
    def boxes(self) -> Mapping[str, Any]:
        """How its boxes differ from the original's."""
        boxes: Mapping[str, Any] = self.facts["boxes"]
        return boxes

    def to_dict(self) -> dict[str, Any]:
        """As plain values."""
        plain = {**self.facts, "file": str(self.file), "detector": self.detector}
        return {**plain, "failed": list(self.failed)}

    def rows(self) -> Sequence[Mapping[str, Any]]:
        """One row: the comparison."""
        return [dict(self.boxes)]

    def draw(self, ax: Axes) -> None:
        """Milliseconds for one picture, as it was and exported."""
        ax.barh(range(2), self.boxes["ms"])
        ax.set_yticks(range(2), ["original", f"{self.facts['runtime']} {self.facts['precision']}"])
        ax.invert_yaxis()
        ax.set(xlabel="ms for one picture", title=self.file.name)

    def cards(self) -> list[FigureCard]:
        """Boxes that were lost, and new ones."""
        boxes = self.boxes
        remark = f"of {boxes['boxes']}"
        return [
            FigureCard("boxes lost", f"{boxes['lost']:.1%}", remark),
            FigureCard("new boxes", f"{boxes['new']:.1%}", f"mean IoU {boxes['iou']:.3f}"),
        ]


def export_detector_file(
    what: str,
    out: Path,
    target: DetectorTarget,
    clips: Sequence[Clip],
    reads: Sequence[str | Path],
    reporter: Reporter,
    *,
    overwrite: bool = False,
) -> DetectorExport:
    """Write a detector's network for another runtime, and refuse where it finds other boxes.

    Args:
        what: `onnx:FILE`.
        out: the file, `.onnx` or `.xml`; a folder gets one of the original's name.
        target: what to export to.
        clips: of footage like that of the camera; int8 needs some.
        reads: what is read, which `out` must not be.
        reporter: told what is tried.
        overwrite: replace what stands at `out`, whoever wrote it.

    Raises:
        ConfigError: another kind of detector, int8 without footage, an ending that does not fit,
            or an output that would overwrite something.
        ExportError, MissingError: as `export_network`.
        WriteError: the file cannot be written.
    """
    original = _original(what)
    path = _place(out, target.runtime, original)
    places = [Place("--out", path, "network")]
    if target.runtime == "openvino":
        places.append(Place("--out", path.with_suffix(".bin"), "weights"))
    check_places(places, [original.opened.file, *reads], overwrite=overwrite)
    pictures = pictures_of(original, clips)
    if target.precision == "int8" and not pictures:
        raise ConfigError(
            "int8 needs normal footage for its ranges: give --data with training clips, or --clip."
        )
    files, boxes = export_network(
        original, target, pictures or random_pictures(original), path.stem, reporter
    )
    for name, data in reversed(files.items()):  # the weights before the network that names them
        with whole_file(path.parent / name) as temporary:
            temporary.write_bytes(data)
    return DetectorExport(path, _facts(original, target, boxes.to_json()))


def check_detector_file(
    what: str, file: Path, target: DetectorTarget, clips: Sequence[Clip]
) -> DetectorExport:
    """Compare an exported detector with its original again, on this machine.

    Args:
        what: the original, `onnx:FILE`.
        file: that was exported.
        target: `tolerance` and `bound` to judge by; runtime and precision are the file's.
        clips: as `export_detector_file`; without any, noise is shown.

    Raises:
        ConfigError, MissingError: one of them cannot be read.
    """
    original = _original(what)
    runtime = next((kind for kind, end in ENDINGS.items() if end == file.suffix), "onnx")
    exported = load_detector(f"{runtime}:{file}", original.options)
    assert isinstance(exported, NetworkDetector)
    precision = exported.opened.metadata.get(PRECISION, "fp32")
    known = DetectorTarget(runtime, precision, target.tolerance, target.bound)
    pictures = pictures_of(original, clips)
    shown = alternating(pictures)[1] if pictures else random_pictures(original)
    boxes = compare_boxes(original, exported, shown).to_json()
    said = too_different(boxes, known.facts())
    failed = (f"{said} Export the detector again on this machine.",) if said else ()
    return DetectorExport(file, _facts(original, known, boxes), failed)


def pictures_of(detector: NetworkDetector, clips: Sequence[Clip]) -> list[Any]:
    """What a detector is shown of some clips: frames and their tiles, float32 (1, 3, h, w) each."""
    seen = Seen(detector.network)
    detector.network = seen
    try:
        for clip in clips:
            for frame in _looks(clip, LOOKS // len(clips)):
                image = coloured(frame.image)
                detector.detect(View(image, image, image))
    finally:
        detector.network = seen.network
    return seen.pictures


def _looks(clip: Clip, most: int) -> Iterator[Frame]:
    source = clip.open()
    step = frames_in(LOOKS_S, source.fps)
    taken = 0
    for frame in source:
        if frame.index % step == 0:
            yield frame
            taken += 1
        if taken >= most:
            return


def _original(what: str) -> NetworkDetector:
    kind = what.partition(":")[0]
    if kind == "onnx":
        return exportable(what, load_detector(what, DetectorOptions(tiles=TILES)))
    hint = {
        "openvino": " It was exported already: give the ONNX file that it was made from.",
        "darknet": " Convert it first: awry weights yolov3.",
    }.get(kind, "")
    raise ConfigError(
        f"--detector {what} cannot be exported: only detectors from ONNX files can, onnx:FILE of "
        f"the layout of NanoDet, YOLOX or YOLOv3.{hint}"
    )


def _place(out: Path, runtime: str, original: NetworkDetector) -> Path:
    """The network's file; in a folder it is called as the original."""
    ending = ENDINGS[runtime]
    if out.is_dir() or not out.suffix:
        return out / f"{original.opened.file.stem}{ending}"
    if out.suffix != ending:
        raise ConfigError(f"--out {out}: a network for {runtime} ends in {ending}.")
    return out


def _facts(
    original: NetworkDetector, target: DetectorTarget, boxes: Mapping[str, Any]
) -> dict[str, Any]:
    return {
        **target.facts(),
        "original": original.opened.name,
        "boxes": dict(boxes),
        "machine": f"{hardware()}, {machine()}",
        "versions": versions(),
    }
