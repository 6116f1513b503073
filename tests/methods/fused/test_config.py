"""Which systems are fused, and how each of them is set."""

from __future__ import annotations

from typing import Any

import pytest

from awry.errors import ConfigError
from awry.methods.fused import Fused, FusedConfig
from awry.methods.fused.config import usual_systems


def configured(preset: str = "tiny", variant: str = "", **changes: Any) -> FusedConfig:
    config = Fused.configure(preset, changes, variant)
    assert isinstance(config, FusedConfig)
    return config


def test_children_are_resolved_so_that_a_bundle_restores_them() -> None:
    config = configured(of=["flow", "knn"], **{"flow.blur": 3, "knn.neighbours": 2})
    assert [child.label for child in config.children] == ["flow", "knn"]
    assert config.children[0].config["blur"] == 3
    assert config.children[1].config["features"] == "random:squeezenet1_1"  # of preset tiny
    assert config.children[1].config["neighbours"] == 2
    assert FusedConfig(**config.model_dump(mode="json")) == config


def test_names_come_as_a_list_or_with_commas() -> None:
    assert configured(of="flow, daml") == configured(of=["flow", "daml"])


def test_one_method_twice_has_two_labels() -> None:
    config = configured(of=["flow", "flow"], **{"flow-2.blur": 31})
    assert [child.config["blur"] for child in config.children] == [9, 31]


def test_a_system_may_have_another_preset() -> None:
    config = configured(of=["flow", "knn"], **{"knn.preset": "cpu", "flow.preset": "relative"})
    assert config.children[0].config["relative"] is True
    assert config.children[1].config["features"] == "pip:efficientnet-lite0"


def test_a_setting_of_several_goes_to_all_and_one_s_own_wins() -> None:
    config = configured(
        of=["ssmtl", "mtla", "knn"], detector="onnx:a", **{"mtla.detector": "foreground"}
    )
    assert [child.config.get("detector") for child in config.children] == [
        "onnx:a",
        "foreground",
        None,
    ]


def test_settings_of_a_data_set_reach_the_systems() -> None:
    first, _ = configured("paper", "ped2", of=["daml", "flow"]).children
    assert first.config["height"] == 128
    assert first.config["grey"] is True


def test_where_nothing_is_said_the_systems_that_offer_themselves() -> None:
    assert configured("cpu").of == usual_systems()
    assert {"daml", "mtla", "ssmtl"} <= set(usual_systems())
    assert "flow" not in usual_systems()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"of": ["flow"]}, "at least two systems"),
        ({"of": ["flow", "fused"]}, "not made of itself"),
        ({"of": ["flow", "knnn"]}, "did you mean 'knn'"),
        ({"knn.neighbour": 1}, "did you mean 'neighbours'"),
        ({"kn.neighbours": 1}, "no system 'kn': did you mean 'knn'"),
        ({"combines": "sum"}, "did you mean 'combine'"),
        ({"combine": "mean"}, "combine = 'mean'"),
        ({"weights": {"daml": 1}}, "weights name 'daml'"),
        ({"weights": {"flow": 0, "knn": 0}}, "one weight must be above 0"),
        ({"weights": {"flow": -1}}, "0 or more"),
    ],
)
def test_what_cannot_be_is_refused(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        configured(**changes)


def test_systems_that_ask_the_same_detector_count_less() -> None:
    """Of three values that correlate by a half the mean is as good as that of 1.5."""
    of = ["ssmtl", "mtla", "attributes", "daml"]
    config = configured(of=of, detector="onnx:a", shared=0.5)
    assert config.shares() == (0.5, 0.5, 0.5, 1.0)
    # Who is not heard, or asks another one, shares nothing.
    two = configured(of=of, detector="onnx:a", shared=0.5, weights={"mtla": 0.0})
    assert two.shares() == pytest.approx((2 / 3, 0.0, 2 / 3, 1.0))
    own = configured(of=of, detector="onnx:a", shared=0.5, **{"mtla.detector": "onnx:b"})
    assert own.shares() == pytest.approx((2 / 3, 1.0, 2 / 3, 1.0))
    assert configured(of=of, detector="onnx:a", shared=0.0).shares() == (1.0, 1.0, 1.0, 1.0)
    assert configured(of=of).shared == 0.5
    assert FusedConfig().shared == 0  # as bundles of before the choice
