from __future__ import annotations

import numpy as np
import pytest

from awry.teachers.objects.carried import carried, inside, trimmed


def scene(colours: int = 3) -> np.ndarray:
    """uint8 (80, 120, c): texture that flow can follow."""
    import cv2

    small = np.random.default_rng(0).integers(0, 255, (20, 30, colours), dtype=np.uint8)
    return cv2.resize(small, (120, 80), interpolation=cv2.INTER_CUBIC).reshape(80, 120, colours)


def boxes(*rows: tuple[float, ...]) -> np.ndarray:
    return np.array(rows, np.float32).reshape(-1, 4)


@pytest.mark.parametrize("colours", [1, 3])
def test_a_box_goes_with_what_is_in_it(colours: int) -> None:
    """One object moves, the ground and another object do not."""
    before = scene(colours)
    after = before.copy()
    thing = np.random.default_rng(1).integers(0, 255, (24, 16, colours), dtype=np.uint8)
    import cv2

    thing = cv2.GaussianBlur(thing, (5, 5), 0).reshape(24, 16, colours)
    before[20:44, 30:46] = thing
    after[22:46, 33:49] = thing
    given = boxes((30, 20, 46, 44), (80, 30, 100, 60))
    found = carried(given, before, after)
    np.testing.assert_allclose(found[0], [33, 22, 49, 46], atol=0.5)
    np.testing.assert_allclose(found[1], given[1], atol=0.2)


def test_what_leaves_the_picture_is_cut_and_then_gone() -> None:
    big = np.random.default_rng(2).integers(0, 255, (30, 60, 3), dtype=np.uint8)
    import cv2

    big = cv2.resize(big, (240, 80), interpolation=cv2.INTER_CUBIC)
    before, after = big[:, 6:126], big[:, 0:120]  # all of it moves 6 to the right
    found = carried(boxes((100, 20, 117, 50), (112, 20, 120, 50)), before, after)
    assert inside(found, (80, 120)).tolist() == [True, False]
    np.testing.assert_allclose(found[0], [106, 20, 123, 50], atol=0.6)
    np.testing.assert_allclose(trimmed(found, (80, 120))[0], [106, 20, 120, 50], atol=0.6)
    # What is already out counts on: 6 more, and less than half is left.
    assert not inside(carried(found[:1], before, after), (80, 120)).any()


def test_no_objects_and_nothing_to_follow() -> None:
    before = scene()
    assert len(carried(boxes(), before, before)) == 0
    assert len(inside(boxes(), (80, 120))) == 0
    flat = np.zeros((80, 120, 3), np.uint8)
    given = boxes((10, 10, 30, 30))
    np.testing.assert_allclose(carried(given, flat, flat), given)
