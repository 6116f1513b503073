"""Boxes as the region metrics take them, checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from awry.datasets.tracks import Tracks
from awry.errors import InputError

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]
Inverted = Literal["refuse", "false_positive"]
FARTHEST = 1e9  # no picture is as large; areas of larger boxes would lose pixels or overflow


@dataclass(frozen=True, slots=True)
class Detections:
    """The detected boxes of one clip, in any order.

    Attributes:
        frames: int64 (n,), 0-based.
        boxes: float64 (n, 4), `x_min, y_min, x_max, y_max` in pixels, both ends inclusive.
        scores: float64 (n,), higher is more abnormal.
    """

    frames: Integers
    boxes: Floats
    scores: Floats


def clipped(boxes: ArrayLike, frame_size: tuple[int, int]) -> tuple[Floats, int]:
    """Boxes cut to the picture, and how many of them reached beyond it.

    Args:
        boxes: (n, 4), `x_min, y_min, x_max, y_max` in pixels, both ends inclusive.
        frame_size: height and width of the picture in pixels.

    Returns:
        float64 (n, 4), x in [0, width - 1] and y in [0, height - 1]; and the number of boxes
        that changed. A box that lies outside altogether becomes the nearest pixels of the
        border, so that it still counts as a detection. Inverted boxes and NaN stay as they are,
        for `region_figures` to name.

    >>> clipped([[-3.0, 5.0, 7.0, 250.0], [1.0, 1.0, 2.0, 2.0]], (240, 360))
    (array([[  0.,   5.,   7., 239.],
           [  1.,   1.,   2.,   2.]]), 1)
    """
    given = np.asarray(boxes, np.float64).reshape(-1, 4)
    height, width = frame_size
    inside = np.clip(given, 0.0, [width - 1.0, height - 1.0, width - 1.0, height - 1.0])
    inside = np.where(is_inverted(given)[:, None], given, inside)
    return inside, int((np.abs(inside - given) > 0).any(axis=1).sum())


def is_inverted(boxes: Floats) -> NDArray[np.bool_]:
    """Which of the boxes (n, 4) have a maximum below its minimum."""
    return (boxes[:, 2] < boxes[:, 0]) | (boxes[:, 3] < boxes[:, 1])


def frame_limits(n_frames: int | Mapping[str, int], clips: list[str]) -> dict[str, int]:
    """How many frames each clip may have, at most.

    Raises:
        InputError: a count is below 1.
    """
    if not isinstance(n_frames, Mapping):
        n_frames = dict.fromkeys(clips, n_frames)
    for name, count in n_frames.items():
        if count < 1:
            raise InputError(f"n_frames is {count} (clip {name}); expected 1 or more.")
    return dict(n_frames)


def pooled_boxes(
    parts: Mapping[str, Tracks] | Mapping[str, Detections],
    what: str,
    limits: Mapping[str, int],
    position: Mapping[str, int],
    strict: bool,
) -> tuple[Integers, Integers, Floats, NDArray[Any]]:
    """Clip, frame, box and score (or track) of all rows, checked; clips in the given order."""
    missing = [name for name in parts if name not in position]
    if missing:
        raise InputError(
            f"n_frames names no clip {missing[0]} ({len(missing)} such clips), but there is a "
            f"{what} list for it; give the number of frames of every clip."
        )
    checked = [_checked(name, what, part, limits[name], strict) for name, part in parts.items()]
    counts = [len(frames) for frames, _, _ in checked]
    owner = np.repeat(np.array([position[name] for name in parts], np.int64), counts)
    empty = (np.empty(0, np.int64), np.empty((0, 4)), np.empty(0))
    columns = [np.concatenate(column) for column in zip(*(checked or [empty]), strict=True)]
    return owner, columns[0], columns[1], columns[2]


def _checked(
    name: str, what: str, part: Tracks | Detections, limit: int, strict: bool
) -> tuple[Integers, Floats, NDArray[Any]]:
    """Frames, boxes and scores (or tracks) of one clip, or a refusal."""
    frames, boxes = np.asarray(part.frames), np.asarray(part.boxes, np.float64)
    kind = "tracks" if isinstance(part, Tracks) else "scores"
    values = np.asarray(part.ids if isinstance(part, Tracks) else part.scores)
    if frames.ndim != 1 or boxes.shape != (len(frames), 4) or values.shape != frames.shape:
        raise InputError(
            f"Clip {name}: frames of shape {frames.shape}, boxes of shape {boxes.shape} and "
            f"{kind} of shape {values.shape}; expected (n,), (n, 4) and (n,)."
        )
    span = f"expected whole numbers from 0 to {limit - 1}"
    count = "the number of frames is too small, or the file counts from 1: then subtract 1"
    refusals = {
        "the box is {box}; expected finite pixel coordinates": ~(np.abs(boxes) <= FARTHEST).all(1),
        "the box {box} is inverted; expected x_min <= x_max and y_min <= y_max": (
            is_inverted(boxes) & strict
        ),
        f"the {kind[:-1]} is {{value}}; expected a finite number": ~np.isfinite(values),
        f"the frame is {{frame}}; {span}": ~np.isfinite(frames) | (frames != np.floor(frames)),
        f"the frame is {{frame}}; {span}, counted from 0": frames < 0,
        f"the frame is {{frame}}; {span}. Either {count}": frames >= limit,
    }
    if kind == "tracks":
        problem = "track {value} has a box in frame {frame} already; expected one at most"
        refusals[problem] = _repeated(values, frames)
    for problem, bad in refusals.items():
        if bad.any():
            row = int(np.argmax(bad))
            raise InputError(
                f"Clip {name}, {what} in row {row} (counted from 0): "
                f"{problem.format(box=boxes[row].tolist(), value=values[row], frame=frames[row])}"
                f" ({bad.sum()} such rows)."
            )
    return frames.astype(np.int64), boxes, values


def _repeated(ids: NDArray[Any], frames: NDArray[Any]) -> NDArray[np.bool_]:
    """Which rows (n,) repeat track and frame of an earlier row."""
    order = np.lexsort((frames, ids))
    same = (np.diff(ids[order]) == 0) & (np.diff(frames[order]) == 0)
    repeated = np.zeros(len(ids), np.bool_)
    repeated[order[1:]] = same
    return repeated
