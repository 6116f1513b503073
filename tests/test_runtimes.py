"""Networks from files."""

from __future__ import annotations

import builtins
from pathlib import Path
from typing import Any

import onnx
import pytest
import torch
from onnx import TensorProto, helper

from awry.errors import BundleError, MissingError
from awry.runtimes import check_runtime, load_networks, onnx_session, threads


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A network that gives the sum and the difference of its inputs."""
    values = [helper.make_tensor_value_info(n, TensorProto.FLOAT, [None, 2]) for n in "absd"]
    nodes = [helper.make_node("Add", ["a", "b"], ["s"]), helper.make_node("Sub", ["a", "b"], ["d"])]
    graph = helper.make_graph(nodes, "small", values[:2], values[2:])
    opset = [helper.make_opsetid("", 17)]
    onnx.save(helper.make_model(graph, opset_imports=opset, ir_version=8), tmp_path / "small.onnx")
    return tmp_path


def test_outputs_in_order(folder: Path) -> None:
    network = load_networks(folder, "onnx", {"small": "small.onnx"})["small"]
    total, difference = network(torch.tensor([[5.0, 7.0]]), torch.tensor([[2.0, 3.0]]))
    assert (total.tolist(), difference.tolist()) == ([[7, 10]], [[3, 4]])


def test_as_many_threads_as_pytorch_has(folder: Path) -> None:
    assert threads() == torch.get_num_threads()
    options = onnx_session(folder / "small.onnx").get_session_options()
    assert options.intra_op_num_threads == threads()


def test_a_runtime_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BundleError, match="no runtime 'onx': did you mean 'onnx'"):
        check_runtime("onx")
    real = builtins.__import__

    def without(name: str, *rest: Any, **more: Any) -> Any:
        if name in ("onnxruntime", "openvino"):
            raise ImportError(name)
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(MissingError, match=r"pip install 'awry\[openvino\]'"):
        check_runtime("openvino")
    with pytest.raises(MissingError, match="pip install onnxruntime"):
        check_runtime("onnx")


def test_a_file_that_cannot_be_run_is_named(tmp_path: Path) -> None:
    (tmp_path / "small.onnx").write_bytes(b"no network")
    with pytest.raises(BundleError, match=r"small\.onnx cannot be run by onnx on this machine: "):
        load_networks(tmp_path, "onnx", {"small": "small.onnx"})
