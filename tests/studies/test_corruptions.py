from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

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
from support import spoiled_pictures, street

LENGTH = 60
REDRAWN = [name for name in CORRUPTIONS if name.startswith("rain_redrawn")]
DROPS = "dropped"


@pytest.fixture(scope="module")
def frames() -> list[Frame]:
    return list(ArraySource(street(), fps=10))


def difference(frames: list[Frame], name: str, severity: int) -> float:
    spoiled = spoiled_pictures(frames, name, severity).astype(int)
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


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_grey_footage_stays_grey(name: str) -> None:
    grey = street(4)[..., :1].repeat(3, axis=3)
    found = spoiled_pictures(list(ArraySource(grey)), name, 5)
    assert (np.ptp(found, axis=3) == 0).all()


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
