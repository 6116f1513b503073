from __future__ import annotations

import numpy as np
import pytest

from awry.errors import FrameError
from awry.video import ArraySource, Source


def test_grey_is_expanded_and_timed() -> None:
    images = np.arange(2 * 3 * 4, dtype=np.uint8).reshape(2, 3, 4)
    source = ArraySource(images, fps=4)
    frames = list(source)
    assert isinstance(source, Source)
    assert len(source) == 2
    assert source.name == "clip"
    assert [(frame.index, frame.time_s) for frame in frames] == [(0, 0.0), (1, 0.25)]
    for frame, image in zip(frames, images, strict=True):
        assert frame.image.shape == (3, 4, 3)
        assert (frame.image == image[:, :, None]).all()


def test_colour_without_rate() -> None:
    images = np.random.default_rng(0).integers(0, 255, (2, 3, 4, 3), dtype=np.uint8)
    frames = list(ArraySource(images, name="x"))
    assert [frame.time_s for frame in frames] == [None, None]
    assert (np.stack([frame.image for frame in frames]) == images).all()


@pytest.mark.parametrize("shape", [(3, 4), (1, 2, 3, 4), (1, 2, 3, 3, 3)])
def test_other_shapes_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(FrameError, match=r"Expected uint8 images"):
        ArraySource(np.zeros(shape, np.uint8))


def test_other_types_are_refused() -> None:
    with pytest.raises(FrameError, match="float"):
        ArraySource(np.zeros((1, 2, 2, 3)))
