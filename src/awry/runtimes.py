"""Networks from files, run by ONNX Runtime or OpenVINO: what scoring asks of exported bundles."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from awry.errors import BundleError, MissingError, nearest

if TYPE_CHECKING:
    from torch import Tensor

# Takes a network's inputs in order, gives its outputs in order.
Network = Callable[..., Sequence["Tensor"]]

ENDINGS: Mapping[str, str] = {"onnx": ".onnx", "openvino": ".xml"}
"""Runtime -> the ending of the file that it opens."""


def check_runtime(runtime: str) -> None:
    """Refuse a runtime that nobody knows, or that is not installed.

    Raises:
        BundleError: no runtime has that name.
        MissingError: its package is not installed.
    """
    if runtime not in ENDINGS:
        raise BundleError(f"There is no runtime '{runtime}': {nearest(runtime, ENDINGS)}.")
    try:
        _package(runtime)
    except ImportError as error:
        package = "'awry[openvino]'" if runtime == "openvino" else "onnxruntime"
        raise MissingError(
            f"{runtime} is not installed ({error}). Install it: pip install {package}."
        ) from error


def _package(runtime: str) -> Any:
    if runtime == "onnx":
        import onnxruntime

        return onnxruntime
    import openvino  # type: ignore[import-not-found, import-untyped, unused-ignore]

    return openvino


def load_networks(folder: Path, runtime: str, files: Mapping[str, str]) -> dict[str, Network]:
    """Open exported networks.

    Args:
        folder: of the bundle.
        runtime: one of `ENDINGS`.
        files: graph's name -> file in that folder.

    Returns:
        Graph's name -> callable, from CPU tensors to CPU tensors.

    Raises:
        BundleError: a file cannot be run here.
        MissingError: the runtime is not installed.
    """
    check_runtime(runtime)
    start = _start_onnx if runtime == "onnx" else _start_openvino
    found = {}
    for name, file in files.items():
        try:
            found[name] = start(folder / file)
        except Exception as error:  # each runtime has errors of its own
            reason = str(error).strip().splitlines()[0][:300] if str(error).strip() else repr(error)
            raise BundleError(
                f"{folder / file} cannot be run by {runtime} on this machine: {reason}. Export "
                "the bundle again here, or take the one that it was exported from."
            ) from error
    return found


def threads() -> int:
    """Threads that a network may use: as PyTorch is told, by OMP_NUM_THREADS or its default."""
    import torch

    return torch.get_num_threads() or os.cpu_count() or 1


def _start_onnx(file: Path) -> Network:
    session = onnx_session(file)
    names = [one.name for one in session.get_inputs()]
    return partial(_ask_onnx, session, names)


def onnx_session(file: Path) -> Any:
    """An `onnxruntime.InferenceSession` on the CPU, with as many threads as PyTorch has.

    Raises:
        Exception: whatever the runtime raises; its errors have no class in common.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads()
    options.log_severity_level = 3  # errors alone
    # PyTorch has threads of its own: two pools that wait by spinning take each other's time.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])


def _ask_onnx(session: Any, names: Sequence[str], *inputs: Tensor) -> Sequence[Tensor]:
    import torch

    given = {name: one.numpy() for name, one in zip(names, inputs, strict=True)}
    return tuple(torch.from_numpy(found) for found in session.run(None, given))


def _start_openvino(file: Path) -> Network:
    import openvino  # type: ignore[import-not-found, import-untyped, unused-ignore]

    settings = {
        "INFERENCE_NUM_THREADS": threads(),
        "PERFORMANCE_HINT": "LATENCY",
        "INFERENCE_PRECISION_HINT": "f32",  # the same scores on machines with bf16
    }
    compiled = openvino.Core().compile_model(str(file), "CPU", settings)
    return partial(_ask_openvino, compiled, threading.local())


def _ask_openvino(compiled: Any, mine: threading.local, *inputs: Tensor) -> Sequence[Tensor]:
    import torch

    if not hasattr(mine, "request"):  # one for each thread: a request holds its answer
        mine.request = compiled.create_infer_request()
    found = mine.request.infer([one.contiguous().numpy() for one in inputs])
    return tuple(torch.from_numpy(found[port].copy()) for port in compiled.outputs)
