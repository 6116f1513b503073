"""What a result was made with: libraries and machine, for manifests and measurements."""

from __future__ import annotations

import os
import platform
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from awry.device_list import name_of
from awry.devices import Compute, current


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


def hardware(compute: Compute | None = None) -> str:
    """The hardware that something was measured on: processor, instructions, cores, and the card.

    Args:
        compute: where networks ran; a card is named where that is one. None: `devices.current`.
    """
    import torch

    instructions = torch.backends.cpu.get_cpu_capability()
    card = name_of((compute or current()).device)
    cores = f"{processor()} ({instructions}), {os.cpu_count()} cores"
    return f"{cores}; {card}" if card else cores


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
