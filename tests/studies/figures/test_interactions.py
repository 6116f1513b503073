from __future__ import annotations

import pytest

from awry.studies.figures.interactions import FALSE_SHARES, mean_curve


def test_the_mean_of_curves_between_their_corners() -> None:
    """One expert's ranking is perfect, the other's is chance."""
    perfect = ([0.0, 0.0, 1.0], [0.0, 1.0, 1.0])
    chance = ([0.0, 1.0], [0.0, 1.0])
    points = dict(zip(FALSE_SHARES, mean_curve([perfect, chance]), strict=True))
    assert points[0.0] == 0.5
    assert points[0.5] == pytest.approx(0.75)
    assert points[1.0] == 1.0
