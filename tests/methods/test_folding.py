"""Networks made ready for scoring answer as before, and leave what they were made from alone."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from awry.devices import Compute
from awry.methods.daml.motion import PairedConv3D
from awry.methods.folding import for_scoring
from awry.methods.ssmtl.config import SSMTLConfig
from awry.methods.ssmtl.network import Network


def lived_in(module: nn.Module) -> nn.Module:
    """With statistics and scales unlike those of a fresh one, in evaluation mode."""
    generator = torch.Generator().manual_seed(0)
    for part in module.modules():
        if isinstance(part, (nn.BatchNorm2d, nn.BatchNorm3d)):
            assert part.running_mean is not None
            assert part.running_var is not None
            for values in (part.running_mean, part.running_var, part.weight, part.bias):
                values.data = 0.5 + torch.rand(values.shape, generator=generator)
    return module.eval()


def norms(module: nn.Module) -> int:
    return sum(isinstance(part, (nn.BatchNorm2d, nn.BatchNorm3d)) for part in module.modules())


def close(found: Tensor, expected: Tensor) -> None:
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)


def plain() -> nn.Sequential:
    inner = nn.Sequential(nn.Conv2d(4, 3, 1), nn.BatchNorm2d(3), nn.ReLU(inplace=True))
    return nn.Sequential(nn.Conv2d(2, 4, 3, 2, padding="valid"), nn.BatchNorm2d(4), inner)


@pytest.mark.parametrize("batch", [1, 3])
def test_a_sequence_answers_as_before(batch: int) -> None:
    module = lived_in(plain())
    x = torch.rand(batch, 2, 11, 9)
    ready = for_scoring(module)
    with torch.inference_mode():
        close(ready(x), module(x))
    assert (norms(module), norms(ready)) == (2, 0)


@pytest.mark.parametrize("batch", [1, 2])
@pytest.mark.parametrize("statistics", ["shared", "separate"])
def test_ssmtl_has_its_statistics_for_each_kind_of_input(batch: int, statistics: str) -> None:
    config = SSMTLConfig(
        side=16, depth="shallow", width="narrow", statistics=statistics, filters=(4, 4, 4)
    )
    module = lived_in(Network(config, 1, 16, 5, config.tasks))
    ready = for_scoring(module)
    assert isinstance(ready, Network)
    assert norms(ready) == 0
    x = torch.rand(batch, 1, 7, 16, 16)
    with torch.inference_mode():
        for expected, found in (
            (module.predicted_middle(x), ready.predicted_middle(x)),
            (module.student(x), ready.student(x)),
            (module.features(x, "sequence"), ready.features(x, "sequence")),
        ):
            close(found, expected)


def test_daml_joins_pairs_as_before() -> None:
    module = lived_in(PairedConv3D(3, 4, 1, 2, 0.1, 1e-5))
    assert isinstance(module, PairedConv3D)
    x = torch.rand(1, 2, 3, 6, 5)
    for stage in module.stages():
        ready = for_scoring(stage)
        assert norms(ready) == 0
        with torch.inference_mode():
            close(ready(x), stage(x))


def test_statistics_of_the_batch_stay_where_they_are() -> None:
    module = nn.Sequential(
        nn.Conv2d(2, 3, 3), nn.BatchNorm2d(3, track_running_stats=False), nn.ReLU()
    ).eval()
    ready = for_scoring(module)
    x = torch.rand(2, 2, 7, 7)
    with torch.inference_mode():
        close(ready(x), module(x))
    assert norms(ready) == 1


def test_other_padding_and_other_kinds_of_convolution_stay() -> None:
    class Doubled(nn.Conv2d):
        def forward(self, x: Tensor) -> Tensor:
            return 2 * super().forward(x)

    module = nn.Sequential(
        nn.Conv2d(1, 2, 3, padding=1, padding_mode="replicate"), Doubled(2, 2, 3)
    ).eval()
    x = torch.rand(1, 1, 8, 8)
    with torch.inference_mode():
        close(for_scoring(module)(x), module(x))


def test_weights_are_shared_where_nothing_was_folded() -> None:
    module = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.Flatten(), nn.Linear(72, 2)).eval()
    ready = for_scoring(module)
    assert {id(one) for one in ready.parameters()} == {id(one) for one in module.parameters()}
    assert type(module[0]) is nn.Conv2d


def test_one_activation_may_stand_in_several_places() -> None:
    soft = nn.Softplus()
    module = lived_in(nn.Sequential(nn.Conv2d(1, 2, 3), soft, nn.Conv2d(2, 1, 3), soft))
    x = torch.rand(2, 1, 8, 8)
    with torch.inference_mode():
        close(for_scoring(module)(x), module(x))


def test_a_sequence_with_a_way_of_its_own_keeps_it() -> None:
    class Twice(nn.Sequential):
        def forward(self, x: Tensor) -> Tensor:
            return super().forward(super().forward(x))

    module = lived_in(Twice(nn.Conv2d(2, 2, 3), nn.BatchNorm2d(2)))
    x = torch.rand(1, 2, 9, 9)
    with torch.inference_mode():
        close(for_scoring(module)(x), module(x))


def test_a_single_input_is_rounded_as_batches_are() -> None:
    """In 16 bits: oneDNN's own operation would calculate in full, and scores would differ."""
    torch.manual_seed(0)
    network = for_scoring(nn.Sequential(nn.Conv2d(3, 4, 3)).eval())
    frames = torch.rand(2, 3, 8, 8)
    with torch.inference_mode(), Compute("cpu", "bf16").rounding():
        one, both = network(frames[:1]), network(frames)
    assert one.dtype == both.dtype == torch.bfloat16
    assert torch.equal(one, both[:1])


@pytest.mark.parametrize("batch", [1, 3])
def test_efficientnet_lite_keeps_no_normalisation(batch: int) -> None:
    """Its package calls normalisations by name, and pads in convolutions of its own."""
    pytest.importorskip("efficientnet_lite_pytorch", reason="EfficientNet-Lite is not installed")
    from awry.teachers.classifier import efficientnet_lite0

    module = efficientnet_lite0()  # random ones overflow in so many layers
    ready, stem = for_scoring(module), for_scoring(module._conv_stem)
    x = torch.rand(batch, 3, 48, 64, generator=torch.Generator().manual_seed(0)) - 0.5
    with torch.inference_mode():
        close(ready(x), module(x))
        close(stem(x), module._conv_stem(x))
    assert (norms(module), norms(ready)) == (49, 0)
    kinds = {type(part).__name__ for part in ready.modules() if isinstance(part, nn.Conv2d)}
    assert kinds == {"_Conv2d", "Conv2dStaticSamePadding"}  # whose sides differ, at a stride of 2


def test_stages_of_efficientnet_lite_too() -> None:
    """As SDOR cuts them: the first layers in a sequence of their own."""
    pytest.importorskip("efficientnet_lite_pytorch", reason="EfficientNet-Lite is not installed")
    from awry.methods.sdor.backbone import load_backbone

    module = load_backbone("pip:efficientnet-lite0").stages[0].eval()
    x = torch.rand(2, 3, 32, 48, generator=torch.Generator().manual_seed(0))
    ready = for_scoring(module)
    with torch.inference_mode():
        torch.testing.assert_close(ready(x), module(x), rtol=1e-4, atol=1e-4)
    assert (norms(module), norms(ready)) == (3, 0)
