"""Shapes, sizes and golden numbers of the networks."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from awry.methods.folding import folded
from awry.methods.ssmtl.config import SSMTLConfig
from awry.methods.ssmtl.network import (
    MiddleDecoder,
    Network,
    Normalisation,
    Trunk,
    trunk_filters,
)
from support import stir

TASKS = ("arrow_of_time", "motion_irregularity", "middle_box", "distillation")


@pytest.mark.parametrize("depth", ["shallow", "deep"])
@pytest.mark.parametrize("width", ["narrow", "wide"])
def test_table_1(depth: str, width: str) -> None:
    config = SSMTLConfig(depth=depth, width=width)
    filters, pools = trunk_filters(config)
    assert len(filters) == (3 if depth == "shallow" else 6)
    assert filters[0] == (16 if width == "narrow" else 32)
    assert filters[-1] == (32 if width == "narrow" else 64)
    assert sum(pools) == 3
    network = Network(config, 3, 64, 1080, TASKS).eval()
    x = torch.rand(2, 3, 7, 64, 64)
    features = network.features(x, "sequence")
    assert features.shape == (2, filters[-1], 8, 8)
    assert network.answer("arrow_of_time", features).shape == (2, 2)
    assert network.answer("distillation", features).shape == (2, 1080)
    assert network.answer("middle_box", features).shape == (2, 3, 64, 64)
    decoder = network.heads["middle_box"]
    assert isinstance(decoder, MiddleDecoder)
    assert len(decoder.convolutions) == len(filters)
    assert sum(decoder.ups) == sum(pools)
    assert decoder.convolutions[-1].out_channels == 3


@pytest.mark.parametrize("length", [1, 3, 6, 7, 9])
def test_each_task_may_have_its_own_length(length: int) -> None:
    trunk = Trunk(SSMTLConfig(depth="shallow", width="narrow"), 1, ["all"]).eval()
    assert trunk(torch.rand(1, 1, length, 32, 32), "sequence").shape == (1, 32, 4, 4)


def test_deep_pooling_can_be_chosen() -> None:
    config = SSMTLConfig(depth="deep", deep_pools=(2, 4, 5, 6))
    assert config.pools == 4
    network = Network(config, 1, 64, 0, ("middle_box",)).eval()
    features = network.features(torch.rand(1, 1, 6, 64, 64), "around")
    assert features.shape[2:] == (4, 4)
    assert network.answer("middle_box", features).shape == (1, 1, 64, 64)


def test_each_kind_of_input_has_its_own_statistics() -> None:
    config = SSMTLConfig(depth="shallow", width="narrow", filters=(2, 2, 2))
    torch.manual_seed(0)
    network = Network(config, 1, 16, 4, TASKS).train()
    network.features(torch.rand(4, 1, 1, 16, 16), "single")
    norms = network.trunk.normalisations[0].by_kind
    assert set(norms) == {"sequence", "around", "single"}
    assert norms["single"].running_mean.abs().sum() > 0
    assert norms["sequence"].running_mean.abs().sum() == 0
    shared = Network(config.model_copy(update={"statistics": "shared"}), 1, 16, 4, TASKS)
    assert len(shared.trunk.normalisations[0].by_kind) == 1


def shared_affine() -> Network:
    """A trained one in evaluation mode, whose kinds of input share scale and shift."""
    config = SSMTLConfig(depth="shallow", width="narrow", filters=(2, 3, 4), affine="shared")
    torch.manual_seed(0)
    network = Network(config, 3, 16, 4, TASKS)
    stir(network)
    for norm in network.trunk.normalisations:
        norm.weight.data.uniform_(0.5, 1.5)
        norm.bias.data.normal_(0, 0.3)
    return network.eval()


def test_scale_and_shift_may_be_shared_while_statistics_are_not() -> None:
    network = shared_affine()
    norm = network.trunk.normalisations[0]
    assert isinstance(norm, Normalisation)
    assert norm.weight is not None
    assert norm.bias is not None
    names = {name for name, _ in norm.named_parameters()}
    assert names == {"weight", "bias"}
    x = torch.rand(2, 2, 3, 4, 4)
    shape = (-1, 1, 1, 1)
    kinds: Any = norm.by_kind
    for kind, one in kinds.items():
        deviation = (one.running_var + one.eps).sqrt().view(shape)
        standard = (x - one.running_mean.view(shape)) / deviation
        expected = standard * norm.weight.view(shape) + norm.bias.view(shape)
        torch.testing.assert_close(norm(x, kind), expected)
    assert not torch.equal(norm(x, "sequence"), norm(x, "around"))
    means = {kind: one.running_mean.clone() for kind, one in kinds.items()}
    norm.train()(x, "around")
    changed = {k: not torch.equal(one.running_mean, means[k]) for k, one in kinds.items()}
    assert changed == {"sequence": False, "around": True, "single": False}


def test_a_shared_scale_folds_into_each_kinds_convolution() -> None:
    network = shared_affine()
    plain = folded(network.trunk)
    for kind, length in (("sequence", 7), ("around", 6), ("single", 1)):
        x = torch.rand(2, 3, length, 16, 16)
        torch.testing.assert_close(plain(x, kind), network.trunk(x, kind), rtol=1e-4, atol=1e-5)


def test_only_the_kinds_that_the_tasks_need() -> None:
    config = SSMTLConfig(depth="shallow", width="narrow")
    network = Network(config, 1, 64, 80, ("distillation",))
    assert set(network.trunk.normalisations[0].by_kind) == {"single"}
    assert network.tasks == ("distillation",)


def test_golden_numbers() -> None:
    config = SSMTLConfig(depth="shallow", width="narrow", filters=(2, 3, 4))
    network = Network(config, 1, 16, 5, TASKS).eval()
    with torch.no_grad():
        for place, parameter in enumerate(network.parameters()):
            count = parameter.numel()
            values = torch.sin(torch.arange(count, dtype=torch.float32) * 0.7 + place)
            parameter.copy_((0.3 * values).reshape(parameter.shape))
        x = torch.cos(torch.arange(7 * 16 * 16, dtype=torch.float32) * 0.05)
        x = x.reshape(1, 1, 7, 16, 16) * 0.5 + 0.5
        sequence = network.features(x, "sequence")
        around = network.features(x[:, :, [0, 1, 2, 4, 5, 6]], "around")
        single = network.features(x[:, :, 3:4], "single")
        found = {
            "arrow_of_time": network.answer("arrow_of_time", sequence).sum(),
            "motion_irregularity": network.answer("motion_irregularity", sequence).sum(),
            "middle_box": network.answer("middle_box", around).abs().mean(),
            "distillation": network.answer("distillation", single).sum(),
        }
    golden = {
        "arrow_of_time": 1.17744,
        "motion_irregularity": 0.292028,
        "middle_box": 0.193065,
        "distillation": 0.496538,
    }
    for task, value in golden.items():
        assert float(found[task]) == pytest.approx(value, rel=1e-4), task
