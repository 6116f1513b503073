"""MTLA's settings: what cannot work is refused where it is set."""

from __future__ import annotations

from typing import Any

import pytest

from awry.errors import ConfigError
from awry.methods.mtla import MTLA, MTLAConfig


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"appearance": "none", "motion": False}, "at least one branch"),
        ({"filter_frames": 4}, "must be odd where the filter is centred"),
        ({"smoothing_window": 6}, "must be odd, and above"),
        ({"smoothing_window": 3, "smoothing_order": 3}, "must be odd, and above"),
        ({"scse": (0,)}, "from 1"),
        ({"attention_inputs": ("depth",), "depth": "none"}, "without any input"),
        ({"detectr": "foreground"}, "detector"),
    ],
)
def test_settings_that_cannot_work_are_refused(changes: dict[str, Any], why: str) -> None:
    with pytest.raises(ConfigError, match=why):
        MTLA.configure("cpu", changes)


@pytest.mark.parametrize("preset", MTLA.presets)
def test_every_preset_is_valid(preset: str) -> None:
    for variant in ("", "ped1", "ped2"):
        assert MTLA.configure(preset, variant=variant).branches == ("appearance", "motion")  # type: ignore[attr-defined]


def test_paper_is_the_papers_text() -> None:
    config = MTLAConfig()
    assert (config.height, config.width, config.learning_rate) == (256, 256, 1e-3)
    assert (config.appearance_encoder, config.motion_encoder) == ("resnet34", "vgg16")
    assert (config.decay, config.halve_every, config.loss, config.patches**2) == (
        "halve",
        10,
        "patch",
        16,
    )
    assert (config.aggregate, config.combine, config.smoothing) == ("sum", "maximum", "savgol")
    assert config.attention == "decoder"


def test_paper_normalises_by_channel_and_older_bundles_do_not() -> None:
    paper = MTLA.configure("paper")
    assert isinstance(paper, MTLAConfig)
    assert (paper.normalisation, paper.grey) == ("channels", False)
    before = MTLAConfig(**{k: v for k, v in paper.model_dump().items() if k != "normalisation"})
    assert before.normalisation == "shared"


def test_what_the_attention_is_made_from() -> None:
    assert MTLAConfig().attended == ("direction", "depth")
    assert MTLAConfig(depth="none").attended == ("direction",)
    assert MTLAConfig(attention="none").attended == ()
    assert MTLAConfig(motion=False).attended == ()


def test_objects_are_looked_for_only_where_somebody_needs_them() -> None:
    assert MTLAConfig().segments
    assert MTLAConfig(appearance="none").segments
    assert not MTLAConfig(appearance="none", mask_flow=False).segments
    assert not MTLAConfig(appearance="frame", motion=False).segments


def test_colours_of_grey_pictures_are_not_normalised_one_by_one() -> None:
    with pytest.raises(ConfigError, match="normalisation=channels is for three colours"):
        MTLA.configure("paper", {"grey": True})
