"""Scores of several cameras against their thresholds, brought down to the bins of a strip."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session

from awry.errors import InputError
from awry.watch.store.models import BundleRow, CalibrationRow, ScoreRow

FINE_MINUTES = 4000
"""Up to so many minutes of all cameras together are read score by score, else by the minute."""
_MINUTE = 60
_KIND = np.dtype("<f4")
Levels = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class _Scale:
    """How scores of a detector in a light are read.

    Attributes:
        since: from when on the detector is the one that alarms; infinite: it was one before.
        normal, threshold: the levels 0 and 1; a threshold of None: nothing alarms.
    """

    since: float
    normal: float
    threshold: float | None

    def levels(self, scores: Levels) -> Levels:
        """Scores on the scale on which 0 is normal and 1 is the threshold."""
        if self.threshold is None:
            return np.zeros_like(scores)
        if self.threshold <= self.normal:
            return (scores >= self.threshold).astype(np.float32)
        found: Levels = (scores - np.float32(self.normal)) / np.float32(
            self.threshold - self.normal
        )
        return found


def strips(
    session: Session, cameras: Sequence[str], since: float, until: float, bins: int
) -> dict[str, Levels]:
    """The highest level of each bin, for several cameras at once.

    A level is 0 where the score is what is normal for the camera, and 1 at the threshold that its
    detector has now in that light. Detectors that only try do not count. Where much is wanted at
    once, each minute counts as its highest score.

    Args:
        session: a unit of reading.
        cameras: whose.
        since, until: seconds since 1970-01-01 UTC.
        bins: of equal width.

    Returns:
        camera -> float32 (bins,), NaN where nothing was scored.

    Raises:
        InputError: no bins, or no time.
    """
    if bins < 1 or not until > since:
        raise InputError(f"Levels are wanted in {bins} bins of {until - since:g} s; expected more.")
    width = (until - since) / bins
    fine = width < _MINUTE and len(cameras) * (until - since) / _MINUTE <= FINE_MINUTES
    return {name: _strip(session, name, since, width, bins, fine) for name in cameras}


def _strip(
    session: Session, camera: str, since: float, width: float, bins: int, fine: bool
) -> Levels:
    # Of the detector that alarms, of those before it, and of the first one from before its time.
    found = np.full((3, bins), np.nan, np.float32)
    scale = _scales(session, camera)
    for bundle, light, minutes, scores, spans in _scored(
        session, camera, since, since + width * bins, fine
    ):
        read = scale(bundle, light)
        if read is None:
            continue
        levels = read.levels(scores)
        early = 1 if math.isinf(read.since) else 2
        layers = np.where(minutes + spans <= read.since, early, 0)
        first = np.floor((minutes - since) / width).astype(np.int64)
        last = np.ceil((minutes + spans - since) / width).astype(np.int64) - 1
        for more in range(int((last - first).max(initial=-1)) + 1):
            place = first + more
            there = (place >= 0) & (place < bins) & (place <= np.maximum(first, last))
            np.fmax.at(found, (layers[there], place[there]), levels[there])
    after = np.where(np.isnan(found[1]), found[2], found[1])
    return np.where(np.isnan(found[0]), after, found[0])


def _scored(
    session: Session, camera: str, since: float, until: float, fine: bool
) -> Iterator[tuple[str, str, NDArray[np.float64], Levels, float]]:
    """Detector, light, times, scores, and how many seconds each of them stands for."""
    columns = [ScoreRow.bundle, ScoreRow.light, ScoreRow.minute, ScoreRow.highest]
    more = [ScoreRow.times, ScoreRow.scores] if fine else []
    wanted = (
        select(*columns, *more)
        .where(ScoreRow.camera == camera, ScoreRow.highest.is_not(None))
        .where(ScoreRow.minute > since - _MINUTE, ScoreRow.minute < until)
        .order_by(ScoreRow.bundle, ScoreRow.light)
    )
    rows: Sequence[Any] = session.execute(wanted).all()
    for (bundle, light), some in groupby(rows, key=lambda row: (row[0], row[1])):
        if fine:
            for row in some:
                times = np.frombuffer(row[4], _KIND).astype(np.float64) + row[2]
                scores = np.frombuffer(row[5], _KIND)
                known = ~np.isnan(scores)
                yield bundle, light, times[known], scores[known], 0.0
        else:
            _, _, minutes, highest = zip(*some, strict=True)
            yield bundle, light, np.array(minutes, float), np.array(highest, _KIND), float(_MINUTE)


def _scales(session: Session, camera: str) -> Callable[[str, str], _Scale | None]:
    """How each detector of a camera is read; None for one that only tries."""
    wanted = select(CalibrationRow).where(CalibrationRow.camera == camera)
    known = {(row.bundle, row.light): row for row in session.scalars(wanted)}
    stored = session.scalars(select(BundleRow).where(BundleRow.camera == camera)).all()

    def scale(bundle: str, light: str) -> _Scale | None:
        row = known.get((bundle, light))
        since = -math.inf
        for one in stored:
            if bundle.endswith(one.path):  # scores may name the whole path
                if one.state in ("shadow", "fitting"):
                    return None
                since = one.at if one.state == "active" else math.inf
        if row is None:
            return _Scale(since, 0.0, None)
        return _Scale(since, row.normal, row.threshold)

    return scale
