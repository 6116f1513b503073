"""Every registered method scores and trains on a card; there is none, so a fake one stands for it.

What is left on the processor meets what is on the card, and that raises. Values do not exist there,
so no score is looked at: `pytest -m gpu` compares them where there is a card.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from torch import Tensor

from awry.devices import Compute, using
from awry.methods.base import Setting
from awry.methods.registry import method_class, method_names
from awry.testing.case import frames
from awry.training.footage import Footage
from awry.video.cache import FrameCache
from fake_devices import fake_card
from support import case_of, moving_square_data

FEW = 24
"""Frames; more than any method warms up for at `tiny`."""
NO_NETWORK = ("flow",)
"""Methods that ask no network at `tiny`."""


@pytest.mark.parametrize("precision", ["32", "bf16"])
@pytest.mark.parametrize("name", method_names())
def test_a_fitted_method_scores_on_a_card(
    name: str, precision: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (model,) = case_of(name).detector.models.values()
    sent: list[Any] = []
    put = Compute.put

    def noted(compute: Compute, value: Any) -> Tensor:
        sent.extend([value] * (compute.kind == "cuda"))
        return put(compute, value)

    monkeypatch.setattr(Compute, "put", noted)
    with fake_card(precision) as card:
        scorer = model.on(card).scorer(Setting(map_levels=(0.5,), frame_size=(48, 72)))
        scores = [score for frame in frames(FEW) for score in scorer.push(frame)]
        scores += scorer.flush()
        again = list(model.on(card).scorer(Setting()).score(iter(frames(FEW))))
    assert [score.index for score in scores] == list(range(FEW))
    assert any(score.score is not None for score in scores)
    assert len(again) == FEW
    assert bool(sent) == (name not in NO_NETWORK), f"{len(sent)} tensors were put on the card"
    assert all(tensor.device.type == "cpu" for tensor in model.state().values())


@pytest.mark.parametrize("precision", ["32", "bf16"])
@pytest.mark.parametrize("name", method_names())
def test_the_losses_of_a_step_are_calculated_on_a_card(
    name: str, precision: str, tmp_path: Path
) -> None:
    kind = method_class(name)
    cache, data = FrameCache(tmp_path / "frames", 2**28), moving_square_data()
    with fake_card(precision) as card, using(card):
        method = kind(kind.configure("tiny"))
        losses = method.training_losses(Footage(data.train, cache))
    named = [pair for module in method.trained_modules() for pair in module.named_parameters()]
    left = [name for name, parameter in named if parameter.device.type != "cuda"]
    assert not left, f"left on the processor: {left[:5]}"
    assert bool(losses) == bool(method.trained_modules())
    assert all(loss.device.type == "cuda" for loss in losses)
    assert all(loss.shape == () for loss in losses)
