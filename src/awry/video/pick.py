"""Single frames out of a clip, without reading more of it than is needed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from awry.frames import Frame
from awry.video.source import Source


def picked(source: Source, numbers: Sequence[int]) -> Iterator[Frame]:
    """The frames of those numbers, in the clip's order; those that are not there are left out.

    Args:
        source: a clip that ends, or a wrapper around one.
        numbers: positions in the clip as it was filmed, from 0.
    """
    wanted = set(numbers)
    last = max(wanted, default=-1)
    for frame in source:
        if frame.number in wanted:
            yield frame
        if frame.number >= last:
            return
