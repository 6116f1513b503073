"""The thresholds of a site's cameras: worked out when something changed, kept in the database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from awry.errors import AwryError
from awry.scoring.calibration import Budget, SceneCalibration
from awry.watch.clock import Clock
from awry.watch.keeper.drift import quantiles
from awry.watch.keeper.events import Level
from awry.watch.keeper.stretches import scores_of, stretches
from awry.watch.keeper.thresholds import (
    OWN_HOURS,
    SURE_HOURS,
    BundleFacts,
    Said,
    from_json,
    level_of,
    own_scene,
    read_facts,
    to_json,
)
from awry.watch.site.model import Camera
from awry.watch.store.calibrations import put_calibration
from awry.watch.store.changes import add_change
from awry.watch.store.models import BundleRow, CalibrationRow, EventRow, FeedbackRow, ScoreRow
from awry.watch.store.results import Calibration

RETRY_S = 60.0
"""A bundle that could not be read is tried again after so many seconds."""
OWN_LIGHT = "own light"
"""In the facts of a threshold: its light counts as the detector's, of which nobody said one."""
ADAPTED = "adapted"
"""In the facts of a threshold: when it was last set otherwise than before."""
NEAR = 0.8
"""Pictures and regions are wanted from this share of the way from normal to the threshold on."""

Key = tuple[str, str, str]


class Levels:
    """What each camera's scores are judged by, for each detector and light mode.

    Args:
        clock: of the site.
        cameras: the cameras' settings by name, as they are now.
        store: the folder that names of detectors may be relative to.
    """

    def __init__(self, clock: Clock, cameras: Mapping[str, Camera], store: Path) -> None:
        self.cameras = cameras
        self._store = store
        self._clock = clock
        self._facts: dict[str, BundleFacts] = {}
        self._failed: dict[str, tuple[float, str]] = {}
        self._levels: dict[Key, Level] = {}

    def known(self, camera: str) -> dict[Key, Level]:
        """The levels of a camera that were asked for."""
        return {key: level for key, level in self._levels.items() if key[0] == camera}

    def facts(self, bundle: str) -> BundleFacts | str:
        """What a bundle's manifest says, or why it cannot be read, in a sentence."""
        if bundle in self._facts:
            return self._facts[bundle]
        tried = self._failed.get(bundle)
        if tried is not None and self._clock.monotonic() - tried[0] < RETRY_S:
            return tried[1]
        try:
            self._facts[bundle] = read_facts(Path(bundle))
        except AwryError as error:
            self._failed[bundle] = self._clock.monotonic(), str(error)
            return str(error)
        self._failed.pop(bundle, None)
        return self._facts[bundle]

    def rate(self, bundle: str) -> float | None:
        """Pictures a second that a bundle wants; None: unknown."""
        facts = self.facts(bundle) if bundle else ""
        return None if isinstance(facts, str) else facts.rate

    def budget(self, camera: str, bundle: str) -> Budget | None:
        """The budget that counts: the camera's, else the one its detector was fitted with."""
        own = _budget(self.cameras.get(camera))
        facts = self.facts(bundle) if own is None and bundle else ""
        if own is not None or isinstance(facts, str):
            return own
        return facts.scene(self._scene_name(camera)).budget

    def get(self, session: Session, camera: str, bundle: str, light: str) -> Level:
        """What scores are judged by now."""
        key = (camera, bundle, light)
        if key not in self._levels:
            facts = self.facts(bundle)
            if isinstance(facts, str):
                return Level(None, how=facts)  # not kept: it is tried again
            self._levels[key] = self._work_out(session, key, facts)
        return self._levels[key]

    def renew(self, session: Session, camera: str) -> list[Key]:
        """Work a camera's levels out anew, e.g. after feedback; gives those that changed."""
        before = self.known(camera)
        for key in before:
            del self._levels[key]
        return [key for key, level in before.items() if self.get(session, *key) != level]

    def forget(self, camera: str, bundle: str = "") -> None:
        """Read a camera's settings, and the bundle, anew when they are next asked for."""
        for key in self.known(camera):
            del self._levels[key]
        self._facts.pop(bundle, None)
        self._failed.pop(bundle, None)

    def forget_all(self) -> None:
        """Ask the database for every level anew."""
        self._levels.clear()

    def scene(self, session: Session, key: Key, facts: BundleFacts) -> SceneCalibration:
        """The calibration behind a level: of a second light mode its own, once there is one."""
        row = session.get(CalibrationRow, key)
        own = from_json(row.facts["own"]) if row is not None and row.facts.get("own") else None
        return own or facts.scene(self._scene_name(key[0]))

    def learn(self, session: Session, key: Key) -> bool:
        """Make what is learned from a camera's own scores, where it is due.

        That is the reference of drift, and in another light than the detector's its calibration.

        Returns:
            whether the level is another now.
        """
        facts = self.facts(key[1])
        row = session.get(CalibrationRow, key)
        if isinstance(facts, str) or row is None:
            return False
        hours = watched_s(session, key) / 3600
        noted = dict(row.facts)
        if hours < OWN_HOURS or self._is_own(session, key) or not _due(noted, hours):
            return False
        spans = stretches(scores_of(session, key), leave_out=self._abnormal(session, key))
        own_options = facts.calibration.options
        budget = _budget(self.cameras.get(key[0]))
        like = facts.scene(self._scene_name(key[0]))
        try:
            scene = own_scene(spans, facts.rate, budget, own_options, like)
        except AwryError:
            return False
        row.facts = noted | {"own": to_json(scene, own_options), "own_hours": round(hours, 1)}
        session.flush()
        return bool(self.renew(session, key[0]))

    def _is_own(self, session: Session, key: Key) -> bool:
        """Whether the light is the one that the detector was fitted in.

        Where its facts do not say, it is the one that was scored first.
        """
        rows = session.scalars(select(BundleRow).where(BundleRow.camera == key[0]))
        facts = (row.facts for row in rows if str(self._store / row.path) == key[1])
        light = next(facts, {}).get("light")
        return bool((light or self._first_light(session, key)) == key[2])

    def _first_light(self, session: Session, key: Key) -> str:
        """The light that was noted as the first, or else that of the key."""
        wanted = select(CalibrationRow).where(
            CalibrationRow.camera == key[0], CalibrationRow.bundle == key[1]
        )
        noted = (row.light for row in session.scalars(wanted) if row.facts.get(OWN_LIGHT))
        return next(noted, key[2])

    def _abnormal(self, session: Session, key: Key) -> list[tuple[float, float]]:
        wanted = select(EventRow.start, EventRow.end).where(
            EventRow.camera == key[0], EventRow.label == "abnormal"
        )
        return [(start, end) for start, end in session.execute(wanted)]

    def _work_out(self, session: Session, key: Key, facts: BundleFacts) -> Level:
        scene = self.scene(session, key, facts)
        budget = _budget(self.cameras.get(key[0]))
        said = said_of(session, key)
        level = level_of(scene, facts.calibration.options, budget, said)
        row = session.get(CalibrationRow, key)
        noted: dict[str, Any] = dict(row.facts) if row is not None else {}
        own = self._is_own(session, key)
        if not own:
            level = replace(level, how=f"{_of_light(key[2], noted)} {level.how}")
        same = row is not None and (row.threshold, row.how) == (level.threshold, level.how)
        if same:
            return level
        noted |= {"scene": to_json(scene, facts.calibration.options), "rate": facts.rate}
        noted |= {OWN_LIGHT: True} if own else {}
        at = self._clock.now()
        if row is not None and row.threshold == level.threshold:
            at = row.at
        elif row is not None:
            noted[ADAPTED] = at
        put_calibration(
            session,
            Calibration(*key, level.threshold, level.normal, level.how, noted, at),
        )
        payload = {"threshold": level.threshold, "light": key[2], "how": level.how}
        add_change(session, at, "budget", key[0], camera=key[0], payload=payload)
        return level

    def _scene_name(self, camera: str) -> str | None:
        settings = self.cameras.get(camera)
        return None if settings is None else settings.scene


def interesting(level: Level) -> float | None:
    """From which score on pictures are wanted; None where no threshold is."""
    if level.threshold is None:
        return None
    return level.normal + NEAR * (level.threshold - level.normal)


def said_of(session: Session, key: Key) -> Said:
    """What people said of a detector's events in a light mode; each event's last word counts."""
    newest = select(func.max(FeedbackRow.id)).group_by(FeedbackRow.event)
    wanted = (
        select(FeedbackRow.label, FeedbackRow.peak)
        .join(EventRow, EventRow.uid == FeedbackRow.event)
        .where(FeedbackRow.id.in_(newest), FeedbackRow.camera == key[0])
        .where(EventRow.bundle == key[1], EventRow.light == key[2])
    )
    rows = session.execute(wanted).all()
    if not rows:
        return Said()
    normal = tuple(peak for label, peak in rows if label == "normal")
    abnormal = tuple(peak for label, peak in rows if label == "abnormal")
    return Said(normal, abnormal, watched_s(session, key))


def watched_s(session: Session, key: Key) -> float:
    """Seconds that a detector has scored in a light mode, to the minute."""
    wanted = select(func.count(ScoreRow.minute.distinct())).where(
        ScoreRow.camera == key[0], ScoreRow.bundle == key[1], ScoreRow.light == key[2]
    )
    return 60.0 * (session.scalar(wanted) or 0)


def reference_of(session: Session, key: Key) -> list[float]:
    """The quantiles that drift is measured against; empty: there are none yet."""
    row = session.get(CalibrationRow, key)
    return list(row.facts.get("quantiles", ())) if row is not None else []


def put_reference(session: Session, key: Key, span: Any) -> None:
    """Keep the quantiles of scores (n,) as what drift is measured against."""
    row = session.get(CalibrationRow, key)
    if row is not None:
        row.facts = dict(row.facts) | {"quantiles": quantiles(span)}


def _due(noted: Mapping[str, Any], hours: float) -> bool:
    made = noted.get("own_hours")
    return made is None or (made < SURE_HOURS <= hours)


def _of_light(light: str, noted: Mapping[str, Any]) -> str:
    hours = noted.get("own_hours")
    if hours is None:
        return (
            f"Until {OWN_HOURS:g} hours in this light ({light}) were scored, the threshold is that "
            "of the detector's own."
        )
    return f"From {hours:g} hours of its own scores ({light})."


def _budget(camera: Camera | None) -> Budget | None:
    return None if camera is None or camera.budget is None else Budget.parse(camera.budget)
