"""Detections are evidence: pasted errors of a detector become weak, and real objects stay."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest
import torch

from awry.errors import BundleError
from awry.frames import Objects
from awry.teachers.objects.trust import FrameDetections, ObjectTrust, _often

H, W, FPS = 120, 160, 10.0
PERSON, TRAIN, BENCH, TRUCK, BAG = 0, 6, 13, 7, 24
Box = tuple[float, float, float, float]
Found = tuple[Box, int]
WALL: Box = (8.0, 4.0, 150.0, 116.0)
SIGN: Box = (120.0, 10.0, 134.0, 40.0)


def background() -> np.ndarray:
    generator = np.random.default_rng(0)
    coarse = generator.integers(80, 140, (H // 4, W // 4, 3))
    return np.kron(coarse, np.ones((4, 4, 1))).astype(np.uint8)


def objects(*found: Found) -> Objects:
    boxes = np.array([box for box, _ in found], np.float32).reshape(-1, 4)
    ids = np.array([number for _, number in found], np.int64)
    scores = np.full(len(found), 0.5, np.float32)
    return Objects(boxes, ids, np.zeros((len(found), 80), np.float32), scores)


def painted(picture: np.ndarray, box: Box, seed: int) -> None:
    """Something with clothes: stripes of a colour of its own."""
    x0, y0, x1, y1 = (round(side) for side in box)
    generator = np.random.default_rng(seed)
    stripes = generator.integers(0, 60, ((y1 - y0 + 3) // 4, 1, 3)) + 180 * (seed % 2)
    picture[y0:y1, x0:x1] = np.repeat(stripes, 4, 0)[: y1 - y0]


def walker(step: int, lane: int) -> Box:
    left = float((7 * lane + 3 * step) % (W - 12))
    top = 20.0 + 14 * lane
    return (left, top, left + 10, top + 24)


def frame(step: int, lanes: Sequence[int] = (0, 1, 2, 3)) -> tuple[np.ndarray, list[Found]]:
    """People who walk, and the boxes of a detector without errors."""
    generator = np.random.default_rng(step)
    picture = background() + generator.integers(0, 4, (H, W, 3)).astype(np.uint8)
    found = []
    for lane in lanes:
        box = walker(step, lane)
        painted(picture, box, lane)
        found.append((box, PERSON))
    return picture, found


def looks(errors: Callable[[int], list[Found]] = lambda _: []) -> list[FrameDetections]:
    all_looks = []
    for step in range(150):
        picture, found = frame(step)
        all_looks.append(FrameDetections(picture, objects(*found, *errors(step))))
    return all_looks


@pytest.fixture(scope="module")
def trust() -> ObjectTrust:
    """Learned from footage in which a sign is a bench one time in three."""
    return ObjectTrust.learn(looks(lambda step: [(SIGN, BENCH)] if step % 3 == 0 else []))


def follow(
    trust: ObjectTrust,
    extra: Callable[[int, np.ndarray], list[Found]],
    count: int = 30,
    light: Callable[[int], float] = lambda _: 1.0,
) -> list[np.ndarray]:
    """Weights of a stream: those of the extra objects first, then of the people."""
    stream = trust.stream()
    weights = []
    for step in range(count):
        picture, found = frame(200 + step)
        own = extra(step, picture)
        lit = (picture * light(step)).clip(0, 255).astype(np.uint8)
        weights.append(stream.belief(lit, objects(*own, *found), step / FPS).weights)
    return weights


def test_people_are_believed(trust: ObjectTrust) -> None:
    weights = np.stack(follow(trust, lambda *_: []))
    assert weights.mean() > 0.97
    assert np.quantile(weights, 0.05) > 0.8  # one who comes back at the other side is new there


@pytest.mark.parametrize("every", [1, 2, 5])
def test_a_box_as_large_as_the_picture_that_flickers_is_out(trust: ObjectTrust, every: int) -> None:
    weights = follow(trust, lambda step, _: [(WALL, TRAIN)] if step % every == 0 else [])
    assert max(w[0] for w in weights[::every]) < 0.05
    assert np.mean([w[-4:].mean() for w in weights]) > 0.97  # the people in front of it stay


def test_a_box_that_the_empty_scene_has_too_is_out() -> None:
    """Said by the detector of the median picture; the training boxes do not have it."""
    asked = []

    def detect(picture: np.ndarray) -> Objects:
        asked.append(picture.shape)
        return objects((SIGN, BENCH))

    trust = ObjectTrust.learn(looks(), detect)
    assert asked == [(H, W, 3)]
    assert len(trust.places["*"]) == 1
    assert all(w[0] == 0 for w in follow(trust, lambda *_: [(SIGN, BENCH)]))


def test_a_box_that_lives_one_frame_counts_nothing(trust: ObjectTrust) -> None:
    """Even one with something inside it: half of a person, called a suitcase once."""

    def extra(step: int, _: np.ndarray) -> list[Found]:
        x0, y0, x1, y1 = walker(200 + step, 2)
        return [((x0, y0 + 14, x1, y1), BAG)] if step == 12 else []

    assert follow(trust, extra)[12][0] == 0


def test_a_class_said_of_background_needs_more_to_be_believed(trust: ObjectTrust) -> None:
    """Half a shadow on the sign: elsewhere a box may be so, here the detector is known to err."""
    assert {int(place[4]) for place in trust.places["*"]} == {BENCH}

    def shaded(number: int) -> Callable[[int, np.ndarray], list[Found]]:
        def extra(_: int, picture: np.ndarray) -> list[Found]:
            x0, y0, x1, y1 = (int(side) for side in SIGN)
            generator = np.random.default_rng(9)
            part = (y1 - y0) * 4 // 10
            picture[y0 : y0 + part, x0:x1] = generator.integers(180, 255, (part, x1 - x0, 3))
            return [(SIGN, number)]

        return extra

    known = follow(trust, shaded(BENCH))[-1][0]
    new = follow(trust, shaded(PERSON))[-1][0]
    assert known < 0.5 < new


def test_somebody_in_front_of_such_a_place_is_believed(trust: ObjectTrust) -> None:
    def extra(_: int, picture: np.ndarray) -> list[Found]:
        painted(picture, SIGN, 7)
        return [(SIGN, BENCH)]

    assert follow(trust, extra)[-1][0] > 0.95


def truck(step: int, picture: np.ndarray) -> list[Found]:
    """It drives into the picture and fills a third of it; the detector sees a car on it as well."""
    right = min(40.0 + 8 * step, 150.0)
    box = (max(right - 85, 0.0), 30.0, right, 110.0)
    painted(picture, box, 5)
    return [(box, TRUCK), ((box[0] + 5, 80.0, min(box[0] + 45, right), 108.0), 2)]


def test_a_real_truck_is_believed_although_nothing_was_ever_so_large(trust: ObjectTrust) -> None:
    assert trust.area < 0.05
    weights = [w[0] for w in follow(trust, truck)]
    assert min(weights[4:]) > 0.95


@pytest.mark.parametrize("light", [0.6, 1.6])
def test_another_light_takes_no_real_object_away(trust: ObjectTrust, light: float) -> None:
    """Lights go on or off in the tenth frame; the wall stays out."""

    def extra(step: int, picture: np.ndarray) -> list[Found]:
        return [*truck(step, picture)[:1], (WALL, TRAIN)]

    weights = follow(trust, extra, light=lambda step: light if step >= 10 else 1.0)
    assert min(w[0] for w in weights[10:]) > 0.9
    assert np.mean([w[2:].mean() for w in weights[10:]]) > 0.9
    assert max(w[1] for w in weights) < 0.1


@pytest.mark.parametrize("number", [PERSON, BAG])
def test_who_stands_still_and_what_is_left_behind_stay(trust: ObjectTrust, number: int) -> None:
    """For three minutes: the empty scene is the training footage's and learns nothing later."""
    box = (70.0, 84.0, 80.0, 108.0) if number == PERSON else (70.0, 98.0, 80.0, 108.0)
    stream = trust.stream()
    picture, _ = frame(0, lanes=())
    painted(picture, box, 3)
    weights = [
        stream.belief(picture, objects((box, number)), step / 2).weights[0] for step in range(360)
    ]
    assert min(weights) > 0.95


def test_no_later_frame_counts(trust: ObjectTrust) -> None:
    one = follow(trust, truck, 20)
    other = follow(trust, lambda step, picture: truck(step, picture) if step < 15 else [], 20)
    for first, second in zip(one[:15], other[:15], strict=True):
        assert np.array_equal(first, second)


def test_times_are_seconds(trust: ObjectTrust) -> None:
    """At 25 frames a second a box counts whole after three frames, a tenth of a second."""
    stream = trust.stream()
    picture, _ = frame(0, lanes=())
    for step in range(25):
        stream.belief(picture, objects(), step / 25)
    box = (70.0, 84.0, 80.0, 108.0)
    painted(picture, box, 3)
    weights = [stream.belief(picture, objects((box, 0)), 1 + n / 25).weights[0] for n in range(10)]
    assert [round(float(w), 2) for w in weights[:3]] == [0.0, 0.23, 0.65]
    # Believed by half it counts whole.
    assert [round(float(w), 2) for w in weights[3:5]] == [1.0, 1.0]


def test_what_was_learned_is_kept(trust: ObjectTrust) -> None:
    state = trust.state()
    assert all(isinstance(value, torch.Tensor) for value in state.values())
    again = ObjectTrust.from_state(state)
    pairs = zip(follow(trust, truck, 8), follow(again, truck, 8), strict=True)
    assert all(np.array_equal(one, other) for one, other in pairs)
    with pytest.raises(BundleError, match="Refit"):
        ObjectTrust.from_state({k: v for k, v in state.items() if k != "usual"})


def test_an_unknown_scene_of_several_and_footage_without_objects_take_nothing_away() -> None:
    picture, _ = frame(0)
    once = looks()[::10]
    two = [replace(one, scene=name) for name in ("a", "b") for one in once]
    trust = ObjectTrust.learn(two)
    wall = objects((WALL, TRAIN))
    assert trust.stream("c").belief(picture, wall, 0.0).weights.tolist() == [1.0]
    assert trust.stream("a").belief(picture, wall, 0.0).weights.tolist() == [0.0]
    nothing = ObjectTrust.learn([FrameDetections(picture, objects())] * 3)
    assert nothing.stream().belief(picture, wall, 0.0).weights.tolist() == [1.0]


def test_boxes_without_classes_are_weighed_too(trust: ObjectTrust) -> None:
    assert all(w[0] == 0 for w in follow(trust, lambda *_: [(WALL, -1)]))


def test_less_is_asked_of_what_moves(trust: ObjectTrust) -> None:
    """A quarter of the usual foreground is enough for a thing that has left its place."""
    picture, _ = frame(0, lanes=())
    box = (70.0, 84.0, 80.0, 108.0)
    picture[84:88, 70:80] = 255 - picture[84:88, 70:80]
    seen = objects((box, 0))
    still, moving = (
        trust.evidence(picture, seen, "*", np.array([moved], np.float32))[0] for moved in (0, 1)
    )
    assert moving > still
    assert trust.evidence(picture, seen, "*")[0] == still


def test_places_that_people_pass_now_and_then_are_no_background() -> None:
    boxes = np.array([[0.1, 0.1, 0.2, 0.4]] * 6 + [[0.6, 0.6, 0.7, 0.9]] * 2, np.float32)
    classes = np.zeros(8, np.int64)
    assert len(_often(boxes, classes, 5.0)) == 1
    assert len(_often(boxes, classes, 0.0)) == 2
