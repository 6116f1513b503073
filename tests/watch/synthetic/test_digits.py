from __future__ import annotations

from itertools import pairwise

import numpy as np

from awry.watch.synthetic.digits import MovingDigits
from awry.watch.synthetic.scene import Plan

AT = 1_800_000_000.0


def yellow(scene: MovingDigits, at: float) -> float:
    """Where the first digit is, the column of its middle."""
    picture = scene.picture(at).astype(int)
    inked = (picture[..., 0] > 150) & (picture[..., 2] < 120)
    return float(np.flatnonzero(inked.any(0)).mean())


def test_digits_move_at_their_pace_and_stay_in_the_picture() -> None:
    scene = MovingDigits(Plan(height=180))
    places = [yellow(scene, AT + number / 5) for number in range(200)]
    steps = np.abs([two - one for one, two in pairwise(places)])
    assert 3 < np.median(steps) < 9
    assert max(places) - min(places) > 100
    assert min(places) > 10
    assert max(places) < scene.size[1] - 10


def test_a_digit_that_hurries_is_said_and_seen() -> None:
    scene = MovingDigits(Plan(height=180, busy_from=AT, busy_s=30.0))
    assert (scene.strange(AT - 1), scene.strange(AT + 1)) == ("", "fast digit")
    assert scene.strange(AT + 8) == ""
    fast = [abs(yellow(scene, AT + at) - yellow(scene, AT + at + 0.2)) for at in (0.6, 1.2, 1.8)]
    usual = [abs(yellow(scene, AT + at) - yellow(scene, AT + at + 0.2)) for at in (-5.0, -4.0)]
    assert max(fast) > 2 * max(usual)
