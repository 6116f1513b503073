"""A decoded picture as a camera's detector wants it."""

from __future__ import annotations

import cv2
import numpy as np
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from awry.video.pictures import same_aspect
from awry.video.upright import upright_image
from awry.watch.site.portions import Grid


def image_of(picture: VideoFrame, grid: Grid) -> NDArray[np.uint8]:
    """A decoded picture as a scorer gets it.

    Args:
        picture: as FFmpeg gave it.
        grid: larger pictures are brought down to its size, smaller ones stay as they are.

    Returns:
        uint8 RGB (h, w, 3), upright, contiguous.
    """
    image = upright_image(picture)
    if grid.width is None or grid.height is None:
        return image
    if image.shape[1] <= grid.width or image.shape[0] <= grid.height:
        return image
    size = (grid.width, grid.height)
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)


def misfit(width: int, height: int, grid: Grid) -> str:
    """Why pictures of that size cannot be scored, a sentence; empty: they can."""
    if not grid.width or not grid.height:
        return ""
    if same_aspect((height, width), (grid.height, grid.width)):
        return ""
    return (
        f"The camera sends {width}x{height}, but its detector was fitted on "
        f"{grid.width}x{grid.height}: another shape is another view. Set the camera back, or fit "
        "a detector on its new footage."
    )
