"""From a method's networks to files that ONNX Runtime and OpenVINO run."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from awry.errors import AwryError, ExportError, MissingError
from awry.methods.folding import folded
from awry.methods.graphs import Graph
from awry.runtimes import openvino_core

if TYPE_CHECKING:
    from torch import Tensor

QUANTISED = (
    "Conv",
    "Add",
    "AveragePool",
    "Clip",
    "Concat",
    "GlobalAveragePool",
    "LeakyRelu",
    "MaxPool",
    "Relu",
    "Resize",
)
"""ONNX operators that int8 covers: convolutions and what stands between them; scores stay fp32."""
ACTIVATIONS = ("Clip", "LeakyRelu", "Relu")
PICTURE_CHANNELS = 4
"""Of what convolutions of pictures have at most: ONNX Runtime is slow at them in int8."""

NOTHING_SAID: Mapping[tuple[str, ...], str] = MappingProxyType({})
Batches = Sequence[tuple["Tensor", ...]]


def to_onnx(graph: Graph, name: str, method: str) -> bytes:
    """A network as an ONNX file, for batches of any size.

    Args:
        graph: what to export.
        name, method: how it is called in errors.

    Raises:
        ExportError: an operator of it cannot be exported.
        MissingError: the exporter's packages are not installed.
    """
    import torch

    try:
        import onnx  # noqa: F401
        import onnxscript  # noqa: F401
    except ImportError as error:
        raise MissingError(
            f"Exporting needs a package that is not installed ({error}). Install it: "
            "pip install 'awry[export]'."
        ) from error
    batch = torch.export.Dim("batch")
    with named(name, method), warnings.catch_warnings():
        # Two inputs share the batch: that is meant.
        warnings.filterwarnings("ignore", ".*The axis name", UserWarning)
        program = torch.onnx.export(
            folded(graph.module.eval()).eval(),
            tuple(graph.inputs.values()),
            dynamo=True,
            input_names=list(graph.inputs),
            output_names=list(graph.outputs),
            dynamic_shapes=tuple({0: batch} for _ in graph.inputs),
            verbose=False,
        )
    assert program is not None
    data: bytes = program.model_proto.SerializeToString()
    return data


@contextmanager
def named(name: str, method: str) -> Iterator[None]:
    """Let failures say whose network it was: converters raise many kinds.

    Raises:
        ExportError: anything went wrong inside.
    """
    try:
        yield
    except AwryError:
        raise
    except Exception as error:
        reason = _innermost(error)
        raise ExportError(f"{method}'s network '{name}' cannot be exported: {reason}.") from error


def _innermost(error: BaseException) -> str:
    while error.__cause__ is not None:
        error = error.__cause__
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return f"{type(error).__name__}: {lines[0][:300] if lines else ''}"


def to_int8(
    data: bytes,
    names: Sequence[str],
    batches: Batches,
    runtime: str,
    *,
    operators: Sequence[str] = QUANTISED,
    floats: Sequence[str] | None = None,
) -> bytes:
    """Quantise an ONNX network statically: weights and activations of 8 bits.

    Args:
        data: the ONNX file.
        names: of its inputs.
        batches: inputs that it was asked on normal footage; the ranges come from them.
        runtime: where it will run; in ONNX Runtime convolutions of pictures stay fp32.
        operators: that are covered.
        floats: names of the nodes that stay fp32; None: what stays so in that runtime.

    Raises:
        ExportError: there are no batches.
    """
    if not batches:
        raise ExportError(
            "The footage never asked one of the networks, so that its ranges are unknown: give "
            "footage in which there is something to see."
        )
    from onnxruntime.quantization import (
        CalibrationDataReader,
        QuantFormat,
        QuantType,
        quantize_static,
    )
    from onnxruntime.quantization.shape_inference import quant_pre_process

    class CalibrationFrames(CalibrationDataReader):  # type: ignore[misc, unused-ignore]
        """Gives one batch after another, then None."""

        def __init__(self) -> None:
            self._rest: Iterator[tuple[Tensor, ...]] = iter(batches)

        def get_next(self) -> dict[str, Any] | None:
            batch = next(self._rest, None)
            if batch is None:
                return None
            return {name: tensor.numpy() for name, tensor in zip(names, batch, strict=True)}

    with tempfile.TemporaryDirectory() as folder:
        plain, ready, small = (Path(folder) / f"{n}.onnx" for n in ("plain", "ready", "small"))
        plain.write_bytes(data)
        quant_pre_process(str(plain), str(ready), skip_symbolic_shape=True)
        if floats is None:
            floats = _of_pictures(ready) if runtime == "onnx" else []
        quantize_static(
            str(ready),
            str(small),
            CalibrationFrames(),
            quant_format=QuantFormat.QDQ,
            op_types_to_quantize=list(operators),
            nodes_to_exclude=list(floats),
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
        )
        return small.read_bytes()


def _of_pictures(file: Path) -> list[str]:
    """Names of the convolutions that read pictures, of what leads there, of their activations.

    What leads there stays fp32 too, or ONNX Runtime makes such a convolution int8 after all.
    """
    import onnx

    graph = onnx.load(file).graph
    channels = {weight.name: weight.dims[1] for weight in graph.initializer if len(weight.dims) > 1}
    makers = {name: node for node in graph.node for name in node.output}
    excluded: dict[str, Any] = {}
    for node in graph.node:
        groups = next((each.i for each in node.attribute if each.name == "group"), 1)
        if node.op_type == "Conv" and node.input[1] in channels:
            if channels[node.input[1]] * groups <= PICTURE_CHANNELS:
                _add_with_makers(node, makers, excluded)
        elif node.op_type in ACTIVATIONS and makers.get(node.input[0], node).name in excluded:
            excluded[node.name] = node
    return list(excluded)


def _add_with_makers(node: Any, makers: Mapping[str, Any], excluded: dict[str, Any]) -> None:
    excluded[node.name] = node
    for name in node.input:
        if name in makers and makers[name].op_type != "Conv":
            _add_with_makers(makers[name], makers, excluded)


def to_openvino(
    data: bytes, name: str = "", about: Mapping[tuple[str, ...], str] = NOTHING_SAID
) -> tuple[bytes, bytes]:
    """An ONNX network as OpenVINO's two files, `.xml` and `.bin`.

    Args:
        data: the ONNX file.
        name: that the network gets; empty: it keeps its own.
        about: facts of the file, by the path of keys that they stand under.
    """
    import openvino  # type: ignore[import-not-excluded, import-untyped, unused-ignore]

    with tempfile.TemporaryDirectory() as folder:
        plain, ready = Path(folder) / "plain.onnx", Path(folder) / "ready.xml"
        plain.write_bytes(data)
        model = openvino_core().read_model(str(plain))  # its converter would report home
        if name:
            model.set_friendly_name(name)
        for path, value in about.items():
            model.set_rt_info(value, list(path))
        openvino.save_model(model, str(ready), compress_to_fp16=False)
        return ready.read_bytes(), ready.with_suffix(".bin").read_bytes()
