"""A fit's state on disk, and the moving average of its weights."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from awry.errors import BundleError
from awry.foreign import reading
from awry.storage import whole_file

CURE = "Start again without --resume, or with the settings of the first start."


@dataclass(slots=True)
class Progress:
    """How far a fit has come: the next step's phase, epoch and number, and what was seen so far.

    Attributes:
        phase, epoch, step: of the next step.
        sums: of the epoch's losses.
        history: an entry for each epoch.
        seconds: that the epoch has taken.
        lowest: validation loss of the phase.
        scale, grown: by what losses of 16 bits are multiplied, and steps since it last changed.
        shares: a step is calculated in so many, one after the other.
    """

    phase: int = 0
    epoch: int = 0
    step: int = 0
    sums: dict[str, float] = field(default_factory=dict)
    history: list[dict[str, Any]] = field(default_factory=list)
    seconds: float = 0.0
    lowest: float | None = None
    scale: float | None = None
    grown: int = 0
    shares: int = 1

    def next_phase(self) -> None:
        """Begin the phase after this one."""
        self.phase, self.epoch, self.step, self.sums, self.seconds = self.phase + 1, 0, 0, {}, 0.0
        self.lowest = self.scale = None
        self.grown, self.shares = 0, 1


class WeightAverage:
    """The moving average of a model's weights over a phase; nothing where `decay` is 0."""

    def __init__(self, model: nn.Module, decay: float, saved: dict[str, Tensor]) -> None:
        self._model = model
        self._averaged: AveragedModel | None = None
        if decay:
            update = get_ema_multi_avg_fn(decay)
            self._averaged = AveragedModel(model, multi_avg_fn=update, use_buffers=True)
            if saved:
                self._averaged.load_state_dict(saved)

    def update(self) -> None:
        """Take in the model's present weights."""
        if self._averaged is not None:
            self._averaged.update_parameters(self._model)

    def state(self) -> dict[str, Tensor]:
        """What a checkpoint keeps; empty without an average."""
        return {} if self._averaged is None else self._averaged.state_dict()

    @contextmanager
    def shown(self) -> Iterator[None]:
        """The model has the averaged weights for a while."""
        if self._averaged is None:
            yield
            return
        own = {name: value.clone() for name, value in self._model.state_dict().items()}
        self.take_over()
        try:
            yield
        finally:
            self._model.load_state_dict(own)

    def take_over(self) -> None:
        """Give the model the averaged weights for good."""
        if self._averaged is not None:
            self._model.load_state_dict(self._averaged.module.state_dict())


class BestWeights:
    """The weights of the epoch with the lowest validation loss so far."""

    def __init__(self, model: nn.Module, saved: dict[str, Tensor]) -> None:
        self._model = model
        self._weights = saved

    def keep(self) -> None:
        """The model's present weights are the best ones."""
        self._weights = {name: v.clone() for name, v in self._model.state_dict().items()}

    def state(self) -> dict[str, Tensor]:
        """What a checkpoint keeps; empty before the first epoch's end."""
        return self._weights

    def take_over(self) -> None:
        """Give the model the best weights for good, if any were kept."""
        if self._weights:
            self._model.load_state_dict(self._weights)


def save(
    path: Path,
    model: nn.Module,
    optimizer: torch.optim.Optimizer | None,
    progress: Progress,
    average: WeightAverage | None = None,
    best: BestWeights | None = None,
) -> None:
    """Write a checkpoint, whole or not at all; its tensors are the processor's on any device."""
    from safetensors.torch import save as to_bytes

    tensors = {f"model.{name}": value for name, value in model.state_dict().items()}
    if optimizer is not None:
        for index, state in optimizer.state_dict()["state"].items():
            tensors |= {f"optimizer.{index}.{key}": value for key, value in state.items()}
    if average is not None:
        tensors |= {f"average.{name}": value for name, value in average.state().items()}
    if best is not None:
        tensors |= {f"best.{name}": value for name, value in best.state().items()}
    about = {one.name: getattr(progress, one.name) for one in fields(progress)}
    with whole_file(path) as temporary:
        # Written by ourselves: what safetensors raises on a full disk is no OSError.
        safe = {name: value.detach().cpu().contiguous() for name, value in tensors.items()}
        temporary.write_bytes(to_bytes(safe, metadata={"progress": json.dumps(about)}))


def load(path: Path, model: nn.Module) -> tuple[Progress, dict[str, dict[str, Tensor]]]:
    """Read a checkpoint; the model takes its weights.

    Returns:
        The progress, and the tensors of the `optimizer`, of the weights' `average` and of the
        `best` weights.

    Raises:
        BundleError: the checkpoint is damaged or of another model.
    """
    from safetensors import safe_open

    with reading(path, "a checkpoint", BundleError, CURE):
        with safe_open(path, framework="pt") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            progress = Progress(**json.loads(file.metadata()["progress"]))
        own = {name[6:]: value for name, value in tensors.items() if name.startswith("model.")}
        try:
            model.load_state_dict(own)
        except RuntimeError as error:
            raise BundleError(
                f"The checkpoint {path} does not fit this method and config. {CURE}"
            ) from error
    kinds = ("optimizer", "average", "best")
    parts: dict[str, dict[str, Tensor]] = {kind: {} for kind in kinds}
    for name, value in tensors.items():
        kind, _, rest = name.partition(".")
        if kind in parts:
            parts[kind][rest] = value
    return progress, parts


def restore_optimizer(optimizer: torch.optim.Optimizer, tensors: dict[str, Tensor]) -> None:
    """Give an optimiser the state that `load` read."""
    state = optimizer.state_dict()
    restored: dict[int, dict[str, Tensor]] = {}
    for name, value in tensors.items():
        index, key = name.split(".", 1)
        restored.setdefault(int(index), {})[key] = value
    optimizer.load_state_dict({"state": restored, "param_groups": state["param_groups"]})
    for parameter, values in optimizer.state.items():
        for key, value in values.items():  # laid out in memory as the weights are, e.g. by pixel
            if value.shape == parameter.shape and value.stride() != parameter.stride():
                values[key] = torch.empty_like(parameter, dtype=value.dtype).copy_(value).detach()
