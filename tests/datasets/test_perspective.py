"""The square in perspective."""

from __future__ import annotations

import numpy as np
import pytest

from awry.datasets import open_dataset
from awry.datasets.base import Clip
from awry.datasets.perspective import (
    FPS,
    WALK,
    _Person,
    make_perspective,
)
from awry.errors import ConfigError


def images_of(clip: Clip) -> np.ndarray:
    return np.stack([frame.image for frame in clip.open()])


def test_shapes_names_and_labels() -> None:
    data = make_perspective(train_clips=2, test_clips=1, length=16)
    assert [clip.name for clip in data.train] == ["train-000", "train-001"]
    names = [clip.name for clip in data.test]
    assert names == ["normal-00", "run-00", "cart-00", "turn-00"]
    for clip in data.test:
        images = images_of(clip)
        assert images.shape == (16, 128, 192, 3)
        assert clip.labels is not None
        assert clip.masks is not None
        labels, masks = clip.labels(), clip.masks()
        assert masks.shape == (16, 128, 192)
        assert np.array_equal(labels, masks.any(axis=(1, 2)))
        assert labels.any() == (not clip.name.startswith("normal"))
        assert labels[:4].max() == labels[-4:].max() == 0
    assert data.train[0].labels is None


def test_speed_in_the_picture_shrinks_with_the_distance_and_along_the_line_of_sight() -> None:
    def step(z: float, angle: float) -> float:
        one = _Person(0.0, z, angle, WALK, 50, 0.0)
        (x0, z0, _), (x1, z1, _) = list(one.path(2))
        return float(np.hypot(x1 / z1 - x0 / z0, 4.5 / z1 - 4.5 / z0)) * 190

    assert step(10, 0) == pytest.approx(2 * step(20, 0), rel=0.05)
    assert step(15, 0) > 2 * step(15, np.pi / 2)
    assert step(15, 0) == pytest.approx(WALK / FPS / 15 * 190, rel=0.05)


def test_a_seed_gives_the_same_clips_and_another_gives_others() -> None:
    first, again, other = (make_perspective(1, 1, 8, seed=seed) for seed in (3, 3, 4))
    assert np.array_equal(images_of(first.test[1]), images_of(again.test[1]))
    assert not np.array_equal(images_of(first.test[1]), images_of(other.test[1]))


def test_it_is_opened_by_its_name_and_tracks_come_along() -> None:
    data = open_dataset(None, format="perspective")
    assert data.variant == "perspective"
    assert data.test[0].tracks is not None


def test_arguments_out_of_range_are_refused() -> None:
    with pytest.raises(ConfigError, match="people of the perspective scene must be at least 1"):
        make_perspective(people=0)
