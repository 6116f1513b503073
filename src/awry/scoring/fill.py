"""Frames that a method could not score take the nearest scored frame's value."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from awry.frames import FrameScore


def fill_unscored(
    scores: Sequence[float | None],
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Give every frame a score, and say which were scored.

    Args:
        scores: one a frame; None during warm-up and where the look-ahead was missing.

    Returns:
        float64 (n,) and bool (n,), True where the method gave a score. Between two scored
        frames at equal distance the earlier one counts. Where no frame was scored all are 0.

    >>> fill_unscored([None, 1.0, None, None, None, 5.0])[0].tolist()
    [1.0, 1.0, 1.0, 1.0, 5.0, 5.0]
    """
    scored = np.array([score is not None for score in scores], bool)
    values = np.array([0.0 if score is None else score for score in scores], np.float64)
    return fill_nearest(values, scored), scored


def fill_nearest(values: NDArray[np.float64], scored: NDArray[np.bool_]) -> NDArray[np.float64]:
    """The same for arrays: (n,) values, of which only those where `scored` is True count."""
    places = np.flatnonzero(scored)
    if not places.size:
        return np.zeros(len(values))
    wanted = np.arange(len(values))
    after = np.clip(np.searchsorted(places, wanted), 0, len(places) - 1)
    before = np.maximum(after - 1, 0)
    nearer_before = np.abs(wanted - places[before]) <= np.abs(places[after] - wanted)
    return np.asarray(values[places[np.where(nearer_before, before, after)]], np.float64)


def filled_parts(scores: Sequence[FrameScore]) -> dict[str, NDArray[np.float64]]:
    """Each part that any frame has, float64 (n,), filled as `fill_unscored` does."""
    names = dict.fromkeys(name for score in scores for name in score.parts)
    return {name: fill_unscored([s.parts.get(name) for s in scores])[0] for name in names}
