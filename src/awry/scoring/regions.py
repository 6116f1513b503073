"""Which of a frame's regions are shown: one box for each object."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from awry.frames import Region

MOSTLY_INSIDE = 0.8
"""Two boxes are of one object where the smaller lies inside the larger by this share."""
MOSTLY_NAMED = 0.5
NOT_SMALL = 0.1
"""Boxes below this share of a larger one around them are its details and no objects."""

Box = tuple[float, float, float, float]


def distinct_regions(regions: Iterable[Region], limit: int | None = None) -> tuple[Region, ...]:
    """One region for each object: of boxes that lie in each other the strongest alone.

    A map that is cut at several levels gives an object a box at each of them, and a detector may
    give it several boxes. Figures of regions need them all; people need one. Where a low level
    joins two objects, each of them is shown and not the box around both.

    Args:
        regions: in any order.
        limit: at most this many; None for all.

    Returns:
        Strongest first, and of equally strong ones the larger.

    >>> outer, inner = Region((0, 0, 9, 9), 2.0), Region((2, 2, 5, 5), 1.0)
    >>> [region.score for region in distinct_regions([inner, outer])]
    [2.0]
    """
    every = tuple(regions)
    chosen: list[Region] = []
    for region in sorted(every, key=lambda candidate: (-candidate.score, -_area(candidate.box))):
        if limit is not None and len(chosen) == limit:
            break
        known = any(_one_object(region.box, other.box) for other in chosen)
        if not known and not _holds_several(region, every):
            chosen.append(region)
    return tuple(chosen)


def named_regions(regions: Iterable[Region], objects: Sequence[tuple[Box, str]]) -> list[Region]:
    """Regions of a map with the class of the object that each is of.

    Args:
        regions: boxes in pixels, both ends inclusive.
        objects: box and class of each detected object, likewise; an empty class is unknown.

    Returns:
        The same regions; one that shares less than half of its smaller box with any object of
        known class stays as it is.

    >>> named_regions([Region((2, 2, 7, 7), 1.0)], [((0, 0, 9, 9), "dog")])[0].class_name
    'dog'
    """
    named = []
    for region in regions:
        shares = [(_shared(region.box, box), name) for box, name in objects if name]
        share, name = max(shares, default=(0.0, ""))
        named.append(replace(region, class_name=name) if share >= MOSTLY_NAMED else region)
    return named


def _holds_several(region: Region, every: Sequence[Region]) -> bool:
    """Whether a box only joins others: it owes its score to one inside, and another lies apart."""
    least = NOT_SMALL * _area(region.box)
    inside = [
        other
        for other in every
        if least <= _area(other.box) < _area(region.box)
        and _shared(region.box, other.box) == 1
        and other.score <= region.score
    ]
    same = [other for other in inside if other.score == region.score]
    return any(_shared(one.box, other.box) == 0 for one in same for other in inside)


def _one_object(first: Box, second: Box) -> bool:
    return _shared(first, second) >= MOSTLY_INSIDE


def _shared(first: Box, second: Box) -> float:
    """The share of the smaller box that lies inside the larger."""
    width = min(first[2], second[2]) - max(first[0], second[0]) + 1
    height = min(first[3], second[3]) - max(first[1], second[1]) + 1
    return max(width, 0) * max(height, 0) / min(_area(first), _area(second))


def _area(box: Box) -> float:
    return (box[2] - box[0] + 1) * (box[3] - box[1] + 1)
