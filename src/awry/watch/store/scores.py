"""A camera's scores, kept by the minute."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session

from awry.errors import InputError
from awry.watch.messages import Scored
from awry.watch.store.models import ScoreRow

_MINUTE = 60
_KIND = np.dtype("<f4")
LIGHTS = ("day", "infrared")


@dataclass(frozen=True, slots=True, eq=False)
class ScoreSpan:
    """A stretch of a camera's scores by one detector, in the order of time.

    Attributes:
        times: float64 (n,), seconds since 1970-01-01 UTC.
        scores: float32 (n,), NaN in warm-up.
        lights: uint8 (n,), place in `LIGHTS`: 0 day, 1 infrared.
        sessions: int32 (n,), which connection it was, from 0; another one began afresh.
    """

    times: NDArray[np.float64]
    scores: NDArray[np.float32]
    lights: NDArray[np.uint8]
    sessions: NDArray[np.int32]


@dataclass(frozen=True, slots=True, eq=False)
class ScoreBins:
    """Scores brought down to equal bins, so that a plot shows every peak.

    Attributes:
        times: float64 (n,), the middle of each bin that holds scores.
        highest: float32 (n,), NaN where a bin holds warm-up alone.
    """

    times: NDArray[np.float64]
    highest: NDArray[np.float32]


def add_scores(session: Session, scored: Iterable[Scored]) -> int:
    """Keep steps; one that is kept already is left out.

    Args:
        session: the transaction. Many steps at once cost little more than one.
        scored: any cameras', each session's in the order of its steps.

    Returns:
        how many were new.
    """
    ordered = sorted(scored, key=lambda one: (_key(one), one.step))
    with session.no_autoflush:  # one flush for all: each costs more than a row
        new = sum(_add(session, key, list(steps)) for key, steps in groupby(ordered, key=_key))
    session.flush()
    return new


def read_scores(
    session: Session,
    camera: str,
    since: float,
    until: float,
    *,
    bundle: str,
    light: str | None = None,
) -> ScoreSpan:
    """A camera's scores by one detector in `[since, until)`.

    Args:
        session: a unit of reading.
        camera: whose.
        since, until: seconds since 1970-01-01 UTC.
        bundle: the detector, as its scores name it.
        light: only of this mode; None: both.
    """
    wanted = (
        select(ScoreRow)
        .where(ScoreRow.camera == camera, ScoreRow.bundle == bundle)
        .where(ScoreRow.minute > since - _MINUTE, ScoreRow.minute < until)
        .order_by(ScoreRow.minute, ScoreRow.last_step)
    )
    if light is not None:
        wanted = wanted.where(ScoreRow.light == light)
    numbers: dict[str, int] = {}
    parts = [
        _span(row, numbers.setdefault(row.session, len(numbers)))
        for row in session.scalars(wanted).all()
    ]
    joined = _joined(parts)
    order = np.argsort(joined.times, kind="stable")
    order = order[(joined.times[order] >= since) & (joined.times[order] < until)]
    return ScoreSpan(*(getattr(joined, name)[order] for name in ScoreSpan.__slots__))


def detectors(session: Session, camera: str, since: float, until: float) -> tuple[str, ...]:
    """Which detectors have scored a camera in `[since, until)`, by name."""
    wanted = (
        select(ScoreRow.bundle)
        .where(ScoreRow.camera == camera)
        .where(ScoreRow.minute > since - _MINUTE, ScoreRow.minute < until)
        .distinct()
    )
    return tuple(sorted(session.scalars(wanted)))


def thinned(span: ScoreSpan, since: float, until: float, bins: int) -> ScoreBins:
    """Bring scores down to at most so many bins of `[since, until)`.

    Raises:
        InputError: no bins, or no time.
    """
    if bins < 1 or not until > since:
        raise InputError(f"Scores are wanted in {bins} bins of {until - since:g} s; expected more.")
    width = (until - since) / bins
    places = np.clip(((span.times - since) / width).astype(np.int64), 0, bins - 1)
    highest = np.full(bins, -np.inf)
    known = ~np.isnan(span.scores)
    np.maximum.at(highest, places[known], span.scores[known])
    filled = np.unique(places)
    values = highest[filled]
    values[np.isneginf(values)] = np.nan
    middles = np.asarray(since + (filled + 0.5) * width, np.float64)
    return ScoreBins(middles, values.astype(np.float32))


_Key = tuple[str, int, str, str, str]


def _key(one: Scored) -> _Key:
    minute = int(one.at // _MINUTE) * _MINUTE
    return one.camera, minute, one.bundle, one.light, one.session


def _add(session: Session, key: _Key, steps: Sequence[Scored]) -> int:
    row = session.get(ScoreRow, key)
    last = -1 if row is None else row.last_step
    new = list({one.step: one for one in steps if one.step > last}.values())
    if not new:
        return 0
    if row is None:
        names = ("camera", "minute", "bundle", "light", "session")
        row = ScoreRow(**dict(zip(names, key, strict=True)), count=0, times=b"", scores=b"")
        session.add(row)
    times = np.array([one.at - key[1] for one in new], _KIND)
    scores = np.array([np.nan if one.score is None else one.score for one in new], _KIND)
    row.times, row.scores = row.times + times.tobytes(), row.scores + scores.tobytes()
    row.count, row.last_step = row.count + len(new), new[-1].step
    known = [float(one) for one in scores if one == one] + [row.highest]
    row.highest = max((one for one in known if one is not None), default=None)
    return len(new)


def _span(row: ScoreRow, number: int) -> ScoreSpan:
    times = np.frombuffer(row.times, _KIND).astype(np.float64) + row.minute
    scores = np.frombuffer(row.scores, _KIND).astype(np.float32)
    light = LIGHTS.index(row.light) if row.light in LIGHTS else 0
    lights = np.full(len(times), light, np.uint8)
    return ScoreSpan(times, scores, lights, np.full(len(times), number, np.int32))


def _joined(parts: Sequence[ScoreSpan]) -> ScoreSpan:
    kinds = (np.float64, np.float32, np.uint8, np.int32)
    columns = [
        np.concatenate([np.empty(0, kind), *(getattr(one, name) for one in parts)]).astype(kind)
        for name, kind in zip(ScoreSpan.__slots__, kinds, strict=True)
    ]
    return ScoreSpan(*columns)
