"""Batch normalisation over several processes; with one it is PyTorch's own."""

from __future__ import annotations

import copy
from collections.abc import Iterator

import pytest
import torch
from torch import distributed as dist
from torch import nn

from awry.training.synchronised import Synchronised, batch_norm


@pytest.fixture(autouse=True)
def group() -> Iterator[None]:
    """One process that talks to itself."""
    dist.init_process_group("gloo", store=dist.HashStore(), rank=0, world_size=1)
    yield
    dist.destroy_process_group()


@pytest.mark.parametrize(
    "norm",
    [
        nn.BatchNorm1d(3),
        nn.BatchNorm2d(3, eps=1e-3, momentum=0.3),
        nn.BatchNorm3d(3, affine=False),
        nn.BatchNorm2d(3, momentum=None),
        nn.BatchNorm2d(3, track_running_stats=False),
    ],
    ids=["1d", "2d", "no scale", "cumulative", "no running statistics"],
)
def test_alone_it_is_as_ever(norm: nn.Module) -> None:
    torch.manual_seed(0)
    axes = {"BatchNorm1d": (), "BatchNorm2d": (4, 5), "BatchNorm3d": (2, 4, 5)}
    shape = (6, 3, *axes[type(norm).__name__])
    own = copy.deepcopy(norm)
    for _ in range(2):
        x = torch.randn(shape, requires_grad=True)
        same = x.detach().clone().requires_grad_()
        weights = torch.randn(shape)
        expected = own(x)
        (expected * weights).sum().backward()
        with Synchronised(nn.Sequential(norm)).inside():
            found = norm(same)
            (found * weights).sum().backward()
        assert torch.allclose(found, expected, atol=1e-5)
        assert x.grad is not None
        assert same.grad is not None
        assert torch.allclose(same.grad, x.grad, atol=1e-5)
    for name, value in own.state_dict().items():
        assert torch.allclose(norm.state_dict()[name].float(), value.float(), atol=1e-5), name
    for mine, other in zip(norm.parameters(), own.parameters(), strict=True):
        assert mine.grad is not None
        assert other.grad is not None
        assert torch.allclose(mine.grad, other.grad, atol=1e-4)


def test_another_scale_is_synchronised_too() -> None:
    own, scale = nn.BatchNorm2d(3, affine=False), torch.tensor([1.0, 2.0, 3.0])
    x = torch.randn(4, 3, 5, 5)
    expected = batch_norm(x, copy.deepcopy(own), scale, None)
    with Synchronised(own).inside():
        assert torch.allclose(batch_norm(x, own, scale, None), expected, atol=1e-5)
        still = batch_norm(x, own.eval(), scale, None)
    assert torch.allclose(still, own(x) * scale.view(3, 1, 1), atol=1e-6)


def test_in_evaluation_nothing_is_synchronised_nor_learned() -> None:
    norm = nn.BatchNorm2d(3).eval()
    x = torch.randn(2, 3, 4, 4)
    expected = norm(x)
    dist_calls = norm.state_dict()["num_batches_tracked"].clone()
    with Synchronised(norm).inside():
        assert torch.equal(norm(x), expected)
    assert torch.equal(norm.num_batches_tracked, dist_calls)
    assert "forward" not in vars(norm)


def test_a_whole_batch_is_normalised_by_itself() -> None:
    norm, own = nn.BatchNorm1d(3), nn.BatchNorm1d(3)
    x = torch.randn(5, 3)
    with Synchronised(norm).inside(lambda: False):
        assert torch.equal(norm(x), own(x))
        assert torch.equal(batch_norm(x, norm, None, None), batch_norm(x, own, None, None))


def test_half_as_wide_comes_out_as_it_goes_in() -> None:
    norm = nn.BatchNorm1d(3)
    with Synchronised(norm).inside():
        assert norm(torch.randn(5, 3, dtype=torch.bfloat16)).dtype == torch.bfloat16


@pytest.mark.filterwarnings("ignore:The .grad attribute:UserWarning")
def test_compiled_networks_are_synchronised_too() -> None:
    norm, own = nn.BatchNorm1d(3), nn.BatchNorm1d(3)
    network = nn.Sequential(norm, nn.ReLU())
    network.compile(backend="eager")
    x = torch.randn(5, 3, requires_grad=True)
    with Synchronised(network).inside():
        found = network(x)
    assert torch.allclose(found, own(x).relu(), atol=1e-5)
    found.sum().backward()
    torch.compiler.reset()
