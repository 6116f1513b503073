"""Fog and rain."""

from __future__ import annotations

import numpy as np
import pytest

from awry.frames import Frame
from awry.studies.corruptions import CORRUPTIONS, SEVERITIES
from awry.studies.corruptions.conditions import Conditions
from awry.studies.corruptions.weather import FOG_GREY, fog
from awry.video.memory import ArraySource
from support import black_frames, spoiled_pictures, street

REDRAWN = [name for name in CORRUPTIONS if name.startswith("rain_redrawn")]


def test_fog_draws_everything_towards_its_grey_most_at_the_top() -> None:
    (frame,) = fog(black_frames(1), 2.0, Conditions(1, 0))
    assert frame.image.max() <= FOG_GREY
    # 1 - exp(-2) of the grey on average at the top, 1 - exp(-0.7) at the bottom.
    assert frame.image[:10].mean() == pytest.approx(FOG_GREY * 0.865, rel=0.1)
    assert frame.image[-10:].mean() == pytest.approx(FOG_GREY * 0.503, rel=0.2)
    (thick,) = fog(black_frames(1), 50.0, Conditions(1, 0))
    assert thick.image.min() >= FOG_GREY - 1


@pytest.mark.parametrize("name", REDRAWN)
def test_redrawn_rain_is_drawn_anew_and_darkens(name: str) -> None:
    frames = list(ArraySource(street(), fps=10))
    light = [spoiled_pictures(frames[:2], name, severity).mean() for severity in SEVERITIES]
    assert light[-1] / light[0] == pytest.approx(0.5, abs=0.02)
    assert light == sorted(light, reverse=True)
    still = [Frame(index, None, frames[0].image) for index in range(2)]
    first, second = spoiled_pictures(still, name, 1)
    assert np.abs(first.astype(int) - second).mean() > 5


def test_drops_of_rain_fall() -> None:
    """Each streak of a frame is found below its old place in the next one, none stays."""
    first, second = spoiled_pictures(black_frames(2), "rain", 1).astype(float)[..., 0]
    flow = [
        np.corrcoef(np.roll(first, down, axis=0)[40:].ravel(), second[40:].ravel())[0, 1]
        for down in range(24)
    ]
    assert max(flow[3:]) > 2 * flow[0]
    redrawn = spoiled_pictures(black_frames(2), "rain_redrawn_heavy", 1).astype(float)[..., 0]
    again = [
        np.corrcoef(np.roll(redrawn[0], down, axis=0).ravel(), redrawn[1].ravel())[0, 1]
        for down in range(24)
    ]
    assert max(flow[3:]) > 2 * max(again)


def test_heavier_rain_has_the_same_drops_and_more() -> None:
    light, heavy = (
        spoiled_pictures(black_frames(3), "rain", severity)[..., 0] for severity in (1, 3)
    )
    assert (heavy[light > light.min() + 20] > 20).all()
