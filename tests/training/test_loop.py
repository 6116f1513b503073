"""The loop resumes to the same weights, stops on NaN, and survives Ctrl-C."""

from __future__ import annotations

import resource
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from awry.errors import BundleError, TrainingError
from awry.progress import NO_FIGURES, Silent
from awry.training.loop import CHECKPOINT, FitContext, Interrupted, Phase, Step, train


def model() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 1))


def phases(
    net: nn.Module,
    *,
    nan_at: tuple[int, int] | None = None,
    average: float = 0.0,
    best: str | None = None,
) -> list[Phase]:
    def loss(step: Step) -> dict[str, Tensor]:
        x = torch.from_numpy(step.generator.normal(size=(16, 3))).float()
        value = (net(x)[:, 0] - x.sum(1)).square().mean()
        return {"total": value * (float("nan") if (step.epoch, step.number) == nan_at else 1.0)}

    def phase(name: str) -> Phase:
        return Phase(
            name,
            list(net.parameters()),
            epochs=3,
            steps=4,
            loss=loss,
            optimizer=lambda parameters: torch.optim.Adam(parameters, lr=0.01),
            rate=lambda epoch, step: 0.5**epoch,
            # Lowest somewhere in the middle, wherever a fit was interrupted.
            validate=lambda: {"total": 1.0, "tilt": abs(float(net[0].weight.detach().sum()) - 0.1)},
            average=average,
            best=best,
        )

    return [phase("first"), phase("second")]


class StopsAfter(Silent):
    """Presses Ctrl-C after so many steps."""

    def __init__(self, steps: int, number: int = signal.SIGINT) -> None:
        self.left = steps
        self.number = number

    def advance(self, figures: Mapping[str, float] = NO_FIGURES, title: str = "") -> None:
        self.left -= 1
        if self.left == 0:
            signal.raise_signal(self.number)


@pytest.mark.parametrize(
    "options", [{}, {"average": 0.7}, {"best": "tilt"}, {"average": 0.7, "best": "tilt"}]
)
@pytest.mark.parametrize("steps", [1, 4, 6, 10, 12, 17])
def test_resume_reaches_what_an_uninterrupted_fit_reaches(
    tmp_path: Path, steps: int, options: dict[str, Any]
) -> None:
    whole = model()
    straight = FitContext(tmp_path / "a", seed=1)
    train(whole, phases(whole, **options), straight)

    broken = model()
    stopped = FitContext(tmp_path / "b", 1, reporter=StopsAfter(steps))
    with pytest.raises(Interrupted):
        train(broken, phases(broken, **options), stopped)
    again = model()
    resumed = FitContext(tmp_path / "b", 1, resume=True)
    train(again, phases(again, **options), resumed)
    for one, other in zip(whole.state_dict().values(), again.state_dict().values(), strict=True):
        assert torch.equal(one, other)

    def losses(context: FitContext) -> list[tuple[object, ...]]:
        return [(e["phase"], e["epoch"], e["total"]) for e in context.history]

    assert losses(straight) == losses(resumed)


def test_sigterm_writes_a_checkpoint_as_ctrl_c_does(tmp_path: Path) -> None:
    net = model()
    stops = StopsAfter(3, signal.SIGTERM)
    with pytest.raises(Interrupted, match="the state is in"):
        train(net, phases(net), FitContext(tmp_path, reporter=stops))
    assert (tmp_path / CHECKPOINT).is_file()


FULL = """
import sys, torch
from pathlib import Path
from awry.errors import WriteError
from awry.training.checkpoint import Progress, save
try:
    save(Path(sys.argv[1]) / "c.safetensors", torch.nn.Linear(100, 100), None, Progress())
except WriteError as error:
    print(error)
"""


def test_a_checkpoint_on_a_full_disk_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "c.safetensors").write_text("before")
    said = subprocess.run(
        [sys.executable, "-c", FULL, tmp_path],
        capture_output=True,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000)),
    )
    assert said.stdout.startswith(f"Cannot write {tmp_path / 'c.safetensors'}: ")
    assert said.stderr == ""
    assert [path.name for path in tmp_path.iterdir()] == ["c.safetensors"]
    assert (tmp_path / "c.safetensors").read_text() == "before"


def test_the_signal_handler_is_put_back(tmp_path: Path) -> None:
    before = signal.getsignal(signal.SIGINT)
    net = model()
    with pytest.raises(Interrupted):
        train(net, phases(net), FitContext(tmp_path, reporter=StopsAfter(2)))
    assert signal.getsignal(signal.SIGINT) is before


def test_nan_stops_and_says_where(tmp_path: Path) -> None:
    net = model()
    with pytest.raises(TrainingError, match="phase first, epoch 2, step 3"):
        train(net, phases(net, nan_at=(1, 2)), FitContext(tmp_path))


def test_a_finished_fit_resumes_to_itself(tmp_path: Path) -> None:
    net = model()
    train(net, phases(net), FitContext(tmp_path))
    again = model()
    train(again, phases(again), FitContext(tmp_path, resume=True))
    assert torch.equal(net[0].weight, again[0].weight)


def test_a_phase_ends_where_it_has_converged(tmp_path: Path) -> None:
    net = model()
    first = phases(net)[0]
    first.converged = lambda history: len(history) == 2
    context = FitContext(tmp_path)
    train(net, [first], context)
    assert [entry["epoch"] for entry in context.history] == [1, 2]


@pytest.mark.parametrize("lowest", [1, 2, 3])
def test_the_weights_of_the_best_epoch_are_what_is_left(tmp_path: Path, lowest: int) -> None:
    net = model()
    only = phases(net, best="total")[:1]
    seen: list[Tensor] = []

    def validate() -> dict[str, float]:
        seen.append(net[0].weight.detach().clone())
        return {"total": float(abs(len(seen) - lowest))}

    only[0].validate = validate
    train(net, only, FitContext(tmp_path))
    assert torch.equal(net[0].weight, seen[lowest - 1])


def test_a_foreign_checkpoint_is_refused(tmp_path: Path) -> None:
    net = model()
    train(net, phases(net), FitContext(tmp_path))
    other = nn.Linear(2, 2)
    with pytest.raises(BundleError, match="does not fit this method"):
        train(other, phases(other), FitContext(tmp_path, resume=True))
    (tmp_path / CHECKPOINT).write_bytes(b"no checkpoint")
    with pytest.raises(BundleError, match=r"Cannot read .*\.safetensors as a checkpoint"):
        train(net, phases(net), FitContext(tmp_path, resume=True))


def test_the_averaged_weights_are_what_is_left(tmp_path: Path) -> None:
    net, seen = model(), []
    only = phases(net, average=0.7)[:1]
    loss = only[0].loss

    def watched(step: Step) -> dict[str, Tensor]:
        if (step.epoch, step.number) != (0, 0):
            seen.append(net[0].weight.detach().clone())
        return loss(step)

    only[0].loss = watched
    last: list[Tensor] = []
    only[0].validate = lambda: last.append(net[0].weight.detach().clone()) or {"total": 1.0}
    train(net, only, FitContext(tmp_path, seed=1))
    # What validation saw last is what is left; and up to the last step but one it was
    # w <- 0.7 w + 0.3 w_step, from the first step's weights on.
    assert torch.equal(last[-1], net[0].weight)
    average = seen[0]
    for weights in seen[1:]:
        average = 0.7 * average + 0.3 * weights
    assert not torch.allclose(net[0].weight, seen[-1], atol=1e-4)
    assert torch.allclose(net[0].weight, average, atol=0.3 * 0.02)
