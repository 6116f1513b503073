"""Class maps, masked flow, directions, backgrounds."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from awry.errors import BundleError
from awry.frames import Objects
from awry.methods.mtla.config import MTLAConfig
from awry.methods.mtla.samples import backgrounds
from awry.methods.mtla.teachers import (
    MTLATeachers,
    class_map,
    contents_of,
    occurring,
)
from awry.teachers.segmenter import Segments
from awry.training.footage import Run

from .conftest import SMALL


def config(**changes: Any) -> MTLAConfig:
    return MTLAConfig(**{**SMALL, **changes})


def found(boxes: list[list[float]], classes: list[int], scores: list[float]) -> Segments:
    chances = np.zeros((len(boxes), 80), np.float32)
    chances[range(len(boxes)), classes] = scores
    objects = Objects(
        np.array(boxes, np.float32).reshape(-1, 4),
        np.array(classes, np.int64),
        chances,
        np.array(scores, np.float32),
    )
    shapes = tuple(np.ones((int(b[3] - b[1]), int(b[2] - b[0])), np.float32) for b in boxes)
    return Segments(objects, shapes)


def test_classes_that_occur_get_a_channel() -> None:
    every = [
        found([[0, 0, 4, 4]] * 3, [0, 0, 2], [0.9, 0.8, 0.7]),
        found([[0, 0, 4, 4]], [7], [0.6]),
    ]
    assert occurring(every, 0) == (0, 2, 7)
    assert occurring(every, 0.4) == (0,)
    assert occurring([], 0) == ()


def test_a_class_map_paints_the_surest_last() -> None:
    one = found([[0, 0, 8, 8], [4, 0, 12, 8]], [2, 0], [0.9, 0.6])
    painted = class_map(one, (16, 24), (16, 24), config(targets="shares"))
    assert painted.shape == (4, 16, 24)
    assert painted[:, 4, 2].tolist() == [0, 0, 1, 0]
    assert painted[:, 4, 6].tolist() == [0, 0, 1, 0]
    assert painted[:, 4, 10].tolist() == [0, 1, 0, 0]
    assert painted[:, 12, 20].tolist() == [1, 0, 0, 0]


def test_a_class_never_seen_in_training_is_other() -> None:
    one = found([[0, 0, 8, 8]], [1], [0.9])
    painted = class_map(one, (16, 24), (8, 12), config(targets="shares"))
    assert painted[:, 1, 1].tolist() == [0, 0, 0, 1]


def test_what_an_objects_pixels_hold() -> None:
    chances = np.zeros((1, 80), np.float32)
    chances[0, [0, 1, 5]] = [0.6, 0.2, 0.1]
    scores = np.array([0.6], np.float32)
    rows = {
        targets: contents_of(chances, scores, config(targets=targets))[0].tolist()
        for targets in ("probabilities", "shares", "one-hot")
    }
    assert rows["probabilities"] == pytest.approx([0.2, 0.6, 0, 0.2])
    assert rows["shares"] == pytest.approx([0, 0.75, 0, 0.25])
    assert rows["one-hot"] == pytest.approx([0, 1, 0, 0])
    none = np.empty((1, 0), np.float32)
    plain = config(classes=(), targets="probabilities")
    assert contents_of(none, scores, plain)[0].tolist() == pytest.approx([0.4, 0.6])


@settings(deadline=None)
@given(st.integers(0, 99), st.sampled_from(["probabilities", "shares", "one-hot"]))
def test_class_maps_add_up_to_one(seed: int, targets: str) -> None:
    random = np.random.default_rng(seed)
    corner = random.uniform(0, 30, (5, 2))
    boxes = np.concatenate([corner, corner + random.uniform(1, 20, (5, 2))], 1).astype(np.float32)
    chances = random.random((5, 80)).astype(np.float32)
    objects = Objects(boxes, chances.argmax(1), chances, chances.max(1))
    shapes = tuple(random.random((9, 7)).astype(np.float32) for _ in boxes)
    painted = class_map(Segments(objects, shapes), (50, 60), (32, 48), config(targets=targets))
    np.testing.assert_allclose(painted.sum(0), 1, atol=1e-5)
    assert painted.min() >= -1e-6


def shifted(by: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    big = random.integers(0, 255, (20, 30), dtype=np.uint8).repeat(4, 0).repeat(4, 1)
    before = big[8:72, 8:104, None]
    after = big[8 - by[1] : 72 - by[1], 8 - by[0] : 104 - by[0], None]
    return np.ascontiguousarray(before), np.ascontiguousarray(after)


def test_flow_is_masked_and_directions_are_cosine_and_sine() -> None:
    teachers = MTLATeachers(config())
    objects = np.zeros((32, 48), np.float32)
    objects[8:24, 12:36] = 1
    for by, expected in (((2, 0), (1, 0)), ((0, 2), (0, 1)), ((-2, 2), (0.707, 0.707))):
        before, after = shifted(by)
        motion = teachers.motion(before, after, (32, 48), objects)
        inside = (slice(12, 20), slice(16, 32))
        assert np.median(motion.magnitude[inside]) == pytest.approx(np.hypot(*by), abs=0.3)
        assert motion.magnitude[0, 0] == 0
        assert motion.direction[:, 0, 0].tolist() == [0, 0]
        for place, value in zip(motion.direction, expected, strict=True):
            assert np.median(place[inside]) == pytest.approx(value, abs=0.1)
        assert motion.median == pytest.approx(np.hypot(*by), abs=0.3)


def test_a_static_scene_has_no_direction() -> None:
    before, _ = shifted((0, 0))
    motion = MTLATeachers(config()).motion(before, before, (32, 48), None)
    assert motion.magnitude.max() == pytest.approx(0, abs=1e-3)
    assert np.isfinite(motion.direction).all()
    assert motion.direction.max() == 0


def test_depth_comes_at_the_networks_size() -> None:
    found = MTLATeachers(config()).distance(np.zeros((64, 96, 1), np.uint8), (32, 48))
    assert found.shape == (32, 48)
    assert found[0].max() < 0.05
    assert found[-1].min() > 0.95


def test_another_detector_than_the_bundles_is_refused() -> None:
    with pytest.raises(BundleError, match="not the one that this bundle was fitted with"):
        MTLATeachers(config(teachers_fingerprint="0123456789abcdef"))


def test_a_background_for_each_scene() -> None:
    def run(scene: str, value: int) -> Run:
        images = np.full((9, 4, 6, 1), value, np.uint8)
        images[4] = 255
        return Run("c", scene, 0, images, None)

    found = backgrounds([run("a", 10), run("a", 10), run("b", 200)])
    assert {name: int(np.median(picture)) for name, picture in found.items()} == {
        "a": 10,
        "b": 200,
    }
