"""How long and how steadily the objects of a stream have been there."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from awry.teachers.objects.selection import box_iou

Floats = NDArray[np.float32]
MEMORY_S = 1.0
"""So long ago a box may have been seen last, and so far back its presence is counted."""
GROWN_S = 0.3
"""A box that has been there for so long is no passing error."""
NEW = 0.2
"""How far a box is believed that is there for the first time."""
PRESENT = 0.1, 0.5
"""Share of the frames in which a thing was found: below the first it flickers, from the second on
it is there; detectors miss small people in every other frame."""
MOVED = 0.25, 0.5
"""Of a box's longer side: so far from its first place nothing, and all, of it has moved."""
_OVERLAP = 0.3
_REACH = 0.75
_ALIKE = 2.0
_SLACK_S = 1e-6


@dataclass(slots=True)
class _Life:
    """One thing: where it was last, how it moves (pixels a second), and when it was seen."""

    number: int
    begin: Floats
    box: Floats
    first: float
    last: float
    from_start: bool
    velocity: Floats = field(default_factory=lambda: np.zeros(2, np.float32))
    seen: deque[float] = field(default_factory=deque)

    def expected(self, time_s: float) -> Floats:
        """Its box at a later time, if it goes on as it did."""
        return self.box + np.tile(self.velocity, 2) * np.float32(time_s - self.last)


@dataclass(frozen=True, slots=True)
class Followed:
    """The boxes of a frame, followed.

    Attributes:
        numbers: int64 (n,), the same for all boxes of one thing.
        steadiness: float32 (n,) in [0, 1]: `NEW` for a box that appears, 1 for a steady one after
            `GROWN_S`, less for one that flickers.
        moved: float32 (n,) in [0, 1]: 1 for what has left its first place by half of its longer
            side, 0 below a quarter.
    """

    numbers: NDArray[np.int64]
    steadiness: Floats
    moved: Floats


class Lives:
    """Follows boxes from frame to frame, by overlap, and counts how steadily each is found.

    A value depends on no later frame. What is there when a stream begins, or begins anew after a
    gap, is taken to have been there before.
    """

    def __init__(self) -> None:
        self._lives: list[_Life] = []
        self._times: deque[float] = deque()
        self._begun = 0

    def follow(self, boxes: Floats, time_s: float) -> Followed:
        """Take the next frame.

        Args:
            boxes: float32 (n, 4), in pixels.
            time_s: seconds of the stream, ascending.
        """
        start = not self._times or time_s - self._times[-1] > MEMORY_S + _SLACK_S
        if start:
            self._lives.clear()
            self._times.clear()
        self._times.append(time_s)
        self._forget(time_s)
        found = self._matched(boxes, time_s)
        steady = np.empty(len(boxes), np.float32)
        moved = np.empty(len(boxes), np.float32)
        numbers = np.empty(len(boxes), np.int64)
        for number, box in enumerate(boxes):
            life = found.get(number)
            if life is None:
                life = _Life(self._begun, box, box, time_s, time_s, start)
                self._begun += 1
                self._lives.append(life)
            else:
                _moved(life, box, time_s)
            life.seen.append(time_s)
            steady[number] = self._steadiness(life, time_s)
            moved[number] = _share_moved(life.begin, box)
            numbers[number] = life.number
        return Followed(numbers, steady, moved)

    def _forget(self, time_s: float) -> None:
        oldest = time_s - MEMORY_S - _SLACK_S
        while self._times[0] < oldest:
            self._times.popleft()
        self._lives = [life for life in self._lives if life.last >= oldest]
        for life in self._lives:
            while life.seen[0] < oldest:
                life.seen.popleft()

    def _matched(self, boxes: Floats, time_s: float) -> dict[int, _Life]:
        """Number of a box -> the life that it continues; each life once, the nearest first."""
        if not len(boxes) or not self._lives:
            return {}
        last = np.stack([life.box for life in self._lives])
        expected = np.stack([life.expected(time_s) for life in self._lives])
        near = np.maximum(_nearness(boxes, last), _nearness(boxes, expected))
        found: dict[int, _Life] = {}
        taken: set[int] = set()
        for place in np.argsort(-near, axis=None, kind="stable"):
            number, other = divmod(int(place), len(self._lives))
            if near[number, other] <= 0:
                break
            if number not in found and other not in taken:
                found[number] = self._lives[other]
                taken.add(other)
        return found

    def _steadiness(self, life: _Life, time_s: float) -> float:
        frames = sum(time >= life.first for time in self._times)
        few, enough = PRESENT
        present = float(np.clip((len(life.seen) / frames - few) / (enough - few), 0, 1))
        if life.from_start:
            return present
        age = min(1.0, (time_s - life.first + _SLACK_S) / GROWN_S)
        return present * (NEW + (1 - NEW) * age)


def _nearness(boxes: Floats, others: Floats) -> Floats:
    """Float32 (n, m): above 0 where two boxes may be one thing; the IoU, where they overlap.

    A small thing that is fast may not overlap where it was: then it is as near as its own side.
    """
    overlap = box_iou(boxes, others)
    sides, other_sides = (one[:, 2:] - one[:, :2] for one in (boxes, others))
    centres = (
        boxes[:, None, :2] + boxes[:, None, 2:] - others[None, :, :2] - others[None, :, 2:]
    ) / 2
    away = np.hypot(centres[..., 0], centres[..., 1])
    longer = np.maximum(sides.max(1)[:, None], other_sides.max(1)[None])
    ratio = np.maximum(sides[:, None], 1e-3) / np.maximum(other_sides[None], 1e-3)
    alike = (np.maximum(ratio, 1 / ratio) <= _ALIKE).all(2)
    reach = np.where(alike, _OVERLAP * (1 - away / (_REACH * np.maximum(longer, 1e-3))), 0.0)
    return np.asarray(np.where(overlap >= _OVERLAP, overlap, np.clip(reach, 0, None)), np.float32)


def _share_moved(begin: Floats, box: Floats) -> float:
    """See `Followed.moved`. All four sides must move: what grows on one side stays where it is."""
    shift = box - begin
    both = np.where(shift[:2] * shift[2:] > 0, np.minimum(abs(shift[:2]), abs(shift[2:])), 0.0)
    few, enough = MOVED
    side = max(float((box[2:] - box[:2]).max()), 1e-3)
    return float(np.clip((float(np.hypot(*both)) / side - few) / (enough - few), 0, 1))


def _moved(life: _Life, box: Floats, time_s: float) -> None:
    step = max(time_s - life.last, _SLACK_S)
    centre = (box[:2] + box[2:] - life.box[:2] - life.box[2:]) / 2
    life.velocity = np.asarray((life.velocity + centre / step) / 2, np.float32)
    life.box, life.last = box, time_s
