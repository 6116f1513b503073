from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from awry.errors import BundleError
from awry.methods.attributes.config import AttributesConfig
from awry.methods.attributes.density import Neighbours
from awry.methods.attributes.normality import (
    AttributeModel,
    OwnClip,
    fit_attribute,
    folds,
    load_attribute,
)
from awry.methods.attributes.samples import Samples
from awry.training.loop import FitContext

CONFIG = AttributesConfig(quantile={"deep": 1.0}, energy_width=8, energy_epochs=1, components=1)


def samples(values: list[float], clips: list[int], times: list[float] | None = None) -> Samples:
    rows = np.array(values, np.float32)[:, None]
    seconds = np.arange(len(values), dtype=float) if times is None else np.array(times)
    return Samples({"deep": rows, "velocity": rows}, np.array(clips), seconds)


def test_an_objects_own_clip_is_left_out_of_its_calibration(tmp_path: Path) -> None:
    """Clips at 0, 1 and 3: squared distances to the next clip of 1, 1 and 4."""
    training = samples([0, 0, 1, 1, 3, 3], [0, 0, 1, 1, 2, 2])
    model = fit_attribute("deep", training, samples([], []), CONFIG, FitContext(tmp_path))
    assert (model.low, model.spread) == pytest.approx((1.0, 3.0))
    asked = np.array([[3.0], [5.0], [7.0]], np.float32)
    assert model.calibrated(asked) == pytest.approx([0.0, 1.0, 5.0])
    # A validation part that is too short to be looked at has no values at all.
    nothing = Samples({}, np.empty(0, np.int64), np.empty(0))
    alone = fit_attribute("deep", training, nothing, CONFIG, FitContext(tmp_path))
    assert (alone.low, alone.spread) == (model.low, model.spread)


def test_beyond_training_a_score_grows_slowly_and_steadily() -> None:
    model = AttributeModel(Neighbours(np.zeros((1, 1), np.float32), 1), 0, 1, 0, "log")
    values = np.sqrt(np.array([0.5, 1.0, np.e, np.e**3], np.float32))[:, None]
    assert model.calibrated(values) == pytest.approx([0.5, 1, 2, 4], rel=1e-5)


def test_with_one_clip_what_is_near_in_time_is_an_objects_own() -> None:
    one = samples([0.0] * 5, [0] * 5, [0, 5, 10, 20, 40])
    assert OwnClip(one, 6.0).of_rows(slice(0, 1)).tolist() == [[True, True, False, False, False]]
    # At most half of the clip.
    assert OwnClip(one, 600.0).of_rows(slice(0, 1)).tolist() == [[True] * 4 + [False]]
    three = samples([0.0] * 3, [0, 1, 2])
    assert OwnClip(three, 600.0).of_rows(slice(1, 2)).tolist() == [[False, True, False]]


def test_folds_are_clips_or_stretches() -> None:
    by_clip = list(folds(samples([0.0] * 6, [0, 0, 1, 1, 2, 2])))
    assert [fold.tolist().count(True) for fold in by_clip] == [2, 2, 2]
    stretches = list(folds(samples([0.0] * 10, [0] * 10)))
    assert len(stretches) == 5
    assert stretches[0].tolist() == [True, True] + [False] * 8


@pytest.mark.parametrize("kind", ["knn", "mixture", "mulde"])
def test_a_floor_keeps_a_still_scene_from_amplifying_noise(tmp_path: Path, kind: str) -> None:
    config = CONFIG.model_copy(update={"velocity_density": kind, "least_velocity": 0.1})
    noise = np.random.default_rng(0).normal(0, 1e-5, 40).tolist()
    training = samples(noise, [n // 10 for n in range(40)])
    model = fit_attribute("velocity", training, samples([], []), config, FitContext(tmp_path))
    assert model.calibrated(np.array([[1e-3]], np.float32))[0] < 0.5


def test_an_attribute_comes_back_from_its_state() -> None:
    model = AttributeModel(Neighbours(np.ones((2, 3), np.float32), 1), 1.0, 2.0, 3.0, "span")
    tensors = model.state()
    again = load_attribute("deep", tensors, CONFIG)
    assert (again.low, again.spread, again.usual) == (1.0, 2.0, 3.0)
    for broken in (torch.zeros(4), torch.full((3,), float("nan"))):
        with pytest.raises(BundleError, match="deep has no calibration"):
            load_attribute("deep", {**tensors, "calibration": broken}, CONFIG)


def test_a_training_frame_is_not_found_in_the_memory(tmp_path: Path) -> None:
    training = replace(samples([0, 0, 1, 1, 3, 3], [0, 0, 1, 1, 2, 2]), names=("a", "b", "c"))
    model = fit_attribute("deep", training, samples([], []), CONFIG, FitContext(tmp_path))
    own = OwnClip(training, 10.0)
    assert own.of_frame("elsewhere", 0.0) is None
    of_c = own.of_frame("c", 4.0)
    assert of_c is not None
    assert of_c.tolist() == [False] * 4 + [True] * 2
    asked = np.array([[3.0]], np.float32)
    assert model.calibrated(asked) == pytest.approx([0.0])
    assert model.calibrated(asked, of_c) == pytest.approx([1.0])


def test_rarity_counts_in_standard_deviations_and_never_below_zero(tmp_path: Path) -> None:
    config = CONFIG.model_copy(update={"calibration": "rarity", "velocity_density": "mixture"})
    speeds = np.random.default_rng(0).normal(1.0, 0.1, 900).tolist()
    training = samples(speeds, [n // 300 for n in range(900)])
    model = fit_attribute("velocity", training, samples([], []), config, FitContext(tmp_path))
    usual, slow, fast, faster = model.calibrated(np.array([[1.0], [0.6], [1.4], [2.0]], np.float32))
    assert usual == 0
    # Four deviations away to either side is rarer than anything among 900.
    assert 3 < slow < 6
    assert 3 < fast < 6
    assert faster > fast
    again = load_attribute("velocity", model.state(), config)
    asked = np.array([[1.2], [3.0]], np.float32)
    assert again.calibrated(asked).tolist() == model.calibrated(asked).tolist()
    with pytest.raises(BundleError, match="velocity has no rarity"):
        load_attribute("velocity", {**model.state(), "rarity": torch.zeros(3)}, config)


def test_what_moves_less_than_usual_is_usual_where_only_faster_counts(tmp_path: Path) -> None:
    config = CONFIG.model_copy(update={"calibration": "rarity", "slower": False})
    speeds = np.random.default_rng(0).normal(1.0, 0.1, 900).tolist()
    training = samples(speeds, [n // 300 for n in range(900)])
    model = fit_attribute("velocity", training, samples([], []), config, FitContext(tmp_path))
    still, slow, fast = model.calibrated(np.array([[0.0], [0.6], [1.6]], np.float32))
    assert still == slow == 0
    assert fast > 3
    # All that is strange is too fast, where directions are not told apart.
    speed_alone = config.model_copy(update={"bins": 1})
    model = fit_attribute("velocity", training, samples([], []), speed_alone, FitContext(tmp_path))
    assert model.usual == pytest.approx(1.0, abs=0.02)


def test_a_still_scene_has_no_rarity_of_its_own(tmp_path: Path) -> None:
    config = CONFIG.model_copy(update={"calibration": "rarity", "least_velocity": 0.1})
    training = samples([0.0] * 40, [n // 10 for n in range(40)])
    model = fit_attribute("velocity", training, samples([], []), config, FitContext(tmp_path))
    tremble, walk = model.calibrated(np.array([[1e-3], [1.0]], np.float32))
    assert tremble < 0.5
    assert walk > 3
