from __future__ import annotations

from typing import ClassVar

import numpy as np
import pytest

from awry.errors import ConfigError
from awry.teachers.objects.base import ObjectDetector, View, taken, view_of
from awry.teachers.objects.options import DetectorOptions

Floats = np.ndarray


class Corners(ObjectDetector):
    """Finds a box in the upper left corner of whatever it is shown, and one that it doubts."""

    costly: ClassVar[bool] = False

    def __init__(self, **options: object) -> None:
        super().__init__("corners:x", "weights", "", 0.5, DetectorOptions(**options))  # type: ignore[arg-type]
        self.shown: list[tuple[int, ...]] = []

    def _candidates(self, view: View) -> tuple[Floats, Floats, Floats]:
        self.shown.append(view.image.shape)
        boxes = np.array([[2, 2, 12, 14], [2, 20, 12, 30]], np.float32)
        return boxes, np.array([0.9, 0.3], np.float32), np.empty((2, 0), np.float32)


def view(height: int = 40, width: int = 80) -> View:
    image = np.zeros((height, width, 3), np.uint8)
    return View(image, image, image)


def test_what_is_below_the_threshold_is_remembered_alone() -> None:
    detector = Corners(threshold=0.95)
    assert len(detector.detect(view()).scores) == 0
    assert "the highest confidence was 0.9" in detector.nothing_found
    objects = Corners().detect(view())
    assert objects.boxes.tolist() == [[2, 2, 12, 14]]
    assert objects.class_ids.tolist() == [-1]


def test_tiles_are_shown_beside_the_whole_frame_and_their_boxes_moved() -> None:
    detector = Corners(tiles=(2, 1), overlap=0.0)
    objects = detector.detect(view())
    assert detector.shown == [(40, 80, 3), (40, 40, 3), (40, 40, 3)]
    assert sorted(objects.boxes[:, 0].tolist()) == [2.0, 42.0]


def test_equal_options_have_equal_keys() -> None:
    assert Corners().key == Corners().key
    assert Corners(threshold=0.4).key != Corners().key


def test_a_threshold_is_a_confidence() -> None:
    with pytest.raises(ConfigError, match="confidences lie in 0 to 1"):
        Corners(threshold=1.5)


def test_a_view_holds_the_frames_around_in_colour() -> None:
    images = np.arange(5, dtype=np.uint8)[:, None, None, None] * np.ones((1, 4, 6, 1), np.uint8)
    found = view_of(images, 2, 2, 1, "clip", 7, (40, 60))
    assert [int(p[0, 0, 0]) for p in (found.before, found.image, found.after)] == [0, 2, 3]
    assert found.image.shape == (4, 6, 3)
    assert (found.clip, found.frame, found.frame_size) == ("clip", 7, (40, 60))


def test_some_objects_are_taken() -> None:
    objects = Corners(threshold=0.1).detect(view())
    assert taken(objects, objects.scores < 0.5).boxes.tolist() == [[2, 20, 12, 30]]


def test_the_fingerprint_stands_for_weights_and_options() -> None:
    assert len(Corners().fingerprint) == 16
    assert Corners().fingerprint == Corners().fingerprint != Corners(least_side=5.0).fingerprint


def test_boxes_have_no_fingerprint(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Corners, "sees_pixels", False)
    assert Corners().fingerprint == ""
