from __future__ import annotations

import pytest

from awry.errors import ConfigError
from awry.methods.fitted import FittedModels, check_map_part
from awry.methods.flow import Flow, FlowConfig
from awry.video.ignore import IgnoreRegions

IGNORED = IgnoreRegions.parse(["rows:0-9"])


def fitted(*scenes: str) -> FittedModels:
    return FittedModels({scene: Flow(FlowConfig()) for scene in scenes}, IGNORED, (48, 72))


def test_a_scene_has_its_own_model_else_that_for_all_else_the_only_one() -> None:
    both = fitted("yard", "*")
    assert both.model_of("yard") is both.models["yard"]
    assert both.model_of("street") is both.models["*"]
    alone = fitted("yard")
    assert alone.model_of("street") is alone.models["yard"]
    with pytest.raises(ConfigError, match=r"none for 'street': .* one of yard, gate"):
        fitted("yard", "gate").model_of("street")


def test_a_scorer_gets_the_settings_of_its_stream() -> None:
    scorer = fitted("*").scorer("yard", clip="c1", fps=5.0, map_levels=[1.0, 2.0], maps=False)
    setting = scorer.setting
    assert (setting.scene, setting.clip, setting.fps, setting.maps) == ("yard", "c1", 5.0, False)
    assert (setting.ignore, setting.frame_size) == (IGNORED, (48, 72))
    assert (setting.map_levels, setting.parts) == ((1.0, 2.0), ())


class Parted(Flow):
    """Two parts that are had only where they are asked for."""

    extra_parts = ("colour", "shape")  # type: ignore[assignment]


def test_parts_are_asked_for_by_name_or_all_together() -> None:
    models = FittedModels({"*": Parted(FlowConfig())}, IGNORED, (48, 72))
    assert models.scorer(parts=["shape"]).setting.parts == ("shape",)
    assert models.scorer(parts=["all"]).setting.parts == ("colour", "shape")
    with pytest.raises(ConfigError, match=r"flow has no extra part 'color': did you mean 'colour'"):
        models.scorer(parts=["color"])


class Mapped(Flow):
    map_parts = ("appearance", "motion")  # type: ignore[assignment]


def test_a_part_without_maps_is_refused() -> None:
    mapped, plain = Mapped(FlowConfig()), Flow(FlowConfig())
    for part in (None, "motion"):
        check_map_part([plain, mapped], part)
    with pytest.raises(ConfigError, match=r"flow has no map of the part 'moton': did you mean 'mo"):
        check_map_part([mapped], "moton")
    with pytest.raises(ConfigError, match="none of its parts has a map of its own"):
        check_map_part([plain], "motion")
