from __future__ import annotations

import numpy as np
import pytest
from av.video.frame import VideoFrame

from awry.watch.ingest.thumbnail import mark_of, of_image, small, thumbnail_of
from ingest_fakes import moving, scene


@pytest.mark.parametrize(
    "format", ["yuv420p", "yuvj420p", "yuv422p", "nv12", "gray", "yuv420p10le"]
)
def test_pictures_of_all_formats(format: str) -> None:
    picture = VideoFrame.from_ndarray(moving(1), format="rgb24").reformat(format=format)
    seen = thumbnail_of(picture, 5.0, mark_of(picture))
    plain = of_image(moving(1), 5.0)
    assert seen.grey.shape == plain.grey.shape == (120, 160)
    # Limited range: brightness lies in 16 to 235.
    assert abs(float(seen.grey.mean()) - float(plain.grey.mean())) < 25
    assert np.corrcoef(seen.grey.ravel(), plain.grey.ravel())[0, 1] > 0.95
    assert (seen.colour > 6) == (format != "gray")
    assert seen.mark == seen.key_mark


def test_colour_and_none() -> None:
    grey = np.repeat(scene()[..., :1], 3, 2)
    assert of_image(grey, 0.0).colour < 1
    assert of_image(scene(), 0.0).colour > 20


def test_equal_pictures_have_equal_marks() -> None:
    changed = moving(0).copy()
    changed[50, 50] ^= 64
    assert of_image(moving(0), 0.0).mark == of_image(moving(0), 1.0).mark
    assert of_image(changed, 0.0).mark != of_image(moving(0), 0.0).mark


def test_small_pictures() -> None:
    assert small(np.zeros((1080, 1920), np.uint8)).shape == (90, 160)
    assert small(np.zeros((48, 64), np.uint8)).shape == (120, 160)
