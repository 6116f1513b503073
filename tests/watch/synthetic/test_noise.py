from __future__ import annotations

import numpy as np

from awry.watch.synthetic.noise import Exposure

GREY = np.full((90, 160, 3), 100, np.uint8)


def test_noise_is_there_and_other_in_the_next_picture() -> None:
    taken = Exposure((90, 160), 0)
    first, second = taken.taken(GREY, 0.0), taken.taken(GREY, 0.1)
    assert 0.5 < first.std() < 3
    assert (first != second).any()
    assert (first == Exposure((90, 160), 0).taken(GREY, 0.0)).all()
    assert (first != Exposure((90, 160), 1).taken(GREY, 0.0)).any()


def test_light_changes_a_little() -> None:
    taken = Exposure((90, 160), 0)
    means = [taken.taken(GREY, float(at)).mean() for at in range(0, 1500, 50)]
    assert 8 < max(means) - min(means) < 12
    assert abs(np.diff(means)).max() < 1.5
