from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

from awry.errors import BundleError
from awry.training.checkpoint import (
    BestWeights,
    Progress,
    WeightAverage,
    load,
    restore_optimizer,
    save,
)


def one_weight(value: float) -> nn.Linear:
    model = nn.Linear(1, 1, bias=False)
    nn.init.constant_(model.weight, value)
    return model


def test_the_moving_average_begins_with_the_first_weights() -> None:
    model = one_weight(1.0)
    average = WeightAverage(model, 0.75, {})
    average.update()
    nn.init.constant_(model.weight, 5.0)
    average.update()
    with average.shown():
        assert model.weight.item() == pytest.approx(0.75 * 1 + 0.25 * 5)
    assert model.weight.item() == 5.0
    average.take_over()
    assert model.weight.item() == pytest.approx(2.0)


def test_without_decay_there_is_no_average() -> None:
    model = one_weight(1.0)
    average = WeightAverage(model, 0.0, {})
    average.update()
    average.take_over()
    assert average.state() == {}
    assert model.weight.item() == 1.0


def test_the_best_weights_come_back() -> None:
    model = one_weight(1.0)
    best = BestWeights(model, {})
    best.keep()
    nn.init.constant_(model.weight, 5.0)
    best.take_over()
    assert model.weight.item() == 1.0


def test_a_checkpoint_brings_everything_back(tmp_path: Path) -> None:
    model = one_weight(1.0)
    optimizer = torch.optim.Adam(model.parameters(), 0.1)
    model(torch.ones(1, 1)).sum().backward()
    optimizer.step()
    best = BestWeights(model, {})
    best.keep()
    progress = Progress(1, 2, 3, {"total": 0.5}, [{"epoch": 0}], 7.5, 0.25, 1024.0, 7, 4)
    save(tmp_path / "c", model, optimizer, progress, best=best)

    other = one_weight(0.0)
    found, parts = load(tmp_path / "c", other)
    assert found == progress
    assert torch.equal(other.weight, model.weight)
    assert torch.equal(parts["best"]["weight"], model.weight)
    again = torch.optim.Adam(other.parameters(), 0.1)
    restore_optimizer(again, parts["optimizer"])
    expected = optimizer.state_dict()["state"][0]
    for name, value in again.state_dict()["state"][0].items():
        assert torch.equal(value, expected[name])


def test_an_optimisers_state_comes_back_as_the_weights_lie(tmp_path: Path) -> None:
    model = nn.Conv2d(2, 3, 3).to(memory_format=torch.channels_last)
    optimizer = torch.optim.Adam(model.parameters(), 0.1)
    model(torch.ones(1, 2, 5, 5)).sum().backward()
    optimizer.step()
    save(tmp_path / "c", model, optimizer, Progress())
    _, parts = load(tmp_path / "c", model)
    restore_optimizer(optimizer, parts["optimizer"])
    restored = optimizer.state[model.weight]["exp_avg"]
    assert restored.stride() == model.weight.stride() == (18, 1, 6, 2)
    assert torch.equal(restored, parts["optimizer"]["0.exp_avg"])
    assert not restored.requires_grad


def test_the_next_phase_begins_at_its_first_step() -> None:
    progress = Progress(1, 2, 3, {"total": 0.5}, [{"epoch": 0}], 7.5, 0.25, 1024.0, 7, 4)
    progress.next_phase()
    assert progress == Progress(phase=2, history=[{"epoch": 0}])


def test_another_models_checkpoint_is_refused(tmp_path: Path) -> None:
    save(tmp_path / "c", one_weight(1.0), None, Progress())
    with pytest.raises(BundleError, match="does not fit this method and config"):
        load(tmp_path / "c", nn.Linear(2, 1))
