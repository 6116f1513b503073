"""What a result was made with: libraries and machine, for manifests and measurements."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version


def versions() -> dict[str, str]:
    """Of awry and the libraries that its figures depend on."""
    return {name: version(name) for name in ("awry", "torch", "torchvision", "numpy")}


def machine() -> str:
    """The system that something was fitted on."""
    return f"{platform.system()} {platform.machine()}, Python {platform.python_version()}"


def hardware() -> str:
    """The hardware that something was measured on."""
    return f"{platform.machine()}, {os.cpu_count()} cores"
