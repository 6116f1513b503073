"""What several systems say of one frame, brought to the same boxes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from awry.frames import FrameScore, Region
from awry.scoring.maps import strongest_place
from awry.scoring.regions import Box

SAME_BOX = 0.5
"""Two systems' boxes are of one object from this intersection over union on."""

Size = tuple[int, int]
Map = NDArray[np.float32]


@dataclass(slots=True)
class Place:
    """A box that one or more systems speak of.

    Attributes:
        box: in pixels of the frame, both ends inclusive.
        point: x, y in pixels, where maps are read: an object's centre, whose neighbours are not
            it, or the peak of the map that alone shows the place.
        regions: system's number -> its own region of that object.
    """

    box: Box
    point: tuple[float, float]
    regions: dict[int, Region] = field(default_factory=dict)

    @property
    def class_name(self) -> str:
        """What it is, of whoever knows."""
        return next((one.class_name for one in self.regions.values() if one.class_name), "")


@dataclass(frozen=True, slots=True)
class FrameEvidence:
    """All that the systems say of one frame, in their own units.

    Attributes:
        places: objects of the systems that have some, and where a map is highest outside of them.
        inside: float64 (places, systems), what each says there; NaN where it says nothing.
        whole: float64 (systems,), each one's score of the frame; NaN: it has not begun yet.
    """

    places: tuple[Place, ...]
    inside: NDArray[np.float64]
    whole: NDArray[np.float64]


def gather(scores: Sequence[FrameScore], size: Size) -> FrameEvidence:
    """Bring what the systems say of a frame to the same boxes.

    Args:
        scores: each system's; one without a score has not begun yet. Regions are objects, not cut
            out of maps.
        size: (H, W) of the frame.
    """
    places = _objects(scores)
    for score in scores:
        if score.map is None:
            continue
        peak = _peak(score.map, size)
        if not any(_holds(place.box, peak) for place in places):
            place = strongest_place(score.map, size)
            places += [] if place is None else [Place(place.box, peak)]
    inside = [[_said(number, one, place, size) for number, one in enumerate(scores)]
              for place in places]  # fmt: skip
    return FrameEvidence(
        tuple(places),
        np.array(inside, np.float64).reshape(len(places), len(scores)),
        np.array([np.nan if one.score is None else one.score for one in scores], np.float64),
    )


def _objects(scores: Sequence[FrameScore]) -> list[Place]:
    """Each object once, however many systems have it."""
    places: list[Place] = []
    for number, score in enumerate(scores):
        others = list(places)
        for region in score.regions:  # strongest first
            known = max(others, key=lambda one: overlap(one.box, region.box), default=None)
            if known is None or overlap(known.box, region.box) < SAME_BOX:
                known = Place(region.box, _centre(region.box))
                places.append(known)
            known.regions.setdefault(number, region)
    return places


def _said(number: int, score: FrameScore, place: Place, size: Size) -> float:
    if number in place.regions:
        return place.regions[number].score
    return np.nan if score.map is None else at_point(score.map, place.point, size)


def at_point(values: Map, point: tuple[float, float], size: Size) -> float:
    """The value of a map (h, w) at a point x, y of a frame (H, W).

    >>> at_point(np.eye(4, dtype=np.float32), (3.0, 3.0), (8, 8))
    1.0
    """
    (height, width), (x, y) = values.shape, point
    row, column = int(y * height / size[0]), int(x * width / size[1])
    return float(values[min(max(row, 0), height - 1), min(max(column, 0), width - 1)])


def _centre(box: Box) -> tuple[float, float]:
    return (box[0] + box[2] + 1) / 2, (box[1] + box[3] + 1) / 2


def _peak(values: Map, size: Size) -> tuple[float, float]:
    """x, y of a map's highest value, in pixels of the frame."""
    row, column = np.unravel_index(int(values.argmax()), values.shape)
    height, width = values.shape
    return (float(column) + 0.5) * size[1] / width, (float(row) + 0.5) * size[0] / height


def _holds(box: Box, point: tuple[float, float]) -> bool:
    x, y = point
    return box[0] <= x < box[2] + 1 and box[1] <= y < box[3] + 1


def overlap(one: Box, other: Box) -> float:
    """Intersection over union of two boxes, both ends inclusive.

    >>> overlap((0, 0, 9, 9), (0, 0, 9, 4))
    0.5
    """
    shared = _shared(one, other)
    return shared / (_area(one) + _area(other) - shared)


def share_of_smaller(one: Box, other: Box) -> float:
    """How much of the smaller of two boxes lies in the other, both ends inclusive.

    >>> share_of_smaller((0, 0, 9, 9), (0, 0, 4, 3))
    1.0
    """
    return _shared(one, other) / min(_area(one), _area(other))


def _shared(one: Box, other: Box) -> float:
    width = min(one[2], other[2]) - max(one[0], other[0]) + 1
    height = min(one[3], other[3]) - max(one[1], other[1]) + 1
    return max(width, 0) * max(height, 0)


def _area(box: Box) -> float:
    return (box[2] - box[0] + 1) * (box[3] - box[1] + 1)


def parts_of(labels: Sequence[str], scores: Sequence[FrameScore]) -> Mapping[str, float]:
    """LABEL: a system's score of the frame; LABEL.PART: its parts."""
    parts: dict[str, float] = {}
    for label, score in zip(labels, scores, strict=True):
        if score.score is not None:
            parts[label] = score.score
        parts |= {f"{label}.{name}": value for name, value in score.parts.items()}
    return parts
