"""What is shown of a strange moment."""

from __future__ import annotations

import cv2
import numpy as np

from awry.frames import Region
from awry.watch.scorer.pictures import heat_of, jpeg_of, seen_regions


def decoded(data: bytes) -> np.ndarray:
    found = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    assert found is not None
    return found


def test_a_picture_keeps_its_colours() -> None:
    image = np.zeros((16, 24, 3), np.uint8)
    image[..., 0] = 200
    data = jpeg_of(image)
    assert data.startswith(b"\xff\xd8")
    blue, _, red = decoded(data)[8, 12]
    assert red > 190
    assert blue < 10


def test_heat_spans_what_is_usual_to_what_is_hot() -> None:
    heat = np.array([[1.0, 2.0, 3.0], [4.0, 9.0, np.nan]], np.float32)
    assert decoded(heat_of(heat, (2.0, 4.0))).tolist() == [[0, 0, 128], [255, 255, 0]]


def test_without_a_map_there_is_no_heat() -> None:
    assert heat_of(None, (0.0, 1.0)) == b""


def test_boxes_are_shares_strongest_first_and_one_for_each_object() -> None:
    weak = Region((30.0, 0.0, 39.0, 19.0), 1.0, class_name="dog")
    strong = Region((0.0, 5.0, 19.0, 14.0), 2.0, {"speed": 3.0})
    inside = Region((1.0, 6.0, 10.0, 12.0), 1.5)
    seen = seen_regions([weak, inside, strong], (20, 40))
    assert [region.box for region in seen] == [(0.0, 0.25, 0.5, 0.75), (0.75, 0.0, 1.0, 1.0)]
    assert [region.score for region in seen] == [2.0, 1.0]
    assert seen[0].parts == {"speed": 3.0}
    assert seen[1].class_name == "dog"
