from __future__ import annotations

import pytest

from awry.errors import ConfigError
from awry.methods.sdor import SDOR, SDORConfig


def test_the_papers_settings() -> None:
    config = SDOR.configure("paper")
    assert isinstance(config, SDORConfig)
    assert (config.backbone, config.hidden, config.rounds) == (
        "torchvision:resnet50@IMAGENET1K_V1",
        100,
        5,
    )
    assert (config.abnormal_share, config.normal_share) == (0.1, 0.2)
    assert (config.learning_rate, config.batch, config.epochs) == (0.005, 128, 50)


def test_no_frame_is_abnormal_and_normal_at_once() -> None:
    with pytest.raises(ConfigError, match="abnormal_share and normal_share overlap"):
        SDOR.configure("tiny", {"abnormal_share": 0.6, "normal_share": 0.5})
