from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from awry.methods.attributes.config import AttributesConfig
from awry.methods.attributes.preparation import LocalSides, Preparation, box_sides, in_unit


def boxes(tops: np.ndarray, heights: np.ndarray) -> np.ndarray:
    """As wide as half of their height."""
    return np.stack([0 * tops, tops, heights / 2, tops + heights], 1).astype(np.float32)


def test_sizes_grow_towards_the_camera() -> None:
    rng = np.random.default_rng(0)
    middles = rng.uniform(50, 400, 300)
    heights = 10 + 0.2 * middles
    heights[::10] *= 0.3  # cut off, or half hidden
    sides = LocalSides.of(boxes(middles - heights / 2, heights))
    asked = boxes(np.array([90.0, 290.0]), np.array([20.0, 20.0]))
    assert sides.at(asked).tolist() == pytest.approx([30.0, 70.0], rel=0.02)
    # A runner covers twice her length a second, wherever she is, whole or half hidden.
    velocities = np.array([[60.0], [140.0]], np.float32)
    assert in_unit(velocities, asked, sides)[:, 0].tolist() == pytest.approx([2, 2], rel=0.02)
    assert in_unit(velocities, asked, None) is velocities
    assert LocalSides.from_state(sides.state()) == sides


def test_sizes_are_level_where_boxes_do_not_say_otherwise() -> None:
    rng = np.random.default_rng(1)
    sides = LocalSides.of(boxes(rng.uniform(0, 300, 200), rng.uniform(20, 60, 200)))
    assert sides.slope == 0
    one_row = LocalSides.of(boxes(np.arange(20.0) / 10, np.arange(20.0) + 30))
    assert one_row.slope == 0
    assert LocalSides.of(boxes(np.zeros(1), np.full(1, 40.0))).base == 40


@given(st.floats(-1e4, 1e4))
def test_no_place_has_objects_without_a_size(top: float) -> None:
    sides = LocalSides(base=-20.0, slope=0.5, least=12.0)
    assert sides.at(np.array([[0, top, 5, top + 10]], np.float32))[0] >= 12


def test_a_broken_line_is_refused() -> None:
    with pytest.raises(ValueError, match="no line"):
        LocalSides.from_state(torch.tensor([1.0, float("nan"), 2.0]))


def test_the_longer_side_of_a_box() -> None:
    assert box_sides(np.array([[0, 0, 4, 9], [2, 2, 12, 5]], np.float32)).tolist() == [9, 10]


def test_features_become_components_of_deviation_one() -> None:
    rng = np.random.default_rng(0)
    values = (rng.normal(size=(400, 3)) * [10, 1, 0.1] + 5).astype(np.float32)
    values = np.concatenate([values, values[:, :1]], 1)  # says the same twice
    ready = Preparation.of("deep", values, AttributesConfig(deep_components=3))
    found = ready(values)
    assert found.shape == (400, 3)
    assert np.cov(found.T) == pytest.approx(np.eye(3), abs=0.05)
    # No more components than the vectors have.
    ready = Preparation.of("deep", values, AttributesConfig(deep_components=64))
    assert ready(values).shape == (400, 3)
    saved = {name: tensor.clone().contiguous() for name, tensor in ready.state().items()}
    again = Preparation.from_state(saved)
    assert again(values).tolist() == ready(values).tolist()


def test_preparations_that_are_not_asked_for_change_nothing() -> None:
    values = np.arange(6, dtype=np.float32).reshape(3, 2)
    for name in ("deep", "velocity"):
        ready = Preparation.of(name, values, AttributesConfig())
        assert ready(values).tolist() == values.tolist()
        assert ready.state() == {}
