"""DAML's settings at one place: valid presets, Table 1, and refusals."""

from __future__ import annotations

from typing import Any

import pytest

from awry.errors import ConfigError
from awry.methods.daml import DAML, DAMLConfig
from awry.methods.daml.config import PRESETS


def configure(preset: str, variant: str = "", **changes: Any) -> DAMLConfig:
    config = DAML.configure(preset, changes, variant)
    assert isinstance(config, DAMLConfig)
    return config


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize(
    "variant", ["", "ped1", "ped2", "avenue", "shanghaitech", "umn", "digits", "unheard-of"]
)
def test_every_preset_is_valid_for_every_data_set(preset: str, variant: str) -> None:
    assert configure(preset, variant).window >= 3


def test_the_presets_that_are_promised_are_there() -> None:
    assert {"paper", "paper-code", "cpu", "tiny"} <= set(PRESETS)


@pytest.mark.parametrize("preset", ["paper", "paper-code"])
@pytest.mark.parametrize(
    ("variant", "size", "inputs", "blocks", "grey"),
    [
        ("ped1", (128, 192), 8, 5, True),
        ("ped2", (128, 192), 8, 4, True),
        ("avenue", (128, 224), 6, 4, False),
        ("shanghaitech", (128, 224), 6, 4, False),
    ],
)
def test_table_1(
    preset: str, variant: str, size: tuple[int, int], inputs: int, blocks: int, grey: bool
) -> None:
    config = configure(preset, variant)
    assert (config.height, config.width) == size
    assert (config.inputs, config.blocks, config.grey) == (inputs, blocks, grey)
    assert config.channels == 64


def test_paper_follows_the_text() -> None:
    config = configure("paper", "ped2")
    assert (config.ahead, config.input_stride, config.temporal_kernel) == (6, 1, 3)
    assert (config.motion, config.motion_layers, config.max_channels) == ("conv3d", 3, 1024)
    assert (config.learning_rate, config.decay, config.decay_factor) == (1e-4, "step", 0.1)
    assert (config.decay_epochs, config.first_epochs + config.second_epochs) == (20, 50)
    assert (config.first_weights, config.second_weights) == ((1, 0.001), (0.001, 1))
    assert (config.l2, config.reconstruction_losses) == (0.001, ("mse",))
    assert (config.score, config.position, config.crop) == ("latent", "mean", 0)
    assert config.window == 8 + 6


def test_paper_code_follows_the_published_code() -> None:
    config = configure("paper-code", "ped2")
    assert (config.input_stride, config.temporal_kernel) == (2, 2)
    assert (config.adam_epsilon, config.batch_norm_epsilon, config.slope) == (1e-4, 1e-3, 0.3)
    assert (config.decay_epochs, configure("paper-code", "ped1").decay_epochs) == (25, 18)
    assert (config.first_epochs, config.second_epochs) == (25, 25)
    assert not config.tanh
    assert configure("paper-code", "avenue").tanh
    assert configure("paper-code", "digits").tanh
    assert config.window == 15 + 6


def test_changes_win_over_the_data_sets_own() -> None:
    assert configure("paper", "ped1", blocks=3).blocks == 3


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"height": 100}, "divisible by 8"),
        ({"width": 190}, "divisible by 8"),
        ({"crop": 20}, "multiple of 8"),
        ({"crop": 256}, "at most the picture's side"),
        ({"inputs": 9}, r"at most 2 \*\* motion_layers = 8"),
        ({"run_length": 13}, "at least one window of 14"),
        ({"inputs": 1}, "inputs = 1"),
        ({"motion": "gru"}, "motion = 'gru'"),
        ({"reconstruction_losses": ["l1"]}, "reconstruction_losses"),
        ({"temporal_kernel": 4}, "temporal_kernel"),
        ({"learning_rate": "fast"}, "learning_rate = 'fast'"),
    ],
)
def test_bad_settings_are_refused_by_name(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        configure("paper", **changes)


def test_a_setting_of_no_such_name_is_refused_with_the_nearest() -> None:
    with pytest.raises(ConfigError, match="did you mean 'inputs'"):
        configure("paper", input=4)
