"""The parts of the score (eq. 6): what the heads answer for sequences of normal order."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from awry.methods.ssmtl.model import CLASSES, Stream
from awry.methods.ssmtl.sequences import Pictures, to_input


@dataclass(frozen=True, slots=True)
class Answers:
    """What one stream says of some sequences.

    Attributes:
        parts: float64 (n, parts), in the order of `Stream.parts`.
        errors: float32 (n, side, side), the middle picture's absolute error, mean over colours;
            None without that task.
    """

    parts: NDArray[np.float64]
    errors: NDArray[np.float32] | None


@torch.inference_mode()
def answers(
    stream: Stream,
    sequences: Pictures,
    probabilities: NDArray[np.float32] | None,
    logits: NDArray[np.float32] | None,
) -> Answers:
    """Ask a stream's heads.

    Args:
        stream: in evaluation mode.
        sequences: uint8 (n, 2t + 1, side, side, c), consecutive frames.
        probabilities: the detector's class probabilities (n, 80), where it is a teacher.
        logits: the classifier's outputs (n, 1000), where they count.
    """
    network = stream.network
    whole = to_input(sequences)
    middle = whole.shape[2] // 2
    found: dict[str, Tensor] = {}
    errors = None
    motion = {"arrow_of_time", "motion_irregularity"} & set(network.tasks)
    if motion:
        features = network.features(whole, "sequence")
        for task in motion:
            # Class 1 is backward, or intermittent.
            found[task] = network.answer(task, features).softmax(1)[:, 1]
    if "middle_box" in network.tasks:
        errors = (network.predicted_middle(whole) - whole[:, :, middle]).abs().mean(1)
        found["middle_box"] = errors.mean((1, 2))
    if {"distillation", "classifier"} & set(stream.parts):
        student = network.student(whole)
        if probabilities is not None:
            # The student's last 80 outputs are the detector's classes.
            teacher = torch.from_numpy(probabilities)
            found["distillation"] = (student[:, -CLASSES:] - teacher).abs().mean(1)
        if logits is not None:
            teacher = torch.from_numpy(logits)
            found["classifier"] = (student[:, : teacher.shape[1]] - teacher).abs().mean(1)
    parts = torch.stack([found[name] for name in stream.parts], 1)
    maps = None if errors is None else errors.numpy()
    return Answers(parts.double().numpy(), maps)


def combined(
    stream: Stream, parts: NDArray[np.float64], scale: str, combine: str
) -> NDArray[np.float64]:
    """Scores (n,) of parts (n, parts): eq. 6, or standardised first."""
    if scale == "standard":
        parts = (parts - stream.part_location.numpy()) / stream.part_scale.numpy()
    return parts.max(1) if combine == "max" else parts.mean(1)
