"""Networks that are compiled in place, and are as before afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from awry.errors import TrainingError
from awry.training import compiled as module
from awry.training.compiled import called, compiled
from awry.training.loop import FitContext, Phase, Step, train


class Pair(nn.Module):
    """Two networks, of which a loss asks one by itself and one through a method."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.first = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4))
        self.second = nn.Linear(4, 1)
        self.idle = nn.Linear(4, 1)

    def answer(self, x: Tensor) -> Tensor:
        output: Tensor = self.second(self.first(x))
        return output


@pytest.fixture
def uncompiled(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The graph is traced, and run as it is: what makes machine code takes its time."""
    monkeypatch.setattr(module, "BACKEND", "eager")
    yield
    torch.compiler.reset()


def test_the_outermost_networks_that_are_called_are_found() -> None:
    pair = Pair()
    before = pair.first[1].running_mean.clone()
    found = called(pair, lambda: pair.answer(torch.randn(5, 3)))
    assert found == [pair.first, pair.second]
    assert torch.equal(pair.first[1].running_mean, before)
    assert not pair.first._forward_pre_hooks


def test_a_first_step_that_sets_weights_leaves_resumed_ones_alone() -> None:
    """A round that begins where the last one ended: its first step copies the weights."""
    pair = Pair()
    before = {name: value.clone() for name, value in pair.state_dict().items()}

    def probe() -> None:
        pair.second.load_state_dict(pair.idle.state_dict())
        pair.second(torch.randn(5, 4))

    assert called(pair, probe) == [pair.second]
    for name, value in pair.state_dict().items():
        assert torch.equal(value, before[name]), name


# What traces the graph looks at gradients of all that comes in, and usually hides the warning.
@pytest.mark.filterwarnings("ignore:The .grad attribute:UserWarning")
@pytest.mark.usefixtures("uncompiled")
def test_a_compiled_fit_learns_the_same_and_leaves_no_trace(tmp_path: Path) -> None:
    states = []
    for compile in (False, True):
        pair = Pair()
        was: list[bool] = []

        def loss(step: Step, pair: Pair = pair, was: list[bool] = was) -> dict[str, Tensor]:
            was.append(pair.second._compiled_call_impl is not None)
            x = torch.from_numpy(step.generator.normal(size=(6, 3))).float()
            return {"total": pair.answer(x).square().mean()}

        phase = Phase(
            "only",
            [*pair.first.parameters(), *pair.second.parameters()],
            1,
            3,
            loss,
            lambda parameters: torch.optim.SGD(parameters, 0.1),
        )
        train(pair, [phase], FitContext(tmp_path / str(compile), compile=compile))
        assert pair.second._compiled_call_impl is None
        assert was[-1] == compile
        states.append(pair.state_dict())
    assert list(states[0]) == list(states[1])
    for name, value in states[0].items():
        assert torch.allclose(value, states[1][name], atol=1e-6)


def test_without_a_compiler_it_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    from torch._inductor import config

    monkeypatch.setattr(config.cpp, "cxx", ("no-such-compiler",))
    pair = Pair()
    x = torch.randn(5, 3)
    refused = pytest.raises(TrainingError, match=r"compile does not work here \(.*compiler")
    with refused, compiled(pair, lambda: pair.answer(x)):
        pair.answer(x)
    torch.compiler.reset()
