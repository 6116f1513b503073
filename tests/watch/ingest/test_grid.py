from __future__ import annotations

import numpy as np
import pytest
from av.video.frame import VideoFrame

from awry.watch.ingest.grid import image_of, misfit
from awry.watch.site.portions import Grid
from ingest_fakes import moving


def test_larger_pictures_are_brought_down() -> None:
    picture = VideoFrame.from_ndarray(moving(0), format="rgb24")
    small = image_of(picture, Grid(width=80, height=60))
    assert small.shape == (60, 80, 3)
    assert small.dtype == np.uint8
    assert abs(small.mean() - moving(0).mean()) < 2


def test_pictures_of_its_size_stay_as_they_are() -> None:
    picture = VideoFrame.from_ndarray(moving(0), format="rgb24")
    for grid in (Grid(), Grid(width=160, height=120), Grid(width=320, height=240)):
        np.testing.assert_array_equal(image_of(picture, grid), moving(0))


@pytest.mark.parametrize(
    ("size", "fits"), [((1920, 1080), True), ((856, 480), True), ((640, 480), False)]
)
def test_another_shape_does_not_fit(size: tuple[int, int], fits: bool) -> None:
    said = misfit(*size, Grid(width=1280, height=720))
    assert (said == "") == fits
    assert fits or "640x480" in said
    assert misfit(*size, Grid()) == ""
