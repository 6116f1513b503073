"""SDOR's self-training (section 3.3): a round's learner labels the next round's frames."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from awry.devices import PROCESSOR, Compute
from awry.methods.sdor.config import SDORConfig
from awry.methods.sdor.network import ScoreLearner, SDORModel
from awry.methods.sdor.normality import (
    Places,
    PseudoLabels,
    Series,
    choose_in_groups,
    smoothed,
)
from awry.methods.sdor.samples import Archive
from awry.training.loop import Phase, Step

_BATCH = 64


def rank(learner: ScoreLearner, archive: Archive, compute: Compute = PROCESSOR) -> Series:
    """A learner's scores of all frames, float64 (n,); it runs where `compute` says."""
    there = compute.copy_of(learner.eval())
    return for_all_frames(there, archive, compute).astype(np.float64)


def for_all_frames(
    ask: Callable[[Tensor], Tensor], archive: Archive, compute: Compute = PROCESSOR
) -> NDArray[np.float32]:
    """What a network in evaluation mode, which is on the device, says of all frames: (n, ...)."""
    outputs = []
    with torch.inference_mode(), compute.rounding():
        for first in range(0, len(archive), _BATCH):
            places = range(first, min(first + _BATCH, len(archive)))
            outputs.append(compute.array(ask(archive.activations(places, compute))))
    return np.concatenate(outputs)


@dataclass(slots=True)
class Ranking:
    """The frames' scores as the rounds go by.

    Attributes:
        archive: the frames.
        config: how labels are chosen.
        scores: that labels come from, float64 (n,); at first those of the initial detection.
        rounds: each finished round's.
        compute: where learners run.
    """

    archive: Archive
    config: SDORConfig
    scores: Series
    rounds: dict[int, Series]
    compute: Compute = PROCESSOR

    def labels(self, model: SDORModel, number: int) -> PseudoLabels:
        """The pseudo labels that a round learns from."""
        if number:
            first = 0 if self.config.labels_from == "mean" else number - 1
            told = [self.of_round(model, before) for before in range(first, number)]
            self.scores = np.mean(told, axis=0)
        return labels_of(self.scores, self.archive, self.config)

    def of_round(self, model: SDORModel, number: int) -> Series:
        """What a finished round's learner says of all frames."""
        if number not in self.rounds:
            learner = model.rounds[number]
            assert isinstance(learner, ScoreLearner)
            self.rounds[number] = rank(learner, self.archive, self.compute)
        return self.rounds[number]


def labels_of(scores: Series, archive: Archive, config: SDORConfig) -> PseudoLabels:
    """The pseudo labels that scores (n,) of all frames give."""
    steady = smoothed(scores, archive.of_clip, config.label_sigma)
    return choose_in_groups(steady, archive.groups(apart=config.scenes == "apart"), config)


def ordinal_loss(scores: Tensor, abnormal: int) -> Tensor:
    """SDOR eq. 8, averaged: |score - label|, labels 1 for the first `abnormal` frames, 0 after."""
    labels = torch.zeros_like(scores)
    labels[:abnormal] = 1
    return (scores - labels).abs().mean()


def my_part(step: Step, places: Places, abnormal: int) -> tuple[Places, int]:
    """This process's part of a batch, and how many of its frames, the first ones, are abnormal.

    Every n-th frame of the whole: parts have as much of both kinds, but for one frame.
    """
    own = np.asarray(step.mine(range(len(places))), np.int64)
    return places[own], int((own < abnormal).sum())


def optimizer(config: SDORConfig) -> Callable[[Sequence[nn.Parameter]], torch.optim.Optimizer]:
    """Stochastic gradient descent (section 4.1)."""
    return lambda parameters: torch.optim.SGD(
        parameters, lr=config.learning_rate, momentum=config.momentum
    )


def phases(model: SDORModel, ranking: Ranking) -> list[Phase]:
    """One phase a round."""
    return [_round(model, ranking, number) for number in range(len(model.rounds))]


def _round(model: SDORModel, ranking: Ranking, number: int) -> Phase:
    config, archive = ranking.config, ranking.archive
    learner = model.rounds[number]
    chosen: list[PseudoLabels] = []
    count = len(archive)
    wanted = int(count * config.abnormal_share) + int(count * config.normal_share)
    steps = max(1, -(-wanted // config.batch))

    def prepare() -> None:
        chosen[:] = [ranking.labels(model, number)]
        learner.train()

    def loss(step: Step) -> dict[str, Tensor]:
        if number and not config.restart and not step.epoch and not step.number:
            learner.load_state_dict(model.rounds[number - 1].state_dict())
        learner.train()
        # SDOR eq. 1, SDOR eq. 2: the sum over both sets, batch by batch
        drawn = chosen[0].draw(config.batch, config.batch_abnormal, step.generator)
        places, abnormal = my_part(step, *drawn)
        scores = learner(archive.activations(places, ranking.compute))
        return {"total": ordinal_loss(scores, abnormal)}

    return Phase(
        name=f"round {number + 1}",
        parameters=list(learner.parameters()),
        epochs=config.epochs,
        steps=steps,
        loss=loss,
        optimizer=optimizer(config),
        prepare=prepare,
        converged=lambda history: history[-1]["total"] < config.enough,
    )
