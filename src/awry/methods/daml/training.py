"""DAML's training (Li et al. 2021, section 3.3): batches of runs, eq. 1, its phases.

A run of consecutive frames is encoded once; reconstruction takes every frame with its
predecessor's features, prediction takes every window of the run.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from awry.methods.daml.config import DAMLConfig
from awry.methods.daml.losses import reconstruction_loss, squared_error
from awry.methods.daml.network import DAMLModel
from awry.methods.daml.samples import Batch, Batches, Codes
from awry.training.footage import Run
from awry.training.loop import Phase
from awry.training.schedule import Schedule, cosine, stepped

VALIDATION_RUNS = 4


def predict(model: DAMLModel, codes: Tensor, ahead: int) -> tuple[Tensor, Tensor]:
    """Predicted and observed codes of every window of a run.

    Args:
        codes: (runs, frames, c, h, w).

    Returns:
        Two tensors (runs, windows, c, h, w).
    """
    predicted = model.motion(codes[:, :-ahead])
    return predicted, codes[:, model.motion.span - 1 + ahead :]


def prediction_loss(model: DAMLModel, codes: Tensor, ahead: int) -> Tensor:
    """Eq. 1's prediction term over every window of runs of codes (runs, frames, c, h, w)."""
    predicted, observed = predict(model, codes, ahead)
    return squared_error(predicted.flatten(0, 1), observed.flatten(0, 1))


def losses(
    model: DAMLModel,
    batch: Batch,
    weights: tuple[float, float],
    names: Sequence[str],
    ahead: int,
    *,
    fixed_encoder: bool = False,
) -> dict[str, Tensor]:
    """Eq. 1 without its last term, which is the optimiser's weight decay.

    Args:
        model: its networks are used as they are, in training or evaluation mode.
        batch: what to learn from.
        weights: of reconstruction and prediction; a weight of 0 skips the work.
        fixed_encoder: no gradient reaches the encoder.
    """
    frames, mean, runs = batch.frames, batch.mean, len(batch.frames)
    # Time first: a frame and its predecessor are then slices of the same tensor, not copies.
    frames = frames.transpose(0, 1).flatten(0, 1)
    with torch.set_grad_enabled(torch.is_grad_enabled() and not fixed_encoder):
        features = model.encode(frames)
    total = frames.new_zeros(())
    parts: dict[str, Tensor] = {}
    if weights[0]:
        guess = model.decode(features[-1][runs:], [feature[:-runs] for feature in features])
        means = mean[:, 0].repeat(len(guess) // runs, 1, 1, 1)
        parts["reconstruction"] = reconstruction_loss(names, guess, frames[runs:], means)
        # Eq. 1 sums over the k - 1 reconstructed frames of a window.
        total = total + weights[0] * (model.config.inputs - 1) * parts["reconstruction"]
    if weights[1]:
        codes = features[-1].unflatten(0, (-1, runs)).transpose(0, 1)
        parts["prediction"] = prediction_loss(model, codes, ahead)
        total = total + weights[1] * parts["prediction"]
    return {"total": total, **parts}


def phases(
    model: DAMLModel,
    config: DAMLConfig,
    runs: Sequence[Run],
    validation: Batches | None,
    folder: Path,
) -> list[Phase]:
    """The phases of a fit, by the config's schedule.

    Args:
        runs: the train part.
        validation: the validation part, if it is long enough for a window.
        folder: for codes that are kept, see `code_cache`.
    """
    names, ahead = config.reconstruction_losses, config.ahead
    stretches = Batches(runs, model, config)
    motion_only = config.schedule == "motion"
    kept: Codes | None = None
    if motion_only and Codes.gib(stretches, model) <= config.code_cache:
        kept = Codes(stretches, model, folder / "codes.float16")
    # Reconstruction alone needs a frame and the one before; many places teach more than long runs.
    pairs = Batches(runs, model, config, pairs=True) if config.pairs else stretches

    def phase(
        name: str, weights: tuple[float, float], epochs: int, *, motion_alone: bool, first: int
    ) -> Phase:
        used = (0.0, weights[1]) if motion_alone else weights
        batches = stretches if used[1] else pairs
        steps = config.steps or batches.steps

        def prepare() -> None:
            model.train()
            if motion_alone:  # the encoder's batch statistics must stand still too
                model.encoder.eval()
                model.decoder.eval()

        def loss(epoch: int, step: int, generator: np.random.Generator) -> dict[str, Tensor]:
            if motion_alone and kept is not None:
                part = prediction_loss(model, kept.draw(generator), ahead)
                return {"total": used[1] * part, "prediction": part}
            batch = batches.draw(generator)
            return losses(model, batch, used, names, ahead, fixed_encoder=motion_alone)

        def validate() -> dict[str, float]:
            assert validation is not None
            found = validation_losses(model, validation, used)
            prepare()
            return found

        trained = model.motion if motion_alone else model
        return Phase(
            name,
            list(trained.parameters()),
            epochs,
            steps,
            loss,
            lambda parameters: torch.optim.Adam(
                parameters,
                lr=config.learning_rate,
                eps=config.adam_epsilon,
                # the gradient of gamma * ||W||^2 is 2 * gamma * W
                weight_decay=2 * config.l2,
            ),
            _schedule(config, first, epochs, steps),
            validate if validation is not None else None,
            _converged(config.converged) if config.converged and not motion_alone else None,
            prepare,
            config.average,
        )

    if config.schedule == "joint":
        epochs = config.first_epochs + config.second_epochs
        return [phase("joint", (1.0, 1.0), epochs, motion_alone=False, first=0)]
    start = config.first_epochs
    return [
        phase("reconstruction", config.first_weights, start, motion_alone=False, first=0),
        phase(
            "prediction",
            config.second_weights,
            config.second_epochs,
            motion_alone=motion_only,
            first=start,
        ),
    ]


def validation_losses(
    model: DAMLModel, batches: Batches, weights: tuple[float, float]
) -> dict[str, float]:
    """Losses on whole-frame runs of the validation part, averaged."""
    model.eval()
    sums: dict[str, float] = {}
    count = 0
    config = model.config
    with torch.no_grad():
        for batch in batches.fixed(VALIDATION_RUNS):
            names, ahead = config.reconstruction_losses, config.ahead
            found = losses(model, batch, weights, names, ahead)
            for name, value in found.items():
                sums[name] = sums.get(name, 0.0) + float(value)
            count += 1
    return {name: value / count for name, value in sums.items()}


def _schedule(config: DAMLConfig, first: int, epochs: int, steps: int) -> Schedule:
    if config.decay == "cosine":
        return cosine(epochs, steps, least=0.05)
    return stepped(config.decay_factor, config.decay_epochs, first)


def _converged(share: float) -> Callable[[list[dict[str, float]]], bool]:
    """True once the last three epochs gained less than that share on those before."""

    def judge(history: list[dict[str, float]]) -> bool:
        values = [float(entry.get("validation_total", entry["total"])) for entry in history]
        return len(values) >= 4 and min(values[-3:]) > (1 - share) * min(values[:-3])

    return judge
