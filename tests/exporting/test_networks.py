"""Networks as files: they answer as PyTorch does, in any batch."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from awry.errors import ExportError
from awry.exporting.networks import named, to_int8, to_onnx, to_openvino
from awry.exporting.parity import largest_difference
from awry.methods.graphs import Graph, eager
from awry.methods.ssmtl.config import SSMTLConfig
from awry.methods.ssmtl.network import Network
from awry.runtimes import load_networks


def test_an_operator_that_cannot_be_exported_is_named() -> None:
    class Odd(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return x if float(x.sum()) > 0 else -x

    graph = Graph(Odd(), {"x": torch.ones(2, 3)}, ("y",))
    with pytest.raises(ExportError, match="daml's network 'odd' cannot be exported: "):
        to_onnx(graph, "odd", "daml")


class Small(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.one, self.two = nn.Conv2d(3, 8, 3, padding=1), nn.Conv2d(8, 4, 3, padding=1)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        x = self.one(x).relu()
        return self.two(x), x


@pytest.mark.parametrize("batch", [1, 2, 5])
def test_networks_take_any_batch_in_each_runtime(batch: int, tmp_path: Path) -> None:
    graph = Graph(Small(), {"x": torch.zeros(2, 3, 8, 9)}, ("two", "one"))
    data = to_onnx(graph, "small", "none")
    (tmp_path / "small.onnx").write_bytes(data)
    xml, weights = to_openvino(data)
    (tmp_path / "small.xml").write_bytes(xml)
    (tmp_path / "small.bin").write_bytes(weights)
    x = torch.randn(batch, 3, 8, 9, generator=torch.Generator().manual_seed(batch))
    with torch.inference_mode():
        expected = eager({"small": graph})["small"](x)
        for runtime, file in (("onnx", "small.onnx"), ("openvino", "small.xml")):
            found = load_networks(tmp_path, runtime, {"small": file})["small"](x)
            assert [one.shape for one in found] == [one.shape for one in expected]
            assert largest_difference(expected, found) < 1e-5


def test_int8_without_questions_is_refused() -> None:
    with pytest.raises(ExportError, match="never asked"):
        to_int8(b"", ["x"], [], "onnx")


class Joining(Small):
    """Its pictures come out of a concatenation, as SSMTL's do."""

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return super().forward(torch.cat([x[:, 1:], x[:, :1]], 1))


@pytest.mark.parametrize("kind", [Small, Joining])
def test_int8_leaves_convolutions_of_pictures_alone_where_they_are_slow(
    kind: type[Small], tmp_path: Path
) -> None:
    import onnx

    graph = Graph(kind(), {"x": torch.zeros(2, 3, 8, 9)}, ("two", "one"))
    plain = to_onnx(graph, "small", "none")
    x = torch.rand(4, 3, 8, 9, generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        expected = eager({"small": graph})["small"](x)
    for runtime, quantised in (("onnx", 1), ("openvino", 2)):
        data = to_int8(plain, ["x"], [(x,)], runtime)
        graph_of = onnx.load_from_string(data).graph
        makers = {name: node.op_type for node in graph_of.node for name in node.output}
        weights = [makers.get(n.input[1]) for n in graph_of.node if n.op_type == "Conv"]
        assert weights.count("DequantizeLinear") == quantised
        (tmp_path / "small.onnx").write_bytes(data)
        with torch.inference_mode():
            found = load_networks(tmp_path, "onnx", {"small": "small.onnx"})["small"](x)
        assert largest_difference(expected, found) < 0.05


class Student(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        config = SSMTLConfig(side=16, depth="shallow", width="narrow")
        self.network = Network(config, 1, 16, 5, ("distillation",)).eval()

    def forward(self, x: Tensor) -> Tensor:
        return self.network.student(x)


def test_int8_of_a_single_frame_is_the_same_in_both_runtimes(tmp_path: Path) -> None:
    """OpenVINO's int8 goes wrong where a kernel's time is longer than the frames'."""
    x = torch.rand(8, 1, 7, 16, 16, generator=torch.Generator().manual_seed(2))
    graph = Graph(Student(), {"x": x[:2]}, ("y",))
    data = to_int8(to_onnx(graph, "student", "ssmtl"), ["x"], [(x,)], "openvino")
    xml, weights = to_openvino(data)
    for name, content in (("s.onnx", data), ("s.xml", xml), ("s.bin", weights)):
        (tmp_path / name).write_bytes(content)
    with torch.inference_mode():
        first, second = (
            load_networks(tmp_path, runtime, {"s": file})["s"](x)
            for runtime, file in (("onnx", "s.onnx"), ("openvino", "s.xml"))
        )
    assert largest_difference(first, second) < 0.003


def test_what_converters_raise_names_the_network() -> None:
    refusal = pytest.raises(ExportError, match="daml's network 'encoder' cannot be exported: ")
    with refusal, named("encoder", "daml"):
        to_openvino(b"no network")
