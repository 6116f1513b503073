"""What a detector that does not look at the video gets. Every report carries it."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray


def constant_scores(length: int) -> NDArray[np.float64]:
    """The same score for every frame, float64 (n,)."""
    return np.full(length, 0.5)


def triangle_scores(length: int) -> NDArray[np.float64]:
    """`1 - |2 i / (n - 1) - 1|`, float64 (n,): knows nothing but where the clip's middle is.

    >>> triangle_scores(5).tolist()
    [0.0, 0.5, 1.0, 0.5, 0.0]
    """
    if length < 2:
        return np.ones(length)
    return np.asarray(1.0 - np.abs(2.0 * np.arange(length) / (length - 1) - 1.0))


def content_free_scores(lengths: Iterable[int]) -> dict[str, list[NDArray[np.float64]]]:
    """Both references for clips of these lengths: `constant` and `triangle`."""
    known = list(lengths)
    return {
        "constant": [constant_scores(length) for length in known],
        "triangle": [triangle_scores(length) for length in known],
    }
