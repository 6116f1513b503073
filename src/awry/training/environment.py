"""What a result was made with: libraries and machine, for manifests and measurements."""

from __future__ import annotations

import os
import platform
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path


def versions() -> dict[str, str]:
    """Of awry and the libraries that its figures depend on, where they are installed."""
    installed = {}
    for name in ("awry", "torch", "torchvision", "numpy", "onnxruntime", "onnx", "openvino"):
        with suppress(PackageNotFoundError):
            installed[name] = version(name)
    return installed


def machine() -> str:
    """The system that something was fitted on."""
    return f"{platform.system()} {platform.machine()}, Python {platform.python_version()}"


def hardware() -> str:
    """The hardware that something was measured on: processor, instructions, cores."""
    import torch

    instructions = torch.backends.cpu.get_cpu_capability()
    return f"{processor()} ({instructions}), {os.cpu_count()} cores"


def processor(told: Path = Path("/proc/cpuinfo")) -> str:
    """The processor's name, or its kind where the system does not say.

    Args:
        told: where Linux names it.
    """
    try:
        lines = told.read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, "") or platform.processor() or platform.machine()
