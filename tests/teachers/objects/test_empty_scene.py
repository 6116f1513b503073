"""The empty scene and what differs from it."""

from __future__ import annotations

import numpy as np
import pytest

from awry.teachers.objects.empty_scene import EmptyScene, median_picture

SIZE = (60, 80)


def scene(seed: int = 0) -> np.ndarray:
    """A textured wall, uint8 (60, 80, 3)."""
    generator = np.random.default_rng(seed)
    coarse = generator.integers(70, 150, (15, 20, 3))
    return np.kron(coarse, np.ones((4, 4, 1))).astype(np.uint8)


def empty() -> EmptyScene:
    generator = np.random.default_rng(1)
    noisy = [scene() + generator.integers(0, 4, (*SIZE, 3)).astype(np.uint8) for _ in range(9)]
    return EmptyScene.seen_in(noisy)


def boxes(*rows: tuple[float, float, float, float]) -> np.ndarray:
    """Pixels to shares of the sides."""
    return np.array(rows, np.float32) / np.array([80, 60, 80, 60], np.float32)


def test_the_median_picture_has_no_passer_by() -> None:
    pictures = [scene() for _ in range(5)]
    for step, picture in enumerate(pictures):
        picture[20:40, 10 * step : 10 * step + 10] = 255
    assert np.array_equal(median_picture(pictures), scene())
    assert median_picture(pictures).dtype == np.uint8


def test_noise_is_measured_and_cut_off() -> None:
    assert 0.5 < float(np.median(empty().noise)) < 3
    flickering = [np.full((*SIZE, 3), level, np.uint8) for level in (20, 20, 90, 90, 90)]
    for picture in flickering:
        picture[:, :60] = 90  # most of the picture is steady, so that this is no change of light
    assert EmptyScene.seen_in(flickering).noise.max() <= 10


def test_an_object_differs_and_the_wall_does_not() -> None:
    picture = scene()
    picture[20:50, 30:45] = (250, 30, 40)
    shares = empty().shares(picture, boxes((30, 20, 45, 50), (5, 5, 25, 45)))
    assert shares[0] > 0.9
    assert shares[1] == 0


@pytest.mark.parametrize("light", [0.6, 1.5])
def test_light_that_changes_everywhere_takes_no_object_away(light: float) -> None:
    picture = scene()
    picture[20:50, 30:45] = (120, 10, 20)
    bright = (picture * light).clip(0, 255).astype(np.uint8)
    shares = empty().shares(bright, boxes((30, 20, 45, 50), (5, 5, 25, 45)))
    assert shares[0] > 0.8
    assert shares[1] < 0.05


def test_a_shadow_on_a_box_of_the_scene_is_no_object() -> None:
    picture = scene()
    picture[5:55, 5:45] = picture[5:55, 5:45] * 0.6
    assert empty().shares(picture, boxes((10, 10, 40, 50)))[0] < 0.2


def test_a_picture_that_is_shifted_by_a_pixel_is_the_same() -> None:
    shifted = np.roll(scene(), 1, axis=1)
    assert empty().shares(shifted, boxes((10, 10, 70, 50)))[0] < 0.05


def test_people_do_not_bear_out_a_box_around_the_scene() -> None:
    picture = scene()
    for left in (5, 30, 55):
        picture[10:50, left : left + 10] = (250, 30, 40)
    people = [(left, 10, left + 10, 50) for left in (5, 30, 55)]
    alone = empty().shares(picture, boxes((0, 0, 80, 60)))[0]
    among = empty().shares(picture, boxes((0, 0, 80, 60), *people))
    assert among[0] < 0.02
    assert alone > 0.05
    assert (among[1:] > 0.9).all()


def test_larger_and_grey_pictures_are_compared_too() -> None:
    large = np.kron(scene(), np.ones((6, 6, 1), np.uint8))
    empty_large = EmptyScene.seen_in([large[..., :1]] * 3)
    assert empty_large.picture.shape == (240, 320, 1)
    large[120:300, 180:270] = 255
    assert empty_large.shares(large[..., :1], boxes((30, 20, 45, 50)))[0] > 0.9
