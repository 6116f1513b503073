"""Object-centric sequences (sections 3.1 and 3.3): cutting them, and which frames they join."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from awry.devices import PROCESSOR, Compute
from awry.video.pictures import Pictures, outer


def regular(t: int) -> NDArray[np.int64]:
    """Offsets of consecutive frames, int64 (2t + 1,).

    >>> regular(2).tolist()
    [-2, -1, 0, 1, 2]
    """
    return np.arange(-t, t + 1)


def intermittent(
    t: int,
    steps: Sequence[int],
    before: int,
    after: int,
    generator: np.random.Generator,
) -> NDArray[np.int64]:
    """Offsets of an intermittent sequence: the middle frame stays, the others follow random steps.

    Near a clip's end the steps are drawn among those that leave room for the rest.

    Args:
        t: frames on each side.
        steps: frames from one chosen frame to the next, ascending in no particular order.
        before, after: frames that there are on each side of the middle one; at least t times the
            smallest step.
        generator: what is random.

    Returns:
        int64 (2t + 1,), ascending, 0 in the middle, not all of them consecutive.

    Raises:
        ValueError: there is no room.
    """
    while True:
        earlier, later = (_one_side(t, steps, room, generator) for room in (before, after))
        offsets = np.concatenate([-earlier[::-1], [0], later])
        if (np.diff(offsets) > 1).any():
            return offsets
        if max(before, after) <= t or max(steps) == 1:
            raise ValueError(f"no room for an intermittent sequence: {before} and {after} frames")


def _one_side(
    t: int, steps: Sequence[int], room: int, generator: np.random.Generator
) -> NDArray[np.int64]:
    smallest, place, offsets = min(steps), 0, []
    for left in range(t - 1, -1, -1):
        allowed = [step for step in steps if place + step + left * smallest <= room]
        if not allowed:
            raise ValueError(f"no room for {t} steps of at least {smallest} in {room} frames")
        place += int(generator.choice(allowed))
        offsets.append(place)
    return np.array(offsets)


def room_needed(t: int, steps: Sequence[int]) -> int:
    """Frames that must lie on each side of the middle one for every kind of sequence.

    >>> room_needed(3, (2, 3, 4, 5))
    6
    >>> room_needed(3, (1, 3))
    5
    """
    skipping = min(step for step in steps if step > 1)
    return (t - 1) * min(steps) + skipping


def cut(frames: Sequence[Pictures] | Pictures, box: NDArray[np.float32], side: int) -> Pictures:
    """The same box out of several frames, each resized to side x side pixels.

    Args:
        frames: uint8 (h, w, c), all of one size.
        box: `x_min, y_min, x_max, y_max` in pixels; what lies outside is left out, and a box
            wholly outside becomes the nearest pixels of the border.
        side: of the crops.

    Returns:
        uint8 (n, side, side, c).
    """
    colours = frames[0].shape[2]
    rows, columns = outer(box, frames[0].shape)
    pieces = [frame[rows, columns] for frame in frames]
    if min(pieces[0].shape[:2]) > side:
        # Averages over what a pixel covers; OpenCV does that for four channels at most.
        sized = [cv2.resize(piece, (side, side), interpolation=cv2.INTER_AREA) for piece in pieces]
        return np.stack(sized).reshape(-1, side, side, colours)
    stack = cv2.resize(np.concatenate(pieces, axis=2), (side, side))
    return np.ascontiguousarray(
        stack.reshape(side, side, len(frames), colours).transpose(2, 0, 1, 3)
    )


def to_input(sequences: Pictures, compute: Compute = PROCESSOR) -> Tensor:
    """Sequences as the network takes them; they go to the device as bytes.

    Args:
        sequences: uint8 (n, t, h, w, c).
        compute: where they are wanted.

    Returns:
        float32 (n, c, t, h, w) in 0-1.
    """
    return compute.put(sequences).permute(0, 4, 1, 2, 3).float().div_(255)
