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
    assert (config.input_stride, config.temporal_kernel, config.padding) == (2, 2, "after")
    assert (config.adam_epsilon, config.batch_norm_epsilon, config.slope) == (1e-4, 1e-3, 0.3)
    assert (config.skips, config.decoder_channels, config.output) == ("input", 32, "linear")
    assert (config.reconstruction_frames, config.windows) == ("mean", 10)
    assert (config.batch_statistics, config.initial) == (False, "glorot")
    assert (config.l2, config.decayed) == (0.0005, "kernels")
    assert config.window == 15 + 6
    assert not config.code_tanh
    assert configure("paper-code", "avenue").code_tanh
    assert configure("paper-code", "avenue").output == "linear"


@pytest.mark.parametrize(
    ("variant", "epochs"),
    [
        ("ped1", (26, 24, 18, 17)),
        ("ped2", (26, 24, 25, 24)),
        ("avenue", (26, 24, 25, 19)),
        ("shanghaitech", (16, 14, 15, 9)),
        ("digits", (16, 9, 15, 9)),
    ],
)
def test_paper_code_has_the_published_codes_epochs(
    variant: str, epochs: tuple[int, int, int, int]
) -> None:
    config = configure("paper-code", variant)
    decays = (config.decay_epochs, config.second_decay_epochs)
    assert (config.first_epochs, config.second_epochs, *decays) == epochs


def test_paper_code_on_moving_digits() -> None:
    config = configure("paper-code", "digits")
    assert (config.height, config.width, config.grey, config.windows) == (64, 64, True, 100)
    assert (config.inputs, config.ahead, config.input_stride) == (6, 2, 1)
    assert (config.blocks, config.max_channels, config.last_pool) == (5, 128, True)
    assert (config.skips, config.output, config.reconstruction_losses) == (
        "none",
        "sigmoid",
        ("bce",),
    )
    assert not config.subtract_mean
    assert config.code_tanh
    assert config.factor == 32


def test_what_differs_between_text_and_code_has_the_texts_value_by_default() -> None:
    config = configure("paper", "avenue")
    assert (config.padding, config.skips, config.decoder_channels) == ("before", "frame", None)
    assert (config.reconstruction_frames, config.decayed, config.windows) == ("sum", "all", 0)
    assert (config.code_tanh, config.output, config.subtract_mean) == (False, "linear", True)
    assert (config.second_decay_epochs, config.last_pool, config.bins) == (None, False, 0)
    assert (config.one_pass, config.batch_statistics, config.initial) == (
        "windows",
        True,
        "pytorch",
    )


@pytest.mark.parametrize(("tanh", "output"), [(True, "tanh"), (False, "linear")])
def test_a_bundle_of_before_keeps_its_last_layer(tanh: bool, output: str) -> None:
    known = configure("paper-code", "avenue").model_dump()
    later = {"code_tanh", "output", "skips", "padding", "decoder_channels", "last_pool", "windows"}
    old = DAMLConfig(**{k: v for k, v in known.items() if k not in later}, tanh=tanh)
    assert (old.output, old.code_tanh, old.skips, old.padding) == (output, False, "frame", "before")
    assert (old.decoder_channels, old.last_pool) == (None, False)
    assert "tanh" not in old.model_dump()


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
        ({"windows": 5, "input_stride": 2, "run_length": 30}, "skips must be input"),
        ({"reconstruction_losses": ["bce"]}, "needs output sigmoid"),
        ({"bins": 10}, "bins need motion autoregressive"),
        ({"bins": 10, "motion": "autoregressive"}, "and code_tanh"),
        ({"tanh": True}, "no setting 'tanh'"),
    ],
)
def test_bad_settings_are_refused_by_name(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        configure("paper", **changes)


def test_a_setting_of_no_such_name_is_refused_with_the_nearest() -> None:
    with pytest.raises(ConfigError, match="did you mean 'inputs'"):
        configure("paper", input=4)
