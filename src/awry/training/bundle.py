"""Bundles: a folder of safetensors files and one manifest, with a hash of each file.

    manifest.json           format, method, config, data, calibration, versions, hashes
    model.safetensors       what was learned (one file a scene where models are per scene)
    model.encoder.onnx ...  networks for another runtime, where the bundle was exported

Nothing else is ever read from a bundle, and nothing is unpickled.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from awry.errors import BundleError, WriteError
from awry.foreign import read_json, reading
from awry.scoring.calibration import Calibration
from awry.storage import whole_folder

FORMAT = 1
MANIFEST = "manifest.json"
ENDINGS = (".safetensors", ".onnx", ".xml", ".bin")
CURE = "It is damaged; copy the bundle again or refit."


def write_bundle(
    path: Path,
    manifest: Mapping[str, Any],
    tensors: Mapping[str, Mapping[str, Any]],
    networks: Mapping[str, bytes] = MappingProxyType({}),
) -> None:
    """Write a bundle whole, or not at all.

    Args:
        path: the folder to make; a bundle that stands there is replaced.
        manifest: what the manifest holds besides `format` and `files`.
        tensors: file stem -> name -> torch tensor.
        networks: file name -> content, of networks for another runtime.

    Raises:
        BundleError: something that is not a bundle stands at `path`.
        WriteError: the disk is full or the place cannot be written.
    """
    from safetensors.torch import save

    check_place(path)
    with whole_folder(path) as folder:
        hashes = {}
        files = dict(networks)
        for stem, named in tensors.items():
            safe = {name: tensor.contiguous() for name, tensor in named.items()}
            files[f"{stem}.safetensors"] = save(safe)
        for name, data in files.items():
            (folder / name).write_bytes(data)
            hashes[name] = hashlib.sha256(data).hexdigest()
        whole = {"format": FORMAT, **manifest, "files": hashes}
        whole["manifest_sha256"] = _digest(whole)
        (folder / MANIFEST).write_text(json.dumps(whole, indent=2, allow_nan=False) + "\n", "utf-8")


def check_place(path: Path) -> None:
    """Refuse a place where something else than a bundle stands; worth asking before a long fit.

    Raises:
        BundleError: something that is not a bundle stands at `path`.
        WriteError: nothing may be written there.
    """
    there = next(one for one in path.absolute().parents if one.exists())
    if not os.access(there, os.W_OK):
        raise WriteError(f"Cannot write {path}: {there} is read-only. Choose another --out.")
    taken = path.exists() and any(path.iterdir() if path.is_dir() else [path])
    if taken and not (path / MANIFEST).is_file():
        raise BundleError(
            f"{path} exists and is not a bundle; it was left alone. Choose another --out."
        )


def is_exported(path: Path) -> bool:
    """Whether the bundle that stands at a place was exported from another one."""
    try:
        return "export" in json.loads((path / MANIFEST).read_text("utf-8"))
    except (OSError, ValueError, TypeError, RecursionError):
        return False


def method_of(path: Path) -> str | None:
    """The method of the bundle that stands at a place; None without one, or where it is damaged."""
    try:
        return str(json.loads((path / MANIFEST).read_text("utf-8"))["method"])
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return None


def read_bundle(path: Path) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    """Read and check a bundle.

    Returns:
        The manifest, and file stem -> name -> torch tensor.

    Raises:
        BundleError: no bundle, a changed byte, a missing file, or a newer format.
    """
    from safetensors.torch import load

    manifest = read_manifest(path)
    tensors = {}
    with reading(path / MANIFEST, "a bundle's manifest", BundleError, CURE):
        files = {str(name): str(digest) for name, digest in manifest["files"].items()}
    for name, digest in files.items():
        file = path / name
        if file.name != name or file.suffix not in ENDINGS or not file.is_file():
            raise BundleError(f"The bundle {path} lacks its file {name}; copy it again or refit.")
        data = file.read_bytes()
        if hashlib.sha256(data).hexdigest() != digest:
            raise BundleError(
                f"{file} is not what was written: its hash differs from the manifest's. "
                "The file was changed or damaged; copy it again or refit."
            )
        if file.suffix == ".safetensors":
            with reading(file, "a model's tensors", BundleError, CURE):
                tensors[file.stem] = load(data)
    return manifest, tensors


def read_manifest(path: Path) -> dict[str, Any]:
    """A bundle's manifest, checked against its own hash; no other file is looked at.

    Raises:
        BundleError: no bundle, a changed byte, or a newer format.
    """
    file = path / MANIFEST
    if not file.is_file():
        if (path / "run.json").is_file():
            raise BundleError(
                f"{path} is a sifted run, which ranks its own archive. To score other footage, "
                "make a bundle: awry fit sdor."
            )
        raise BundleError(f"{path} is not a bundle: it has no {MANIFEST}. Make one with awry fit.")
    manifest = read_json(file, "a bundle's manifest", BundleError, CURE)
    with reading(file, "a bundle's manifest", BundleError, CURE):
        version = int(manifest["format"])
    if version > FORMAT:
        raise BundleError(
            f"The bundle {path} has format {version}; this version of awry reads up to {FORMAT}. "
            "Install a newer awry."
        )
    said = manifest.pop("manifest_sha256", None)
    if said != _digest(manifest):
        raise BundleError(
            f"{file} is not what was written: its own hash does not fit. It was changed or "
            "damaged; copy the bundle again or refit."
        )
    return manifest


def read_calibration(path: Path) -> Calibration:
    """A bundle's calibration alone, in a moment: no model is loaded.

    Raises:
        BundleError: as `read_manifest`, or the calibration cannot be read.
    """
    manifest = read_manifest(path)
    with reading(path / MANIFEST, "a bundle's manifest", BundleError, CURE):
        values = manifest["calibration"]
    return Calibration.from_json(values)


def _digest(manifest: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(manifest, sort_keys=True).encode()).hexdigest()
