"""What a scorer takes, and what to do with everything else that people have in their hands."""

from __future__ import annotations

from typing import Any

import numpy as np

from awry.errors import FrameError
from awry.frames import Frame

_WRAP = "Give frames, awry.Frame(index, time_s, image), image being uint8 (H, W, 3) RGB"


def check_frame(frame: Any) -> None:
    """Refuse what is no frame of uint8 (H, W, 3) with at least one pixel.

    Raises:
        FrameError: says what it is and how to turn it into a frame.
    """
    if not isinstance(frame, Frame):
        raise FrameError(f"{_WRAP}; this is {_told(frame)}. {_cure_of(frame)}".rstrip())
    where, image = f"Frame {frame.index}", frame.image
    if not isinstance(image, np.ndarray):
        raise FrameError(
            f"{where}: expected uint8 (H, W, 3) RGB, got {_told(image)}. {_cure_of(image)}".rstrip()
        )
    if np.issubdtype(image.dtype, np.inexact) and not np.isfinite(image).all():
        raise FrameError(f"{where} holds NaN or infinite values; expected uint8 RGB.")
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or not image.size:
        raise FrameError(
            f"{where} is {image.dtype} of shape {image.shape}; expected uint8 (H, W, 3) RGB. "
            f"{_cure_of(image)}".rstrip()
        )


def _told(value: Any) -> str:
    shape = getattr(value, "shape", None)
    if shape is None:
        return f"{type(value).__module__}.{type(value).__qualname__}"
    return f"{type(value).__name__} of {getattr(value, 'dtype', '?')} and shape {tuple(shape)}"


def _cure_of(value: Any) -> str:
    """How to make RGB bytes of an image; nothing where it is none."""
    library = type(value).__module__.partition(".")[0]
    if library == "torch":
        return (
            "A tensor (3, H, W) in 0 to 1 becomes one by "
            "(tensor * 255).round().byte().permute(1, 2, 0).cpu().numpy()."
        )
    if library == "PIL":
        return "A picture becomes one by np.asarray(picture.convert('RGB'))."
    if isinstance(value, np.ndarray):
        return _cure_of_array(value)
    if isinstance(value, list | tuple):
        return "Push frames one by one; arrays in memory become frames by awry.video.ArraySource."
    return ""


def _cure_of_array(image: np.ndarray[Any, Any]) -> str:
    shape = image.shape
    if not image.size:
        return "It has no pixels."
    if image.ndim == 4:
        return "A batch becomes frames by awry.video.ArraySource(images, fps)."
    if image.ndim == 2 or shape[2:] == (1,):
        return "A grey image becomes one by np.repeat(image.reshape(H, W, 1), 3, axis=2)."
    if image.ndim == 3 and shape[2] == 4:
        return "Drop the alpha channel: np.ascontiguousarray(image[..., :3])."
    if image.ndim == 3 and shape[0] in (1, 3) and shape[2] not in (1, 3):
        return "Move the channels to the end: np.moveaxis(image, 0, 2)."
    if np.issubdtype(image.dtype, np.floating):
        return "Values in 0 to 1 become bytes by (image * 255).round().astype(np.uint8)."
    if image.dtype == np.uint16:
        return "16 bits become 8 by (image // 257).astype(np.uint8)."
    return ""
