"""What a fit needs beside footage, and what of that is missing here."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from awry.errors import AwryError
from awry.teachers.classifier import require_packages
from awry.teachers.weights import find_weights

FILE_KINDS = ("onnx", "darknet")
KINDS = (*FILE_KINDS, "torchvision", "hf", "pip")


def weights_of(config: Mapping[str, Any]) -> list[str]:
    """The teachers, backbones and encoders of a method's settings that need weights.

    Returns:
        `KIND:WHAT` each; an encoder that starts from ImageNet's weights is torchvision's.

    >>> weights_of({"detector": "onnx:a.onnx", "depth": "ramp", "height": 64})
    ['onnx:a.onnx']
    """
    found = []
    for name, value in config.items():
        if isinstance(value, str) and value.partition(":")[0] in KINDS:
            found.append(value)
        elif name.endswith("_encoder") and config.get("pretrained") and value != "small":
            found.append(f"torchvision:{value}")
    return list(dict.fromkeys(found))


def missing_weights(config: Mapping[str, Any]) -> list[str]:
    """Which of them are not here, one sentence each; nothing is fetched."""
    found = ((what, _why_missing(*what.split(":", 1))) for what in weights_of(config))
    return [f"{what}: {reason}" for what, reason in found if reason is not None]


def _why_missing(kind: str, name: str) -> str | None:
    if kind in FILE_KINDS:
        try:
            find_weights(name, "the file", "another detector")
        except AwryError:
            return "no such file here or in $AWRY_WEIGHTS"
    elif kind == "torchvision":
        return _torchvision(name)
    elif kind == "pip":
        try:
            require_packages(f"{kind}:{name}")
        except AwryError as error:
            return str(error)
    elif kind == "hf" and not _in_hub(name):
        return "not in the cache of the Hugging Face hub; it is fetched on first use"
    return None


def _torchvision(name: str) -> str | None:
    import torch
    from torchvision.models import get_model_weights

    network, _, version = name.partition("@")
    try:
        weights = get_model_weights(network)
    except ValueError:
        return "torchvision has no such network"
    chosen: Any = weights[version] if version else weights["DEFAULT"]
    file = Path(torch.hub.get_dir()) / "checkpoints" / Path(chosen.url).name
    return None if file.is_file() else "not in torch's cache; it is fetched on first use"


def _in_hub(name: str) -> bool:
    """Whether a repository of the hub, or a folder in its layout, is on this disk."""
    if Path(name).is_dir():
        return True
    home = Path(os.environ.get("HF_HOME", Path.home() / ".cache" / "huggingface"))
    cache = Path(os.environ.get("HF_HUB_CACHE", home / "hub"))
    return (cache / f"models--{name.replace('/', '--')}").is_dir()
