"""How large objects are, how fast, how often filmed; and what follows from it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from awry.datasets import open_dataset
from awry.datasets.base import Clip
from awry.frames import Objects
from awry.teachers.objects import DetectorOptions, View, load_detector
from awry.training.footage import Footage
from awry.training.scale import FootageScale, measure_scale, scale_with_tiles, tiles_for
from awry.video.cache import FrameCache
from awry.video.memory import ArraySource
from awry.video.pictures import working_size


def small_input(size: tuple[int, int]) -> float:
    return 416 / (size[0] * size[1]) ** 0.5


def walkers(
    fps: float | None, tall: int = 110, speed: float = 60.0, length: int = 60
) -> list[np.ndarray]:
    """640x360: two bright figures that walk at so many pixels a second."""
    generator = np.random.default_rng(0)
    cloth = generator.integers(120, 255, (tall, tall // 3, 3), dtype=np.uint8)
    images = []
    for number in range(length):
        image = np.full((360, 640, 3), 30, np.uint8)
        for top, start in ((40, 20), (200, 220)):
            left = start + round(number * speed / (fps or 10))
            image[top : top + tall, left : left + tall // 3] = cloth
        images.append(image)
    return images


def footage(images: list[np.ndarray], fps: float | None, folder: Path) -> Footage:
    clip = Clip("walk", lambda: ArraySource(np.stack(images), fps=fps, name="walk"))
    return Footage([clip], FrameCache(folder, 1 << 30))


@pytest.mark.parametrize("fps", [25.0, None])
def test_sizes_speed_and_rate_of_drawn_walkers(tmp_path: Path, fps: float | None) -> None:
    scale = measure_scale(footage(walkers(fps), fps, tmp_path), size=(360, 640))
    assert scale.frame_size == (360, 640)
    assert (scale.fps, scale.fps_known) == (fps or 10, fps is not None)
    assert scale.object_side == pytest.approx(110, abs=6)
    assert scale.object_height == pytest.approx(110, abs=6)
    assert scale.speed == pytest.approx(60, rel=0.15)


def test_lengths_are_of_the_frames_as_they_were_filmed(tmp_path: Path) -> None:
    scale = measure_scale(footage(walkers(25.0), 25.0, tmp_path), size=(180, 320))
    assert scale.object_side == pytest.approx(110, abs=10)
    assert scale.side_at(180) == pytest.approx(55, abs=5)
    assert scale.speed == pytest.approx(60, rel=0.2)


class Named:
    """Regions that move, and some boxes of which it says the same in every frame."""

    def __init__(self, boxes: list[list[float]]) -> None:
        self._moving = load_detector("foreground")
        self._boxes = np.array(boxes, np.float32)

    def detect(self, view: View) -> Objects:
        moving = self._moving.detect(view)
        count = len(self._boxes)
        return Objects(
            np.concatenate([moving.boxes, self._boxes]),
            np.concatenate([moving.class_ids, np.full(count, 6)]),
            np.zeros((len(moving.scores) + count, 0), np.float32),
            np.concatenate([moving.scores, np.ones(count, np.float32)]),
        )


def test_what_looks_as_the_empty_scene_does_is_no_object(tmp_path: Path) -> None:
    """A detector that names ten places of the background in every frame, beside the walkers."""
    walk = footage(walkers(10.0), 10.0, tmp_path)
    alone = measure_scale(walk, size=(360, 640))
    background = [[60.0 * n, 320.0, 60.0 * n + 20, 340.0] for n in range(10)]
    scale = measure_scale(walk, Named(background), size=(360, 640))
    assert scale.object_side == alone.object_side == pytest.approx(110, abs=6)
    assert scale.speed == alone.speed == pytest.approx(60, rel=0.15)
    assert scale.objects == alone.objects


class WhileSomebodyIsThere:
    """Whatever is bright, and a box of background beside it; nothing in an empty picture."""

    def detect(self, view: View) -> Objects:
        rows, columns = np.nonzero(view.image.max(2) > 100)
        boxes = np.empty((0, 4), np.float32)
        if len(rows):
            edges = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
            boxes = np.array([edges, [400, 40, 420, 60]], np.float32)
        count = len(boxes)
        known = np.zeros((count, 0), np.float32)
        return Objects(boxes, np.zeros(count, np.int64), known, np.ones(count, np.float32))


def test_frames_without_anybody_show_the_empty_scene(tmp_path: Path) -> None:
    """Two figures that stand still in every frame in which they are at all."""
    empty = [np.full((360, 640, 3), 30, np.uint8)] * 40
    standing = walkers(10.0, speed=0.0, length=20)
    clip = footage([*empty, *standing, *empty], 10.0, tmp_path)
    scale = measure_scale(clip, WhileSomebodyIsThere(), size=(360, 640))
    assert (scale.object_height, scale.objects) == (270, 6)


def test_boxes_of_background_count_where_there_is_nothing_else(tmp_path: Path) -> None:
    still = footage([np.full((48, 64, 3), 9, np.uint8)] * 30, 10.0, tmp_path)
    scale = measure_scale(still, Named([[4.0, 4.0, 14.0, 24.0]]), size=(48, 64))
    assert (scale.object_side, scale.speed) == (20, 0)


def test_footage_in_which_nothing_moves_has_a_rate_alone(tmp_path: Path) -> None:
    still = [np.full((48, 64, 3), 9, np.uint8)] * 30
    scale = measure_scale(footage(still, 25.0, tmp_path))
    assert (scale.object_side, scale.object_height, scale.speed) == (None, None, None)
    assert scale.side_at(24) is None
    assert (scale.fps, scale.objects) == (25, 0)
    assert "too few objects" in scale.words()


@pytest.mark.parametrize(
    ("fps", "stride", "joined"),
    [(5, 1, 5), (10, 1, 9), (24, 2, 21), (25, 2, 23), (30, 3, 27), (60, 6, 53)],
)
def test_seconds_become_frames(fps: float, stride: int, joined: int) -> None:
    scale = FootageScale(30, 30, 5, fps, True, (240, 360), 60)
    assert scale.stride(0.6, 6) == stride
    assert scale.odd_frames(0.9) == joined
    assert scale.odd_frames(0.001) == 1
    assert scale.frames(0.001) == 1


@pytest.mark.parametrize(
    ("side", "frame_height", "height"),
    [
        (30, 240, 128),
        (41, 1080, 211),
        (10, 1080, 256),
        (4, 144, 144),
        (4, 96, 128),
        (None, 96, 128),
    ],
)
def test_pictures_grow_until_an_object_is_large_enough(
    side: float | None, frame_height: int, height: int
) -> None:
    scale = FootageScale(side, side, 5, 10, True, (frame_height, 360), 60)
    assert scale.height_for(8, 128, 256) == height


@pytest.mark.parametrize(
    ("side", "size", "tiles"),
    [
        (29, (240, 360), (2, 1)),
        (84, (480, 856), (1, 1)),
        (40, (240, 320), (1, 1)),
        (110, (360, 640), (1, 1)),
        (65, (480, 640), (1, 1)),
        (30, (480, 853), (3, 2)),
        (3, (480, 853), (3, 2)),
        (29, (360, 240), (1, 2)),
        (None, (480, 853), (1, 1)),
    ],
)
def test_tiles_make_a_typical_object_large_enough(
    side: float | None, size: tuple[int, int], tiles: tuple[int, int]
) -> None:
    assert tiles_for(side, size, small_input) == tiles


def test_a_detector_without_a_small_input_needs_no_tiles() -> None:
    assert tiles_for(5, (480, 853), lambda size: None) == (1, 1)


NANODET = "weights/nanodet_g_416_coco80.onnx"


@pytest.mark.parametrize(
    ("scene", "frames", "side", "tiles", "fps"),
    [
        ("UCSDped2", 60, 30, (2, 1), 10),
        ("ShanghaiTech01", 200, 86, (1, 1), 24),
        ("UMN", 60, 42, (1, 1), 30),
    ],
)
def test_real_scenes(
    shared: Path,
    tmp_path: Path,
    scene: str,
    frames: int,
    side: float,
    tiles: tuple[int, int],
    fps: float,
) -> None:
    clips = open_dataset(shared / "data" / scene).train[:2]
    few = Footage(clips, FrameCache(tmp_path, 1 << 30), max_frames=frames)
    size = working_size(few.frame_size(), 480)
    options = DetectorOptions(across_classes=False)
    scale, chosen = scale_with_tiles(few, f"onnx:{shared / NANODET}", options, size=size)
    assert chosen == tiles
    assert scale.fps == fps
    assert scale.object_side == pytest.approx(side, rel=0.15)


def test_without_a_network_there_is_no_input_to_be_small_in(tmp_path: Path) -> None:
    few = footage(walkers(25.0, length=30), 25.0, tmp_path)
    scale, tiles = scale_with_tiles(few, "foreground", DetectorOptions(), size=(360, 640))
    assert tiles == (1, 1)
    assert scale.objects >= 24
