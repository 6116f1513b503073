"""Object detectors' networks for ONNX Runtime or OpenVINO, compared before they are kept."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from awry.errors import ConfigError, ExportError, MissingError
from awry.exporting.boxes import BOUND, BoxParity, compare_boxes, too_different
from awry.exporting.networks import named, to_int8, to_openvino
from awry.progress import Reporter, Silent
from awry.runtimes import ENDINGS
from awry.teachers.objects import ObjectDetector
from awry.teachers.objects.network_file import OPENVINO_KEY, PRECISION, Asked
from awry.teachers.objects.onnx import NetworkDetector, file_detector
from awry.teachers.objects.onnx_layouts import LAYOUT, Floats

FIRST_FLOATS = (3, 8)
"""Convolutions at a network's beginning that stay fp32 in int8; more where fewer lose too much."""
MOST_PICTURES = 128
"""Of those that a detector was shown: one half gives int8's ranges, the other is compared."""
BLOCK = 8
"""Consecutive pictures that are put to the same use."""
OPSET = 13
"""From it on weights have a scale for each channel."""


@dataclass(frozen=True, slots=True)
class DetectorTarget:
    """What a detector's network is exported to.

    Attributes:
        runtime: `onnx` or `openvino`.
        precision: `fp32` or `int8`.
        tolerance: largest relative difference of an output that fp32 may have.
        bound: share of boxes that int8 may lose, and that may be new.
        force: keep int8 beyond `bound`.
    """

    runtime: str
    precision: str
    tolerance: float
    bound: float = BOUND
    force: bool = False

    def facts(self) -> dict[str, Any]:
        """What is recorded."""
        return {
            "runtime": self.runtime,
            "precision": self.precision,
            "tolerance": self.tolerance,
            "bound": self.bound,
        }


@dataclass(slots=True)
class Seen:
    """A detector's network that remembers pictures, evenly spread over all that it was shown.

    Attributes:
        network: answers.
        pictures: float32 (1, 3, h, w) each, in order.
    """

    network: Asked
    pictures: list[Floats] = field(default_factory=list)
    _every: int = 1
    _asked: int = 0

    def __call__(self, pictures: Floats) -> Sequence[Floats]:
        for number in range(len(pictures)):
            self.take(pictures[number : number + 1])
        return self.network(pictures)

    def take(self, picture: Floats) -> None:
        """Remember a picture, perhaps."""
        if self._asked % self._every == 0:
            self.pictures.append(picture.copy())
        self._asked += 1
        if len(self.pictures) > MOST_PICTURES:
            del self.pictures[1::2]
            self._every *= 2


def exportable(what: str, detector: ObjectDetector) -> NetworkDetector:
    """The detector, if its network lies in an ONNX file.

    Raises:
        ConfigError: it is of another kind.
    """
    if isinstance(detector, NetworkDetector) and what.partition(":")[0] == "onnx":
        return detector
    raise ConfigError(
        f"{what} cannot be exported: only detectors from ONNX files can, onnx:FILE of the layout "
        "of NanoDet, YOLOX or YOLOv3."
    )


@contextmanager
def seen_by(detectors: Iterable[NetworkDetector]) -> Iterator[dict[str, Seen]]:
    """Hash of each detector's file -> the pictures that its network is asked about inside."""
    seen: dict[str, Seen] = {}
    before = [(one, one.network) for one in detectors]
    for one, network in before:
        one.network = seen.setdefault(one.opened.content, Seen(network))
    try:
        yield seen
    finally:
        for one, network in before:
            one.network = network


def export_network(
    original: NetworkDetector,
    target: DetectorTarget,
    pictures: Sequence[Floats],
    stem: str,
    reporter: Reporter | None = None,
) -> tuple[dict[str, bytes], BoxParity]:
    """A detector's network in another runtime, which finds the same boxes.

    Args:
        original: from an ONNX file.
        target: what to export to.
        pictures: that it was shown, of normal footage; for fp32 any will do.
        stem: of the files' names.
        reporter: told what is tried.

    Returns:
        File's name -> content, the network's own first; and how far it is from the original.

    Raises:
        ConfigError: int8 of a network that is of 8 bits already.
        ExportError: it cannot be converted, or is too far from the original.
        MissingError: the exporter's packages are not installed.
    """
    reporter = reporter or Silent()
    int8 = target.precision == "int8"
    ranges, compared = alternating(pictures) if int8 else ([], pictures)
    for first in FIRST_FLOATS if int8 else (0,):
        with named(original.name, "The detector"):
            files = _converted(original, target, ranges, first, stem)
        parity = _compared(original, target, files, compared)
        said = too_different(parity.to_json(), target.facts())
        if not said:
            break
        reporter.message(f"{original.name}: with {first} convolutions in fp32: {said}")
    if said and not (int8 and target.force and np.isfinite(parity.difference)):
        keep = " --force keeps it all the same." if int8 else ""
        raise ExportError(f"{said} Nothing was written.{keep}")
    return files, parity


def random_pictures(detector: NetworkDetector, count: int = 4) -> list[Floats]:
    """Noise as a network is shown pictures, where there is no footage; the same on any machine."""
    generator = np.random.default_rng(0)
    side = (*detector.layout.side, 3)
    images = (generator.integers(0, 256, side, dtype=np.uint8) for _ in range(count))
    return [detector.layout.prepare(image) for image in images]


def alternating(pictures: Sequence[Floats]) -> tuple[list[Floats], list[Floats]]:
    """Pictures for ranges and others to be compared, in turn; the same ones where they are few."""
    parts: tuple[list[Floats], list[Floats]] = ([], [])
    for number, picture in enumerate(pictures):
        parts[number // BLOCK % 2].append(picture)
    return parts if parts[1] else (parts[0], parts[0])


def write_files(folder: Path, files: Mapping[str, bytes]) -> Path:
    """Write a network's files; gives the path of the first, which is the network's own."""
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return folder / next(iter(files))


def _compared(
    original: NetworkDetector,
    target: DetectorTarget,
    files: Mapping[str, bytes],
    pictures: Sequence[Floats],
) -> BoxParity:
    with tempfile.TemporaryDirectory() as folder:
        path = write_files(Path(folder), files)
        try:
            exported = file_detector(target.runtime, str(path), original.options)
        except ConfigError as error:
            raise ExportError(
                f"{target.runtime} does not run what was exported ({error}). Take another runtime."
            ) from error
        return compare_boxes(original, exported, pictures)


def _converted(
    original: NetworkDetector,
    target: DetectorTarget,
    ranges: Sequence[Floats],
    first: int,
    stem: str,
) -> dict[str, bytes]:
    onnx = _onnx()
    model = onnx.load(str(original.opened.file))
    metadata = dict(original.opened.metadata)
    if target.precision == "int8":
        if any(node.op_type == "QuantizeLinear" for node in model.graph.node):
            raise ConfigError(
                f"{original.name} is of 8 bits already: give the file that it was made from."
            )
        if _opset(model) < OPSET:
            model = onnx.version_converter.convert_version(model, OPSET)
    model = _with_free_batch(model, original)
    data: bytes = model.SerializeToString()
    if target.precision == "int8":
        data = _int8(data, model, ranges, target.runtime, first)
    metadata[PRECISION] = target.precision
    model = onnx.load_from_string(data)
    model.producer_name = "awry"  # by which awry knows its own files again
    onnx.helper.set_model_props(model, metadata)
    data = model.SerializeToString()
    if target.runtime == "onnx":
        return {f"{stem}{ENDINGS['onnx']}": data}
    facts: dict[tuple[str, ...], str] = {
        (OPENVINO_KEY, key): metadata[key] for key in (LAYOUT, PRECISION) if key in metadata
    }
    xml, weights = to_openvino(data, "awry_detector", facts)
    return {f"{stem}{ENDINGS['openvino']}": xml, f"{stem}.bin": weights}


def _onnx() -> Any:
    try:
        import onnx
        import onnx.version_converter
    except ImportError as error:
        raise MissingError(
            f"Exporting a detector needs a package that is not installed ({error}). Install it: "
            "pip install 'awry[export]'."
        ) from error
    return onnx


def _opset(model: Any) -> int:
    return next(int(one.version) for one in model.opset_import if one.domain in ("", "ai.onnx"))


def _int8(data: bytes, model: Any, ranges: Sequence[Floats], runtime: str, first: int) -> bytes:
    """Convolutions of 8 bits, but for those at both ends.

    The first see pictures, whose range is wide; behind the last stand class scores and sides.
    """
    import torch

    name = model.graph.input[0].name
    batches = [(torch.from_numpy(picture),) for picture in ranges]
    return to_int8(data, [name], batches, runtime, operators=("Conv",), floats=_ends(model, first))


def _ends(model: Any, first: int) -> list[str]:
    """Names of the first convolutions, and of those with no other behind them."""
    nodes = list(model.graph.node)
    readers: dict[str, list[Any]] = {}
    for node in nodes:
        for name in node.input:
            readers.setdefault(name, []).append(node)
    before: set[str] = set()  # outputs of nodes with a convolution behind them
    for node in reversed(nodes):
        if any(
            reader.op_type == "Conv" or before & set(reader.output)
            for name in node.output
            for reader in readers.get(name, ())
        ):
            before |= set(node.output)
    convolutions = [node for node in nodes if node.op_type == "Conv"]
    last = [node for node in convolutions if not before & set(node.output)]
    return [node.name for node in (*convolutions[:first], *last)]


def _with_free_batch(model: Any, original: NetworkDetector) -> Any:
    """The network for any number of pictures, where it answers several as it answers each."""
    onnx = _onnx()
    _name_nodes(model)
    free = type(model).FromString(model.SerializeToString())
    graph = free.graph
    constants = {tensor.name: tensor for tensor in graph.initializer}
    for value in (graph.input[0], *graph.output):
        value.type.tensor_type.shape.dim[0].dim_param = "batch"
    del graph.value_info[:]
    for node in graph.node:
        if node.op_type != "Reshape" or node.input[1] not in constants:
            continue
        shape = onnx.numpy_helper.to_array(constants[node.input[1]])
        if shape.size and shape[0] == 1:
            name = f"{node.input[1]}_any_batch"
            if name not in constants:
                anew = np.concatenate([[0], shape[1:]]).astype(np.int64)  # 0: as it comes in
                constants[name] = onnx.numpy_helper.from_array(anew, name)
                graph.initializer.append(constants[name])
            node.input[1] = name
    _drop_unused(graph)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "free.onnx"
        path.write_bytes(free.SerializeToString())
        try:
            return free if file_detector("onnx", str(path), original.options).batches else model
        except (ConfigError, ExportError):
            return model


def _name_nodes(model: Any) -> None:
    """What stays in fp32 is told by name."""
    for number, node in enumerate(model.graph.node):
        node.name = node.name or f"{node.op_type}_{number}"


def _drop_unused(graph: Any) -> None:
    """Constants that nobody reads: ONNX Runtime warns of each."""
    read = {name for node in graph.node for name in node.input}
    kept = [tensor for tensor in graph.initializer if tensor.name in read]
    del graph.initializer[:]
    graph.initializer.extend(kept)
