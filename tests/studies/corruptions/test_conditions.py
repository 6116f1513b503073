"""Random numbers of a clip, and the steps that all corruptions share."""

from __future__ import annotations

import numpy as np

from awry.frames import Frame
from awry.studies.corruptions.conditions import Conditions, grain, looked_up, mixed, to_uint8


def test_random_numbers_follow_from_names_alone() -> None:
    conditions = Conditions.of(3, "gate", "rain", 5)
    assert conditions == Conditions.of(3, "gate", "rain", 5)
    others = [Conditions.of(4, "gate", "rain", 5), Conditions.of(3, "yard", "rain", 5),
              Conditions.of(3, "gate", "fog", 5)]  # fmt: skip
    assert len({conditions.key, *(other.key for other in others)}) == 4
    # A frame's numbers do not depend on which were drawn before it.
    late = conditions.of_frame(7).random()
    conditions.of_frame(6).random(100)
    assert conditions.of_frame(7).random() == late != conditions.of_frame(6).random()


def test_steps_by_hand() -> None:
    assert to_uint8(np.array([-3.0, 0.5, 1.5, 254.6, 300.0])).tolist() == [0, 0, 2, 255, 255]
    image = np.full((1, 2, 3), 100, np.uint8)
    share = np.array([[0.0, 0.25]], np.float32)
    assert mixed(image, 200, share)[0, :, 0].tolist() == [100, 125]
    inverted = looked_up(255.0 - np.arange(256))(Frame(0, None, image))
    assert (inverted == 155).all()
    noise = grain(np.zeros((200, 200, 3), np.uint8), 4.0, np.random.default_rng(0))
    assert noise.shape == (200, 200, 1)
    assert abs(noise.std() - 4) < 0.1
