"""What is normal at each pixel: the mean picture of a scene's training frames, and its spread.

The networks see what differs from it (section 3.1), so a picture like every other one is all zeros.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from awry.methods.daml.network import POOLED
from awry.training.footage import Run

CHUNK = 256


def scene_means(
    runs: Sequence[Run], scenes: Sequence[str]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Per-pixel mean of each scene's training frames; the first entry is pooled over all.

    Returns:
        float32 (1 + scenes, c, h, w) in [0, 1], and float32 (1 + scenes, h, w) in [0, 1], the
        standard deviation of each pixel's mean colour.
    """
    shape = runs[0].images.shape[1:]
    sums = {scene: np.zeros(shape, np.float64) for scene in (POOLED, *scenes)}
    squares = {scene: np.zeros(shape[:2], np.float64) for scene in sums}
    counts = dict.fromkeys(sums, 0)
    for run in runs:
        for first in range(0, len(run.images), CHUNK):
            images = run.images[first : first + CHUNK]
            total = np.sum(images, axis=0, dtype=np.float64)
            square = np.square(images.mean(-1, dtype=np.float64)).sum(0)
            for scene in (POOLED, run.scene):
                sums[scene] += total
                squares[scene] += square
                counts[scene] += len(images)
    means = np.stack([sums[scene] / max(counts[scene], 1) for scene in sums])
    square = np.stack([squares[scene] / max(counts[scene], 1) for scene in sums])
    spread = np.sqrt(np.maximum(square - np.square(means.mean(-1)), 0)) / 255
    return (means / 255).transpose(0, 3, 1, 2).astype(np.float32), spread.astype(np.float32)
