"""The parts of an object's score: what the heads answer for sequences of normal order."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from awry.devices import PROCESSOR, Compute
from awry.methods.graphs import Network
from awry.methods.ssmtl.network import CLASSES, LevelStream
from awry.methods.ssmtl.sequences import Pictures, to_input
from awry.training.blind import mixed


@dataclass(frozen=True, slots=True)
class PartScores:
    """What one stream says of some sequences.

    Attributes:
        parts: float64 (n, parts), in the order of `LevelStream.parts`.
        errors: float32 (n, side, side), the middle picture's absolute error, mean over colours;
            None without that task.
    """

    parts: NDArray[np.float64]
    errors: NDArray[np.float32] | None


class ScoringHeads(nn.Module):
    """A stream's heads, as far as its score needs them.

    Attributes:
        tasks: whose answers come out, in order.
    """

    def __init__(self, stream: LevelStream) -> None:
        super().__init__()
        self.network = stream.network
        compared = {"distillation", "classifier"} & set(stream.parts)
        tasks = stream.network.tasks
        self.tasks = tuple(task for task in tasks if task != "distillation" or compared)

    def forward(self, sequences: Tensor) -> tuple[Tensor, ...]:
        """(n, colours, 2t + 1, side, side) in [0, 1] to each task's `Network.answer`."""
        shared: Tensor | None = None
        answers = []
        for task in self.tasks:
            if task == "middle_box":
                answer = self.network.predicted_middle(sequences)
            elif task == "distillation":
                answer = self.network.student(sequences)
            else:
                if shared is None:
                    shared = self.network.features(sequences, "sequence")
                answer = self.network.answer(task, shared)
            answers.append(answer)
        return tuple(answers)


@torch.inference_mode()
def part_scores(
    stream: LevelStream,
    sequences: Pictures,
    probabilities: NDArray[np.float32] | None,
    logits: NDArray[np.float32] | None,
    network: Network | None = None,
    compute: Compute = PROCESSOR,
) -> PartScores:
    """The terms of SSMTL eq. 6: ask a stream's heads.

    Args:
        stream: in evaluation mode.
        sequences: uint8 (n, 2t + 1, side, side, c), consecutive frames.
        probabilities: the detector's class probabilities (n, 80), where it is a teacher.
        logits: the classifier's outputs (n, 1000), where they count.
        network: what answers in the place of the stream's own `ScoringHeads`, which are on the
            processor; to the processor.
        compute: where it is asked.
    """
    heads = ScoringHeads(stream)
    whole = to_input(sequences, compute)
    answers = dict(zip(heads.tasks, (network or heads)(whole), strict=True))
    scores: dict[str, Tensor] = {}
    errors = None
    for task in ("arrow_of_time", "motion_irregularity"):
        if task in answers:
            # Class 1 is backward, or intermittent.
            scores[task] = answers[task].softmax(1)[:, 1]
    if "middle_box" in answers:
        middle = compute.fetch(whole[:, :, whole.shape[2] // 2])
        errors = (answers["middle_box"] - middle).abs().mean(1)
        scores["middle_box"] = errors.mean((1, 2))
    if "distillation" in answers:
        student = answers["distillation"]
        if probabilities is not None:
            # The student's last 80 outputs are the detector's classes.
            teacher = torch.from_numpy(probabilities)
            scores["distillation"] = (student[:, -CLASSES:] - teacher).abs().mean(1)
        if logits is not None:
            teacher = torch.from_numpy(logits)
            scores["classifier"] = (student[:, : teacher.shape[1]] - teacher).abs().mean(1)
    parts = torch.stack([scores[name] for name in stream.parts], 1)
    maps = None if errors is None else errors.numpy()
    return PartScores(parts.double().numpy(), maps)


def combined(
    stream: LevelStream, parts: NDArray[np.float64], scale: str, combine: str
) -> NDArray[np.float64]:
    """Scores (n,) of parts (n, parts): SSMTL eq. 6, or standardised first."""
    if scale == "standard":
        parts = (parts - stream.part_location.numpy()) / stream.part_scale.numpy()
    weights = stream.part_weights.numpy()
    return mixed(parts, weights[None], combine)[:, 0]
