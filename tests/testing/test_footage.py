from __future__ import annotations

import numpy as np

from awry.testing.footage import moving_square, moving_square_data


def left_edge(image: np.ndarray) -> int:
    """The first column of the square, whose red is 200."""
    return int(np.flatnonzero((image[..., 0] == 200).any(0))[0])


def test_the_square_walks_to_and_fro_over_a_still_background() -> None:
    images = moving_square(80, 3, speed=4)
    assert (images.shape, images.dtype) == ((80, 48, 72, 3), np.uint8)
    assert {int((image[..., 0] == 200).sum()) for image in images} == {100}
    steps = np.diff([left_edge(image) for image in images])
    assert set(np.abs(steps).tolist()) == {4}
    assert {-4, 4} == set(steps.tolist())
    np.testing.assert_array_equal(images[:, :20], np.repeat(images[:1, :20], 80, 0))
    np.testing.assert_array_equal(images, moving_square(80, 3, speed=4))
    assert not np.array_equal(images, moving_square(80, 4, speed=4))


def test_what_is_labelled_abnormal_is_the_running_square() -> None:
    data = moving_square_data(clips=2, length=40)
    assert [clip.name for clip in (*data.train, *data.test)] == [
        "train-0",
        "train-1",
        "test-0",
        "test-1",
    ]
    assert all(clip.labels is None for clip in data.train)
    for clip in data.test:
        assert clip.labels is not None
        assert np.flatnonzero(clip.labels()).tolist() == list(range(20, 30))
        edges = [left_edge(frame.image) for frame in clip.open()]
        steps = np.abs(np.diff(edges))
        assert set(steps[20:29].tolist()) == {8}
        assert set(steps[:19].tolist()) == set(steps[30:].tolist()) == {2}
