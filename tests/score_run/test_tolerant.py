"""A source that ends instead of failing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from awry.errors import SourceError
from awry.frames import Frame
from awry.score_run.tolerant import TolerantSource
from awry.video.memory import ArraySource
from awry.video.source import SourceHealth
from support import moving_square


class Breaking:
    """A stream that is lost in mid-clip."""

    name, fps = "street", 10.0

    def __init__(self, good: int) -> None:
        self.good = good
        self.health = SourceHealth()

    def __iter__(self) -> Iterator[Frame]:
        yield from ArraySource(moving_square(self.good, 0), fps=10) if self.good else ()
        raise SourceError("Lost the stream.")


def test_what_was_scored_before_a_stream_broke_is_kept() -> None:
    source = TolerantSource(Breaking(5), [])
    assert [frame.index for frame in source] == [0, 1, 2, 3, 4]
    assert source.problems == ["Lost the stream. What was scored by then is kept."]
    with pytest.raises(SourceError):
        list(TolerantSource(Breaking(0), []))


def test_it_ends_with_the_frame_in_which_a_person_asks_for_it() -> None:
    interrupted: list[bool] = []
    source = TolerantSource(ArraySource(moving_square(5, 0), fps=10), interrupted)
    frames = iter(source)
    next(frames)
    assert not source.stopped
    interrupted.append(True)
    assert list(frames) == []
    assert (source.stopped, source.problems, source.is_live) == (True, [], False)


def test_a_start_that_is_given_counts() -> None:
    begun = datetime(2024, 5, 1, 12, tzinfo=UTC)
    images = ArraySource(moving_square(2, 0), fps=10)
    assert TolerantSource(images, [], begun).started_at == begun
    assert TolerantSource(images, []).started_at is None
