"""Which picture a stream is compared with."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from awry.video.background import Background

SIZE = (20, 30)
FPS = 5.0
HOLD = 10  # frames in the two seconds that are looked at at most


def scene(seed: int = 0) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(60, 200, (*SIZE, 3), dtype=np.uint8)


def stream(picture: NDArray[np.uint8], count: int = 40) -> list[NDArray[np.uint8]]:
    """The picture with a white thing that passes from left to right, within 20 frames."""
    frames = []
    for number in range(count):
        frame = picture.copy()
        left = number * 3 % (SIZE[1] + 6) - 6
        frame[4:16, max(left, 0) : max(left + 6, 0)] = 255
        frames.append(frame)
    return frames


def background(picture: NDArray[np.uint8], kept: int = HOLD) -> Background:
    usual = picture.transpose(2, 0, 1).astype(np.float32) / 255
    return Background(usual, np.zeros(SIZE, np.float32), FPS, kept)


def test_what_moves_is_no_other_view() -> None:
    mine = background(scene())
    assert not any(mine.push(frame) for frame in stream(scene()))
    assert not mine.own
    np.testing.assert_allclose(mine.without(scene()), 0, atol=1e-6)


def test_another_view_is_told_once_and_compared_with_itself() -> None:
    mine = background(scene(0))
    frames = stream(scene(1))
    switched = [number for number, frame in enumerate(frames) if mine.push(frame)]
    assert switched == [HOLD - 1]
    assert mine.own
    # What passes hardly shows in a mean of 40 frames.
    assert np.abs(mine.without(scene(1))).mean() < 0.1 < np.abs(mine.without(scene(0))).mean()


def test_at_the_switch_the_thing_that_moves_is_out_of_the_median() -> None:
    mine = background(scene(0))
    for frame in stream(scene(1), HOLD):
        mine.push(frame)
    np.testing.assert_allclose(mine.without(scene(1)), 0, atol=1e-6)


def test_a_camera_that_is_moved_later_and_moved_back() -> None:
    mine = background(scene(0))
    frames = [*stream(scene(0), 30), *stream(scene(1), 30), *stream(scene(0), 30)]
    switched = [number for number, frame in enumerate(frames) if mine.push(frame)]
    assert len(switched) == 2
    assert 30 + HOLD - 2 <= switched[0] <= 30 + HOLD
    assert 60 <= switched[1] <= 63
    assert not mine.own


def test_one_who_stands_is_no_other_view() -> None:
    """Less than a tenth of the picture."""
    picture = scene()
    picture[5:12, 5:12] = 255 - picture[5:12, 5:12]
    mine = background(scene())
    assert not any(mine.push(frame) for frame in stream(picture))


def test_without_a_deviation_nothing_changes() -> None:
    usual = scene(0).transpose(2, 0, 1).astype(np.float32) / 255
    mine = Background(usual, None, FPS, HOLD)
    assert not any(mine.push(frame) for frame in stream(scene(1)))
    assert not mine.recent
    np.testing.assert_array_equal(mine.picture, usual)


def test_a_shorter_warm_up_is_waited_for_a_second_at_least() -> None:
    for kept, expected in ((1, 5), (7, 7), (100, HOLD)):
        mine = background(scene(0), kept)
        switched = [n for n, frame in enumerate(stream(scene(1))) if mine.push(frame)]
        assert switched == [expected - 1], kept


def test_what_comes_again_is_noise() -> None:
    """A pixel within two deviations of its mean is as in training."""
    usual = np.full((1, *SIZE), 0.5, np.float32)
    grey = np.full((*SIZE, 1), 128 + 18, np.uint8)
    for deviation, own in ((0.04, False), (0.03, True)):
        mine = Background(usual, np.full(SIZE, deviation, np.float32), FPS, HOLD)
        for _ in range(HOLD):
            mine.push(grey)
        assert mine.own is own
