from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import cv2
import numpy as np
import pytest

from awry.datasets.base import Clip
from awry.errors import ConfigError
from awry.frames import Frame
from awry.studies.corruptions import (
    CORRUPTIONS,
    SEVERITIES,
    Corrupted,
    choose,
    corrupt,
    corrupted_clip,
)
from awry.training.footage import content_key
from awry.video.memory import ArraySource

LENGTH = 60
REDRAWN = [name for name in CORRUPTIONS if name.startswith("rain_redrawn")]
DROPS = "dropped"


def street(length: int = LENGTH, size: tuple[int, int] = (72, 96)) -> np.ndarray:
    """A picture with surfaces, edges and texture, dark and bright, in which something moves."""
    draws = np.random.default_rng(7)
    coarse = draws.integers(30, 180, (9, 12, 3)).astype(np.uint8)
    scene = cv2.resize(coarse, size[::-1], interpolation=cv2.INTER_CUBIC)
    texture = sum(
        cv2.resize(draws.normal(0, 8, (size[0] // cell, size[1] // cell)), size[::-1])
        for cell in (2, 4, 8, 16)
    )
    scene = np.clip(scene + texture[:, :, None], 0, 255).astype(np.uint8)
    images = np.repeat(scene[None], length, axis=0)
    for number, image in enumerate(images):
        place = number % (size[1] - 12)
        image[40:64, place : place + 10] = (190, 40, 60)
    return images


@pytest.fixture(scope="module")
def frames() -> list[Frame]:
    return list(ArraySource(street(), fps=10))


def pictures(frames: list[Frame], name: str, severity: int, **how: object) -> np.ndarray:
    return np.stack([f.image for f in corrupt(frames, name, severity, 0, **how)])  # type: ignore[arg-type]


def difference(frames: list[Frame], name: str, severity: int) -> float:
    spoiled = pictures(frames, name, severity).astype(int)
    return float(np.abs(spoiled - np.stack([f.image for f in frames])).mean())


@pytest.mark.parametrize("name", CORRUPTIONS)
@pytest.mark.parametrize("severity", [1, 5])
def test_frames_keep_what_they_are(frames: list[Frame], name: str, severity: int) -> None:
    before = [frame.image.copy() for frame in frames]
    spoiled = list(corrupt(iter(frames), name, severity, 0, length=LENGTH))
    if name == DROPS:
        assert {frame.index for frame in spoiled} <= set(range(LENGTH))
    else:
        assert [frame.index for frame in spoiled] == list(range(LENGTH))
    for frame in spoiled:
        assert (frame.image.dtype, frame.image.shape) == (np.uint8, (72, 96, 3))
        assert frame.time_s == frames[frame.index].time_s
    for frame, image in zip(frames, before, strict=True):
        assert np.array_equal(frame.image, image)


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_it_follows_from_seed_and_clip(frames: list[Frame], name: str) -> None:
    def spoiled(seed: int, clip: str) -> list[tuple[int, bytes]]:
        found = corrupt(frames, name, 4, seed, clip=clip)
        return [(frame.index, frame.image.tobytes()) for frame in found]

    first = spoiled(0, "a")
    assert spoiled(0, "a") == first
    assert first != [(frame.index, frame.image.tobytes()) for frame in frames]
    if name not in ("brightness", "exposure", "contrast", "blur", "compression"):
        assert spoiled(1, "a") != first
        assert spoiled(0, "b") != first


@pytest.mark.parametrize("name", [n for n in CORRUPTIONS if n not in (*REDRAWN, DROPS, "frozen")])
def test_each_severity_spoils_more(name: str) -> None:
    clip = list(ArraySource(street(8, (240, 320))))
    found = [difference(clip, name, severity) for severity in SEVERITIES]
    assert found[0] > 0.2
    assert all(more > 1.05 * less for less, more in pairwise(found))


@pytest.mark.parametrize("name", REDRAWN)
def test_redrawn_rain_is_drawn_anew_and_darkens(frames: list[Frame], name: str) -> None:
    light = [pictures(frames[:2], name, severity).mean() for severity in SEVERITIES]
    assert light[-1] / light[0] == pytest.approx(0.5, abs=0.02)
    assert light == sorted(light, reverse=True)
    still = [Frame(index, None, frames[0].image) for index in range(2)]
    first, second = pictures(still, name, 1)
    assert np.abs(first.astype(int) - second).mean() > 5


def black(length: int) -> list[Frame]:
    return [Frame(index, None, np.zeros((240, 320, 3), np.uint8)) for index in range(length)]


def test_drops_of_rain_fall() -> None:
    """Each streak of a frame is found below its old place in the next one, none stays."""
    first, second = pictures(black(2), "rain", 1).astype(float)[..., 0]
    flow = [
        np.corrcoef(np.roll(first, down, axis=0)[40:].ravel(), second[40:].ravel())[0, 1]
        for down in range(24)
    ]
    assert max(flow[3:]) > 2 * flow[0]
    redrawn = pictures(black(2), "rain_redrawn_heavy", 1).astype(float)[..., 0]
    again = [
        np.corrcoef(np.roll(redrawn[0], down, axis=0).ravel(), redrawn[1].ravel())[0, 1]
        for down in range(24)
    ]
    assert max(flow[3:]) > 2 * max(again)


def test_heavier_rain_has_the_same_drops_and_more() -> None:
    light, heavy = (pictures(black(3), "rain", severity)[..., 0] for severity in (1, 3))
    assert (heavy[light > light.min() + 20] > 20).all()


def test_dropped_frames_are_nested_and_about_as_many_as_said() -> None:
    many = black(1)[0]
    clip = [Frame(index, None, many.image) for index in range(4000)]
    arrived = [{f.index for f in corrupt(clip, DROPS, severity, 3)} for severity in SEVERITIES]
    for fewer, more in zip(arrived[1:], arrived, strict=False):
        assert fewer < more
    for kept, share in zip(arrived, CORRUPTIONS[DROPS].levels, strict=True):
        assert 1 - len(kept) / 4000 == pytest.approx(share / 100, abs=0.03)
        assert 0 in kept


def test_frozen_frames_repeat_an_earlier_picture() -> None:
    clip = [Frame(i, None, np.full((2, 2, 3), i % 251, np.uint8)) for i in range(4000)]
    for severity in SEVERITIES:
        shown = [int(f.image[0, 0, 0]) for f in corrupt(clip, "frozen", severity, 0)]
        same = [s == i % 251 for i, s in enumerate(shown)]
        share = CORRUPTIONS["frozen"].levels[severity - 1] / 100
        assert 1 - np.mean(same) == pytest.approx(share, abs=0.1)
        assert all(s == shown[i - 1] for i, s in enumerate(shown) if not same[i])


def test_night_falls_in_the_middle_and_has_no_colour(frames: list[Frame]) -> None:
    shown = pictures(frames, "night", 3, length=40)
    assert np.array_equal(shown[:20], np.stack([f.image for f in frames[:20]]))
    assert (np.ptp(shown[20:], axis=3) == 0).all()
    assert shown[20:].mean() < 0.7 * shown[:20].mean()
    # Nobody said how long the clip is.
    later = list(corrupt(iter(frames), "night", 3, 0))
    assert np.array_equal(later[50].image, frames[50].image)


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_grey_footage_stays_grey(name: str) -> None:
    grey = street(4)[..., :1].repeat(3, axis=3)
    found = pictures(list(ArraySource(grey)), name, 5)
    assert (np.ptp(found, axis=3) == 0).all()


def test_shaking_replicates_edges() -> None:
    flat = [Frame(i, None, np.full((40, 60, 3), 90, np.uint8)) for i in range(10)]
    assert (pictures(flat, "shake", 5) == 90).all()


@pytest.mark.parametrize(("name", "severity"), [("fogg", 1), ("fog", 0), ("fog", 6)])
def test_unknown_ones_are_refused_before_a_frame_is_read(name: str, severity: int) -> None:
    def never() -> Iterator[Frame]:
        raise AssertionError("read")
        yield

    with pytest.raises(ConfigError, match="fog"):
        corrupt(never(), name, severity, 0)
    with pytest.raises(ConfigError, match="fog"):
        corrupted_clip(Clip("a", lambda: ArraySource(street(2))), name, severity, 0)


def test_a_clip_opens_spoiled() -> None:
    images = street(20)
    labels = np.zeros(20, np.uint8)
    clip = Clip("yard", lambda: ArraySource(images, fps=5, name="other"), "s", labels.copy)
    spoiled = corrupted_clip(clip, "night", 2, 1)
    source = spoiled.open()
    assert (source.name, source.fps, source.health.ok) == ("other", 5, True)
    assert (spoiled.name, spoiled.scene, spoiled.labels) == ("yard", "s", clip.labels)
    expected = corrupt(list(clip.open()), "night", 2, 1, clip="yard", length=20)
    for found, wanted in zip(source, expected, strict=True):
        assert np.array_equal(found.image, wanted.image)
    # Whoever caches frames by their source must not take spoiled ones for clean ones.
    assert content_key(source) != content_key(clip.open())


def test_a_source_knows_what_was_dropped() -> None:
    source = Corrupted(ArraySource(street(60, (16, 16))), DROPS, 5, 0)
    for _ in range(2):  # it can be read again
        arrived = [frame.index for frame in source]
        assert 0 < len(source.dropped) < 60
        assert sorted([*arrived, *source.dropped]) == list(range(60))


def test_choosing_by_name() -> None:
    assert [one.name for one in choose(["fog", "rain", "fog"])] == ["fog", "rain"]
    assert [one.name for one in choose(["rain_redrawn"])] == REDRAWN
    with pytest.raises(ConfigError, match="did you mean 'noise'"):
        choose(["nois"])


def test_levels_in_words() -> None:
    assert CORRUPTIONS["brightness"].says(3) == "light x 0.7"
