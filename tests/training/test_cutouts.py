"""Objects are found against the empty scene, measured, and followed while they are the same."""

from __future__ import annotations

import numpy as np
import pytest

from awry.training.cutouts import EmptyScene, find_cutouts
from awry.training.footage import Run

GROUND, WALKER = 90, 200


def walk(length: int = 60, speed: int = 1, start: int = 5, size: tuple[int, int] = (10, 6)) -> Run:
    """A rectangle that walks to the right over noisy ground; row 20 is its head's."""
    noise = np.random.default_rng(0).integers(-4, 5, (length, 64, 96, 1))
    images = (GROUND + noise).astype(np.uint8)
    for place in range(length):
        left = start + speed * place
        images[place, 20 : 20 + size[0], left : left + size[1]] = WALKER
    return Run("clip", "scene", 0, images, 10.0)


def test_the_empty_scene_has_nobody_in_it_and_knows_its_noise() -> None:
    run = walk()
    scene = EmptyScene.of([run])
    assert np.abs(scene.picture.astype(int) - GROUND).max() <= 3
    assert scene.least.max() < 40
    foreground = scene.foreground(run.images[10], 3)
    assert foreground[20:30, 15:21].mean() > 0.9
    assert foreground.sum() <= 10 * 6 + 8


def test_a_place_that_always_flickers_is_no_object() -> None:
    run = walk()
    run.images[::2, 40:60, 40:60] += 60
    scene = EmptyScene.of([run])
    assert not scene.foreground(run.images[10], 3)[40:60, 40:60].any()


def test_an_object_is_followed_from_frame_to_frame() -> None:
    run = walk()
    (found,) = find_cutouts([(run, slice(0, 60))], EmptyScene.of([run]), 20)
    assert len(found) >= 50
    assert found.side == pytest.approx(10, abs=1)
    assert np.diff(found.centres[:, 0]).mean() == pytest.approx(1, abs=0.05)
    box, first = found.boxes[0], found.first
    assert box == pytest.approx([5 + first, 20, 11 + first, 30], abs=1)
    assert found.masks[0].mean() > 0.8
    assert len(found.between(10)) == len(found) - 10
    assert found.between(10).boxes[0].tolist() == found.boxes[10].tolist()


def test_what_stands_still_or_is_too_short_is_not_taken() -> None:
    still = walk(speed=0)
    empty = EmptyScene.of([walk(start=5)])
    assert find_cutouts([(still, slice(0, 60))], empty, 20) == []
    moving = walk()
    assert find_cutouts([(moving, slice(0, 60))], EmptyScene.of([moving]), 61) == []


def test_of_whoever_leaves_the_picture_the_part_inside_is_taken() -> None:
    run = walk(start=-3 + 40)  # from the middle to the right border and beyond
    (found,) = find_cutouts([(run, slice(0, 60))], EmptyScene.of([walk()]), 20)
    assert found.boxes[:, 2].max() < 96
    assert found.first + len(found) <= 96 - 43


def test_an_object_ends_where_it_meets_another_one() -> None:
    run = walk()
    run.images[30:, 20:30, 36:60] = WALKER  # from there on it is hidden by something larger
    alone = EmptyScene.of([walk()])
    found = find_cutouts([(run, slice(0, 60))], alone, 10)
    assert found
    assert max(one.first + len(one) for one in found if one.boxes[0, 0] < 30) <= 31
