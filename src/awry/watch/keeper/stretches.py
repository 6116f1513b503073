"""Stored scores as stretches without gaps."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from awry.watch.store.models import ScoreRow
from awry.watch.store.scores import ScoreSpan, read_scores

LONGEST_S = 7 * 86_400.0
"""So much of the newest scores is looked at, at most."""


def scores_of(session: Session, key: tuple[str, str, str]) -> ScoreSpan:
    """The newest scores of a camera's detector in a light mode, of at most a week."""
    camera, bundle, light = key
    newest = newest_minute(session, camera, bundle=bundle, light=light)
    until = 0.0 if newest is None else newest + 60.0
    since = until - LONGEST_S
    return read_scores(session, camera, since, until, bundle=bundle, light=light)


def newest_minute(
    session: Session, camera: str, *, bundle: str | None = None, light: str | None = None
) -> int | None:
    """The minute of a camera's newest scores, in seconds since 1970; None: there are none."""
    wanted = select(func.max(ScoreRow.minute)).where(ScoreRow.camera == camera)
    if bundle is not None:
        wanted = wanted.where(ScoreRow.bundle == bundle)
    if light is not None:
        wanted = wanted.where(ScoreRow.light == light)
    return session.scalar(wanted)


def stretches(
    span: ScoreSpan, leave_out: Sequence[tuple[float, float]] = (), around_s: float = 5.0
) -> list[NDArray[np.float64]]:
    """The scores (n,) of each connection, float64 with NaN in warm-up.

    Args:
        span: in order of time.
        leave_out: starts and ends of what is not to be in them.
        around_s: that is left out beside these too.
    """
    kept = np.ones(len(span.times), bool)
    for start, end in leave_out:
        kept &= (span.times < start - around_s) | (span.times > end + around_s)
    places = np.flatnonzero(kept)
    if not places.size:
        return []
    cuts = np.flatnonzero((np.diff(places) > 1) | (np.diff(span.sessions[places]) != 0)) + 1
    return [span.scores[part].astype(np.float64) for part in np.split(places, cuts)]
