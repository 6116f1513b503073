"""What scorers of objects share: a stream of weights, and its state among the tensors."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from awry.datasets.base import Dataset
from awry.errors import BundleError
from awry.fitting import FitOptions, fit_detector
from awry.frames import Frame, Objects
from awry.methods.base import Setting
from awry.methods.registry import method_class, method_names
from awry.methods.weighing import ObjectStream, SeenObjects, trust_state, without_trust
from awry.methods.windowed import Origin
from awry.teachers.objects.base import taken
from awry.teachers.objects.empty_scene import EmptyScene
from awry.teachers.objects.trust import ObjectTrust
from support import moving_square_data

ORIGIN = Origin()
PICTURE = np.random.default_rng(0).integers(60, 160, (40, 60, 1), dtype=np.uint8)


def trust() -> ObjectTrust:
    scene = EmptyScene(PICTURE, np.ones((40, 60), np.float32))
    return ObjectTrust({"yard": scene}, {"yard": np.empty((0, 5), np.float32)}, 0.5, 0.1)


def objects() -> Objects:
    boxes = np.array([[5, 5, 15, 30], [30, 5, 40, 30]], np.float32)
    return Objects(boxes, np.zeros(2, np.int64), np.zeros((2, 80), np.float32), np.ones(2))


def frame(index: int) -> Frame:
    return Frame(index, None, np.zeros((40, 60, 3), np.uint8))


def seen(
    stream: ObjectStream, picture: np.ndarray, index: int, origin: Origin = ORIGIN
) -> SeenObjects:
    return stream.seen(picture, frame(index), origin, objects)


def test_without_trust_every_object_counts_whole() -> None:
    found = seen(ObjectStream(None, Setting()), PICTURE, 0)
    assert found.weights.tolist() == [1.0, 1.0]
    assert found.things.tolist() == [0, 1]


def test_times_come_from_the_origin_or_the_setting() -> None:
    picture = PICTURE.copy()
    picture[5:30, 5:15] = 250
    nothing = Objects(np.empty((0, 4), np.float32), *(np.empty(0) for _ in range(3)))

    def second(fps: float | None, origin: Origin) -> float:
        stream = ObjectStream(trust(), Setting(scene="yard", fps=fps))
        stream.seen(picture, frame(0), origin, lambda: nothing)
        seen(stream, picture, 1, origin)
        found = seen(stream, picture, 2, origin)
        np.testing.assert_array_equal(found.objects.boxes, objects().boxes[:1])
        return float(found.weights[0])

    # 0.47 and 0.31 are believed; a quarter counts nothing, a half all.
    assert second(10, Origin()) == pytest.approx((0.2 + 0.8 / 3 - 0.25) / 0.25, abs=1e-4)
    assert second(None, Origin()) == second(10, Origin())
    shorter = (0.2 + 0.8 * 0.04 / 0.3 - 0.25) / 0.25
    assert second(10, Origin(fps=25)) == pytest.approx(shorter, abs=1e-4)


def test_after_a_restart_nothing_is_remembered() -> None:
    picture = PICTURE.copy()
    picture[5:30, 5:15] = 250
    stream = ObjectStream(trust(), Setting())
    first = [seen(stream, picture, n).weights[0] for n in (0, 1)]
    stream.restart()
    assert [seen(stream, picture, n).weights[0] for n in (0, 1)] == first


class Costly:
    costly = True


def moving(index: int) -> np.ndarray:
    """A textured thing that goes 2 pixels to the right in each frame."""
    picture = PICTURE.copy()
    left = 5 + 2 * index
    picture[5:30, left : left + 10] = np.random.default_rng(1).integers(0, 255, (25, 10, 1))
    return picture


@pytest.mark.parametrize(
    ("every", "every_s", "fps", "costly", "asked"),
    [
        (1, 0.0, 10.0, True, [3, 4, 5, 6, 7, 8, 9]),
        (3, 0.0, 10.0, True, [3, 6, 9]),
        (1, 0.2, 10.0, True, [3, 4, 6, 8]),
        (1, 0.2, 25.0, True, [3, 5]),
        (1, 0.2, 25.0, False, [3, 4, 5, 6, 7, 8, 9]),
        (3, 0.2, 10.0, False, [3, 6, 9]),
    ],
)
def test_key_frames_are_told_by_their_index(
    every: int, every_s: float, fps: float, costly: bool, asked: list[int]
) -> None:
    """So that methods which begin at different frames ask a shared detector of the same ones."""
    detector: Any = Costly()
    detector.costly = costly
    stream = ObjectStream(None, Setting(fps=fps), every, every_s, detector)
    found = []
    for index in range(3, 10):
        stream.seen(
            moving(index), frame(index), ORIGIN, lambda n=index: found.append(n) or objects()
        )
    assert found == asked


@pytest.mark.parametrize("step", [1, 2, 3, 5])
def test_a_stream_whose_frames_are_not_all_there_has_key_frames_too(step: int) -> None:
    """Frames that were dropped, or a numbering that goes on by two from an odd number."""
    stream = ObjectStream(None, Setting(), every=2)
    asked: list[int] = []
    for index in range(1, 20, step):
        stream.seen(PICTURE, frame(index), ORIGIN, lambda n=index: asked.append(n) or objects())
    assert asked == ([1, *range(2, 20, 2)] if step == 1 else list(range(1, 20, step)))


def test_between_key_frames_boxes_and_their_weights_are_carried() -> None:
    stream = ObjectStream(trust(), Setting(scene="yard", fps=10), every=4)
    key = stream.seen(moving(0), frame(0), ORIGIN, objects)
    assert key.weights.tolist() == [1.0]
    for index in (1, 2, 3):
        found = stream.seen(moving(index), frame(index), ORIGIN, objects)
        wanted = objects().boxes[:1] + np.array([2, 0, 2, 0], np.float32) * index
        np.testing.assert_allclose(found.objects.boxes, wanted, atol=1.5)
        assert (found.weights.tolist(), found.things.tolist()) == ([1.0], key.things.tolist())


def test_boxes_are_not_carried_into_ignored_pixels() -> None:
    mask = np.zeros((40, 60), bool)
    mask[:, 13:] = True
    stream = ObjectStream(None, Setting(fps=10), every=4)
    lone = taken(objects(), np.array([True, False]))
    counts = [
        len(stream.seen(moving(n), frame(n), ORIGIN, lambda: lone, mask).weights) for n in range(4)
    ]
    assert counts == [1, 1, 0, 0]


def test_what_was_learned_stands_among_other_tensors() -> None:
    assert trust_state(None) == {}
    tensors = {"network.weight": torch.zeros(2), **trust_state(trust())}
    rest, found = without_trust(tensors, wanted=True)
    assert list(rest) == ["network.weight"]
    assert found is not None
    assert found.share == 0.5
    assert np.array_equal(found.scenes["yard"].picture, PICTURE)
    assert without_trust(tensors, wanted=False)[1] is None
    with pytest.raises(BundleError, match="Refit"):
        without_trust(rest, wanted=True)


METHODS = [name for name in method_names() if "trust" in method_class(name).Config.model_fields]
"""Those that look at objects."""
WALL = (1, 1, 71, 47)


def with_false_walls(path: Path) -> tuple[Dataset, list[Frame]]:
    """Normal clips with the boxes of a detector that also calls the wall an object at times.

    The boxes have two test clips of the same pictures, one with such errors.
    """
    data = moving_square_data(clips=2)
    frames = list(data.test[0].open())
    clips = {clip.name: [frame.image for frame in clip.open()] for clip in data.train}
    clips |= {"clean": [frame.image for frame in frames], "errors": [f.image for f in frames]}
    lines = ["clip,frame,x_min,y_min,x_max,y_max,confidence,class"]
    for name, images in clips.items():
        for number, image in enumerate(images):
            rows, columns = np.nonzero(image[..., 0] == 200)
            square = (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
            found = [(square, "person")]
            if number % 3 == 0 and name != "clean":
                found.append((WALL, "train"))
            lines += [f"{name},{number},{','.join(map(str, b))},0.9,{c}" for b, c in found]
    path.write_text("\n".join(lines))
    return data, frames


@pytest.mark.parametrize("name", METHODS)
def test_a_box_that_the_detector_invents_changes_no_score(name: str, tmp_path: Path) -> None:
    data, frames = with_false_walls(tmp_path / "boxes.csv")
    changes = {"detector": f"boxes:{tmp_path / 'boxes.csv'}"}
    for trust in (True, False):
        options = FitOptions(preset="tiny", changes={**changes, "trust": trust})
        detector = fit_detector(name, data, tmp_path / f"b-{trust}", options)
        method = detector.models["*"]
        settings = (Setting(clip=clip, fps=10, map_levels=(0.0,)) for clip in ("clean", "errors"))
        clean, errors = (list(method.scorer(one).score(iter(frames))) for one in settings)
        pairs = [(a.score, b.score) for a, b in zip(clean, errors, strict=True)]
        scored = np.array([pair for pair in pairs if None not in pair], float)
        # A network's answer depends in its last digits on how many crops it is asked about.
        assert np.allclose(*scored.T, rtol=1e-3) == trust
        assert any("hardly believed" in note for note in detector.facts.data.notes) == trust


@pytest.mark.parametrize("name", METHODS)
def test_a_bundle_from_before_scores_as_it_did(name: str) -> None:
    """Its settings know nothing of trust, and it has no such tensors."""
    kind = method_class(name)
    settings = kind.configure("tiny").model_dump()
    del settings["trust"]
    assert kind.Config(**settings).trust is False  # type: ignore[attr-defined]
    assert "trust" not in kind.presets["paper"]
