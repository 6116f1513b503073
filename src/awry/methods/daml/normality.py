"""What is normal at each pixel: the mean picture of a scene's training frames, and its spread.

The networks see what differs from it (section 3.1), so a picture like every other one is all zeros.
How much the code of a usual frame holds is measured here too.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from awry.devices import Compute
from awry.methods.daml.network import POOLED, DAMLModel, to_input
from awry.training.footage import Run

CHUNK = 256
LOOKED_AT = 256
"""Frames whose codes are looked at, evenly spread."""


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


def code_energy(model: DAMLModel, runs: Sequence[Run], compute: Compute) -> float:
    """The mean square of the codes of training frames, above 0.

    Args:
        model: trained, on the processor.
        runs: of the training part.
        compute: where the encoder runs.
    """
    total = sum(len(run.images) for run in runs)
    apart = max(1, total // LOOKED_AT)
    placed = compute.copy_of(model).eval()
    squares: list[float] = []
    before = 0
    with torch.inference_mode(), compute.rounding():
        for run in runs:
            mean = compute.put(model.mean_of(run.scene).numpy())
            for image in run.images[-before % apart :: apart]:
                frame = to_input(compute.put(np.asarray(image)[None]), mean)
                squares.append(float(placed.encode(frame)[-1].float().square().mean()))
            before += len(run.images)
    return max(float(np.mean(squares)), 1e-12)
