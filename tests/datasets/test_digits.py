"""Moving digits."""

from __future__ import annotations

import numpy as np
import pytest

from awry.datasets.base import Clip
from awry.datasets.digits import make_digits
from awry.errors import ConfigError


def images_of(clip: Clip) -> np.ndarray:
    return np.stack([frame.image for frame in clip.open()])


def answers_of(clip: Clip) -> tuple[np.ndarray, np.ndarray]:
    assert clip.labels is not None
    assert clip.masks is not None
    return clip.labels(), clip.masks()


def steps(images: np.ndarray) -> np.ndarray:
    """How far the picture's content moves from frame to frame, in pixels."""
    grey = images[..., 0].astype(float)
    mass = grey.sum(axis=(1, 2))
    y, x = np.mgrid[: grey.shape[1], : grey.shape[2]]
    centre = np.stack([(grey * x).sum((1, 2)), (grey * y).sum((1, 2))], 1) / mass[:, None]
    return np.abs(np.diff(centre, axis=0)).sum(1)


def test_shapes_names_and_labels() -> None:
    data = make_digits(train_clips=3, test_clips=2, length=20)
    assert (data.name, data.variant, data.fps, data.root) == ("digits", "digits", 25, None)
    assert [clip.name for clip in data.train] == ["train-000", "train-001", "train-002"]
    assert [clip.name for clip in data.test] == [
        f"{kind}-{k:02d}" for kind in ("normal", "shape", "digit", "speed") for k in range(2)
    ]
    for clip in data.test:
        images, (labels, masks) = images_of(clip), answers_of(clip)
        assert images.shape == (20, 64, 64, 3)
        assert (masks.shape, masks.dtype, labels.dtype) == ((20, 64, 64), bool, np.uint8)
        assert labels.tolist() == [int(not clip.name.startswith("normal"))] * 20
        assert np.array_equal(labels, masks.any(axis=(1, 2)))
        assert clip.scene == "digits"
    assert data.train[0].labels is None


def test_normal_things_move_by_two_and_fast_ones_by_four() -> None:
    data = make_digits(train_clips=4, test_clips=4, length=40)
    for clip in data.train + data.test:
        moved = steps(images_of(clip))
        speed = 4 if clip.name.startswith("speed") else 2
        # In a frame in which it bounces an object goes less far.
        assert np.median(moved) == pytest.approx(speed)
        assert moved.max() == pytest.approx(speed)


def test_a_seed_gives_the_same_clips_and_another_gives_others() -> None:
    first, again, other = (make_digits(2, 1, 10, seed=seed) for seed in (3, 3, 4))
    for one, two in zip(first.train + first.test, again.train + again.test, strict=True):
        assert np.array_equal(images_of(one), images_of(two))
    assert not np.array_equal(images_of(first.train[0]), images_of(other.train[0]))


def test_more_clips_leave_the_first_ones_as_they_are() -> None:
    few, many = make_digits(1, 1, 10), make_digits(3, 2, 10)
    assert np.array_equal(images_of(few.train[0]), images_of(many.train[0]))


def test_shapes_are_about_as_bright_as_digits() -> None:
    data = make_digits(40, 40, 2)
    means = {
        kind: np.mean([images_of(clip).mean() for clip in data.test if kind in clip.name])
        for kind in ("normal", "shape")
    }
    assert means["shape"] == pytest.approx(means["normal"], rel=0.15)


def test_two_objects() -> None:
    one, two = make_digits(8, 1, 5), make_digits(8, 1, 5, objects=2)
    brightness = [np.mean([images_of(clip).mean() for clip in data.train]) for data in (one, two)]
    assert brightness[1] > 1.4 * brightness[0]


def test_second_objects_come_in_mid_clip() -> None:
    data = make_digits(train_clips=12, test_clips=6, length=60, mode="second")
    for clip in data.test:
        labels, masks = answers_of(clip)
        assert np.array_equal(labels, masks.any(axis=(1, 2)))
        assert not labels[:20].any()
        assert labels.any() == (not clip.name.startswith("normal"))
        if clip.name.startswith("speed"):
            moved = steps(images_of(clip))
            assert moved[: np.flatnonzero(labels)[0]].max() == pytest.approx(2)
            assert moved[labels[:-1] == 1].max() == pytest.approx(4)
    # Coming in is normal too: it happens in some training clips, not in all.
    grows = [np.ptp(images_of(clip).astype(int).sum(axis=(1, 2, 3))) > 0 for clip in data.train]
    assert 0 < sum(grows) < len(grows)


@pytest.mark.parametrize("mode", ["replace", "second"])
def test_the_shortest_clips(mode: str) -> None:
    for clip in make_digits(1, 2, 2, size=32, mode=mode).test:
        assert images_of(clip).shape == (2, 32, 32, 3)
        assert len(answers_of(clip)[0]) == 2


@pytest.mark.parametrize(
    "bad",
    [{"train_clips": 0}, {"test_clips": 0}, {"length": 1}, {"size": 31}, {"objects": 0},
     {"seed": -1}, {"mode": "other"}],
)  # fmt: skip
def test_arguments_out_of_range(bad: dict) -> None:
    with pytest.raises(ConfigError, match=next(iter(bad))):
        make_digits(**bad)
