"""Networks from files."""

from __future__ import annotations

import builtins
import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import onnx
import pytest
import torch
from onnx import TensorProto, helper

from awry import runtimes
from awry.devices import PROCESSOR, Compute
from awry.errors import BundleError, MissingError, warn_once
from awry.exporting.networks import to_openvino
from awry.runtimes import (
    ENDINGS,
    TENSORRT,
    Shapes,
    _openvino_device,
    by_shape,
    check_runtime,
    load_networks,
    onnx_providers,
    onnx_session,
    openvino_devices,
    share_of_threads,
    threads,
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A network that gives the sum and the difference of its inputs, for both runtimes."""
    values = [helper.make_tensor_value_info(n, TensorProto.FLOAT, [None, 2]) for n in "absd"]
    nodes = [helper.make_node("Add", ["a", "b"], ["s"]), helper.make_node("Sub", ["a", "b"], ["d"])]
    graph = helper.make_graph(nodes, "small", values[:2], values[2:])
    opset = [helper.make_opsetid("", 17)]
    onnx.save(helper.make_model(graph, opset_imports=opset, ir_version=8), tmp_path / "small.onnx")
    xml, weights = to_openvino((tmp_path / "small.onnx").read_bytes())
    (tmp_path / "small.xml").write_bytes(xml)
    (tmp_path / "small.bin").write_bytes(weights)
    return tmp_path


def test_outputs_in_order(folder: Path) -> None:
    network = load_networks(folder, "onnx", {"small": "small.onnx"})["small"]
    total, difference = network(torch.tensor([[5.0, 7.0]]), torch.tensor([[2.0, 3.0]]))
    assert (total.tolist(), difference.tolist()) == ([[7, 10]], [[3, 4]])


@pytest.mark.parametrize("runtime", ["onnx", "openvino"])
def test_another_process_opens_the_file_anew(
    folder: Path, runtime: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    file = f"small{ENDINGS[runtime]}"
    sent = pickle.dumps(load_networks(Path(), runtime, {"small": file}))
    monkeypatch.chdir("/")
    total, _ = pickle.loads(sent)["small"](torch.ones(1, 2), torch.ones(1, 2))
    assert total.tolist() == [[2, 2]]


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


CARD, OTHER, INTEL = Compute("cuda:1"), Compute("mps:0"), Compute("xpu:0", "bf16")
CPU = "CPUExecutionProvider"


class _Session:
    """Remembers what a session was asked for; `starts` are the providers that can start."""

    asked: ClassVar[list[Any]] = []
    starts: ClassVar[set[str]] = set()
    refuses = False

    def __init__(self, file: str, options: Any, providers: list[Any], **more: Any) -> None:
        if self.refuses and providers != [CPU]:
            assert more == {"enable_fallback": 0}  # which would print
            raise RuntimeError("out of memory")
        names = [one if isinstance(one, str) else one[0] for one in providers]
        self.running = [name for name in names if name in {*self.starts, CPU}]
        type(self).asked = providers

    def get_providers(self) -> list[str]:
        return self.running


@pytest.fixture
def providers(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Says which of ONNX Runtime's providers are built in; all of them can start."""
    monkeypatch.setattr("onnxruntime.InferenceSession", _Session)
    monkeypatch.setattr(_Session, "refuses", False)
    warn_once.cache_clear()
    monkeypatch.delenv(TENSORRT, raising=False)

    def built_in(*names: str) -> None:
        monkeypatch.setattr("onnxruntime.get_available_providers", lambda: [*names, CPU])
        monkeypatch.setattr(_Session, "starts", set(names))

    return built_in


def test_the_processor_asks_for_nothing_else(providers: Callable[..., None]) -> None:
    providers("CUDAExecutionProvider")
    onnx_session(Path("a.onnx"))
    assert _Session.asked == [CPU]


@pytest.mark.parametrize(
    ("compute", "name", "options"),
    [
        (CARD, "CUDAExecutionProvider", {"device_id": "1", "use_tf32": "0"}),
        (Compute("cuda:0", "tf32"), "CUDAExecutionProvider", {"device_id": "0", "use_tf32": "1"}),
        (INTEL, "OpenVINOExecutionProvider", {"device_type": "GPU.0", "precision": "FP32"}),
        (OTHER, "CoreMLExecutionProvider", {"MLComputeUnits": "CPUAndGPU"}),
    ],
)
def test_the_provider_of_a_device(
    providers: Callable[..., None], compute: Compute, name: str, options: dict[str, str]
) -> None:
    providers("TensorrtExecutionProvider", name)
    onnx_session(Path("a.onnx"), compute)
    (first, given), last = _Session.asked
    assert (first, last) == (name, CPU)
    assert options.items() <= given.items()


def test_a_provider_that_is_not_built_in_is_said_once(providers: Callable[..., None]) -> None:
    providers()
    with pytest.warns(UserWarning, match=r"no CUDAExec.* of cuda:1; pip install 'awry\[gpu\]'"):
        onnx_session(Path("a.onnx"), CARD)
    onnx_session(Path("b.onnx"), CARD)  # another warning would be an error here
    assert _Session.asked == [CPU]
    with pytest.warns(UserWarning, match="no OpenVINOExecutionProvider"):
        onnx_session(Path("a.onnx"), INTEL)


def test_a_provider_that_cannot_start_is_said(
    providers: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    providers("CUDAExecutionProvider")
    monkeypatch.setattr(_Session, "starts", set())
    with pytest.warns(UserWarning, match="cannot start on cuda:1 .its libraries or its driver"):
        onnx_session(Path("a.onnx"), CARD)
    monkeypatch.setattr(_Session, "refuses", True)
    with pytest.warns(UserWarning, match=r"cannot start on cuda:1 .out of memory"):
        session = onnx_session(Path("a.onnx"), CARD)
    assert session.get_providers() == [CPU]


def test_tensorrt_comes_first_only_where_it_is_asked_for(
    providers: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(TENSORRT, "/engines")
    providers("TensorrtExecutionProvider", "CUDAExecutionProvider")
    with pytest.warns(UserWarning, match="takes minutes; they are kept in /engines"):
        onnx_session(Path("a.onnx"), Compute("cuda:1", "16"))
    (first, options), (second, _), last = _Session.asked
    assert (first, second, last) == ("TensorrtExecutionProvider", "CUDAExecutionProvider", CPU)
    assert options["trt_engine_cache_path"] == "/engines"
    assert (options["trt_fp16_enable"], options["trt_bf16_enable"]) == ("1", "0")
    providers("CUDAExecutionProvider")
    with pytest.warns(UserWarning, match="which ONNX Runtime has not here; CUDA is taken"):
        onnx_session(Path("a.onnx"), CARD)
    assert [one[0] for one in _Session.asked[:-1]] == ["CUDAExecutionProvider"]


@pytest.mark.parametrize(
    ("compute", "there", "taken"),
    [
        (PROCESSOR, ["CPU", "GPU"], "CPU"),
        (INTEL, ["CPU", "GPU"], "GPU"),
        (Compute("xpu:1"), ["CPU", "GPU.0", "GPU.1"], "GPU.1"),
    ],
)
def test_openvinos_device(compute: Compute, there: list[str], taken: str) -> None:
    assert _openvino_device(compute, there) == taken


def test_openvino_says_that_it_stays_on_the_processor() -> None:
    warn_once.cache_clear()
    with pytest.warns(UserWarning, match="runs on CPU here: .* processor instead of cuda:1"):
        assert _openvino_device(CARD, ["CPU"]) == "CPU"
    assert _openvino_device(CARD, ["CPU"]) == "CPU"


def test_what_the_runtimes_have_here() -> None:
    assert CPU in onnx_providers()
    assert "CPU" in openvino_devices()


ENDED = """
import gc, signal, sys
from pathlib import Path
from awry.runtimes import load_networks, openvino_devices
import torch

def opened():
    network = load_networks(Path(sys.argv[1]), "openvino", {"small": "small.xml"})["small"]
    network(torch.ones(1, 2), torch.ones(1, 2))
    return network

signal.signal(signal.SIGINT, signal.default_int_handler)  # whoever started this ignores it, maybe
networks = [opened(), opened(), opened()]
openvino_devices()
while networks:
    del networks[0]
    gc.collect()
try:
    signal.raise_signal(signal.SIGINT)
except KeyboardInterrupt:
    print("interrupted")
"""


def test_ctrl_c_interrupts_where_openvino_s_networks_have_come_and_gone(folder: Path) -> None:
    # Where the processor has AVX-512, several cores of OpenVINO's end this by a broken stack.
    asked = [sys.executable, "-c", ENDED, str(folder)]
    ended = subprocess.run(asked, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout) == (0, "interrupted\n"), ended.stderr


@pytest.mark.parametrize(
    ("there", "among", "each"), [(4, 1, 4), (4, 2, 2), (5, 2, 2), (2, 4, 1), (1, 1, 1)]
)
def test_networks_beside_one_another_share_the_threads(
    monkeypatch: pytest.MonkeyPatch, there: int, among: int, each: int
) -> None:
    monkeypatch.setattr(runtimes, "threads", lambda: there)
    assert share_of_threads(among) == each


@pytest.mark.parametrize("runtime", ["onnx", "openvino"])
def test_a_network_has_its_share(
    folder: Path, runtime: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runtimes, "threads", lambda: 6)
    files = {"small": f"small{ENDINGS[runtime]}"}
    network: Any = load_networks(folder, runtime, files, PROCESSOR, 3)["small"]
    again = pickle.loads(pickle.dumps(network))
    for one in (network, again):
        if runtime == "onnx":
            session = one.args[0]
            assert session.get_session_options().intra_op_num_threads == 2
        else:
            assert one._compiled.get_property("INFERENCE_NUM_THREADS") == 2
            one = by_shape(one, 1)
            one(torch.ones(1, 2), torch.ones(1, 2))
            (fixed,) = one._fixed.values()
            assert fixed._compiled.get_property("INFERENCE_NUM_THREADS") == 2


def test_openvino_by_shape(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    network = by_shape(load_networks(folder, "openvino", {"small": "small.xml"})["small"], 4)
    started: list[Shapes] = []
    compiled = runtimes._compiled

    def counted(file: Path, compute: Compute, count: int, shapes: Shapes) -> Any:
        started.append(shapes)
        return compiled(file, compute, count, shapes)

    monkeypatch.setattr(runtimes, "_compiled", counted)
    monkeypatch.setattr(runtimes, "MOST_SHAPES", 3)
    for rows in [2, 4, 5, 2, 3, 1, 4]:
        given = torch.arange(2.0 * rows).reshape(rows, 2)
        total, difference = network(given, torch.ones(rows, 2))
        assert total.tolist() == (given + 1).tolist()
        assert difference.tolist() == (given - 1).tolist()
    # Each shape of a small batch once, and no more than the first few.
    assert started == [((rows, 2), (rows, 2)) for rows in (2, 4, 3)]
    monkeypatch.undo()
    total, _ = pickle.loads(pickle.dumps(network))(torch.ones(1, 2), torch.ones(1, 2))
    assert total.tolist() == [[2, 2]]


def test_a_network_of_onnx_is_as_fast_with_open_shapes(folder: Path) -> None:
    network = load_networks(folder, "onnx", {"small": "small.onnx"})["small"]
    assert by_shape(network, 4) is network
