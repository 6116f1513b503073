"""The values that flow."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

import numpy as np
import pytest

from awry.frames import Event, Frame, FrameScore, Region

IMAGE = np.zeros((2, 2, 3), np.uint8)


def test_a_frame_knows_its_place_as_it_was_filmed() -> None:
    assert Frame(3, None, IMAGE).number == 3
    assert Frame(3, None, IMAGE, origin=12).number == 12
    assert Frame(3, None, IMAGE, origin=0).number == 0


@pytest.mark.parametrize(
    ("value", "field"),
    [
        (Frame(0, None, IMAGE), "index"),
        (Region((0, 0, 1, 1), 1.0), "score"),
        (FrameScore(0, None, 1.0), "score"),
        (Event("gate", 0, 1, None, None, 0, 1.0, {}, (), 0.5, ""), "threshold"),
    ],
)
def test_values_do_not_change(value: object, field: str) -> None:
    with pytest.raises(FrozenInstanceError):
        setattr(value, field, 9)


def test_maps_of_the_score_and_of_its_parts() -> None:
    whole, part = np.ones((2, 3), np.float32), np.zeros((2, 3), np.float32)
    score = FrameScore(0, None, 1.0, map=whole, maps={"motion": part})
    assert score.map_of() is whole
    assert score.map_of("motion") is part
    assert score.map_of("appearance") is None
    assert FrameScore(0, None, 1.0).maps == {}
