from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from awry.errors import ConfigError
from awry.methods.sdor import SDORConfig
from awry.methods.sdor.backbone import pooled
from awry.methods.sdor.network import ScoreLearner, SDORModel
from support import stir

Tiny = Callable[..., SDORConfig]


def learner(hidden: int = 5, moving: bool = False, seed: int = 0) -> ScoreLearner:
    torch.manual_seed(seed)
    stages = [nn.Sequential(nn.Conv2d(3, 7, 3, padding=1), nn.BatchNorm2d(7), nn.ReLU())]
    return ScoreLearner(stages, 7, hidden, moving)


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 1000), st.integers(1, 9), st.integers(1, 3))
def test_the_maps_mean_is_the_score(seed: int, hidden: int, frames: int) -> None:
    """Whatever the ReLU lets pass: the weight of a channel depends on the input."""
    model = learner(hidden, seed=seed).eval()
    stir(model)
    pictures = torch.randn(frames, 3, 6, 9, generator=torch.Generator().manual_seed(seed))
    with torch.inference_mode():
        scores, maps = model.score_maps(pictures)
        torch.testing.assert_close(scores, model(pictures))
        torch.testing.assert_close(maps.mean((1, 2)), scores, rtol=1e-4, atol=1e-5)
    assert maps.shape == (frames, 6, 9)


def test_the_map_without_the_dense_layers_share_is_eq_of_section_4_6() -> None:
    """M = sum_k w_k(x) p_k, with w_k(x) = sum_j v_j [h_j > 0] W_jk, by a plain loop."""
    model = learner(3, seed=4).eval()
    stir(model)
    pictures = torch.randn(1, 3, 4, 5, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        _, maps = model.score_maps(pictures)
        p = model.stages(pictures)[0]
        h = model.hidden(pooled(p[None]))[0]
        v, weight, bias = model.output.weight[0], model.hidden.weight, model.hidden.bias
        expected = torch.zeros(4, 5)
        added = float(model.output.bias)
        for j in range(3):
            if h[j] > 0:
                added += float(v[j] * bias[j])
                for k in range(7):
                    expected += v[j] * weight[j, k] * p[k]
    torch.testing.assert_close(maps[0], expected + added, rtol=1e-4, atol=1e-5)


def test_a_video_networks_map_is_averaged_over_time() -> None:
    stages = [nn.Sequential(nn.Conv3d(3, 4, 3, padding=1), nn.ReLU())]
    model = ScoreLearner(stages, 4, 6, False).eval()
    with torch.inference_mode():
        scores, maps = model.score_maps(torch.randn(2, 3, 5, 6, 7))
    assert maps.shape == (2, 6, 7)
    torch.testing.assert_close(maps.mean((1, 2)), scores, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("moving", [True, False])
def test_statistics_move_only_where_they_may(moving: bool) -> None:
    model = learner(moving=moving).train()
    before = model.stages[0][1].running_mean.clone()
    model(torch.randn(4, 3, 6, 6) + 3)
    assert (not torch.equal(model.stages[0][1].running_mean, before)) == moving


def test_frozen_stages_are_shared_and_never_move(tiny: Tiny) -> None:
    model = SDORModel(tiny(width=48)).train()
    assert not any(module.training for module in model.frozen.modules())
    assert not any(parameter.requires_grad for parameter in model.frozen.parameters())
    names = set(model.state_dict())
    assert any(name.startswith("frozen.") for name in names)
    assert not any("_backbone" in name for name in names)


def test_rounds_begin_alike_but_for_their_heads(tiny: Tiny) -> None:
    model = SDORModel(tiny(width=48), seed=3)
    first, second = model.learners
    for one, other in zip(first.stages.parameters(), second.stages.parameters(), strict=True):
        assert torch.equal(one, other)
    assert not torch.equal(first.hidden.weight, second.hidden.weight)
    again = next(iter(SDORModel(tiny(width=48), seed=3).learners))
    assert torch.equal(first.hidden.weight, again.hidden.weight)


def test_something_must_be_left_to_learn(tiny: Tiny) -> None:
    with pytest.raises(ConfigError, match=r"frozen=5 leaves nothing.*freeze at most 4"):
        SDORModel(tiny(width=48, frozen=5))
