from __future__ import annotations

import numpy as np
import pytest
import torch

from awry.methods.attributes.gallery import Gallery, framed

CROPS = [np.full((20, 10, 3), value, np.uint8) for value in (10, 90, 200)]
FEATURES = np.array([[0.0, 0], [1, 0], [5, 5]], np.float32)


def test_the_nearest_crops_come_first() -> None:
    found = Gallery.of(FEATURES, CROPS, 3).nearest(np.array([4, 4], np.float32), 2)
    assert [int(crop.mean().round()) for crop in found] == [200, 90]


def test_a_bounded_number_is_kept_evenly_spread() -> None:
    gallery = Gallery.of(FEATURES, CROPS, 2)
    assert len(gallery) == 2
    assert gallery.features.tolist() == [[0, 0], [5, 5]]
    assert len(Gallery.of(FEATURES, CROPS, 0)) == 0
    assert Gallery.of(FEATURES, CROPS, 0).nearest(FEATURES[0], 3) == []


def test_crops_come_back_from_their_state() -> None:
    gallery = Gallery.of(FEATURES, CROPS, 3)
    tensors = gallery.state()
    again = Gallery.from_state(tensors)
    for one, other in zip(*(g.nearest(FEATURES[1], 3) for g in (gallery, again)), strict=True):
        np.testing.assert_array_equal(one, other)
    with pytest.raises(ValueError, match="do not go together"):
        Gallery.from_state({**tensors, "lengths": tensors["lengths"] + 1})


def test_a_damaged_crop_is_a_black_pixel() -> None:
    tensors = Gallery.of(FEATURES[:1], CROPS[:1], 1).state()
    broken = Gallery.from_state({**tensors, "files": torch.zeros_like(tensors["files"])})
    assert broken.nearest(FEATURES[0], 1)[0].tolist() == [[[0, 0, 0]]]


def test_a_crop_stands_in_the_middle_of_a_square() -> None:
    picture = framed(CROPS[2], 40)
    assert picture.shape == (40, 40, 3)
    assert (picture[:, 10:30] == 200).all()
    assert (picture[:, :10] == 128).all()
