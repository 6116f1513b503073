"""A detector's errors, learned from training footage."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from awry.frames import Objects
from awry.teachers.objects import DetectorOptions, ObjectDetector, View
from awry.training.believed import beliefs_of, learned_trust, trust_note
from awry.training.footage import Run

WALL = (2.0, 2.0, 118.0, 78.0)


class FalseWall(ObjectDetector):
    """Says of every picture that its wall is an object."""

    asked = 0

    def __init__(self) -> None:
        super().__init__("wall", "wall", "", 0.2, DetectorOptions())

    def _candidates(self, view: View) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        type(self).asked += 1
        return np.array([WALL], np.float32), np.ones(1, np.float32), np.empty((1, 0), np.float32)


def footage() -> tuple[Run, list[tuple[int, int]], list[Objects]]:
    """A bright square that moves; every second frame the detector sees the wall as well."""
    wall = np.random.default_rng(0).integers(60, 120, (80, 120, 1), dtype=np.uint8)
    images, places, objects = [], [], []
    for step in range(40):
        left = 5 + 2 * step
        image = wall.copy()
        image[30:50, left : left + 20] = 240
        boxes = [(left, 30, left + 20, 50), WALL][: 1 + step % 2]
        images.append(image)
        places.append((0, step))
        count = len(boxes)
        ids, none = np.full(count, -1), np.empty((count, 0), np.float32)
        objects.append(Objects(np.array(boxes, np.float32), ids, none, np.ones(count, np.float32)))
    return Run("c", "yard", 0, np.stack(images), 10.0), places, objects


def test_the_wall_is_not_believed_and_the_square_is() -> None:
    run, places, objects = footage()
    trust = learned_trust([run], places, objects, FalseWall())
    weights = beliefs_of(trust, [run], places, objects)
    assert FalseWall.asked == 1
    assert all(one[0] == 1 for one in weights)
    assert all(one[1] == 0 for one in weights if len(one) > 1)
    note = trust_note(trust, weights, run.fps)
    assert note.startswith(
        "Of 60 training detections 20 are hardly believed, 20 of them not at all"
    )
    assert "background at 2 places" in note
    assert "10 a second are assumed" in trust_note(trust, weights, None)


def test_each_run_is_a_stream_of_its_own() -> None:
    run, places, objects = footage()
    trust = learned_trust([run], places, objects, FalseWall())
    pieces = [replace(run, images=run.images[:20]), replace(run, images=run.images[20:])]
    halves = [(n // 20, n % 20) for n in range(40)]
    assert all(one[0] == 1 for one in beliefs_of(trust, pieces, halves, objects))
