"""`awry.convert_weights`: published networks that no runtime here reads, as ONNX."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from awry.calls import checked
from awry.errors import ConfigError, ExportError, nearest
from awry.exporting.darknet.settings import Boxes, Settings, read_settings
from awry.exporting.darknet.weights import read_weights
from awry.exporting.networks import to_onnx
from awry.methods.graphs import Graph
from awry.output.places import Place, check_places
from awry.results import FigureCard, Result
from awry.runtimes import onnx_session
from awry.storage import whole_file
from awry.teachers.catalogue import MADE_OF, YOLOV3_SHA256
from awry.teachers.objects import View, load_detector
from awry.teachers.objects.coco import class_name
from awry.teachers.objects.onnx_layouts import CLASSES, DARKNET, LAYOUT
from awry.teachers.weights import sha256_of
from awry.video import open_source

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from torch import nn

NETWORKS = ("yolov3",)
SAME = 1e-3
"""Relative difference from PyTorch that the written file may have."""


@dataclass(frozen=True, slots=True)
class FoundObject:
    """An object that the converted network found.

    Attributes:
        name: of its likeliest class.
        confidence: 0 to 1.
        box: x_min, y_min, x_max, y_max in pixels of the picture.
    """

    name: str
    confidence: float
    box: tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class ConvertedWeights(Result):
    """A network that was converted to ONNX.

    Attributes:
        network: which, e.g. `yolov3`.
        out: the file that was written.
        size: (height, width) of its input.
        layers, convolutions, numbers: how many, as the settings describe it.
        sha256: of the weights file that was read.
        published: whether that is the published file; another one may be as good.
        difference: largest relative difference of an output from PyTorch, on a random picture.
        found: objects in the picture that was to be checked; None without one.
    """

    network: str
    out: Path
    size: tuple[int, int]
    layers: int
    convolutions: int
    numbers: int
    sha256: str
    published: bool
    difference: float
    found: tuple[FoundObject, ...] | None = None

    def to_dict(self) -> dict[str, Any]:
        """All attributes as plain values."""
        values = asdict(self) | {"out": str(self.out), "size": list(self.size)}
        return values | {"found": None if self.found is None else self.rows()}

    def rows(self) -> Sequence[Mapping[str, Any]]:
        """One row for each object that was found."""
        return [asdict(one) | {"box": list(one.box)} for one in self.found or ()]

    def draw(self, ax: Axes) -> None:
        """The confidences of the objects that were found."""
        rows = self.rows()
        ax.barh(range(len(rows)), [row["confidence"] for row in rows])
        ax.set_yticks(range(len(rows)), [row["name"] for row in rows])
        ax.invert_yaxis()
        ax.set(xlabel="confidence", title=self.out.name)

    def cards(self) -> list[FigureCard]:
        """What was read, and what was found."""
        origin = "the published weights" if self.published else "not the published weights"
        cards = [FigureCard(self.network, f"{self.numbers} numbers", origin)]
        if self.found is not None:
            cards.append(FigureCard("objects found", str(len(self.found))))
        return cards


@checked
def convert_weights(
    network: str,
    *,
    cfg: str | Path | None = None,
    weights: str | Path | None = None,
    out: str | Path | None = None,
    check: str | Path | None = None,
    overwrite: bool = False,
) -> ConvertedWeights:
    """Convert YOLOv3 as its authors publish it to ONNX, for `--detector onnx:FILE`.

    Boxes are decoded inside the file, in pixels of its input, whose size is the settings'. Nothing
    is written unless the file gives what PyTorch gives.

    Args:
        network: `yolov3`.
        cfg: Darknet's settings of the network.
        weights: Darknet's binary weights.
        out: the ONNX file.
        check: a picture in which the converted network is to find objects.
        overwrite: replace what stands at `out`, whoever wrote it.

    Raises:
        ConfigError: an unknown network, a file that cannot be read, does not belong to the other
            or has layers that are not known, or an output that would overwrite something.
        ExportError: the network cannot be exported, or gives something else than in PyTorch.
        MissingError: the exporter's packages are not installed.
        SourceError, WriteError: the picture cannot be read, or the file not written.
    """
    if network not in NETWORKS:
        raise ConfigError(f"No network '{network}' is converted: {nearest(network, NETWORKS)}.")
    if cfg is None or weights is None or out is None:
        raise ConfigError(
            f"To convert {network}, give --cfg FILE.cfg, --weights FILE.weights and --out "
            "FILE.onnx."
        )
    settings_file, weights_file, place = Path(cfg), Path(weights), Path(out)
    reads = [settings_file, weights_file, *([] if check is None else [check])]
    check_places([Place("--out", place, "network")], reads, overwrite=overwrite)
    picture = None if check is None else _picture(str(check))
    settings = read_settings(settings_file)
    _check_classes(settings, settings_file)
    module = _network(settings, weights_file)
    digest = sha256_of(weights_file)
    about = {LAYOUT: DARKNET, "awry.network": network, MADE_OF: digest}
    difference = _write(module, settings, about, place)
    return ConvertedWeights(
        network,
        place,
        (settings.height, settings.width),
        len(settings.layers),
        len(settings.convolutions),
        settings.numbers,
        digest,
        digest == YOLOV3_SHA256,
        difference,
        None if picture is None else _found(place, picture),
    )


def _picture(name: str) -> View:
    """The picture, or a video's first frame."""
    for frame in open_source(name):
        return View(frame.image, frame.image, frame.image)
    raise ConfigError(f"--check {name} has no picture.")


def _check_classes(settings: Settings, file: Path) -> None:
    for layer in settings.layers:
        if isinstance(layer, Boxes) and layer.classes != CLASSES:
            raise ConfigError(
                f"{file} tells {layer.classes} classes apart; awry's detectors are trained on "
                f"COCO's {CLASSES}. Give the published yolov3.cfg, or one of its like."
            )


def _network(settings: Settings, weights: Path) -> nn.Module:
    from awry.exporting.darknet.network import DarknetNetwork

    return DarknetNetwork(settings, read_weights(weights, settings)).eval()


def _write(module: nn.Module, settings: Settings, about: Mapping[str, str], out: Path) -> float:
    """Write the ONNX file; gives its largest relative difference from PyTorch.

    Raises:
        ExportError: it differs by more than `SAME`; nothing is written then.
    """
    import torch

    generator = torch.Generator().manual_seed(0)
    sides = (3, settings.height, settings.width)
    graph = Graph(module, {"picture": torch.rand(2, *sides, generator=generator)}, ("boxes",))
    data = _with_metadata(to_onnx(graph, "detector", about["awry.network"]), about)
    with whole_file(out) as temporary:
        temporary.write_bytes(data)
        given = graph.inputs["picture"][:1]
        found = onnx_session(temporary).run(None, {"picture": given.numpy()})[0]
        with torch.inference_mode():
            expected = module(given).numpy()
        difference = _difference(found, expected)
        if not difference <= SAME:
            raise ExportError(
                f"The exported network differs from PyTorch's by {difference:.2g} of a value, more "
                f"than {SAME:g}. Nothing was written; another version of PyTorch may do better."
            )
    return difference


def _difference(found: Any, expected: Any) -> float:
    """Largest difference, relative to values above 1; sides that overflow count as alike."""
    if found.shape != expected.shape:
        return float("inf")
    both = np.isinf(found) & (found == expected)
    apart = np.abs(np.where(both, 0, found) - np.where(both, 0, expected))
    return float((apart / np.maximum(1, np.abs(np.where(both, 0, expected)))).max())


def _with_metadata(data: bytes, about: Mapping[str, str]) -> bytes:
    import onnx

    model = onnx.load_from_string(data)
    model.producer_name = "awry"  # by which awry knows its own files again
    onnx.helper.set_model_props(model, dict(about))
    written: bytes = model.SerializeToString()
    return written


def _found(file: Path, view: View) -> tuple[FoundObject, ...]:
    objects = load_detector(f"onnx:{file.resolve()}").detect(view)
    found = []
    for kind, score, box in zip(objects.class_ids, objects.scores, objects.boxes, strict=True):
        left, top, right, bottom = map(float, box)
        found.append(FoundObject(class_name(int(kind)), float(score), (left, top, right, bottom)))
    return tuple(found)
