"""A detector of bright things as an ONNX file, in NanoDet's layout: made up, and small."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

SIDE = 64
BINS = 11
BRIGHT = 0.6
"""Standardised brightness above which a cell holds an object of the first class."""


def write_bright_detector(
    path: Path, *, opset: int = 13, metadata: Mapping[str, str] | None = None
) -> Path:
    """Write it with a batch of one; five convolutions lie before each output but the coarse."""
    from onnx import TensorProto, checker, helper, save

    tensors, nodes, outputs = [], [], []

    def tensor(name: str, values: np.ndarray) -> str:
        kind = TensorProto.INT64 if values.dtype == np.int64 else TensorProto.FLOAT
        tensors.append(helper.make_tensor(name, kind, values.shape, values.ravel().tolist()))
        return name

    def add(kind: str, inputs: list[str], output: str, **how: Any) -> str:
        nodes.append(helper.make_node(kind, inputs, [output], **how))
        return output

    def conv(name: str, source: str, weights: np.ndarray, bias: np.ndarray, stride: int) -> str:
        given = [tensor(f"{name}.weights", weights), tensor(f"{name}.bias", bias)]
        side = weights.shape[2]
        how = {"kernel_shape": [side, side], "strides": [stride, stride]}
        return add("Conv", [source, *given], name, **how)

    def averaging(into: int, out: int, side: int) -> np.ndarray:
        share = np.linspace(0.8, 1.2, out)[:, None, None, None] / (into * side**2)
        return (np.ones((out, into, side, side)) * share).astype(np.float32)

    zeros = np.zeros(4, np.float32)
    here = "pictures"
    for number, into in enumerate((3, 4, 4)):
        made = conv(f"conv{number}", here, averaging(into, 4, 2), zeros, 2)
        here = add("LeakyRelu", [made], f"leaky{number}", alpha=0.5)
    here = conv("conv3", here, averaging(4, 4, 1), zeros, 1)
    for stride, threshold in ((8, BRIGHT), (16, 50.0), (32, 50.0)):
        if stride > 8:
            how = {"kernel_shape": [2, 2], "strides": [2, 2]}
            here = add("AveragePool", [here], f"smaller{stride}", **how)
        cells = (SIDE // stride) ** 2
        weights = np.zeros((80 + 4 * BINS, 4, 1, 1), np.float32)
        weights[0] = 2.0
        bias = np.full(80 + 4 * BINS, -9.0, np.float32)
        bias[0] = -8.0 * threshold
        bias[80 + 1 :: BINS] = 9.0  # each side lies one cell away
        last = conv(f"last{stride}", here, weights, bias, 1)
        split = [f"raw{stride}", f"far{stride}"]
        sizes = tensor(f"sizes{stride}", np.array([80, 4 * BINS], np.int64))
        if opset >= 13:
            nodes.append(helper.make_node("Split", [last, sizes], split, axis=1))
        else:
            nodes.append(helper.make_node("Split", [last], split, axis=1, split=[80, 4 * BINS]))
        chances = add("Sigmoid", [split[0]], f"chances{stride}")
        for source, width in ((chances, 80), (split[1], 4 * BINS)):
            shape = tensor(f"shape.{source}", np.array([1, width, -1], np.int64))
            flat = add("Reshape", [source, shape], f"flat.{source}")
            out = add("Transpose", [flat], f"out.{source}", perm=[0, 2, 1])
            outputs.append(helper.make_tensor_value_info(out, TensorProto.FLOAT, [1, cells, width]))
    pictures = helper.make_tensor_value_info("pictures", TensorProto.FLOAT, [1, 3, SIDE, SIDE])
    used = {name for node in nodes for name in node.input}
    graph = helper.make_graph(
        nodes, "bright", [pictures], outputs, [one for one in tensors if one.name in used]
    )
    imports = [helper.make_opsetid("", opset)]
    model = helper.make_model(graph, opset_imports=imports, ir_version=8)
    helper.set_model_props(model, dict(metadata or {}))
    checker.check_model(model)
    save(model, str(path))
    return path
