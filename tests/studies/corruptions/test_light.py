"""Changing light, by values worked out by hand."""

from __future__ import annotations

import numpy as np

from awry.frames import Frame
from awry.studies.corruptions import corrupt
from awry.studies.corruptions.conditions import Conditions
from awry.studies.corruptions.light import brightness, contrast, exposure
from awry.video.memory import ArraySource
from support import spoiled_pictures, street


def test_values_by_hand() -> None:
    image = np.broadcast_to(np.array([0, 100, 128, 255], np.uint8)[None, :, None], (1, 4, 3))
    frames, conditions = [Frame(0, None, image)], Conditions(0, 0)

    def values(spoil, amount: float) -> list[int]:
        (frame,) = spoil(frames, amount, conditions)
        return frame.image[0, :, 0].tolist()

    assert values(brightness, 0.5) == [0, 50, 64, 128]
    assert values(contrast, 0.25) == [96, 121, 128, 160]
    # One stop is a factor of 2 ** (1 / 2.2) = 1.370 in values.
    assert values(exposure, 1) == [0, 137, 175, 255]


def test_night_falls_in_the_middle_and_has_no_colour() -> None:
    frames = list(ArraySource(street(), fps=10))
    shown = spoiled_pictures(frames, "night", 3, length=40)
    assert np.array_equal(shown[:20], np.stack([f.image for f in frames[:20]]))
    assert (np.ptp(shown[20:], axis=3) == 0).all()
    assert shown[20:].mean() < 0.7 * shown[:20].mean()
    # Nobody said how long the clip is.
    later = list(corrupt(iter(frames), "night", 3, 0))
    assert np.array_equal(later[50].image, frames[50].image)
