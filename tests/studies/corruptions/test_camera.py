"""Out of focus, noisy, compressed, shaken."""

from __future__ import annotations

import numpy as np
import pytest

from awry.frames import Frame
from awry.studies.corruptions.camera import blur, compression, noise
from awry.studies.corruptions.conditions import Conditions
from support import spoiled_pictures

CONDITIONS = Conditions(5, 0)


def test_a_point_becomes_a_disc() -> None:
    image = np.zeros((100, 100, 3), np.uint8)
    image[50, 50] = 255
    (frame,) = blur([Frame(0, None, image)], 3.0, CONDITIONS)
    lit = frame.image[..., 0] > 0
    # A radius of 3 % of 100 rows, with soft edges of half a pixel.
    assert lit[50].sum() == lit[:, 50].sum() == 7
    assert not lit[47, 47]
    assert frame.image[..., 0].sum() == pytest.approx(255, abs=20)


def test_noise_has_its_deviation_and_is_new_in_each_frame() -> None:
    frames = [Frame(index, None, np.full((100, 100, 3), 128, np.uint8)) for index in range(2)]
    first, second = (frame.image.astype(float) - 128 for frame in noise(frames, 10, CONDITIONS))
    assert first.std() == pytest.approx(10, rel=0.05)
    assert (np.ptp(first, axis=2) == 0).all()
    assert abs(np.corrcoef(first[..., 0].ravel(), second[..., 0].ravel())[0, 1]) < 0.05


def test_compression_keeps_colours_in_their_order() -> None:
    image = np.broadcast_to(np.array([200, 60, 20], np.uint8), (16, 16, 3))
    (frame,) = compression([Frame(0, None, image)], 90, CONDITIONS)
    np.testing.assert_allclose(frame.image[8, 8], [200, 60, 20], atol=4)


def test_shaking_replicates_edges() -> None:
    flat = [Frame(i, None, np.full((40, 60, 3), 90, np.uint8)) for i in range(10)]
    assert (spoiled_pictures(flat, "shake", 5) == 90).all()
