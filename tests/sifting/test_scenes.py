from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from awry.datasets.base import Clip
from awry.errors import ConfigError, SourceError
from awry.progress import Silent
from awry.sifting.scenes import edge_field, similarity, with_scenes
from awry.video import ArraySource, list_sources


def background(seed: int) -> np.ndarray:
    """uint8 (120, 160, 3): houses and roads of one place."""
    generator = np.random.default_rng(seed)
    image = np.full((120, 160, 3), 120, np.uint8)
    for _ in range(12):
        x, y = (int(n) for n in generator.integers(0, (150, 110)))
        width, height = (int(n) for n in generator.integers(10, 60, 2))
        shade = tuple(int(n) for n in generator.integers(30, 220, 3))
        cv2.rectangle(image, (x, y), (x + width, y + height), shade, -1)
    return image


def clip(name: str, image: np.ndarray) -> Clip:
    images = np.repeat(image[None], 45, axis=0)
    for place in range(45):  # somebody walks by
        images[place, 60:90, 2 * place : 2 * place + 12] = 20
    return Clip(name, lambda: ArraySource(images, 10, name))


def scenes(clips: list[Clip], by: str = "picture", places: list[Path] | None = None) -> list[str]:
    places = places or [Path(f"{one.name}.mp4") for one in clips]
    return [one.scene for one in with_scenes(clips, places, by, Silent())]  # type: ignore[arg-type]


def test_cameras_are_told_apart_by_their_pictures() -> None:
    gate, yard = background(1), background(2)
    dusk = (gate * 0.3).astype(np.uint8)
    moved = np.roll(gate, (8, -10), axis=(0, 1))
    clips = [clip("a", gate), clip("b", yard), clip("c", dusk), clip("d", moved), clip("e", yard)]
    assert scenes(clips) == ["scene-1", "scene-2", "scene-1", "scene-1", "scene-2"]


def test_one_camera_keeps_its_name_and_a_covered_one_goes_with_the_clip_before() -> None:
    gate, dark = background(1), np.zeros((120, 160, 3), np.uint8)
    assert scenes([clip("a", gate), clip("b", gate)]) == ["scene", "scene"]
    black = Clip("b", lambda: ArraySource(np.repeat(dark[None], 5, 0), 10, "b"))
    clips = [clip("a", gate), black, clip("c", background(2))]
    assert scenes(clips) == ["scene-1", "scene-1", "scene-2"]


def test_a_clip_that_cannot_be_opened_does_not_stop_it() -> None:
    def broken() -> ArraySource:
        raise SourceError("It is broken.")

    clips = [clip("a", background(1)), Clip("b", broken), clip("c", background(2))]
    assert scenes(clips) == ["scene-1", "scene-1", "scene-2"]


def test_by_folder_by_file_and_not_at_all() -> None:
    clips = [clip(name, background(1)) for name in "abc"]
    places = [Path("gate/1.mp4"), Path("yard/1.mp4"), Path("gate/2.mp4")]
    assert scenes(clips, "folder", places) == ["scene-1", "scene-2", "scene-1"]
    assert scenes(clips, "file", places) == ["scene-1", "scene-2", "scene-3"]
    assert scenes(clips, "none", places) == ["scene"] * 3
    kept = [replace(one, scene="mine") for one in clips]
    assert scenes(kept, "none", places) == ["mine"] * 3
    with pytest.raises(ConfigError, match="did you mean 'picture'"):
        scenes(clips, "pictures", places)


def test_similarity_is_one_for_the_same_and_near_nothing_for_others() -> None:
    one, other = (edge_field(background(seed)) for seed in (1, 2))
    assert one is not None
    assert other is not None
    assert similarity(one, one) == pytest.approx(1, abs=1e-5)
    assert abs(similarity(one, other)) < 0.25
    assert similarity(one, other) == pytest.approx(similarity(other, one), abs=1e-5)
    assert edge_field(np.full((40, 60, 3), 90, np.uint8)) is None


@pytest.mark.shared
def test_public_footage_of_two_cameras(shared: Path) -> None:
    umn = shared / "data" / "UMN"
    clips = [Clip(one.name, one.open) for one in list_sources(umn)]
    found = scenes(clips, places=[Path(one.name) for one in clips])
    assert found == ["scene-1"] * 2 + ["scene-2"] * 6
