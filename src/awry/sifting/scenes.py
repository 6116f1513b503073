"""Which clips of an archive show the same scene: a rarer camera is not what is strange."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Literal, get_args

import cv2
import numpy as np
from numpy.typing import NDArray

from awry.datasets.base import Clip
from awry.errors import AwryError, ConfigError, nearest
from awry.progress import Reporter

ScenesBy = Literal["picture", "folder", "file", "none"]

_FRAMES, _STEP = 5, 10  # so many frames, so far apart, give a clip's median picture
_SIZE = (60, 80)  # rows and columns at which pictures are compared
_SHIFT = 5  # a camera may have been moved by a fifth of the picture
# Clips of one fixed camera had 0.70 and more on UCSD Ped2 and UMN, 0.41 where the camera had been
# moved in between (ShanghaiTech01); clips of different cameras had 0.13 at most.
_ALIKE = 0.25

Edges = NDArray[np.float32]


def with_scenes(
    clips: Sequence[Clip], places: Sequence[Path], by: ScenesBy, reporter: Reporter
) -> list[Clip]:
    """Give each clip the name of its scene.

    Args:
        clips: of an archive.
        places: for each clip its file or folder.
        by: `picture`: clips whose backgrounds look alike are one scene; `folder`: those that lie
            in one folder; `file`: each is a scene; `none`: all are one.
        reporter: is told how many scenes were found.

    Returns:
        The clips, in the same order. With one scene alone they keep the name that they had.

    Raises:
        ConfigError: `by` is none of these.
    """
    if by not in get_args(ScenesBy):
        raise ConfigError(f"Scenes cannot be told by '{by}': {nearest(by, get_args(ScenesBy))}.")
    if by == "none" or len(clips) < 2:
        return list(clips)
    if by == "folder":
        groups = [str(place.resolve().parent) for place in places]
    elif by == "file":
        groups = [str(number) for number in range(len(clips))]
    else:
        reporter.start("telling scenes apart", len(clips), 0)
        groups = [str(number) for number in _by_picture(clips, reporter)]
    numbers = {group: number for number, group in enumerate(dict.fromkeys(groups), 1)}
    if len(numbers) < 2:
        return list(clips)
    reporter.message(f"The clips show {len(numbers)} scenes (told by {by}), each ranked by itself.")
    return [
        replace(clip, scene=f"scene-{numbers[group]}")
        for clip, group in zip(clips, groups, strict=True)
    ]


def _by_picture(clips: Sequence[Clip], reporter: Reporter) -> list[int]:
    """For each clip the number of its scene.

    A clip without a picture, or whose picture is flat (dark, covered), goes with the one before.
    """
    scenes: list[Edges] = []  # of the first clip of each
    numbers: list[int] = []
    for clip in clips:
        edges = _edges(clip)
        reporter.advance({})
        if edges is None:
            numbers.append(numbers[-1] if numbers else 0)
            continue
        alike = [similarity(edges, scene) for scene in scenes]
        if alike and max(alike) >= _ALIKE:
            numbers.append(int(np.argmax(alike)))
        else:
            scenes.append(edges)
            numbers.append(len(scenes) - 1)
    return numbers


def _edges(clip: Clip) -> Edges | None:
    try:
        frames = list(islice(clip.open(), 0, _FRAMES * _STEP, _STEP))
    except AwryError:  # reading the archive will say so
        return None
    same = [frame.image for frame in frames if frame.image.shape == frames[0].image.shape]
    return edge_field(np.median(np.stack(same), axis=0).astype(np.uint8)) if same else None


def edge_field(image: NDArray[np.uint8]) -> Edges | None:
    """Where edges are and which way they run, whatever the light.

    Args:
        image: uint8 (H, W, 3), RGB.

    Returns:
        float32 (2, 60, 80): the gradient's direction, weighted by its strength, which saturates;
        None for a picture without edges.
    """
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float32)
    grey = cv2.resize(grey, _SIZE[::-1], interpolation=cv2.INTER_AREA)
    across, down = (cv2.Sobel(grey, cv2.CV_32F, *axis) for axis in ((1, 0), (0, 1)))
    strength = np.hypot(across, down)
    if float(strength.max()) < 1:
        return None
    weight = 1 / (strength + np.median(strength) + 1e-3)
    return np.stack([across * weight, down * weight]).astype(np.float32)


def similarity(first: Edges, second: Edges) -> float:
    """The highest correlation of two edge fields over shifts of up to a fifth of the picture.

    Returns:
        At most 1, for fields that are alike; near 0 for unrelated ones.
    """
    rows, columns = first.shape[1:]
    padded = (2 * rows, 2 * columns)
    product = (np.fft.rfft2(first, s=padded) * np.fft.rfft2(second, s=padded).conj()).sum(0)
    reach = (rows // _SHIFT, columns // _SHIFT)
    shifts = np.roll(np.fft.irfft2(product, s=padded), reach, (0, 1))
    near = shifts[: 2 * reach[0] + 1, : 2 * reach[1] + 1]
    return float(near.max() / np.sqrt((first**2).sum() * (second**2).sum()))
