"""DAML's training (Li et al. 2021, section 3.3): the joint loss and the phases of a fit.

A run of consecutive frames is encoded once; reconstruction takes every frame with an earlier
one's features, prediction takes every window of the run. Or windows are drawn one by one, and of
each the inputs are reconstructed and the frame ahead is predicted.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from awry.devices import PROCESSOR, Compute
from awry.methods.daml.config import DAMLConfig
from awry.methods.daml.losses import reconstruction_loss
from awry.methods.daml.network import DAMLModel
from awry.methods.daml.samples import Batches, Codes, RunBatch
from awry.training.footage import Run
from awry.training.loop import Phase, Step
from awry.training.schedule import Schedule, cosine, stepped

VALIDATION_RUNS = 4
VALIDATION_WINDOWS = 40


def predict(model: DAMLModel, codes: Tensor, ahead: int) -> tuple[Tensor, Tensor]:
    """What the motion model predicts from every window of a run, and the observed codes.

    Args:
        codes: (runs, frames, c, h, w).

    Returns:
        Two tensors (runs, windows, ...), the second (runs, windows, c, h, w).
    """
    predicted = model.motion(codes[:, :-ahead])
    return predicted, codes[:, model.motion.span - 1 + ahead :]


def prediction_loss(model: DAMLModel, codes: Tensor, ahead: int, *, spaced: bool = False) -> Tensor:
    """DAML eq. 1, prediction term.

    Args:
        codes: (runs, frames, c, h, w), every window of which counts; spaced: one window each.
    """
    if spaced:
        return model.motion.loss(model.motion.of_windows(codes[:, :-1]), codes[:, -1])
    predicted, observed = predict(model, codes, ahead)
    return model.motion.loss(predicted.flatten(0, 1), observed.flatten(0, 1))


def losses(
    model: DAMLModel,
    batch: RunBatch,
    weights: tuple[float, float],
    names: Sequence[str],
    ahead: int,
    *,
    fixed_encoder: bool = False,
) -> dict[str, Tensor]:
    """DAML eq. 1 without its last term, which is the optimiser's weight decay.

    Args:
        model: its networks are used as they are, in training or evaluation mode.
        batch: what to learn from.
        weights: of reconstruction and prediction; a weight of 0 skips the work.
        fixed_encoder: no gradient reaches the encoder.
    """
    # Time first: a frame and its predecessor are then slices of the same tensor, not copies.
    frames, runs = batch.frames.transpose(0, 1).flatten(0, 1), len(batch.frames)
    with torch.set_grad_enabled(torch.is_grad_enabled() and not fixed_encoder):
        features = model.encode(frames)
    total = frames.new_zeros(())
    parts: dict[str, Tensor] = {}
    if weights[0]:
        parts["reconstruction"] = _reconstruction(model, batch, frames, features, names)
        total = total + weights[0] * _reconstructed(model.config) * parts["reconstruction"]
    if weights[1]:
        codes = features[-1].unflatten(0, (-1, runs)).transpose(0, 1)
        parts["prediction"] = prediction_loss(model, codes, ahead, spaced=batch.spaced)
        total = total + weights[1] * parts["prediction"]
    return {"total": total, **parts}


def _reconstruction(
    model: DAMLModel,
    batch: RunBatch,
    frames: Tensor,
    features: Sequence[Tensor],
    names: Sequence[str],
) -> Tensor:
    """The mean loss of the frames that can be reconstructed: DAML eq. 1, first term, one frame's.

    Args:
        frames, features: of the whole batch, time first.
    """
    runs, back = len(batch.frames), model.config.skip_back
    if batch.spaced:  # the previous input is the previous one here; the predicted frame is no input
        back = min(back, 1)
    first, end = back * runs, (len(frames) - runs if batch.spaced else len(frames))
    skips = [feature[: end - first] for feature in features]
    guess = model.decode(features[-1][first:end], skips)
    means = batch.mean[:, 0].repeat(len(guess) // runs, 1, 1, 1)
    return reconstruction_loss(names, guess, frames[first:end], means)


def _reconstructed(config: DAMLConfig) -> int:
    """Frames of a window that are summed over: DAML eq. 1 has k - 1, all but the first."""
    if config.reconstruction_frames == "mean":
        return 1
    return config.inputs - (1 if config.skip_back else 0)


def phases(
    model: DAMLModel,
    config: DAMLConfig,
    runs: Sequence[Run],
    validation: Batches | None,
    folder: Path,
    seed: int = 0,
    compute: Compute = PROCESSOR,
) -> list[Phase]:
    """The phases of a fit, by the config's schedule.

    Args:
        runs: the train part.
        validation: the validation part, if it is long enough for a window.
        folder: for codes that are kept, see `code_cache`.
        seed: of the order in which windows are drawn.
        compute: where the model is while it is trained.
    """
    stretches = Batches(runs, model, config, compute, mirrored=config.flip == "all")
    # Reconstruction alone needs a frame and the one before; many places teach more than long runs.
    pairs = stretches
    if config.pairs:
        mirrored = config.flip != "none"
        pairs = Batches(runs, model, config, compute, pairs=True, mirrored=mirrored)

    def objective(weights: tuple[float, float], number: int = 0) -> _Objective:
        batches = stretches if weights[1] else pairs
        return _Objective(model, config, batches, validation, weights, (seed, number))

    first, second = config.first_epochs, config.second_epochs
    if config.schedule == "joint":
        return [_phase("joint", objective((1.0, 1.0)), first + second)]
    reconstruction = _phase("reconstruction", objective(config.first_weights), first)
    if config.schedule == "everything":
        learned = objective(config.second_weights, 1)
    else:
        learned = objective((0.0, config.second_weights[1]), 1)
        learned.motion_alone = True
        if Codes.gib(stretches, model) <= config.code_cache:
            learned.codes = Codes(stretches, model, folder / "codes.float16")
    return [reconstruction, _phase("prediction", learned, second, before=first)]


@dataclass(slots=True)
class _Objective:
    """What a phase learns: DAML eq. 1 with the phase's weights.

    Attributes:
        batches: what it draws from.
        validation: held-back runs, or None.
        weights: of reconstruction and prediction.
        order: seed and phase, which the order of windows in an epoch follows from.
        motion_alone: the motion model learns on an encoder that stands still.
        codes: the frames' codes, where they are kept.
    """

    model: DAMLModel
    config: DAMLConfig
    batches: Batches
    validation: Batches | None
    weights: tuple[float, float]
    order: tuple[int, int] = (0, 0)
    motion_alone: bool = False
    codes: Codes | None = None

    def prepare(self) -> None:
        self.model.train()
        if self.motion_alone:  # the encoder's batch statistics must stand still too
            self.model.encoder.eval()
            self.model.decoder.eval()

    def loss(self, step: Step) -> dict[str, Tensor]:
        config, numbers = self.config, self._numbers(step.epoch, step.number)
        if self.codes is not None:
            part = prediction_loss(self.model, self.codes.draw(step, numbers), config.ahead)
            return {"total": self.weights[1] * part, "prediction": part}
        return losses(
            self.model,
            self.batches.draw(step, numbers),
            self.weights,
            config.reconstruction_losses,
            config.ahead,
            fixed_encoder=self.motion_alone,
        )

    def _numbers(self, epoch: int, step: int) -> list[int] | None:
        """The windows of a step, of which an epoch sees each once; None: any stretches."""
        if not self.batches.spaced:
            return None
        return self.batches.share(np.random.default_rng([*self.order, epoch]), step)

    def validate(self) -> dict[str, float]:
        assert self.validation is not None
        figures = validation_losses(self.model, self.validation, self.weights)
        self.prepare()
        return figures


def _phase(name: str, objective: _Objective, epochs: int, *, before: int = 0) -> Phase:
    """A phase of so many epochs, after those of the phases before it."""
    model, config = objective.model, objective.config
    steps = config.steps or objective.batches.steps
    trained = model.motion if objective.motion_alone else model
    early = config.converged and not objective.motion_alone
    return Phase(
        name,
        list(trained.parameters()),
        epochs,
        steps,
        objective.loss,
        lambda parameters: _adam(config, parameters),
        _schedule(config, before, epochs, steps),
        objective.validate if objective.validation is not None else None,
        _converged(config.converged) if early else None,
        objective.prepare,
        config.average,
    )


def _adam(config: DAMLConfig, parameters: Sequence[nn.Parameter]) -> torch.optim.Adam:
    """DAML eq. 1, last term: the gradient of gamma * ||W||^2 is 2 * gamma * W."""
    decay = 2 * config.l2
    groups: list[dict[str, Any]] = [{"params": list(parameters), "weight_decay": decay}]
    if config.decayed == "kernels":  # biases and batch normalisation have one axis
        kernels = [one for one in parameters if one.ndim > 1]
        rest = [one for one in parameters if one.ndim <= 1]
        groups = [{"params": kernels, "weight_decay": decay}, {"params": rest, "weight_decay": 0.0}]
    return torch.optim.Adam(groups, lr=config.learning_rate, eps=config.adam_epsilon)


def validation_losses(
    model: DAMLModel, batches: Batches, weights: tuple[float, float]
) -> dict[str, float]:
    """Losses on whole-frame stretches of the validation part, averaged."""
    model.eval()
    sums: dict[str, float] = {}
    count = 0
    config = model.config
    with torch.no_grad():
        for batch in batches.fixed(VALIDATION_WINDOWS if batches.spaced else VALIDATION_RUNS):
            names, ahead = config.reconstruction_losses, config.ahead
            parts = losses(model, batch, weights, names, ahead)
            for name, value in parts.items():
                sums[name] = sums.get(name, 0.0) + float(value)
            count += 1
    return {name: value / count for name, value in sums.items()}


def _schedule(config: DAMLConfig, first: int, epochs: int, steps: int) -> Schedule:
    if config.decay == "cosine":
        return cosine(epochs, steps, least=0.05)
    if first and config.second_decay_epochs is not None:
        return stepped(config.decay_factor, config.second_decay_epochs)
    return stepped(config.decay_factor, config.decay_epochs, first)


def _converged(share: float) -> Callable[[list[dict[str, float]]], bool]:
    """True once the last three epochs gained less than that share on those before."""

    def judge(history: list[dict[str, float]]) -> bool:
        values = [float(entry.get("validation_total", entry["total"])) for entry in history]
        return len(values) >= 4 and min(values[-3:]) > (1 - share) * min(values[:-3])

    return judge
