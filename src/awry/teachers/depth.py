"""Relative depth of a picture, chosen by name; 1 is nearest to the camera, 0 farthest.

hf:NAME      from the Hugging Face hub or a folder, e.g. hf:Intel/dpt-hybrid-midas
onnx:FILE    a local file: RGB 0-255 (1, 3, h, w) in, larger = nearer out
ramp         a ground plane: the lower in the picture, the nearer; needs nothing
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from awry.devices import PROCESSOR, Compute
from awry.errors import ConfigError, nearest
from awry.foreign import reading
from awry.runtimes import onnx_session
from awry.teachers.hub import from_hub
from awry.teachers.kinds import added_kinds, added_teacher
from awry.teachers.outputs import digest, kept_outputs, question
from awry.teachers.weights import file_hash, find_weights
from awry.video.limits import check_pixels

Picture = NDArray[np.uint8]
Depth = NDArray[np.float32]
INSTEAD = "--depth ramp, a ground plane that needs no weights"


@dataclass(frozen=True, slots=True)
class DepthTeacher:
    """Says how near each pixel is.

    Attributes:
        name: as it was asked for.
        key: stands for its weights.
        raw: uint8 (H, W, 3) RGB -> float (h, w) of any size, larger = nearer.
        compute: where it runs, and how exactly it calculates.
    """

    name: str
    key: str
    raw: Callable[[Picture], NDArray[Any]]
    compute: Compute = PROCESSOR

    def __call__(self, picture: Picture) -> Depth:
        """Relative depth.

        Args:
            picture: uint8 (H, W, 3) RGB.

        Returns:
            float32 (H, W) in 0 (farthest) to 1 (nearest); 0 everywhere where nothing differs.
        """
        kept = kept_outputs() if self.name != "ramp" else None
        if kept is None:
            depth = self._raw(picture)
        else:
            key = question(self.compute, self.key, picture)
            kept_raw = kept.get(key, lambda: {"raw": self._raw(picture)})["raw"]
            depth = np.asarray(kept_raw, np.float32)
        low, high = float(depth.min()), float(depth.max())
        depth = (depth - low) / (high - low) if high > low else np.zeros_like(depth)
        return np.asarray(cv2.resize(depth, picture.shape[1::-1]), np.float32)

    def _raw(self, picture: Picture) -> Depth:
        return np.ascontiguousarray(self.raw(picture), np.float32)


def load_depth(what: str, *, compute: Compute = PROCESSOR) -> DepthTeacher:
    """A depth estimator by `KIND:WHAT`.

    Args:
        what: see the top of this file.
        compute: where networks run.

    Raises:
        ConfigError: an unknown kind, or a file that is no depth model.
        MissingError: weights or a package are not there; says where they come from.
    """
    kind, _, name = what.partition(":")
    if what == "ramp":
        return DepthTeacher(what, what, _ramp)
    if kind == "onnx" and name:
        return _onnx(what, name, compute)
    if kind == "hf" and name:
        return _hugging_face(what, name, compute)
    added: DepthTeacher | None = added_teacher("depth", kind, compute, name)
    if added is not None:
        return added
    known = ["ramp", "onnx:FILE", "hf:Intel/dpt-hybrid-midas", *added_kinds("depth")]
    raise ConfigError(f"There is no depth estimator '{what}': {nearest(what, known)}.")


def _ramp(picture: Picture) -> Depth:
    height, width = picture.shape[:2]
    return np.repeat(np.linspace(0, 1, height, dtype=np.float32)[:, None], width, 1)


def _onnx(what: str, name: str, compute: Compute) -> DepthTeacher:
    path = find_weights(name, "The depth model", INSTEAD)
    with reading(path, "an ONNX model", ConfigError):
        session = onnx_session(path, compute)
        put = session.get_inputs()[0]
    if len(put.shape) != 4 or put.shape[1] not in (3, "3"):
        raise ConfigError(
            f"{path} takes {put.shape}; a depth model takes RGB pictures (1, 3, h, w). Use another "
            f"file, or {INSTEAD}."
        )
    sides = tuple(side if isinstance(side, int) else None for side in put.shape[2:])
    pictures = put.name  # `raw` goes to workers, and `put` cannot

    def raw(picture: Picture) -> NDArray[Any]:
        # Where the file leaves the size open, the nearest multiples of 32 serve every network.
        free = [max(32, round(side / 32) * 32) for side in picture.shape[:2]]
        height, width = (side or free[place] for place, side in enumerate(sides))
        with reading(path, "a depth model that takes pictures", ConfigError):
            check_pixels(width, height, path, ConfigError)
            sized = cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)
            batch = sized.transpose(2, 0, 1)[None].astype(np.float32)
            depth = np.squeeze(np.asarray(session.run(None, {pictures: batch})[0]))
        if depth.ndim != 2:
            raise ConfigError(
                f"{path} gives {depth.shape}; a depth model gives one picture (h, w). Use another "
                f"file, or {INSTEAD}."
            )
        return depth

    return DepthTeacher(what, digest("raw depth", file_hash(path)), raw, compute)


def _hugging_face(what: str, name: str, compute: Compute) -> DepthTeacher:
    processor, network = from_hub("AutoModelForDepthEstimation", what, name, INSTEAD)
    weights = (value.detach().numpy() for value in network.state_dict().values())
    key = digest("raw depth", *weights)
    raw = partial(_ask_hub, compute, processor, compute.copy_of(network))
    return DepthTeacher(what, key, raw, compute)


def _ask_hub(compute: Compute, processor: Any, network: Any, picture: Picture) -> NDArray[Any]:
    import torch

    with torch.inference_mode():
        # A copy: frames of the cache are mapped from disk, which PyTorch warns of.
        ready = processor(images=np.array(picture), return_tensors="pt")
        given = {name: compute.put(value) for name, value in ready.items()}
        with compute.rounding():
            depth = network(**given).predicted_depth[0]
        return compute.array(depth)
