from __future__ import annotations

import pytest
import torch

from awry.errors import ConfigError
from awry.methods.sdor.backbone import CLIP_FRAMES, load_backbone


@pytest.mark.parametrize(
    ("name", "stages", "channels"),
    [("resnet18", 5, 512), ("resnet50", 5, 2048), ("vgg11", 5, 512), ("resnet-narrow", 5, 64)],
)
def test_stages_make_up_the_classifier(name: str, stages: int, channels: int) -> None:
    """Cutting changes nothing: the classes are what torchvision's own network says."""
    from awry.teachers.classifier import torchvision_classifier

    backbone = load_backbone(f"random:{name}")
    whole = torchvision_classifier(name, random=True)
    pictures = 255 * torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    mean = torch.tensor([0.485, 0.456, 0.406]).reshape(3, 1, 1)
    deviation = torch.tensor([0.229, 0.224, 0.225]).reshape(3, 1, 1)
    with torch.inference_mode():
        maps = backbone.standardised(pictures)
        torch.testing.assert_close(maps, (pictures / 255 - mean) / deviation)
        for stage in backbone.stages:
            maps = stage(maps)
        expected = whole((pictures / 255 - mean) / deviation)
        torch.testing.assert_close(backbone.classes(maps), expected, rtol=1e-3, atol=1e-3)
    assert len(backbone.stages) == stages
    assert maps.shape[1] == backbone.channels == channels


def test_the_video_network_sees_sixteen_frames() -> None:
    backbone = load_backbone("random:r3d_18")
    assert backbone.span == CLIP_FRAMES == 16


def test_efficientnet_lite_makes_up_its_classifier(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("efficientnet_lite_pytorch", reason="EfficientNet-Lite is not installed")
    from awry.teachers.classifier import efficientnet_lite0

    backbone, whole = load_backbone("pip:efficientnet-lite0"), efficientnet_lite0()
    pictures = 255 * torch.rand(1, 3, 64, 96, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        maps = backbone.standardised(pictures)
        for stage in backbone.stages:
            maps = stage(maps)
        torch.testing.assert_close(backbone.classes(maps), whole((pictures - 127) / 128))
    assert capsys.readouterr().out == ""  # standard output belongs to --json


@pytest.mark.parametrize(
    ("what", "hint"),
    [
        ("torchvision:resnet5", "no model 'resnet5'"),
        ("torchvision:resnet-narrow", "no model 'resnet-narrow'"),
        ("torchvision:densenet121", "SDOR has no backbone"),
        ("pip:efficientnet-lite1", "did you mean 'pip:efficientnet-lite0'"),
    ],
)
def test_unknown_backbones_are_refused(what: str, hint: str) -> None:
    with pytest.raises(ConfigError, match=hint):
        load_backbone(what)
