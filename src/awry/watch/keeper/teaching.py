"""What people's judgements have changed of a camera's thresholds."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from awry.errors import AwryError, InputError
from awry.scoring.calibration import Budget
from awry.watch.keeper.levels import ADAPTED
from awry.watch.keeper.replay import newest_detector
from awry.watch.keeper.stored_levels import StoredLevel
from awry.watch.keeper.stretches import newest_minute
from awry.watch.keeper.upkeep import DRIFTED
from awry.watch.store.models import CalibrationRow, EventRow
from awry.watch.store.results import Judgement

LOOKED_AT_S = 7 * 86_400.0


@dataclass(frozen=True, slots=True)
class Taught:
    """A detector's threshold in a light mode, without the judgements and with them.

    Attributes:
        bundle, light: whose.
        before: what it would be, had nobody judged anything; None: there are no events.
        after: what counts.
        how: how that came about, in words.
        normal, abnormal: how many events were judged so.
        above: how many of the normal ones lie above `before`.
        allowed: alarms that the budget allows in the time that was watched; None: no budget.
        seconds: that the detector has watched in that light.
        changed: when the threshold was last set otherwise; None: it never was.
        drift: what is said of its drift; empty: there is none.
        reference: whether it is known yet what drift is measured against.
    """

    bundle: str
    light: str
    before: float | None
    after: float | None
    how: str
    normal: int
    abnormal: int
    above: int
    allowed: float | None
    seconds: float
    changed: float | None
    drift: str
    reference: bool


def alarming_detector(session: Session, camera: str) -> str:
    """The detector whose events count; empty: nothing was scored yet."""
    newest = newest_minute(session, camera)
    if newest is None:
        return ""
    try:
        return newest_detector(session, camera, newest - LOOKED_AT_S, newest + 60.0)
    except InputError:
        return ""


def taught(session: Session, camera: str, budget: str | None) -> tuple[Taught, ...]:
    """What judgements have changed, for each light mode of the detector whose events count.

    Args:
        session: a unit of reading.
        camera: whose.
        budget: the camera's own; None: it has none.
    """
    bundle = alarming_detector(session, camera)
    lights = select(CalibrationRow.light).where(
        CalibrationRow.camera == camera, CalibrationRow.bundle == bundle
    )
    found = []
    for light in sorted(session.scalars(lights)):
        try:
            known = StoredLevel.of(session, (camera, bundle, light))
        except AwryError:
            continue  # its calibration cannot be read; the camera's state says why
        found.append(_taught(known, None if budget is None else Budget.of(budget)))
    return tuple(found)


def unjudged(session: Session, camera: str, since: float) -> int:
    """How many events nobody has judged yet: their footage is not learned from."""
    wanted = (
        select(func.count())
        .select_from(EventRow)
        .where(EventRow.camera == camera, EventRow.start >= since)
        .where(EventRow.label.is_(None), ~EventRow.shadow)
    )
    return session.scalar(wanted) or 0


def counts_in(judgement: Judgement, levels: tuple[Taught, ...]) -> bool:
    """Whether a judgement is of a detector and light mode whose threshold follows it."""
    return any((one.bundle, one.light) == (judgement.bundle, judgement.light) for one in levels)


def _taught(known: StoredLevel, budget: Budget | None) -> Taught:
    before = known.untaught(budget)
    after = known.level() if known.now is not None else before
    counted = budget or known.scene.budget
    limit = before.threshold
    allowed = None
    if counted is not None:
        allowed = counted.allowed(int((known.rate or 0.0) * known.watched_s), known.watched_s)
    return Taught(
        bundle=known.key[1],
        light=known.key[2],
        before=limit,
        after=after.threshold,
        how=after.how,
        normal=len(known.said.normal),
        abnormal=len(known.said.abnormal),
        above=sum(limit is not None and peak > limit for peak in known.said.normal),
        allowed=allowed,
        seconds=known.watched_s,
        changed=known.facts.get(ADAPTED),
        drift=str(known.facts.get(DRIFTED, "")),
        reference=bool(known.facts.get("quantiles")),
    )
