"""What the keeper does by the clock: states, arming, drift, learning, retention, trimming."""

from __future__ import annotations

import logging
import math
from collections.abc import Collection, Mapping

import numpy as np
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from awry.watch.keeper.drift import (
    LASTING_HOURS,
    REFERENCE_HOURS,
    REFERENCE_S,
    Hour,
    distance,
    drifted,
    stability,
    words,
)
from awry.watch.keeper.effects import EVERY, Effect
from awry.watch.keeper.kept_site import KeptSite
from awry.watch.keeper.learning import Learning
from awry.watch.keeper.levels import Key, put_reference, reference_of, watched_s
from awry.watch.keeper.states import CameraCondition, Conditions
from awry.watch.keeper.telling import tell_sentence
from awry.watch.messages import Due, Recording
from awry.watch.store.accounts import trim_log_ins
from awry.watch.store.calibrations import drifts, put_drift
from awry.watch.store.changes import trim
from awry.watch.store.database import Database
from awry.watch.store.disk import is_full
from awry.watch.store.guard import DiskGuard
from awry.watch.store.models import CalibrationRow, CameraRow, ScoreRow
from awry.watch.store.outbox import trim_outbox
from awry.watch.store.reconcile import Sweeper
from awry.watch.store.results import Drift
from awry.watch.store.retention import retain
from awry.watch.store.scores import LIGHTS, read_scores
from awry.watch.store.write import set_armed, set_state

HOUR_S = 3600
LEARN_S = 30.0
DISK_S = 10.0
RETAIN_S = 60.0
TRIM_S = 600.0
PROGRESS_S = 60.0
"""How far learning is, is written so often at most, in the row that is there."""
SET_S, DOUBTED_S = 600.0, 3600.0
"""A clock that was set by more than so much deletes nothing for so long: it may be a mistake."""
_COUNTING = ("degraded", "learning", "running")
"""States whose reason may hold figures."""
DRIFTED = "drift"
"""In the facts of a threshold: what is said of its drift."""
_log = logging.getLogger(__name__)


class Upkeep:
    """Does what is due; each step does little.

    Args:
        site: the site.
        database: to write.
        learning: for cameras without a detector.
        conditions: how the cameras are, by name.
    """

    def __init__(
        self,
        site: KeptSite,
        database: Database,
        learning: Learning,
        conditions: Mapping[str, CameraCondition],
    ) -> None:
        self._site, self._database = site, database
        self._learning, self._conditions = learning, conditions
        self._due: dict[str, float] = {}
        self._hours: dict[str, int] = {}
        self._drift: dict[tuple[str, str], str] = {}
        self._recording = Recording(True)
        self._sweeper = Sweeper(database, site.disk, site.clock)
        self._ahead: float | None = None
        self._trusted_from = -math.inf
        self.configure()

    def configure(self) -> None:
        """The settings are others."""
        retention = self._site.settings.retention
        guard = DiskGuard(self._site.layout, self._site.disk, retention, self._site.clock)
        if not self._recording.on:
            guard.failed()
        self._guard = guard

    def recording(self) -> Recording:
        """Whether the disk has room for clips."""
        return self._recording

    def disk_full(self) -> None:
        """A write found no room: clips stop at once, so that the database can go on."""
        self._guard.failed()
        self._due.pop("disk", None)

    def step(self, session: Session, connected: Collection[tuple[str, str]]) -> list[Effect]:
        """What is due of what belongs to the tables."""
        effects = self._look_at_disk() if self._is_due("disk", DISK_S) else []
        learns = self._is_due("learn", LEARN_S)
        for name, camera in self._site.cameras.items():
            self.state_of(session, name)
            now = self._site.clock.now()
            set_armed(session, name, self._site.armings.armed(session, camera, now), now)
            if learns:
                effects += self._learning.step(session, camera, connected)
        effects += self._one_hour(session)
        if self._is_due("trim", TRIM_S):
            now = self._site.clock.now()
            trim(session, now)
            trim_outbox(session, now)
            trim_log_ins(session, now)
        return effects

    def clean(self) -> list[Effect]:
        """Delete media that are due, a few at a time, and see to files that nobody knows."""
        if not self._is_due("retain", RETAIN_S) or not self._trusts_clock():
            return []
        retention, now = self._site.settings.retention, self._site.clock.now()
        try:
            swept = self._sweeper.step()
            done = retain(self._database, self._site.disk, retention, now)
        except SQLAlchemyError as error:
            if not is_full(error):
                raise
            self.disk_full()
            return []
        for said in swept.said if swept else ():
            _log.warning("%s", said)
        if done.more:
            self._due["retain"] = self._site.clock.monotonic() + 1.0
        return []

    def state_of(self, session: Session, name: str, at: float | None = None) -> None:
        """Write how a camera is, where that is otherwise than before.

        Args:
            session: the transaction.
            name: of the camera.
            at: since when; None: now.
        """
        camera = self._site.camera(name)
        if camera is None:
            return
        condition = self._conditions.get(name) or CameraCondition()
        bundle = self._learning.active(session, name)
        off = "" if self._recording.on or camera.recording == "off" else self._recording.reason
        conditions = Conditions(
            enabled=camera.enabled,
            bundle=bool(bundle),
            learning=self._learning.words(session, camera),
            rate=self._site.levels.rate(bundle),
            recording=off,
            drift=self._drift_of(session, name, bundle),
        )
        state, reason = condition.now(conditions, self._site.clock.monotonic())
        row = session.get(CameraRow, name)
        known = "" if row is None or row.state != state else row.state_reason
        cause = known.partition(":")[0]
        same = state in _COUNTING and bool(cause) and cause == reason.partition(":")[0]
        if same and (state == "degraded" or not self._is_due(f"progress of {name}", PROGRESS_S)):
            return  # figures in a sentence change every second
        now = self._site.clock.now()
        if set_state(session, name, state, now if at is None else at, reason, quiet=same):
            _log.info("Camera %s: %s. %s", name, state, reason)

    # ---- the disk ---------------------------------------------------------------------------

    def _look_at_disk(self) -> list[Effect]:
        verdict = self._guard.step()
        if verdict.recording == self._recording.on:
            return []
        self._recording = Recording(verdict.recording, verdict.reason)
        return [Effect("ingest", EVERY, self._recording)]

    # ---- drift ------------------------------------------------------------------------------

    def _one_hour(self, session: Session) -> list[Effect]:
        """Measure the hour that has passed, of one camera a step."""
        hour = int(self._site.clock.now() // HOUR_S - 1) * HOUR_S
        for name in self._site.cameras:
            if self._hours.get(name) == hour:
                continue
            self._hours[name] = hour
            bundle = self._learning.active(session, name)
            if bundle:
                return self._measure(session, name, bundle, hour)
        return []

    def _measure(self, session: Session, name: str, bundle: str, hour: int) -> list[Effect]:
        effects: list[Effect] = []
        for number, light in enumerate(LIGHTS):
            key = (name, bundle, light)
            span = read_scores(session, name, hour, hour + HOUR_S, bundle=bundle, light=light)
            scores = span.scores[np.isfinite(span.scores) & (span.lights == number)]
            if not len(scores):
                continue
            self._learn_reference(session, key)
            self._site.levels.learn(session, key)
            reference = reference_of(session, key)
            found = Hour(stability(reference, scores), distance(reference, scores))
            row = Drift(name, hour, light, bundle, found.stability, found.distance, len(scores))
            put_drift(session, row, self._site.clock.now())
            effects += self._judge_drift(session, key, row)
        return effects

    def _learn_reference(self, session: Session, key: Key) -> None:
        """The first day's scores are what later ones are measured against."""
        if reference_of(session, key) or watched_s(session, key) < REFERENCE_HOURS * HOUR_S:
            return
        camera, bundle, light = key
        wanted = select(func.min(ScoreRow.minute)).where(
            ScoreRow.camera == camera, ScoreRow.bundle == bundle, ScoreRow.light == light
        )
        first = session.scalar(wanted)
        if first is None or self._site.clock.now() < first + REFERENCE_S:
            return
        span = read_scores(session, camera, first, first + REFERENCE_S, bundle=bundle, light=light)
        put_reference(session, key, span.scores)

    def _judge_drift(self, session: Session, key: Key, newest: Drift) -> list[Effect]:
        row = session.get(CalibrationRow, key)
        if row is None:
            return []
        since = newest.hour - 48 * HOUR_S
        past = drifts(session, key[0], since=since, bundle=key[1])
        hours = [Hour(one.stability, one.distance) for one in past if one.light == key[2]]
        before = str(row.facts.get(DRIFTED, ""))
        has = drifted(hours, bool(before))
        if has == bool(before):
            return []
        sentence = words(Hour(newest.stability, newest.distance), key[2]) if has else ""
        row.facts = {**row.facts, DRIFTED: sentence}
        self._drift.pop((key[0], key[1]), None)
        now = self._site.clock.now()
        said = sentence or f"For {LASTING_HOURS} hours the scores have been as at first again."
        put_drift(session, newest, now, said=said)
        site = self._site
        subject = f"{key[0]}/drift/{newest.hour}"
        names = (key[0], "drift", subject, said, now)
        rows = tell_sentence(session, site.settings, site.armings, *names)
        return [Effect("courier", "", Due())] if rows else []

    def _drift_of(self, session: Session, camera: str, bundle: str) -> str:
        key = (camera, bundle)
        if key not in self._drift:
            rows = session.scalars(
                select(CalibrationRow).where(
                    CalibrationRow.camera == camera, CalibrationRow.bundle == bundle
                )
            )
            said = [str(row.facts.get(DRIFTED, "")) for row in rows]
            self._drift[key] = next(filter(None, said), "")
        return self._drift[key]

    def _trusts_clock(self) -> bool:
        """Whether nobody has set the clock lately: media that it makes old may be new."""
        now, monotonic = self._site.clock.now(), self._site.clock.monotonic()
        ahead = now - monotonic
        if self._ahead is not None and abs(ahead - self._ahead) > SET_S:
            self._trusted_from = monotonic + DOUBTED_S
        self._ahead = ahead
        return monotonic >= self._trusted_from

    def _is_due(self, what: str, every_s: float) -> bool:
        now = self._site.clock.monotonic()
        if now < self._due.get(what, -math.inf):
            return False
        self._due[what] = now + every_s
        return True
