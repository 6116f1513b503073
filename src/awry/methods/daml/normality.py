"""What is normal at each pixel: the mean picture of a scene's training frames, and its spread.

The networks see what differs from it (section 3.1), so a picture like every other one is all zeros.
What the code of a usual frame holds and how large its error is, is measured here too.
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
from awry.methods.daml.samples import Batches, evenly
from awry.training.footage import Run

CHUNK = 256
LOOKED_AT, LEAST_OF_SCENE, OF_CLIP = 256, 64, 16
"""Windows whose errors are looked at: of all scenes, of each scene at least, and of each clip that
is taken, so that it can be compared with itself."""
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
    """What codes of training frames hold, how far errors go with it, and how large they then are.

    Attributes:
        energy: the codes' mean square, above 0.
        power: by which errors are divided by what their codes hold.
        levels: each scene's usual error after that, the geometric mean of its frames' mean
            errors, above 0; `POOLED` is that of all frames.
    """

    energy: float
    power: float
    levels: dict[str, float]


def usual_errors(
    model: DAMLModel, config: DAMLConfig, runs: Sequence[Run], compute: Compute
) -> UsualErrors:
    """Latent errors of training frames beside what their codes hold.

    Args:
        model: trained, on the processor.
        config: its settings. Without `power` it is measured: the share of the variance that the
            logarithms of frames' errors have within clips, as far as those of the codes' mean
            squares explain it; 0 where errors fall as codes hold more.
        runs: of the training part.
        compute: where the networks run.
    """
    placed = compute.copy_of(model).eval()
    windows = Batches(runs, model, config.model_copy(update={"windows": 1}), compute)
    looks: list[_Look] = []
    with torch.inference_mode(), compute.rounding():
        for clip, first in _looked_at(windows):
            codes = placed.encode(windows.whole((clip, first)).frames[0])[-1].float()
            guess = placed.motion.code(placed.motion.of_windows(codes[None, :-1]))[0].float()
            held, error = codes[-1].square().mean(0), (guess - codes[-1]).square().mean(0)
            maps = compute.array(held), compute.array(error)
            looks.append(_Look(windows.run(clip), *maps))
    energy = max(float(np.mean([look.held.mean() for look in looks])), LEAST)
    power = _explained(looks) if config.power is None else config.power
    levels: dict[str, list[float]] = {}
    for look in looks:
        relative = look.error / (look.held + config.relative * energy) ** power
        for scene in (POOLED, look.run.scene):
            levels.setdefault(scene, []).append(max(float(relative.mean()), LEAST))
    usual = {scene: float(np.exp(np.mean(np.log(found)))) for scene, found in levels.items()}
    return UsualErrors(energy, power, usual)


def _looked_at(windows: Batches) -> list[tuple[int, int]]:
    """Places of windows, evenly spread over clips of every scene, and over each of these."""
    scenes: dict[str, dict[str, list[tuple[int, int]]]] = {}
    for clip, starts in enumerate(windows.starts):
        run = windows.run(clip)
        there = scenes.setdefault(run.scene, {}).setdefault(run.clip, [])
        there += [(clip, first) for first in range(starts)]
    share = max(LEAST_OF_SCENE, LOOKED_AT // len(scenes))
    chosen = [evenly(list(clips.values()), share // OF_CLIP) for clips in scenes.values()]
    return [
        place
        for clips in chosen
        for places in clips
        for place in evenly(places, share // len(clips))
    ]


@dataclass(frozen=True, slots=True)
class _Look:
    """A window's run; what its frame's code holds and the error, both (h, w)."""

    run: Run
    held: NDArray[np.float32]
    error: NDArray[np.float32]


def _explained(looks: Sequence[_Look]) -> float:
    """The power of `usual_errors`, in [0, 1]."""
    clips: dict[str, list[tuple[float, float]]] = {}
    for look in looks:
        pair = float(look.held.mean()), float(look.error.mean())
        clips.setdefault(look.run.clip, []).append(pair)
    logs = [np.log(np.maximum(np.array(pairs, np.float64), LEAST)) for pairs in clips.values()]
    varied = np.concatenate([clip - clip.mean(0) for clip in logs])
    (held, together), (_, errors) = varied.T @ varied
    if held * errors <= LEAST or together <= 0:
        return 0.0
    return min(1.0, float(together**2 / (held * errors)))
