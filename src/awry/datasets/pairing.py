"""Labels and masks belong to the frames of a clip as it was filmed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from awry.errors import DatasetError

LEFT_OUT = "{} frames could not be had; they keep their places and count in no figure of frames."
"""What is said of a measured clip that lost frames."""


def check_length(what: str, found: int, frames: Sequence[int], lost: int, every: int = 1) -> None:
    """Hold labels, or whatever has one entry for each frame, to the clip as it was filmed.

    Args:
        what: what is held to it, for the message, e.g. `labels`.
        found: for how many frames it speaks.
        frames: indices of the frames that were read, in order.
        lost: how many frames could not be had, wherever they stood.
        every: only each n-th frame was read; `lost` counts among these.

    Raises:
        DatasetError: there are more or fewer than the clip has frames.
    """
    read = len(frames)
    if -(-found // every) == read + lost and (not read or frames[-1] < found):
        return
    filmed = f"{(read + lost) * every} frames" if every == 1 else f"{read + lost} of each {every}"
    missing = f", of which {lost} are lost or left out" if lost else ""
    raise DatasetError(
        f"It has {filmed}{missing}, but its {what} speak of {found}. "
        f"Check that {what} and frames belong together."
    )


def labels_of(
    labels: NDArray[np.uint8], frames: Sequence[int], lost: int, every: int = 1
) -> NDArray[np.uint8]:
    """The labels of the frames that were read; lost frames keep their places in the labels.

    Args:
        labels: uint8 (n,), of the whole clip as it was filmed.
        frames, lost, every: as in `check_length`.

    Returns:
        uint8, one for each frame that was read.

    Raises:
        DatasetError: labels and frames do not belong together.
    """
    check_length("labels", len(labels), frames, lost, every)
    return labels_at(labels, np.asarray(frames, np.int64))


def labels_at(labels: NDArray[np.uint8], indices: NDArray[np.int64]) -> NDArray[np.uint8]:
    """The labels of some frames.

    Raises:
        DatasetError: there are fewer labels.
    """
    if len(indices) and indices.max() >= len(labels):
        raise DatasetError(
            f"It has at least {indices.max() + 1} frames, but its labels speak of {len(labels)}."
        )
    return np.asarray(labels[indices], np.uint8)
