"""Networks from files, run by ONNX Runtime or OpenVINO: what scoring asks of exported bundles.

Sessions on the processor are the same everywhere. On another device ONNX Runtime takes the provider
of its kind, and OpenVINO Intel's graphics. Where that is not there, the processor runs the network
and a warning says so, once.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from awry.devices import PROCESSOR, Compute
from awry.errors import BundleError, MissingError, nearest, warn_once
from awry.foreign import reason_of

if TYPE_CHECKING:
    from torch import Tensor

# Takes a network's inputs in order, gives its outputs in order.
Network = Callable[..., Sequence["Tensor"]]
# The shapes of a network's inputs, in order.
Shapes = tuple[tuple[int, ...], ...]

ENDINGS: Mapping[str, str] = {"onnx": ".onnx", "openvino": ".xml"}
"""Runtime -> the ending of the file that it opens."""
TENSORRT = "AWRY_TENSORRT"
"""The environment variable that asks for TensorRT on CUDA: a folder for the engines it builds."""
MOST_SHAPES = 8
"""For so many shapes of its inputs a network is compiled anew."""
_CPU = "CPUExecutionProvider"
_CUDA = "CUDAExecutionProvider"
_TENSORRT = "TensorrtExecutionProvider"
PROVIDERS: Mapping[str, tuple[str, str]] = {
    "cuda": (_CUDA, "pip install 'awry[gpu]' brings it"),
    "xpu": ("OpenVINOExecutionProvider", "pip install onnxruntime-openvino brings it"),
    "mps": ("CoreMLExecutionProvider", "onnxruntime's packages for macOS have it"),
}
"""Kind of device -> ONNX Runtime's provider, and where that comes from."""


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


def load_networks(
    folder: Path,
    runtime: str,
    files: Mapping[str, str],
    compute: Compute = PROCESSOR,
    among: int = 1,
) -> dict[str, Network]:
    """Open exported networks.

    Args:
        folder: of the bundle.
        runtime: one of `ENDINGS`.
        files: graph's name -> file in that folder.
        compute: where they run, if the runtime can run there; see `onnx_session`. How exactly they
            calculate was settled when they were exported.
        among: so many are asked beside one another, and share the threads.

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
            found[name] = start(folder / file, compute, among)
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


def share_of_threads(among: int) -> int:
    """Threads for each of so many that work beside one another; one at least."""
    return max(1, threads() // among)


def onnx_providers() -> tuple[str, ...]:
    """ONNX Runtime's providers that its package was built with, the best first."""
    import onnxruntime

    return tuple(onnxruntime.get_available_providers())


def openvino_devices() -> tuple[str, ...]:
    """OpenVINO's devices here, e.g. `CPU`, `GPU.0`; none where it is not installed."""
    try:
        return tuple(openvino_core().available_devices)
    except ImportError:
        return ()


@cache
def openvino_core() -> Any:
    """OpenVINO's `Core`, one for the whole process, which no one may make a second of.

    Where a processor has AVX-512, each core with a network puts a stack for signals of its own in
    the place of the last one. Where the older core goes first, that is memory given back, and the
    next signal, Ctrl-C say, ends the process by a segmentation fault (OpenVINO 2026.4).

    Raises:
        ImportError: OpenVINO is not installed.
    """
    import openvino  # type: ignore[import-not-found, import-untyped, unused-ignore]

    return openvino.Core()  # noqa: TID251


def _start_onnx(file: Path, compute: Compute, among: int) -> Network:
    session = onnx_session(file, compute, among)
    names = [one.name for one in session.get_inputs()]
    return partial(_ask_onnx, session, names)


class Session:
    """An `onnxruntime.InferenceSession`, which another process opens anew from its file.

    Args:
        inner: the session.
        file, compute, among: as `onnx_session`.
    """

    def __init__(self, inner: Any, file: Path, compute: Compute, among: int) -> None:
        self._inner = inner
        self._how = file, compute, among

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def __reduce__(self) -> tuple[Any, tuple[Path, Compute, int]]:
        return onnx_session, self._how


def onnx_session(file: Path, compute: Compute = PROCESSOR, among: int = 1) -> Session:
    """An ONNX file's session, with as many threads as PyTorch has, or its share of them.

    On `cuda`, `xpu` and `mps` it runs by CUDA, OpenVINO and CoreML where ONNX Runtime has them, on
    CUDA by TensorRT where `$AWRY_TENSORRT` asks for it. What a provider cannot do, and all where
    there is no provider, runs on the processor; the latter is said once, by a warning.

    Args:
        file: ONNX.
        compute: where it runs. CUDA takes TF32 only for the precision `tf32`, TensorRT 16 bits only
            for `16` and `bf16`; otherwise a network calculates as its file says.
        among: so many sessions share the threads.

    Raises:
        Exception: whatever the runtime raises; its errors have no class in common.
    """
    file = file.absolute()
    return Session(_inference_session(file, compute, among), file, compute, among)


def _inference_session(file: Path, compute: Compute, among: int) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = share_of_threads(among)
    options.log_severity_level = 3  # errors alone
    # PyTorch has threads of its own: two pools that wait by spinning take each other's time.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    wanted = _wanted_providers(compute)
    if not wanted:
        return onnxruntime.InferenceSession(str(file), options, providers=[_CPU])
    options.use_deterministic_compute = True
    try:
        # ONNX Runtime's own fallback prints.
        session = onnxruntime.InferenceSession(
            str(file), options, providers=[*wanted, _CPU], enable_fallback=0
        )
    except Exception as error:
        session = onnxruntime.InferenceSession(str(file), options, providers=[_CPU])
        warn_once(_cannot_start(wanted[0][0], compute, reason_of(error)))
        return session
    for name, _ in wanted:
        if name not in session.get_providers():  # built in, but it cannot load its libraries
            warn_once(_cannot_start(name, compute, "its libraries or its driver are not there"))
    return session


def _cannot_start(provider: str, compute: Compute, reason: str) -> str:
    return (
        f"ONNX Runtime's {provider} cannot start on {compute.device} ({reason}); networks from "
        "files run without it. It needs the versions of CUDA, or of the driver, that its package "
        "was built for."
    )


def _wanted_providers(compute: Compute) -> list[tuple[str, dict[str, str]]]:
    """Providers with their options, before the processor's; none where that is all there is."""
    if compute.kind not in PROVIDERS:
        return []
    there = onnx_providers()
    name, source = PROVIDERS[compute.kind]
    if name not in there:
        warn_once(
            f"ONNX Runtime has no {name} here: networks from files run on the processor instead of "
            f"{compute.device}; {source}."
        )
        return []
    providers = [(name, _provider_options(compute))]
    folder = os.environ.get(TENSORRT) if compute.kind == "cuda" else None
    if folder and _TENSORRT in there:
        warn_once(f"TensorRT builds its engines, which takes minutes; they are kept in {folder}.")
        providers.insert(0, (_TENSORRT, _tensorrt_options(compute, folder)))
    elif folder:
        warn_once(f"${TENSORRT} asks for TensorRT, which ONNX Runtime has not here; CUDA is taken.")
    return providers


def _provider_options(compute: Compute) -> dict[str, str]:
    number = compute.device.partition(":")[2] or "0"
    if compute.kind == "cuda":
        # By itself CUDA's provider takes TF32, and times algorithms to choose among them.
        tf32 = "1" if compute.precision == "tf32" else "0"
        return {"device_id": number, "use_tf32": tf32, "cudnn_conv_algo_search": "HEURISTIC"}
    if compute.kind == "xpu":
        return {"device_type": f"GPU.{number}", "precision": "FP32"}
    # The neural engine, and CoreML's older format, know 16 bits alone.
    return {"ModelFormat": "MLProgram", "MLComputeUnits": "CPUAndGPU"}


def _tensorrt_options(compute: Compute, folder: str) -> dict[str, str]:
    return {
        "device_id": compute.device.partition(":")[2] or "0",
        "trt_engine_cache_enable": "1",
        "trt_engine_cache_path": folder,
        "trt_fp16_enable": str(int(compute.precision == "16")),
        "trt_bf16_enable": str(int(compute.precision == "bf16")),
    }


def _ask_onnx(session: Any, names: Sequence[str], *inputs: Tensor) -> Sequence[Tensor]:
    import torch

    given = {name: one.numpy() for name, one in zip(names, inputs, strict=True)}
    return tuple(torch.from_numpy(found) for found in session.run(None, given))


def _start_openvino(file: Path, compute: Compute, among: int) -> _OpenVINO:
    return _OpenVINO(file.absolute(), compute, among, share_of_threads(among))


def _compiled(file: Path, compute: Compute, count: int, shapes: Shapes) -> Any:
    core = openvino_core()
    device = _openvino_device(compute, core.available_devices)
    settings: dict[str, object] = {
        "PERFORMANCE_HINT": "LATENCY",
        "INFERENCE_PRECISION_HINT": "f32",  # the same scores on machines with bf16
    }
    if device == "CPU":
        settings["INFERENCE_NUM_THREADS"] = count
    model = core.read_model(str(file))
    if shapes:
        ports = [port.get_any_name() for port in model.inputs]
        model.reshape({name: list(shape) for name, shape in zip(ports, shapes, strict=True)})
    return core.compile_model(model, device, settings)


def _openvino_device(compute: Compute, there: Sequence[str]) -> str:
    """`GPU`, with a number where there are several, for `xpu`; else `CPU`, which is said."""
    if compute.kind == "cpu":
        return "CPU"
    number = compute.device.partition(":")[2] or "0"
    known = [one for one in (f"GPU.{number}", "GPU") if one in there]
    if compute.kind == "xpu" and known:
        return known[0]
    warn_once(
        f"OpenVINO runs on {', '.join(there)} here: its networks run on the processor instead of "
        f"{compute.device}. To use that, score the bundle that they were exported from."
    )
    return "CPU"


class _OpenVINO:
    """Asks a compiled network, which another process compiles anew from its file.

    Args:
        file, compute, among: as `onnx_session`.
        count: of its threads.
        shapes: of its inputs, where they are fixed.
    """

    def __init__(
        self, file: Path, compute: Compute, among: int, count: int, shapes: Shapes = ()
    ) -> None:
        self._compiled = _compiled(file, compute, count, shapes)
        self._how = file, compute, among
        self._count = count
        self._mine = threading.local()

    def of(self, shapes: Shapes) -> _OpenVINO:
        """The same network for inputs of those shapes."""
        return _OpenVINO(*self._how, self._count, shapes)

    def __call__(self, *inputs: Tensor) -> Sequence[Tensor]:
        import torch

        mine = self._mine
        if not hasattr(mine, "request"):  # one for each thread: a request holds its answer
            mine.request = self._compiled.create_infer_request()
        arrays = [one.contiguous().numpy() for one in inputs]
        found = mine.request.infer(arrays, share_inputs=True, share_outputs=True)
        return tuple(torch.from_numpy(found[port].copy()) for port in self._compiled.outputs)

    def __reduce__(self) -> tuple[Any, tuple[Path, Compute, int]]:
        return _start_openvino, self._how


def by_shape(network: Network, most: int) -> Network:
    """The same network, faster where it is asked the same shapes again.

    OpenVINO calculates faster where shapes are fixed. So a network of its is compiled once more,
    in a fraction of a second, for each of the first shapes of small batches. Crops come in batches
    of every size, and would not pay. Answers differ by rounding alone.

    Args:
        network: from `load_networks`.
        most: the largest batch that it is compiled for.
    """
    return _OpenVINOByShape(network, most) if isinstance(network, _OpenVINO) else network


class _OpenVINOByShape:
    """Asks a network that is compiled for the shapes of what it is asked."""

    def __init__(self, network: _OpenVINO, most: int) -> None:
        self._how = self._network, self._most = network, most
        self._fixed: dict[Shapes, _OpenVINO] = {}
        self._lock = threading.Lock()

    def __call__(self, *inputs: Tensor) -> Sequence[Tensor]:
        return self._for(tuple(tuple(one.shape) for one in inputs))(*inputs)

    def _for(self, shapes: Shapes) -> _OpenVINO:
        if max(shape[0] for shape in shapes) > self._most:
            return self._network
        with self._lock:
            if shapes not in self._fixed and len(self._fixed) < MOST_SHAPES:
                self._fixed[shapes] = self._network.of(shapes)
            return self._fixed.get(shapes, self._network)

    def __reduce__(self) -> tuple[Any, tuple[_OpenVINO, int]]:
        return _OpenVINOByShape, self._how
