from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from awry.devices import Compute
from awry.errors import ConfigError
from awry.methods.memae import MemAE, MemAENetwork, Memory, entropy


def memory(shrink: float = 0.0, sharpness: float = 1.0) -> Memory:
    """Two items at right angles."""
    made = Memory(2, 2, shrink, sharpness)
    with torch.no_grad():
        made.items.copy_(torch.tensor([[2.0, 0.0], [0.0, 3.0]]))
    return made


def test_the_weights_are_a_softmax_of_the_cosine() -> None:
    code = torch.tensor([[7.0, 0.0]])
    e = math.e
    assert memory().weights(code)[0].tolist() == pytest.approx([e / (e + 1), 1 / (e + 1)])
    sharp = memory(sharpness=3.0).weights(code)[0]
    assert sharp[0].item() == pytest.approx(e**3 / (e**3 + 1))


def test_what_lies_below_the_threshold_is_0_and_the_rest_is_normalised() -> None:
    code = torch.tensor([[1.0, 0.0], [1.0, 1.0]])
    weights = memory(shrink=0.9).weights(code)  # the threshold is 0.45, the softmax 0.73 and 0.27
    assert weights[0].tolist() == [1.0, 0.0]
    assert weights[1].tolist() == pytest.approx([0.5, 0.5])
    mixed, _ = memory(shrink=0.9)(code)
    assert mixed.tolist() == [[2.0, 0.0], [1.0, 1.5]]


def test_where_every_weight_is_shrunk_nothing_is_remembered() -> None:
    mixed, weights = memory(shrink=2.0)(torch.tensor([[1.0, 0.0]]))
    assert mixed.tolist() == [[0.0, 0.0]]
    assert weights.sum().item() == 0


def test_the_entropy_of_one_item_is_0_and_of_all_alike_the_logarithm() -> None:
    assert entropy(torch.tensor([[1.0, 0.0]])).item() == pytest.approx(0.0, abs=1e-6)
    assert entropy(torch.full((3, 4), 0.25)).item() == pytest.approx(math.log(4))


def test_a_stack_comes_back_and_each_position_is_addressed() -> None:
    config = MemAE.configure("tiny", {"frames": 16})
    network = MemAENetwork(1, config)  # type: ignore[arg-type]
    frames = torch.rand(2, 16, 1, 32, 48)
    guess, weights = network.addressed(frames)
    assert guess.shape == frames.shape
    assert weights.shape == (2, 2 * 2 * 3, 16)
    assert weights.sum(-1).allclose(torch.ones(2, 12))


def test_the_loss_weighs_the_entropy() -> None:
    class Known:
        def addressed(self, frames: Tensor) -> tuple[Tensor, Tensor]:
            return frames + 0.1, torch.full((2, 5, 4), 0.25)

    method = MemAE(MemAE.configure("tiny", {"entropy": 0.5}))
    total = method.losses(Known(), torch.rand(2, 8, 1, 16, 16))["total"]
    assert total.item() == pytest.approx(0.01 + 0.5 * math.log(4))


def test_frames_must_fit_the_steps_in_time() -> None:
    with pytest.raises(ConfigError, match="multiple of 8"):
        MemAE.configure("tiny", {"frames": 12})


def test_the_memory_chooses_in_full_precision() -> None:
    """Weights that lie near the threshold would fall on its other side in 16 bits."""
    torch.manual_seed(0)
    made = Memory(200, 16, 1.0, 1.0)
    codes = torch.randn(50, 16)
    mixed, weights = made(codes)
    with Compute("cpu", "bf16").rounding():
        short, chosen = made(codes)
    assert short.dtype == chosen.dtype == torch.float32
    assert torch.equal(short, mixed)
    assert torch.equal(chosen, weights)
