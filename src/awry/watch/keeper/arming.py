"""Whether an event is told to anybody: arming, zones, snoozed places and cool-down."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from awry.watch.messages import Box, SeenRegion
from awry.watch.site.model import Zone

TOUCHES = 0.02
"""A box touches a zone where at least so much of the box lies inside."""
INSIDE = 0.5
"""A box lies inside a zone where at least so much of it does."""

Silence = Literal["", "shadow", "disarmed", "zone", "snoozed", "cooldown", "budget"]
Point = tuple[float, float]


def overlap(box: Box, polygon: Sequence[Point]) -> float:
    """The share of a box that lies inside a polygon, in [0, 1].

    Args:
        box: `x_min, y_min, x_max, y_max` as shares of the picture.
        polygon: three corners or more, likewise.

    >>> overlap((0, 0, 1, 1), [(0, 0), (0.5, 0), (0.5, 1), (0, 1)])
    0.5
    """
    x_min, y_min, x_max, y_max = box
    area = (x_max - x_min) * (y_max - y_min)
    if area <= 0:
        return 0.0
    corners = list(polygon)
    for axis, limit, sign in ((0, x_min, 1), (0, x_max, -1), (1, y_min, 1), (1, y_max, -1)):
        corners = _cut(corners, axis, limit, sign)
    return min(1.0, _area(corners) / area)


def _cut(corners: list[Point], axis: int, limit: float, sign: int) -> list[Point]:
    """The part of a polygon on one side of a line (Sutherland and Hodgman, 1974)."""
    kept: list[Point] = []
    for number, here in enumerate(corners):
        before = corners[number - 1]
        inside, was = sign * (here[axis] - limit) >= 0, sign * (before[axis] - limit) >= 0
        if inside != was:
            way = (limit - before[axis]) / (here[axis] - before[axis])
            kept.append(
                (before[0] + way * (here[0] - before[0]), before[1] + way * (here[1] - before[1]))
            )
        if inside:
            kept.append(here)
    return kept


def _area(corners: Sequence[Point]) -> float:
    """Of a polygon, by the shoelace formula."""
    total = 0.0
    for number, (x, y) in enumerate(corners):
        before = corners[number - 1]
        total += before[0] * y - x * before[1]
    return abs(total) / 2


def in_zones(regions: Sequence[SeenRegion], zones: Sequence[Zone]) -> bool:
    """Whether an event's regions count by a camera's zones.

    A region at least half of which lies in a `never` zone does not count. Where there are `only`
    zones, one that counts must touch such a zone. An event without regions counts: nobody knows
    where it was, and silence would be the worse mistake.
    """
    if not zones or not regions:
        return True
    only = [zone.polygon for zone in zones if zone.alarm == "only"]
    never = [zone.polygon for zone in zones if zone.alarm == "never"]
    for region in regions:
        if sum(overlap(region.box, polygon) for polygon in never) >= INSIDE:
            continue
        if not only or any(overlap(region.box, polygon) >= TOUCHES for polygon in only):
            return True
    return False


def snoozed(
    regions: Sequence[SeenRegion], zones: Sequence[Zone], places: Sequence[Sequence[Box]]
) -> bool:
    """Whether all of an event that counts by a camera's zones lies in places that are snoozed.

    A region lies in a place where at least half of it lies in one of the place's boxes. A place
    without boxes is the whole picture. An event without regions is nowhere else.

    Args:
        regions: of the event.
        zones: of the camera.
        places: the boxes of each place that is snoozed now.
    """
    if any(not boxes for boxes in places):
        return True
    counting = [one for one in regions if in_zones([one], zones)]
    boxes = [box for place in places for box in place]
    return bool(counting) and all(
        any(overlap(one.box, _corners(box)) >= INSIDE for box in boxes) for one in counting
    )


def _corners(box: Box) -> list[Point]:
    x_min, y_min, x_max, y_max = box
    return [(x_min, y_min), (x_max, y_min), (x_max, y_max), (x_min, y_max)]


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What decides whether an event is told.

    Attributes:
        shadow: of a detector that only tries.
        armed: whether the camera is, now.
        counts: whether its regions do; see `in_zones`.
        since_last_s: seconds since the camera's last told event; None: there was none.
        cooldown_s: of the camera.
        spent: whether the budget of the day is.
        snoozed: whether the place is; see `snoozed`.
    """

    shadow: bool
    armed: bool
    counts: bool
    since_last_s: float | None
    cooldown_s: float
    spent: bool
    snoozed: bool = False


def silence(now: Circumstances) -> Silence:
    """Why nobody is told; empty: somebody is."""
    if now.shadow:
        return "shadow"
    if not now.armed:
        return "disarmed"
    if not now.counts:
        return "zone"
    if now.snoozed:
        return "snoozed"
    if now.since_last_s is not None and now.since_last_s < now.cooldown_s:
        return "cooldown"
    return "budget" if now.spent else ""


@dataclass(frozen=True, slots=True)
class Manual:
    """Somebody armed or disarmed a camera by hand.

    It holds until `until`, or until the schedule next asks for something else than it did then.

    Attributes:
        armed: what was asked for.
        scheduled: what the schedule said then.
        until: seconds since 1970; None: no such limit.
        by: who asked.
        ends: when it ends, as the schedule stands; None: when somebody changes it.
    """

    armed: bool
    scheduled: bool
    until: float | None = None
    by: str = ""
    ends: float | None = None

    def holds(self, scheduled: bool, now: float) -> bool:
        """Whether it still counts, while the schedule says `scheduled`."""
        if self.until is not None and now >= self.until:
            return False
        return scheduled == self.scheduled or self.until is not None
