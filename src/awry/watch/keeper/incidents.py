"""Events as they are stored: who is told, which clips are cut, which pictures are kept."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import asdict, replace

from sqlalchemy.orm import Session

from awry.frames import FrameScore, Region
from awry.scoring.reasons import Explainer, standing_out
from awry.watch.keeper.alarms import silence_of, spend
from awry.watch.keeper.effects import Effect
from awry.watch.keeper.events import EventStream, Found
from awry.watch.keeper.kept_site import KeptSite
from awry.watch.keeper.pictures import keep_pictures
from awry.watch.keeper.telling import tell_event, tell_sentence
from awry.watch.messages import Due, EndClip, Scored, StartClip
from awry.watch.site.model import Camera
from awry.watch.store.models import EventRow
from awry.watch.store.read import event as stored_event
from awry.watch.store.read import open_events
from awry.watch.store.results import StoredEvent
from awry.watch.store.write import put_event

_SIDE = 1000
_LONGEST_PART = 64  # letters of its name, as the store takes them
_log = logging.getLogger(__name__)
UPDATE_S = 1.0
"""An open event is written at least so often, and at once where there is something new."""


class Incidents:
    """Writes what event streams find.

    Args:
        site: the site.
    """

    def __init__(self, site: KeptSite) -> None:
        self._site = site
        self._written: dict[str, float] = {}
        self._pictured: dict[str, float] = {}
        self._peaks: dict[str, tuple[Found, Scored]] = {}

    def forget(self) -> None:
        """The transaction was taken back: write the next news of every event."""
        self._written.clear()
        self._pictured.clear()

    def put(
        self, session: Session, stream: EventStream, found: Found, *, shadow: bool
    ) -> list[Effect]:
        """Write what is known of an event.

        Args:
            session: the transaction.
            stream: that found it.
            found: what is known.
            shadow: whether its detector only tries.

        Returns:
            what is to be said once this is stored.
        """
        camera = self._site.camera(stream.camera)
        if found.peak is not None:
            self._peaks[found.uid] = (found, found.peak)
        if found.phase == "update" and not self._is_due(found):
            return []
        old = session.get(EventRow, found.uid)
        event = self._event(stream, found, old, shadow)
        told = event.told
        if camera is not None and not told:
            event = self._decide(session, event, camera, stream.bundle)
        event = self._with_pictures(session, event, found)
        self._written[found.uid] = found.end
        phase = put_event(session, event, self._site.clock.now())
        effects = self._say(session, event, phase, newly=event.told and not told, camera=camera)
        if found.phase == "end":
            self._let_go(found.uid)
        return effects

    def close(self, session: Session, uid: str) -> list[Effect]:
        """End an event that no stream knows any longer."""
        event = stored_event(session, uid)
        if event is None:
            return []
        event = replace(event, state="ended")
        phase = put_event(session, event, self._site.clock.now())
        return self._say(session, event, phase, newly=False, camera=self._site.camera(event.camera))

    def clips_again(self, session: Session, camera: str) -> list[Effect]:
        """What the process that reads a camera is told of open events when it starts anew."""
        settings = self._site.camera(camera)
        if settings is None or settings.recording == "off":
            return []
        events = open_events(session, camera)
        return [self._start_clip(event) for event in events if not event.shadow]

    def _is_due(self, found: Found) -> bool:
        written = self._written.get(found.uid)
        return written is None or found.peak is not None or found.end - written >= UPDATE_S

    def _event(
        self, stream: EventStream, found: Found, old: EventRow | None, shadow: bool
    ) -> StoredEvent:
        return StoredEvent(
            uid=found.uid,
            camera=stream.camera,
            start=found.start,
            end=found.end,
            peak_at=found.peak_at,
            score=found.score,
            threshold=found.threshold,
            bundle=stream.bundle,
            state="ended" if found.phase == "end" else "open",
            session=found.session,
            shadow=shadow,
            light=found.light,
            parts=dict(found.parts),
            part=self._part(stream, found),
            regions=[asdict(region) for region in found.regions],
            reason=found.reason or self._reason(stream, found),
            told=old is not None and old.told,
            silent=old.silent if old is not None else "",
            picture=old.picture if old is not None else "",
            annotated=old.annotated if old is not None else "",
            heat=old.heat if old is not None else "",
        )

    def _part(self, stream: EventStream, found: Found) -> str:
        """Which part of the score was highest; empty: it has none, or none was above normal."""
        if not found.parts:
            return ""
        facts = self._site.levels.facts(stream.bundle)
        camera = self._site.camera(stream.camera)
        scene = None if isinstance(facts, str) else facts.scene(camera.scene if camera else None)
        usual = {} if scene is None else scene.parts
        return (standing_out(found.parts, usual) or "")[:_LONGEST_PART]

    def _reason(self, stream: EventStream, found: Found) -> str:
        """Where and how high, by the detector's calibration; the method's words are not known."""
        facts = self._site.levels.facts(stream.bundle)
        if isinstance(facts, str):
            return ""
        camera = self._site.camera(stream.camera)
        scene = facts.scene(None if camera is None else camera.scene)
        if scene.threshold is not None:
            scene = scene.with_threshold(found.threshold)
        regions = _regions(found)
        score = FrameScore(0, None, found.score, dict(found.parts), regions=regions)
        return Explainer(scene, lambda part: None).reason(score, (_SIDE, _SIDE))

    def _decide(
        self, session: Session, event: StoredEvent, camera: Camera, bundle: str
    ) -> StoredEvent:
        allowed = self._site.allowed(camera.name, bundle)
        silent = silence_of(session, event, camera, self._site.armings, allowed)
        return replace(event, told=not silent, silent=silent)

    def _with_pictures(self, session: Session, event: StoredEvent, found: Found) -> StoredEvent:
        peak = self._peaks.get(found.uid)
        if peak is None or not peak[1].picture:
            return event
        last = self._pictured.get(found.uid)
        if found.phase == "update" and last is not None and found.end - last < UPDATE_S:
            return event
        del self._peaks[found.uid]
        self._pictured[found.uid] = found.end
        return keep_pictures(session, self._site.layout, self._site.disk, event, *peak)

    def _say(
        self,
        session: Session,
        event: StoredEvent,
        phase: str,
        *,
        newly: bool,
        camera: Camera | None,
    ) -> list[Effect]:
        if not phase or event.shadow:
            return []
        effects = self._clip_effects(event, phase, camera)
        now, site = self._site.clock.now(), self._site
        rows = 0
        if newly:
            _log.info("Alarm of camera %s: %s", event.camera, event.reason or "see its event.")
            rows += tell_event(session, site.settings, site.armings, event, "new", now)
            rows += self._spend(session, event, now)
        if event.told and event.state == "ended":
            rows += tell_event(session, site.settings, site.armings, event, "end", now)
        return effects + ([Effect("courier", "", Due())] if rows else [])

    def _spend(self, session: Session, event: StoredEvent, now: float) -> int:
        site = self._site
        allowed = site.allowed(event.camera, event.bundle)
        sentence = spend(session, event, allowed, site.armings.zone, now)
        if not sentence:
            return 0
        subject = f"{event.camera}/budget/{event.uid}"
        names = (event.camera, "budget", subject, sentence, now)
        return tell_sentence(session, site.settings, site.armings, *names)

    def _clip_effects(self, event: StoredEvent, phase: str, camera: Camera | None) -> list[Effect]:
        if camera is None or camera.recording == "off":
            return []
        starts = [self._start_clip(event)] if phase == "new" else []
        if event.state != "ended":
            return starts
        end = EndClip(event.camera, event.uid, event.end)
        return [*starts, Effect("ingest", event.camera, end)]

    def _start_clip(self, event: StoredEvent) -> Effect:
        path = self._site.layout.event_file(event.camera, event.start, f"{event.uid}.mp4")
        clip = StartClip(event.camera, event.uid, event.start, path)
        return Effect("ingest", event.camera, clip)

    def _let_go(self, uid: str) -> None:
        for known in (self._written, self._pictured, self._peaks):
            known.pop(uid, None)


def _regions(found: Found) -> tuple[Region, ...]:
    """In a picture of 1000 x 1000 pixels."""
    boxes: Sequence[tuple[float, ...]] = [
        tuple(_SIDE * side for side in region.box) for region in found.regions
    ]
    return tuple(
        Region((box[0], box[1], box[2] - 1, box[3] - 1), one.score, dict(one.parts), one.class_name)
        for box, one in zip(boxes, found.regions, strict=True)
    )
