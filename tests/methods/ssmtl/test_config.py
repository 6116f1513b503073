"""SSMTL's settings: what cannot work is refused where it is set."""

from __future__ import annotations

from typing import Any

import pytest

from awry.errors import ConfigError
from awry.methods.ssmtl import SSMTL, SSMTLConfig


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"fusion": (0.0, 0.0)}, "one of them above 0"),
        ({"fusion": (1.0, -1.0)}, "two weights of 0 or more"),
        ({"side": 30}, "divisible by 8"),
        ({"filter_frames": 4}, "must be odd where the filter is centred"),
        ({"tasks": ("middle_box", "middle_box")}, "each task once"),
        ({"gap_is_step": True, "gaps": (1,)}, "one above 1"),
        ({"floor": "zero"}, "floor=zero needs part_scale=none"),
        ({"deep_pools": (2, 6, 4)}, "must ascend within 1 to 6"),
    ],
)
def test_settings_that_cannot_work_are_refused(changes: dict[str, Any], why: str) -> None:
    with pytest.raises(ConfigError, match=why):
        SSMTL.configure("cpu", changes)


@pytest.mark.parametrize("preset", SSMTL.presets)
def test_every_preset_is_valid(preset: str) -> None:
    for variant in ("", "ped1", "ped2"):
        assert SSMTL.configure(preset, variant=variant).fusion[0] == 1  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("variant", "threshold", "weight"),
    [("avenue", 0.8, 0.2), ("shanghaitech", 0.8, 0.2), ("ped2", 0.5, 0.5), ("ped1", 0.5, 0.5)],
)
def test_the_paper_preset_is_the_papers_text(variant: str, threshold: float, weight: float) -> None:
    config = SSMTL.configure("paper", variant=variant)
    assert isinstance(config, SSMTLConfig)
    assert (config.threshold, config.distillation_weight) == (threshold, weight)
    assert (config.depth, config.width, config.schedule("object")) == (
        "deep",
        "wide",
        (30, None, 64),
    )
    assert (config.t, config.side, config.gaps, config.grey) == (3, 64, (1, 2, 3, 4), False)
    assert (config.contained, config.least_side, config.trust) == (True, 1, False)
    assert (config.held_back, config.validation_objects) == (0.15, None)
    assert (config.learning_rate, config.part_scale, config.combine) == (1e-3, "none", "mean")
    assert config.floor == "zero"
    assert config.classifier == "torchvision:resnet50@IMAGENET1K_V1"
    assert not config.score_classifier


def test_settings_that_older_bundles_lack_are_as_they_were() -> None:
    config = SSMTLConfig()
    assert (config.affine, config.floor, config.contained) == ("separate", "lowest", False)
    assert config.validation_objects == 1024
