"""The stream: frames that never arrive, and pictures that stand still."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np

from awry.frames import Frame
from awry.studies.corruptions.conditions import Conditions

GAP = 3.0
STANDSTILL = 10.0


def dropped(frames: Iterable[Frame], share: float, conditions: Conditions) -> Iterator[Frame]:
    """Bursts of frames are lost; those that arrive keep their indices and times.

    The first frame always arrives.

    Args:
        frames: of one clip.
        share: of the frames that are lost, in per cent, in the long run.
        conditions: of the clip.
    """
    for frame, out in _outages(frames, share, GAP, conditions):
        if not out:
            yield frame


def frozen(frames: Iterable[Frame], share: float, conditions: Conditions) -> Iterator[Frame]:
    """The last picture stands for a while although frames and times go on.

    Args:
        frames: of one clip.
        share: of the frames that repeat an earlier picture, in per cent, in the long run.
        conditions: of the clip.
    """
    held: Frame | None = None
    for frame, out in _outages(frames, share, STANDSTILL, conditions):
        if held is None or not out:
            held = frame
        yield replace(frame, image=held.image)


def _outages(
    frames: Iterable[Frame], share: float, length: float, conditions: Conditions
) -> Iterator[tuple[Frame, bool]]:
    """Each frame, and whether an outage lies over it.

    Outages begin at random and last `length` frames on average; all that begin at one share
    begin at every higher one too, so that severities are comparable.
    """
    # So many begin in a frame on average that `share` per cent of all lie under one.
    rate = -np.log(1 - share / 100) / length
    left = 0
    for number, frame in enumerate(frames):
        draws = conditions.of_frame(frame.index)
        begins, lasts = draws.random() < rate, int(draws.geometric(1 / length))
        left = max(left - 1, lasts if begins and number else 0)
        yield frame, left > 0
