"""Regions that move."""

from __future__ import annotations

import numpy as np

from awry.teachers.objects import DetectorOptions, View, load_detector


def picture(left: int, level: int = 200) -> np.ndarray:
    image = np.full((80, 160, 3), 60, np.uint8)
    image[20:50, left : left + 20] = level
    return image


def test_what_moves_is_found_where_it_is_now() -> None:
    found = load_detector("foreground").detect(View(picture(60), picture(30), picture(90)))
    assert len(found.boxes) == 1
    np.testing.assert_allclose(found.boxes[0], [60, 20, 80, 50], atol=3)
    assert found.scores[0] == 1
    assert found.probabilities.shape == (1, 0)


def test_what_stands_still_is_not_seen() -> None:
    still = picture(60)
    assert len(load_detector("foreground").detect(View(still, still, still)).boxes) == 0


def test_a_faint_change_is_below_the_threshold() -> None:
    faint = View(picture(60, 74), picture(30, 74), picture(90, 74))
    assert len(load_detector("foreground", DetectorOptions(threshold=0.5)).detect(faint).boxes) == 0
    assert (
        len(load_detector("foreground", DetectorOptions(threshold=0.05)).detect(faint).boxes) == 1
    )


def test_it_knows_no_classes_and_needs_no_tiles() -> None:
    detector = load_detector("foreground", DetectorOptions(tiles=(2, 2)))
    assert detector.classes == ""
    assert detector.needs_neighbours
    assert len(detector.detect(View(picture(60), picture(30), picture(90))).boxes) == 1
