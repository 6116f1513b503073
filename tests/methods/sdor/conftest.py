"""Small archives whose truth is known."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pytest

from awry.methods.sdor import SDOR, SDORConfig
from awry.methods.sdor.reading import Stretch, read_archive
from awry.methods.sdor.samples import Archive
from awry.progress import Silent
from awry.video import ArraySource

SIZE = (40, 60)


def pictures(count: int, strange: range = range(0), seed: int = 0) -> np.ndarray:
    """uint8 (n, 40, 60, 3): grey noise; strange frames hold a bright block."""
    images = np.random.default_rng(seed).integers(90, 110, (count, *SIZE, 3), dtype=np.uint8)
    for place in strange:
        images[place, 10:25, 20:40] = (250, 40, 40)
    return images


def noise(count: int, seed: int = 0, size: tuple[int, int] = SIZE) -> np.ndarray:
    """uint8 (n, H, W, 3): pictures of which no two are alike."""
    return np.random.default_rng(seed).integers(0, 255, (count, *size, 3), dtype=np.uint8)


def stretch(name: str, images: np.ndarray, fps: float | None = 25) -> Stretch:
    """A clip of an archive."""
    return Stretch(name, "scene", name, lambda: ArraySource(images, fps, name))


def _tiny(**changes: object) -> SDORConfig:
    """With a whole ResNet, which random weights make learn more than those of a narrow one."""
    config = SDOR.configure("tiny", {"backbone": "random:resnet18", "batch": 8, **changes})
    assert isinstance(config, SDORConfig)
    return config


@pytest.fixture(scope="session")
def tiny() -> Callable[..., SDORConfig]:
    """The tiny preset with changes."""
    return _tiny


@pytest.fixture
def make_archive(tmp_path: Path) -> Callable[..., tuple[SDOR, Archive]]:
    """Clips `name -> (frames, strange ones)` of scenes by name, read by a tiny method."""

    def make(
        clips: dict[str, tuple[int, range]] | None = None,
        of_scene: Mapping[str, str] = MappingProxyType({}),
        **changes: object,
    ) -> tuple[SDOR, Archive]:
        clips = clips or {"calm": (30, range(0)), "busy": (30, range(10, 16))}
        method = SDOR(_tiny(**changes))
        model = method.prepare(SIZE, 0)
        stretches = [
            Stretch(
                name,
                of_scene.get(name, "scene"),
                f"{name} {count} {strange}",
                lambda n=number, c=count, s=strange: ArraySource(pictures(c, s, n), 25),
            )
            for number, (name, (count, strange)) in enumerate(clips.items())
        ]
        folder = tmp_path / "archive"
        return method, read_archive(stretches, model, method.config, folder, Silent())

    return make
