"""What is normal at each pixel: the mean picture of a scene's training frames.

The networks see what differs from it (section 3.1), so a picture like every other one is all zeros.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from awry.methods.daml.network import POOLED
from awry.training.footage import Run


def scene_means(runs: Sequence[Run], scenes: Sequence[str]) -> NDArray[np.float32]:
    """Per-pixel mean of each scene's training frames; the first entry is pooled over all.

    Returns:
        float32 (1 + scenes, c, h, w) in [0, 1].
    """
    sums = {scene: np.zeros(runs[0].images.shape[1:], np.float64) for scene in (POOLED, *scenes)}
    counts = dict.fromkeys(sums, 0)
    for run in runs:
        total = sum(
            np.sum(run.images[i : i + 256], axis=0, dtype=np.float64)
            for i in range(0, len(run.images), 256)
        )
        for scene in (POOLED, run.scene):
            sums[scene] += total
            counts[scene] += len(run.images)
    means = [sums[scene] / (255 * max(counts[scene], 1)) for scene in sums]
    return np.stack(means).transpose(0, 3, 1, 2).astype(np.float32)
