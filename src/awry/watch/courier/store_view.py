"""The part of the store that the courier reads."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from awry.watch.courier.facts import CameraNow
from awry.watch.store import calibrations, outbox, read
from awry.watch.store.database import Database
from awry.watch.store.models import OutboxRow
from awry.watch.store.results import Budget, OutboxEntry, StoredCamera, StoredEvent


class StoreView:
    """Reads outbox, events and cameras.

    Args:
        database: to read from.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def waiting(self, channel: str, target: str, limit: int) -> Sequence[OutboxEntry]:
        """Rows that wait for a receiver, in the order of their making."""
        with self._database.reading() as session:
            return outbox.outbox_due(session, math.inf, channel=channel, target=target, limit=limit)

    def targets(self) -> Sequence[tuple[str, str]]:
        """Channel and target of all receivers for whom something waits."""
        wanted = select(OutboxRow.channel, OutboxRow.target).where(OutboxRow.state == "waiting")
        with self._database.reading() as session:
            return [(channel, target) for channel, target in session.execute(wanted.distinct())]

    def events(self, uids: Sequence[str]) -> dict[str, StoredEvent]:
        """Those of the events that the store has."""
        with self._database.reading() as session:
            found = ((uid, read.event(session, uid)) for uid in uids)
            return {uid: event for uid, event in found if event is not None}

    def newest(self) -> int:
        """Number of the newest change; 0: there is none."""
        with self._database.reading() as session:
            return read.last_change(session)

    def cameras(self, now: float, timezone: str) -> list[CameraNow]:
        """All cameras that ever were, as they are now.

        Args:
            now: seconds since 1970-01-01 UTC.
            timezone: IANA name of the zone whose days budgets count by.
        """
        today = datetime.fromtimestamp(now, ZoneInfo(timezone)).date()
        with self._database.reading() as session:
            alarms = {one.camera for one in read.open_events(session) if one.told}
            budgets = _budgets(session, today)
            return [
                _now(session, camera, camera.name in alarms, budgets.get(camera.name))
                for camera in read.cameras(session, removed=True)
            ]


def _budgets(session: Session, today: date) -> dict[str, Budget]:
    """Today's budgets; a camera that has not alarmed yet has what it was allowed lately."""
    lately = (today - timedelta(days=7)).isoformat()
    newest = {one.camera: one for one in calibrations.budgets(session, since=lately)}
    day = today.isoformat()
    return {
        name: one if one.day == day else Budget(name, day, 0, one.allowed, None)
        for name, one in newest.items()
    }


def _now(session: Session, camera: StoredCamera, alarm: bool, budget: Budget | None) -> CameraNow:
    wanted = read.EventFilter(cameras=[camera.name], told=True)
    page = read.events(session, wanted, limit=1).events if camera.removed is None else ()
    return CameraNow(camera, alarm, budget, page[0] if page else None)
