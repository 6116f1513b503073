"""Small trees in the layouts that the makers of the data sets publish."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

WritePictures = Callable[..., Path]
WriteVideo = Callable[..., Path]


@pytest.fixture
def write_pictures() -> WritePictures:
    """Write numbered grey pictures; picture k is filled with `values[k]`, by default k."""

    def write(
        folder: Path,
        count: int,
        *,
        first: int = 1,
        suffix: str = ".png",
        size: tuple[int, int] = (8, 12),
        values: list[int] | None = None,
    ) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        for k in range(count):
            value = k if values is None else values[k]
            picture = Image.fromarray(np.full(size, value, np.uint8))
            picture.save(folder / f"{first + k:03d}{suffix}")
        return folder

    return write


@pytest.fixture
def write_video() -> WriteVideo:
    """Write a small video, each frame of which is brighter than the one before."""

    def write(path: Path, count: int, *, fps: int = 25, size: tuple[int, int] = (32, 48)) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        with av.open(str(path), "w") as container:
            stream = container.add_stream("mpeg4", rate=fps)
            stream.height, stream.width = size
            stream.pix_fmt = "yuv420p"
            for k in range(count):
                image = np.full((*size, 3), k * 5, np.uint8)
                container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
            container.mux(stream.encode())
        return path

    return write
