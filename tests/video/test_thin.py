from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from awry.errors import ConfigError
from awry.frames import Frame
from awry.video import ArraySource, Source, SourceHealth, Thinned


def numbered(n: int) -> ArraySource:
    return ArraySource(
        np.arange(n, dtype=np.uint8)[:, None, None] * np.ones((1, 2, 2), np.uint8), 10
    )


@given(st.integers(0, 40), st.integers(1, 9), st.none() | st.integers(1, 20))
def test_like_a_slice(n: int, every: int, max_frames: int | None) -> None:
    thin = Thinned(numbered(n), every, max_frames)
    frames = list(thin)
    assert [int(frame.image[0, 0, 0]) for frame in frames] == list(range(n))[::every][:max_frames]
    assert [frame.index for frame in frames] == list(range(len(frames)))
    assert [frame.time_s for frame in frames] == [i * every / 10 for i in range(len(frames))]
    assert thin.fps == 10 / every


def test_stops_reading_when_it_has_enough(fake_source) -> None:
    def endless():
        for index in range(6):
            assert index < 5, "read on for nothing"
            yield Frame(index, None, np.zeros((1, 1, 3), np.uint8))

    assert len(list(Thinned(fake_source(endless(), None), 2, 3))) == 3


def test_lost_frames_keep_their_places_and_health_is_renumbered(fake_source) -> None:
    image = np.zeros((1, 1, 3), np.uint8)
    frames = [Frame(i, i / 10, image, damaged=i in (4, 5)) for i in (0, 1, 3, 4, 5, 6)]
    health = SourceHealth(damaged=[4, 5], lost=1, notes=["2.png was skipped"])
    thin = Thinned(fake_source(frames, 10.0, health), every=2)
    assert isinstance(thin, Source)
    assert [(frame.index, frame.time_s) for frame in thin] == [(0, 0.0), (2, 0.4), (3, 0.6)]
    assert thin.health == SourceHealth(damaged=[2], lost=1, notes=["2.png was skipped"])


@pytest.mark.parametrize(("every", "max_frames"), [(0, None), (1, 0), (-1, None)])
def test_numbers_below_one_are_refused(every: int, max_frames: int | None) -> None:
    with pytest.raises(ConfigError, match="must be 1 or more"):
        Thinned(numbered(3), every, max_frames)


def test_lost_frames_are_counted_among_the_kept_places(fake_source) -> None:
    there = [0, 1, 2, 3, 5, 7, 8, 9]  # 4 and 6 were lost, and 10 at the end
    frames = [Frame(n, n / 10, np.zeros((4, 4, 3), np.uint8)) for n in there]
    thinned = Thinned(fake_source(frames, health=SourceHealth(lost=3)), 2)
    assert [frame.index for frame in thinned] == [0, 1, 4]
    assert thinned.health.lost == 3  # 4, 6 and 10
    thinned = Thinned(fake_source(frames, health=SourceHealth(lost=3)), 2, max_frames=4)
    assert [frame.index for frame in thinned] == [0, 1]
    assert thinned.health.lost == 2
