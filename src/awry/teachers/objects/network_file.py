"""A detector's network in a file, opened by ONNX Runtime or by OpenVINO."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from awry.devices import PROCESSOR, Compute
from awry.errors import ConfigError
from awry.foreign import reading
from awry.runtimes import (
    Network,
    by_shape,
    check_runtime,
    load_networks,
    onnx_session,
    openvino_core,
)
from awry.teachers.objects.onnx_layouts import LAYOUT, Floats, OutputFormat, output_format
from awry.teachers.weights import file_hash
from awry.video.limits import check_pixels

# Takes prepared pictures, float32 (n, 3, h, w), gives all outputs.
Asked = Callable[[Floats], Sequence[Floats]]
OPENVINO_KEY = "awry"
"""Of an OpenVINO file's own facts: below it stands what is metadata in ONNX."""
PRECISION = "awry.precision"
"""Key of a file's metadata: `fp32` or `int8`, where awry exported it."""
MOST_TILES = 8
"""A batch of more tiles of a picture is not worth a network of its own."""
USUAL_SIDE = 416
"""Height and width of the input where the file leaves them open."""


@dataclass(frozen=True, slots=True)
class OpenedNetwork:
    """A network that can be asked.

    Attributes:
        name: `KIND:FILE`, the file without its folders.
        file: where it lies.
        content: a hash of the file, and of those that belong to it.
        ask: answers.
        input: shape of the input; what is no whole number is open.
        outputs: shapes of the outputs, likewise.
        metadata: of the file.
        ask_often: answers as `ask` but for rounding, faster when it is asked the same shape again.
    """

    name: str
    file: Path
    content: str
    ask: Asked
    input: Sequence[object]
    outputs: Sequence[Sequence[object]]
    metadata: Mapping[str, str]
    ask_often: Asked

    @property
    def takes_batches(self) -> bool:
        """Whether the file leaves the batch open."""
        return not isinstance(self.input[0], int)

    @property
    def side(self) -> tuple[int, int]:
        """(height, width) of the input."""
        height, width = (s if isinstance(s, int) else USUAL_SIDE for s in self.input[2:])
        return height, width

    def layout(self) -> OutputFormat:
        """How pictures go in and boxes come out.

        Raises:
            ConfigError: a layout that is not known, or an input of too many pixels.
        """
        height, width = self.side
        check_pixels(width, height, self.file.name, ConfigError)
        return output_format(self.outputs, (height, width), self.file, self.metadata)


def open_network(kind: str, path: Path, compute: Compute = PROCESSOR) -> OpenedNetwork:
    """Open a detector's file.

    Args:
        kind: `onnx` or `openvino`.
        path: of the file.
        compute: where it runs.

    Raises:
        ConfigError: it is no such file.
        MissingError: the runtime is not installed.
    """
    check_runtime(kind)
    what = "a detector in ONNX" if kind == "onnx" else "a detector in OpenVINO's format"
    with reading(path.name, what, ConfigError):
        return _open_onnx(path, compute) if kind == "onnx" else _open_openvino(path, compute)


def _open_onnx(path: Path, compute: Compute) -> OpenedNetwork:
    session = onnx_session(path, compute)
    first = session.get_inputs()[0]
    put = first.name  # `ask` goes to workers, and `first` cannot

    def ask(pictures: Floats) -> Sequence[Floats]:
        answers: Sequence[Floats] = session.run(None, {put: pictures})
        return answers

    return OpenedNetwork(
        f"onnx:{path.name}",
        path,
        file_hash(path),
        ask,
        first.shape,
        [output.shape for output in session.get_outputs()],
        session.get_modelmeta().custom_metadata_map,
        ask,
    )


def _open_openvino(path: Path, compute: Compute) -> OpenedNetwork:
    model = openvino_core().read_model(str(path))
    shapes = [
        [side.get_length() if side.is_static else str(side) for side in port.partial_shape]
        for port in (*model.inputs, *model.outputs)
    ]
    metadata = {
        key: model.get_rt_info([OPENVINO_KEY, key]).astype(str)
        for key in (LAYOUT, PRECISION)
        if model.has_rt_info([OPENVINO_KEY, key])
    }
    files = {"detector": path.name}
    network = load_networks(path.parent, "openvino", files, compute)["detector"]
    return OpenedNetwork(
        f"openvino:{path.name}",
        path,
        f"{file_hash(path)}+{file_hash(path.with_suffix('.bin'))}",
        partial(_ask, network),
        shapes[0],
        shapes[1:],
        metadata,
        partial(_ask, by_shape(network, MOST_TILES)),
    )


def _ask(network: Network, pictures: Floats) -> Sequence[Floats]:
    import torch

    return [np.asarray(part.numpy()) for part in network(torch.from_numpy(pictures))]
