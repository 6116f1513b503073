"""Whether somebody is told of an event, and what that spends of the day's budget."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from awry.scoring.calibration import Budget
from awry.watch.keeper.arming import Circumstances, Manual, Silence, in_zones, silence, snoozed
from awry.watch.keeper.levels import ADAPTED
from awry.watch.messages import SeenRegion
from awry.watch.site.model import Camera
from awry.watch.site.schedule import Schedule, zone_of
from awry.watch.store import results
from awry.watch.store.calibrations import budget_of, put_budget
from awry.watch.store.models import CalibrationRow, CameraRow, EventRow
from awry.watch.store.results import StoredEvent
from awry.watch.store.snoozes import snoozes

HOUR_S = 3600.0
FEWEST = 2
"""So many alarms of an hour never spend a budget, however small it is."""


def day_of(at: float, zone: ZoneInfo) -> str:
    """The day of a moment in a time zone, `YYYY-MM-DD`."""
    return datetime.fromtimestamp(at, zone).date().isoformat()


class Armings:
    """Whether cameras are armed: as their settings say, or as somebody asked by hand.

    Args:
        timezone: IANA name.
        schedules: name -> weekly spans.
    """

    def __init__(self, timezone: str, schedules: Mapping[str, tuple[str, ...]]) -> None:
        self.zone = zone_of(timezone)
        self._schedules = {
            name: Schedule.parse(spans, timezone) for name, spans in schedules.items()
        }

    def active(self, schedule: str | None, at: float) -> bool:
        """Whether a schedule is on; None, and `always`: it is; `never`: it is not."""
        if schedule in (None, "always"):
            return True
        if schedule == "never":
            return False
        known = self._schedules.get(str(schedule))
        return known is None or known.active(at)

    def armed(self, session: Session, camera: Camera, at: float) -> bool:
        """Whether a camera is armed at a moment; what was asked by hand counts while it holds."""
        scheduled = self.active(camera.armed, at)
        row = session.get(CameraRow, camera.name)
        if row is None or not row.manual:
            return scheduled
        manual = Manual(**row.manual)
        if not manual.holds(scheduled, at):
            row.manual = None
            return scheduled
        if row.manual.get("ends") != (ends := self._ends(camera.armed, at, manual.until)):
            row.manual = row.manual | {"ends": ends}  # the schedule was changed
        return manual.armed

    def by_hand(
        self,
        session: Session,
        camera: Camera,
        armed: bool,
        at: float,
        until: float | None,
        by: str = "",
    ) -> None:
        """Note what somebody asked for; what the schedule says anyway is none."""
        row = session.get(CameraRow, camera.name)
        if row is None:
            return
        scheduled = self.active(camera.armed, at)
        if armed == scheduled and until is None:
            row.manual = None
            return
        ends = self._ends(camera.armed, at, until)
        row.manual = asdict(Manual(armed, scheduled, until, by, ends))

    def by_schedule(self, session: Session, camera: Camera) -> None:
        """Let a camera be armed as its schedule says again."""
        row = session.get(CameraRow, camera.name)
        if row is not None:
            row.manual = None

    def _ends(self, schedule: str, at: float, until: float | None) -> float | None:
        """When something that was asked for by hand ends; None: nobody knows."""
        if until is not None:
            return until
        known = self._schedules.get(schedule)
        return None if known is None else known.next_change(at)


def silence_of(
    session: Session,
    event: StoredEvent,
    camera: Camera,
    armings: Armings,
    allowed: float | None,
) -> Silence:
    """Why nobody is told of an event, as it is now; empty: somebody is.

    Args:
        session: the transaction.
        event: the newest of it; its `end` is now.
        camera: settings.
        armings: of the site.
        allowed: alarms a day; None: there is no budget.
    """
    regions = tuple(SeenRegion(tuple(one["box"]), one["score"]) for one in event.regions)
    places = [one.boxes for one in snoozes(session, camera.name, at=event.end)]
    last = _last_told(session, event)
    day = day_of(event.end, armings.zone)
    return silence(
        Circumstances(
            shadow=event.shadow,
            armed=armings.armed(session, camera, event.end),
            counts=in_zones(regions, camera.zones),
            since_last_s=None if last is None else abs(event.end - last),
            cooldown_s=camera.cooldown_s,
            spent=allowed is not None and is_spent(session, event, day),
            snoozed=snoozed(regions, camera.zones, places),
        )
    )


def _last_told(session: Session, event: StoredEvent) -> float | None:
    """When the newest other event of the camera that somebody was told of ended."""
    wanted = select(func.max(EventRow.end)).where(
        EventRow.camera == event.camera,
        EventRow.told.is_(True),
        EventRow.uid != event.uid,
        EventRow.start > event.end - 86_400.0,
        EventRow.start <= event.end,
    )
    return session.scalar(wanted)


def is_spent(session: Session, event: StoredEvent, day: str) -> bool:
    """Whether a camera's budget of a day was spent, and its threshold not adapted since."""
    known = budget_of(session, event.camera, day)
    if known is None or known.spent_at is None:
        return False
    return _adapted(session, event) <= known.spent_at


def _adapted(session: Session, event: StoredEvent) -> float:
    """When the event's threshold was set otherwise than before; 0: never."""
    row = session.get(CalibrationRow, (event.camera, event.bundle, event.light))
    return 0.0 if row is None else float(row.facts.get(ADAPTED, 0.0))


def spend(
    session: Session, event: StoredEvent, allowed: float | None, zone: ZoneInfo, now: float
) -> str:
    """Count an alarm that somebody is told of; it is in the store already, as told.

    Args:
        session: the transaction.
        event: the alarm.
        allowed: alarms a day; None: there is no budget.
        zone: of the site, whose days count.
        now: seconds since 1970-01-01 UTC.

    Returns:
        A sentence where the budget is spent by this, the first time of the day; else empty. It is
        where as many alarms as a day may have, and at least two, came within an hour.
    """
    day = day_of(event.end, zone)
    known = budget_of(session, event.camera, day)
    alarms = 1 + (known.alarms if known else 0)
    spent_at = known.spent_at if known else None
    said = ""
    if allowed is not None and _shouts(session, event, allowed):
        said = "" if spent_at is not None else _words(event.camera, allowed)
        spent_at = now
    budget = results.Budget(event.camera, day, alarms, allowed or 0.0, spent_at)
    put_budget(session, budget, now)
    return said


def _shouts(session: Session, event: StoredEvent, allowed: float) -> bool:
    since = max(event.end - HOUR_S, _adapted(session, event))
    wanted = select(func.count(EventRow.uid)).where(
        EventRow.camera == event.camera,
        EventRow.told.is_(True),
        EventRow.start > since - HOUR_S,
        EventRow.start <= event.end,
        EventRow.end > since,
    )
    return (session.scalar(wanted) or 0) >= max(FEWEST, math.ceil(allowed))


def _words(camera: str, allowed: float) -> str:
    count = max(FEWEST, math.ceil(allowed))
    return (
        f"Camera {camera} gave {count} alarms within an hour, as many as a day may have. It is "
        "silent until the next day, or until its threshold was adapted; events are stored as ever. "
        "Judge them, so that the threshold can follow."
    )


def allowed_a_day(budget: Budget | None, rate: float | None) -> float | None:
    """Alarms that a budget allows in a day; None without one.

    Args:
        budget: the budget.
        rate: scores a second, for budgets of frames.
    """
    if budget is None:
        return None
    return budget.allowed(int((rate or 0.0) * 86_400), 86_400.0)
