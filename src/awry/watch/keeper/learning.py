"""How a camera comes to its detector: footage, a fit, a trial, and who decides."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from awry.errors import InputError
from awry.watch.keeper.effects import Effect
from awry.watch.keeper.kept_site import KeptSite
from awry.watch.messages import BundleState, Gather, Train, UseBundle
from awry.watch.site.model import Camera
from awry.watch.site.units import duration
from awry.watch.store.changes import add_change
from awry.watch.store.models import ANEW, BundleRow, CameraRow, FootageRow, first_of
from awry.watch.store.retention import GIB
from awry.watch.store.write import set_bundle

RETRY_S = 3600.0
"""A fit that failed is tried again after so long."""
ASK_AGAIN_S = 600.0
"""A fit that was asked for and did not begin is asked for again after so long."""
LEAST_S = 300.0
"""Learning does not end before so many seconds of footage lie there."""
OVER = "over"
"""In a detector's facts: the configured detector in whose place it was promoted."""
DROPPED = "dropped"
"""In a detector's facts: it was dropped while it only tried, so nobody goes back to it."""


class Learning:
    """Decides which detectors cameras have.

    Args:
        site: the site.
    """

    def __init__(self, site: KeptSite) -> None:
        self._site = site
        self._asked: dict[str, float] = {}
        self._gathering: dict[str, Gather] = {}
        self._using: dict[str, UseBundle] = {}

    def active(self, session: Session, camera: str) -> str:
        """The folder of the detector that alarms; empty: it is learned still.

        A detector of the settings counts, unless one was promoted in its place.
        """
        configured = self._configured(camera)
        row = self._row(session, camera, "active")
        if row is not None and (not configured or row.facts.get(OVER) == configured):
            return self._site.folder(row.path)
        return configured

    def shadow(self, session: Session, camera: str) -> str:
        """The folder of the detector that only tries; empty: there is none."""
        row = self._row(session, camera, "shadow")
        return "" if row is None else self._site.folder(row.path)

    def take(self, session: Session, message: BundleState) -> list[Effect]:
        """Note what became of a detector, and decide.

        A camera's first detector takes over at once; a later one tries until a person promotes it.
        """
        path, known = self._known(session, message.camera, message.path)
        method = message.method or (known.method if known is not None else "")
        facts = _facts(message.facts) or (dict(known.facts) if known is not None else {})
        if known is not None and known.state == "retired" and message.state == "failed":
            return []
        if message.state != "fitting" and (known is None or known.state != "shadow"):
            self._end_refit(session, message.camera)  # a fit has ended; a trial is another thing
        values: dict[str, Any] = {"method": method, "at": message.at, "facts": facts}
        state, detail = message.state, message.detail
        if state == "shadow" and not self.active(session, message.camera):
            state, detail = "active", f"{detail} It took over: it is the camera's first.".strip()
        set_bundle(session, message.camera, path, state=state, detail=detail, **values)
        self._asked.pop(message.camera, None)
        return self.use(session, message.camera)

    def promote(self, session: Session, camera: str, path: str) -> list[Effect]:
        """Let a detector alarm in place of the one that does.

        Raises:
            InputError: there is no such detector, or it was never fitted.
        """
        row = self._needed(session, camera, path)
        if row.state not in ("shadow", "retired", "active"):
            raise InputError(
                f"The detector {path} of camera {camera} is {row.state}; only one that tries or "
                "has alarmed before can be promoted."
            )
        self._set(session, row, "active", "A person promoted it.")
        return self.use(session, camera)

    def drop(self, session: Session, camera: str, path: str) -> list[Effect]:
        """Retire a detector.

        Raises:
            InputError: there is no such detector.
        """
        row = self._needed(session, camera, path)
        tried = row.state == "shadow"
        self._set(session, row, "retired", "A person dropped it.", {DROPPED: tried})
        return self.use(session, camera)

    def back(self, session: Session, camera: str) -> list[Effect]:
        """Let the detector from before the last promotion alarm again.

        Raises:
            InputError: there is none.
        """
        active = self._row(session, camera, "active")
        before = self._before(session, camera)
        if (
            active is not None
            and active.facts.get(OVER)
            and active.facts[OVER] == (self._configured(camera))
        ):
            self._set(session, active, "retired", "A person went back to the one before.")
        elif before is not None:
            self._set(session, before, "active", "A person went back to it.")
        else:
            raise InputError(f"Camera {camera} has no detector to go back to.")
        return self.use(session, camera)

    def refit(
        self, session: Session, camera: str, reason: str = "", gather_s: float | None = None
    ) -> list[Effect]:
        """Have a new detector fitted; where there is no footage for it, that is gathered first.

        Args:
            session: the transaction.
            camera: whose.
            reason: why a person wants it.
            gather_s: for so many seconds footage is gathered first, from now on, and it is fitted
                on that alone; None: on all that there is.

        Raises:
            InputError: there is no such camera; or new footage cannot be gathered for it.
        """
        settings, row = self._site.camera(camera), session.get(CameraRow, camera)
        if settings is None or row is None:
            raise InputError(f"There is no camera {camera!r}.")
        if gather_s is not None:
            self._check_new_footage(session, settings)
            self._gather(session, row, {"reason": reason, ANEW: gather_s}, gather_s)
            return self.step(session, settings, ())
        seconds = self._gathered(session, camera)[1]
        least = min(LEAST_S, settings.learn.seconds)
        if settings.learn.folder is not None or seconds >= least:
            self._asked[camera] = self._site.clock.monotonic()
            return [Effect("supervisor", "", Train(camera, "refit"))]
        if row.refit is None and self.active(session, camera):
            self._gather(session, row, {"reason": reason}, settings.learn.seconds)
        return self.step(session, settings, ())

    def _check_new_footage(self, session: Session, settings: Camera) -> None:
        camera = settings.name
        if settings.learn.folder is not None:
            raise InputError(
                f"Camera {camera} learns from a folder of footage, so that none is gathered. Put "
                "the new footage there, or take `learn: from` out of the settings."
            )
        if not self.active(session, camera):
            raise InputError(f"Camera {camera} has no detector that alarms: it learns already.")

    def _gather(
        self, session: Session, row: CameraRow, wanted: Mapping[str, Any], seconds: float
    ) -> None:
        """Begin to gather footage for another detector."""
        now = self._site.clock.now()
        row.refit = {"since": now, **wanted}
        length = duration(seconds)
        detail = f"Footage for another detector is gathered for {length}; then it is fitted."
        payload = {"state": "gathering", "detail": detail}
        add_change(session, now, "bundle", row.name, camera=row.name, payload=payload)

    def use(self, session: Session, camera: str, *, again: bool = False) -> list[Effect]:
        """What the supervisor is to be told of a camera's detectors; nothing where it knows."""
        if self._site.camera(camera) is None:
            return []
        bundle, shadow = self.active(session, camera), self.shadow(session, camera)
        now = UseBundle(camera, bundle, "" if shadow == bundle else shadow)
        before = self._using.get(camera)
        self._using[camera] = now
        if before == now and not again:
            return []
        if before is not None and before.bundle != bundle:
            self._site.levels.forget(camera, bundle)
        return [Effect("supervisor", "", now)]

    def step(
        self, session: Session, camera: Camera, connected: Collection[tuple[str, str]]
    ) -> list[Effect]:
        """What a camera needs next whose detector is to be fitted: footage, or the fit."""
        wanted, fit = self._wanted(session, camera)
        effects = []
        if fit and self._may_ask(session, camera.name, connected):
            self._asked[camera.name] = self._site.clock.monotonic()
            why = "learned" if self._refit(session, camera.name) is None else "refit"
            effects.append(Effect("supervisor", "", Train(camera.name, why)))
        if _differs(self._gathering.get(camera.name), wanted):
            self._gathering[camera.name] = wanted
            effects.append(Effect("ingest", camera.name, wanted))
        return effects

    def gathering(self, camera: str) -> list[Effect]:
        """What was said last of footage, for a process that has started since."""
        wanted = self._gathering.get(camera)
        return [] if wanted is None else [Effect("ingest", camera, wanted)]

    def words(self, session: Session, camera: Camera) -> str:
        """How far a camera is whose detector is to be fitted, in a sentence; empty: none is."""
        if self.active(session, camera.name):
            return self._words_of_refit(session, camera)
        fitting = self._row(session, camera.name, "fitting")
        if fitting is not None:
            return f"A detector is being fitted ({fitting.method})."
        failed = self._row(session, camera.name, "failed")
        if failed is not None:
            return f"The last fit failed: {failed.detail} It is tried again."
        if camera.learn.folder is not None:
            return "A detector is going to be fitted on the footage of its folder."
        passed, seconds, _ = self._gathered(session, camera.name)
        return f"Footage is gathered: {_progress(camera.learn.seconds, passed, seconds)}"

    def _words_of_refit(self, session: Session, camera: Camera) -> str:
        refit = self._refit(session, camera.name)
        if refit is None:
            return ""
        fitting = self._row(session, camera.name, "fitting")
        if fitting is not None:
            return f"Another detector is being fitted ({fitting.method})."
        seconds = self._gathered(session, camera.name, first_of(refit))[1]
        passed = self._site.clock.now() - refit["since"]
        progress = _progress(refit.get(ANEW, camera.learn.seconds), passed, seconds)
        return f"Footage for another detector is gathered: {progress}"

    def _wanted(self, session: Session, camera: Camera) -> tuple[Gather, bool]:
        """Which footage is wanted still, and whether it is time to fit."""
        nothing = Gather(camera.name, 0.0, 0)
        refit = self._refit(session, camera.name)
        if (self.active(session, camera.name) and refit is None) or not camera.enabled:
            return nothing, False
        if camera.learn.folder is not None:
            return nothing, True
        length = camera.learn.seconds
        passed, seconds, size = self._gathered(session, camera.name, first_of(refit))
        if refit is not None:
            passed, length = self._site.clock.now() - refit["since"], refit.get(ANEW, length)
        left = max(0, int(camera.learn.gib * GIB) - size)
        if passed < length or seconds < min(LEAST_S, length):
            still = max(length - passed, LEAST_S)
            return Gather(camera.name, still, left), False
        return nothing, True

    def _gathered(
        self, session: Session, camera: str, since: float = 0.0
    ) -> tuple[float, float, int]:
        """Seconds since the first footage, seconds of footage, and its bytes; from `since` on."""
        wanted = select(
            func.min(FootageRow.start),
            func.sum(FootageRow.end - FootageRow.start),
            func.sum(FootageRow.bytes),
        ).where(FootageRow.camera == camera, FootageRow.start >= since)
        first, seconds, size = session.execute(wanted).one()
        if first is None:
            return 0.0, 0.0, 0
        return max(0.0, self._site.clock.now() - first), float(seconds), int(size)

    def _refit(self, session: Session, camera: str) -> dict[str, Any] | None:
        """What footage is gathered for beside a detector that alarms; None: for nothing."""
        row = session.get(CameraRow, camera)
        return None if row is None else row.refit

    def _end_refit(self, session: Session, camera: str) -> None:
        row = session.get(CameraRow, camera)
        if row is not None:
            row.refit = None

    def _may_ask(
        self, session: Session, camera: str, connected: Collection[tuple[str, str]]
    ) -> bool:
        if ("trainer", camera) in connected:
            return False
        asked = self._asked.get(camera)
        if asked is not None and self._site.clock.monotonic() - asked < ASK_AGAIN_S:
            return False
        failed = self._row(session, camera, "failed")
        newest = self._row(session, camera)
        if failed is None or newest is None or failed.id != newest.id:
            return True
        return self._site.clock.now() - failed.at >= RETRY_S

    def _configured(self, camera: str) -> str:
        settings = self._site.camera(camera)
        if settings is None or settings.bundle is None:
            return ""
        return self._site.folder(settings.bundle)

    def _row(self, session: Session, camera: str, state: str = "") -> BundleRow | None:
        """The newest detector of a camera, in a state."""
        wanted = select(BundleRow).where(BundleRow.camera == camera)
        if state:
            wanted = wanted.where(BundleRow.state == state)
        newest = wanted.order_by(BundleRow.at.desc(), BundleRow.id.desc()).limit(1)
        return session.scalar(newest)

    def _before(self, session: Session, camera: str) -> BundleRow | None:
        """The newest detector that has alarmed before."""
        wanted = select(BundleRow).where(BundleRow.camera == camera, BundleRow.state == "retired")
        rows = session.scalars(wanted.order_by(BundleRow.at.desc(), BundleRow.id.desc()))
        return next((row for row in rows if not row.facts.get(DROPPED)), None)

    def _known(self, session: Session, camera: str, path: str) -> tuple[str, BundleRow | None]:
        """A detector's path as it is stored already, however it is named now, and its row."""
        rows = session.scalars(select(BundleRow).where(BundleRow.camera == camera))
        wanted = self._site.folder(path)
        row = next((row for row in rows if self._site.folder(row.path) == wanted), None)
        return (path if row is None else row.path), row

    def _needed(self, session: Session, camera: str, path: str) -> BundleRow:
        row = self._known(session, camera, path)[1]
        if row is None:
            raise InputError(f"Camera {camera} has no detector {path!r}.")
        return row

    def _set(
        self,
        session: Session,
        row: BundleRow,
        state: str,
        detail: str,
        noted: Mapping[str, Any] | None = None,
    ) -> None:
        facts = dict(row.facts) | dict(noted or {})
        if state == "active":
            facts = {name: value for name, value in facts.items() if name != DROPPED}
            facts[OVER] = self._configured(row.camera)
        values: dict[str, Any] = {"method": row.method, "facts": facts, "detail": detail}
        at = self._site.clock.now()
        set_bundle(session, row.camera, row.path, state=state, at=at, **values)


def _progress(wanted: float, passed: float, seconds: float) -> str:
    """How far the gathering of footage is, in tenths, so that it rarely changes."""
    tenths = min(10, max(0, int(10 * passed / wanted)))
    if tenths == 10 and seconds < min(LEAST_S, wanted):
        return "it is too little to learn from yet, and goes on."
    return f"{tenths * 10} % of {duration(wanted)} passed."


def _facts(text: str) -> dict[str, Any]:
    try:
        facts = json.loads(text)
    except ValueError:
        return {}
    return facts if isinstance(facts, dict) else {}


def _differs(before: Gather | None, now: Gather) -> bool:
    """Whether a process that gathers has to hear of it: it counts what it writes itself."""
    if before is None:
        return True
    if (before.seconds > 0) != (now.seconds > 0) or (before.bytes > 0) != (now.bytes > 0):
        return True
    return abs(now.seconds - before.seconds) > 600 or abs(now.bytes - before.bytes) > 2**26
