"""Two processes train what one does."""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from awry.devices import PROCESSOR, Compute
from awry.errors import TrainingError
from awry.progress import NO_FIGURES, Silent
from awry.training.launch import several
from awry.training.loop import FitContext, Interrupted, Phase, Step, train

BATCH = 7
"""Two processes take 4 and 3 of it."""


Fitted = tuple[list[dict[str, Any]], dict[str, Tensor]]
"""History and state."""


class Toy(nn.Module):
    """Two networks, of which the second is trained in the second phase alone."""

    def __init__(self, normalised: bool) -> None:
        super().__init__()
        torch.manual_seed(0)
        norm = nn.BatchNorm2d(4) if normalised else nn.Identity()
        self.first = nn.Sequential(nn.Conv2d(2, 4, 3), norm, nn.ReLU())
        self.second = nn.Linear(4, 1)
        self.to(memory_format=torch.channels_last)

    def forward(self, x: Tensor) -> Tensor:
        output: Tensor = self.second(self.first(x).mean((2, 3)))[:, 0]
        return output


@dataclass(frozen=True)
class ToyFit:
    """A fit that every process can do: `fit(compute)`."""

    folder: Path
    normalised: bool = True
    resume: bool = False
    average: float = 0.0
    dies: bool = False

    def __call__(self, compute: Compute, reporter: Silent | None = None) -> Fitted:
        context = FitContext(self.folder, 3, self.resume, reporter or Silent(), compute=compute)
        model = Toy(self.normalised)
        train(model, [self.phase("a", model), self.phase("b", model)], context)
        return context.history, model.state_dict()

    def phase(self, name: str, model: Toy) -> Phase:
        def loss(step: Step) -> dict[str, Tensor]:
            if self.dies and (step.share, step.number) == (1, 2):
                os.kill(os.getpid(), signal.SIGKILL)
            model.train()
            x = torch.from_numpy(step.generator.normal(size=(BATCH, 2, 5, 5))).float()
            mine = torch.as_tensor(step.mine(range(BATCH)))
            x = x[mine]
            guess = model(x) if name == "b" else model.first(x).mean((1, 2, 3))
            error = (guess - x.sum((1, 2, 3))).square().mean()
            return {"total": error, "error": error}

        def validate() -> dict[str, float]:
            model.eval()
            with torch.no_grad():
                return {"total": float(model(torch.ones(1, 2, 5, 5)).abs())}

        return Phase(
            name,
            list(model.parameters()),
            epochs=2,
            steps=3,
            loss=loss,
            optimizer=lambda parameters: torch.optim.SGD(parameters, lr=0.01, momentum=0.5),
            validate=validate,
            average=self.average,
            best="total",
        )


def in_two(fit: ToyFit, reporter: Silent | None = None) -> Fitted:
    with several(2, PROCESSOR, fit):
        return fit(PROCESSOR, reporter)


@dataclass(frozen=True)
class Several:
    """Fits one after the other."""

    fits: tuple[ToyFit, ...]

    def __call__(self, compute: Compute) -> list[Fitted]:
        return [fit(compute) for fit in self.fits]


def test_two_processes_train_what_one_does(tmp_path: Path) -> None:
    def fits(folder: Path) -> Several:
        normalised = ToyFit(folder / "normalised", average=0.3)
        return Several((normalised, ToyFit(folder / "plain", normalised=False)))

    alone = fits(tmp_path / "alone")(PROCESSOR)
    both = fits(tmp_path / "both")
    with several(2, PROCESSOR, both):
        together = both(PROCESSOR)
    for one, other in zip(alone, together, strict=True):
        check_equal(one, other)


def check_equal(one: Fitted, other: Fitted) -> None:
    for entry, same in zip(one[0], other[0], strict=True):
        for name in ("total", "error", "validation_total"):
            assert entry[name] == pytest.approx(same[name], rel=1e-4)
    for name, value in one[1].items():
        assert torch.allclose(value.float(), other[1][name].float(), atol=1e-5)


class StopsAfter(Silent):
    """Presses Ctrl-C after so many steps."""

    def __init__(self, steps: int) -> None:
        self.left = steps

    def advance(self, figures: Mapping[str, float] = NO_FIGURES, title: str = "") -> None:
        self.left -= 1
        if self.left == 0:
            signal.raise_signal(signal.SIGINT)


def test_one_process_goes_on_with_what_two_began(tmp_path: Path) -> None:
    whole, begun = ToyFit(tmp_path / "whole"), ToyFit(tmp_path / "begun")
    with pytest.raises(Interrupted, match="the state is in"):
        in_two(begun, StopsAfter(8))
    check_equal(whole(PROCESSOR), replace(begun, resume=True)(PROCESSOR))


def test_a_process_that_ends_is_one_sentence(tmp_path: Path) -> None:
    said = r"Process 2 of 2: it ended \(-9\), perhaps for want of memory; --resume"
    with pytest.raises(TrainingError, match=said):
        in_two(ToyFit(tmp_path, dies=True))
