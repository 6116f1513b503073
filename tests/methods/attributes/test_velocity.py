from __future__ import annotations

import numpy as np
import pytest

from awry.methods.attributes.velocity import velocities

BOX = np.array([[2, 2, 6, 10]], np.float32)


def flow_of(inside: tuple[float, float]) -> np.ndarray:
    flow = np.zeros((12, 12, 2), np.float32)
    flow[2:10, 2:6] = inside
    return flow


def test_each_direction_has_its_own_bin() -> None:
    """Right, down, left, up, the y axis pointing down."""
    for place, inside in enumerate([(3.0, 0.0), (0.0, 3.0), (-3.0, 0.0), (0.0, -3.0)]):
        (row,) = velocities(flow_of(inside), BOX, 4, "mean", "pixels", 1.0)
        assert row.tolist() == [3.0 if bin == place else 0.0 for bin in range(4)]


def test_a_bin_is_the_mean_over_the_pixels_that_move_that_way() -> None:
    flow = flow_of((2.0, 0.0))
    flow[2:4, 2:6] = (-6.0, 1.0)  # 8 of 32 pixels
    (row,) = velocities(flow, BOX, 2, "mean", "pixels", 1.0)
    assert row.tolist() == [2.0, 7.0]
    (single,) = velocities(flow, BOX, 1, "mean", "pixels", 1.0)
    assert single.tolist() == pytest.approx([(24 * 2 + 8 * 7) / 32])


def test_a_median_needs_a_share_of_the_box() -> None:
    flow = flow_of((2.0, 0.0))
    flow[2, 2] = (-90.0, 0.0)  # 1 of 32 pixels
    (row,) = velocities(flow, BOX, 2, "median", "pixels", 1.0)
    assert row.tolist() == [2.0, 0.0]


def test_units_are_pixels_or_heights_a_second() -> None:
    (pixels,) = velocities(flow_of((2.0, 0.0)), BOX, 1, "mean", "pixels", 0.1)
    (heights,) = velocities(flow_of((2.0, 0.0)), BOX, 1, "mean", "heights", 0.1)
    assert (pixels[0], heights[0]) == pytest.approx((20.0, 2.5))


def test_no_object_has_no_velocity() -> None:
    assert velocities(flow_of((1.0, 0.0)), BOX[:0], 8, "mean", "pixels", 1.0).shape == (0, 8)
