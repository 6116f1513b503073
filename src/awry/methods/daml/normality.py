"""What is normal at each pixel: the mean picture of a scene's training frames, and its spread.

The networks see what differs from it (section 3.1), so a picture like every other one is all zeros.
How much the code of a usual frame holds, and how far its error goes with that, is measured here
too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from awry.devices import Compute
from awry.methods.daml.config import DAMLConfig
from awry.methods.daml.network import POOLED, DAMLModel
from awry.methods.daml.samples import Batches
from awry.training.footage import Run

CHUNK = 256
LOOKED_AT = 256
"""Windows whose errors are looked at, evenly spread."""
LEAST = 1e-12


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


@dataclass(frozen=True, slots=True)
class UsualErrors:
    """What codes of training frames hold, and how far errors go with it.

    Attributes:
        energy: the codes' mean square, above 0.
        share: of the variance that the logarithms of frames' errors have within clips, as far as
            it is explained by those of the codes' mean squares, in [0, 1]; 0 where errors fall
            as codes hold more.
    """

    energy: float
    share: float


def usual_errors(
    model: DAMLModel, config: DAMLConfig, runs: Sequence[Run], compute: Compute
) -> UsualErrors:
    """Errors of training frames (DAML eq. 2) beside what their codes hold.

    Args:
        model: trained, on the processor.
        config: its settings.
        runs: of the training part.
        compute: where the networks run.
    """
    placed = compute.copy_of(model).eval()
    windows = Batches(runs, model, config.model_copy(update={"windows": 1}), compute)
    found: dict[int, list[tuple[float, float]]] = {}
    with torch.inference_mode(), compute.rounding():
        for place in windows.spread(LOOKED_AT):
            codes = placed.encode(windows.whole(place).frames[0])[-1].float()
            guess = placed.motion.of_windows(codes[None, :-1])
            error = placed.motion.code(guess)[0].float() - codes[-1]
            found.setdefault(place[0], []).append(
                (float(codes[-1].square().mean()), float(error.square().mean()))
            )
    clips = [np.maximum(np.array(pairs), LEAST) for pairs in found.values()]
    energy = float(np.concatenate(clips)[:, 0].mean())
    varied = np.concatenate([np.log(clip) - np.log(clip).mean(0) for clip in clips])
    (held, together), (_, errors) = varied.T @ varied
    if held * errors <= LEAST or together <= 0:
        return UsualErrors(energy, 0.0)
    return UsualErrors(energy, min(1.0, float(together**2 / (held * errors))))
